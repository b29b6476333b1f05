"""Attacks on numbers that two operators give back: by an operator, a thief, a new holder (ADR 68)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core import aws
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.core.transactions import perform
from chalicelib.rights.request.terms import Status
from chalicelib.rights.restored import requests as restored
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_parts import freeze
from tests.support.cases.erasure_requests import stored, work
from tests.support.cases.guests import asks_to_prove, proves, requests
from tests.support.cases.returned_numbers import (
    NumberProof,
    Request,
    a_person,
    answered,
    cancels,
    entered,
    enters_number,
    reach,
    refreshes,
    releases,
    steal_number,
    waits_for_the_number,
)
from tests.support.clouds import cloud
from tests.support.stream.emulated_app import apply_to
from tests.support.world.builders import a_device, a_phone
from tests.support.world.operators import Operator
from tests.support.world.world import User, World

pytestmark = [pytest.mark.usefixtures("services"), pytest.mark.promise("ACC-1")]


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    apply_to(stream)
    return a_person(world)


# --- one operator


def test_operator_who_entered_it_has_no_release_key(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    seen_by_alice = entered(alice, mila)
    shown_to_bob = bob.notes_identity(
        seen_by_alice["rights_request_id"]
    ).json  # Mila is genuine, and Bob checked her
    reach(world, seen_by_alice, "give_number")
    shown_to_alice = alice.notes_identity(seen_by_alice["rights_request_id"]).json
    assert ("release_key" in shown_to_bob, "receipt" in shown_to_bob) == (True, False)
    seen = [seen_by_alice, shown_to_alice, alice.case(seen_by_alice["rights_request_id"])]
    assert shown_to_bob["release_key"] not in str(seen)
    answer = proves(world, seen_by_alice, phone=a_phone())
    assert (answer.problem, answer.json["errors"][0]["pointer"]) == ("invalid_request", "/release_key")
    wrong = seen_by_alice | {"release_key": seen_by_alice["receipt"]}
    assert proves(world, wrong, phone=a_phone()).problem == "invalid_request"


def test_release_key_is_shown_again_to_its_operator_only(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request = entered(alice, mila)
    key = releases(bob, request)["release_key"]
    assert releases(bob, request)["release_key"] == key
    assert "release_key" not in world.an_operator("carol").notes_identity(request["rights_request_id"]).json


def test_operator_with_the_receipt_who_checks_last_gets_no_release_key(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    old = request["release_key"]
    assert cancels(mila, request).status == 200
    assert "release_key" not in releases(bob, request)
    assert "release_key" not in releases(alice, request)
    assert proves(world, request, phone=a_phone()).problem == "invalid_request"
    assert releases(bob, request)["release_key"] != old
    assert proves(world, request, phone=a_phone()).status == 200


def test_code_that_was_sent_before_a_session_said_no_gives_no_number(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    proof = NumberProof(world, request, a_phone())
    assert cancels(mila, request).status == 200
    assert proof.send().problem == "not_now"


# --- which account is meant


def test_holder_of_a_number_and_its_former_owner_are_named_by_user_id(
    world: World, mila: User, alice: Operator
) -> None:
    number, device = mila.phone, a_device()
    world.advance(300 * DAY)
    assert world.a_user(number, device).session["scope"] == "waiting"
    world.advance(7 * DAY)
    vera = world.a_user(number, device, own_account=True)
    assert vera.user_id != mila.user_id
    world.advance(DAY)
    refused = enters_number(alice, world, phone=number)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/phone")
    assert cloud.records("rights_request") == []
    assert entered(alice, vera)["user_id"] == vera.user_id


def test_former_number_that_no_account_has_leads_to_its_owner(
    world: World, mila: User, alice: Operator
) -> None:
    own = mila.phone
    steal_number(world, mila)
    assert enters_number(alice, world, phone=own).json["user_id"] == mila.user_id


# --- what a thief keeps, or requests before


def test_device_and_mailbox_of_the_thief_are_no_two_proofs_after_the_return(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    own, stolen, device = mila.phone, a_phone(), a_device()
    mila.changes_number(stolen)
    thief = world.a_user(stolen, device)
    thief.has_email("thief@test.example")
    world.advance(HOUR)
    world.a_user(stolen, device)  # another session makes the device known
    request = waits_for_the_number(world, mila, alice, bob)
    world.advance(4 * DAY)
    assert proves(world, request, phone=own).status == 200
    world.advance(4 * DAY)
    made = requests(world, "access", email="thief@test.example", device_id=device["device_id"])
    assert made.json["status"] == "awaiting_verification", made.text


def test_device_of_the_thief_is_unknown_at_the_next_sign_in(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    stolen, thief = steal_number(world, mila)
    request = waits_for_the_number(world, mila, alice, bob)
    assert proves(world, request, phone=stolen).status == 200
    world.advance(300 * DAY)
    assert world.a_user(stolen, thief.verified["device"]).session["scope"] == "waiting"


def test_open_rectification_of_the_thief_keeps_no_entry_out(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    steal_number(world, mila)
    made = mila.exercises("rectification", changes={"session_device": "none"}, reason="Not mine.")
    assert made.status == 202, made.text
    request = entered(alice, mila)
    again = enters_number(alice, world, user_id=mila.user_id)
    assert (again.problem, again.json["open_rights_request_id"]) == (
        "already_open",
        request["rights_request_id"],
    )
    releases(bob, request)
    reach(world, request, "give_number")
    assert proves(world, request, phone=a_phone()).status == 200
    assert answered(world, request) is Status.COMPLETED
    assert stored(RightsRequestId(made.json["rights_request_id"])).is_open


def test_erasure_of_the_thief_waits_until_the_owner_is_back(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    steal_number(world, mila)
    world.advance(4 * DAY)
    refreshes(mila)
    mila.is_stepped_up()
    erasure = RightsRequestId(mila.exercises("erasure").json["rights_request_id"])
    work(world, erasure, within=2 * DAY)
    request = entered(alice, mila)
    assert releases(bob, request)["open_erasure"] == erasure
    reach(world, request, "give_number")
    world.advance(24 * DAY)  # the erasure would give other requests up
    work(world, erasure, within=4 * HOUR)
    assert stored(RightsRequestId(request["rights_request_id"])).is_open
    number = a_phone()
    assert proves(world, request, phone=number).status == 200
    assert answered(world, request) is Status.COMPLETED
    work(world, erasure, within=2 * DAY)
    owner = world.a_user(number, a_device())
    assert owner.session["erasure"]["rights_request_id"] == erasure
    assert owner.calls("POST", f"/v1/rights-requests/{erasure}/cancel").status == 200


def test_owner_with_the_same_number_has_days_to_cancel_an_erasure(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    mila.is_stepped_up()
    erasure = RightsRequestId(mila.exercises("erasure").json["rights_request_id"])
    request = waits_for_the_number(world, mila, alice, bob)
    work(world, erasure, within=10 * DAY)
    assert proves(world, request, phone=mila.phone).status == 200
    assert answered(world, request) is Status.COMPLETED
    work(world, erasure, within=71 * HOUR)
    assert not stored(erasure).notes.is_irrevocable
    work(world, erasure, lambda one: one.notes.is_irrevocable, within=3 * HOUR)


def test_entry_of_one_operator_delays_no_erasure_beyond_its_deadline(
    world: World, mila: User, alice: Operator
) -> None:
    mila.is_stepped_up()
    erasure = RightsRequestId(mila.exercises("erasure").json["rights_request_id"])
    request = entered(alice, mila)
    work(world, erasure, lambda one: one.notes.is_irrevocable, within=30 * DAY)
    assert not stored(RightsRequestId(request["rights_request_id"])).is_open


def test_owner_of_an_account_that_is_frozen_as_idle_gets_in(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    freeze(mila.account_id, idle=True)
    world.advance(HOUR)
    number = a_phone()
    assert proves(world, request, phone=number).status == 200
    world.advance(HOUR)
    assert world.a_user(number, a_device()).user_id == mila.user_id
    assert requests(world, "access", phone=number).json["without_account"] is False


# --- the no of a session


def test_no_before_the_decision_leaves_the_one_that_the_warning_offers(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request = entered(alice, mila)
    for _ in range(2):
        assert cancels(mila, request).status == 200
    assert "contested_at" in alice.case(request["rights_request_id"])
    releases(bob, request)
    assert cancels(mila, request).status == 200  # changes nothing: a thief must not undo each check
    assert releases(alice, request)["status"] == "in_progress"
    reach(world, request, "cool_down")
    assert "Say no in the app" in world.messages_to(mila.phone)[-1]
    assert cancels(mila, request).json["status"] == "awaiting_verification"
    releases(bob, request)
    releases(alice, request)
    assert cancels(mila, request).problem == "too_late"


@pytest.mark.parametrize("how", ["receipt", "session", "operator"])
def test_number_that_was_given_is_not_cancelled_before_the_answer(
    world: World, mila: User, alice: Operator, bob: Operator, how: str
) -> None:
    request, number = waits_for_the_number(world, mila, alice, bob), a_phone()
    proves(world, request, phone=number)
    if how == "receipt":
        path = f"/v1/rights-receipts/{request['rights_request_id']}/cancel"
        answer = world.call("POST", path, headers={"Rights-Receipt": request["receipt"]})
    elif how == "operator":
        answer = alice.proposes(request["rights_request_id"], "refused", "JustificationA12IdentityFailure")
    else:
        world.advance(HOUR)
        owner = a_person(world, number)
        answer = owner.calls("POST", f"/v1/rights-requests/{request['rights_request_id']}/cancel")
    assert answer.problem == "too_late", answer.text
    assert answered(world, request) is Status.COMPLETED


# --- a restored table of requests


def put_back(items: list[dict[str, Any]]) -> None:
    for item in items:
        aws.client("dynamodb").put_item(TableName=settings().table(Table.RIGHTS), Item=item)


def test_request_that_is_restored_gives_no_second_number(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    before = cloud.records("rights_request")
    assert proves(world, request, phone=a_phone()).status == 200
    assert answered(world, request) is Status.COMPLETED
    put_back(before)
    world.advance(20 * DAY)
    assert asks_to_prove(world, request, phone=a_phone()).problem == "not_now"


def test_restored_request_waits_for_two_checks_once_for_each_restore(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    before, at, request_id = (
        cloud.records("rights_request"),
        world.now,
        RightsRequestId(request["rights_request_id"]),
    )
    world.advance(HOUR)
    assert cancels(mila, request).status == 200
    put_back(before)
    for _ in range(2):
        restored.restore_open(stored(request_id), at, perform)
        assert asks_to_prove(world, request, phone=a_phone()).problem == "not_now"
    releases(alice, request)
    restored.restore_open(stored(request_id), at, perform)
    old = dict(request)
    assert releases(bob, request)["status"] == "in_progress"
    reach(world, request, "give_number")
    assert proves(world, old, phone=a_phone()).problem == "invalid_request"
    assert proves(world, request, phone=a_phone()).status == 200


def test_code_is_not_sent_before_it_can_give_a_number(world: World, mila: User, alice: Operator) -> None:
    request: Request = entered(alice, mila)
    number = a_phone()
    assert asks_to_prove(world, request, phone=number).problem == "not_now"
    assert world.messages_to(number) == []
