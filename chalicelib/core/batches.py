"""Splits what is too much for one call; `itertools.batched` does this from Python 3.12 on."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(items: Iterable[T], most: int) -> Iterator[list[T]]:
    """The items in their order, in lists of at most `most`; each list is read when it is asked for."""
    rest = iter(items)
    while batch := list(islice(rest, most)):
        yield batch
