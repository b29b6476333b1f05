"""Re-dating: after a period was configured anew, items that stand get the times that it asks for now.

An item's times follow from its own clear instant (`since`) and the configured period, so no key is needed
and a run may be killed and started again: what has its times is left alone. What must always hold:

- An item that somebody holds (its `delete_at` differs from `expires_at`) is not touched.
- An item that changed since it was read is not touched; whoever changed it dated it.
- What has expired stays expired, also under a longer period.
- Nothing outside the register is touched, so the Ledger never is: it holds no records.

Run it when every function has the new configuration, or an old one dates by the old period meanwhile.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from chalicelib.core import table
from chalicelib.core.table import Attr, Change, Conflict, Item, Key, Scan, visible
from chalicelib.privacy import bundles, codec, register
from chalicelib.privacy.periods import UntilErasure
from chalicelib.privacy.personal import Record

_TIMES = ("expires_at", "delete_at")

Apply = Callable[[Change], object]


class NotRedatable(ValueError):
    """There is no such kind of record, or nothing about its times is configured."""


class Overtaken(Conflict):
    """The item was changed, held or deleted since it was read."""


@dataclass(frozen=True)
class Progress:
    """What a run has done so far, and after which place it goes on (None: it is through)."""

    seen: int = 0
    moved: int = 0
    held: int = 0
    overtaken: int = 0
    last: Key | None = None


def find_redatable(kind: str) -> type[Record]:
    """The record class of a kind whose period is configured.

    Raises:
        NotRedatable: with the reason.
    """
    found = {record.declaration.kind: record for record in register.records()}.get(kind)
    if found is None:
        raise NotRedatable(f"{kind} is no kind of record (the Ledger holds none, and is never re-dated)")
    retention = found.declaration.retention
    if isinstance(retention, UntilErasure):
        raise NotRedatable(f"{kind} is kept {retention.plainly}, which no time on it says")
    bounds = retention.period.bounds
    if bounds.least == bounds.most:
        raise NotRedatable(f"the period of {kind} can't be configured, and its writer sets the end")
    return found


def redate(
    kind: type[Record], apply: Apply = table.write, after: Key | None = None, page: int | None = None
) -> Iterator[Progress]:
    """Give every item of a kind the times of its period; what was done so far, after each page.

    Args:
        kind: the record class, as `find_redatable` gives it.
        apply: does one change; a dry run has one that does nothing.
        after: the `last` of a run that stopped.
        page: how many items one call looks at (None: one megabyte).

    Raises:
        Unavailable: DynamoDB refused or did not answer; go on after the last place that was told.
    """
    so_far = Progress()
    for items, last in table.scan(Scan(kind.declaration.table, kind.declaration.kind, after, page)):
        for item in items:
            so_far = _redate_item(so_far, kind, item, apply)
        so_far = replace(so_far, last=last)
        yield so_far


def _redate_item(so_far: Progress, kind: type[Record], item: Item, apply: Apply) -> Progress:
    seen = replace(so_far, seen=so_far.seen + 1)
    if is_held(item):
        return replace(seen, held=seen.held + 1)
    change = redating_change(kind, item)
    if change is None:
        return seen
    try:
        apply(change)
    except Overtaken:
        return replace(seen, overtaken=seen.overtaken + 1)
    return replace(seen, moved=seen.moved + 1)


def is_held(item: Item) -> bool:
    """Whether somebody moved the end of an item's storage away from the end of its visibility."""
    return bool(item.get("expires_at") != item.get("delete_at"))


def redating_change(kind: type[Record], item: Item) -> Change | None:
    """The write that gives an item the times of its period; None if it has them, or none yet."""
    retention = kind.declaration.retention
    due = codec.times(codec.glance(kind, bundles.oldest(kind, item)))
    if isinstance(retention, UntilErasure) or not due or all(item.get(t) == due[t] for t in _TIMES):
        return None
    unchanged = visible() & Attr(retention.since).eq(item[retention.since])
    for time in _TIMES:
        unchanged &= Attr(time).eq(item[time]) if time in item else Attr(time).not_exists()
    place = Key(kind.declaration.table, item["pk"], item.get("sk"))
    return Change(place, put=due, only_if=unchanged, conflict=Overtaken)
