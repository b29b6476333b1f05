"""Tests the engine: each call advances a request by one step, and repeated calls do no harm."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, metrics, table
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import MailId, RightsRequestId, StaffId
from chalicelib.core.metrics import Metric
from chalicelib.rights.copy.freshness import make_copy_again
from chalicelib.rights.engine import engine, step
from chalicelib.rights.engine.engine import MAX_TRIES
from chalicelib.rights.engine.step import WHOLE_RUN, AnyJob, CopyJob, Done, Outcome, Wait
from chalicelib.rights.intake import record
from chalicelib.rights.jobs import worker_for
from chalicelib.rights.operators import extend
from chalicelib.rights.request import declaration, duties, procedures, store
from chalicelib.rights.request.deadline import ExtensionReason
from chalicelib.rights.request.duties import Duty
from chalicelib.rights.request.notes import CopyNotes, RequestAnnouncement
from chalicelib.rights.request.terms import Destination, Status, StepStatus
from chalicelib.rights.request.waits import WaitReason
from chalicelib.rights.steps.duties import DUTIES
from tests.support.cases.scripted import Plan, Scripted, a_request, evidence, stored
from tests.support.clouds import cloud
from tests.support.faults.crash import Killed
from tests.support.faults.races import just_before
from tests.support.world.world import World

_WHY = WaitReason.STREAM_TASK


@pytest.mark.promise("RGT-10")
def test_each_step_runs_once_and_is_recorded(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    plan.first.script = [Done(notes=CopyNotes(stream_task="x"), counts={"items": 3})]
    plan.advance(request_id)
    after = plan.advance(request_id)
    assert (after.status, len(plan.first.ran), len(plan.last.ran)) == (Status.COMPLETED, 1, 1)
    assert plan.last.ran == [CopyNotes(stream_task="x")]
    events = evidence(request_id)
    assert [event for event, _ in events] == ["received", "first_done", "last_done"]
    assert events[1][1] == {"by": "engine", "tries": 1, "stream_task": "x", "items": 3}


@pytest.mark.promise("RGT-10")
def test_inspection_by_staff_does_not_interrupt_a_step(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    alice = world.an_operator("alice")
    looked = just_before(table, "transact", lambda: alice.shows(request_id))
    plan.advance(request_id)
    assert looked[0].status == 200
    assert [event for event, _ in evidence(request_id)] == ["received", "inspected", "first_done"]


def test_answer_is_counted_once(world: World, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Metric] = []
    monkeypatch.setattr(metrics, "count", lambda metric, _=1, **__: counted.append(metric))
    _, request_id = a_request(world)
    plan.first.script = [Done(answers=Status.COMPLETED)]
    for _ in range(3):
        plan.advance(request_id)
    assert counted.count(Metric.RIGHTS_ANSWERED) == 1


def test_closed_request_is_not_worked_on_again(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    plan.advance(request_id)
    done = plan.advance(request_id)
    assert plan.advance(request_id) == done
    assert len(plan.last.ran) == 1


def test_unknown_request_is_ignored(world: World, plan: Plan) -> None:
    engine.advance(RightsRequestId.new(), plan.worker)
    assert cloud.queued() == []


def test_leased_request_is_not_processed_by_another_worker(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    found = store.read(RightsRequestId(request_id))
    assert found
    store.move(found, found.model_copy(update={"leased_until": clock.now() + 3 * MINUTE}))
    plan.advance(request_id)
    assert plan.first.ran == []


@pytest.mark.promise("RGT-10")
def test_step_of_a_killed_worker_is_run_again_once_its_lease_expires(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    found = store.read(RightsRequestId(request_id))
    assert found
    store.move(found, found.model_copy(update={"leased_until": clock.now() + 3 * MINUTE}))
    world.advance(3 * MINUTE)
    assert plan.advance(request_id).next_step == _waiting("last")


def _waiting(name: str) -> Any:
    return procedures.waiting_steps((name,))[0]


def test_worker_that_lost_its_lease_writes_nothing(world: World, plan: Plan) -> None:
    mila, request_id = a_request(world)

    class Overtaken(Scripted):
        def run(self, _: CopyJob) -> Outcome:
            mila.calls("POST", f"/v1/rights-requests/{request_id}/cancel")
            return Done(notes=CopyNotes(stream_task="x"), answers=Status.COMPLETED)

    plan.steps["first"] = Overtaken("first")
    after = plan.advance(request_id)
    assert (after.status, after.notes) == (Status.CANCELLED, CopyNotes())
    assert [event for event, _ in evidence(request_id)] == ["received", "cancelled"]


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("lease", [3 * MINUTE, WHOLE_RUN])
def test_step_that_a_person_interrupted_runs_again_at_once(
    world: World, plan: Plan, lease: timedelta
) -> None:
    _, request_id = a_request(world)
    plan.steps["first"] = Interrupted("first", [Done(), Done()], lease)
    plan.advance(request_id)
    assert [event for event, _ in evidence(request_id)] == ["received", "extended"]
    assert cloud.queued()[-1] == request_id
    plan.advance(request_id)  # its duty, to announce the extension
    plan.advance(request_id)
    assert evidence(request_id)[-1][0] == "first_done"


@pytest.mark.promise("RGT-10")
def test_duty_that_a_person_interrupted_is_done_again_at_once(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    found = stored(request_id)
    store.move(found, found.model_copy(update={"pinned_until": world.now}))
    asked: list[RightsRequestId] = []

    def interrupted(job: AnyJob) -> None:
        asked.append(job.request.request_id)
        if len(asked) == 1:
            extend.record_identity_request(job.request.request_id, StaffId.new())
        job.move(job.request.model_copy(update={"pinned_until": job.request.received_at + DAY}), "pinned")

    plan.duties[Duty.PIN] = interrupted
    plan.advance(request_id)
    plan.advance(request_id)
    assert "pinned" in [event for event, _ in evidence(request_id)]


def test_steps_of_a_request_cancelled_during_a_run_are_due_at_once(world: World, plan: Plan) -> None:
    mila, request_id = a_request(world)

    class Cancelled(Scripted):
        def run(self, _: CopyJob) -> Outcome:
            mila.calls("POST", f"/v1/rights-requests/{request_id}/cancel")
            return Done()

    plan.steps["first"] = Cancelled("first", lease=WHOLE_RUN)
    after = plan.advance(request_id)
    assert (after.status, after.leased_until) == (Status.CANCELLED, None)
    wakes = duties.wakes_at(after, world.now)
    assert wakes is None or wakes <= world.now


@pytest.mark.promise("RGT-10")
def test_worker_that_lost_its_lease_leaves_the_lease_of_the_other(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    until = world.now + WHOLE_RUN

    class Overtaken(Scripted):
        def run(self, _: CopyJob) -> Outcome:
            found = stored(request_id)
            store.move(found, found.model_copy(update={"leased_until": until}))
            return Done()

    plan.steps["first"] = Overtaken("first")
    assert plan.advance(request_id).leased_until == until


class Interrupted(Scripted):
    """A step during whose first run a person changes the request."""

    def run(self, job: CopyJob) -> Outcome:
        if not self.ran:
            extend.extend(job.request.request_id, StaffId.new(), 30, ExtensionReason.COMPLEXITY)
        return super().run(job)


def test_note_of_a_step_is_stored_although_the_step_fails(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)

    class Crashing(Scripted):
        def run(self, job: CopyJob) -> Outcome:
            job.note(CopyNotes(stream_task="x"))
            raise Unavailable

    plan.steps["first"] = Crashing("first")
    assert plan.advance(request_id).notes == CopyNotes(stream_task="x")


def test_notes_are_stored_without_their_defaults(world: World, plan: Plan) -> None:
    """A container of an older version refuses unknown notes, so a new one must not be in every request."""
    _, request_id = a_request(world)
    assert stored_notes() == {}
    mails = {RequestAnnouncement.ANSWER: MailId.new()}
    plan.first.script = [Wait(MINUTE, _WHY, CopyNotes(mails=mails, transfer_begun=2))]
    assert (
        plan.advance(request_id).notes == stored(request_id).notes == CopyNotes(mails=mails, transfer_begun=2)
    )
    assert set(stored_notes()) == {"mails", "transfer_begun"}


def stored_notes() -> dict[str, Any]:
    (item,) = cloud.records("rights_request")
    notes: dict[str, Any] = item["notes"]["M"]
    return notes


def test_restart_of_a_copy_keeps_the_notes_of_the_request(world: World) -> None:
    """A mail that may have been sent is not sent again because the copy is made again."""
    _, request_id = a_request(world)
    mails = {RequestAnnouncement.EXTENSION: MailId.new()}
    notes = CopyNotes(mails=mails, extension_announced=True, transfer_begun=3, stream_ready=True)
    again = make_copy_again(CopyJob(stored(request_id).model_copy(update={"notes": notes})))
    assert again.notes == CopyNotes(mails=mails, extension_announced=True, transfer_begun=3, made_again=1)


def test_failing_step_is_retried_after_growing_waits(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    plan.first.script = [KeyError("a secret"), ValueError("a secret")]
    waits = []
    for _ in range(2):
        after = plan.advance(request_id)
        assert after.run_at
        waits.append(after.run_at - world.now)
        world.traveller.move_to(after.run_at)
    assert timedelta(seconds=15) <= waits[0] <= timedelta(seconds=30)
    assert timedelta(seconds=30) <= waits[1] <= timedelta(seconds=60)
    assert plan.advance(request_id).next_step == _waiting("last")
    assert "a secret" not in world.log.getvalue()


def test_waits_between_tries_are_bounded_and_random() -> None:
    assert all(step.backoff(40) <= timedelta(hours=6) for _ in range(50))
    assert len({step.backoff(7) for _ in range(50)}) > 10


@pytest.mark.promise("RGT-10")
def test_step_that_fails_too_often_stops_and_the_deadline_stays(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    plan.first.script = [ValueError()] * MAX_TRIES
    for _ in range(MAX_TRIES):
        after = plan.advance(request_id)
        world.traveller.move_to(after.run_at or world.now)
    assert (after.run_at, after.is_open) == (None, True)
    assert after.steps[0].status is StepStatus.STOPPED
    assert evidence(request_id)[-1] == (
        "first_stopped",
        {"by": "engine", "tries": MAX_TRIES, "error": "ValueError"},
    )
    plan.advance(request_id)
    assert len(plan.first.ran) == MAX_TRIES
    assert duties.wakes_at(after, world.now) is not None  # for a reminder


def test_waiting_step_does_not_count_as_failing(world: World, plan: Plan) -> None:
    mila, request_id = a_request(world)
    plan.first.waits_for_processor = True
    plan.first.script = [
        Wait(MINUTE, _WHY, CopyNotes(stream_task="t")),
        Wait(MINUTE, _WHY),
        Wait(MINUTE, _WHY),
    ]
    for _ in range(3):
        after = plan.advance(request_id)
        assert (after.status, after.tries) == (Status.AWAITING_PROCESSOR, 0)
        world.advance(MINUTE)
    assert mila.request(request_id)["steps"][0]["status"] == StepStatus.IN_PROGRESS
    assert [event for event, _ in evidence(request_id)] == ["received", "first_waits"]
    assert plan.advance(request_id).status is Status.IN_PROGRESS


def test_short_wait_sends_a_delayed_message_and_a_long_wait_sends_none(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    plan.first.script = [Wait(15 * MINUTE, _WHY), Wait(16 * MINUTE, _WHY)]
    assert cloud.queued() == [request_id]
    plan.advance(request_id)
    assert cloud.queued() == [request_id] * 2
    world.advance(15 * MINUTE)
    after = plan.advance(request_id)
    assert cloud.queued() == [request_id] * 2
    assert duties.wakes_at(after, world.now) == after.run_at


def test_missing_part_makes_the_answer_partial(world: World, plan: Plan) -> None:
    mila, request_id = a_request(world)
    plan.first.script = [Done(missing=("messages",))]
    plan.last.script = [Done(answers=Status.PARTIALLY_COMPLETED)]
    plan.advance(request_id)
    plan.advance(request_id)
    shown = mila.request(request_id)
    assert shown["status"] == shown["decision"]["outcome"] == "partially_completed"
    assert "messages" in shown["decision"]["text"]


@pytest.mark.promise("RGT-10")
def test_steps_after_the_answer_are_run(world: World, plan: Plan) -> None:
    mila, request_id = a_request(world)
    plan.first.script = [Done(answers=Status.COMPLETED)]
    plan.last.script = [Unavailable()]
    plan.advance(request_id)
    assert mila.request(request_id)["decided_at"] == "2026-11-24T12:00:00Z"
    plan.advance(request_id)  # for example, the mail that announces the answer fails
    world.advance(MINUTE)
    plan.last.script = []
    plan.advance(request_id)
    assert [step["status"] for step in mila.request(request_id)["steps"]] == ["done", "done"]
    assert mila.request(request_id)["status"] == "completed"


def test_right_can_be_exercised_again_after_the_answer(world: World, plan: Plan) -> None:
    mila, request_id = a_request(world)
    assert mila.exercises("access").problem == "already_open"
    plan.advance(request_id)
    plan.advance(request_id)
    assert mila.exercises("access").status == 202


@pytest.mark.promise("RGT-10")
def test_operators_are_reminded_by_mail_that_names_no_person(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    plan.first.script = [Wait(timedelta(days=60), _WHY)]
    request = plan.advance(request_id)
    with cloud.sent_mail() as sent:
        for _ in range(20):
            wakes = duties.wakes_at(request, world.now)
            if wakes is None or wakes > request.clock.due_at(world.now) + MINUTE:
                break
            world.traveller.move_to(wakes)
            request = plan.advance(request_id)
    subjects = [mail["Content"]["Simple"]["Subject"]["Data"] for mail in sent]
    assert subjects == ["A rights request is due soon"] * 4 + ["A rights request is overdue"]
    assert {mail["Destination"]["ToAddresses"][0] for mail in sent} == {"privacy@test.example"}
    events = [event for event, _ in evidence(request_id)]
    assert events == ["received", "reminded", "reminded", "reminded", "reminded", "overdue"]


def test_reminder_does_not_change_the_next_step(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    plan.first.script = [Wait(timedelta(days=60), _WHY)]
    before = plan.advance(request_id)
    world.traveller.move_to(duties.wakes_at(before, world.now) or world.now)
    after = plan.advance(request_id)
    assert (after.run_at, after.steps, after.reminded) == (before.run_at, before.steps, 1)
    assert after.leased_until is None


@pytest.mark.promise("RGT-10")
def test_duties_after_one_that_kills_its_worker_are_done_in_the_next_run(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    extend.extend(RightsRequestId(request_id), StaffId.new(), 30, ExtensionReason.COMPLEXITY)
    found = stored(request_id)
    store.move(found, found.model_copy(update={"pinned_until": world.now}))
    assert duties.all_due(stored(request_id), world.now) == (Duty.PIN, Duty.ANNOUNCE_EXTENSION)
    plan.duties[Duty.PIN] = kill
    for _ in range(2):
        with pytest.raises(Killed):
            plan.advance(request_id)
        world.advance(WHOLE_RUN)
    assert duties.all_due(stored(request_id), world.now) == (Duty.PIN,)
    assert evidence(request_id)[-1][0] == "extension_announced"


def kill(_: AnyJob) -> None:
    raise Killed


def test_every_duty_has_an_implementation() -> None:
    assert DUTIES.keys() == set(Duty)


def test_every_step_of_a_plan_is_run_by_the_worker_of_its_queue() -> None:
    workers = {queue: worker_for(queue) for queue in Destination}
    for one in declaration.declared().values():
        for name in one.all_steps():
            there = {queue for queue, found in workers.items() if name in found.steps}
            assert there == {declaration.worker_of(name)}


def test_request_closed_during_a_lease_is_due_when_the_lease_expires(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    found = store.read(RightsRequestId(request_id))
    assert found
    leased = found.model_copy(update={"leased_until": clock.now() + 3 * MINUTE})
    ended = record.closed_early(leased, Status.CANCELLED)
    assert duties.wakes_at(ended, clock.now()) == leased.leased_until
