"""Segments: the equal parts of a table, which several scans read at the same time."""

from typing import NamedTuple


class Segment(NamedTuple):
    """One of the equal parts of a table; numbers count from 0."""

    number: int
    of: int


WHOLE = Segment(0, 1)
