"""Flows in which a worker is killed in every run of a step or duty, up to the limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from chalicelib.core import chain
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.table import Item
from chalicelib.rights.copy import right as copy_right
from chalicelib.rights.copy import transfer
from chalicelib.rights.engine.engine import MAX_TRIES
from chalicelib.rights.erasure import right as erasure_right
from chalicelib.rights.request import declaration, store
from chalicelib.rights.request.evidence import history_of
from chalicelib.rights.request.notes import CopyNotes
from chalicelib.rights.request.terms import Status, StepStatus
from tests.faults import emulated
from tests.faults.flows import ADDRESS
from tests.faults.flows_rights import HOST, RightsFlow, Transferring
from tests.faults.playing import Run
from tests.support.faults.crash import Call

# The first write of a run takes the lease and counts the try. A worker killed there has not begun the step.
LEASE = "dynamodb.PutItem(rights_request)"
_TURN = "dynamodb.PutItem(limit)"
_INTAKE = "dynamodb.TransactWriteItems(open_request, rights, rights_request)"
ORDER, MAIL, TRANSFER = "stream.POST /export/users", "sesv2.SendEmail", "outbound.POST"
_AFTER_THE_ANSWER = {
    declaration.ANNOUNCE, copy_right.DISCARD, erasure_right.NOTIFY, erasure_right.FORGET,
    erasure_right.AWAIT_LAPSE, erasure_right.THAW, erasure_right.RESUME_AT_STREAM,
}  # fmt: skip
_LONG = 10 * DAY


class TransferredAndDiscarded(Transferring):
    """The longest plan runs from the request until its copy is deleted."""

    name = "transferred_and_discarded"
    answer = Status.COMPLETED

    def play(self, run: Run) -> None:
        self.asks(run, transfer_to=f"https://{HOST}/import")
        self.advance_until(run, until=lambda: not self.request().is_open)
        assert self.request().status is self.answer
        self.read_copy()
        self.advance_until(run, until=lambda: self.request().next_step is None)
        assert emulated.stored_copies() == []
        assert store.exercised_by(self.request().account_id, self.request().right) is None

    def advance_until(self, run: Run, until: Callable[[], bool]) -> None:
        run.advance(_LONG, until=until)
        assert until()


class UntilStopped(RightsFlow):
    """Part of a flow: the worker is killed after one side effect of every run of a step, up to the limit."""

    step, effect = declaration.PIN, LEASE
    stops = 1  # number of times that the step stops; 0 if it makes progress although its worker is killed

    def play(self, run: Run) -> None:
        run.watch.kill_after = self.is_kill_point
        super().play(run)  # type: ignore[safe-super] # that of the flow which it is mixed into
        assert self.events().count(f"{self.step}_stopped") == self.stops
        assert self.events().count("step_retried") == self.stops

    def is_kill_point(self, call: Call) -> bool:
        """Return whether the call is the chosen side effect, in a run of the step."""
        if not call.name.startswith(self.effect):
            return False
        request = self.request()
        state = request.next_step
        if state is None or state.name != self.step or state.status is StepStatus.STOPPED:
            return False
        return request.leased_until is not None

    def advance_until(self, run: Run, until: Callable[[], bool]) -> None:
        run.advance(_LONG, until=lambda: until() or self.is_stopped())
        if self.is_stopped():
            self.assert_stopped(run)
            run.advance(_LONG, until=until)
        assert until()

    def is_stopped(self) -> bool:
        step = self.request().next_step
        return step is not None and step.status is StepStatus.STOPPED

    def assert_stopped(self, run: Run) -> None:
        """Assert that the step stopped after its last try, is recorded, and waits for an operator."""
        before, killed = self.request(), run.watch.faults
        step = before.next_step
        assert step
        assert (step.name, killed) == (self.step, MAX_TRIES)
        run.advance(HOUR)
        after = self.request()  # its duties continue, and pin the records that a stopped step did not
        assert (after.steps, after.status, after.tries) == (before.steps, before.status, before.tries)
        assert run.watch.faults == killed
        assert before.is_open is (self.step not in _AFTER_THE_ANSWER)
        held = store.exercised_by(before.account_id, before.right)
        assert held == (before.request_id if before.is_open else None)
        (newest,) = (entry for entry in self.entries() if entry.event == f"{self.step}_stopped")
        assert newest.data == {"by": "engine", "tries": MAX_TRIES, "error": "Killed"}
        self.resolve(run)

    def resolve(self, run: Run) -> None:
        """Remove the fault and retry the step, as an operator does."""
        run.watch.kill_after = None
        self.retry(run)

    def retry(self, run: Run) -> None:
        alice = run.world.an_operator("alice")
        assert run.app(lambda: alice.retries(self.request_id)).status == 200

    def entries(self) -> list[chain.ChainEntry]:
        return list(chain.entries(history_of(self.request_id)))

    def forgive(self, row: Item) -> Item | None:
        """Ignore the stop, the retry with its staff record, and pins made in between."""
        if row.get("event") in {f"{self.step}_stopped", "step_retried", "pinned", "inputs_extended"}:
            return None
        if row.get("kind") == "staff_member":
            return None
        return super().forgive(row)


class KilledUntilStopped(UntilStopped, TransferredAndDiscarded):
    """The longest plan of a copy, whose step stops and is retried."""

    name = "killed_until_stopped"


class KilledInEveryTransfer(KilledUntilStopped):
    """The worker is killed after each attempt to send the copy; the answer omits the transfer."""

    name = "killed_in_every_transfer"
    step, effect = copy_right.TRANSFER, TRANSFER
    answer = Status.PARTIALLY_COMPLETED

    def play(self, run: Run) -> None:
        run.watch.kill_after = self.is_kill_point
        TransferredAndDiscarded.play(self, run)
        request, sent = self.request(), Counter(effect.name for effect in run.watch.effects)
        assert sent[TRANSFER] == len(self.receiver.talks) == transfer.MAX_ATTEMPTS
        assert self.events().count("transfer_begun") == transfer.MAX_ATTEMPTS
        assert self.events().count("transfer_done") == 1
        assert not any(event.endswith("_stopped") for event in self.events())
        assert request.missing == (transfer.PART,)
        assert isinstance(request.notes, CopyNotes)
        assert request.notes.transfer_failed
        assert len(run.world.mails_to(ADDRESS)) == 2  # when it was verified, and of the answer


class KilledInEveryDuty(KilledUntilStopped):
    """A step stops, each run of duties is killed after a side effect, and the step is retried."""

    name = "killed_in_every_duty"
    step, effect = copy_right.ASK_STREAM, LEASE
    duty_effect = MAIL

    def resolve(self, run: Run) -> None:
        killed = run.watch.faults
        run.watch.kill_after = self.is_kill_point_of_duties
        run.advance(30 * DAY, until=lambda: self.request().duties_at is not None)
        request = self.request()
        assert run.watch.faults == killed + MAX_TRIES
        assert (request.duties_at, request.duty_tries) == (run.world.now + DAY, 0)
        # The duties would be killed again on the next day. Until then the steps continue.
        self.retry(run)

    def is_kill_point_of_duties(self, call: Call) -> bool:
        """Return whether the call is the chosen side effect, in a run of the duties."""
        return call.name.startswith(self.duty_effect) and self.request().duty_tries > 0


class KilledBeforeTheLease(TransferredAndDiscarded):
    """Every worker is killed after it acquired the account's turn, which no request counts."""

    name = "killed_before_the_lease"

    def asks(self, run: Run, **more: Any) -> None:
        super().asks(run, **more)
        before = self.request()
        run.watch.kill_after = lambda call: call.name == _TURN
        run.advance(DAY, until=lambda: bool(run.queue.dead_letters))
        assert run.queue.dead_letters  # an alarm watches this queue
        assert self.request() == before
        run.watch.kill_after = None


class KilledAfterEveryOutcome(TransferredAndDiscarded):
    """Every worker is killed after it stored an outcome, every sweep after it sent its messages."""

    name = "killed_after_every_outcome"

    def play(self, run: Run) -> None:
        run.watch.kill_after = self.is_kill_point
        super().play(run)
        assert run.watch.faults >= len(self.request().steps)

    def is_kill_point(self, call: Call) -> bool:
        if call.name.startswith("sqs.SendMessageBatch"):
            return True
        # Intake is not a worker, and its writes do not acquire a lease.
        if call.name == _INTAKE or call.name.startswith("dynamodb.UpdateItem"):
            return False
        return "rights_request" in call.name and self.request().leased_until is None
