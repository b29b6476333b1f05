"""An owner without phone and number gets another number by mailbox and PIN or password (ACC-3, ADR 104)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts.profiles import messages
from chalicelib.accounts.secrets import service as secrets
from chalicelib.accounts.secrets.model import SecretKind
from chalicelib.accounts.service import ACCOUNT
from chalicelib.core import needs
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId
from chalicelib.core.transactions import commit
from chalicelib.messages.sms import TextUnavailable
from chalicelib.privacy.subject_keys import DATA_KEY
from tests.support.cases.pins import PIN, WRONG, shows, tries_of, with_pin
from tests.support.cases.recoveries import (
    asks_for_recovery,
    gives_number_code,
    proves_recovery,
    recovers,
    sends_proof,
)
from tests.support.cases.recycled import is_let_in_by
from tests.support.clouds.cloud import counted
from tests.support.patches import fail_at
from tests.support.world.builders import a_device, a_phone, other_than
from tests.support.world.limits import allow
from tests.support.world.world import User, World

PHONE, DEVICE, ADDRESS, NEW = "+381601117777", a_device(), "mila@test.example", "+381601116666"
SECOND = timedelta(seconds=1)
PASSWORD = "seven otters swim"


@pytest.fixture
def mila(world: World) -> User:
    """Return a user who lost the phone, and whose mailbox and PIN are seven days old."""
    user = world.begin(mila_with_proofs)
    world.advance(7 * DAY)
    allow(CODES_TO_GUEST_DAY=20, CODES_PER_ADDRESS=50, CODES_TO_CHANGE_NUMBER_DAY=20)
    return user


def mila_with_proofs(world: World) -> User:
    user = world.a_user(PHONE, DEVICE)
    user.has_email(ADDRESS)
    return with_pin(user)


def has_password(user: User) -> None:
    """Give a user a password, until routes do."""
    owner = AccountId(user.account_id)
    (row,) = needs.read_accounts([owner], (DATA_KEY,))
    commit(secrets.setting(owner, SecretKind.PASSWORD, PASSWORD, None, row[DATA_KEY]))


@pytest.mark.promise("ACC-3")
def test_owner_gets_another_number_and_signs_in_with_it_and_the_pin(mila: User) -> None:
    world = mila.world
    assert recovers(world, ADDRESS, NEW).status == 204
    world.advance(SECOND)
    assert shows(world, NEW).problem == "pin_required"
    again = User(world, NEW, shows(world, NEW, pin=PIN).json)
    assert (again.user_id, again.profile()["phone"]) == (mila.user_id, NEW)


@pytest.mark.promise("ACC-3")
def test_recovery_ends_all_sessions_and_no_earlier_device_is_known(mila: User) -> None:
    world = mila.world
    mila.verified = shows(world, PHONE, DEVICE).json
    assert recovers(world, ADDRESS, NEW).status == 204
    assert mila.gets("/v1/profile").problem == "session_ended"
    assert shows(world, NEW, DEVICE).problem == "pin_required"
    assert shows(world, PHONE, DEVICE).json["new_account"] is True


@pytest.mark.promise("ACC-3")
def test_password_recovers_an_account_whose_pin_is_forgotten(mila: User) -> None:
    has_password(mila)
    world = mila.world
    assert proves_recovery(world, ADDRESS, NEW, password=PASSWORD).problem == "not_found"
    world.advance(7 * DAY)
    assert proves_recovery(world, ADDRESS, NEW, password=PASSWORD + "s").problem == "wrong_secret"
    assert recovers(world, ADDRESS, NEW, password=PASSWORD).status == 204
    world.advance(SECOND)
    waiting = User(world, NEW, shows(world, NEW, pin_forgotten=True).json)
    assert is_let_in_by(waiting, ADDRESS).user_id == mila.user_id


@pytest.mark.promise("ACC-1")
def test_old_number_and_mailbox_are_notified_and_nothing_irreversible_is_done(mila: User) -> None:
    world = mila.world
    texts, mails = len(world.messages_to(PHONE)), len(world.mails_to(ADDRESS))
    assert recovers(world, ADDRESS, NEW).status == 204
    assert len(world.messages_to(PHONE)) == texts + 1
    assert "number of your account is being changed" in world.mails_to(ADDRESS)[-1]
    assert len(world.mails_to(ADDRESS)) == mails + 2  # with the code
    (row,) = needs.read_accounts([AccountId(mila.account_id)], (ACCOUNT,))
    account = row[ACCOUNT]
    assert account is not None
    assert account.cools_until == world.now + 3 * DAY


@pytest.mark.promise("ACC-3")
@pytest.mark.parametrize("younger", ["mailbox", "pin"])
def test_mailbox_or_pin_of_less_than_seven_days_proves_nothing(world: World, younger: str) -> None:
    user = world.a_user(PHONE, DEVICE)
    steps = [with_pin, lambda one: one.has_email(ADDRESS)]
    for step in steps if younger == "mailbox" else reversed(steps):
        user.verified = shows(world, PHONE, DEVICE).json
        step(user)
        world.advance(7 * DAY - SECOND)
    assert proves_recovery(world, ADDRESS, NEW).problem == "not_found"
    world.advance(SECOND)
    assert proves_recovery(world, ADDRESS, NEW).status == 202


@pytest.mark.promise("ACC-1")
def test_start_is_the_same_for_each_mailbox_and_reads_no_account(mila: User) -> None:
    world = mila.world
    asks_for_recovery(world, "other@test.example")  # the container has its keys from now on
    with counted() as known:
        first = world.call("POST", "/v1/recoveries", body={"email": ADDRESS})
    with counted() as unknown:
        second = world.call("POST", "/v1/recoveries", body={"email": "unknown@test.example"})
    assert first.status == second.status == 202
    assert first.json.keys() == second.json.keys()
    assert known == unknown
    assert known["dynamodb.BatchGetItem"] == 0  # which reads claims and accounts


@pytest.mark.promise("ACC-3")
def test_stranger_without_the_code_of_the_mailbox_uses_up_no_try(mila: User) -> None:
    world, challenge = mila.world, asks_for_recovery(mila.world, ADDRESS)
    wrong = other_than(world.code_mailed_to(ADDRESS))
    body = {"code": wrong, "phone": NEW, "pin": WRONG}
    for _ in range(6):
        refused = world.call("POST", f"/v1/recoveries/{challenge}/proof", body=body)
        assert refused.problem in {"wrong_code", "challenge_expired"}
    assert tries_of(mila) == 0


@pytest.mark.promise("ACC-3")
def test_tries_of_a_recovery_are_those_of_the_pin(mila: User) -> None:
    world, challenge = mila.world, asks_for_recovery(mila.world, ADDRESS)
    for _ in range(4):
        assert sends_proof(world, challenge, ADDRESS, NEW, pin=WRONG).problem == "wrong_secret"
    assert sends_proof(world, challenge, ADDRESS, NEW).json["limit"] == "secret_tries"
    assert shows(world, PHONE, pin=PIN).json["limit"] == "secret_tries"
    world.advance(timedelta(minutes=1))
    assert sends_proof(world, challenge, ADDRESS, NEW).status == 202
    assert tries_of(mila) == 0


@pytest.mark.promise("ACC-3", "RGT-4")
def test_restricted_account_gets_no_number_by_a_recovery(mila: User) -> None:
    proven = proves_recovery(mila.world, ADDRESS, NEW)
    mila.world.set_state(mila, "restricted")
    assert proves_recovery(mila.world, ADDRESS, NEW).problem == "not_found"
    ended = gives_number_code(mila.world, proven.json["challenge_id"], NEW)
    assert ended.problem == "challenge_expired"


@pytest.mark.promise("ACC-1")
def test_owner_is_found_by_the_number_before_a_recovery(mila: User) -> None:
    assert recovers(mila.world, ADDRESS, NEW).status == 204
    assert accounts.owner_of_former_phone(PHONE) == mila.account_id


@pytest.mark.promise("ACC-3")
def test_other_secret_does_not_stand_in_for_the_one_that_was_proven(mila: User) -> None:
    has_password(mila)
    mila.world.advance(7 * DAY)
    challenge = proves_recovery(mila.world, ADDRESS, NEW).json["challenge_id"]
    mila.world.advance(SECOND)
    mila.verified = shows(mila.world, PHONE, DEVICE).json
    with_pin(mila)
    assert gives_number_code(mila.world, challenge, NEW).problem == "challenge_expired"


def test_number_of_another_account_stays_there(mila: User) -> None:
    vera = mila.world.a_user()
    assert recovers(mila.world, ADDRESS, vera.phone).problem == "number_taken"
    assert vera.profile()["phone"] == vera.phone
    assert shows(mila.world, PHONE, pin=PIN).json["user_id"] == mila.user_id


@pytest.mark.promise("ACC-3")
@pytest.mark.parametrize("change", ["pin", "mailbox", "number", "recovery"])
def test_change_after_the_proofs_ends_the_recovery(mila: User, change: str) -> None:
    world = mila.world
    mila.verified = shows(world, PHONE, DEVICE).json
    challenge = proves_recovery(world, ADDRESS, NEW).json["challenge_id"]
    world.advance(timedelta(seconds=1))
    if change == "pin":
        with_pin(mila)
    elif change == "mailbox":
        mila.has_email("other@test.example")
    elif change == "number":
        mila.changes_number(a_phone())
    else:
        assert recovers(world, ADDRESS, other := a_phone()).status == 204, other
    assert gives_number_code(world, challenge, NEW).problem == "challenge_expired"


def test_code_of_one_step_is_of_no_use_for_the_other(mila: User) -> None:
    world, challenge = mila.world, asks_for_recovery(mila.world, ADDRESS)
    mailed = {"code": world.code_mailed_to(ADDRESS)}
    path = f"/v1/recoveries/{challenge}/verify"
    assert world.call("POST", path, body=mailed).problem == "challenge_expired"
    second = sends_proof(world, challenge, ADDRESS, NEW).json["challenge_id"]
    body = {"code": world.code_for(NEW), "phone": NEW, "pin": PIN}
    assert world.call("POST", f"/v1/recoveries/{second}/proof", body=body).problem == "challenge_expired"
    assert world.verifies(second, world.code_for(NEW)).problem == "challenge_expired"


def test_without_the_text_to_the_old_number_there_is_no_change(mila: User) -> None:
    challenge = proves_recovery(mila.world, ADDRESS, NEW).json["challenge_id"]
    code = mila.world.code_for(NEW)
    fail_at(messages, "announce_number_change", TextUnavailable)
    path = f"/v1/recoveries/{challenge}/verify"
    for _ in range(6):
        assert mila.world.call("POST", path, body={"code": code}).problem == "unavailable"
    assert mila.world.a_user(NEW).user_id != mila.user_id


@pytest.mark.parametrize(
    "secret", [{}, {"pin": PIN, "password": PASSWORD}, {"pin": "1" * 10_000}, {"password": "x" * 10_000}]
)
def test_proof_has_one_secret_of_the_right_form(mila: User, secret: dict[str, Any]) -> None:
    challenge = asks_for_recovery(mila.world, ADDRESS)
    body = {"code": mila.world.code_mailed_to(ADDRESS), "phone": NEW, **secret}
    refused = mila.world.call("POST", f"/v1/recoveries/{challenge}/proof", body=body)
    assert refused.problem == "invalid_request"
    assert tries_of(mila) == 0
