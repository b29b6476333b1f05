"""Applies the objections to direct marketing that came after the backup (RGT-6).

The request of an objection is in Rights, its effect in Accounts and Claims. So the requests since the backup
name the accounts whose effect is missing. All accounts are scanned once, because a restored Claims may lack
the suppressions of any account that objects, or have those that a later consent lifted.

If Rights is restored too, a request that it lacks names no account: the replay lists it, and operators ask
its subject. The suppressions of accounts that were erased are written by their erasure (`erasures`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from chalicelib.accounts import service as accounts
from chalicelib.accounts.profiles.service import READABLE_PROFILE
from chalicelib.accounts.service import OPEN_STORED_ACCOUNT
from chalicelib.consents import restored
from chalicelib.consents.model import Purposes
from chalicelib.consents.service import PURPOSES
from chalicelib.core import needs
from chalicelib.core.batches import batched
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found
from chalicelib.core.sealing import SealingError
from chalicelib.core.shards import Segment
from chalicelib.core.transactions import Perform
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.service import Addresses
from chalicelib.operations.restore.marks import MARGIN
from chalicelib.operations.restore.store import Workers
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.restored.restraints import marketing_objections_since

# Accounts per batched read, which takes 100 items: four per account.
_ACCOUNTS_PER_READ = 25


@dataclass
class AppliedObjections:
    """The number of accounts that got an objection or suppressions again, and those that cannot be read."""

    accounts: int = 0
    unreadable: list[AccountId] = field(default_factory=list)


def apply_again(
    at: datetime, erased: Collection[AccountId], workers: Workers, perform: Perform
) -> AppliedObjections:
    """Apply objections since the backup again, and correct the suppressions of all accounts.

    Args:
        at: the instant of the backup.
        erased: accounts that are erased, which need nothing.
        workers: read the accounts.
        perform: makes the changes, or omits them.

    Raises:
        Unavailable: a table does not answer.
    """
    since = marketing_objections_since(at - MARGIN)
    total = AppliedObjections()
    for part in workers.on_segments(partial(_apply_in, since=since, erased=erased, perform=perform)):
        total.accounts += part.accounts
        total.unreadable += part.unreadable
    return total


def _apply_in(
    segment: Segment,
    *,
    since: Mapping[AccountId, datetime],
    erased: Collection[AccountId],
    perform: Perform,
) -> AppliedObjections:
    part = AppliedObjections()
    for page in accounts.glances_in(segment):
        live = (account.account_id for account in page if account.account_id not in erased)
        for batch in batched(live, _ACCOUNTS_PER_READ):
            wanted = (OPEN_STORED_ACCOUNT, READABLE_PROFILE, PURPOSES, DATA_KEY)
            for found in needs.read_accounts(batch, wanted):
                try:
                    part.accounts += _apply_to(found, since, perform)
                except SealingError:
                    part.unreadable.append(found.claims.account_id)
    return part


def _apply_to(found: Found, since: Mapping[AccountId, datetime], perform: Perform) -> bool:
    """Apply the objection of one account; returns whether it lacked the objection or a suppression."""
    account_id, decisions = found.claims.account_id, found[PURPOSES]
    lost = None
    if account_id in since:
        lost = restored.with_objection(account_id, decisions, since[account_id])
    if lost:
        perform(partial(restored.keep, decisions, lost, found[DATA_KEY]))
    return _correct_suppressions(found, lost or decisions, perform) or lost is not None


def _correct_suppressions(found: Found, decisions: Purposes | None, perform: Perform) -> bool:
    account, profile = found[OPEN_STORED_ACCOUNT], found[READABLE_PROFILE]
    if account is None or decisions is None:
        return False
    addresses = Addresses(account.phone, profile.email if profile else None)
    correct = partial(suppressions.correction, addresses, decisions.objections, decisions.consented)
    if not correct():
        return False
    perform(partial(suppressions.commit_revised, correct))
    return True
