"""Flows of requests without a session: of a person without an account, and of a locked-out owner."""

from __future__ import annotations

from functools import partial

from chalicelib.accounts.profiles.service import READABLE_PROFILE
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.needs import read_accounts
from chalicelib.core.table import Item
from chalicelib.messages.suppressions.model import DIRECT_MARKETING, Addresses
from chalicelib.messages.suppressions.service import suppressed
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.request import store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Right, Status
from tests.faults.flows import ADDRESS, KEY, OTHER_PHONE, PHONE, UserFlow
from tests.faults.flows_rights import RightsFlow
from tests.faults.playing import Flow, Run
from tests.support.cases.guests import asks, verifies
from tests.support.cases.scripted import stored

_PROOF_KEY = {"Idempotency-Key": "5b0c1c0e-3f53-4b7b-9d6f-0d2a6a1f6a12"}


# Whether an interrupted message was sent is unknown, so a later run counts it otherwise.
_SENT = {f"{how}_by_{by}" for how in ("warned", "sent_before", "sent_in_doubt") for by in ("mail", "text")}


class GuestFlow(RightsFlow):
    """A request without a session."""

    def forgive(self, row: Item) -> Item | None:
        kept = super().forgive(row)
        if kept and isinstance(kept.get("payload"), dict):
            free = {"announced_by_text", *_SENT}
            kept["payload"] = {name: value for name, value in kept["payload"].items() if name not in free}
        return kept


class AnsweringGuest(GuestFlow):
    """A person without an account gets an answer by text message; the request forgets the number."""

    name = "answering_guest"
    right = Right.ACCESS
    more_messages = 1  # a code, as for signing up

    def prepare(self, run: Run) -> None:
        run.patch.setattr(store, "SHARDS", ("00",))
        self.copy = {}

    def play(self, run: Run) -> None:
        asked = run.app(lambda: asks(run.world, self.right, phone=OTHER_PHONE, headers=KEY))
        code = run.world.code_for(OTHER_PHONE)
        made = run.app(lambda: verifies(run.world, asked.json["challenge_id"], code))
        assert made.status == 202
        self.request_id = RightsRequestId(made.json["rights_request_id"])
        run.advance(HOUR)
        request = self.request()
        assert (request.status, request.next_step, request.contact) == (Status.COMPLETED, None, None)


class ObjectingGuest(AnsweringGuest):
    """A person without an account objects to marketing, which suppresses the number with the request."""

    name = "objecting_guest"
    every = 3
    right = Right.MARKETING_OBJECTION

    def play(self, run: Run) -> None:
        super().play(run)
        assert set(suppressed(Addresses(OTHER_PHONE))) == set(DIRECT_MARKETING)


class RecoveringCopy(GuestFlow):
    """A locked-out owner proves number and mailbox, is checked by two operators, and fetches the copy."""

    name = "recovering_copy"
    every = 8
    more_messages = 2  # two codes
    fewer_messages = 4  # each warning, the notice of the check and the answer are sent at most once

    def prepare(self, run: Run) -> None:
        UserFlow.prepare(self, run)
        run.patch.setattr(store, "SHARDS", ("00",))
        self.user.has_had_email(ADDRESS)
        run.deliver_changes()
        self.copy = {}

    def play(self, run: Run) -> None:
        asked = run.app(lambda: asks(run.world, phone=PHONE, headers=KEY))
        code = run.world.code_for(PHONE)
        made = run.app(lambda: verifies(run.world, asked.json["challenge_id"], code))
        self.request_id = RightsRequestId(made.json["rights_request_id"])
        self._proves(run, {"Rights-Receipt": made.json["receipt"]})
        run.advance(HOUR)
        self._is_checked(run)
        run.advance(4 * DAY)
        assert self.request().status is Status.COMPLETED
        self.read_copy()
        run.advance(6 * DAY)
        assert self.request().next_step is None

    def _is_checked(self, run: Run) -> None:
        """Two operators check the identity: no channel is left that proved nothing."""
        for name in ("alice", "bob"):
            operator = run.world.an_operator(name)
            assert run.app(partial(operator.notes_identity, self.request_id)).status == 200

    def _proves(self, run: Run, receipt: dict[str, str]) -> None:
        path = f"/v1/rights-receipts/{self.request_id}/proofs"
        body, headers = {"email": ADDRESS}, {**receipt, **_PROOF_KEY}
        asked = run.app(lambda: run.world.call("POST", path, body=body, headers=headers))
        code = {"code": run.world.code_mailed_to(ADDRESS)}
        path = f"{path}/{asked.json['challenge_id']}/verify"
        proven = run.app(lambda: run.world.call("POST", path, body=code, headers=receipt))
        assert proven.json["status"] in {"in_progress", "awaiting_processor"}

    def request(self) -> RightsRequest:
        return stored(self.request_id)


class CorrectingGuest(RecoveringCopy):
    """An owner without a session corrects a name by one proof, and SES reports no delivery of the warning."""

    name = "correcting_guest"
    every = 56  # only the last steps differ from those of other flows, and it waits four days
    only_in_proof = True
    more_messages = 1

    def play(self, run: Run) -> None:
        body = {"phone": PHONE, "changes": {"display_name": "Milica"}}
        asked = run.app(lambda: asks(run.world, "rectification", headers=KEY, **body))
        code = run.world.code_for(PHONE)
        made = run.app(lambda: verifies(run.world, asked.json["challenge_id"], code))
        self.request_id = RightsRequestId(made.json["rights_request_id"])
        run.advance(4 * DAY)
        assert self.display_name() != "Milica"
        self._is_checked(run)
        run.advance(4 * DAY)
        assert (self.request().status, self.display_name()) == (Status.COMPLETED, "Milica")

    def display_name(self) -> str | None:
        (row,) = read_accounts([AccountId(self.user.account_id)], (READABLE_PROFILE, DATA_KEY))
        profile = row[READABLE_PROFILE]
        return profile.display_name if profile else None


GUESTS: tuple[type[Flow], ...] = (AnsweringGuest, ObjectingGuest, RecoveringCopy, CorrectingGuest)
