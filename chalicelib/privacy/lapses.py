"""Deletes the records of a purpose once its consent is withdrawn (RGT-7, ADR 28).

The records of a purpose are those whose class declares it, so a new record class is covered as soon as it is
defined. Pinned records are deleted too: a pin keeps records for a copy, and copies no longer disclose
these. Records under a hold are only hidden (ADR 31).

A run stops at its deadline and reports that it is incomplete. Deleted items stay deleted, so the next run
continues where the last one stopped, even if that one was killed.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock, table
from chalicelib.core.batches import batched
from chalicelib.core.ids import AccountId
from chalicelib.core.table import WRITES_PER_CALL, Change, Expired, Key, Query, partition_of
from chalicelib.privacy import pins, register
from chalicelib.privacy.periods import After
from chalicelib.privacy.purposes import Purpose


@dataclass(frozen=True)
class Deleted:
    """The number of items that a run deleted, and whether none is left."""

    items: int
    complete: bool


def delete(
    account_id: AccountId,
    purpose: Purpose,
    before: datetime,
    deadline: datetime,
    held: Collection[str] = (),
) -> Deleted:
    """Delete a subject's records of a purpose from before an instant, until a deadline.

    It is idempotent and may run concurrently.

    Args:
        account_id: the subject's account.
        purpose: a purpose that needs consent.
        before: records of this instant or later are kept. An item of several records has the instant of its
            oldest one.
        deadline: when this run stops, after the call that is in progress.
        held: the kinds that a hold keeps. They are hidden at once, and deleted when the hold ends.

    Raises:
        Unavailable: a table does not answer; deleted items stay deleted.
    """
    items = 0
    for batch in batched(_older(account_id, purpose, before, held), WRITES_PER_CALL):
        table.delete_all([one.key for one in batch if one.kind not in held])
        for one in batch:
            if one.kind in held:
                _hide(one.key)
        items += len(batch)
        if clock.now() >= deadline:
            return Deleted(items, complete=False)
    return Deleted(items, complete=True)


@dataclass(frozen=True)
class _Lapsed:
    key: Key
    kind: str


def _hide(key: Key) -> None:
    """Let a held item expire now. It stays stored as long as the hold's job pins it, and no longer."""
    now = clock.now()
    times = {"expires_at": clock.to_epoch(now), "delete_at": clock.to_epoch(now + pins.HELD_AHEAD)}
    table.try_write(Change(key, put=times))  # refused if it has expired, or was deleted


def _older(
    account_id: AccountId, purpose: Purpose, before: datetime, held: Collection[str]
) -> Iterator[_Lapsed]:
    """Yield a purpose's records before an instant, by table, also expired ones unless they are held."""
    resting = [r.declaration for r in register.records() if r.declaration.purpose is purpose]
    begins = {d.kind: d.retention.since for d in resting if isinstance(d.retention, After)}
    attributes = ("kind", *dict.fromkeys(begins.values()))
    now = clock.to_epoch(clock.now())
    for place in dict.fromkeys(declaration.table for declaration in resting):
        stored = Query(place, partition_of(account_id), expired=Expired.INCLUDED, attributes=attributes)
        for item in table.query(stored):
            kind = item.get("kind", "")
            began = begins.get(kind)
            hidden = kind in held and item.get("expires_at", now + 1) <= now
            if began and not hidden and str(item.get(began, "")) < clock.to_text(before):
                yield _Lapsed(Key(place, item["pk"], item["sk"]), kind)
