"""Several records in one item: what they share stands once, the rest in rows (ADR 22).

A class whose line has `bundle` is stored this way. The declaration is still of one record: copies, the
record of processing and plans speak of records, and only this module knows how they lie in an item. What
must hold:

- An item's times are those of its oldest record, so no record is kept longer than its period.
- Rows that can't be read make the item `Unfit`; a row that is no record spoils no other.
- A record that was stored twice, in different items, is known by its field `distinct` within one UTC day.

The rows are one text of JSON: DynamoDB's own lists and maps cost many times the memory and the CPU to read.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from chalicelib.core.sealing import Unfit
from chalicelib.core.table import Item
from chalicelib.privacy import codec
from chalicelib.privacy.consistency import RESERVED
from chalicelib.privacy.declaration import Bundle
from chalicelib.privacy.periods import After
from chalicelib.privacy.personal import Record

ROWS = "rows"


class NotBundled(TypeError):
    """The records do not belong into one item: their class has no `bundle`, or shared fields differ."""


def pack(records: Sequence[Record]) -> Item:
    """The item of some records of one class, without its key; their rows are in the order given.

    Raises:
        NotBundled: they do not belong into one item.
    """
    oldest = min(records, key=_since)
    bundle = _bundle(type(oldest))
    if len({shared(record) for record in records}) > 1:
        raise NotBundled(oldest.declaration.kind)
    beside = {*bundle.shared, _since_field(type(oldest))}
    clear = {name: value for name, value in codec.clear(oldest).items() if name in beside}
    rows = f"[{','.join(map(row, records))}]"
    return {"kind": oldest.declaration.kind, **clear, ROWS: rows} | codec.times(oldest)


def row(record: Record) -> str:
    """A record's own part of an item, as JSON."""
    return record.model_dump_json(exclude=set(_bundle(type(record)).shared), exclude_none=True)


def shared(record: Record) -> tuple[object, ...]:
    """What a record has in common with all records of its item: the class, and the values of these fields."""
    return type(record), *(getattr(record, name) for name in _bundle(type(record)).shared)


def unpacked(kind: type[Record], item: Item) -> Iterable[Item]:
    """Each record of an item as an item of its own, for `codec`; the item itself if its class has one each.

    Raises:
        Unfit: the rows are not what `pack` writes.
    """
    bundle = kind.declaration.bundle
    if bundle is None:
        return (item,)
    try:
        rows = json.loads(item[ROWS])
    except (KeyError, TypeError, ValueError):  # whose text may quote values
        raise Unfit(kind.declaration.kind) from None
    if not isinstance(rows, list) or not rows or not all(isinstance(one, dict) for one in rows):
        raise Unfit(kind.declaration.kind)
    kept = (RESERVED - {ROWS}) | set(bundle.shared)
    beside = {name: value for name, value in item.items() if name in kept}
    return ({**one, **beside} for one in rows)


def oldest(kind: type[Record], item: Item) -> Item:
    """The record from which an item has its times, as an item of its own.

    Raises:
        Unfit: the rows are not what `pack` writes.
    """
    if kind.declaration.bundle is None:
        return item
    since = _since_field(kind)
    return min(unpacked(kind, item), key=lambda one: str(one.get(since)))


class Distinct:
    """Knows the records of one subject that were read before, day by day.

    Give it the records in the order of their days: it remembers those of one UTC day and kind, at most `MOST`
    of them. Beyond that it starts anew, and may admit a record twice: better than one that is missing.
    """

    MOST = 100_000

    def __init__(self) -> None:
        self._known: dict[str, set[object]] = {}
        self._days: dict[str, date] = {}

    def admits(self, record: Record) -> bool:
        """Note a record; False if it was noted before."""
        bundle, kind = record.declaration.bundle, record.declaration.kind
        if bundle is None:
            return True
        day, known = _since(record).date(), self._known.setdefault(kind, set())
        if self._days.get(kind) != day or len(known) >= self.MOST:
            self._days[kind] = day
            known.clear()
        before = len(known)
        known.add(getattr(record, bundle.distinct))
        return len(known) > before


def _bundle(kind: type[Record]) -> Bundle:
    if kind.declaration.bundle is None:
        raise NotBundled(kind.declaration.kind)
    return kind.declaration.bundle


def _since_field(kind: type[Record]) -> str:
    retention = kind.declaration.retention
    if not isinstance(retention, After):
        raise NotBundled(kind.declaration.kind)
    return retention.since


def _since(record: Record) -> datetime:
    instant: datetime = getattr(record, _since_field(type(record)))
    return instant
