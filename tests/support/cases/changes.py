"""The marks and histories of changes of number, mailbox and language (ADR 66)."""

from __future__ import annotations

from typing import Any

from chalicelib.accounts.model import ChangeKind
from chalicelib.accounts.service import OPEN_STORED_ACCOUNT
from chalicelib.core import needs, table
from chalicelib.core.chain import Chain
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Key
from chalicelib.core.table_names import Table
from chalicelib.privacy.subject_keys import DATA_KEY
from tests.support.clouds import cloud
from tests.support.world.world import User


def marks() -> list[dict[str, Any]]:
    """Return the marks of all accounts, raw."""
    return cloud.records("last_change")


def lose_marks() -> None:
    table.delete_all([Key(Table.USAGE, mark["pk"]["S"], mark["sk"]["S"]) for mark in marks()])


def changes_of(user: User, kind: ChangeKind) -> Chain:
    """Return the chain that records a kind of changes of a user."""
    (row,) = needs.read_accounts([AccountId(user.account_id)], (OPEN_STORED_ACCOUNT, DATA_KEY))
    account = row[OPEN_STORED_ACCOUNT]
    assert account
    return Chain(kind, account.pseudonym)
