"""Runs the purge, and stores items of any end for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chalicelib.core import clock, table
from chalicelib.core.table import Attr, Change, Item, Key, Reindex, Table
from chalicelib.retention.jobs import purge_expired
from chalicelib.retention.purge.store import lanes
from tests.support.clouds import cloud
from tests.support.world.builders import a_schedule_event

LAG = timedelta(minutes=45)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

_WITHOUT_SORT_KEY = {Table.CLAIMS, Table.CHALLENGES}


FEW = ("00", "01")  # shards; each needs a query per lane and day, and moto's are slow


def purge(**event: Any) -> dict[str, int]:
    """Run the job as Lambda does; returns its counts."""
    done: dict[str, int] = purge_expired(a_schedule_event() | event, None)
    return done


def purged_until(instant: datetime) -> None:
    """Record that runs found nothing until an instant; to query each hour of a year takes a minute."""
    for lane in lanes():
        leased = lane.progress.lease(clock.now() + HOUR)
        lane.progress.release(leased, clean_before=instant.replace(hour=0, minute=0, second=0, microsecond=0))


def purge_key(place: Table, name: str) -> Key:
    """Return a key of a table for an item of a test."""
    return Key(place, f"test#{name}", None if place in _WITHOUT_SORT_KEY else "test")


def store_ended(place: Table, name: str, ago: timedelta = DAY, pinned: timedelta = timedelta()) -> Key:
    """Store an item that ended some time ago, and that a pin may keep until a time from now."""
    key, end = purge_key(place, name), clock.to_epoch(clock.now() - ago)
    table.put_all(place, [(key, {"kind": "test", "expires_at": end, "delete_at": end})])
    if pinned:
        kept = clock.to_epoch(clock.now() + pinned)
        earlier = Attr("delete_at").lt(kept)
        later = {"put": {"delete_at": kept}, "only_if": earlier, "reindex": Reindex.WHEN_DUE}
        table.write(Change(key, **later))
    return key


def stored(place: Table) -> list[str]:
    """Return the partition keys of a test's items in a table, also of expired ones."""
    items: list[Item] = [
        table.items.plain(raw) for raw in cloud.items_of(place) if raw["pk"]["S"].startswith("test#")
    ]
    return sorted(item["pk"].removeprefix("test#") for item in items)
