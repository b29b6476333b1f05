"""Verifies stored entries against signed checkpoints; returns findings, possibly several."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock, table
from chalicelib.core.chain import archive
from chalicelib.core.chain.checkpoints import Checkpoint, Leaf
from chalicelib.core.chain.entries import (
    FIRST_PREVIOUS_DELETE_AT,
    GENESIS,
    Chain,
    ChainEntry,
    Unreadable,
    sequence_number,
)
from chalicelib.core.chain.log import SORT_KEYS, rows_between
from chalicelib.core.clock import HOUR
from chalicelib.core.signatures import PublicKeys
from chalicelib.core.table import Expired, Query, Table


@dataclass(frozen=True)
class Tampered:
    """An entry was altered: its attributes do not give its hash, or one is missing or unknown."""

    chain: Chain
    seq: int  # 0: its sort key is not that of an entry


@dataclass(frozen=True)
class MissingEntries:
    """Entries are missing that had not expired: `last`, and possibly those from `first` on."""

    chain: Chain
    first: int
    last: int


@dataclass(frozen=True)
class Forked:
    """An entry does not follow the previous one, or is not the signed one: another history."""

    chain: Chain
    seq: int


@dataclass(frozen=True)
class RolledBack:
    """The chain ends before an entry that was signed and has not expired."""

    chain: Chain
    signed: int
    stored: int  # the last stored number; 0 if there is none


@dataclass(frozen=True)
class BadSignature:
    """No trusted key signed this checkpoint, or its leaves are not what was signed."""

    number: int


@dataclass(frozen=True)
class CheckpointChainBroken:
    """A checkpoint is missing, hidden, doubled or unreadable, or does not follow the one before."""

    number: int  # 0: an object whose name is not that of a checkpoint


@dataclass(frozen=True)
class NotSignedInTime:
    """No checkpoint signed an old entry in time: the archive was emptied, or its job did not run."""

    chain: Chain  # of the oldest entry
    at: datetime


Finding = (
    Tampered | MissingEntries | Forked | RolledBack | BadSignature | CheckpointChainBroken | NotSignedInTime
)

# Longer than two runs of the job are apart, and than its alarm waits.
_SIGNED_WITHIN = 28 * HOUR


@dataclass(frozen=True)
class ChainVerdict:
    """The findings of verification, and the last entry that genuine checkpoints cover.

    Entries after `covered` are linked but not signed yet (0: no entry is covered). If a chain is not `known`,
    it has no stored entry, and no checkpoint that was read mentions it.
    """

    findings: tuple[Finding, ...]
    covered: int
    known: bool = True


def verify_each(
    chains: Iterable[Chain], since: int, keys: PublicKeys
) -> Iterator[tuple[Chain, ChainVerdict]]:
    """Verify chains against the checkpoints from number `since` on, which are read once for all of them.

    Each checkpoint is verified (signature, root over its leaves, order). The leaves of genuine checkpoints
    are compared with the stored entries: entries before a signed one have to lead to it, later ones have to
    follow it. Entries that have expired are not reported as missing.

    Findings about checkpoints are reported with each chain. In memory are the leaves of these chains, and the
    entries of one chain.
    """
    asked = list(chains)
    of_checkpoints: list[Finding] = []
    pins: dict[str, list[Leaf]] = {chain.name: [] for chain in asked}
    for checkpoint, found in _checkpoints(since, keys):
        of_checkpoints += found
        for leaf in checkpoint.leaves if checkpoint else ():
            if leaf.chain in pins:
                pins[leaf.chain].append(leaf)
    for chain in asked:
        yield chain, _verdict_on(chain, pins[chain.name], of_checkpoints)


def _verdict_on(chain: Chain, pins: list[Leaf], of_checkpoints: list[Finding]) -> ChainVerdict:
    stored_chain = _StoredChain(chain, {pin.seq for pin in pins})
    stored = [*stored_chain.findings()]
    known = bool(pins or stored or stored_chain.last)
    findings = [*of_checkpoints, *stored]
    covered = 0
    for pin in pins:
        if finding := stored_chain.compare(pin):
            findings.append(finding)
        elif pin.seq in stored_chain.met:
            covered = max(covered, pin.seq)
    return ChainVerdict(tuple(dict.fromkeys(findings)), covered, known)


def verify_beginning(keys: PublicKeys) -> tuple[Finding, ...]:
    """Verify that the first genuine checkpoint (else now) is not long after the oldest entry.

    An archive that was emptied is signed anew from 1 by the next run, and each checkpoint of it is genuine.
    """
    oldest = next(rows_between(clock.BEGINNING, clock.now()), None)
    if oldest is None:
        return ()
    first, _ = _opened(1, archive.since(1).get(1, []), keys)
    at = clock.from_epoch(oldest["at"])
    signed_at = clock.from_epoch(first.statement.at) if first else clock.now()
    return (NotSignedInTime(Chain.parse(oldest["pk"]), at),) if signed_at - at > _SIGNED_WITHIN else ()


def _checkpoints(since: int, keys: PublicKeys) -> Iterator[tuple[Checkpoint | None, list[Finding]]]:
    """Yield each checkpoint in order (None if it is not genuine), with its findings.

    In an archive without checkpoints none is missing if `since` is 1; if it is later, that one is.
    """
    listed = archive.since(since)
    before: Checkpoint | None = None
    expected = since
    for number in sorted(listed.keys() - {0}) or ([since] if since > 1 else []):
        if number > expected:
            before = None
            yield None, [CheckpointChainBroken(expected)]
        genuine, found = _opened(number, listed.get(number, []), keys)
        if before and genuine and not _follows(genuine, before):
            found.append(CheckpointChainBroken(number))
        before, expected = genuine, number + 1
        yield genuine, found
    if 0 in listed:
        yield None, [CheckpointChainBroken(0)]


def _opened(
    number: int, versions: list[archive.Version], keys: PublicKeys
) -> tuple[Checkpoint | None, list[Finding]]:
    """Read the oldest, locked version of a checkpoint; other versions and markers are findings."""
    found: list[Finding] = []
    written = [version for version in versions if not version.marker]
    if len(versions) != 1 or not written:
        found.append(CheckpointChainBroken(number))
    if not written:
        return None, found
    try:
        checkpoint = archive.read(written[-1])
    except Unreadable:
        return None, [CheckpointChainBroken(number)]
    if not checkpoint.authentic(keys):
        return None, [*found, BadSignature(number)]
    if checkpoint.statement.number != number:
        return None, [CheckpointChainBroken(number)]
    return checkpoint, found


def _follows(later: Checkpoint, earlier: Checkpoint) -> bool:
    return (
        later.statement.previous == earlier.statement.digest
        and later.statement.until >= earlier.statement.until
    )


class _StoredChain:
    """Reads the stored entries once, including expired ones; it keeps only the signed ones."""

    def __init__(self, chain: Chain, signed: set[int]) -> None:
        self.chain = chain
        self.signed = signed
        self.met: dict[int, ChainEntry] = {}  # the genuine entries with signed numbers
        self.tampered: set[int] = set()
        self.gaps: list[MissingEntries] = []
        self.last = 0

    def findings(self) -> Iterator[Finding]:
        """Yield the findings about the entries themselves, without checkpoints."""
        before: ChainEntry | None = None
        stored = Query(Table.LEDGER, self.chain.name, SORT_KEYS, expired=Expired.INCLUDED)
        for item in table.query(stored):
            try:
                entry = ChainEntry.read(item)
            except Unreadable:
                before, seq = None, sequence_number(item["sk"])
                self.tampered.add(seq)
                self.last = max(self.last, seq)
                yield Tampered(self.chain, seq)
                continue
            yield from self._between(before, entry)
            before, self.last = entry, entry.seq
            if entry.seq in self.signed:
                self.met[entry.seq] = entry

    def _between(self, before: ChainEntry | None, entry: ChainEntry) -> Iterator[Finding]:
        """Yield the findings between two neighbouring entries, or before the first one."""
        if entry.seq > self.last + 1:
            if entry.previous_delete_at > clock.now():
                self.gaps.append(MissingEntries(self.chain, self.last + 1, entry.seq - 1))
                yield self.gaps[-1]
        elif not _linked(before, entry):
            yield Forked(self.chain, entry.seq)

    def compare(self, pin: Leaf) -> Finding | None:
        """Compare a signed leaf with the stored entries; return the finding, or None."""
        if pin.seq in self.tampered:
            return None  # reported already
        expired = clock.from_epoch(pin.delete_at) <= clock.now()
        if entry := self.met.get(pin.seq):
            # All entries had expired, and the chain began again.
            restarted = expired and clock.to_epoch(entry.at) >= pin.delete_at
            return None if entry.hash == pin.hash or restarted else Forked(self.chain, pin.seq)
        if expired or any(gap.first <= pin.seq <= gap.last for gap in self.gaps):
            return None
        if pin.seq > self.last:
            return RolledBack(self.chain, pin.seq, self.last)
        return MissingEntries(self.chain, pin.seq, pin.seq)


def _linked(before: ChainEntry | None, entry: ChainEntry) -> bool:
    """Return whether an entry follows the previous one (None: at the start, or after altered)."""
    if entry.seq == 1:
        return (entry.previous, entry.previous_delete_at) == (GENESIS, FIRST_PREVIOUS_DELETE_AT)
    if before is None:
        return True
    after = entry.delete_at >= before.delete_at
    return after and (entry.previous, entry.previous_delete_at) == (before.hash, before.delete_at)
