"""Flows of rights requests, from intake until the copy is deleted or the request is closed."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chalicelib.core import aws, chain
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import RightsRequestId, UserId
from chalicelib.core.settings import settings
from chalicelib.core.table import Item
from chalicelib.rights.request import files, store
from chalicelib.rights.request.evidence import history_of
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Status, StepStatus
from tests.faults import emulated
from tests.faults.flows import ADDRESS, DEVICE, KEY, PHONE, UserFlow
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.cases.receiver import Authority, receiving, status
from tests.support.cases.scripted import stored
from tests.support.stream.chat import Chatters
from tests.support.world.builders import an_event
from tests.support.world.limits import configure

# The answer follows within this time after any fault of a worker: two leases, and a sweep after each.
_TIME_TO_ANSWER = HOUR
HOST = "take.example"


class RightsFlow(UserFlow):
    """A request by a user of one month, who chats, submits usage events and has an address."""

    keeps_time = False  # a worker that replaces a killed one waits until the lease expires
    # A note is written before a mail is sent, so the worker that takes over does not send it again.
    fewer_messages = 1
    right = "access"

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        run.patch.setattr(store, "SHARDS", ("00",))  # each needs two queries of every sweep
        self.user.has_email(ADDRESS)
        self.user.changes(name="Milica Ćosić", country="AT")
        self.user.consents("analytics")
        self.user.submits_usage(an_event(screen="home"), device_id=DEVICE["device_id"])
        run.deliver_changes()
        chat = Chatters({"Mila": UserId(self.user.user_id)})
        chat.meet("Mila", "Vera")
        chat.says("Mila", "See you at nine")
        run.world.advance(29 * DAY)  # her usage events expire before the answer is due, so they are pinned
        self.user.verified = run.world.a_user(PHONE, DEVICE).verified
        self.user.is_stepped_up()
        self.copy: dict[str, Any] = {}

    def asks(self, run: Run, **more: Any) -> None:
        asked = run.app(lambda: self.user.exercises(self.right, KEY, **more))
        assert asked.status == 202
        self.request_id = RightsRequestId(asked.json["rights_request_id"])

    def request(self) -> RightsRequest:
        return stored(self.request_id)

    def events(self) -> list[str]:
        """Return the events in the history of the request, in order."""
        return [entry.event for entry in chain.entries(history_of(self.request_id))]

    def advance_until_awaiting_stream(self, run: Run) -> None:
        waits = Status.AWAITING_PROCESSOR
        run.advance(_TIME_TO_ANSWER, until=lambda: self.request().status is waits)

    def refresh_session(self, run: Run) -> None:
        """Refresh the session, since an access token expires earlier than a lease."""
        body = {"refresh_token": self.user.session["refresh_token"], "device_id": DEVICE["device_id"]}
        self.user.verified["session"] = run.world.call("POST", "/v1/sessions/refresh", body=body).json

    def read_copy(self) -> None:
        """Keep the contents of the copy for comparison."""
        key = files.key_of(self.request_id)
        answer = aws.client("s3").get_object(Bucket=settings().export_bucket(), Key=key)
        copy = zipfile.ZipFile(io.BytesIO(answer["Body"].read()))
        assert json.loads(copy.read("manifest.json"))["errors"] == []
        sections = json.loads(copy.read("data.json"))["sections"]
        records = {kind: len(section.get("records", ())) for kind, section in sections.items()}
        self.copy = {"files": sorted(copy.namelist()), "records": records}

    def left(self) -> list[object]:
        """Return the contents of the copy, and the objects in the bucket now."""
        return [self.copy, {"copies": emulated.stored_copies()}]

    def forgive(self, row: Item) -> Item | None:
        """Ignore the counts of tries, and the versions that tries add."""
        tries = {"rights_request": {"version", "tries", "duty_tries"}}.get(row.get("kind", ""), set())
        kept = {name: value for name, value in row.items() if name not in tries}
        if isinstance(kept.get("payload"), dict):
            # Whether an interrupted mail was sent is unknown, so it counts as announced in the app only.
            # A lost response is recorded as silence. Pins are counted by the run that made them.
            free = {"tries", "announced_by_mail", "announced_in_app", "unreachable_since", "pinned"}
            kept["payload"] = {name: value for name, value in kept["payload"].items() if name not in free}
        return forgive_counts(kept)


def without_sequence_number(row: Item) -> Item:
    """Return an entry of the Ledger without its number, which a crash's own entries shift."""
    if row["table"] != "ledger":
        return row
    return {name: value for name, value in row.items() if name not in {"seq", "sk"}}


class Copying(RightsFlow):
    """Access: pinned, exported at Stream, packed, answered, announced, and deleted."""

    name = "copying"
    every = 4  # its steps have the same effects around their own

    def play(self, run: Run) -> None:
        self.asks(run)
        run.advance(_TIME_TO_ANSWER)
        assert self.request().status is Status.COMPLETED
        self.read_copy()
        run.advance(6 * DAY)
        assert emulated.stored_copies() == []
        assert self.request().next_step is None


class Cancelling(RightsFlow):
    """Access is cancelled while it waits for Stream."""

    name = "cancelling"
    begins_like = Copying.name

    def play(self, run: Run) -> None:
        self.asks(run)
        self.advance_until_awaiting_stream(run)
        self.refresh_session(run)
        path = f"/v1/rights-requests/{self.request_id}/cancel"
        cancelled = run.app(lambda: self.user.calls("POST", path))
        assert cancelled.json["status"] == "cancelled"
        run.advance(_TIME_TO_ANSWER)
        assert self.request().next_step is None


class Transferring(RightsFlow):
    """A portable copy is sent to a controller that recognises a repeated copy by its key."""

    name = "transferring"
    begins_like = Copying.name
    every = 2
    right = "portability"

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        authority = Authority(Path(run.resources.enter_context(TemporaryDirectory())))
        taking = receiving(authority.certificate(HOST), status("201 Created"))
        self.receiver = run.resources.enter_context(taking)
        local = f"{HOST}:{self.receiver.port}=127.0.0.1,{authority.file}"
        configure(LOCAL_TARGETS=local)

    def play(self, run: Run) -> None:
        self.asks(run, transfer_to=f"https://{HOST}/import")
        run.advance(_TIME_TO_ANSWER)
        assert self.request().status is Status.COMPLETED
        self.read_copy()
        keys = [talk.headers["idempotency-key"] for talk in self.receiver.talks]
        assert set(keys) == {f'"{self.request_id}"'}
        assert len(keys) <= self.events().count("transfer_begun") <= 1 + run.watch.faults

    def forgive(self, row: Item) -> Item | None:
        """Ignore the number of attempts: each is recorded before it begins, so a crash adds one."""
        if row.get("event") == "transfer_begun":
            return None
        if row.get("kind") == "rights_request":
            notes = {name: value for name, value in row["notes"].items() if name != "transfer_begun"}
            row = {**row, "notes": notes}
        return super().forgive(without_sequence_number(row))


class Refusing(RightsFlow):
    """One operator proposes a refusal, another approves it, and the subject is notified."""

    name = "refusing"
    begins_like = Copying.name
    every = 2
    only_in_proof = True

    def play(self, run: Run) -> None:
        self.asks(run)
        self.advance_until_awaiting_stream(run)
        alice, bob = run.world.an_operator("alice"), run.world.an_operator("bob")
        reason = "JustificationA12ManifestlyExcessive"
        proposed = run.app(lambda: alice.proposes(self.request_id, "refused", reason))
        assert proposed.status == 200 or proposed.problem == "proposed_already"
        tag = alice.shows(self.request_id).headers["etag"]
        approved = run.app(lambda: bob.approves(self.request_id, tag))
        assert approved.status == 200 or approved.problem in {"changed_meanwhile", "too_late"}
        run.advance(_TIME_TO_ANSWER)
        assert self.request().status is Status.REFUSED
        assert self.request().next_step is None


class Extending(RightsFlow):
    """An operator extends the deadline, the subject is notified, and the answer follows."""

    name = "extending"
    begins_like = Copying.name
    every = 8  # most effects are those of Copying
    only_in_proof = True

    def play(self, run: Run) -> None:
        self.asks(run)
        self.advance_until_awaiting_stream(run)
        alice = run.world.an_operator("alice")
        assert run.app(lambda: alice.extends(self.request_id, 30)).status == 200
        run.advance(_TIME_TO_ANSWER)
        assert self.request().status is Status.COMPLETED


class AnsweringLate(RightsFlow):
    """Stream refuses for weeks: the step stops, operators are reminded, the answer is late."""

    name = "answering_late"
    begins_like = Copying.name
    every = 82
    only_in_proof = True
    more_messages = 1  # a reminder is sent before it is recorded

    def play(self, run: Run) -> None:
        run.stream.fault(path="/export/users", status=403, code=17, times=1000)
        self.asks(run)
        run.advance(35 * DAY)
        step = self.request().next_step
        assert step
        assert step.status is StepStatus.STOPPED
        assert self.request().clock.is_overdue(run.world.now)
        run.stream.clear_faults()
        alice = run.world.an_operator("alice")
        assert run.app(lambda: alice.retries(self.request_id)).status == 200
        run.advance(_TIME_TO_ANSWER)
        assert self.request().status is Status.COMPLETED
        self.read_copy()
        assert self.copy["records"]["usage_event"] == 1  # its thirty days are over
        del self.copy["records"]["request_evidence"]  # `forgive` explains why

    def forgive(self, row: Item) -> Item | None:
        """Ignore records of pins: over weeks a crash may cause one run of pins more or less."""
        if row.get("event") == "pinned":
            return None
        if row["table"] == "ledger":
            row = without_sequence_number(row)
            counts = "of_request_evidence"
            row["payload"] = {name: value for name, value in row["payload"].items() if name != counts}
        return super().forgive(row)


RIGHTS: tuple[type[Flow], ...] = (Copying, Cancelling, Transferring, Refusing, Extending, AnsweringLate)
