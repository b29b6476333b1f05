"""Subjects of erasures and holds on the deployed local cloud, and what is left and kept of them.

No test can wait for a hold to end. So the items of a hold, and of what it keeps, get times in the past.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from stream_chat import StreamChat

from chalicelib.core import clock, table
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import AccountId, HoldId
from chalicelib.core.table import Index, Item, Key, Query, Table, partition_of
from chalicelib.privacy import codec
from chalicelib.retention.held.model import HeldRecord
from chalicelib.retention.model import Hold
from infra.local.cloud import LocalCloud
from infra.local.tour.erasure import KEPT
from infra.local.tour.phone import Phone, codes_in
from infra.local.tour.receipt import ReceiptLink
from infra.local.tour.usage import an_event, batch
from infra.local.waiting import until
from tests.support.canaries.sealed import acting_as_the_service
from tests.support.clouds.deployed import StoredItems

_TABLES = "ru4m-local-"
PROFILE = {"name": "Gordana Canarović", "employer": "Aviary Petrovaradin", "job_title": "Keeper of canaries"}


@dataclass
class ErasedSubject:
    """A user whose data the test knows; the ids are those of the account that is erased."""

    cloud: LocalCloud
    phone: Phone
    address: str
    account_id: str = ""
    user_id: str = ""
    secrets: dict[str, str] = field(default_factory=dict)  # that no log may contain
    logged_before: frozenset[str] = frozenset()  # by the worker of erasures, before the subject signed up

    def signs_up(self) -> None:
        """Sign up, and leave data in every table and at Stream."""
        phone = self.phone
        self.logged_before = frozenset(self.cloud.log_lines("erase_accounts"))
        phone.sign_up("Gordana")
        challenge = phone.ask_for_email(self.address).body["challenge_id"]
        phone.give_mailed_code(challenge, codes_in(self.cloud.mails_to(self.address))[-1])
        phone.change_profile(**PROFILE)
        phone.consent("analytics")
        phone.call("POST", "/v1/usage", batch(phone, an_event("meeting.joined")))
        self.account_id, self.user_id = phone.account_id, phone.user_id
        self._chats()
        self.secrets = {
            "number": phone.number.removeprefix("+"),
            "address": self.address,
            "device": phone.device_id,
            "user id": self.user_id,
            "access token": phone.access_token,
            **PROFILE,
        }

    def _chats(self) -> None:
        stream = self.cloud.stream
        until(lambda: self.user_id in stream.state()["users"], "the user at Stream")
        sdk = StreamChat(stream.api_key, stream.secret, base_url=stream.url)
        sdk.upsert_users([{"id": "system", "name": "RU4M"}])
        channel = sdk.channel("messaging", f"of-{self.user_id}", {"members": [self.user_id, "system"]})
        channel.create("system")
        channel.send_message({"text": "See you at nine"}, self.user_id)
        channel.send_message({"text": "At nine"}, "system")

    def steps_up(self) -> None:
        self.phone.step_up()

    def asks(self, right: str, **more: Any) -> ReceiptLink:
        """Exercise a right in the app."""
        self.steps_up()
        answer = self.phone.call("POST", "/v1/rights-requests", {"right": right, **more})
        assert answer.status == 202, answer.body
        self.secrets[f"receipt of {answer.body['rights_request_id']}"] = answer.body["receipt"]
        return ReceiptLink(self.phone, answer.body["rights_request_id"], answer.body["receipt"])

    def places(self) -> set[str]:
        """Return where the tables show the subject; ids may stay in what outlives every account."""
        stored = StoredItems(self.cloud)
        ids = {place for value in (self.account_id, self.user_id) for place in stored.keys_with(value)}
        values = (self.phone.number.lstrip("+"), self.address, *PROFILE.values())
        in_clear = {place for value in values for place in stored.keys_with(value)}
        others = {place for place in ids if not place.removeprefix(_TABLES).startswith(KEPT)}
        return {place.removeprefix(_TABLES) for place in others | in_clear}

    def at_stream(self) -> dict[str, Any]:
        """Return the user at Stream, and the texts of the conversation by author."""
        state = self.cloud.stream.state()
        messages = state["channels"][f"messaging:of-{self.user_id}"]["messages"]
        user: dict[str, Any] = state["users"][self.user_id]
        return user | {
            "written": [message["text"] for message in messages if message["user"]["id"] == self.user_id],
            "received": [message["text"] for message in messages if message["user"]["id"] == "system"],
        }

    def logged(self) -> list[str]:
        """Return which secrets the logs contain; metrics are log lines too."""
        written = "\n".join(self.cloud.log_lines())
        return [what for what, value in self.secrets.items() if value in written]


_TIMES = ("placed_at", "in_force_from", "until", "ends_at")


@dataclass(frozen=True)
class HeldAccount:
    """What is kept of an erased account, and the hold that keeps some of it."""

    cloud: LocalCloud
    account_id: AccountId
    request_id: str
    hold_id: HoldId

    def request(self) -> dict[str, Any]:
        """Return the raw item of the erasure."""
        key = {"pk": {"S": f"R#{self.request_id}"}, "sk": {"S": "request"}}
        found = self._dynamodb.get_item(TableName="ru4m-local-rights", Key=key)
        item: dict[str, Any] = found["Item"]
        return item

    def items(self) -> list[Item]:
        """Return the items in the table Held that have not ended. Call it as the service."""
        return list(table.query(Query(Table.HELD, self._partition)))

    def documents(self) -> dict[str, list[dict[str, Any]]]:
        """Return the held records by kind, opened with the key of their class."""
        with acting_as_the_service(self.cloud):
            held = [codec.opened(HeldRecord, item) for item in self.items()]
        return {one.of: json.loads(one.document) for one in held}

    def lapse(self) -> None:
        """Move the hold, and what only it keeps, so far back that it ended a minute ago; wake the erasure."""
        with acting_as_the_service(self.cloud):
            key = Key(Table.RIGHTS, partition_of(self.account_id), f"hold#{self.hold_id}")
            item = table.get(key)
            assert item
            hold = codec.opened(Hold, item)
            back = hold.ends_at - clock.now() + MINUTE
            times = {name: getattr(hold, name) - back for name in _TIMES}
            earlier = codec.to_item(hold.model_copy(update=times), key)
            by_end = {Index.OPEN.sk: clock.to_text(times["ends_at"])}
            table.put_all(Table.RIGHTS, [(key, item | earlier | by_end)])
            table.put_all(Table.HELD, self._earlier_records(back))
        self._wake()

    def _earlier_records(self, back: timedelta) -> Iterator[tuple[Key, Item]]:
        for item in self.items():
            held = codec.opened(HeldRecord, item)
            if held.holds:
                key = Key(Table.HELD, item["pk"], item["sk"])
                yield key, codec.to_item(held.model_copy(update={"until": held.until - back}), key)

    def _wake(self) -> None:
        """Make the erasure due, and run the job that sends due requests to their worker."""
        item = self.request()
        self._dynamodb.update_item(
            TableName="ru4m-local-rights",
            Key={name: item[name] for name in ("pk", "sk")},
            UpdateExpression="SET run_at = :past, due_at = :past",
            ExpressionAttributeValues={":past": {"S": clock.to_text(clock.now() - MINUTE)}},
        )
        self.cloud.run("sweep_rights")

    @property
    def _partition(self) -> str:
        return f"K#{self.request()['notes']['M']['held']['S']}"

    @property
    def _dynamodb(self) -> Any:
        return self.cloud.account.client("dynamodb")
