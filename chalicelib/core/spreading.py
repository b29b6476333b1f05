"""Counters that grow too busy for one item: their uses are spread over 32 more.

An item takes a thousand writes a second and no more. A counter stays in its first item, exact, until its
owner notes that it is busy; from there on each use falls into one of 32 others by its `lot`, a text that
what follows the use knows too, so both meet in one item. Each item judges its own, a fair sample by then.

A container learns that a counter is busy from what its own writes return, for one slot of time only.
"""

import zlib

from chalicelib.core.table import Key

SHARDS = 32

_REMEMBERED = 10_000

# First items that are busy, with their slot.
_busy: set[tuple[str, str]] = set()


def place(first: Key, lot: str, slot: str = "") -> Key:
    """The item in which a use counts. `slot` is the time in it, where an item outlives it."""
    return shards(first)[zlib.crc32(lot.encode()) % SHARDS] if (first.pk, slot) in _busy else first


def shards(first: Key) -> list[Key]:
    """The items over which the uses of a busy counter are spread."""
    return [Key(first.table, f"{first.pk}#{number}") for number in range(SHARDS)]


def mark_busy(first: Key, slot: str = "") -> None:
    """Spread what this container counts from now on in the slot."""
    if len(_busy) >= _REMEMBERED:
        _busy.clear()  # of past slots, mostly; the others are learned again by one write each
    _busy.add((first.pk, slot))


def forget() -> None:
    """What a container has learned; for tests."""
    _busy.clear()
