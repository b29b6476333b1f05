"""The one place where a record becomes an item and back.

An item holds the fields that are not personal as attributes of their own, and all personal fields
together in one sealed attribute, under the key of the record's declared class (a class in clear, which
says why, has none). Both times follow from
the declared retention: `expires_at` decides visibility, `delete_at` is the table's TTL, equal to it
unless somebody moved it.

A record is read in one of two ways. `opened` unseals it. `glance` does without a key and knows the
clear fields only: that is enough to judge a caller, and touching a personal field raises StillSealed.
"""

import json
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError, create_model

from chalicelib.core import clock, stagekeys
from chalicelib.core.sealing import KeyGone, Place, SealBroken, SealingKeys, Unfit, version_of
from chalicelib.core.table import Item, Key
from chalicelib.privacy.periods import UntilErasure
from chalicelib.privacy.personal import RESERVED, KeyClass, Record, StillSealed
from chalicelib.privacy.subject_keys import SubjectKeys

AnyRecord = TypeVar("AnyRecord", bound=Record)


def to_item(record: Record, key: Key, subject: SubjectKeys | None = None) -> Item:
    """The item of a record for a key, without the key's attributes (core/table adds them).

    Raises:
        StillSealed: the record was only glanced at, so its personal fields would be lost.
        KeyGone: the record is sealed for its subject, and no key of the subject was given.
    """
    declaration = record.declaration
    item: Item = {"kind": declaration.kind, **clear(record)}
    if hidden := set(declaration.sealed_fields()):
        if not hidden <= record.__dict__.keys():
            raise StillSealed(declaration.kind)
        plain = record.model_dump_json(include=hidden, exclude_none=True).encode()
        place = Place(declaration.kind, key.pk, key.sk)
        item["sealed"] = _keys(type(record), subject).seal(plain, place)
    return item | times(record)


def times(record: Record) -> Item:
    """Both times of a record: when it stops being visible, and when DynamoDB may delete it."""
    expiry = expires_at(record)
    return dict.fromkeys(("expires_at", "delete_at"), clock.to_epoch(expiry)) if expiry else {}


def clear(record: Record) -> Item:
    """The attributes that stand in clear, as DynamoDB holds them: ids, states, versions, times."""
    return record.model_dump(mode="json", exclude=set(record.declaration.sealed_fields()), exclude_none=True)


def opened(kind: type[AnyRecord], item: Item, subject: SubjectKeys | None = None) -> AnyRecord:
    """The record that an item holds, unsealed.

    Raises:
        SealBroken: the sealed attribute is not what was sealed for this place, or is gone.
        KeyGone: its key does not exist any more.
        Unfit: the record class does not take what was stored.
    """
    values = {name: value for name, value in item.items() if name not in RESERVED}
    if kind.declaration.sealed_fields() and _sealed(kind, item):
        place = Place(kind.declaration.kind, item["pk"], item.get("sk"))
        plain = _keys(kind, subject).open(bytes(item["sealed"]), place)
        values |= json.loads(plain)
    try:
        return kind.model_validate(values)
    except ValidationError:  # whose text quotes the value
        raise Unfit(kind.declaration.kind) from None


def _sealed(kind: type[Record], item: Item) -> bool:
    """Whether there is something to open. Only transient records lose their seal before they end.

    Raises:
        SealBroken: it is missing; its defaults would look like what the subject decided.
    """
    if "sealed" not in item and kind.declaration.key_class is not KeyClass.TRANSIENT:
        raise SealBroken
    return "sealed" in item


def resealed(kind: type[Record], item: Item, subject: SubjectKeys | None = None) -> bytes | None:
    """An item's sealed attribute under the current version of its key; None if it is under that one.

    What is inside is not looked at, so it need not be what today's record class would take.

    Raises:
        SealBroken: the sealed attribute is not what was sealed for this place.
        KeyGone: its key does not exist any more.
    """
    keys, blob = _keys(kind, subject), bytes(item["sealed"])
    if version_of(blob) == keys.current:
        return None
    place = Place(kind.declaration.kind, item["pk"], item.get("sk"))
    return keys.seal(keys.open(blob, place), place)


def glance(kind: type[AnyRecord], item: Item) -> AnyRecord:
    """The clear fields of the record that an item holds; personal ones raise StillSealed.

    Raises:
        Unfit: the record class does not take what was stored.
    """
    values = {name: value for name, value in item.items() if name not in RESERVED}
    try:
        told = _clear_part(kind).model_validate(values)
    except ValidationError:
        raise Unfit(kind.declaration.kind) from None
    # pydantic's plugin types this as the base class.
    seen = cast("AnyRecord", kind.model_construct(**dict(told)))
    for name in kind.declaration.sealed_fields():
        seen.__dict__.pop(name, None)  # a default would look like an answer
    return seen


def expires_at(record: Record) -> datetime | None:
    """When the record stops being visible, or None while its account lives or its period has not begun."""
    retention = record.declaration.retention
    if isinstance(retention, UntilErasure):
        return None
    since: datetime | None = getattr(record, retention.since)
    return retention.period.ends(since) if since else None


def _keys(kind: type[Record], subject: SubjectKeys | None) -> SealingKeys:
    match kind.declaration.key_class:
        case KeyClass.TRANSIENT:
            return stagekeys.transient()
        case KeyClass.RETAINED:
            return stagekeys.retained(kind.declaration.kind)
        case _ if subject is None:
            raise KeyGone
        case _:
            return subject


@cache
def _clear_part(kind: type[Record]) -> type[BaseModel]:
    """A model of the clear fields, which validates them as the record does."""
    hidden = kind.declaration.sealed_fields()
    fields: dict[str, Any] = {
        name: (info.annotation, info) for name, info in kind.model_fields.items() if name not in hidden
    }
    return create_model(f"{kind.__name__}Clear", **fields)


__all__ = ["KeyGone", "SealBroken", "clear", "expires_at", "glance", "opened", "resealed", "times", "to_item"]
