"""Messages to our support: a code, the record, what operators do with it (USE-10, ADR 100)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.accounts.challenges import service as challenges
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.privacy.cases import CaseTable
from tests.support.cases import guests
from tests.support.cases.erasure_parts import freeze_and_end
from tests.support.cases.support import (
    MAILBOX,
    TEXT,
    answers,
    calls,
    closes,
    starts,
    stored,
    verifies,
    writes,
)
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.world.builders import an_address
from tests.support.world.limits import allow
from tests.support.world.operators import Operator
from tests.support.world.world import User, World


@pytest.fixture
def mila(world: World) -> User:
    user = world.a_user()
    user.has_had_email("mila@example.com")
    return user


# --- the code


def test_answer_does_not_disclose_whether_a_mailbox_is_known(world: World, mila: User) -> None:
    with cloud.counted() as first:
        known = starts(world, "mila@example.com")
    with cloud.counted() as second:
        unknown = starts(world)
    assert (known.status, known.json.keys()) == (unknown.status, unknown.json.keys())
    assert known.status == 202
    assert first == second


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 5001])
def test_text_that_is_empty_or_too_long_is_refused(world: World, text: str) -> None:
    refused = starts(world, text=text)
    assert (refused.status, refused.problem) == (400, "invalid_request")


def test_what_is_no_mailbox_is_refused(world: World) -> None:
    assert starts(world, "ana at example").problem == "invalid_email"


def test_five_wrong_codes_end_the_challenge(world: World) -> None:
    challenge = starts(world).json["challenge_id"]
    code = world.code_mailed_to(MAILBOX)
    wrong = "000000" if code != "000000" else "000001"
    assert [verifies(world, challenge, wrong).problem for _ in range(5)] == ["wrong_code"] * 5
    assert verifies(world, challenge, code).problem == "challenge_expired"


def test_code_of_a_rights_request_sends_no_message(world: World) -> None:
    challenge = guests.asks(world, email=MAILBOX).json["challenge_id"]
    assert verifies(world, challenge, world.code_mailed_to(MAILBOX)).problem == "challenge_expired"


def test_codes_for_support_count_with_those_of_rights_requests(world: World) -> None:
    for number in range(2):
        assert starts(world, address=f"198.51.{number}.1").status == 202
        assert guests.asks(world, email=MAILBOX, address=f"198.52.{number}.1").status == 202
    assert starts(world, address="198.51.9.1").json["limit"] == "codes_to_guest"


def test_codes_for_support_count_in_the_budget_of_mail_to_strangers(world: World) -> None:
    allow(codes_mailed_to_guests_hour=1)
    answered = [starts(world, an_address(), address=f"198.51.{n}.1") for n in range(2)]
    assert [one.status for one in answered] == [202, 429]
    assert answered[1].json["limit"] == "codes_mailed_to_guests"


def test_repeated_start_with_a_key_is_one_challenge(world: World) -> None:
    key = {"Idempotency-Key": "00000000-0000-4000-8000-000000000001"}
    first, again = (starts(world, headers=key) for _ in range(2))
    assert first.json == again.json
    assert starts(world, text="Another one.", headers=key).problem == "idempotency_mismatch"


def test_same_code_returns_the_same_message_for_two_minutes(world: World) -> None:
    challenge = starts(world).json["challenge_id"]
    code = world.code_mailed_to(MAILBOX)
    first = verifies(world, challenge, code)
    world.advance(MINUTE)
    assert verifies(world, challenge, code).json == first.json
    world.advance(2 * MINUTE)
    assert verifies(world, challenge, code).problem == "challenge_expired"


def test_same_code_at_the_same_time_makes_one_message(world: World, alice: Operator) -> None:
    challenge = starts(world).json["challenge_id"]
    code = world.code_mailed_to(MAILBOX)
    just_before(challenges, "use_write", lambda: verifies(world, challenge, code))
    assert verifies(world, challenge, code).problem == "unavailable"
    assert len(calls(alice, "GET").json["items"]) == 1


# --- the record


@pytest.mark.promise("USE-10")
def test_message_is_deleted_after_a_year_and_invisible_at_its_end(world: World, alice: Operator) -> None:
    message = writes(world)
    (item,) = cloud.records("support_message")
    world.advance(365 * DAY - timedelta(hours=1))
    assert calls(alice, "GET", f"/{message}").status == 200
    world.advance(timedelta(hours=2))
    assert item["delete_at"] == item["expires_at"]
    assert calls(alice, "GET", f"/{message}").status == 404
    assert calls(alice, "GET").json["items"] == []


@pytest.mark.promise("USE-10", "SEC-1")
def test_texts_and_mailbox_are_sealed(world: World, alice: Operator) -> None:
    answers(alice, writes(world))
    for item in cloud.records("support_message") + cloud.records("support_draft"):
        assert not {"email", "text", "answer", "locale"} & item.keys()


@pytest.mark.promise("USE-10")
def test_message_belongs_to_the_account_with_the_mailbox(world: World, mila: User) -> None:
    assert stored(writes(world, "mila@example.com")).account_id == mila.account_id
    assert stored(writes(world)).account_id is None


def test_message_during_an_erasure_belongs_to_no_account(world: World, mila: User) -> None:
    challenge = starts(world, "mila@example.com").json["challenge_id"]
    just_before(CaseTable, "creation", lambda: freeze_and_end(mila.account_id))
    code = world.code_mailed_to("mila@example.com")
    assert verifies(world, challenge, code).problem == "unavailable"
    world.advance(MINUTE)
    assert verifies(world, challenge, code).status == 202
    assert [item["pk"]["S"][:2] for item in cloud.records("support_message")] == ["M#"]


# --- operators


def test_operator_sees_a_message_and_the_look_is_recorded(world: World, alice: Operator) -> None:
    message = writes(world, locale="sr-Latn-RS")
    seen = calls(alice, "GET", f"/{message}").json
    assert (seen["status"], seen["text"], seen["email"]) == ("open", TEXT, MAILBOX)
    assert [one["event"] for one in seen["evidence"]] == ["received"]
    assert [one["id"] for one in calls(alice, "GET").json["items"]] == [message]


@pytest.mark.promise("USE-10")
def test_message_gets_one_answer(world: World, alice: Operator, bob: Operator) -> None:
    message = writes(world)
    assert answers(alice, message).json["status"] == "answered"
    assert answers(alice, message).json["mail"] == "unsent"
    assert answers(bob, message).problem == "support_message_settled"
    assert answers(alice, message, "Another one.").problem == "support_message_settled"


def test_two_operators_who_answer_at_once_give_one_answer(
    world: World, alice: Operator, bob: Operator
) -> None:
    message = writes(world)
    just_before(CaseTable, "change", lambda: answers(bob, message, "Bob's."))
    assert answers(alice, message).problem == "support_message_settled"
    assert stored(message).answer == "Bob's."


def test_closed_message_gets_no_answer(world: World, alice: Operator) -> None:
    message = writes(world)
    assert closes(alice, message).json["status"] == closes(alice, message).json["status"] == "closed"
    assert answers(alice, message).problem == "support_message_settled"
