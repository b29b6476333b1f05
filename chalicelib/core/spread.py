"""Spreads a counter that is too busy for one item over 32 more.

An item takes at most a thousand writes a second. A counter is exact, in its first item, until its owner marks
it as busy. Then each use is counted in one of 32 other items, chosen by its `lot`: a text that later writes
about the same use know too, so they reach the same item. Each item applies its rule to its own uses, which
are a fair sample of all uses.

A container learns from the results of its own writes that a counter is busy, and for one slot of time only.
"""

from chalicelib.core import shards
from chalicelib.core.table import Key

SHARDS = shards.names(32)

_REMEMBERED = 10_000

# Busy counters: the first item of each, and the slot.
_busy: set[tuple[str, str]] = set()


def place(first: Key, lot: str, slot: str = "") -> Key:
    """The item that counts a use. `slot` names the slot if an item covers several slots."""
    return _part(first, shards.shard_of(lot, SHARDS)) if (first.pk, slot) in _busy else first


def parts(first: Key) -> list[Key]:
    """The items over which the uses of a busy counter are spread."""
    return [_part(first, shard) for shard in SHARDS]


def mark_busy(first: Key, slot: str = "") -> None:
    """Spread the uses that this container counts in the slot from now on."""
    if len(_busy) >= _REMEMBERED:
        _busy.clear()  # mostly past slots; one write marks each current one again
    _busy.add((first.pk, slot))


def forget() -> None:
    """Forget which counters are busy; for tests."""
    _busy.clear()


def _part(first: Key, shard: str) -> Key:
    return Key(first.table, f"{first.pk}#{shard}")
