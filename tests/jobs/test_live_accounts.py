"""Tests the index of live accounts: each account is in one shard and is read once."""

from __future__ import annotations

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts import store
from chalicelib.core.ids import AccountId
from tests.support.clouds import cloud
from tests.support.world.world import World


def test_accounts_spread_over_all_shards() -> None:
    shards = [store.shard_of(AccountId.new()) for _ in range(2000)]
    assert set(shards) == set(accounts.SHARDS)
    assert max(shards.count(shard) for shard in accounts.SHARDS) < 100


def test_reading_all_pages_returns_every_account_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SHARDS", ("00",))
    ids = {world.a_user().account_id for _ in range(5)}
    seen: list[AccountId] = []
    while page := accounts.live_accounts("00", seen[-1] if seen else None, 2):
        seen += page
    assert seen == sorted(ids)


def test_only_the_account_item_is_in_the_index(world: World) -> None:
    world.a_user()
    assert {item["sk"]["S"] for item in cloud.all_items() if "live" in item} == {"account"}
