"""The one place where a record becomes an item and back.

An item holds the fields that are not personal as attributes of their own, and all personal fields
together in one attribute `personal`. Both times follow from the declared retention: `expires_at`
decides visibility, `delete_at` is the table's TTL, equal to it unless somebody moved it.
"""

import json
from datetime import datetime
from typing import TypeVar

from chalicelib.core import clock
from chalicelib.core.table import Item
from chalicelib.privacy.periods import After
from chalicelib.privacy.personal import RESERVED, Record

AnyRecord = TypeVar("AnyRecord", bound=Record)


def to_item(record: Record) -> Item:
    """The item of a record, without its key (core/table adds it)."""
    declaration = record.declaration
    sealed = set(declaration.personal_fields())
    item: Item = {"kind": declaration.kind, **clear(record)}
    if sealed:
        item["personal"] = record.model_dump_json(include=sealed, exclude_none=True)
    if expiry := expires_at(record):
        item["expires_at"] = item["delete_at"] = clock.to_epoch(expiry)
    return item


def clear(record: Record) -> Item:
    """The attributes that stand in clear, as DynamoDB holds them: ids, states, versions, times."""
    return record.model_dump(
        mode="json", exclude=set(record.declaration.personal_fields()), exclude_none=True
    )


def from_item(kind: type[AnyRecord], item: Item) -> AnyRecord:
    """The record that an item holds."""
    values = {name: value for name, value in item.items() if name not in RESERVED}
    values |= json.loads(item.get("personal", "{}"))
    return kind.model_validate(values)


def expires_at(record: Record) -> datetime | None:
    """When the record stops being visible, or None while its account lives."""
    retention = record.declaration.retention
    if not isinstance(retention, After):
        return None
    since: datetime = getattr(record, retention.since)
    return since + retention.period.length
