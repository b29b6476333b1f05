"""Tests the engine when its worker is killed, a service is silent, or evidence was altered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.core.metrics import Metric
from chalicelib.core.queues import MalformedMessage
from chalicelib.rights.engine import engine, queue
from chalicelib.rights.engine.engine import MAX_TRIES
from chalicelib.rights.engine.step import WHOLE_RUN, AnyJob, CopyJob, Done, Outcome, Wait
from chalicelib.rights.operators import extend
from chalicelib.rights.request import duties, store
from chalicelib.rights.request.deadline import ExtensionReason
from chalicelib.rights.request.duties import Duty
from chalicelib.rights.request.evidence import append_or_owe, entry, history_of
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Status, StepStatus
from chalicelib.rights.request.waits import WaitReason
from tests.support.cases.scripted import Killing, Plan, Scripted, a_request, evidence, stored
from tests.support.clouds import cloud
from tests.support.faults.crash import Killed
from tests.support.world.ledger import alter_newest
from tests.support.world.world import World

_WHY = WaitReason.STREAM_TASK

pytestmark = pytest.mark.proof  # takes long

_ALARM_THRESHOLD = 3  # duties that failed within a day, as the alarm counts


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Metric]:
    """Collect the counted metrics in order."""
    found: list[Metric] = []
    monkeypatch.setattr(metrics, "count", lambda metric, _=1, **__: found.append(metric))
    return found


def kill_worker(plan: Plan, request_id: str, world: World) -> RightsRequest:
    """Run the worker, which is killed; returns the request when the lease has expired."""
    with pytest.raises(Killed):
        plan.advance(request_id)
    found = stored(request_id)
    assert found.leased_until
    world.traveller.move_to(found.leased_until)
    return found


@pytest.mark.promise("RGT-10")
def test_step_that_kills_its_worker_in_every_run_stops(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    plan.steps["first"] = killing = Killing("first")
    for number in range(1, MAX_TRIES + 1):
        assert kill_worker(plan, request_id, world).tries == number
    after = plan.advance(request_id)
    assert (after.steps[0].status, after.run_at, after.is_open) == (StepStatus.STOPPED, None, True)
    assert evidence(request_id)[-1] == (
        "first_stopped",
        {"by": "engine", "tries": MAX_TRIES, "error": "Killed"},
    )
    plan.advance(request_id)
    assert len(killing.ran) == MAX_TRIES


def test_killed_and_failed_runs_are_counted_together(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    plan.steps["first"] = Killing("first")
    kill_worker(plan, request_id, world)
    plan.steps["first"] = Scripted("first", [ValueError()])
    assert plan.advance(request_id).tries == 2


def test_wait_resets_the_number_of_tries(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    plan.first.script = [ValueError(), Wait(MINUTE, _WHY)]
    world.traveller.move_to(plan.advance(request_id).run_at or world.now)
    assert plan.advance(request_id).tries == 0


def test_evidence_contains_the_number_of_tries_of_a_step(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    plan.first.script = [ValueError(), ValueError(), Done()]
    for _ in range(2):
        world.traveller.move_to(plan.advance(request_id).run_at or world.now)
    plan.advance(request_id)
    assert evidence(request_id)[-1] == ("first_done", {"by": "engine", "tries": 3})


@pytest.mark.promise("RGT-10")
def test_service_that_is_silent_for_days_does_not_stop_a_request(
    world: World, plan: Plan, gauges: dict[Metric, int]
) -> None:
    _, request_id = a_request(world)
    began, waits = world.now, []
    while world.now - began < 2 * DAY:
        plan.first.script = [Unavailable()]
        after = plan.advance(request_id)
        assert (after.tries, after.unreachable_since) == (0, began)
        assert after.run_at
        waits.append(after.run_at - world.now)
        world.traveller.move_to(after.run_at)
    assert timedelta(seconds=15) <= waits[0] <= timedelta(seconds=30)
    assert max(waits) <= 30 * MINUTE
    assert gauges[Metric.RIGHTS_UNREACHABLE_MINUTES] >= 2 * DAY // MINUTE - 30
    plan.first.script = [Done()]
    done = plan.advance(request_id)
    assert done.unreachable_since is None
    assert evidence(request_id)[-1][1]["unreachable_since"] == clock.to_text(began)


@pytest.mark.promise("RGT-10")
def test_request_is_answered_although_its_history_was_altered(
    world: World, plan: Plan, counted: list[Metric]
) -> None:
    mila, request_id = a_request(world)
    alter_newest(history_of(RightsRequestId(request_id)))
    plan.advance(request_id)
    after = plan.advance(request_id)
    assert (after.status, len(plan.first.ran), len(plan.last.ran)) == (Status.COMPLETED, 1, 1)
    assert [entry.event for entry in after.owed] == ["first_done", "last_done"]
    assert counted.count(Metric.RIGHTS_EVIDENCE_OWED) == 2
    assert mila.request(request_id)["status"] == "completed"


@pytest.mark.promise("RGT-10")
def test_pending_evidence_is_appended_once_the_history_is_restored(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    restore = alter_newest(history_of(RightsRequestId(request_id)))
    plan.advance(request_id)
    after = plan.advance(request_id)
    assert duties.wakes_at(after, world.now) == world.now + DAY
    world.advance(DAY)
    still = plan.advance(request_id)
    assert (len(still.owed), still.owed_at) == (2, world.now + DAY)
    restore()
    world.advance(DAY)
    after = plan.advance(request_id)
    assert (after.owed, duties.wakes_at(after, world.now)) == ((), None)
    event, data = evidence(request_id)[-1]
    assert (event, [entry["event"] for entry in data["owed"]]) == (
        "owed_recorded",
        ["first_done", "last_done"],
    )


@pytest.mark.promise("RGT-10")
def test_owed_evidence_is_bounded_and_can_still_be_appended(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    restore = alter_newest(history_of(RightsRequestId(request_id)))
    before = after = stored(request_id)
    for number in range(120):
        said = {"reason": "x" * 200, "tries": number}
        _, after = append_or_owe(after, entry(f"event_{number % 3}", said))
    assert len(after.model_dump_json()) < 20_000
    folded, *kept = after.owed
    assert [one.said["tries"] for one in kept] == list(range(120 - len(kept), 120))
    store.move(before, after)
    restore()
    world.advance(DAY)
    assert plan.advance(request_id).owed == ()
    _, data = evidence(request_id)[-1]
    assert data["owed"][0]["said"]["events"] == folded.said["events"]
    assert sum(folded.said["events"].values()) + len(kept) == 120


def test_owed_entry_that_no_payload_holds_is_counted(world: World) -> None:
    _, request_id = a_request(world)
    alter_newest(history_of(RightsRequestId(request_id)))
    _, after = append_or_owe(stored(request_id), entry("huge", {"reason": "x" * 20_000}))
    assert [(one.event, one.said) for one in after.owed] == [("owed_folded", {"events": {"huge": 1}})]


def test_request_whose_history_was_altered_can_be_cancelled(world: World, plan: Plan) -> None:
    mila, request_id = a_request(world)
    alter_newest(history_of(RightsRequestId(request_id)))
    assert mila.calls("POST", f"/v1/rights-requests/{request_id}/cancel").status == 200
    found = stored(request_id)
    assert [entry.event for entry in found.owed] == ["cancelled"]


def test_outcome_that_is_no_permitted_move_counts_as_a_failed_try(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    plan.first.script = [Done(answers=Status.RECEIVED)]  # a move that the states do not allow
    after = plan.advance(request_id)
    assert (after.tries, after.leased_until) == (1, None)
    assert after.run_at
    assert after.run_at > world.now


@pytest.fixture
def failing_reminders(plan: Plan) -> Callable[[BaseException], list[int]]:
    def fail(error: BaseException) -> list[int]:
        ran: list[int] = []

        def broken(_: AnyJob) -> None:
            ran.append(1)
            raise error

        plan.duties[Duty.REMIND] = broken
        return ran

    return fail


def advance_to_the_first_reminder(world: World, plan: Plan, request_id: str) -> None:
    """Let the first step wait, and advance the time to the first reminder."""
    plan.first.script = [Wait(60 * DAY, _WHY)]
    found = plan.advance(request_id)
    world.traveller.move_to(duties.wakes_at(found, world.now) or world.now)


@pytest.mark.promise("RGT-10")
def test_failing_duty_is_retried_and_does_not_delay_steps(
    world: World, plan: Plan, failing_reminders: Callable[[BaseException], list[int]], counted: list[Metric]
) -> None:
    _, request_id = a_request(world)
    advance_to_the_first_reminder(world, plan, request_id)
    ran = failing_reminders(ValueError())
    counted.clear()
    after = plan.advance(request_id)
    assert (after.leased_until, after.duty_tries, len(ran)) == (None, 1, 1)
    assert counted == [Metric.RIGHTS_DUTY_FAILED]
    store.move(after, after.model_copy(update={"run_at": world.now}))
    plan.advance(request_id)
    assert len(plan.first.ran) == 2
    assert after.duties_at
    world.traveller.move_to(after.duties_at)
    plan.advance(request_id)
    assert len(ran) == 2


@pytest.mark.promise("RGT-10")
def test_duty_counts_as_failed_once_a_service_was_silent_for_two_hours(
    world: World, plan: Plan, failing_reminders: Callable[[BaseException], list[int]], counted: list[Metric]
) -> None:
    _, request_id = a_request(world)
    advance_to_the_first_reminder(world, plan, request_id)
    ran, began = failing_reminders(Unavailable()), world.now
    counted.clear()
    while Metric.RIGHTS_DUTY_FAILED not in counted:
        after = plan.advance(request_id)
        assert after.duties_at
        waited = world.now - began
        world.traveller.move_to(after.duties_at)
    assert HOUR < waited < 3 * HOUR
    assert len(ran) > 5


@pytest.mark.promise("RGT-10")
def test_one_killed_run_during_an_outage_postpones_no_duty_by_a_day(
    world: World, plan: Plan, failing_reminders: Callable[[BaseException], list[int]]
) -> None:
    _, request_id = a_request(world)
    advance_to_the_first_reminder(world, plan, request_id)
    failing_reminders(Unavailable())
    for _ in range(16):
        after = plan.advance(request_id)
        assert after.duties_at
        world.traveller.move_to(after.duties_at)
    failing_reminders(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        plan.advance(request_id)
    failing_reminders(Unavailable())
    world.advance(HOUR)
    after = plan.advance(request_id)
    assert after.duties_at
    assert after.duties_at <= world.now + 30 * MINUTE


@pytest.mark.promise("RGT-10")
def test_duty_that_kills_its_worker_in_every_run_is_postponed_by_a_day(
    world: World, plan: Plan, failing_reminders: Callable[[BaseException], list[int]]
) -> None:
    _, request_id = a_request(world)
    advance_to_the_first_reminder(world, plan, request_id)
    ran = failing_reminders(Killed())
    for _ in range(MAX_TRIES):
        kill_worker(plan, request_id, world)
    after = plan.advance(request_id)
    assert (after.duties_at, after.duty_tries, len(ran)) == (world.now + DAY, 0, MAX_TRIES)
    store.move(after, after.model_copy(update={"run_at": world.now}))
    plan.advance(request_id)
    assert len(plan.first.ran) == 2


@pytest.mark.promise("RGT-10")
def test_killed_runs_of_duties_raise_the_alarm(
    world: World,
    plan: Plan,
    failing_reminders: Callable[[BaseException], list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, request_id = a_request(world)
    advance_to_the_first_reminder(world, plan, request_id)
    failing_reminders(Killed())
    failed: list[int] = []
    monkeypatch.setattr(metrics, "count", lambda _, number=1: failed.append(number))
    for _ in range(MAX_TRIES):
        kill_worker(plan, request_id, world)
    plan.advance(request_id)
    assert sum(failed) >= _ALARM_THRESHOLD


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("killing", [Duty.PIN, Duty.REMIND])
def test_duty_that_kills_its_worker_in_every_run_does_not_delay_other_duties(
    world: World, plan: Plan, killing: Duty
) -> None:
    _, request_id = a_request(world)
    advance_to_the_first_reminder(world, plan, request_id)
    extend.extend(RightsRequestId(request_id), StaffId.new(), 30, ExtensionReason.COMPLEXITY)
    world.traveller.move_to(stored(request_id).clock.reminders(world.now)[0])
    found = stored(request_id)
    store.move(found, found.model_copy(update={"pinned_until": world.now}))
    assert {Duty.PIN, Duty.REMIND, Duty.ANNOUNCE_EXTENSION} <= {
        *duties.all_due(stored(request_id), world.now)
    }

    def kill(_: AnyJob) -> None:
        raise Killed

    plan.duties[killing] = kill
    for _ in range(MAX_TRIES):
        kill_worker(plan, request_id, world)
    assert duties.all_due(stored(request_id), world.now) == (killing,)
    done = [
        event for event, _ in evidence(request_id) if event in {"pinned", "reminded", "extension_announced"}
    ]
    assert len(done) == len({*done}) == 2


def test_killed_step_is_not_counted_as_a_failed_duty(world: World, plan: Plan, counted: list[Metric]) -> None:
    _, request_id = a_request(world)
    found = stored(request_id)
    store.move(found, found.model_copy(update={"duty_tries": 1}))  # killed after its last duty
    plan.steps["first"] = Killing("first")
    for _ in range(3):
        kill_worker(plan, request_id, world)
    assert Metric.RIGHTS_DUTY_FAILED not in counted


def test_second_worker_for_one_account_waits_for_its_turn(world: World, plan: Plan) -> None:
    mila, first = a_request(world)
    second = str(mila.exercises("portability").json["rights_request_id"])

    class Overlapping(Scripted):
        def run(self, job: CopyJob) -> Outcome:
            cloud.clear_queues()
            engine.advance(RightsRequestId(second), plan.worker)
            return super().run(job)

    plan.steps["first"] = Overlapping("first")
    plan.advance(first)
    found = stored(second)
    assert (found.status, found.version) == (Status.RECEIVED, 1)  # no worker took it
    assert cloud.queued()[0] == second  # it is delivered again after a moment
    plan.steps["first"] = plan.first
    assert plan.advance(second).next_step != found.next_step


def test_turn_of_a_killed_worker_is_free_once_its_lease_expires(world: World, plan: Plan) -> None:
    mila, first = a_request(world)
    second = str(mila.exercises("portability").json["rights_request_id"])
    plan.steps["first"] = Killing("first", lease=WHOLE_RUN)
    kill_worker(plan, first, world)
    plan.steps["first"] = plan.first
    assert len(plan.advance(second).steps) == 2
    assert len(plan.first.ran) == 1


def test_chain_of_messages_ends_at_its_maximum_length(
    world: World, plan: Plan, counted: list[Metric]
) -> None:
    _, request_id = a_request(world)
    plan.first.script = [Wait(timedelta(), _WHY), Wait(timedelta(), _WHY)]
    cloud.clear_queues()
    counted.clear()
    engine.advance(RightsRequestId(request_id), plan.worker, queue.MAX_HOPS - 1)
    assert cloud.queued() == [request_id]
    engine.advance(RightsRequestId(request_id), plan.worker, queue.MAX_HOPS)
    assert cloud.queued() == [request_id]
    assert counted == [Metric.RIGHTS_RELAY_ENDED]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "1",
        '{"hops": 1}',
        '{"request_id": 1}',
        '{"request_id": "x"}',
        '{"request_id": null, "hops": 0}',
    ],
)
def test_message_without_a_request_id_is_not_parsed(body: str) -> None:
    with pytest.raises(MalformedMessage):
        queue.parse(body)
