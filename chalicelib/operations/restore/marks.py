"""Finds the erasures to repeat after a restore (RGT-3).

The marks in the locked bucket name them. No restore of a table changes that bucket. A mark that was final a
day before the instant of the backup needs nothing: the backup does not contain the account.

An erasure passes its point of no return in a transaction with the Ledger, and its object is written a moment
later. If a crash prevented that, the Ledger alone has the tombstone; the erasure is repeated too.

A mark in doubt is reported and stops no other. It is not repeated, except one that is covered by a later
version or a delete marker: its first version is locked, and so it is as it was written.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from chalicelib.core import chain
from chalicelib.core.chain import locked
from chalicelib.core.chain.locked import LockedObject
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, TombstoneId
from chalicelib.operations.restore.store import Workers
from chalicelib.rights.erasure import tombstones
from chalicelib.rights.erasure.tombstones import Mark, UnreadableMark

# Clocks differ, and a transaction may be committed later than its entry says.
MARGIN = DAY


class MarkDoubt(StrEnum):
    """Why operators have to look at a mark."""

    UNREADABLE = "unreadable, or not at its place"
    CONTRADICTORY = "contradicts another mark"
    COVERED = "covered by a later version or a delete marker; its first version was used"


@dataclass
class FoundMarks:
    """The erasures to repeat, and the marks in doubt, by the id of the tombstone or the name of an object.

    `unwritten`: those that only the Ledger has. `listed`: how many erasures the bucket has.
    """

    listed: int = 0
    to_repeat: dict[TombstoneId, Mark] = field(default_factory=dict)
    unwritten: set[TombstoneId] = field(default_factory=set)
    doubtful: dict[str, MarkDoubt] = field(default_factory=dict)

    @property
    def accounts(self) -> frozenset[AccountId]:
        """The accounts that are erased again."""
        return frozenset(mark.tombstone.account_id for mark in self.to_repeat.values())


def find_marks(at: datetime, workers: Workers) -> FoundMarks:
    """Find the erasures to repeat in tables that contain their state at an instant.

    Args:
        at: the instant of the backup; of several, the earliest.
        workers: read the objects.

    Raises:
        Unavailable: S3 or the Ledger does not answer.
        AwsBug: S3 refuses.
    """
    found = FoundMarks()
    for erasure in workers.on_each(_unfinished(found, at - MARGIN), _read):
        _add(found, erasure)
    _add_unwritten(found, at - MARGIN)
    _settle_shared(found)
    return found


def _unfinished(found: FoundMarks, since: datetime) -> Iterator[list[LockedObject]]:
    """The objects of each erasure that was not final before an instant."""
    for place, objects in groupby(locked.listed(tombstones.PREFIX), lambda one: one.key.rpartition("/")[0]):
        own = list(objects)
        found.listed += 1
        tombstone_id = TombstoneId.parse(place.removeprefix(tombstones.PREFIX))
        final_key = tombstones.final_key(tombstone_id) if tombstone_id else None
        if not any(one.key == final_key and one.written_at < since for one in own):
            yield own


@dataclass(frozen=True)
class _ReadErasure:
    """The marks of one erasure, and its objects in doubt."""

    name: str
    marks: tuple[Mark, ...]
    doubts: tuple[MarkDoubt, ...]


def _read(objects: list[LockedObject]) -> _ReadErasure:
    marks: list[Mark] = []
    doubts = [MarkDoubt.COVERED for one in objects if one.is_covered]
    for one in objects:
        try:
            marks.append(tombstones.read(one.key, locked.read(one)))
        except UnreadableMark:
            doubts.insert(0, MarkDoubt.UNREADABLE)
    name = objects[0].key.removeprefix(tombstones.PREFIX).partition("/")[0]
    return _ReadErasure(name, tuple(marks), tuple(doubts))


def _add(found: FoundMarks, erasure: _ReadErasure) -> None:
    if len({mark.tombstone for mark in erasure.marks}) > 1:
        found.doubtful[erasure.name] = MarkDoubt.CONTRADICTORY
        return
    if erasure.doubts:
        found.doubtful[erasure.name] = erasure.doubts[0]
    if MarkDoubt.UNREADABLE not in erasure.doubts:
        last = max(erasure.marks, key=lambda mark: mark.erased_at is not None)
        found.to_repeat[last.tombstone.tombstone_id] = last


def _add_unwritten(found: FoundMarks, since: datetime) -> None:
    """Add the erasures that only the Ledger has."""
    for touched in chain.chains_touched_since(since, tombstones.CHAIN):
        tombstone_id = TombstoneId(touched.pseudonym)
        if tombstone_id in found.to_repeat or tombstone_id in found.doubtful:
            continue
        try:
            found.to_repeat[tombstone_id] = Mark(tombstones.recorded(touched))
            found.unwritten.add(tombstone_id)
        except UnreadableMark:
            found.doubtful[tombstone_id] = MarkDoubt.UNREADABLE


def _settle_shared(found: FoundMarks) -> None:
    """Keep one of several marks of the same erasure, and none of marks that contradict each other."""
    named = defaultdict[str, set[TombstoneId]](set)
    for tombstone_id, mark in found.to_repeat.items():
        for name in _names(mark):
            named[name].add(tombstone_id)
    for several in (group for group in named.values() if len(group) > 1):
        marks = [found.to_repeat[one] for one in several if one in found.to_repeat]
        if len({_names(mark) for mark in marks}) > 1:
            found.doubtful |= dict.fromkeys(several, MarkDoubt.CONTRADICTORY)
            dropped = marks
        else:
            dropped = sorted(marks, key=_rank)[:-1]
        for mark in dropped:
            del found.to_repeat[mark.tombstone.tombstone_id]


def _names(mark: Mark) -> tuple[str, ...]:
    """The ids of which no two erasures have one in common."""
    return tuple(mark.tombstone.ids.values())


def _rank(mark: Mark) -> tuple[bool, datetime]:
    """The final mark counts more than pending ones, then the later capture.

    An account is captured twice if its tables were restored before, and this command was not used then.
    """
    return mark.erased_at is not None, mark.tombstone.captured_at
