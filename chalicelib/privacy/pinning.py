"""What would lapse is kept a little longer, because its subject asked for it (RGT-1).

Only the deletion is put off (`delete_at`): what has expired stays invisible to everybody but the export,
which reads as of the day of receipt. A pin has an end of its own and is never taken back, so it is made
for a few days and made anew while it is needed.

Generic: it reads the partition of the subject in every table that is found by the account, whatever
records are there.

A run stops at its deadline, and says that it did. Run again with the same end, it passes over what is kept
already (reading no more than keys and times) and goes on; each run keeps something, so there is a last one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Attr, Change, Conflict, Key, Query, Table
from chalicelib.privacy.whereabouts import LookupPath, found, partition

# Writes of one transaction. DynamoDB takes items of 4 MB together, and an item of usage may have 100 KB.
_AT_ONCE = 25


class _Gone(Conflict):
    """The item lapsed, was deleted, or is kept as long already."""


@dataclass(frozen=True)
class Pinned:
    """How many items would lapse and are kept, whichever run kept them, and whether that is all of them."""

    items: int
    complete: bool


def pin(account_id: AccountId, as_of: datetime, until: datetime, deadline: datetime) -> Pinned:
    """Keep all of a subject that was visible at an instant until another one, as far as a run gets.

    It may be done again, by several at once: an item is only ever kept longer.

    Args:
        account_id: the subject's.
        as_of: what had not expired then is kept.
        until: how long.
        deadline: when this run stops; the transaction that is under way then is done.

    Raises:
        Unavailable: a table does not answer; what was kept by then stays so.
    """
    end, items, batch = clock.to_epoch(until), 0, list[Key]()
    for key, delete_at in _lapsing(account_id, as_of, end):
        if delete_at >= end:
            items += 1
            continue
        batch.append(key)
        if len(batch) == _AT_ONCE:
            items += _pin_batch(batch, end, deadline)
            batch = []
            if clock.now() >= deadline:
                return Pinned(items, complete=False)
    if not batch:
        return Pinned(items, complete=True)
    items += _pin_batch(batch, end, deadline)
    return Pinned(items, complete=clock.now() < deadline)


def _lapsing(account_id: AccountId, as_of: datetime, end: int) -> Iterator[tuple[Key, int]]:
    """What was visible and expires before an end, each with the time at which it is deleted as it stands."""
    for place in Table:
        if found(place) is LookupPath.BY_ACCOUNT and place is not Table.KEYS:  # data keys do not lapse
            for item in table.query(Query(place, partition(account_id), as_of=as_of, attributes=())):
                if item.get("expires_at", end) < end:
                    yield Key(place, item["pk"], item.get("sk")), item["delete_at"]


def _pin_batch(batch: list[Key], end: int, deadline: datetime) -> int:
    """Keep some items, all at once; where one of them is gone by now, one by one, until the deadline."""
    writes = [_pin_write(key, end) for key in batch]
    try:
        table.transact(writes)
    except _Gone:
        kept = 0
        for write in writes:
            kept += _pin_one(write)
            if clock.now() >= deadline:
                break
        return kept
    return len(writes)


def _pin_one(write: Change) -> int:
    try:
        table.write(write)
    except _Gone:
        return 0
    return 1


def _pin_write(key: Key, end: int) -> Change:
    return Change(key, put={"delete_at": end}, only_if=Attr("delete_at").lt(end), conflict=_Gone)
