"""Tests transfers: recorded before they begin; then the request cannot be cancelled (RGT-8)."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core import clock, outbound
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.outbound import NotTakenReason, TransferRefused, TransferTaken, Unreachable
from chalicelib.rights.copy import transfer
from chalicelib.rights.engine import engine
from chalicelib.rights.engine.step import CopyJob, Done, Outcome, Worker
from chalicelib.rights.jobs import worker_for
from chalicelib.rights.request import files, procedures
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import MadeCopy
from chalicelib.rights.request.terms import Destination, Status, StepStatus
from chalicelib.rights.steps.duties import DUTIES
from tests.support.cases.scripted import Scripted, evidence, stored
from tests.support.clouds import cloud
from tests.support.faults.crash import Killed
from tests.support.world.world import User, World

TARGET = "https://take.example/import"


class Packing(Scripted):
    """Leave a copy to be sent, without making one."""

    def run(self, job: CopyJob) -> Outcome:
        super().run(job)
        return Done(notes=replace(job.notes, copy=MadeCopy("00" * 32, 1, clock.now())))


@pytest.fixture
def push(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], TransferTaken]], list[int]]:
    """Script the push of a copy; the returned list gets one item for each push."""

    def behave(what: Callable[[], TransferTaken]) -> list[int]:
        pushed: list[int] = []

        def fake(*_: Any, **__: Any) -> TransferTaken:
            pushed.append(1)
            return what()

        monkeypatch.setattr(outbound, "push", fake)
        return pushed

    return behave


@pytest.fixture
def mila(world: World, monkeypatch: pytest.MonkeyPatch) -> User:
    """Return a user whose copies are made by a step that only records one."""
    monkeypatch.setattr(procedures, "steps_of", lambda *_: ("assemble", "transfer", "last"))
    monkeypatch.setattr(files, "open_copy", lambda _: nullcontext(io.BytesIO()))
    return world.a_user().is_stepped_up()


def asks(mila: User) -> str:
    """Submit a request, and advance it until its copy is ready to be sent."""
    asked = mila.exercises("portability", transfer_to=TARGET)
    steps = {**worker_for(Destination.WORK).steps, "assemble": Packing("assemble").as_step()}
    steps["last"] = Scripted("last", [Done(answers=Status.COMPLETED)]).as_step()
    engine.advance(RightsRequestId(asked.json["rights_request_id"]), Worker(Destination.WORK, steps, DUTIES))
    return str(asked.json["rights_request_id"])


def run_transfer(request_id: str) -> RightsRequest:
    engine.advance(RightsRequestId(request_id), worker_for(Destination.TRANSFERS))
    return stored(request_id)


def cancels(mila: User, request_id: str) -> Any:
    return mila.calls("POST", f"/v1/rights-requests/{request_id}/cancel")


@pytest.mark.promise("RGT-8")
def test_transfer_is_recorded_before_its_first_byte(
    mila: User, push: Callable[[Callable[[], TransferTaken]], list[int]]
) -> None:
    request_id = asks(mila)
    events: list[str] = []

    def read_evidence_and_accept() -> TransferTaken:
        events.extend(event for event, _ in evidence(request_id))
        return TransferTaken(201)

    push(read_evidence_and_accept)
    assert run_transfer(request_id).steps[1].status is StepStatus.DONE
    assert events == ["received", "assemble_done", "transfer_begun"]


@pytest.mark.promise("RGT-8")
def test_request_cannot_be_cancelled_during_its_transfer(
    mila: User, push: Callable[[Callable[[], TransferTaken]], list[int]]
) -> None:
    request_id = asks(mila)
    replies: list[Any] = []

    def cancel() -> TransferTaken:
        replies.append(cancels(mila, request_id))
        return TransferTaken(201)

    push(cancel)
    after = run_transfer(request_id)
    assert [reply.problem for reply in replies] == ["too_late"]
    assert (after.steps[1].status, after.is_open) == (StepStatus.DONE, True)
    assert cancels(mila, request_id).problem == "too_late"


@pytest.mark.promise("RGT-8")
def test_copy_of_a_cancelled_request_is_not_sent(
    mila: User, push: Callable[[Callable[[], TransferTaken]], list[int]]
) -> None:
    request_id = asks(mila)
    pushed = push(lambda: TransferTaken(201))
    assert cancels(mila, request_id).status == 200
    assert run_transfer(request_id).status is Status.CANCELLED
    assert pushed == []


def test_decision_cannot_be_proposed_during_a_transfer(
    world: World, mila: User, push: Callable[[Callable[[], TransferTaken]], list[int]]
) -> None:
    request_id = asks(mila)
    push(_silent)
    run_transfer(request_id)
    alice = world.an_operator("alice")
    refusal = alice.proposes(request_id, status="refused", reason="JustificationA12IdentityFailure")
    assert refusal.problem == "too_late"
    assert alice.asks_identity(request_id).problem == "too_late"


def test_request_can_be_cancelled_after_a_failed_transfer(
    mila: User, push: Callable[[Callable[[], TransferTaken]], list[int]]
) -> None:
    request_id = asks(mila)
    push(_refused)
    assert run_transfer(request_id).missing == (transfer.PART,)
    assert cancels(mila, request_id).status == 200


def test_transfer_without_an_answer_ends_after_five_attempts_in_eight_minutes(
    world: World, mila: User, push: Callable[[Callable[[], TransferTaken]], list[int]]
) -> None:
    request_id = asks(mila)
    pushed, began = push(_silent), world.now
    for _ in range(5):
        after = run_transfer(request_id)
        world.traveller.move_to(after.run_at or world.now)
    assert (len(pushed), after.missing) == (5, (transfer.PART,))
    assert (world.now - began).total_seconds() < 8 * 60


@pytest.mark.promise("RGT-8")
def test_transfer_that_kills_its_worker_ends_after_five_attempts(
    world: World, mila: User, push: Callable[[Callable[[], TransferTaken]], list[int]]
) -> None:
    request_id = asks(mila)
    pushed = push(_kill)
    for _ in range(5):
        with pytest.raises(Killed):
            run_transfer(request_id)
        world.traveller.move_to(stored(request_id).leased_until or world.now)
    after = run_transfer(request_id)
    assert (len(pushed), after.missing) == (5, (transfer.PART,))


def test_each_worker_forwards_steps_of_the_other_worker(
    mila: User, push: Callable[[Callable[[], TransferTaken]], list[int]]
) -> None:
    pushed = push(lambda: TransferTaken(201))
    request_id = asks(mila)
    assert cloud.queued("transfers") == [request_id]
    cloud.clear_queues()
    # A sweep sent the message to the usual worker.
    engine.advance(RightsRequestId(request_id), worker_for(Destination.WORK))
    assert (cloud.queued("transfers"), cloud.queued("rights"), pushed) == ([request_id], [], [])
    cloud.clear_queues()
    run_transfer(request_id)
    assert (cloud.queued("transfers"), cloud.queued("rights")) == ([], [request_id])
    engine.advance(RightsRequestId(request_id), worker_for(Destination.TRANSFERS))
    assert stored(request_id).steps[2].status is StepStatus.WAITING


def _silent() -> TransferTaken:
    raise Unreachable(NotTakenReason.NO_CONNECTION)


def _refused() -> TransferTaken:
    raise TransferRefused(NotTakenReason.ANSWERED_NO)


def _kill() -> TransferTaken:
    raise Killed
