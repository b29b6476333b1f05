"""What `renew_consents` sees to: evidence of consents in force, events owed to a history, data to delete.

Data of withdrawn consents comes first, since a history that was tampered with must not keep it. Each account
is renewed in one transaction, which also moves it on in the index. So a run that ends anywhere has lost
nothing, and the next one goes on with what is still due; two runs at once do the same account once.
Whoever can't be renewed (a broken record, evidence that is altered or gone) is counted and holds up nobody.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from chalicelib.accounts.model import Account
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents import evidence, store, withdrawal
from chalicelib.consents.evidence import EvidenceGone
from chalicelib.consents.model import Purposes
from chalicelib.consents.store import PURPOSES
from chalicelib.core import chain, clock, needs
from chalicelib.core.chain import HeadMoved, Unreadable
from chalicelib.core.needs import Found
from chalicelib.core.sealing import SealingError
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys

# Three items an account in one batched read of 100.
_AT_ONCE = 33


@dataclass
class RenewalRun:
    """How many accounts a run renewed, how many it could not, and how many items of others it deleted."""

    renewed: int = 0
    failed: int = 0
    deleted: int = 0


def renew(until: datetime) -> RenewalRun:
    """See to what is due, up to an instant: delete, append what is owed, renew evidence of consents in force.

    Raises:
        Unavailable: a table does not answer; what was renewed by then stays so.
    """
    run, now = RenewalRun(), clock.now()
    due = store.due(now)
    while clock.now() < until and (batch := list(islice(due, _AT_ONCE))):
        for found in needs.read_accounts(batch, (OPEN_ACCOUNT, PURPOSES, DATA_KEY)):
            try:
                _see_to(found, now, until, run)
            except (SealingError, Unreadable, EvidenceGone):
                run.failed += 1
    return run


def _see_to(found: Found, now: datetime, until: datetime, run: RenewalRun) -> None:
    """Do what is due for one account; one that is erased has nothing left."""
    account, purposes = found[OPEN_ACCOUNT], found[PURPOSES]
    if account is None or purposes is None:
        return
    keys = found[DATA_KEY]
    if purposes.to_delete:
        purposes, deleted = withdrawal.delete_left(purposes, keys, found.read_at, until)
        run.deleted += deleted
    run.renewed += _renew(account, purposes, keys, now)


def _renew(account: Account, before: Purposes, keys: SubjectKeys, now: datetime) -> bool:
    """Renew the evidence, or append what is owed; False if that was not for this run to do."""
    # While data is left to delete, the item stands in the index for that too.
    due = evidence.renew_at(before) if before.to_delete else before.renew_at
    if due is None or due > now:
        return False  # withdrawn or renewed since the index told of it
    history = evidence.chain_of(account.pseudonym)
    if before.owed:  # whatever has to be carried over too is due again, and done by the next run
        seen_to: dict[str, object] = {"owed": ()}
        entry = evidence.entry(before.owed, now)
    else:
        seen_to = {"carried_over_at": now}
        entry = evidence.carried_over(before, chain.newest_first(history), now)
    after = before.model_copy(update={**seen_to, "version": before.version + 1})
    with suppress(store.DecidedMeanwhile, HeadMoved):  # the next run sees what became of it
        store.record(before, after, keys, history, entry)
        return True
    return False
