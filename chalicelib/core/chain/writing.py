"""Writing a chain: one consistent Query for its head, one Put on condition that the next place is empty."""

from collections.abc import Iterator
from datetime import datetime

from chalicelib.core import table
from chalicelib.core.chain.entries import Chain, ChainEntry, NewEntry, Unreadable, place
from chalicelib.core.errors import Unavailable
from chalicelib.core.table import Append, Between, Conflict, Expired, Order, Query, Table

# So many can append to one chain at the same moment and all get through.
TRIES = 8

PLACES = Between(place(1), place(10**12 - 1))


class HeadMoved(Conflict):
    """Another entry took the place; whoever holds a transaction builds its writes anew and tries again."""


def head(chain: Chain) -> ChainEntry | None:
    """The newest entry that is stored, lapsed or not.

    Raises:
        Unreadable: it is not as it was written. Nothing can follow it before somebody has looked.
    """
    newest = Query(
        Table.LEDGER, chain.name, PLACES, order=Order.DESCENDING, limit=1, expired=Expired.INCLUDED
    )
    for item in table.query(newest):
        return ChainEntry.read(item)
    return None


def append_write(chain: Chain, new: NewEntry) -> Append:
    """The next entry as a write for a caller's transaction: the state change and its entry, or neither.

    It holds for the head as it is now, so it breaks with `HeadMoved` if another entry comes first. One
    transaction takes one entry per chain. The write has to be sent within the life of a function.
    """
    entry = ChainEntry.following(chain, head(chain), new)
    return Append(chain.key(entry.seq), entry.item(), conflict=HeadMoved)


def append(chain: Chain, new: NewEntry) -> ChainEntry:
    """Put an entry at the end of a chain.

    Raises:
        Unavailable: others came first each time.
    """
    for _ in range(TRIES):
        write = append_write(chain, new)
        try:
            table.write(write)
        except HeadMoved as moved:
            # A repeated call whose first answer was lost finds its own entry.
            if (moved.found or {}).get("hash") != write.item["hash"]:
                continue
        return ChainEntry.read(write.item)
    raise Unavailable


def page(chain: Chain, before: int | None, most: int) -> tuple[list[ChainEntry], int | None]:
    """Entries that have not lapsed, newest first, at most so many, and what to give as `before` for the next.

    Raises:
        Unreadable: one of them is not as it was written.
    """
    found = list(newest_first(chain, before, most))
    return found, found[-1].seq if len(found) == most and found[-1].seq > 1 else None


def newest_first(chain: Chain, before: int | None = None, most: int | None = None) -> Iterator[ChainEntry]:
    """The entries that have not lapsed, from the newest (or the one before a number) back.

    Raises:
        Unreadable: one of them is not as it was written.
    """
    places = PLACES if before is None else Between(place(1), place(before - 1))
    for item in table.query(Query(Table.LEDGER, chain.name, places, order=Order.DESCENDING, limit=most)):
        yield ChainEntry.read(item)


def entries(chain: Chain) -> Iterator[ChainEntry]:
    """The entries that have not lapsed, oldest first.

    Raises:
        Unreadable: one of them is not as it was written.
    """
    for item in table.query(Query(Table.LEDGER, chain.name, PLACES)):
        yield ChainEntry.read(item)


def entries_as_of(chain: Chain, at: datetime) -> Iterator[ChainEntry | None]:
    """The entries that had not lapsed at an instant, oldest first; None for one that is not as was written.

    For whoever has to show all that there is, and to say what can't be shown.
    """
    for item in table.query(Query(Table.LEDGER, chain.name, PLACES, as_of=at)):
        try:
            yield ChainEntry.read(item)
        except Unreadable:
            yield None
