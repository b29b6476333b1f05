"""A replay that is killed at any write, and run again, ends like an undisturbed one (RGT-3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count
from typing import Any

import pytest

from chalicelib.core import table
from chalicelib.core.clock import DAY
from chalicelib.core.settings import settings
from chalicelib.core.table import Key
from chalicelib.core.table_names import Table
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure, at_step, cancels, work
from tests.support.cases.restores import IN_BACKUPS, Backup
from tests.support.clouds import cloud
from tests.support.faults.crash import How, Killed, Point, Watch
from tests.support.world.builders import a_device, a_phone, an_address
from tests.support.world.world import World

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("services")]


def a_backup(world: World) -> Backup:
    """Return backups of before one erasure, and of amid others: one captured, cancelled or pending later."""
    erased, captured, cancelled, pending, vuk = (a_subject(world) for _ in range(5))
    requests = {user.user_id: asks_for_erasure(user) for user in (captured, cancelled, pending)}
    for request_id in requests.values():
        work(world, request_id, at_step("grace"))
    backup = Backup.made()
    vuk.withdraws("analytics")
    work(world, requests[captured.user_id], at_step("delete_at_stream"))
    cancels(cancelled, requests[cancelled.user_id])
    work(world, requests[cancelled.user_id])
    work(world, asks_for_erasure(world.a_user(erased.phone).is_stepped_up()))
    return backup


def a_backup_before_changes(world: World) -> Backup:
    """Return a backup; since then one number went from one user to another, and a mailbox changed.

    The backup lacks one user, and the marks of one change are lost. In it the number of one is disputed.
    """
    unused = world.a_user()
    world.advance(90 * DAY)
    world.a_user(unused.phone, a_device())
    giver, taker, mila, loser = (world.a_user() for _ in range(4))
    mila.has_email(an_address())
    backup = Backup.made()
    loser.changes_number(a_phone())
    table.delete_all(
        [Key(Table.USAGE, one["pk"]["S"], one["sk"]["S"]) for one in cloud.records("last_change")]
    )
    mila.has_email(an_address())
    number = giver.phone
    giver.changes_number(a_phone())
    taker.changes_number(number)
    world.a_user()
    return backup


def stored(tables: Iterable[Table]) -> list[dict[str, Any]]:
    """Return what the restored tables have; what is sealed again differs each time."""
    names = {settings().table(table) for table in tables}
    assert all(name.endswith("-restored") for name in names)
    items = [
        {name: value for name, value in item.items() if name not in {"sealed", *cloud.MARK}}
        for item in cloud.all_items()
        if not str(item["pk"]["S"]).startswith(("rights#", "consent#", "tombstone#", "changed_"))
    ]
    return sorted(items, key=str)


@pytest.mark.promise("RGT-3", "ACC-1")
@pytest.mark.parametrize(
    ("made", "tables", "at_least"),
    [(a_backup, IN_BACKUPS, 15), (a_backup_before_changes, (Table.ACCOUNTS, Table.CLAIMS), 12)],
    ids=["erasures", "changes"],
)
def test_replay_killed_after_any_write_ends_like_an_undisturbed_one(
    world: World, made: Callable[[World], Backup], tables: tuple[Table, ...], at_least: int
) -> None:
    backup = made(world)
    with backup.restored(*tables) as restore:
        assert restore.replay().status == 0
        undisturbed = stored(tables)
    for number in count():
        watch = Watch(Point(number, How.KILLED))
        with backup.restored(*tables) as restore:
            with watch.on(), suppress(Killed):
                watch.process(restore.replay)
            done = restore.replay()
            assert (done.status, done.survivors) == (0, 0), (number, done.lines)
            assert stored(tables) == undisturbed, number
        if not watch.reached:
            break
    assert number > at_least
