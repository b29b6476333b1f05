"""Verification: what is stored against what was signed. Findings are values; several can be true at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chalicelib.core import clock, table
from chalicelib.core.chain import archive
from chalicelib.core.chain.checkpoints import Checkpoint, Leaf
from chalicelib.core.chain.entries import GENESIS, NEVER, Chain, ChainEntry, Unreadable, numbered
from chalicelib.core.chain.signing import PublicKeys
from chalicelib.core.chain.writing import PLACES
from chalicelib.core.table import Expired, Query, Table


@dataclass(frozen=True)
class Tampered:
    """An entry is not as it was written: its attributes do not give its hash, or are too few or too many."""

    chain: Chain
    seq: int  # 0: its sort key is no number of ours


@dataclass(frozen=True)
class MissingEntries:
    """Entries that had not lapsed are not there (`first` to `last`, of which the last is certain)."""

    chain: Chain
    first: int
    last: int


@dataclass(frozen=True)
class Forked:
    """Another history: an entry does not follow from the one before it, or is not the one that was signed."""

    chain: Chain
    seq: int


@dataclass(frozen=True)
class RolledBack:
    """The chain ends before an entry that was signed and has not lapsed."""

    chain: Chain
    signed: int
    stored: int  # the last number that is there; 0 if none is


@dataclass(frozen=True)
class BadSignature:
    """No trusted key signed this checkpoint, or its leaves are not what was signed."""

    number: int


@dataclass(frozen=True)
class CheckpointChainBroken:
    """A checkpoint is missing, hidden, doubled or unreadable, or does not follow from the one before it."""

    number: int  # 0: an object with a name that is none of ours


Finding = Tampered | MissingEntries | Forked | RolledBack | BadSignature | CheckpointChainBroken


@dataclass(frozen=True)
class ChainVerdict:
    """What verification found, and up to which entry genuine checkpoints vouch for the chain.

    `covered` is the stated bound: later entries hang together, but nobody has signed them yet (0: none).
    Of a chain that is not `known`, no entry is stored and no checkpoint that was read says anything.
    """

    findings: tuple[Finding, ...]
    covered: int
    known: bool = True


def verify(chain: Chain, since: int, keys: PublicKeys) -> ChainVerdict:
    """Hold a chain against the checkpoints from number `since` to the newest.

    Each of them is checked (signature, leaves under the root, order), and what the genuine ones say of the
    chain is held against every entry that is stored: what stands before a signed entry has to lead up to
    it, what stands after has to follow. Entries that had the right to lapse are not missed.
    """
    ((_, verdict),) = verify_each([chain], since, keys)
    return verdict


def verify_each(
    chains: Iterable[Chain], since: int, keys: PublicKeys
) -> Iterator[tuple[Chain, ChainVerdict]]:
    """Hold several chains against the checkpoints, which are read once for all of them.

    What is wrong about a checkpoint is told with each chain. In memory are the words of the checkpoints
    on these chains, and the entries of one.
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
        yield chain, _judged(chain, pins[chain.name], of_checkpoints)


def _judged(chain: Chain, pins: list[Leaf], of_checkpoints: list[Finding]) -> ChainVerdict:
    walk = _Walk(chain, {pin.seq for pin in pins})
    stored = [*walk.findings()]
    known = bool(pins or stored or walk.last)
    findings = [*of_checkpoints, *stored]
    covered = 0
    for pin in pins:
        if judged := walk.judge(pin):
            findings.append(judged)
        elif pin.seq in walk.met:
            covered = max(covered, pin.seq)
    return ChainVerdict(tuple(dict.fromkeys(findings)), covered, known)


def verify_checkpoints(since: int, keys: PublicKeys) -> tuple[Finding, ...]:
    """Check the checkpoints themselves from number `since` to the newest."""
    return tuple(finding for _, found in _checkpoints(since, keys) for finding in found)


def _checkpoints(since: int, keys: PublicKeys) -> Iterator[tuple[Checkpoint | None, list[Finding]]]:
    """Each checkpoint in order, None where there is no genuine one, with what is wrong about it.

    An archive without a first checkpoint lacks none; one that does not reach `since` lacks that.
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
    """The oldest version of a number, which is the locked one; any other, or a marker, is a finding."""
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


class _Walk:
    """One pass over the stored entries, lapsed ones included; keeps only what the checkpoints ask about."""

    def __init__(self, chain: Chain, signed: set[int]) -> None:
        self.chain = chain
        self.signed = signed
        self.met: dict[int, ChainEntry] = {}  # the genuine entries at signed places
        self.tampered: set[int] = set()
        self.gaps: list[MissingEntries] = []
        self.last = 0

    def findings(self) -> Iterator[Finding]:
        """What is wrong with the entries among themselves."""
        before: ChainEntry | None = None
        stored = Query(Table.LEDGER, self.chain.name, PLACES, expired=Expired.INCLUDED)
        for item in table.query(stored):
            try:
                entry = ChainEntry.read(item)
            except Unreadable:
                before, seq = None, numbered(item["sk"])
                self.tampered.add(seq)
                self.last = max(self.last, seq)
                yield Tampered(self.chain, seq)
                continue
            yield from self._between(before, entry)
            before, self.last = entry, entry.seq
            if entry.seq in self.signed:
                self.met[entry.seq] = entry

    def _between(self, before: ChainEntry | None, entry: ChainEntry) -> Iterator[Finding]:
        """What is wrong between two neighbours, or before the first one."""
        if entry.seq > self.last + 1:
            if entry.previous_delete_at > clock.now():
                self.gaps.append(MissingEntries(self.chain, self.last + 1, entry.seq - 1))
                yield self.gaps[-1]
        elif not _linked(before, entry):
            yield Forked(self.chain, entry.seq)

    def judge(self, pin: Leaf) -> Finding | None:
        """What a checkpoint's word on one entry makes of what is stored."""
        if pin.seq in self.tampered:
            return None  # found already
        lapsed = clock.from_epoch(pin.delete_at) <= clock.now()
        if entry := self.met.get(pin.seq):
            anew = lapsed and clock.to_epoch(entry.at) >= pin.delete_at  # all had lapsed, it began again
            return None if entry.hash == pin.hash or anew else Forked(self.chain, pin.seq)
        if lapsed or any(gap.first <= pin.seq <= gap.last for gap in self.gaps):
            return None
        if pin.seq > self.last:
            return RolledBack(self.chain, pin.seq, self.last)
        return MissingEntries(self.chain, pin.seq, pin.seq)


def _linked(before: ChainEntry | None, entry: ChainEntry) -> bool:
    """Whether an entry follows from the one before it, which is None at the start or after a tampered one."""
    if entry.seq == 1:
        return (entry.previous, entry.previous_delete_at) == (GENESIS, NEVER)
    if before is None:
        return True
    after = entry.delete_at >= before.delete_at
    return after and (entry.previous, entry.previous_delete_at) == (before.hash, before.delete_at)
