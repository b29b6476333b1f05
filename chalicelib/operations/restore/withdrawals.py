"""Applies the withdrawals of consent that came after the backup (RGT-7).

The Ledger names subjects by pseudonyms, which only their sealed accounts map to them. So all accounts are
scanned once. An account is opened if any history of consents was touched since the backup: a batched read of
three items per account, no call to KMS. The history is read if its pseudonym is one of those touched; these
are the only pseudonyms in memory.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from chalicelib.accounts import service as accounts
from chalicelib.accounts.service import OPEN_STORED_ACCOUNT
from chalicelib.consents import restored
from chalicelib.consents.service import PURPOSES
from chalicelib.core import chain, needs
from chalicelib.core.batches import batched
from chalicelib.core.chain import Unreadable
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found
from chalicelib.core.sealing import SealingError
from chalicelib.core.shards import Segment
from chalicelib.core.transactions import Perform
from chalicelib.operations.restore.marks import MARGIN
from chalicelib.operations.restore.store import Workers
from chalicelib.privacy.subject_keys import DATA_KEY

# Accounts per batched read, which takes 100 items: three per account.
_ACCOUNTS_PER_READ = 33


@dataclass
class AppliedWithdrawals:
    """The number of accounts that got withdrawals again, and those that could not be read."""

    accounts: int = 0
    unreadable: list[AccountId] = field(default_factory=list)


def apply_again(
    at: datetime, erased: Collection[AccountId], workers: Workers, perform: Perform
) -> AppliedWithdrawals:
    """Apply withdrawals since the backup again.

    Args:
        at: the instant of the backup.
        erased: accounts that are erased, which need nothing.
        workers: read the accounts.
        perform: makes the changes, or omits them.

    Raises:
        Unavailable: a table does not answer.
    """
    since = at - MARGIN
    touched = frozenset(one.pseudonym for one in chain.chains_touched_since(since, restored.CHAIN))
    total = AppliedWithdrawals()
    if not touched:
        return total
    work = partial(_apply_in, since=since, touched=touched, erased=erased, perform=perform)
    for part in workers.on_segments(work):
        total.accounts += part.accounts
        total.unreadable += part.unreadable
    return total


def _apply_in(
    segment: Segment,
    *,
    since: datetime,
    touched: frozenset[str],
    erased: Collection[AccountId],
    perform: Perform,
) -> AppliedWithdrawals:
    part = AppliedWithdrawals()
    for page in accounts.glances_in(segment):
        live = (account.account_id for account in page if account.account_id not in erased)
        for batch in batched(live, _ACCOUNTS_PER_READ):
            for found in needs.read_accounts(batch, (OPEN_STORED_ACCOUNT, PURPOSES, DATA_KEY)):
                try:
                    part.accounts += _apply_to(found, since, touched, perform)
                except (SealingError, Unreadable):
                    part.unreadable.append(found.claims.account_id)
    return part


def _apply_to(found: Found, since: datetime, touched: frozenset[str], perform: Perform) -> bool:
    """Apply the withdrawals of one account; returns whether it lacked any."""
    account = found[OPEN_STORED_ACCOUNT]
    if account is None or account.pseudonym not in touched:
        return False
    withdrawals = restored.withdrawals_since(account.pseudonym, since)
    before, keys = found[PURPOSES], found[DATA_KEY]
    after = restored.with_withdrawals(account.account_id, before, withdrawals)
    if after is None:
        return False
    perform(partial(restored.keep, before, after, keys))
    return True
