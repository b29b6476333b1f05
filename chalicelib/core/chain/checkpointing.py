"""Making checkpoints: which chains were touched, where they stand, one signed object over them.

The newest checkpoint is the only state: a run goes on from its `until`, so a run that died, or two runs
at once, cost nothing but the work.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from chalicelib.core import clock, table
from chalicelib.core.chain import archive
from chalicelib.core.chain.archive import ArchiveDamaged
from chalicelib.core.chain.checkpoints import Checkpoint, Leaf
from chalicelib.core.chain.entries import SHARDS, ChainEntry, Unreadable, numbered, touched
from chalicelib.core.chain.services import NameTaken
from chalicelib.core.chain.signing import current_signer
from chalicelib.core.clock import DAY
from chalicelib.core.table import Between, Index, Item, Key, Query, Table

# No entry is older than the Ledger, so the first run starts here and later ones where the last ended.
BEGINNING = datetime(2026, 11, 24, tzinfo=UTC)

# An entry gets its time before it is committed. A function lives 15 minutes at most; the rest is for the
# index, which lags, and for clocks.
SETTLE = timedelta(minutes=20)

# Chains in one checkpoint: keeps the object under about two megabytes and a run's memory bounded.
MOST = 10_000

_PAGE = 500  # index rows that a shard's stream holds in memory
_BATCH = 100  # items of one batched read


ReportAltered = Callable[[Sequence[str]], object]


@dataclass(frozen=True)
class CheckpointRun:
    """What one run did."""

    made: tuple[int, ...]  # numbers of the checkpoints
    chains: int  # heads that they cover
    refused: tuple[str, ...]  # places (chain, sequence) whose entry is not as it was written


def checkpoint(most: int = MOST, report_altered: ReportAltered = tuple) -> CheckpointRun:
    """Sign what was appended since the newest checkpoint, in as many checkpoints as it takes.

    Nothing is written if nothing was touched, but at least once a day, so that a run never looks back
    further than over the days on which none ran.

    Args:
        most: chains in one checkpoint.
        report_altered: is given the places of tampered entries, before the checkpoint that leaves them out is
            written. Later runs do not look at them again, so who has to know is told first, perhaps twice.

    Raises:
        ArchiveDamaged: the newest checkpoint was tampered with.
        Unavailable: a service did not answer; what was signed stays, the next run goes on from there.
    """
    made: list[int] = []
    refused: list[str] = []
    chains, end, last = 0, clock.now() - SETTLE, archive.newest()
    while (begin := _until(last)) < end:
        places, reached = _touched_between(begin, end, most)
        if not places and reached - begin < DAY:
            break
        leaves, odd = _heads(places)
        if odd:
            report_altered(odd)
        at, until = clock.to_epoch(clock.now()), clock.to_epoch(reached)
        mine = Checkpoint.signed(current_signer(), last, leaves, at=at, until=until)
        last = _write_or_find_rival(mine)
        if last.statement == mine.statement:
            made.append(mine.statement.number)
            chains += len(leaves)
            refused += odd
    return CheckpointRun(tuple(made), chains, tuple(refused))


def touched_chains(since: int) -> Iterator[str]:
    """Names of the chains to which something was appended after checkpoint `since` - 1 (1: ever).

    The index knows what is stored, the checkpoints what was signed: a chain that is gone stands there only.

    Raises:
        LookupError: that checkpoint is not there, or can't be read.
    """
    begin, end = _until(_checkpoint(since - 1) if since > 1 else None), clock.now()
    named = _signed_chains(since)
    yield from sorted(named)
    while begin < end:
        places, begin = _touched_between(begin, end, MOST)
        yield from (name for name in places if name not in named)
        named |= places.keys()


def _signed_chains(since: int) -> set[str]:
    """The chains of which checkpoints speak whose signed entry has not lapsed yet."""
    now, names = clock.to_epoch(clock.now()), set[str]()
    for versions in archive.since(since).values():
        for version in versions:
            if version.marker or not version.number:
                continue
            with suppress(Unreadable):  # `verify` says so
                names |= {leaf.chain for leaf in archive.read(version).leaves if leaf.delete_at > now}
    return names


def _checkpoint(number: int) -> Checkpoint:
    for version in archive.since(number).get(number, []):
        if not version.marker:
            return archive.read(version)
    raise LookupError(f"there is no checkpoint {number}")


def _until(last: Checkpoint | None) -> datetime:
    return clock.from_epoch(last.statement.until) if last else BEGINNING


def _write_or_find_rival(mine: Checkpoint) -> Checkpoint:
    """The checkpoint that stands now: this one, or that of a run which came first."""
    try:
        archive.put(mine)
    except NameTaken:
        theirs = archive.newest()
        if theirs is None or theirs.statement.number < mine.statement.number:
            raise ArchiveDamaged from None
        return theirs
    return mine


def _touched_between(begin: datetime, end: datetime, most: int) -> tuple[dict[str, str], datetime]:
    """Chains with the place of their newest entry after `begin`, and the instant that was reached.

    It stops at `end`, or before the first second in which there would be more than `most` chains. A
    single second is never split, since `until` is in seconds.
    """
    places: dict[str, str] = {}
    reached = begin
    for row in _rows(begin, end):
        at = clock.from_epoch(row["at"])
        if len(places) >= most and at > reached:
            return places, reached
        places[row["pk"]] = max(row["sk"], places.get(row["pk"], ""), key=numbered)
        reached = at
    return places, end


def _rows(begin: datetime, end: datetime) -> Iterator[Item]:
    """Index rows of all shards after `begin` up to `end`, in order of time."""
    within = Between(clock.to_epoch(begin) + 1, clock.to_epoch(end))
    day = begin.replace(hour=0, minute=0, second=0)
    while day <= end:
        streams = (
            table.query(Query(Table.LEDGER, touched(day, shard), within, index=Index.TOUCHED, page=_PAGE))
            for shard in range(SHARDS)
        )
        yield from heapq.merge(*streams, key=lambda row: row["at"])
        day += DAY


def _heads(places: Mapping[str, str]) -> tuple[list[Leaf], list[str]]:
    """The leaf of each chain, read consistently, and the places that hold no genuine entry.

    A tampered entry is never signed. What lapsed since it was touched needs no leaf any more.
    """
    leaves: list[Leaf] = []
    odd: list[str] = []
    left = iter(places.items())
    while batch := list(islice(left, _BATCH)):
        found = table.batch_get(Key(Table.LEDGER, pk, sk) for pk, sk in batch)
        for key, item in found.items():
            try:
                entry = ChainEntry.read(item)
            except Unreadable:
                odd.append(f"{key.pk}#{key.sk}")
                continue
            leaves.append(Leaf(key.pk, entry.seq, entry.hash, clock.to_epoch(entry.delete_at)))
    return leaves, odd
