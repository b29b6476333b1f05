"""A subject of an erasure on the deployed local cloud, and what is left of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stream_chat import StreamChat

from infra.local.cloud import LocalCloud
from infra.local.tour.erasure import KEPT, account_of
from infra.local.tour.phone import Phone, code_in
from infra.local.tour.receipt import ReceiptLink
from infra.local.tour.usage import an_event, batch
from infra.local.waiting import until
from tests.support.deployed import StoredItems

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

    def signs_up(self) -> None:
        """Sign up, and leave data in every table and at Stream."""
        phone = self.phone
        phone.sign_up("Gordana")
        challenge = phone.ask_for_email(self.address).body["challenge_id"]
        phone.give_mailed_code(challenge, code_in(str(self.cloud.mails_to(self.address)[-1])))
        phone.change_profile(**PROFILE)
        phone.consent("analytics")
        phone.call("POST", "/v1/usage", batch(phone, an_event("meeting.joined")))
        self.account_id, self.user_id = account_of(phone), phone.user_id
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
        self.phone.step_up(self.phone.ask_to_step_up().body["challenge_id"], self.phone.read_code())

    def asks(self, right: str, **more: Any) -> ReceiptLink:
        """Exercise a right in the app."""
        self.steps_up()
        answer = self.phone.call("POST", "/v1/rights-requests", {"right": right, **more})
        assert answer.status == 202, answer.body
        self.secrets[f"receipt of {answer.body['id']}"] = answer.body["receipt"]
        return ReceiptLink(self.phone, answer.body["id"], answer.body["receipt"])

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
