"""Tests that an objection to direct marketing outlives the erasure of its account, as keyed hashes only."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.core.clock import DAY
from chalicelib.core.durations import Duration, Unit
from chalicelib.core.table import Table
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.model import Addresses
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.engine import engine
from chalicelib.rights.erasure.certificates.model import Remaining
from chalicelib.rights.jobs import worker_for
from chalicelib.rights.request.terms import Destination
from infra.stream_emulator import Emulator
from tests.support.cases import erasure_outcomes
from tests.support.cases.copies import damage
from tests.support.cases.erasure_requests import asks_for_erasure, at_step, notes, stored_about, work
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.world.builders import a_phone, an_address
from tests.support.world.world import User, World

pytestmark = pytest.mark.usefixtures("services")

BOTH = {Purpose.MARKETING, Purpose.PERSONALISED_ADS}


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    """Return a user with a mailbox who objects to direct marketing."""
    mila = world.a_user()
    mila.verified["address"] = an_address()
    mila.has_email(mila.verified["address"])
    assert mila.exercises("marketing_objection").status == 202
    return mila.is_stepped_up()


def suppressed(user: User) -> set[Purpose]:
    found = suppressions.suppressed(Addresses(user.phone))
    assert found == suppressions.suppressed(Addresses(email=user.verified["address"]))
    return set(found)


@pytest.mark.promise("RGT-6")
def test_objection_survives_the_erasure_for_24_months(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id)
    assert stored_about(mila) == []
    assert suppressed(mila) == BOTH
    captured_at = notes(request_id).captured_at
    assert captured_at
    until = captured_at + Duration(24, Unit.MONTH)
    (line,) = [
        one
        for one in erasure_outcomes.certificate_of(request_id).remains
        if one.what is Remaining.OBJECTION_HASHES
    ]
    assert line.until == until
    world.advance(until - world.now - timedelta(seconds=1))
    assert suppressed(mila) == BOTH
    world.advance(timedelta(seconds=1))
    assert suppressed(mila) == set()


@pytest.mark.promise("RGT-6")
def test_objection_survives_a_new_signup_until_its_later_consent(world: World, mila: User) -> None:
    work(world, asks_for_erasure(mila))
    again = world.a_user(phone=mila.phone)
    assert again.verified["new_account"] is True
    assert suppressed(mila) == BOTH
    again.has_email(mila.verified["address"])
    assert suppressed(mila) == BOTH
    again.consents("marketing")
    assert suppressed(mila) == {Purpose.PERSONALISED_ADS}


@pytest.mark.promise("RGT-6")
def test_new_owner_of_a_number_does_not_see_the_objection_of_the_earlier_one(
    world: World, mila: User
) -> None:
    work(world, asks_for_erasure(mila))
    again = world.a_user(phone=mila.phone)
    states = {item["state"] for item in again.gets("/v1/consents").json["items"]}
    assert states == {"unknown"}
    assert again.gets("/v1/rights-requests").json["items"] == []


@pytest.mark.promise("RGT-6")
def test_objection_that_an_erasure_leaves_survives_another_write_of_its_suppression(world: World) -> None:
    addresses = Addresses(a_phone(), an_address())
    during = before_the_commit(lambda: suppressions.leave(addresses, [Purpose.PERSONALISED_ADS], world.now))
    assert suppressions.leave(addresses, [Purpose.MARKETING], world.now)
    assert during == [True]
    assert set(suppressions.suppressed(addresses)) == BOTH


def test_erasure_without_an_objection_leaves_no_suppression(world: World, stream: Emulator) -> None:
    mila = world.a_user().is_stepped_up()
    request_id = asks_for_erasure(mila)
    work(world, request_id)
    assert cloud.records("suppression") == []
    assert Remaining.OBJECTION_HASHES not in {
        one.what for one in erasure_outcomes.certificate_of(request_id).remains
    }


@pytest.mark.promise("RGT-6")
def test_mailbox_that_came_after_the_objection_is_suppressed_by_the_erasure(
    world: World, stream: Emulator
) -> None:
    mila = world.a_user()
    assert mila.exercises("marketing_objection").status == 202
    mila.verified["address"] = an_address()
    mila.has_email(mila.verified["address"])
    work(world, asks_for_erasure(mila.is_stepped_up()))
    assert suppressed(mila) == BOTH


@pytest.mark.promise("RGT-6")
def test_mailbox_that_the_account_gave_up_ends_24_months_later(world: World, mila: User) -> None:
    former = mila.verified["address"]
    assert mila.changes(email=None).status == 200
    assert suppressions.suppressed(Addresses(email=former)) == BOTH
    world.advance(731 * DAY)
    assert suppressions.suppressed(Addresses(email=former)) == set()
    assert suppressions.suppressed(Addresses(mila.phone)) == BOTH


@pytest.mark.promise("RGT-6")
def test_unreadable_decisions_are_taken_for_an_objection(world: World, stream: Emulator) -> None:
    mila = world.a_user()
    mila.consents("marketing")
    request_id = asks_for_erasure(mila.is_stepped_up())
    work(world, request_id, at_step("quarantine"))
    damage(Table.ACCOUNTS, f"A#{mila.account_id}", "purposes", sealed=b"x" * 60)
    engine.advance(request_id, worker_for(Destination.ERASURES))
    assert suppressions.suppressed(Addresses(mila.phone)) == BOTH


@pytest.mark.promise("RGT-6")
def test_cancelled_erasure_leaves_the_objection_without_an_end(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("grace"))
    again = world.a_user(phone=mila.phone)
    assert again.calls("POST", f"/v1/rights-requests/{request_id}/cancel").status == 200
    work(world, request_id)
    world.advance(800 * DAY)
    assert suppressed(mila) == BOTH
