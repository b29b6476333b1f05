"""The only conversion between records and items.

In an item, each field that is not personal is an attribute. All personal fields together are in one sealed
attribute, under the key of the declared key class (a class in clear, which has to give its reason, seals
nothing). Both times follow from the declared retention: at `expires_at` the item stops being visible, and
`delete_at` is the table's TTL attribute. They are equal unless a pin moved `delete_at`.

There are two ways to read a record. `opened` opens the sealed attribute. `glance` needs no key and gives the
clear fields only, which is enough to authorize a caller; access to a personal field of a glance raises
StillSealed.
"""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError, create_model

from chalicelib.core import clock, keyring, observe, table
from chalicelib.core.needs import Claims, Found, Need
from chalicelib.core.sealing import (
    KeyNotFound,
    Place,
    SealBroken,
    SealingError,
    SealingKeys,
    Unfit,
    skip_unreadable,
    version_of,
)
from chalicelib.core.table import Item, Key
from chalicelib.privacy.periods import UntilErasure, UntilInstant
from chalicelib.privacy.personal import KeyClass, Record, StillSealed
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys

AnyRecord = TypeVar("AnyRecord", bound=Record)
Name = TypeVar("Name", bound=str)


def to_item(record: Record, key: Key, subject: SubjectKeys | None = None) -> Item:
    """The item of a record, without the attributes of the key (core/table adds them).

    Raises:
        StillSealed: the record is a glance, so its personal fields would be lost.
        KeyNotFound: the record is sealed for its subject, and no keys of the subject were given.
    """
    declaration = record.declaration
    item: Item = {"kind": declaration.kind, **stamp(type(record)), **clear(record)}
    if hidden := _hidden(type(record)):
        if not hidden <= record.__dict__.keys():
            raise StillSealed(declaration.kind)
        plain = record.model_dump_json(include=hidden, exclude_none=True).encode()
        place = Place(declaration.kind, key.pk, key.sk)
        item["sealed"] = _keys(type(record), subject).seal(plain, place)
    return item | times(record)


def stamp(kind: type[Record]) -> Item:
    """The number of the shape of an item; an item without it has the first one."""
    upcasts = kind.declaration.upcasts
    return {"shape": 1 + len(upcasts)} if upcasts else {}


def times(record: Record) -> Item:
    """Both times of a record: when it stops being visible, and from when DynamoDB may delete it."""
    expiry = expires_at(record)
    return dict.fromkeys(("expires_at", "delete_at"), clock.to_epoch(expiry)) if expiry else {}


def clear(record: Record) -> Item:
    """The attributes in clear, as stored in DynamoDB: ids, states, versions, times."""
    return record.model_dump(mode="json", exclude=_hidden(type(record)), exclude_none=True)


def opened(kind: type[AnyRecord], item: Item, subject: SubjectKeys | None = None) -> AnyRecord:
    """Read the record of an item, with its personal fields.

    Raises:
        SealBroken: the sealed attribute was altered, was sealed for another place, or is missing.
        KeyNotFound: its key no longer exists.
        Unfit: the record class does not accept what was stored.
    """
    values = item
    if _hidden(kind) and _sealed(kind, item):
        place = Place(kind.declaration.kind, item["pk"], item.get("sk"))
        plain = _keys(kind, subject).open(bytes(item["sealed"]), place)
        values = item | json.loads(plain)
    try:
        return kind.model_validate(_fields(kind, values))
    except ValidationError:  # its text quotes the value
        raise Unfit(kind.declaration.kind) from None


def open_each(
    kind: type[AnyRecord], items: Iterable[tuple[Name, Item]]
) -> tuple[list[AnyRecord], list[Name]]:
    """Open records; returns them, and the names of those that were altered, which are logged and counted."""
    found, unreadable = list[AnyRecord](), list[Name]()
    for name, item in items:
        try:
            found.append(opened(kind, item))
        except SealingError as error:
            observe.record_unreadable(f"{kind.declaration.kind}_unreadable", error)
            unreadable.append(name)
    return found, unreadable


def open_readable(kind: type[AnyRecord], items: Iterable[Item]) -> list[AnyRecord]:
    """Open records; those that were altered are logged, counted and omitted."""
    return open_each(kind, (("", item) for item in items))[0]


def _fields(kind: type[Record], item: Item) -> Item:
    """The attributes that are fields of the record; a later version may have written others (ADR 79)."""
    names = kind.model_fields
    return {name: value for name, value in upcast(kind, item).items() if name in names}


def upcast(kind: type[Record], item: Item) -> Item:
    """The values of an item in the current shape of its class."""
    if upcasts := kind.declaration.upcasts:
        for step in upcasts[int(item.get("shape", 1)) - 1 :]:
            item = dict(step(item))
    return item


@cache
def _hidden(kind: type[Record]) -> set[str]:
    """The names of the sealed fields, in the type that pydantic takes."""
    return set(kind.declaration.sealed_fields())


def _sealed(kind: type[Record], item: Item) -> bool:
    """Return whether an item has a sealed attribute; only transient records may lose it.

    Raises:
        SealBroken: it is missing. Defaults in its place would look like decisions of the subject.
    """
    if "sealed" not in item and kind.declaration.key_class is not KeyClass.TRANSIENT:
        raise SealBroken
    return "sealed" in item


def resealed(kind: type[Record], item: Item, subject: SubjectKeys | None = None) -> bytes | None:
    """An item's sealed attribute under the current version of its key; None if it is already.

    The content is not validated, so it need not be one that the current record class accepts.

    Raises:
        SealBroken: the sealed attribute was altered, or was sealed for another place.
        KeyNotFound: its key no longer exists.
    """
    keys, blob = _keys(kind, subject), bytes(item["sealed"])
    if version_of(blob) == keys.current:
        return None
    place = Place(kind.declaration.kind, item["pk"], item.get("sk"))
    return keys.seal(keys.open(blob, place), place)


def glance(kind: type[AnyRecord], item: Item) -> AnyRecord:
    """Read the clear fields of the record of an item; personal fields raise StillSealed.

    Raises:
        Unfit: the record class does not accept what was stored.
    """
    values = _fields(kind, item)
    try:
        clear_part = _clear_part(kind).model_validate(values)
    except ValidationError:
        raise Unfit(kind.declaration.kind) from None
    return cast("AnyRecord", _blank(kind).model_copy(update=dict(clear_part)))


def expires_at(record: Record) -> datetime | None:
    """Return when the record expires; None until erasure, or if its period has not begun."""
    retention = record.declaration.retention
    if isinstance(retention, UntilErasure):
        return None
    if isinstance(retention, UntilInstant):
        until: datetime = getattr(record, retention.until)
        return until
    since: datetime | None = getattr(record, retention.since)
    return retention.period.ends(since) if since else None


def _keys(kind: type[Record], subject: SubjectKeys | None) -> SealingKeys:
    match kind.declaration.key_class:
        case KeyClass.TRANSIENT:
            return keyring.transient_key()
        case KeyClass.RETAINED | KeyClass.SHARED:
            return keyring.retained_key(kind.declaration.kind)
        case _ if subject is None:
            raise KeyNotFound
        case _:
            return subject


@cache
def _clear_part(kind: type[Record]) -> type[BaseModel]:
    """A model of the clear fields, with the record's validation."""
    hidden = _hidden(kind)
    fields: dict[str, Any] = {
        name: (info.annotation, info) for name, info in kind.model_fields.items() if name not in hidden
    }
    return create_model(f"{kind.__name__}Clear", **fields)


@cache
def _blank(kind: type[Record]) -> Record:
    """A record without any field, also without defaults, which would look like stored values."""
    blank = kind.model_construct()
    blank.__dict__.clear()
    return blank


def read(kind: type[AnyRecord], key: Key) -> AnyRecord | None:
    """Read and open the record at a key; None if there is none, or it has expired.

    Raises:
        SealingError: as for `opened`.
        Unavailable: the table does not answer.
    """
    item = table.get(key)
    return opened(kind, item) if item else None


def glance_of(kind: type[AnyRecord], key: Callable[[Claims], Key]) -> Need[AnyRecord | None]:
    """The need of a record's clear fields, which need no key; None if there is no such item."""

    def glance_at(item: Item | None, _: Found) -> AnyRecord | None:
        return glance(kind, item) if item else None

    return Need(key, glance_at)


def need_of(kind: type[AnyRecord], key: Callable[[Claims], Key]) -> Need[AnyRecord | None]:
    """The need of all fields of a record. One that is sealed for its subject needs DATA_KEY too."""
    is_sealed_for_subject = kind.declaration.key_class is KeyClass.SUBJECT

    def open_found(item: Item | None, found: Found) -> AnyRecord | None:
        if item is None:
            return None
        return opened(kind, item, found[DATA_KEY] if is_sealed_for_subject else None)

    return Need(key, open_found)


def readable_need_of(kind: type[AnyRecord], key: Callable[[Claims], Key]) -> Need[AnyRecord | None]:
    """The need of all fields of a record that counts as missing if it was altered, which is logged."""
    sealed = need_of(kind, key)

    def open_readable_item(item: Item | None, found: Found) -> AnyRecord | None:
        with skip_unreadable(f"{kind.declaration.kind}_unreadable"):
            return sealed.read(item, found)
        return None

    return Need(key, open_readable_item)
