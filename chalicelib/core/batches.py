"""Splits sequences that are too long for one call, and merges several; no I/O."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(items: Iterable[T], maximum: int) -> Iterator[list[T]]:
    """Yield the items in their order, in lists of at most `maximum`; each list is read when requested.

    `itertools.batched` does this from Python 3.12 on.
    """
    rest = iter(items)
    while batch := list(islice(rest, maximum)):
        yield batch


def in_turn(*sources: Iterable[T]) -> Iterator[T]:
    """Yield the next item of each source in turn, until all have ended."""
    left = [iter(source) for source in sources]
    while left:
        for source in tuple(left):
            try:
                yield next(source)
            except StopIteration:
                left.remove(source)
