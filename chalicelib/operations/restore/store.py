"""Finds and deletes items of any table that name an account, for commands: no role of a function may scan."""

from collections.abc import Collection, Iterator
from typing import Any

from chalicelib.core import table
from chalicelib.core.shards import Segment
from chalicelib.core.table import Expired, Key, Scan, Table


def items_of(account_ids: Collection[str], place: Table, segment: Segment) -> Iterator[list[Key]]:
    """The keys of the items in a segment that name one of some accounts, by page, also of expired items.

    An item names an account if one of its texts does, whole or as a part between `#`: its partition, or an
    attribute at any depth. What is sealed is not searched.
    """
    for page in table.scan(Scan(place, None, segment=segment, expired=Expired.INCLUDED)):
        yield [
            Key(place, item["pk"], item.get("sk"))
            for item in page.items
            if any(part in account_ids for text in _texts(item) for part in text.split("#"))
        ]


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - the value of any attribute
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from _texts(inner)
        case list() | set():
            for inner in value:
                yield from _texts(inner)


def delete(keys: list[Key]) -> None:
    """Delete items of one table, whatever their state.

    Raises:
        Unavailable: not all of them are deleted; the call may be repeated.
    """
    table.delete_all(keys)
