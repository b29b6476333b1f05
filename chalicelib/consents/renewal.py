"""The work of `renew_consents`: delete withdrawn data, append events, renew evidence.

For each account, deletion comes first, so that a history that was tampered with cannot delay it. One
transaction then renews the account and moves it to its next date in the index. A run may therefore stop
anywhere: the next run continues with the accounts that are still due, and two parallel runs renew each
account once. An account that cannot be renewed (an unreadable record, altered or missing evidence) is counted
and does not delay the others.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from chalicelib.accounts.model import Account
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents import evidence, store, withdrawal
from chalicelib.consents.evidence import EvidenceMissing
from chalicelib.consents.model import Purposes
from chalicelib.consents.store import DUE_AT, PURPOSES
from chalicelib.core import chain, clock, needs
from chalicelib.core.batches import batched
from chalicelib.core.chain import HeadMoved, Unreadable
from chalicelib.core.errors import Unavailable
from chalicelib.core.needs import Found
from chalicelib.core.sealing import SealingError
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys

# Accounts per batched read, which takes 100 items: three per account.
_ACCOUNTS_PER_READ = 33


@dataclass
class RenewalRun:
    """Counts of one run: accounts renewed, accounts failed, items of withdrawn consents deleted."""

    renewed: int = 0
    failed: int = 0
    deleted: int = 0


def renew(until: datetime) -> RenewalRun:
    """Process due accounts until an instant: delete data, append events, renew evidence.

    An account that fails, also because DynamoDB throttles it, does not delay the others: it is counted, and
    the next run processes it again.

    Raises:
        Unavailable: a table does not answer, and no account was processed.
    """
    run, now, outage = RenewalRun(), clock.now(), None
    batches = batched(store.due(now), _ACCOUNTS_PER_READ)
    while clock.now() < until and (batch := next(batches, None)):
        for found in needs.read_accounts(batch, (OPEN_ACCOUNT, PURPOSES, DUE_AT, DATA_KEY)):
            try:
                _process_account(found, now, until, run)
            except (SealingError, Unreadable, EvidenceMissing):
                run.failed += 1
            except Unavailable as unavailable:
                run.failed, outage = run.failed + 1, unavailable
    if outage and not (run.renewed or run.deleted):
        raise outage
    return run


def _process_account(found: Found, now: datetime, until: datetime, run: RenewalRun) -> None:
    """Process one account and add to the counts of the run; skip an account that is erased."""
    account, purposes = found[OPEN_ACCOUNT], found[PURPOSES]
    if account is None or purposes is None:
        return
    keys, due_at = found[DATA_KEY], found[DUE_AT]
    if purposes.to_delete:
        purposes, deleted = withdrawal.delete_left(purposes, keys, found.read_at, until)
        run.deleted += deleted
        due_at = evidence.renew_at(purposes)  # the stored instant may be that of the deletion
    if due_at and due_at <= now:  # else withdrawn or renewed since the index listed it
        run.renewed += _renew(account, purposes, keys, now)


def _renew(account: Account, before: Purposes, keys: SubjectKeys, now: datetime) -> bool:
    """Append owed events, else renew evidence; return False if a concurrent decision came first."""
    history = evidence.chain_of(account.pseudonym)
    if before.owed:  # evidence that has to be renewed as well stays due, and the next run renews it
        changes: dict[str, object] = {"owed": ()}
        entry = evidence.entry(before.owed, now)
    else:
        changes = {"carried_over_at": now}
        entry = evidence.carried_over(before, chain.newest_first(history), now)
    after = before.model_copy(update={**changes, "version": before.version + 1})
    with suppress(store.DecidedMeanwhile, HeadMoved):  # the next run reads the new state
        store.record(before, after, keys, history, entry)
        return True
    return False
