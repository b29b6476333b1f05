"""A replay that is killed at any write, and run again, ends like an undisturbed one (RGT-3)."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from typing import Any

import pytest

from chalicelib.core.settings import settings
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure, at_step, cancels, work
from tests.support.cases.restores import IN_BACKUPS, Backup
from tests.support.clouds import cloud
from tests.support.faults.crash import How, Killed, Point, Watch
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


def stored() -> list[dict[str, Any]]:
    """Return what the restored tables have; what is sealed again differs each time."""
    names = {settings().table(table) for table in IN_BACKUPS}
    assert all(name.endswith("-restored") for name in names)
    items = [
        {name: value for name, value in item.items() if name != "sealed"}
        for item in cloud.all_items()
        if not str(item["pk"]["S"]).startswith(("rights#", "consent#", "tombstone#"))
    ]
    return sorted(items, key=str)


@pytest.mark.promise("RGT-3")
def test_replay_killed_after_any_write_ends_like_an_undisturbed_one(world: World) -> None:
    backup = a_backup(world)
    with backup.restored(*IN_BACKUPS) as restore:
        assert restore.replay().status == 0
        undisturbed = stored()
    for number in count():
        watch = Watch(Point(number, How.KILLED))
        with backup.restored(*IN_BACKUPS) as restore:
            with watch.on(), suppress(Killed):
                watch.process(restore.replay)
            done = restore.replay()
            assert (done.status, done.survivors) == (0, 0), (number, done.lines)
            assert stored() == undisturbed, number
        if not watch.reached:
            break
    assert number > 15
