"""Tests how restrictions, erasures and copies of one account meet."""

from __future__ import annotations

import json

import pytest

from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.erasure import delete
from chalicelib.rights.request.terms import Status
from infra.stream_emulator import Emulator
from tests.jobs.test_access_and_portability import package, work_until
from tests.support.cases.erasure_parts import stored_account
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure, at_step, cancels, work
from tests.support.cases.erasure_requests import stored_about as left_of
from tests.support.cases.restrictions import lifts, restricts
from tests.support.cases.restrictions import objects as objecting
from tests.support.cases.restrictions import work as advance
from tests.support.world.world import User, World

pytestmark = pytest.mark.usefixtures("services")


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    return a_subject(world)


@pytest.mark.promise("RGT-3", "RGT-4")
def test_erasure_of_a_subject_who_restricted_deletion_ends_the_restriction(world: World, mila: User) -> None:
    advance(world, restriction := restricts(mila, "b"))
    assert delete.remaining(RightsRequestId(restriction)) == 1
    erasure = asks_for_erasure(mila.is_stepped_up())
    assert work(world, erasure).status is Status.COMPLETED
    assert delete.remaining(RightsRequestId(restriction)) == 0
    assert left_of(mila) == []
    assert work(world, RightsRequestId(restriction)).next_step is None


@pytest.mark.promise("RGT-4")
def test_cancelled_erasure_returns_the_account_to_its_restriction(
    world: World, mila: User, stream: Emulator
) -> None:
    advance(world, restriction := restricts(mila, "a"))
    erasure = asks_for_erasure(mila.is_stepped_up())
    work(world, erasure, at_step("grace"))
    assert stored_account(mila.account_id).state == "frozen"
    assert cancels(mila, erasure).status == 200
    assert work(world, erasure).next_step is None
    assert stored_account(mila.account_id).state == "restricted"
    assert stream.user(mila.user_id)["state"] == "deactivated"
    mila = mila.signs_in_again()
    lifts(mila, restriction)
    advance(world, restriction)
    assert stored_account(mila.account_id).state == "active"
    assert stream.user(mila.user_id)["state"] == "active"


@pytest.mark.promise("RGT-1")
def test_copy_shows_restrictions_and_objections_in_force(world: World, mila: User) -> None:
    restricts(mila, "a")
    objecting(mila, "diagnostics", reason="They tire me.")
    access = mila.exercises("access")
    assert access.status == 202
    assert work_until(world, access.json["rights_request_id"]).status is Status.COMPLETED
    data = json.loads(package(mila, access.json["rights_request_id"]).read("data.json"))
    (decisions,) = data["sections"]["purposes"]["records"]
    assert len(decisions["restraints"]) == 2
    assert decisions["wholly_restricted"] is True
    reasons = {one.get("reason") for one in data["sections"]["rights_request"]["records"]}
    assert "They tire me." in reasons
