"""Leases: at most one run at a time works on what a record stands for, or for one subject.

A leased record has the fields `touched_at`, `leased_until` and `fence`. The fence grows with every lease, so
a run that lost its lease can no longer change the record. A lease that could not be released expires.

A turn is a lease by which at most one worker at a time works for one subject: one item that its holder
creates and deletes. It expires, so a killed worker blocks its subject only until the turn ends. A holder may
acquire its own turn again at once: a worker that takes over from a killed one, under the same holder name,
need not wait.

Turns are in the table of challenges, beside the counters of limits, under a keyed hash of their subject
(`accounts/challenges/model.Limit`).

A lease or a turn only saves work. It does not make a write safe: a write that must not happen twice needs a
condition of its own. If the table does not answer, the worker stops (`Unavailable`).
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, cast

from chalicelib.core import clock, keyring, table
from chalicelib.core.batches import batched
from chalicelib.core.clock import HOUR, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import Secret
from chalicelib.core.table import Attr, Conflict, Create, Delete, Key, Replace, Table
from chalicelib.privacy import codec
from chalicelib.privacy.codec import AnyRecord


class LeaseTaken(Conflict):
    """Another run has the lease, or took it over."""


class _Leased(Protocol):
    """What a leased record has besides its own fields."""

    leased_until: datetime | None
    fence: int


@dataclass(frozen=True)
class LeasedState(Generic[AnyRecord]):
    """The state of a job: one record, which a run leases.

    Attributes:
        place: its key.
        fresh: makes the state of a job that never ran.
    """

    place: Key
    fresh: Callable[[], AnyRecord]

    def read(self) -> AnyRecord:
        """The state; a new one if there is none.

        Raises:
            SealingError: the stored record is not one that this code wrote.
        """
        return self._stored() or self.fresh()

    def lease(self, until: datetime) -> AnyRecord:
        """Lease the job; a new state is stored if there is none.

        Raises:
            LeaseTaken: another run has it.
            SealingError: as for `read`.
            Unavailable: the table does not answer; the caller must not start the work.
        """
        return _acquire(self.place, self._stored(), self.fresh(), until)

    def save(self, leased: AnyRecord, **changes: object) -> AnyRecord:
        """Change the state, and keep the lease.

        Raises:
            LeaseTaken: the lease expired, and another run has it.
        """
        return _save(self.place, leased, **changes)

    def release(self, leased: AnyRecord, **changes: object) -> None:
        """Release the job together with a change of its state.

        Raises:
            LeaseTaken: as for `save`.
        """
        self.save(leased, **{"leased_until": None, **changes})

    def _stored(self) -> AnyRecord | None:
        return codec.read(type(self.fresh()), self.place)


class _Part(Protocol):
    """What the record of a part has besides."""

    shard: str


# Longer than any run: Lambda stops a worker of a shard after five minutes.
SHARD_LEASE = 6 * MINUTE
# Keys of a batched read.
_MAX_READ = 100


@dataclass(frozen=True)
class LeasedParts(Generic[AnyRecord]):
    """The progress of work that is done in parts: one record for each, which a worker leases.

    Attributes:
        kind: their class; its field `shard` is the name of the part.
        place: the key of a part's record.
        fresh: makes the record of a part that no worker began.
    """

    kind: type[AnyRecord]
    place: Callable[[str], Key]
    fresh: Callable[[str], AnyRecord]

    def read(self, parts: Iterable[str]) -> dict[str, AnyRecord]:
        """The records of those parts that a worker began.

        One that cannot be read is counted and missing. No run can begin it again over the stored item, so its
        part stops, and only its part.
        """
        places = batched(map(self.place, parts), _MAX_READ)
        items = (item for some in places for item in table.batch_get(some).values())
        return {cast("_Part", one).shard: one for one in codec.open_readable(self.kind, items)}

    def lease(self, part: str, found: AnyRecord | None, until: datetime) -> AnyRecord:
        """Lease a part; `found` is its record as it was read, None if there is none.

        Raises:
            LeaseTaken: another worker has leased the part, or its record cannot be read.
        """
        return _acquire(self.place(part), found, self.fresh(part), until)

    def save(self, part: str, leased: AnyRecord, **changes: object) -> AnyRecord:
        """Change the record of a part, and write when it was touched; returns its next state.

        Raises:
            LeaseTaken: another worker took the part over; its fence has changed.
        """
        return _save(self.place(part), leased, **changes)


def _acquire(place: Key, found: AnyRecord | None, fresh: AnyRecord, until: datetime) -> AnyRecord:
    """Lease a record that the caller has read; `fresh` is stored if there is none.

    Raises:
        LeaseTaken: another run has the lease, or a record is stored that the caller could not read.
        Unavailable: the table does not answer.
    """
    before = cast("_Leased", found or fresh)
    if is_leased(before.leased_until, until):
        raise LeaseTaken
    leased = (found or fresh).model_copy(
        update={"touched_at": clock.now(), "leased_until": until, "fence": before.fence + 1}
    )
    stored = codec.to_item(leased, place)
    if found is None:
        table.write(Create(place, stored, conflict=LeaseTaken))
    else:
        table.write(Replace(place, stored, only_if=Attr("fence").eq(before.fence), conflict=LeaseTaken))
    return leased


def is_leased(leased_until: datetime | None, until: datetime) -> bool:
    """Return whether a run has the lease.

    Args:
        leased_until: the end of the stored lease.
        until: the end of the lease that a run would get now. An end more than an hour later was set by a
            clock that had jumped ahead, and could block the work for years.
    """
    return leased_until is not None and clock.now() < leased_until <= until + HOUR


def _save(place: Key, leased: AnyRecord, **changes: object) -> AnyRecord:
    """Change a leased record, and keep the lease.

    Raises:
        LeaseTaken: the lease expired, and another run took it over.
    """
    after = leased.model_copy(update={"touched_at": clock.now(), **changes})
    same = Attr("fence").eq(cast("_Leased", leased).fence)
    table.write(Replace(place, codec.to_item(after, place), only_if=same, conflict=LeaseTaken))
    return after


@dataclass(frozen=True)
class Turns:
    """The turns of one kind of work; each subject has one."""

    name: str

    def acquire(self, subject: str, holder: str, length: timedelta) -> bool:
        """Acquire the turn of a subject for a time; False while another holder has it.

        Raises:
            Unavailable: the table does not answer; the caller must not start the work.
        """
        now = clock.now()
        ends = clock.to_epoch(now + length)
        item = {
            "kind": "limit",
            "began_at": clock.to_text(now),
            "holder": holder,
            "expires_at": ends,
            "delete_at": ends,
        }
        ours = Attr("holder").eq(holder)
        return table.try_write(Create(self._key(subject), item, or_over=ours))

    def release(self, subject: str, holder: str) -> None:
        """Release the turn if it is still this holder's; if the table does not answer, it expires."""
        with suppress(Conflict, Unavailable):
            table.write(Delete(self._key(subject), only_if=Attr("holder").eq(holder)))

    def _key(self, subject: str) -> Key:
        digest = keyring.mac_keys(Secret.LOOKUP).digest("turn", self.name, subject).hex()
        return Key(Table.CHALLENGES, f"turn#{self.name}#{digest}")
