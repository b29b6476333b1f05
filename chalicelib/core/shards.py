"""Shards: the fixed parts over which ids are spread, since a partition takes a thousand writes a second.

The name of an id's shard is stored in keys, so a different number of shards needs a new index.
"""

import zlib
from collections.abc import Sequence


def names(number: int) -> tuple[str, ...]:
    """Return the names of a number of shards, at most a hundred."""
    return tuple(f"{shard:02}" for shard in range(number))


def shard_of(text: str, shards: Sequence[str]) -> str:
    """Return the shard of an id; random ids spread evenly."""
    return shards[zlib.crc32(text.encode()) % len(shards)]
