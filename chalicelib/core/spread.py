"""Spreads a counter that is too busy for one item over 32 more.

An item takes at most a thousand writes a second. A counter is exact, in its first item, until its owner marks
it as busy. Then each use is counted in one of 32 other items, chosen by its `lot`: a text that later writes
about the same use know too, so they reach the same item. Each item applies its rule to its own uses, which
are a fair sample by then.

A container learns from the results of its own writes that a counter is busy, and for one slot of time only.
"""

import zlib

from chalicelib.core.table import Key

SHARDS = 32

_REMEMBERED = 10_000

# Busy counters: the first item of each, and the slot.
_busy: set[tuple[str, str]] = set()


def place(first: Key, lot: str, slot: str = "") -> Key:
    """The item that counts a use. `slot` names the slot if an item covers several slots."""
    return shards(first)[zlib.crc32(lot.encode()) % SHARDS] if (first.pk, slot) in _busy else first


def shards(first: Key) -> list[Key]:
    """The items over which the uses of a busy counter are spread."""
    return [Key(first.table, f"{first.pk}#{number}") for number in range(SHARDS)]


def mark_busy(first: Key, slot: str = "") -> None:
    """Spread the uses that this container counts in the slot from now on."""
    if len(_busy) >= _REMEMBERED:
        _busy.clear()  # mostly past slots; each of the others is learned again by one write
    _busy.add((first.pk, slot))


def forget() -> None:
    """Forget which counters are busy; for tests."""
    _busy.clear()
