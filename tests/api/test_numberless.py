"""Tests of an account without a number: the number that it had belongs to another person (ACC-1, ADR 66)."""

from __future__ import annotations

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts.service import OPEN_STORED_ACCOUNT
from chalicelib.accounts.store import changes
from chalicelib.core import needs
from chalicelib.core.ids import AccountId
from chalicelib.core.transactions import commit
from chalicelib.privacy.subject_keys import DATA_KEY
from tests.support.world.builders import a_device
from tests.support.world.world import User, World

ADDRESS = "mila@test.example"


@pytest.fixture
def numberless(world: World) -> User:
    """Return a user with a mailbox, whose number was taken off the account."""
    user = world.a_user()
    user.has_email(ADDRESS)
    owner = AccountId(user.account_id)
    (row,) = needs.read_accounts([owner], (OPEN_STORED_ACCOUNT, DATA_KEY))
    account = row[OPEN_STORED_ACCOUNT]
    assert account
    commit(changes.number_loss(account, row[DATA_KEY]), *accounts.phone_moves(owner, account.phone, None))
    return user


@pytest.mark.promise("ACC-1")
def test_number_opens_a_new_account_once_it_was_taken_off(numberless: User) -> None:
    newcomer = numberless.world.a_user(numberless.phone, a_device())
    assert newcomer.verified["new_account"] is True
    assert newcomer.account_id != numberless.account_id


def test_owner_keeps_the_session_and_sees_no_number(numberless: User) -> None:
    assert "phone" not in numberless.profile()
    assert numberless.mints_a_chat_token().status == 200


def test_no_text_is_sent_to_the_number_that_was_taken_off(numberless: User) -> None:
    before = len(numberless.world.sent_messages())
    assert numberless.asks_to_step_up().problem == "sms_unavailable"
    assert numberless.exercises("restriction", ground="a").status in {201, 202}
    assert len(numberless.world.sent_messages()) == before
