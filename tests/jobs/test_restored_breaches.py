"""A restored table has breaches in an older state: the replay names them, and nobody is notified twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts import store as accounts_store
from chalicelib.core.table_names import Table
from tests.support.cases import complaints
from tests.support.cases.breaches import (
    TEXTS,
    an_announced_breach,
    assess,
    begins_notices,
    notifies,
    opens,
    run,
)
from tests.support.cases.copies import damage
from tests.support.cases.erasure_requests import erasable
from tests.support.cases.restores import Backup
from tests.support.world.operators import Operator
from tests.support.world.world import World

pytestmark = pytest.mark.promise("SEC-4")


@pytest.fixture(autouse=True)
def services(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (accounts, accounts_store):
        monkeypatch.setattr(module, "SHARDS", ("00",))
    with erasable():
        yield


def test_breach_recorded_after_the_backup_is_named_by_the_replay(alice: Operator) -> None:
    backup = Backup.made()
    breach_id = opens(alice)
    with backup.restored(Table.RIGHTS) as restore:
        done = restore.replay()
        assert (done.status, done.has(breach_id)) == (3, True)


def test_breach_that_changed_after_the_backup_is_named_and_any_other_is_not(alice: Operator) -> None:
    changed, same = opens(alice), opens(alice)
    backup = Backup.made()
    notifies(alice, changed)
    with backup.restored(Table.RIGHTS) as restore:
        done = restore.replay()
        assert (done.status, done.has(changed), done.has(same)) == (3, True, False)


@pytest.mark.promise("RGT-10")
def test_complaint_that_changed_after_the_backup_is_named(world: World, alice: Operator) -> None:
    asked = world.a_user().is_stepped_up().exercises("access").json["rights_request_id"]
    changed, same = (complaints.records(alice, asked, **more).json["id"] for more in ({}, complaints.LETTER))
    backup = Backup.made()
    complaints.proposes(alice, changed)
    with backup.restored(Table.RIGHTS) as restore:
        done = restore.replay()
        assert (done.status, done.has(changed), done.has(same)) == (3, True, False)


def test_altered_breach_is_named_and_does_not_stop_a_replay(alice: Operator) -> None:
    breach_id = opens(alice)
    backup = Backup.made()
    with backup.restored(Table.RIGHTS) as restore:
        damage(Table.RIGHTS, f"B#{breach_id}", "breach", status="no such status")
        assert restore.replay().has(breach_id)


def test_people_are_not_notified_again_after_a_restore(world: World, alice: Operator, bob: Operator) -> None:
    mila = world.a_user()
    breach_id = opens(alice)
    assess(alice, bob, breach_id, "high", audience="all", texts=TEXTS)
    backup = Backup.made()
    begins_notices(alice, breach_id)
    run()
    first = mila.gets("/v1/breach-notices").json["items"]
    with backup.restored(Table.RIGHTS):
        assert begins_notices(alice, breach_id).status == 200
        run()
        assert mila.gets("/v1/breach-notices").json["items"] == first != []


def test_notices_of_two_breaches_are_both_shown(world: World, alice: Operator, bob: Operator) -> None:
    mila = world.a_user()
    made = {an_announced_breach(alice, bob) for _ in range(2)}
    run()
    assert {one["breach_notice_id"] for one in mila.gets("/v1/breach-notices").json["items"]} == made
