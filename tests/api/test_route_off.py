"""Where no texts arrive, a known device gets its code by mail, and strangers see no difference (ADR 78)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges import store
from chalicelib.accounts.challenges.model import ChallengePurpose, ChallengeRef
from chalicelib.core.ids import ChallengeId
from chalicelib.core.settings import SettingsError, settings
from tests.support.cases.route_off import DEVICE, MAILBOX, mailed, refresh, shows_code, signs_in, turn_off
from tests.support.clouds import cloud
from tests.support.faults.outages import named
from tests.support.world.builders import a_device, a_phone, other_than
from tests.support.world.limits import allow
from tests.support.world.world import Reply, User, World

SETTLED = timedelta(days=7)
WITH_KEY = {"Idempotency-Key": str(uuid.uuid4())}


@pytest.fixture
def mila(world: World) -> User:
    """Return the owner of an account with a mailbox that is old enough, who signed out on her device."""
    user = world.a_user(device=DEVICE)
    user.has_email(MAILBOX)
    world.advance(SETTLED)
    refresh(user)
    world.advance(timedelta(minutes=1))  # of the day's first refresh, by which the device is seen
    assert user.logs_out().status == 204
    world.advance(timedelta(minutes=1))  # more than the four seconds of `revocation_at`
    return user


@pytest.fixture
def off(mila: User) -> User:
    """Return the owner, whose country gets no codes by text."""
    turn_off()
    return mila


def alike(reply: Reply) -> dict[str, Any]:
    """Return what a client sees of an answer, without ids that are new each time."""
    body, headers = (
        {name: "" if name.endswith(("_id", "-id")) else value for name, value in seen.items()}
        for seen in (reply.json, reply.headers)
    )
    return {"status": reply.status, "headers": headers, **body}


# What strangers see


def a_number_without_an_account(world: World) -> str:
    return a_phone()


def a_number_without_a_mailbox(world: World) -> str:
    return world.a_user(device=DEVICE).phone


def a_number_with_a_mailbox(world: World) -> str:
    user = world.a_user(device=DEVICE)
    user.has_email("vera@test.example")
    world.advance(SETTLED)
    return user.phone


def a_number_of_an_idle_account(world: World) -> str:
    phone = a_number_with_a_mailbox(world)
    world.advance(timedelta(days=90))
    return phone


def a_number_of_an_account_that_is_being_erased(world: World) -> str:
    user = world.a_user(device=DEVICE)
    world.set_state(user, "erasing")
    return user.phone


NUMBERS = [
    a_number_without_a_mailbox,
    a_number_with_a_mailbox,
    a_number_of_an_idle_account,
    a_number_of_an_account_that_is_being_erased,
]


@pytest.mark.promise("ACC-1")
@pytest.mark.parametrize("headers", [{}, WITH_KEY], ids=["without key", "with"])
@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.__name__)
def test_start_is_alike_for_every_number_of_the_country(
    world: World, number: Any, headers: dict[str, str]
) -> None:
    phones = a_number_without_an_account(world), number(world)
    turn_off()
    world.asks_for_a_code(a_phone())  # the container has read its keys
    seen = []
    for phone in phones:
        with cloud.counted() as calls:
            answer = world.asks_for_a_code(phone, a_device(), headers=headers)
        seen.append((alike(answer), calls))
    assert seen[0] == seen[1]
    assert (seen[0][0]["status"], seen[0][0]["channel"]) == (202, "email")
    assert seen[0][1] == {"dynamodb.PutItem": 1, "dynamodb.UpdateItem": 2, "dynamodb.BatchGetItem": 2}
    assert world.messages_to(phones[0]) == []


@pytest.mark.promise("ACC-1")
def test_guess_is_alike_for_every_number_of_the_country(off: User) -> None:
    world, seen = off.world, []
    for phone in (a_phone(), off.phone):
        challenge = world.asks_for_a_code(phone, a_device()).json["challenge_id"]
        with cloud.counted() as calls:
            answer = world.verifies(challenge, "000000")
        seen.append((alike(answer), calls))
    assert seen[0] == seen[1]
    assert seen[0][0]["code"] == "wrong_code"


@pytest.mark.promise("ACC-1")
def test_stranger_has_neither_mail_nor_text_sent(off: User) -> None:
    texts = len(off.world.sent_messages())
    asked, mails = mailed(off, a_device())
    assert (asked.status, mails) == (202, 0)
    assert len(off.world.sent_messages()) == texts


@pytest.mark.promise("ACC-2")
def test_code_that_was_mailed_to_no_one_cannot_be_guessed(off: User) -> None:
    world = off.world
    for phone, device in ((off.phone, a_device()), (a_phone(), DEVICE)):
        asked = world.asks_for_a_code(phone, device).json["challenge_id"]
        challenge = store.get(ChallengeRef(ChallengePurpose.SIGNUP, ChallengeId(asked)))
        assert challenge
        answer = world.verifies(asked, challenges.code(challenge))
        assert (answer.problem, answer.json["attempts_left"]) == ("wrong_code", 4)


def test_code_of_the_country_is_not_sent_again(off: User) -> None:
    world = off.world
    for phone, device in ((off.phone, DEVICE), (off.phone, a_device()), (a_phone(), DEVICE)):
        asked = world.asks_for_a_code(phone, device).json["challenge_id"]
        world.advance(timedelta(minutes=1))
        assert world.call("POST", f"/v1/signup/{asked}/resend").problem == "challenge_expired"
    assert len(world.mails_to(MAILBOX)) == 2  # the one that verified the mailbox, and the first code


@pytest.mark.promise("ACC-2")
def test_strangers_use_up_nothing_of_the_owner(off: User) -> None:
    allow(codes_per_number_day=1, codes_unverified_country_hour=1, codes_per_prefix_least=1)
    for number in range(20):
        assert mailed(off, a_device(), address=f"10.0.{number}.1")[0].status == 202
    assert signs_in(off).status == 200


def test_request_counts_for_its_address_before_anything_is_read(off: User) -> None:
    allow(codes_per_address=2)
    for phone in (a_phone(), off.phone):
        assert off.world.asks_for_a_code(phone).status == 202
    with cloud.counted() as calls:
        refused, mails = mailed(off)
    assert (refused.json["limit"], mails) == ("codes_per_address", 0)
    assert "BatchGetItem" not in calls.tables


# The owner


@pytest.mark.promise("ACC-1")
def test_known_device_signs_in_by_the_code_at_the_mailbox(off: User) -> None:
    texts = len(off.world.sent_messages())
    answer = signs_in(off)
    assert (answer.status, answer.json["new_account"]) == (200, False)
    assert (answer.json["user_id"], answer.json["session"]["scope"]) == (off.user_id, "full")
    assert len(off.world.sent_messages()) == texts


def test_same_code_gets_the_same_session_for_two_minutes(off: User) -> None:
    asked, _ = mailed(off)
    first, again = shows_code(off, asked), shows_code(off, asked)
    assert again.status == 200
    assert again.json["session"]["session_id"] == first.json["session"]["session_id"]
    off.world.advance(timedelta(minutes=2, seconds=1))
    assert shows_code(off, asked).problem == "challenge_expired"


def test_code_has_five_tries_and_ten_minutes(off: User) -> None:
    asked, _ = mailed(off)
    wrong = other_than(off.world.code_mailed_to(MAILBOX))
    tries = [off.world.verifies(asked.json["challenge_id"], wrong).problem for _ in range(6)]
    assert tries == ["wrong_code"] * 5 + ["challenge_expired"]
    later, _ = mailed(off)
    off.world.advance(timedelta(minutes=10))
    assert shows_code(off, later).problem == "challenge_expired"


def test_repeated_request_mails_one_code(off: User) -> None:
    first, mails = mailed(off, headers=WITH_KEY)
    again, more = mailed(off, headers=WITH_KEY)
    assert (mails, more, again.json) == (1, 0, first.json)
    assert shows_code(off, again).status == 200


REASONS = {"en": "texts to your country", "sr": "SMS poruke", "sr-Cyrl": "SMS поруке"}


@pytest.mark.parametrize(("locale", "reason"), REASONS.items(), ids=REASONS)
def test_mail_states_in_the_language_of_the_app_why_there_is_no_text(
    off: User, locale: str, reason: str
) -> None:
    body = {"phone": off.phone, "device": DEVICE, "locale": locale}
    assert off.world.call("POST", "/v1/signup", body=body).status == 202
    assert reason in off.world.mails_to(MAILBOX)[-1]


@pytest.mark.parametrize("country", ["", "AT", "AT,DE"])
def test_country_that_is_not_listed_gets_its_codes_by_text(mila: User, country: str) -> None:
    turn_off(country)
    texts = len(mila.world.messages_to(mila.phone))
    asked, mails = mailed(mila)
    assert (asked.json["channel"], mails) == ("sms", 0)
    assert len(mila.world.messages_to(mila.phone)) == texts + 1


def test_code_is_valid_if_the_route_is_on_again_meanwhile(off: User) -> None:
    asked, _ = mailed(off)
    turn_off("")
    assert shows_code(off, asked).status == 200


@pytest.mark.parametrize(
    "error",
    [EndpointConnectionError(endpoint_url="https://ses"), ReadTimeoutError(endpoint_url="x")],
    ids=named,
)
def test_failure_of_the_mail_is_not_shown(off: User, error: Exception) -> None:
    with cloud.failing("sesv2", "SendEmail", error):
        assert mailed(off)[0].status == 202


def test_outage_of_the_mark_mails_nothing(off: User) -> None:
    with cloud.failing(
        "dynamodb",
        "UpdateItem",
        EndpointConnectionError(endpoint_url="https://dynamodb"),
        touching="challenge#",
    ):
        asked, mails = mailed(off)
    assert (asked.problem, mails) == ("email_unavailable", 0)


NO_SES = EndpointConnectionError(endpoint_url="https://ses")
NO_TABLE = EndpointConnectionError(endpoint_url="https://dynamodb")


@pytest.mark.promise("ACC-2")
@pytest.mark.parametrize(
    ("service", "operation", "error", "mails"),
    [
        ("sesv2", "SendEmail", NO_SES, 1),
        ("sesv2", "SendEmail", ReadTimeoutError(endpoint_url="https://ses"), 0),
        ("dynamodb", "UpdateItem", NO_TABLE, 1),
    ],
    ids=["no mail", "mail in doubt", "no mark"],
)
def test_code_that_was_certainly_not_mailed_is_not_taken_from_the_reserve(
    off: User, service: str, operation: str, error: Exception, mails: int
) -> None:
    """The table fails at the mark alone, which names the instant of sending."""
    for _ in range(3):
        with cloud.failing(service, operation, error, touching="sent_at" if service == "dynamodb" else ""):
            assert mailed(off)[1] == 0
    assert mailed(off)[1] == mails


@pytest.mark.promise("ACC-2")
def test_code_that_was_certainly_not_mailed_cannot_be_guessed(off: User) -> None:
    with cloud.failing("sesv2", "SendEmail", NO_SES):
        asked = mailed(off)[0].json["challenge_id"]
    challenge = store.get(ChallengeRef(ChallengePurpose.SIGNUP, ChallengeId(asked)))
    assert challenge
    assert off.world.verifies(asked, challenges.code(challenge)).problem == "wrong_code"


@pytest.mark.parametrize("listed", ["Serbia", "RS;DE", "rs", "RS,,BA"])
def test_malformed_list_of_routes_refuses_the_start(listed: str) -> None:
    turn_off(listed)
    with pytest.raises(SettingsError, match="RU4M_SMS_ROUTES_OFF is refused"):
        settings()
    settings.cache_clear()


@pytest.mark.promise("ACC-2")
def test_device_gets_three_mailed_codes_a_day_and_is_then_answered_alike(off: User) -> None:
    answers = [mailed(off) for _ in range(4)]
    assert [mails for _, mails in answers] == [1, 1, 1, 0]
    assert alike(answers[3][0]) == alike(answers[0][0])


# Limits that strangers can use up


@pytest.mark.promise("ACC-1")
@pytest.mark.parametrize(
    "limit",
    [
        "codes_per_number_day",
        "codes_per_prefix_least",
        "codes_unverified_country_hour",
        "codes_unverified_hour",
    ],
)
def test_limit_that_strangers_use_up_moves_no_code_to_a_mailbox(mila: User, limit: str) -> None:
    allow(**{limit: 1})
    for number in range(5):
        mila.world.asks_for_a_code(mila.phone, a_device(), address=f"10.0.{number}.1")
    asked, mails = mailed(mila)
    assert (asked.status, asked.json["channel"], mails) == (202, "sms", 0)


def test_mailed_codes_count_for_neither_number_nor_budget(off: User) -> None:
    before = [one for kind in ("limit", "code_count") for one in cloud.records(kind)]
    assert signs_in(off).status == 200
    after = [one for kind in ("limit", "code_count") for one in cloud.records(kind)]
    changed = {item["pk"]["S"].split("#")[1] for item in after if item not in before}
    assert changed == {"codes_per_address", "codes_reserved", "attempts_per_address"}
