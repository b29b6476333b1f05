"""Lists of sealed records under one key of an index, newest first, in pages.

A record that was altered is reported and does not end the page. The index is eventually consistent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from chalicelib.core import observe, table
from chalicelib.core.sealing import SealingError
from chalicelib.core.table import Index, Item, Key, Order, Query, Table
from chalicelib.privacy import codec
from chalicelib.privacy.codec import AnyRecord

_PLACE = ("pk", "sk", Index.OWNER.pk, Index.OWNER.sk)
_Id = TypeVar("_Id", bound=str)


@dataclass(frozen=True)
class SealedPage(Generic[AnyRecord, _Id]):
    """A page of a list. `next`: the id after which the next page starts; None on the last page."""

    found: list[AnyRecord]
    unreadable: list[_Id]
    next: _Id | None


@dataclass(frozen=True)
class SealedList(Generic[AnyRecord, _Id]):
    """A list in the index `owner`.

    Attributes:
        kind: the class of its records.
        at: the table, and the key of the list in the index.
        id_at: returns the id of the record with a key.
    """

    kind: type[AnyRecord]
    at: tuple[Table, str]
    id_at: Callable[[Key], _Id]

    def page(self, after: Item | None, maximum: int) -> SealedPage[AnyRecord, _Id]:
        """Read a page of at most `maximum` records, which start after an item of the list."""
        where, key = self.at
        start = {name: after[name] for name in _PLACE} if after else None
        listed = Query(where, key, index=Index.OWNER, order=Order.DESCENDING, limit=maximum + 1, after=start)
        rows = list(table.query(listed))
        places = [Key(where, row["pk"], row["sk"]) for row in rows[:maximum]]
        items = table.batch_get(places)
        there = [place for place in places if place in items]
        found, unreadable = list[AnyRecord](), list[_Id]()
        for place in there:
            try:
                found.append(codec.opened(self.kind, items[place]))
            except SealingError as error:
                observe.record_unreadable(f"{self.kind.declaration.kind}_unreadable", error)
                unreadable.append(self.id_at(place))
        goes_on = len(rows) > maximum and there
        return SealedPage(found, unreadable, self.id_at(there[-1]) if goes_on else None)
