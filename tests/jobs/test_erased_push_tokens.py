"""Push tokens and their claims go with the account, and come back with no backup (RGT-3, ADR 109)."""

import pytest

from chalicelib.accounts.push_tokens import service
from chalicelib.core.errors import Unavailable
from chalicelib.core.table_names import Table
from chalicelib.privacy.plans import holdable
from chalicelib.privacy.purposes import Practice
from chalicelib.privacy.register import records
from tests.support import patches
from tests.support.cases.erasure_outcomes import certificate_of
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure, at_step, work
from tests.support.cases.push_tokens import claimed, registers
from tests.support.cases.restores import Backup
from tests.support.clouds import cloud
from tests.support.world.practices import describe
from tests.support.world.world import User, World

pytestmark = [pytest.mark.promise("RGT-3"), pytest.mark.usefixtures("services")]


@pytest.fixture
def mila(world: World) -> User:
    """Return a user with a push token."""
    describe(Practice.NOTIFYING)
    user = a_subject(world)
    assert registers(user).status == 200
    return user


def test_freeze_of_an_erasure_deletes_token_and_claim(world: World, mila: User) -> None:
    work(world, asks_for_erasure(mila), at_step("grace"))
    assert (cloud.records("push_devices"), claimed()) == ([], [])


def test_erasure_deletes_and_certifies_what_the_logout_left(world: World, mila: User) -> None:
    patches.fail_at(service, "forget_sessions", Unavailable)
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("grace"))
    assert claimed() == [mila.session["session_id"]]
    work(world, request_id)
    assert (cloud.records("push_devices"), claimed()) == ([], [])
    deleted = {one.records: one.count for one in certificate_of(request_id).deleted}
    assert {"push_claim": 1, "push_devices": 1}.items() <= deleted.items()


def test_no_hold_keeps_tokens() -> None:
    assert "push_devices" not in holdable(records())


@pytest.mark.proof
@pytest.mark.parametrize("table", [Table.ACCOUNTS, Table.CLAIMS])
def test_tokens_and_claims_of_a_backup_do_not_come_back(mila: User, table: Table) -> None:
    backup = Backup.made()
    with backup.restored(table) as restore:
        before = len(claimed())
        assert restore.dry_run().status == 0
        assert len(claimed()) == before == 1
        assert restore.replay().status == 0
        assert (cloud.records("push_devices"), claimed()) == ([], [])
