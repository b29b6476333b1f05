"""Numbers that are given back while their holder, a thief or the same code does something (ADR 68)."""

from __future__ import annotations

from datetime import datetime, timedelta

import jwt
import pytest

from chalicelib.core.clock import DAY, HOUR
from chalicelib.messages.suppressions import store as suppressions
from chalicelib.messages.suppressions.model import Addresses
from infra.stream_emulator import Emulator
from tests.support.cases.guests import proves
from tests.support.cases.returned_numbers import (
    NumberProof,
    a_person,
    notices_to,
    refreshes,
    waits_for_the_number,
)
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.stream.emulated_app import apply_to
from tests.support.world.builders import a_device, a_phone
from tests.support.world.operators import Operator
from tests.support.world.world import Reply, User, World

pytestmark = [pytest.mark.usefixtures("services"), pytest.mark.promise("ACC-1")]


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    apply_to(stream)
    return a_person(world)


# --- the holder of the number is notified of each dispute


def test_account_that_takes_the_number_meanwhile_is_notified_before_a_dispute(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request, number = waits_for_the_number(world, mila, alice, bob), a_phone()
    proof = NumberProof(world, request, number)
    challenge = world.asks_for_a_code(number, a_device()).json["challenge_id"]
    theirs = world.code_for(number)
    before_the_commit(lambda: world.verifies(challenge, theirs))
    assert proof.send().status == 503
    assert [account for account in cloud.records("account") if "dispute" in account] == []
    assert "number_again_at" in proof.send().json
    assert len(notices_to(world, number)) == 1


def test_notice_names_the_day_and_comes_by_text_once_in_a_wait(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    vera = a_person(world)
    vera.has_had_email("vera@test.example")
    request = waits_for_the_number(world, mila, alice, bob)
    passes_at = world.now + 7 * DAY
    for _ in range(2):
        asked = proves(world, request, phone=vera.phone).json
        assert asked["number_again_at"][:10] == f"{passes_at:%Y-%m-%d}"
        world.advance(3 * DAY)
    (text,) = notices_to(world, vera.phone)
    day = f"{passes_at.day} {passes_at:%b %Y}"
    assert f"before {day} on a device that you used before" in text
    mails = [mail for mail in world.mails_to("vera@test.example") if "asks for the number" in mail]
    assert [f"before {passes_at.day} {passes_at:%B %Y}" in mail for mail in mails] == [True, True]


def test_suppression_of_a_number_that_passes_gets_its_end(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    vera = a_person(world)
    assert vera.exercises("marketing_objection").status == 202
    request = waits_for_the_number(world, mila, alice, bob)
    proves(world, request, phone=vera.phone)
    world.advance(7 * DAY)
    proves(world, request, phone=vera.phone)
    (found,) = suppressions.found(Addresses(phone=vera.phone))
    assert found.unowned_since is not None


# --- two codes at once


def test_of_two_codes_to_two_numbers_at_once_one_is_refused(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    one, other = NumberProof(world, request, a_phone()), NumberProof(world, request, a_phone())
    won = before_the_commit(one.send)
    assert other.send().problem == "not_now"
    assert won[0].status == 200


@pytest.mark.parametrize("number", ["free", "of another account"])
def test_code_that_is_sent_twice_at_once_has_one_effect(
    world: World, mila: User, alice: Operator, bob: Operator, number: str
) -> None:
    phone = a_phone() if number == "free" else a_person(world).phone
    request = waits_for_the_number(world, mila, alice, bob)
    proof = NumberProof(world, request, phone)
    first = before_the_commit(proof.send)
    second = proof.send()
    assert (first[0].status, second.status) == (200, 200)
    assert first[0].json == second.json


# --- calls of sessions that end meanwhile


def test_change_of_the_number_by_a_session_that_ended_meanwhile_fails(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    own, wanted = mila.phone, a_phone()
    request = waits_for_the_number(world, mila, alice, bob)
    refreshes(mila)
    mila.is_stepped_up()
    challenge, theirs = mila.asks_for_number(wanted).json["challenge_id"], world.code_for(wanted)
    before_the_commit(NumberProof(world, request, own).send)
    assert mila.verifies_number(challenge, theirs).problem == "session_ended"
    world.advance(HOUR)
    assert world.a_user(own, a_device()).user_id == mila.user_id


def test_change_of_the_mailbox_by_a_session_that_ended_meanwhile_fails(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    refreshes(mila)
    mila.is_stepped_up()
    asked = mila.asks_for_email("thief@test.example")
    code = world.code_mailed_to("thief@test.example")
    before_the_commit(NumberProof(world, request, a_phone()).send)
    assert mila.verifies_email(asked.json["challenge_id"], code).problem == "session_ended"
    assert "email" not in str(cloud.records("claim"))


def test_repeated_code_of_an_ended_session_opens_nothing(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    challenge = world.asks_for_a_code(mila.phone, a_device()).json["challenge_id"]
    code = world.code_for(mila.phone)
    assert world.verifies(challenge, code).status == 200
    assert proves(world, request, phone=a_phone()).status == 200
    assert world.verifies(challenge, code).problem == "challenge_expired"


def test_chat_token_that_is_minted_during_the_return_is_revoked(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request = waits_for_the_number(world, mila, alice, bob)
    refreshes(mila)
    proof = NumberProof(world, request, a_phone())

    def mint() -> Reply:
        world.advance(timedelta(seconds=3))  # the transaction is slow
        return mila.mints_a_chat_token()

    minted = before_the_commit(mint)
    assert proof.send().status == 200
    issued = jwt.decode(minted[0].json["token"], options={"verify_signature": False})["iat"]
    (account,) = cloud.records("account")
    assert issued <= datetime.fromisoformat(account["revoked_before"]["S"]).timestamp()
