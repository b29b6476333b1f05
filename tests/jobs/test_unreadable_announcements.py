"""Tests that an unreadable announcement or progress record is counted and delays no other."""

from __future__ import annotations

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts import store as accounts_store
from chalicelib.consents.notices import store
from chalicelib.core import clock
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Table
from tests.support.cases.copies import damage
from tests.support.jobs import workers
from tests.support.world.notices import DAY, a_version, publish, record_announcement
from tests.support.world.world import User, World

NEWER = a_version("2026-12-24", announced_for=60 * DAY)


def announced(user: User) -> bool:
    return store.announcement(AccountId(user.account_id), NEWER.version) is not None


def run() -> None:
    workers.announce()


@pytest.mark.promise("NOT-1")
def test_unreadable_announcement_does_not_delay_other_accounts(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(accounts, "SHARDS", ("00",))
    monkeypatch.setattr(accounts_store, "SHARDS", ("00",))
    users = [world.a_user() for _ in range(3)]
    publish(monkeypatch, NEWER)
    record_announcement(users[1], NEWER.version, clock.now())
    damage(Table.ACCOUNTS, f"A#{users[1].account_id}", f"announcement#{NEWER.version}", state="?")
    run()
    assert (announced(users[0]), announced(users[2])) == (True, True)
    assert '"RecordUnreadable":[1.0]' in capsys.readouterr().out


@pytest.mark.promise("NOT-1")
def test_shard_with_an_unreadable_progress_record_does_not_delay_others(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(accounts, "SHARDS", ("00", "01"))
    monkeypatch.setattr(accounts_store, "SHARDS", ("00",))
    vuk = world.a_user()
    monkeypatch.setattr(accounts_store, "SHARDS", ("01",))
    mila = world.a_user()
    publish(monkeypatch, NEWER)
    store.lease(NEWER.version, "00", None, world.now)
    damage(Table.CHALLENGES, f"announcement_progress#{NEWER.version}#00", None, touched_at="no time")
    run()
    assert (announced(vuk), announced(mila)) == (False, True)
    assert '"RecordUnreadable":[1.0]' in capsys.readouterr().out
