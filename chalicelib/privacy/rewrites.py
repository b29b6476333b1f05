"""Rewrites stored items: gives them the times of a changed period, another shape, or a newer seal.

A run may be killed and started again: items that are as they should be are skipped. An item that was changed
since it was read is not changed; the other writer had the current period and key, or the next run handles it.

Re-dating. The times of an item follow from its own clear instant (`since`) and the configured period, so no
key is needed. Run it after all functions have the new configuration. Before that, some still set times by the
old period. Invariants:

- An item that is held or pinned (its `delete_at` differs from `expires_at`) is not changed.
- An expired item stays expired, also under a longer period.
- Only kinds of the register are changed, so the Ledger never is: no record class uses it.

Migrating stores items of earlier shapes in the current one, by the upcasts of their class (ADR 79). Only
attributes of the record and the number of the shape are changed, neither time is, and only if no attribute of
the item changed since it was read. An item that cannot be opened is counted and stays as it is.

Resealing lets old versions of the stage key be removed. Invariants: only the sealed attribute of an item is
changed, and only if it is still the one that was opened. A function that sealed it meanwhile used the version
that it has. An item without a sealed attribute (a used challenge) stays without.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.core import table
from chalicelib.core.sealing import SealingError
from chalicelib.core.table import Attr, Change, Conflict, Item, Key, Scan, Table, account_of, ends, visible
from chalicelib.privacy import bundles, codec, register, subject_keys
from chalicelib.privacy.periods import UntilErasure, UntilInstant
from chalicelib.privacy.personal import KeyClass, Record
from chalicelib.privacy.subject_keys import SubjectKeys

_TIMES = ("expires_at", "delete_at")

Apply = Callable[[Change], object]


class NotRedatable(ValueError):
    """The kind of record does not exist, or has no configurable period."""


class NotMigratable(ValueError):
    """The kind of record does not exist, or has had one shape only."""


class Overtaken(Conflict):
    """The item was changed, held or deleted after it was read."""


@dataclass(frozen=True)
class Progress:
    """The counts of a run so far, and the key after which it continues (None: it is complete)."""

    seen: int = 0
    moved: int = 0
    held: int = 0
    overtaken: int = 0
    unreadable: int = 0
    last: Key | None = None


def find_redatable(kind: str) -> type[Record]:
    """The record class of a kind that has a configurable period.

    Raises:
        NotRedatable: the kind has none; the text says why.
    """
    found = {record.declaration.kind: record for record in register.records()}.get(kind)
    if found is None:
        raise NotRedatable(f"{kind} is not a kind of record (the Ledger holds none, and is never re-dated)")
    retention = found.declaration.retention
    if isinstance(retention, UntilErasure | UntilInstant):
        raise NotRedatable(f"{kind} is kept {retention.plainly}, and so has no times")
    bounds = retention.period.bounds
    if bounds.minimum == bounds.maximum:
        raise NotRedatable(f"the period of {kind} can't be configured; its writer sets the end")
    return found


def redate(
    kind: type[Record], apply: Apply = table.write, after: Key | None = None, page: int | None = None
) -> Iterator[Progress]:
    """Give every item of a kind the times of its period; yields the progress after each page.

    Args:
        kind: the record class, as given by `find_redatable`.
        apply: makes one change; that of a dry run does nothing.
        after: the `last` of a run that stopped.
        page: the number of items that one call examines (None: one megabyte).

    Raises:
        Unavailable: DynamoDB refused or did not answer; the next run can continue after the last key yielded.
    """
    return _rewrite(kind, _redate_item, apply, after, page)


def _rewrite(
    kind: type[Record], rewrite: "_Rewrite", apply: Apply, after: Key | None, page: int | None
) -> Iterator[Progress]:
    so_far = Progress()
    for items, last in table.scan(Scan(kind.declaration.table, kind.declaration.kind, after, page)):
        for item in items:
            so_far = rewrite(replace(so_far, seen=so_far.seen + 1), kind, item, apply)
        so_far = replace(so_far, last=last)
        yield so_far


_Rewrite = Callable[[Progress, type[Record], Item, Apply], Progress]


def _redate_item(seen: Progress, kind: type[Record], item: Item, apply: Apply) -> Progress:
    if is_held(item):
        return replace(seen, held=seen.held + 1)
    return _applied(seen, redating_change(kind, item), apply)


def _applied(seen: Progress, change: Change | None, apply: Apply) -> Progress:
    if change is None:
        return seen
    try:
        apply(change)
    except Overtaken:
        return replace(seen, overtaken=seen.overtaken + 1)
    return replace(seen, moved=seen.moved + 1)


def is_held(item: Item) -> bool:
    """Return whether a hold or a pin moved `delete_at` away from `expires_at`."""
    return bool(item.get("expires_at") != item.get("delete_at"))


def redating_change(kind: type[Record], item: Item) -> Change | None:
    """The write that gives an item the times of its period; None if it has them, or needs none."""
    retention = kind.declaration.retention
    due = codec.times(codec.glance(kind, bundles.oldest(kind, item)))
    if isinstance(retention, UntilErasure | UntilInstant):
        return None
    if not due or (all(item.get(t) == due[t] for t in _TIMES) and ends.is_current(item)):
        return None
    unchanged = visible() & Attr(retention.since).eq(item[retention.since])
    for time in _TIMES:
        unchanged &= Attr(time).eq(item[time]) if time in item else Attr(time).not_exists()
    place = Key(kind.declaration.table, item["pk"], item.get("sk"))
    return Change(place, put=due, only_if=unchanged, conflict=Overtaken)


def find_migratable(kind: str) -> type[Record]:
    """The record class of a kind that upcasts earlier shapes.

    Raises:
        NotMigratable: there is none; the text says why.
    """
    found = {record.declaration.kind: record for record in register.records()}.get(kind)
    if found is None:
        raise NotMigratable(f"{kind} is not a kind of record")
    if not found.declaration.upcasts:
        raise NotMigratable(f"{kind} has had one shape only, so all its records have it")
    return found


def migrate(
    kind: type[Record], apply: Apply = table.write, after: Key | None = None, page: int | None = None
) -> Iterator[Progress]:
    """Store every item of a kind in the current shape; yields the progress after each page.

    A migration has ended when a run from the beginning moves none and finds none unreadable.

    Args:
        kind: the record class, as given by `find_migratable`.
        apply: makes one change; that of a dry run does nothing.
        after: the `last` of a run that stopped.
        page: the number of items that one call examines (None: one megabyte).

    Raises:
        Unavailable: as for `redate`.
    """
    return _rewrite(kind, _migrate_item, apply, after, page)


def _migrate_item(seen: Progress, kind: type[Record], item: Item, apply: Apply) -> Progress:
    try:
        change = _migrating_change(kind, item)
    except SealingError:
        return replace(seen, unreadable=seen.unreadable + 1)
    return _applied(seen, change, apply)


def _migrating_change(kind: type[Record], item: Item) -> Change | None:
    """The write that gives an item the current shape; None if it has that, or a later one.

    Raises:
        SealingError: the item cannot be opened.
    """
    if int(item.get("shape", 1)) >= codec.stamp(kind)["shape"]:
        return None
    place, subject = Key(kind.declaration.table, item["pk"], item.get("sk")), _subject(kind, item)
    rows = list(bundles.unpacked(kind, item))
    records = [codec.opened(kind, row, subject) for row in rows]
    written = bundles.pack(records) if kind.declaration.bundle else codec.to_item(records[0], place, subject)
    gone = {name for row in rows for name in row.keys() - codec.upcast(kind, row).keys()}
    unchanged: ConditionBase = (
        Attr("shape").eq(item["shape"]) if "shape" in item else Attr("shape").not_exists()
    )
    for name in item.keys() - place.attributes().keys() - {"shape"}:
        unchanged &= Attr(name).eq(item[name])
    return Change(
        place,
        put={name: value for name, value in written.items() if name not in _TIMES},
        drop=tuple(sorted(gone & item.keys())),
        only_if=unchanged,
        conflict=Overtaken,
    )


def _subject(kind: type[Record], item: Item) -> SubjectKeys | None:
    if kind.declaration.key_class is not KeyClass.SUBJECT:
        return None
    owner = account_of(item["pk"])
    return subject_keys.from_item(owner, table.get(subject_keys.key(owner)))


# Records of other classes are sealed under the subject's own key, of which only the wrapping uses the stage
# key.
RESEALED_CLASSES = frozenset({KeyClass.RETAINED, KeyClass.SHARED, KeyClass.TRANSIENT})


def resealable_kinds(records: Iterable[type[Record]]) -> dict[Table, dict[str, type[Record]]]:
    """The record classes that are sealed under the stage key, by table and kind."""
    found: dict[Table, dict[str, type[Record]]] = {}
    for record in records:
        if record.declaration.key_class in RESEALED_CLASSES:
            found.setdefault(record.declaration.table, {})[record.declaration.kind] = record
    return found


def reseal(kind: type[Record], item: Item) -> bool:
    """Seal an item under the current version; False if it was, or was written in the meantime.

    Raises:
        SealingError: the item cannot be opened.
    """
    resealed = codec.resealed(kind, item)
    if resealed is None:
        return False
    place = Key(kind.declaration.table, item["pk"], item.get("sk"))
    unchanged = Attr("sealed").eq(item["sealed"])
    return table.try_write(Change(place, put={"sealed": resealed}, only_if=unchanged))
