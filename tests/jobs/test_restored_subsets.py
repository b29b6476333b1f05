"""After a restore of any tables that the command accepts, what people did since the backup holds (ADR 66)."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.table_names import Table
from infra.ops.data.restores import RestoredTables, RestoreMalformed
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure, work
from tests.support.cases.restores import IN_BACKUPS, Backup
from tests.support.clouds import cloud
from tests.support.world.builders import a_device, a_phone, an_address
from tests.support.world.world import World

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("services")]


def is_accepted(tables: tuple[Table, ...]) -> bool:
    try:
        RestoredTables.parse([f"{table}={table}-restored" for table in tables], ())
    except RestoreMalformed:
        return False
    return True


def subsets() -> list[tuple[Table, ...]]:
    """Return the sets of tables that `replay-erasures` accepts."""
    sizes = range(1, len(IN_BACKUPS) + 1)
    return list(filter(is_accepted, chain.from_iterable(combinations(IN_BACKUPS, size) for size in sizes)))


@pytest.mark.promise("ACC-1", "RGT-3", "RGT-7")
@pytest.mark.parametrize("tables", subsets(), ids="_".join)
def test_changes_erasures_and_withdrawals_since_the_backup_hold(
    world: World, tables: tuple[Table, ...]
) -> None:
    erased, mila, vuk = a_subject(world), a_subject(world), a_subject(world)
    backup = Backup.made()
    world.advance(MINUTE)
    stolen, own = mila.phone, a_phone()
    mila.changes_number(own)
    mailbox = vuk.verified["address"]
    vuk.has_email(an_address())
    assert vuk.changes(locale="en").status == 200
    vuk.withdraws("analytics")
    work(world, asks_for_erasure(erased, waive_grace=True), within=4 * DAY)

    with backup.restored(*tables) as restore:
        done = restore.replay()
        assert (done.status, done.survivors) == (0, 0), done.lines
        assert restore.replay().survivors == 0
        world.advance(4 * DAY)

        thief, returned = world.a_user(stolen, a_device()), world.a_user(own, a_device())
        assert thief.account_id != mila.account_id
        assert returned.user_id == mila.user_id
        assert world.a_user(erased.phone, a_device()).user_id != erased.user_id
        assert not any(erased.user_id in str(item) for item in cloud.records("account"))
        vuk = world.a_user(vuk.phone, a_device())
        shown = vuk.profile()
        assert shown["locale"] == "en"
        assert shown.get("email") != mailbox
        (analytics, *_) = vuk.gets("/v1/consents").json["items"]
        assert (analytics["purpose"], analytics["state"]) == ("analytics", "withdrawn")


def test_at_least_the_account_with_its_claims_can_be_restored() -> None:
    assert (Table.ACCOUNTS, Table.CLAIMS) in subsets()
    assert len(subsets()) == 11
