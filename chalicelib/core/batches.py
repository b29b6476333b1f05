"""Splits sequences that are too long for one call; `itertools.batched` does this from Python 3.12 on."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(items: Iterable[T], maximum: int) -> Iterator[list[T]]:
    """Yield the items in their order, in lists of at most `maximum`; each list is read when requested."""
    rest = iter(items)
    while batch := list(islice(rest, maximum)):
        yield batch
