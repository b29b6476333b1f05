"""Pins: keep records that would expire while an open request of the subject needs them.

A pin only defers the deletion (`delete_at`), for RGT-1. An expired record stays invisible to all readers but
the export, which reads as of the day of receipt. A pin has an end and is never withdrawn, so it lasts a few
days and is renewed while it is needed.

`pin` reads the subject's partition (`A#<account id>`) in every table that has one, except Keys, whatever
records the partition contains.

A run stops at its deadline and reports that it is incomplete. Run again with the same end, it skips items
that are pinned already (reading only keys and times) and continues. Each run handles at least one item, so
the work ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Attr, Change, Conflict, Key, Query, Table, partition_of
from chalicelib.privacy.whereabouts import LookupPath, found

# Writes per transaction. DynamoDB allows 4 MB of items in one, and a usage item may have 100 KB.
_WRITES_PER_TRANSACTION = 25


class _NothingToPin(Conflict):
    """The item was deleted, or is kept at least as long already."""


@dataclass(frozen=True)
class Pinned:
    """The number of items that are pinned, by this run or an earlier one, and whether all are."""

    items: int
    complete: bool


def pin(account_id: AccountId, as_of: datetime, until: datetime, deadline: datetime) -> Pinned:
    """Pin all items of a subject that were visible at `as_of`; stop at the deadline of the run.

    It is idempotent and may run concurrently: `delete_at` is only ever moved to a later time.

    Args:
        account_id: the subject's account.
        as_of: items that had not expired at this instant are pinned.
        until: the end of the pins.
        deadline: when this run stops, after the transaction that is in progress.

    Raises:
        Unavailable: a table does not answer; pins that were made stay.
    """
    end, items, batch = clock.to_epoch(until), 0, list[Key]()
    for key, delete_at in _expiring_items(account_id, as_of, end):
        if delete_at >= end:
            items += 1
            continue
        batch.append(key)
        if len(batch) == _WRITES_PER_TRANSACTION:
            items += _pin_batch(batch, end, deadline)
            batch = []
            if clock.now() >= deadline:
                return Pinned(items, complete=False)
    if not batch:
        return Pinned(items, complete=True)
    items += _pin_batch(batch, end, deadline)
    return Pinned(items, complete=clock.now() < deadline)


def _expiring_items(account_id: AccountId, as_of: datetime, end: int) -> Iterator[tuple[Key, int]]:
    """Yield the items that were visible and expire before `end`, with their `delete_at`."""
    for place in Table:
        if found(place) is LookupPath.BY_ACCOUNT and place is not Table.KEYS:  # data keys do not expire
            for item in table.query(Query(place, partition_of(account_id), as_of=as_of, attributes=())):
                if item.get("expires_at", end) < end:
                    yield Key(place, item["pk"], item.get("sk")), item["delete_at"]


def _pin_batch(batch: list[Key], end: int, deadline: datetime) -> int:
    """Pin items in one transaction; if that fails, pin them one by one until the deadline."""
    writes = [_pin_write(key, end) for key in batch]
    try:
        table.transact(writes)
    except _NothingToPin:
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
    except _NothingToPin:
        return 0
    return 1


def _pin_write(key: Key, end: int) -> Change:
    return Change(key, put={"delete_at": end}, only_if=Attr("delete_at").lt(end), conflict=_NothingToPin)
