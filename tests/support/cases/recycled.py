"""Sessions that wait, and how they are let in (ADR 68)."""

from __future__ import annotations

from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.accounts.service import OPEN_STORED_ACCOUNT
from chalicelib.core import needs
from chalicelib.core.ids import AccountId
from chalicelib.core.transactions import commit
from chalicelib.privacy.subject_keys import DATA_KEY
from tests.support.world.world import Reply, User


def loses_number(user: User) -> None:
    """Take the number off a user's account, so that it opens a new one."""
    owner = AccountId(user.account_id)
    (row,) = needs.read_accounts([owner], (OPEN_STORED_ACCOUNT, DATA_KEY))
    account = row[OPEN_STORED_ACCOUNT]
    assert account
    loss = accounts.number_loss(account, row[DATA_KEY])
    commit(*loss, *accounts.phone_moves(owner, account.phone, None))


def asks_to_be_let_in(user: User, **more: Any) -> Reply:
    return user.calls("POST", "/v1/sessions/opening", **more)


def shows_mailed_code(user: User, challenge_id: str, code: str) -> Reply:
    return user.calls("POST", f"/v1/sessions/opening/{challenge_id}/verify", body={"code": code})


def returns_after_years(user: User, mailbox: str) -> User:
    """Return the user with a new session, let in by the mailbox if it waits."""
    again = user.signs_in_again()
    return is_let_in_by(again, mailbox) if again.session["scope"] == "waiting" else again


def is_let_in_by(user: User, mailbox: str) -> User:
    """Let a waiting session in by a code to the account's mailbox; return the user with it."""
    asked = asks_to_be_let_in(user)
    assert asked.status == 202, asked.text
    answer = shows_mailed_code(user, asked.json["challenge_id"], user.world.code_mailed_to(mailbox))
    assert answer.status == 200, answer.text
    user.verified |= answer.json
    return user
