"""Numbers that two operators give back to the owner of an account (ADR 68)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import table
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import RightsRequestId
from chalicelib.messages import sms
from chalicelib.rights.request.terms import Status
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_requests import stored, work
from tests.support.cases.guests import asks_to_prove, enters, proves
from tests.support.cases.recycled import loses_number
from tests.support.cases.returned_numbers import (
    NumberProof,
    Request,
    a_person,
    answered,
    cancels,
    entered,
    notices_to,
    reach,
    refreshes,
    releases,
    steal_number,
    waits_for_the_number,
)
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.patches import failing_at
from tests.support.stream.emulated_app import apply_to
from tests.support.world.builders import a_device, a_phone
from tests.support.world.operators import Operator
from tests.support.world.world import User, World

pytestmark = [pytest.mark.usefixtures("services"), pytest.mark.promise("ACC-1")]


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    apply_to(stream)
    return a_person(world)


def test_owner_gets_back_the_account_whose_number_a_thief_changed(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    own = mila.phone
    stolen, thief = steal_number(world, mila)
    request = waits_for_the_number(world, mila, alice, bob)
    assert refreshes(thief).status == 200
    assert proves(world, request, phone=own).status == 200
    assert thief.gets("/v1/profile").problem == "session_ended"
    assert answered(world, request) is Status.COMPLETED
    assert world.a_user(own, a_device()).user_id == mila.user_id
    assert world.a_user(stolen, a_device()).user_id != mila.user_id


def test_new_number_ends_all_sessions_their_refresh_and_their_chat_tokens(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    assert refreshes(mila).status == 200
    assert proves(world, request, phone=a_phone()).status == 200
    assert mila.mints_a_chat_token().problem == "session_ended"
    assert refreshes(mila).problem == "session_ended"
    (account,) = cloud.records("account")
    assert account["revoked_before"]["S"] >= f"{world.now - timedelta(seconds=5):%Y-%m-%dT%H:%M:%S}"


def test_ended_sessions_are_not_listed(world: World, mila: User, alice: Operator, bob: Operator) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    number = a_phone()
    proves(world, request, phone=number)
    world.advance(HOUR)
    listed = world.a_user(number, a_device()).gets("/v1/sessions").json["items"]
    assert [one["current"] for one in listed] == [True]


def test_owner_of_an_unused_account_gets_in_with_the_same_number(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    world.advance(300 * DAY)
    waiting = a_person(world, mila.phone)
    assert waiting.session["scope"] == "waiting"
    request = waits_for_the_number(world, mila, alice, bob)
    assert proves(world, request, phone=mila.phone).status == 200
    assert refreshes(waiting).problem == "session_ended"
    world.advance(HOUR)
    assert world.a_user(mila.phone, a_device()).profile()["user_id"] == mila.user_id


def test_account_that_lost_its_number_gets_one(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    loses_number(mila)
    request = waits_for_the_number(world, mila, alice, bob)
    assert stored(RightsRequestId(request["rights_request_id"])).notes.unwarned
    number = a_phone()
    proves(world, request, phone=number)
    assert world.a_user(number, a_device()).user_id == mila.user_id


@pytest.mark.parametrize("step", ["not checked", "cool_down"])
def test_number_is_given_only_after_two_checks_the_warning_and_the_wait(
    world: World, mila: User, alice: Operator, bob: Operator, step: str
) -> None:
    request, number = entered(alice, mila), a_phone()
    if step == "cool_down":
        bob.notes_identity(request["rights_request_id"])
        reach(world, request, step)
        assert any("another number for the account" in text for text in world.messages_to(mila.phone))
        world.advance(71 * HOUR)
    assert asks_to_prove(world, request, phone=number).problem == "not_now"
    assert asks_to_prove(world, request, phone=mila.phone).problem == "not_now"
    assert world.a_user(number).user_id != mila.user_id
    assert world.a_user(mila.phone).user_id == mila.user_id


def test_one_operator_gives_no_number(world: World, mila: User, alice: Operator) -> None:
    request = entered(alice, mila)
    assert alice.notes_identity(request["rights_request_id"]).problem == "own_proposal"
    work(world, RightsRequestId(request["rights_request_id"]), within=20 * DAY)
    assert asks_to_prove(world, request, phone=a_phone()).problem == "not_now"


def test_receipt_of_another_request_gives_no_number(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    other = enters(alice, "access", user_id=mila.user_id).json
    asked = asks_to_prove(world, {**request, "receipt": other["receipt"]}, phone=a_phone())
    assert asked.problem == "not_found"


def test_mailbox_is_no_number(world: World, mila: User, alice: Operator, bob: Operator) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    assert proves(world, request, email="mila@test.example").problem == "proof_not_accepted"


def test_receipt_gives_one_number_only(world: World, mila: User, alice: Operator, bob: Operator) -> None:
    request, first = waits_for_the_number(world, mila, alice, bob), a_phone()
    assert proves(world, request, phone=first).status == 200
    assert asks_to_prove(world, request, phone=a_phone()).problem == "not_now"
    assert answered(world, request) is Status.COMPLETED
    assert asks_to_prove(world, request, phone=a_phone()).problem == "not_now"
    assert world.a_user(first, a_device()).user_id == mila.user_id


def test_operators_cannot_answer_it_as_done(world: World, mila: User, alice: Operator, bob: Operator) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    assert alice.proposes(request["rights_request_id"], "completed").problem == "not_carried_out"
    assert (
        alice.proposes(request["rights_request_id"], "refused", "JustificationA12IdentityFailure").status
        == 200
    )


# --- the holder of the account says no


def test_no_of_a_session_has_two_operators_decide_again(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    for _ in range(2):  # the response may have been lost
        answer = cancels(mila, request)
        assert (answer.status, answer.json["status"]) == (200, "awaiting_verification")
    assert "contested_at" in alice.case(request["rights_request_id"])
    assert asks_to_prove(world, request, phone=a_phone()).problem == "not_now"
    assert releases(alice, request)["status"] == "awaiting_verification"
    assert releases(bob, request)["status"] == "in_progress"
    assert cancels(mila, request).problem == "too_late"
    assert mila.gets(f"/v1/rights-requests/{request['rights_request_id']}").json["cancellable"] is False
    assert proves(world, request, phone=a_phone()).status == 200


def test_no_before_the_second_check_needs_both_checks_anew(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request = entered(alice, mila)
    cancels(mila, request)
    for _ in range(2):  # the response may have been lost
        assert bob.notes_identity(request["rights_request_id"]).json["status"] == "awaiting_verification"
    assert alice.notes_identity(request["rights_request_id"]).json["status"] == "in_progress"


def test_holder_of_the_receipt_cancels_it(world: World, mila: User, alice: Operator, bob: Operator) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    receipt = {"Rights-Receipt": request["receipt"]}
    path = f"/v1/rights-receipts/{request['rights_request_id']}/cancel"
    assert world.call("POST", path, headers=receipt).json["status"] == "cancelled"
    assert asks_to_prove(world, request, phone=a_phone()).problem == "not_now"


# --- a number that another account has


def test_number_of_another_account_passes_by_two_proofs_seven_days_apart(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    vera = a_person(world)
    vera.has_had_email("vera@test.example")
    request = waits_for_the_number(world, mila, alice, bob)
    first = proves(world, request, phone=vera.phone)
    assert (first.status, first.json["number_again_at"][:10]) == (200, f"{world.now + 7 * DAY:%Y-%m-%d}")
    assert notices_to(world, vera.phone)
    assert any("asks for the number" in text for text in world.mails_to("vera@test.example"))
    world.advance(6 * DAY)
    assert "number_again_at" in proves(world, request, phone=vera.phone).json
    assert refreshes(vera).status == 200
    assert vera.profile()["phone"] == vera.phone
    world.advance(DAY)
    assert "number_again_at" not in proves(world, request, phone=vera.phone).json
    assert answered(world, request) is Status.COMPLETED
    assert world.a_user(vera.phone, a_device()).user_id == mila.user_id
    assert refreshes(vera).status == 200
    assert "phone" not in vera.profile()
    assert any("has your number now" in text for text in world.mails_to("vera@test.example"))


def test_holder_of_a_number_keeps_it_by_signing_in(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    vera = a_person(world)
    request = waits_for_the_number(world, mila, alice, bob)
    proves(world, request, phone=vera.phone)
    world.advance(6 * DAY)
    assert world.a_user(vera.phone, vera.verified["device"]).user_id == vera.user_id
    world.advance(DAY)
    assert "number_again_at" in proves(world, request, phone=vera.phone).json
    assert world.a_user(vera.phone, vera.verified["device"]).user_id == vera.user_id


def test_neither_account_names_the_other(world: World, mila: User, alice: Operator, bob: Operator) -> None:
    vera = a_person(world)
    request = waits_for_the_number(world, mila, alice, bob)
    proves(world, request, phone=vera.phone)
    world.advance(7 * DAY)
    proves(world, request, phone=vera.phone)
    own = {"S": f"A#{vera.account_id}"}
    of_vera = str([item for item in cloud.all_items() if item.get("pk") == own])
    assert mila.account_id not in of_vera
    assert request["rights_request_id"] not in of_vera


def test_number_stays_if_its_holder_cannot_be_notified(
    world: World, mila: User, alice: Operator, bob: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    vera = world.a_user()
    request = waits_for_the_number(world, mila, alice, bob)
    send = sms.send

    def refuse(text: Any, *more: Any) -> None:
        if "asks for the number" in text.text:
            raise sms.TextUnavailable
        send(text, *more)

    monkeypatch.setattr(sms, "send", refuse)
    assert proves(world, request, phone=vera.phone).status == 503
    (first, second) = cloud.records("account")
    assert "dispute" not in first
    assert "dispute" not in second


# --- crashes and races


@pytest.mark.parametrize("lost", ["response", "process"])
def test_same_code_gives_the_number_after_a_lost_response_or_a_crash(
    world: World, mila: User, alice: Operator, bob: Operator, lost: str
) -> None:
    request, number = waits_for_the_number(world, mila, alice, bob), a_phone()
    send = NumberProof(world, request, number).send
    if lost == "response":
        send()
    else:
        with failing_at(table, "transact", SystemError):
            assert send().status == 500
    assert send().status == 200
    assert answered(world, request) is Status.COMPLETED
    assert world.a_user(number, a_device()).user_id == mila.user_id


def test_holder_who_signs_in_at_the_same_moment_keeps_the_number(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    vera = a_person(world)
    request = waits_for_the_number(world, mila, alice, bob)
    proves(world, request, phone=vera.phone)
    world.advance(7 * DAY)
    proof = NumberProof(world, request, vera.phone)
    signed_in = before_the_commit(lambda: world.a_user(vera.phone, vera.verified["device"]))
    assert proof.send().status == 503  # Vera was not notified that it is asked for again
    assert signed_in[0].user_id == vera.user_id
    assert proof.send().json["number_again_at"][:10] == f"{world.now + 7 * DAY:%Y-%m-%d}"
    assert len(notices_to(world, vera.phone)) == 2
    assert world.a_user(vera.phone, vera.verified["device"]).user_id == vera.user_id


# --- what is entered


@pytest.mark.parametrize(
    "body",
    [
        {"right": "access"},
        {"right": "rectification", "changes": {"display_name": "Mila"}},
        {"right": "rectification", "reason": "My number is wrong"},
        {"right": "rectification", "without_access": True},
        {"right": "rectification", "on_behalf": "parent", "authority": "parental_responsibility",
         "authority_seen_on": "2026-11-23", "authority_reference": "117/2026"},
    ],
)  # fmt: skip
def test_lost_number_goes_with_a_rectification_alone(mila: User, alice: Operator, body: Request) -> None:
    refused = enters(alice, user_id=mila.user_id, number_lost=True, **body)
    assert (refused.status, refused.problem) == (400, "invalid_request")
    assert cloud.records("rights_request") == []
