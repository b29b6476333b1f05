"""Applies the decisions that came after the backup: withdrawals of consent, objections to direct marketing.

Both scan all accounts once, and read each by pages, with one batched read per page and no call to KMS.

- Withdrawals (RGT-7). The Ledger names subjects by pseudonyms, which only their sealed accounts map to them.
  So accounts are opened if any history of consents was touched since the backup. The history is read if its
  pseudonym is one of those touched; these are the only pseudonyms in memory.
- Objections (RGT-6). The request of an objection is in Rights, its effect in Accounts and Claims. So the
  requests since the backup name the accounts whose effect is missing. A restored Claims may lack the
  suppressions of any account that objects, or have those that a later consent lifted.

If Rights is restored too, a request that it lacks names no account: the replay lists it, and operators ask
its subject. The suppressions of accounts that were erased are written by their erasure (`erasures`).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from chalicelib.accounts import service as accounts
from chalicelib.accounts.profiles.service import READABLE_PROFILE
from chalicelib.accounts.service import OPEN_STORED_ACCOUNT
from chalicelib.consents import restored
from chalicelib.consents.model import Purposes
from chalicelib.consents.service import PURPOSES
from chalicelib.core import chain, needs
from chalicelib.core.batches import batched
from chalicelib.core.chain import Unreadable
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
_NEEDS = (OPEN_STORED_ACCOUNT, READABLE_PROFILE, PURPOSES, DATA_KEY)


@dataclass
class AppliedDecisions:
    """The number of accounts that got decisions again, and those that could not be read."""

    accounts: int = 0
    unreadable: list[AccountId] = field(default_factory=list)


# Applies the decisions of one account again; returns whether it lacked any.
Apply = Callable[[Found], bool]
# The functions of this module.
ApplyToAll = Callable[[datetime, Collection[AccountId], Workers, Perform], AppliedDecisions]


def apply_withdrawals(
    at: datetime, erased: Collection[AccountId], workers: Workers, perform: Perform
) -> AppliedDecisions:
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
    if not touched:
        return AppliedDecisions()
    return _apply_to_all(partial(_withdraw, since, touched, perform), erased, workers)


def apply_objections(
    at: datetime, erased: Collection[AccountId], workers: Workers, perform: Perform
) -> AppliedDecisions:
    """Apply objections since the backup again, and correct the suppressions of all accounts.

    Arguments and errors are those of `apply_withdrawals`.
    """
    since = marketing_objections_since(at - MARGIN)
    return _apply_to_all(partial(_object, since, perform), erased, workers)


def _apply_to_all(apply: Apply, erased: Collection[AccountId], workers: Workers) -> AppliedDecisions:
    done = AppliedDecisions()
    for part in workers.on_segments(partial(_apply_in, apply, erased)):
        done.accounts += part.accounts
        done.unreadable += part.unreadable
    return done


def _apply_in(apply: Apply, erased: Collection[AccountId], segment: Segment) -> AppliedDecisions:
    done = AppliedDecisions()
    for page in accounts.glances_in(segment):
        live = (account.account_id for account in page if account.account_id not in erased)
        for batch in batched(live, _ACCOUNTS_PER_READ):
            for found in needs.read_accounts(batch, _NEEDS):
                try:
                    done.accounts += apply(found)
                except (SealingError, Unreadable):
                    done.unreadable.append(found.claims.account_id)
    return done


def _withdraw(since: datetime, touched: frozenset[str], perform: Perform, found: Found) -> bool:
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


def _object(since: Mapping[AccountId, datetime], perform: Perform, found: Found) -> bool:
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
