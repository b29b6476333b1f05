"""Finds breaches that a restored table has in an older state than the Ledger, or not at all.

Each change of a breach appends one entry, so the number of its newest entry is its version.
"""

from collections.abc import Iterator
from datetime import datetime

from chalicelib.core import chain
from chalicelib.core.chain import Unreadable
from chalicelib.core.ids import BreachId
from chalicelib.core.sealing import SealingError
from chalicelib.operations.breaches import evidence, store


def behind_ledger(since: datetime) -> Iterator[BreachId]:
    """The breaches with entries since an instant whose stored state lacks some of them.

    One whose state or history cannot be read counts as behind.

    Raises:
        Unavailable: a table does not answer.
    """
    for history in chain.chains_touched_since(since, evidence.CHAIN):
        breach_id = BreachId(history.pseudonym)
        if not _is_current(breach_id):
            yield breach_id


def _is_current(breach_id: BreachId) -> bool:
    try:
        found, newest = store.glance(breach_id), chain.head(evidence.history_of(breach_id))
    except (SealingError, Unreadable):
        return False
    return found is not None and newest is not None and found.version == newest.seq
