"""Parts of what is too much for one writer or reader: shards of ids, and segments of tables.

Ids are spread over a fixed number of shards, since a partition takes a thousand writes a second. The name of
an id's shard is stored in keys, so a different number of shards needs a new index. A segment is one of the
equal parts of a table, which several scans read at the same time.
"""

import zlib
from collections.abc import Sequence
from typing import NamedTuple


def names(number: int) -> tuple[str, ...]:
    """Return the names of a number of shards, at most a hundred."""
    return tuple(f"{shard:02}" for shard in range(number))


def shard_of(text: str, shards: Sequence[str]) -> str:
    """Return the shard of an id; random ids spread evenly."""
    return shards[zlib.crc32(text.encode()) % len(shards)]


class Segment(NamedTuple):
    """One of the equal parts of a table; numbers count from 0."""

    number: int
    of: int


WHOLE = Segment(0, 1)
