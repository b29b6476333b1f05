"""Tests what the worker does for objections: it waits for the weighing, upholds or ends them."""

from __future__ import annotations

from collections import Counter

import pytest

from chalicelib.consents import store as consents
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.privacy.purposes import Purpose, permits
from chalicelib.rights.request import store
from chalicelib.rights.request.terms import Status
from tests.support.cases.recycled import returns_after_years
from tests.support.cases.restrictions import events, lifts, objects, work, work_for
from tests.support.world.builders import a_fault
from tests.support.world.world import User, World

COMPELLING = "A21CompellingGrounds"


ADDRESS = "mila@test.example"


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user()


def may_use(mila: User, purpose: Purpose) -> bool:
    return permits(consents.read(AccountId(mila.account_id)), purpose)


@pytest.mark.promise("RGT-5")
def test_objection_that_stopped_everything_is_upheld_after_fourteen_days(world: World, mila: User) -> None:
    request_id = objects(mila, "diagnostics")
    assert work_for(world, request_id, 14 * DAY - HOUR).is_open
    request = work_for(world, request_id, 2 * HOUR)
    assert (request.status, request.next_step and request.next_step.name) == (Status.COMPLETED, "uphold")
    assert not may_use(mila, Purpose.DIAGNOSTICS)
    assert [event for event in events(request_id) if event.endswith("_done")] == [
        "weigh_done",
        "announce_done",
    ]


@pytest.mark.promise("RGT-5")
def test_unweighed_objection_to_security_alarms_each_day_and_is_not_answered(
    world: World, mila: User, counts: Counter[Metric]
) -> None:
    request_id = objects(mila, "security", "diagnostics")
    work_for(world, request_id, 14 * DAY - HOUR)
    assert counts[Metric.OBJECTION_UNWEIGHED] == 0
    request = work_for(world, request_id, 3 * DAY)
    assert request.is_open
    assert counts[Metric.OBJECTION_UNWEIGHED] == 3
    assert (may_use(mila, Purpose.SECURITY), may_use(mila, Purpose.DIAGNOSTICS)) == (True, False)


@pytest.mark.promise("RGT-5")
def test_refused_objection_ends_after_its_announcement(world: World, mila: User) -> None:
    request_id = objects(mila, "diagnostics")
    world.an_operator("jovan").proposes(request_id, "refused", COMPELLING)
    world.an_operator("ana").approves(request_id)
    work_for(world, request_id, 71 * HOUR)
    assert not may_use(mila, Purpose.DIAGNOSTICS)
    request = work_for(world, request_id, 2 * HOUR)
    assert (request.status, request.next_step) == (Status.REFUSED, None)
    assert may_use(mila, Purpose.DIAGNOSTICS)
    assert (
        mila.signs_in_again().submits_usage(a_fault(occurred_at="2026-11-27T13:00:00Z")).json["accepted"] == 1
    )
    assert events(request_id)[-2:] == ["announce_done", "end_restraint_done"]


@pytest.mark.promise("RGT-5", "RET-3")
def test_objection_older_than_three_years_is_lifted_by_its_subject(world: World, mila: User) -> None:
    mila.has_email(ADDRESS)
    request_id = objects(mila, "diagnostics")
    work_for(world, request_id, 4 * 365 * DAY)
    mila = returns_after_years(mila, ADDRESS)
    assert not may_use(mila, Purpose.DIAGNOSTICS)
    assert lifts(mila, request_id).status == 200
    assert may_use(mila, Purpose.DIAGNOSTICS)
    assert work(world, request_id).next_step is None
    world.advance(3 * 366 * DAY)
    assert store.read(RightsRequestId(request_id)) is None


@pytest.mark.promise("RET-1")
def test_objection_of_an_erased_account_is_kept_for_three_years(world: World, mila: User) -> None:
    request_id = objects(mila, "diagnostics")
    work_for(world, request_id, 15 * DAY)
    world.set_state(mila, "erasing")
    work_for(world, request_id, 31 * DAY)
    world.advance(3 * 366 * DAY)
    assert store.read(RightsRequestId(request_id)) is None


def test_operators_end_an_objection_by_its_decision_only(world: World, mila: User) -> None:
    request_id = objects(mila, "diagnostics")
    work_for(world, request_id, 15 * DAY)
    assert world.an_operator("jovan").proposes_lifting(request_id).problem == "not_now"
