"""What would lapse is kept a little longer, because its subject asked for it (RGT-1).

Only the deletion is put off (`delete_at`): what has expired stays invisible to everybody but the export,
which reads as of the day of receipt. A pin has an end of its own and is never taken back, so it is made
for a few days and made anew while it is needed.

Generic: it reads the partition of the subject in every table that is found by the account, whatever
records are there.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Attr, Change, Conflict, Key, Query, Table
from chalicelib.privacy.whereabouts import Found, found, partition

_AT_ONCE = 100  # writes of one transaction


class _Gone(Conflict):
    """The item lapsed, was deleted, or is kept as long already."""


def pin(account_id: AccountId, as_of: datetime, until: datetime) -> int:
    """Keep all of a subject that was visible at an instant until another one; returns how many items.

    It may be done again, by several at once: an item is only ever kept longer.

    Raises:
        Unavailable: a table does not answer; what was kept by then stays so.
    """
    kept = 0
    for place in Table:
        if found(place) is Found.BY_ACCOUNT and place is not Table.KEYS:  # data keys do not lapse
            lapsing = _lapsing(place, account_id, as_of, until)
            while batch := list(islice(lapsing, _AT_ONCE)):
                kept += _kept(batch, until)
    return kept


def _lapsing(place: Table, account_id: AccountId, as_of: datetime, until: datetime) -> Iterator[Key]:
    """What was visible, and would be deleted before its time is up."""
    end = clock.to_epoch(until)
    for item in table.query(Query(place, partition(account_id), as_of=as_of)):
        if item.get("delete_at", end) < end:
            yield Key(place, item["pk"], item.get("sk"))


def _kept(batch: list[Key], until: datetime) -> int:
    """Keep some items, all at once; where one of them is gone by now, one by one."""
    writes = [_keeping(key, until) for key in batch]
    try:
        table.transact(writes)
    except _Gone:
        return sum(map(_kept_singly, writes))
    return len(writes)


def _kept_singly(write: Change) -> int:
    try:
        table.write(write)
    except _Gone:
        return 0
    return 1


def _keeping(key: Key, until: datetime) -> Change:
    end = clock.to_epoch(until)
    return Change(key, put={"delete_at": end}, only_if=Attr("delete_at").lt(end), conflict=_Gone)
