"""Flows of restrictions and objections, from intake until they end."""

from __future__ import annotations

from chalicelib.accounts.model import AccountState
from chalicelib.consents import store as consents
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Item
from chalicelib.privacy.purposes import Purpose, permits
from chalicelib.rights.request.terms import Status
from tests.faults import emulated
from tests.faults.flows_rights import RightsFlow, without_sequence_number
from tests.faults.playing import Flow, Run
from tests.support.cases.erasure_parts import stored_account

_TIME_TO_ANSWER = HOUR
COMPELLING = "A21CompellingGrounds"


class ChoiceFlow(RightsFlow):
    """A restriction or an objection of a user with data in every place."""

    every = 3

    def forgive(self, row: Item) -> Item | None:
        """Ignore the number of entries: a wait that was interrupted records no news."""
        return super().forgive(without_sequence_number(row))

    def state(self) -> AccountState:
        return stored_account(self.user.account_id).state

    def permits(self, purpose: Purpose) -> bool:
        return permits(consents.read(AccountId(self.user.account_id)), purpose)

    def lifts(self, run: Run) -> None:
        self.refresh_session(run)
        path = f"/v1/rights-requests/{self.request_id}/lift"
        assert run.app(lambda: self.user.calls("POST", path)).status == 200


class Restricting(ChoiceFlow):
    """All use is restricted, messages are preserved; then the subject ends it."""

    name = "restricting"
    begins_like = "copying"
    right = "restriction"

    def play(self, run: Run) -> None:
        self.asks(run, ground="b")
        assert self.state() is AccountState.RESTRICTED
        run.advance(_TIME_TO_ANSWER)
        assert self.request().status is Status.COMPLETED
        assert len(emulated.stored_copies()) == 1
        assert run.stream.user(self.user.user_id)["state"] == "deactivated"
        self.lifts(run)
        assert self.state() is AccountState.ACTIVE
        run.advance(_TIME_TO_ANSWER)
        assert self.request().next_step is None
        assert emulated.stored_copies() == []
        assert run.stream.user(self.user.user_id)["state"] == "active"


class CancellingARestriction(ChoiceFlow):
    """A restriction is ended while it waits for Stream, which cancels it."""

    name = "cancelling_a_restriction"
    begins_like = "restricting"
    only_in_proof = True
    right = "restriction"

    def play(self, run: Run) -> None:
        self.asks(run, ground="c")
        self.advance_until_awaiting_stream(run)
        self.lifts(run)
        assert self.state() is AccountState.ACTIVE
        run.advance(_TIME_TO_ANSWER)
        assert (self.request().status, self.request().next_step) == (Status.CANCELLED, None)
        assert run.stream.user(self.user.user_id)["state"] == "active"


class EndingARestriction(ChoiceFlow):
    """Two operators end a restriction, after the subject was notified."""

    name = "ending_a_restriction"
    begins_like = "restricting"
    only_in_proof = True
    right = "restriction"

    def play(self, run: Run) -> None:
        self.asks(run, ground="a")
        run.advance(_TIME_TO_ANSWER)
        alice, bob = run.world.an_operator("alice"), run.world.an_operator("bob")
        proposed = run.app(lambda: alice.proposes_lifting(self.request_id))
        assert proposed.status == 200
        tag = alice.shows(self.request_id).headers["etag"]
        approved = run.app(lambda: bob.approves_lifting(self.request_id, tag))
        assert approved.status == 200 or approved.problem == "changed_meanwhile"
        run.advance(2 * DAY)
        assert self.state() is AccountState.RESTRICTED
        run.advance(2 * DAY)
        assert (self.state(), self.request().next_step) == (AccountState.ACTIVE, None)
        assert run.stream.user(self.user.user_id)["state"] == "active"


class Objecting(ChoiceFlow):
    """Diagnostics stop; two operators refuse the objection, and they resume after the announcement."""

    name = "objecting"
    begins_like = "copying"
    right = "objection"

    def play(self, run: Run) -> None:
        self.asks(run, purposes=["diagnostics"])
        assert not self.permits(Purpose.DIAGNOSTICS)
        run.advance(HOUR)
        alice, bob = run.world.an_operator("alice"), run.world.an_operator("bob")
        proposed = run.app(lambda: alice.proposes(self.request_id, "refused", COMPELLING))
        assert proposed.status == 200 or proposed.problem == "proposed_already"
        tag = alice.shows(self.request_id).headers["etag"]
        approved = run.app(lambda: bob.approves(self.request_id, tag))
        assert approved.status == 200 or approved.problem in {"changed_meanwhile", "too_late"}
        run.advance(2 * DAY)
        assert not self.permits(Purpose.DIAGNOSTICS)
        run.advance(2 * DAY)
        assert (self.request().status, self.request().next_step) == (Status.REFUSED, None)
        assert self.permits(Purpose.DIAGNOSTICS)


class UpholdingAnObjection(ChoiceFlow):
    """No operator decides, so the objection is upheld after fourteen days."""

    name = "upholding_an_objection"
    begins_like = "objecting"
    only_in_proof = True
    right = "objection"

    def play(self, run: Run) -> None:
        self.asks(run, purposes=["diagnostics"])
        run.advance(15 * DAY)
        request = self.request()
        assert (request.status, request.next_step and request.next_step.name) == (Status.COMPLETED, "uphold")
        assert not self.permits(Purpose.DIAGNOSTICS)


CHOICES: tuple[type[Flow], ...] = (
    Restricting, CancellingARestriction, EndingARestriction, Objecting, UpholdingAnObjection,
)  # fmt: skip
