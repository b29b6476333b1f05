"""The way for a service to write: it commits writes that stores return.

A use case such as signup changes items of several concepts in one transaction. Each store returns its part as
a `Write`, with key, condition and conflict in it, which the service does not look into. The service decides
which writes belong together and commits them. So it needs no other part of core/table, and imports none.

If another write may come first, one function reads, decides and commits, and `retry_on` calls it again. So
each try decides by the current state.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import ParamSpec, TypeVar

from chalicelib.core import table
from chalicelib.core.errors import Unavailable
from chalicelib.core.table import Conflict, Write

__all__ = ["Conflict", "Perform", "Write", "commit", "omit", "perform", "retry_on"]

P = ParamSpec("P")
R = TypeVar("R")

# How a command makes its changes: `perform`, or `omit` for a dry run.
Perform = Callable[[Callable[[], object]], None]


def perform(change: Callable[[], object]) -> None:
    """Make a change."""
    change()


def omit(_: Callable[[], object]) -> None:
    """Make no change, for a dry run."""


def commit(first: Write, *more: Write) -> None:
    """Do up to 100 writes together or not at all; a single write needs no transaction.

    Raises:
        Conflict: the class of the first write whose condition did not hold; nothing was written.
        Unavailable: refused each time, or not answered; the writes may have been done.
    """
    if more:
        table.transact([first, *more])
    else:
        table.write(first)


def retry_on(*conflicts: type[Conflict], tries: int = 3) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Call a function again, with the same arguments, if another write came first.

    Args:
        conflicts: what the function raises then; it has written nothing.
        tries: the calls at most.

    Raises:
        Unavailable: another write came first in every try.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            for _ in range(tries):
                with suppress(*conflicts):
                    return function(*args, **kwargs)
            raise Unavailable

        return call

    return decorate
