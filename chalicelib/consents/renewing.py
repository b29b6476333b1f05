"""The evidence of a consent that is in force does not lapse, and what is owed to a history gets into it.

Each account is renewed in one transaction, which also moves it on in the index. So a run that ends anywhere
has lost nothing, and the next one goes on with what is still due; two runs at once do the same account once.
Whoever can't be renewed (a broken record, evidence that is altered or gone) is counted and holds up nobody.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents import evidence, store
from chalicelib.consents.evidence import EvidenceGone
from chalicelib.consents.store import PURPOSES
from chalicelib.core import chain, clock, needs
from chalicelib.core.chain import HeadMoved, Unreadable
from chalicelib.core.needs import Found
from chalicelib.core.sealing import SealingError
from chalicelib.privacy.subject_keys import DATA_KEY

# Three items an account in one batched read of 100.
_AT_ONCE = 33


@dataclass
class Run:
    """How many accounts a run renewed, and how many it could not."""

    renewed: int = 0
    failed: int = 0


def renew(until: datetime) -> Run:
    """Put consents in force on record anew where their evidence would lapse soon, up to an instant.

    Raises:
        Unavailable: a table does not answer; what was renewed by then stays so.
    """
    run, now = Run(), clock.now()
    due = store.due(now)
    while clock.now() < until and (batch := list(islice(due, _AT_ONCE))):
        for found in needs.read_accounts(batch, (OPEN_ACCOUNT, PURPOSES, DATA_KEY)):
            try:
                run.renewed += _renewed(found, now)
            except (SealingError, Unreadable, EvidenceGone):
                run.failed += 1
    return run


def _renewed(found: Found, now: datetime) -> bool:
    """Whether it was for this run to renew the account."""
    account, before = found[OPEN_ACCOUNT], found[PURPOSES]
    if account is None or before is None or before.renew_at is None or before.renew_at > now:
        return False  # erased, withdrawn or renewed since the index told of it
    history = evidence.chain_of(account.pseudonym)
    if before.owed:  # whatever has to be carried over too is due again, and done by the next run
        seen_to: dict[str, object] = {"owed": ()}
        entry = evidence.entry(before.owed, now)
    else:
        seen_to = {"carried_over_at": now}
        entry = evidence.carried_over(before, chain.newest_first(history), now)
    after = before.model_copy(update={**seen_to, "version": before.version + 1})
    with suppress(store.DecidedMeanwhile, HeadMoved):  # the next run sees what became of it
        store.record(before, after, found[DATA_KEY], history, entry)
        return True
    return False
