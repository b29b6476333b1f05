"""Tests that a replay reaches each account, although one read takes one account."""

import pytest

from chalicelib.consents import store as purposes
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import AccountId
from chalicelib.operations.restore import decisions
from chalicelib.privacy.purposes import Purpose
from infra.stream_emulator import Emulator
from tests.jobs.test_replay_erasures import ACCOUNT_TABLES
from tests.support.cases.restores import Backup
from tests.support.world.world import World

pytestmark = pytest.mark.usefixtures("services")


@pytest.mark.promise("RGT-6", "RGT-7")
def test_withdrawals_and_objections_of_all_accounts_are_applied_again(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "_ACCOUNTS_PER_READ", 1)
    users = [world.a_user() for _ in range(6)]
    for user in users:
        assert user.consents("analytics").status == 200
    world.advance(MINUTE)
    backup = Backup.made()
    world.advance(MINUTE)
    for user in users:
        assert user.withdraws("analytics").status == 200
        assert user.exercises("marketing_objection").status == 202
    with backup.restored(*ACCOUNT_TABLES) as restore:
        assert restore.replay().status == 0
        decided = [purposes.read(AccountId(user.account_id)) for user in users]
    found = [(one.consents[Purpose.ANALYTICS].state, set(one.objected)) for one in decided if one]
    assert found == [("withdrawn", {Purpose.MARKETING, Purpose.PERSONALISED_ADS})] * 6
