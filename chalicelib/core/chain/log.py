"""Appends to a chain: a consistent Query for its head, then a Put under the next number. Reads chains.

`DailyHistory` gives a job a chain for each day (UTC), which the next checkpoint signs.
"""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.core import clock, observe, table
from chalicelib.core.chain.entries import (
    SHARDS,
    Chain,
    ChainEntry,
    NewEntry,
    Unreadable,
    entry_sort_key,
    touched_key,
)
from chalicelib.core.clock import DAY
from chalicelib.core.errors import Unavailable
from chalicelib.core.table import Append, Between, Conflict, Expired, Index, Item, Order, Query, Table

# The number of callers that can append to one chain at the same moment so that all succeed.
TRIES = 8

_PAGE = 500  # index rows per shard in memory

SORT_KEYS = Between(entry_sort_key(1), entry_sort_key(10**12 - 1))


class HeadMoved(Conflict):
    """Another entry got the number; the caller has to build its transaction again and retry."""


def head(chain: Chain) -> ChainEntry | None:
    """Return the newest stored entry, expired or not.

    Raises:
        Unreadable: the entry was altered. No entry can be appended until an operator has dealt with it.
    """
    newest = Query(
        Table.LEDGER, chain.name, SORT_KEYS, order=Order.DESCENDING, limit=1, expired=Expired.INCLUDED
    )
    for item in table.query(newest):
        return ChainEntry.read(item)
    return None


def append_write(chain: Chain, new: NewEntry) -> Append:
    """Return the write of the next entry, for a transaction with the change that it records.

    It is built on the current head, so it fails with `HeadMoved` if another entry is appended first. A
    transaction can have one entry per chain. The write has to be sent within the running time of a function.
    """
    return _write(ChainEntry.following(chain, head(chain), new))


def first_write(chain: Chain, new: NewEntry) -> Append:
    """Return the write of a chain's first entry; its conflict `HeadMoved` means that the chain has one."""
    return _write(ChainEntry.following(chain, None, new))


def _write(entry: ChainEntry) -> Append:
    return Append(entry.chain.key(entry.seq), entry.item(), conflict=HeadMoved)


def append(chain: Chain, new: NewEntry) -> ChainEntry:
    """Append an entry to a chain.

    Raises:
        Unavailable: other callers appended first each time.
    """
    for _ in range(TRIES):
        write = append_write(chain, new)
        try:
            table.write(write)
        except HeadMoved as moved:
            # A call that was sent again after a lost answer finds its own entry.
            if (moved.found or {}).get("hash") != write.item["hash"]:
                continue
        return ChainEntry.read(write.item)
    raise Unavailable


def page(chain: Chain, before: int | None, maximum: int) -> tuple[list[ChainEntry], int | None]:
    """Return a page of the unexpired entries, newest first, and `before` for the next page.

    Raises:
        Unreadable: one of them was altered.
    """
    found = list(newest_first(chain, before, maximum))
    return found, found[-1].seq if len(found) == maximum and found[-1].seq > 1 else None


def newest_first(chain: Chain, before: int | None = None, maximum: int | None = None) -> Iterator[ChainEntry]:
    """Yield the unexpired entries, newest first, starting before a number if one is given.

    Raises:
        Unreadable: one of them was altered.
    """
    sort_keys = SORT_KEYS if before is None else Between(entry_sort_key(1), entry_sort_key(before - 1))
    for item in table.query(
        Query(Table.LEDGER, chain.name, sort_keys, order=Order.DESCENDING, limit=maximum)
    ):
        yield ChainEntry.read(item)


def entries(chain: Chain) -> Iterator[ChainEntry]:
    """Yield the unexpired entries, oldest first.

    Raises:
        Unreadable: one of them was altered.
    """
    for item in table.query(Query(Table.LEDGER, chain.name, SORT_KEYS)):
        yield ChainEntry.read(item)


def entries_as_of(chain: Chain, at: datetime) -> Iterator[ChainEntry | None]:
    """Yield the entries unexpired at an instant, oldest first; None for each altered one.

    It serves a copy, which discloses all entries and states how many could not be included.
    """
    for item in table.query(Query(Table.LEDGER, chain.name, SORT_KEYS, as_of=at)):
        try:
            yield ChainEntry.read(item)
        except Unreadable:
            yield None


def rows_between(begin: datetime, end: datetime) -> Iterator[Item]:
    """Yield the rows of the index `touched` after `begin` up to `end`, ordered by time: keys, and `at`.

    The index is eventually consistent, and an entry gets its time before it is committed.
    """
    within = Between(clock.to_epoch(begin) + 1, clock.to_epoch(end))
    day = begin.replace(hour=0, minute=0, second=0)
    while day <= end:
        streams = (
            table.query(Query(Table.LEDGER, touched_key(day, shard), within, index=Index.TOUCHED, page=_PAGE))
            for shard in SHARDS
        )
        yield from heapq.merge(*streams, key=lambda row: row["at"])
        day += DAY


def chains_touched_since(since: datetime, *kinds: str) -> Iterator[Chain]:
    """Yield the chains of some kinds with entries since an instant, each once."""
    seen = set[Chain]()
    for row in rows_between(since, clock.now()):
        chain = Chain.parse(row["pk"])
        if chain.kind in kinds and chain not in seen:
            seen.add(chain)
            yield chain


@dataclass(frozen=True)
class DailyHistory:
    """The chains of one job.

    Attributes:
        kind: the kind of the chains, and the first word of the log line about an entry that was not recorded.
    """

    kind: str

    def chain_of(self, day: datetime) -> Chain:
        """The chain of a day."""
        return Chain(self.kind, f"{day.astimezone(UTC):%Y-%m-%d}")

    def newest(self, day: datetime) -> ChainEntry | None:
        """The newest entry of a day; None if there is none, or if it was altered."""
        try:
            return head(self.chain_of(day))
        except Unreadable:
            return None

    def record(self, day: datetime, event: str, said: Mapping[str, object], delete_at: datetime) -> None:
        """Append an entry to the chain of a day.

        After an altered entry nothing is appended: the checkpoint reports it, and the job goes on.

        Raises:
            Unavailable: the Ledger does not answer.
        """
        try:
            append(self.chain_of(day), NewEntry(event, said, delete_at))
        except Unreadable as altered:
            observe.log_failure(f"{self.kind}_not_recorded", altered)
