"""The way for a service to write: it commits writes that stores return.

A use case such as signup changes items of several concepts in one transaction. Each store returns its part as
a `Write`, with key, condition and conflict in it, which the service does not look into. The service decides
which writes belong together and commits them. So it needs no other part of core/table, and imports none.
"""

from collections.abc import Callable

from chalicelib.core import table
from chalicelib.core.table import Conflict, Write

__all__ = ["Conflict", "Perform", "Write", "commit", "omit", "perform"]

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
