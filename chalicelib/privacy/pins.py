"""Pins: keep records that would expire while an open request of the subject needs them.

A pin only defers the deletion (`delete_at`), for RGT-1. An expired record stays invisible to all readers but
the export, which reads as of the day of receipt. A pin has an end and is never withdrawn, so it lasts a few
days and is renewed while it is needed.

A hold pins the records that it names in the same way (`pin_held`).

Both read the subject's partition (`A#<account id>`) in every table that has one, except Keys.

A run stops at its deadline and reports that it is incomplete. Run again with the same end, it skips items
that are pinned already (reading only keys and times) and continues. Each run handles at least one item, so
the work ends.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock, table
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId
from chalicelib.core.table import (
    Attr,
    Change,
    Conflict,
    Expired,
    Key,
    Query,
    Reindex,
    Table,
    partition_of,
)
from chalicelib.privacy.declaration import LookupPath, lookup_path

# How far ahead records under a hold are pinned at least: the job that does it each day may be down that long.
HELD_AHEAD = 4 * DAY
# Writes per transaction. DynamoDB allows 4 MB of items in one, and a usage item may have 100 KB.
_WRITES_PER_TRANSACTION = 25
# Data keys do not expire.
_PINNED_TABLES = tuple(
    place for place in Table if lookup_path(place) is LookupPath.BY_ACCOUNT and place is not Table.KEYS
)


class _NothingToPin(Conflict):
    """The item was deleted, or is kept at least as long already."""


@dataclass(frozen=True)
class Pinned:
    """The number of items that are pinned, by this run or an earlier one, and whether all are."""

    items: int
    complete: bool


def pin(account_id: AccountId, as_of: datetime, until: datetime, deadline: datetime) -> Pinned:
    """Pin items of a subject that were visible at `as_of`; stop at the deadline of the run.

    It is idempotent and may run concurrently: `delete_at` is only ever moved to a later time.

    Args:
        account_id: the subject's account.
        as_of: items that had not expired at this instant are pinned.
        until: the end of the pins.
        deadline: when this run stops, after the transaction that is in progress.

    Raises:
        Unavailable: a table does not answer; pins that were made stay.
    """
    end = clock.to_epoch(until)
    visible = (
        item
        for place in _PINNED_TABLES
        for item in _items(place, Query(place, partition_of(account_id), as_of=as_of, attributes=()))
    )
    return _pin_items(visible, end, deadline)


def pin_held(
    account_id: AccountId, kinds: Collection[str], since: datetime, until: datetime, deadline: datetime
) -> Pinned:
    """Pin items of some kinds that were not due for deletion when a hold came into force.

    That includes items that had expired, and which another hold or a request kept. Else as `pin`.

    Args:
        account_id: the subject's account.
        kinds: the kinds of records that the hold names.
        since: when the hold came into force.
        until: the end of the pins.
        deadline: as for `pin`.

    Raises:
        Unavailable: as for `pin`.
    """
    end, began = clock.to_epoch(until), clock.to_epoch(since)
    stored = (
        item
        for place in _PINNED_TABLES
        for item in _items(place, _stored_with_kinds(place, account_id))
        if item.kind in kinds and item.delete_at > began
    )
    return _pin_items(stored, end, deadline)


@dataclass(frozen=True)
class _Expiring:
    key: Key
    kind: str
    expires_at: int
    delete_at: int


def _stored_with_kinds(place: Table, account_id: AccountId) -> Query:
    return Query(place, partition_of(account_id), expired=Expired.INCLUDED, attributes=("kind",))


def _items(place: Table, query: Query) -> Iterator[_Expiring]:
    """Yield the items that have an end."""
    for item in table.query(query):
        if "expires_at" in item:
            key = Key(place, item["pk"], item.get("sk"))
            yield _Expiring(key, item.get("kind", ""), item["expires_at"], item["delete_at"])


def _pin_items(items: Iterator[_Expiring], end: int, deadline: datetime) -> Pinned:
    """Pin those that expire before the end of the pins, until the deadline."""
    pinned, batch = 0, list[Key]()
    for item in items:
        if item.expires_at >= end:
            continue
        if item.delete_at >= end:
            pinned += 1
            continue
        batch.append(item.key)
        if len(batch) == _WRITES_PER_TRANSACTION:
            pinned += _pin_batch(batch, end, deadline)
            batch = []
            if clock.now() >= deadline:
                return Pinned(pinned, complete=False)
    if not batch:
        return Pinned(pinned, complete=True)
    pinned += _pin_batch(batch, end, deadline)
    return Pinned(pinned, complete=clock.now() < deadline)


def _pin_batch(batch: list[Key], end: int, deadline: datetime) -> int:
    """Pin items in one transaction; if that fails, pin them one by one until the deadline."""
    writes = [_pin_write(key, end) for key in batch]
    try:
        table.transact(writes)
    except _NothingToPin:
        kept = 0
        for write in writes:
            kept += table.try_write(write)
            if clock.now() >= deadline:
                break
        return kept
    return len(writes)


def _pin_write(key: Key, end: int) -> Change:
    return Change(
        key,
        put={"delete_at": end},
        only_if=Attr("delete_at").lt(end),
        conflict=_NothingToPin,
        reindex=Reindex.WHEN_DUE,
    )
