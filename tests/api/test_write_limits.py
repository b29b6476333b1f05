"""Writes of an account are limited per account, as their routes declare."""

import pytest

from chalicelib.core.settings import settings
from tests.support.world import World


def test_profile_changes_over_the_daily_limit_are_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RU4M_LIMIT_PROFILE_CHANGES_DAY", "2")
    settings.cache_clear()
    mila, vuk = world.a_user(), world.a_user()
    assert [mila.changes(f'"{n}"', name=f"Mila {n}").status for n in (1, 2)] == [200, 200]
    refused = mila.changes('"3"', name="Mila 3")
    assert (refused.status, refused.problem) == (429, "too_many_requests")
    assert refused.json["limit"] == "profile_changes"
    assert refused.json["retry_after"] > 0
    assert vuk.changes('"1"', name="Vuk").status == 200
