"""Signs checkpoints: finds the chains with new entries, reads their heads and signs them.

The newest checkpoint is the only state: a run continues from its `until`. So a killed run, or two concurrent
runs, only repeat work.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.core import clock, table
from chalicelib.core.batches import batched
from chalicelib.core.chain import archive
from chalicelib.core.chain.archive import ArchiveDamaged
from chalicelib.core.chain.checkpoints import Checkpoint, Leaf
from chalicelib.core.chain.entries import ChainEntry, Unreadable, sequence_number
from chalicelib.core.chain.locked import NameTaken
from chalicelib.core.chain.log import rows_between
from chalicelib.core.clock import DAY
from chalicelib.core.signatures import current_signer
from chalicelib.core.table import Key, Table

# An entry gets its time before it is committed. A function runs for 15 minutes at most; the rest allows for
# the lag of the index and for clock skew.
SETTLE = timedelta(minutes=20)

# Chains in one checkpoint: keeps the object under about two megabytes and a run's memory bounded.
MAX_CHAINS = 10_000

_BATCH = 100  # items per batched read


ReportAltered = Callable[[Sequence[str]], object]
ReportLag = Callable[[timedelta], object]


@dataclass(frozen=True)
class CheckpointRun:
    """The result of one run."""

    made: tuple[int, ...]  # numbers of the checkpoints
    chains: int  # number of heads that they cover
    refused: tuple[str, ...]  # chain and sort key of altered entries


def _report_nothing(_: timedelta) -> None:
    pass


def checkpoint(
    maximum: int = MAX_CHAINS,
    report_altered: ReportAltered = tuple,
    report_lag: ReportLag = _report_nothing,
) -> CheckpointRun:
    """Sign the entries since the newest checkpoint, in as many checkpoints as necessary.

    Without new entries a checkpoint is written only once a day, so that a run looks back over the time since
    the last run and at most one day more.

    Args:
        maximum: the maximum number of chains in one checkpoint.
        report_altered: called with the altered entries, before the checkpoint that omits them is
            written. Later runs do not read these entries again, so they are reported first, possibly twice.
        report_lag: called before each checkpoint with the age of the oldest entry that no earlier one covers,
            and zero without one. So the lag of a run that is killed is known too.

    Raises:
        ArchiveDamaged: the newest checkpoint was altered or hidden.
        Unavailable: a service did not answer. Signed checkpoints stay, and the next run continues from them.
    """
    made: list[int] = []
    refused: list[str] = []
    chains, end, last = 0, clock.now() - SETTLE, archive.newest()
    while (begin := _until(last)) < end:
        places, reached, oldest = _touched_between(begin, end, maximum)
        report_lag(clock.now() - oldest if oldest else timedelta())
        if not places and reached - begin < DAY:
            break
        leaves, odd = _heads(places)
        if odd:
            report_altered(odd)
        at, until = clock.to_epoch(clock.now()), clock.to_epoch(reached)
        mine = Checkpoint.signed(current_signer(), last, leaves, at=at, until=until)
        last = _write_or_read_concurrent(mine)
        if last.statement == mine.statement:
            made.append(mine.statement.number)
            chains += len(leaves)
            refused += odd
    return CheckpointRun(tuple(made), chains, tuple(refused))


def touched_chains(since: int) -> Iterator[str]:
    """Return the names of chains with entries after checkpoint `since` - 1 (1: all chains).

    The index has the chains that are stored, the checkpoints those that were signed: a chain whose entries
    were removed is only in the checkpoints.

    Raises:
        LookupError: that checkpoint does not exist, or cannot be read.
    """
    begin, end = _until(_checkpoint(since - 1) if since > 1 else None), clock.now()
    named = _signed_chains(since)
    yield from sorted(named)
    while begin < end:
        places, begin, _ = _touched_between(begin, end, MAX_CHAINS)
        yield from (name for name in places if name not in named)
        named |= places.keys()


def _signed_chains(since: int) -> set[str]:
    """Return the chains in checkpoints whose signed entry has not expired yet."""
    now, names = clock.to_epoch(clock.now()), set[str]()
    for versions in archive.since(since).values():
        for version in versions:
            if version.marker or not version.number:
                continue
            with suppress(Unreadable):  # `verify` reports this
                names |= {leaf.chain for leaf in archive.read(version).leaves if leaf.delete_at > now}
    return names


def _checkpoint(number: int) -> Checkpoint:
    for version in archive.since(number).get(number, []):
        if not version.marker:
            return archive.read(version)
    raise LookupError(f"there is no checkpoint {number}")


def _until(last: Checkpoint | None) -> datetime:
    return clock.from_epoch(last.statement.until) if last else clock.BEGINNING


def _write_or_read_concurrent(mine: Checkpoint) -> Checkpoint:
    """Write a checkpoint; return it, or the one that a concurrent run wrote first."""
    try:
        archive.put(mine)
    except NameTaken:
        theirs = archive.newest()
        if theirs is None or theirs.statement.number < mine.statement.number:
            raise ArchiveDamaged from None
        return theirs
    return mine


def _touched_between(
    begin: datetime, end: datetime, maximum: int
) -> tuple[dict[str, str], datetime, datetime | None]:
    """Return the chains with entries after `begin`, each with its newest sort key; the end; the oldest time.

    It stops at `end`, or before the second in which the number of chains would exceed `maximum`. A single
    second is never split, since `until` is in seconds.
    """
    places: dict[str, str] = {}
    reached, oldest = begin, None
    for row in rows_between(begin, end):
        at = clock.from_epoch(row["at"])
        if len(places) >= maximum and at > reached:
            return places, reached, oldest
        oldest = oldest or at
        places[row["pk"]] = max(row["sk"], places.get(row["pk"], ""), key=sequence_number)
        reached = at
    return places, end, oldest


def _heads(places: Mapping[str, str]) -> tuple[list[Leaf], list[str]]:
    """Read the leaf of each chain consistently; return the leaves and the altered entries.

    An altered entry is never signed. An entry that has expired in the meantime needs no leaf.
    """
    leaves: list[Leaf] = []
    odd: list[str] = []
    for batch in batched(places.items(), _BATCH):
        found = table.batch_get(Key(Table.LEDGER, pk, sk) for pk, sk in batch)
        for key, item in found.items():
            try:
                entry = ChainEntry.read(item)
            except Unreadable:
                odd.append(f"{key.pk}#{key.sk}")
                continue
            leaves.append(Leaf(key.pk, entry.seq, entry.hash, clock.to_epoch(entry.delete_at)))
    return leaves, odd
