"""A username after a restore and after an erasure: of the profile that has it, and of one account (ACC-3)."""

from __future__ import annotations

import pytest

from chalicelib.accounts.profiles import service as profiles
from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.core import needs
from chalicelib.core.ids import AccountId
from chalicelib.core.table_names import Table
from chalicelib.core.transactions import commit
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.request.terms import Status
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure, stored, work
from tests.support.cases.logins import NAME, logs_in, mila_with_password, sets_password
from tests.support.cases.restores import Backup
from tests.support.clouds import cloud
from tests.support.world.world import User, World

pytestmark = [pytest.mark.usefixtures("services"), pytest.mark.promise("ACC-3")]


@pytest.mark.parametrize("table", [Table.ACCOUNTS, Table.CLAIMS])
def test_claim_on_a_username_follows_the_profile(world: World, table: Table) -> None:
    mila = mila_with_password(world)
    backup = Backup.made()
    assert sets_password(mila, username="vidra").status == 204
    with backup.restored(table) as restore:
        assert restore.replay().status == 0
        kept, freed = (NAME, "vidra") if table is Table.ACCOUNTS else ("vidra", NAME)
        assert logs_in(world, name=freed).status == 202
        mila.verified["session"] = logs_in(world, name=kept).json["session"]
        assert mila.profile()["username"] == kept
        assert sets_password(world.a_user(), username=freed).status == 204


def test_username_of_another_account_is_taken_off(world: World) -> None:
    mila_with_password(world)
    other = world.a_user()
    with Backup.made().restored(Table.ACCOUNTS) as restore:
        give_name(other)
        assert restore.replay().status == 0
        assert "username" not in other.profile()
        assert logs_in(world).status == 200


def test_erasure_of_the_account_releases_its_username(world: World, stream: Emulator) -> None:
    mila = a_subject(world)
    assert sets_password(mila).status == 204
    request_id = asks_for_erasure(mila, waive_grace=True)
    work(world, request_id)
    assert stored(request_id).status is Status.COMPLETED
    (claim,) = [one for one in cloud.records("claim") if one["pk"]["S"].startswith("username#")]
    assert "account_id" not in claim
    assert sets_password(world.a_user()).status == 204


def give_name(user: User) -> None:
    """Store a name without a claim, as a backup from another moment than that of Claims has it."""
    (row,) = needs.read_accounts([AccountId(user.account_id)], (PROFILE, DATA_KEY))
    profile = row[PROFILE]
    assert profile
    commit(profiles.username_change(profile, NAME, row[DATA_KEY]))
