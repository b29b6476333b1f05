"""Several records in one item: shared fields are stored once, the other fields in rows (ADR 22).

A class with the keyword `bundle` is stored this way. Its declaration still describes one record: copies, the
record of processing and plans are about records, and only this module knows how an item stores them.
Invariants:

- An item has the times of its oldest record, so no record is kept longer than its period.
- If the rows cannot be read, the item is `Unfit`. A row that is no valid record does not affect the others.
- A record that was stored twice, in different items, is recognised by its field `distinct` within a UTC day.

The rows are one JSON text, since reading DynamoDB's own lists and maps takes many times the memory and CPU.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from types import GenericAlias
from typing import Any

from pydantic import TypeAdapter

from chalicelib.core.sealing import Unfit
from chalicelib.core.table import Item
from chalicelib.privacy import codec
from chalicelib.privacy.declaration import RESERVED, Bundle
from chalicelib.privacy.periods import After
from chalicelib.privacy.personal import Record

ROWS = "rows"


class NotBundled(TypeError):
    """The records cannot share an item: their class has no `bundle`, or shared fields differ."""


def pack(records: Sequence[Record]) -> Item:
    """The item of some records of one class, without its key; the rows are in the given order.

    Raises:
        NotBundled: the records cannot share an item.
    """
    kind = type(records[0])
    values, since = _shared_values(kind), _since_field(kind)
    alike = values(records[0])
    if any(type(record) is not kind or values(record) != alike for record in records):
        raise NotBundled(kind.declaration.kind)
    oldest = min(records, key=attrgetter(since))
    beside = {*_bundle(kind).shared, since}
    clear = {name: value for name, value in codec.clear(oldest).items() if name in beside}
    item = {"kind": kind.declaration.kind, **codec.stamp(kind), **clear, ROWS: _rows(kind)(records)}
    return item | codec.times(oldest)


def shared(record: Record) -> tuple[object, ...]:
    """Return what all records of an item have in common: their class and their shared values."""
    return _shared_values(type(record))(record)


def unpacked(kind: type[Record], item: Item) -> Iterable[Item]:
    """Each record of an item as an item of its own, for `codec`; the item itself if not bundled.

    Raises:
        Unfit: the rows are not as `pack` writes them.
    """
    bundle = kind.declaration.bundle
    if bundle is None:
        return (item,)
    try:
        rows = json.loads(item[ROWS])
    except (KeyError, TypeError, ValueError):  # whose text may quote values
        raise Unfit(kind.declaration.kind) from None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Unfit(kind.declaration.kind)
    kept = (RESERVED - {ROWS}) | set(bundle.shared)
    beside = {name: value for name, value in item.items() if name in kept}
    return ({**row, **beside} for row in rows)


def oldest(kind: type[Record], item: Item) -> Item:
    """The oldest record of an item, which determines its times, as an item of its own.

    Raises:
        Unfit: the rows are not as `pack` writes them.
    """
    if kind.declaration.bundle is None:
        return item
    since = _since_field(kind)
    return min(unpacked(kind, item), key=lambda one: str(one.get(since)))


class Distinct:
    """Recognises records of one subject that were read before, day by day.

    The caller gives it the records in the order of their days. It remembers those of one UTC day and kind, at
    most `MAX_REMEMBERED` of them. Above that it starts again and may admit a record twice, which is better
    than omitting one.
    """

    MAX_REMEMBERED = 100_000

    def __init__(self) -> None:
        self._known: dict[str, set[object]] = {}
        self._days: dict[str, date] = {}

    def admits(self, record: Record) -> bool:
        """Remember a record; False if it is remembered already."""
        bundle, kind = record.declaration.bundle, record.declaration.kind
        if bundle is None:
            return True
        day, known = _since(record).date(), self._known.setdefault(kind, set())
        if self._days.get(kind) != day or len(known) >= self.MAX_REMEMBERED:
            self._days[kind] = day
            known.clear()
        before = len(known)
        known.add(getattr(record, bundle.distinct))
        return len(known) > before


def _bundle(kind: type[Record]) -> Bundle:
    if kind.declaration.bundle is None:
        raise NotBundled(kind.declaration.kind)
    return kind.declaration.bundle


@cache
def _rows(kind: type[Record]) -> Callable[[Sequence[Record]], str]:
    """A function that writes the rows of records: what is their own, as one JSON text."""
    rows: Any = GenericAlias(tuple, (kind, ...))
    written = TypeAdapter[tuple[Record, ...]](rows)
    shared_fields = {"__all__": set(_bundle(kind).shared)}

    def write(records: Sequence[Record]) -> str:
        return written.dump_json(tuple(records), exclude=shared_fields, exclude_none=True).decode()

    return write


@cache
def _shared_values(kind: type[Record]) -> Callable[[Record], tuple[object, ...]]:
    """A function that reads what `shared` returns."""
    return attrgetter("__class__", *_bundle(kind).shared)


@cache
def _since_field(kind: type[Record]) -> str:
    retention = kind.declaration.retention
    if not isinstance(retention, After):
        raise NotBundled(kind.declaration.kind)
    return retention.since


def _since(record: Record) -> datetime:
    instant: datetime = getattr(record, _since_field(type(record)))
    return instant
