"""Stream is away while requests are at any step: they end by themselves, and Stream has what the rows say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.ids import RightsRequestId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.reconciliation.jobs import send_unsent
from chalicelib.rights.engine import engine
from chalicelib.rights.request import duties
from chalicelib.rights.request.terms import Status
from chalicelib.stream.users.sync import blocked_users
from infra.stream_emulator import Emulator
from tests.support.cases import restrictions
from tests.support.cases.erasure_requests import (
    WORKERS,
    asks_for_erasure,
    at_step,
    cancels,
    is_stopped,
    stored,
    work,
)
from tests.support.cases.restrictions import restricts
from tests.support.jobs.profile_sync import marked
from tests.support.stream.conversations import at_stream, differences, ids, some_contacts, user_at_stream
from tests.support.world.builders import a_schedule_event
from tests.support.world.world import User, World

pytestmark = pytest.mark.proof

DOWN = {"status": 503, "code": -1, "times": 100_000}
SILENT = {"drop_connection": True, "times": 100_000}
OUTAGES = [
    pytest.param(DAY, DOWN, id="a day"),
    pytest.param(6 * HOUR, DOWN, id="six hours"),
    pytest.param(6 * HOUR, SILENT, id="silent for six hours"),
]

# Steps of an erasure at which Stream goes away. Those from the point of no return on come after days.
FINAL = (
    "capture", "quarantine", "delete_at_stream", "await_stream_deletion", "delete_records", "verify_deletion",
    "certify",
)  # fmt: skip
REVOCABLE = ("confirm", "settle", "freeze", "suspend_at_stream", "grace")
CANCELLED = ("suspend_at_stream", "grace")
# Of a restriction that lasts, and of one that its subject lifts.
RESTRICTED = ("restrict_at_stream", "await_stream", "uphold")
LIFTED = {
    "restrict_at_stream": Status.CANCELLED, "uphold": Status.COMPLETED, "release_at_stream": Status.COMPLETED,
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A request at the beginning of the outage, and what is left of its subject in the end."""

    user: User
    request_id: RightsRequestId
    status: Status
    at_stream: str  # the state of the user


def an_erasure(world: World, user: User, step: str, **more: Any) -> RightsRequestId:
    """Submit an erasure, and advance it until a step is the next one."""
    user.verified |= user.signs_in_again().verified
    request_id = asks_for_erasure(user.is_stepped_up(), **more)
    assert at_step(step)(work(world, request_id, at_step(step)))
    return request_id


def a_restriction(world: World, user: User, step: str) -> RightsRequestId:
    """Submit a restriction that preserves messages, and advance it until a step is the next one."""
    user.verified |= user.signs_in_again().verified
    request_id = RightsRequestId(restricts(user, "b"))
    if step == "release_at_stream":
        work(world, request_id, at_step("uphold"))
        assert restrictions.lifts(user, request_id).status == 200
    assert at_step(step)(work(world, request_id, at_step(step)))
    return request_id


def turn(world: World, cases: list[Case]) -> None:
    """Let workers do what is due now."""
    for one in cases:
        for _ in range(50):
            wakes = duties.wakes_at(stored(one.request_id), world.now)
            if wakes is None or wakes > world.now:
                break
            for worker in WORKERS:
                engine.advance(one.request_id, worker)
    send_unsent(a_schedule_event(), None)


def wait(world: World, cases: list[Case], time: timedelta, rounds: int) -> None:
    """Let time pass in which workers and jobs run so many times."""
    for _ in range(rounds):
        world.advance(time / rounds)
        turn(world, cases)


@pytest.mark.promise("STR-3", "STR-5", "STR-9", "RGT-3", "RGT-4")
@pytest.mark.parametrize(("length", "fault"), OUTAGES)
def test_request_ends_by_itself_whatever_its_step_when_stream_went_away(
    world: World, stream: Emulator, services: None, length: timedelta, fault: dict[str, Any]
) -> None:
    number = len((*FINAL, *REVOCABLE, *CANCELLED, *RESTRICTED, *LIFTED))
    vera, *users = some_contacts(world, 1 + number)
    for user in users:
        assert vera.opens(user).status == 201
    subjects = iter(users)

    def erased(step: str, **more: Any) -> Case:
        user = next(subjects)
        return Case(user, an_erasure(world, user, step, **more), Status.COMPLETED, "deleted")

    def restricted(step: str) -> Case:
        user = next(subjects)
        return Case(user, a_restriction(world, user, step), Status.COMPLETED, "deactivated")

    def kept(case: Case, status: Status) -> Case:
        return replace(case, status=status, at_stream="active")

    cases = [erased(step, waive_grace=True) for step in FINAL]
    lasting = [restricted(step) for step in RESTRICTED]
    lifted = [kept(restricted(step), status) for step, status in LIFTED.items()]
    cases += [erased(step) for step in REVOCABLE]
    cancelled = [kept(erased(step), Status.CANCELLED) for step in CANCELLED]
    cases += [*lasting, *lifted, *cancelled]
    wait(world, [], MINUTE, 1)
    assert marked() == []

    stream.fault(**fault)
    wait(world, cases, length / 2, 5)
    for one in cancelled:
        assert cancels(one.user, one.request_id).status == 200
    for one in lifted[:-1]:
        one.user.verified |= one.user.signs_in_again().verified
        assert restrictions.lifts(one.user, one.request_id).status == 200
    wait(world, cases, length / 2, 5)
    assert not any(is_stopped(stored(one.request_id)) for one in cases)

    stream.clear_faults()
    wait(world, cases, HOUR, 60)
    assert differences(stream) == {}
    for one in cases:
        work(world, one.request_id, at_step("uphold") if one in lasting else lambda _: False)
    wait(world, cases, HOUR, 4)
    for one in cases:
        assert stored(one.request_id).status is one.status
        assert user_at_stream(stream, one.user) == one.at_stream
    assert (differences(stream), marked()) == ({}, [])


@pytest.mark.promise("STR-3", "STR-9")
@pytest.mark.parametrize("fault", [{"status": 400, "code": 4}, {"status": 500, "code": -1}])
def test_conversation_that_stream_refuses_for_a_day_delays_no_other_change(
    world: World, stream: Emulator, counts: Counter[Metric], fault: dict[str, Any]
) -> None:
    mila, jovan, vuk, ana, iva = some_contacts(world, 5)
    group = mila.opens(jovan, vuk, ana, name="Trip").json
    pair, left = mila.opens(jovan).json, mila.opens(vuk).json
    stream.fault(path=f"/channels/messaging/{group['conversation_id']}", times=100_000, **fault)
    assert jovan.leaves(group["conversation_id"]).status == 204
    jovan.blocks(mila)
    vuk.leaves(left["conversation_id"])
    ana.changes(display_name="After")
    restricts(iva)
    wait(world, [], DAY, 24)
    assert at_stream(stream, group) == ids(mila, jovan, vuk, ana)
    assert at_stream(stream, pair) == at_stream(stream, left) == ids(mila)
    assert blocked_users(UserId(jovan.user_id)) == {mila.user_id}
    assert stream.user(ana.user_id)["name"] == "After"
    assert user_at_stream(stream, iva) == "deactivated"
    is_refused = fault["status"] == 400
    assert (counts[Metric.CHAT_PROFILE_REFUSED] > 0) is is_refused
    assert [row["pk"]["S"] for row in marked()] == ([] if is_refused else [f"C#{group['conversation_id']}"])
    stream.clear_faults()
    if is_refused:
        ana.verified |= ana.signs_in_again().verified
        ana.leaves(group["conversation_id"])
    wait(world, [], HOUR / 4, 15)
    assert at_stream(stream, group) == (ids(mila, vuk) if is_refused else ids(mila, vuk, ana))
    assert (differences(stream), marked()) == ({}, [])
