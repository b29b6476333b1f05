"""Tests that a world which begins with copies is like one in which each step was made anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.clouds import cloud
from tests.support.world.world import NOON, User, World, a_world


def unchanged() -> bool:
    return False


def kinds() -> list[str]:
    return sorted(item["kind"]["S"] for item in cloud.all_items() if "kind" in item)


def test_copy_has_the_items_texts_and_log_lines_of_a_signup_made_anew() -> None:
    ends: list[Any] = []
    for changed in (None, unchanged, unchanged):
        with a_world(changed) as world:
            mila = world.a_user().is_stepped_up()
            lines = [line["message"] for line in world.log_lines]
            ends.append((kinds(), len(world.messages_to(mila.phone)), lines, mila.profile().keys()))
    assert ends[0] == ends[1] == ends[2]


def test_copies_are_one_user_whose_session_works() -> None:
    with a_world(unchanged) as world:
        mila = world.a_user()
        assert mila.gets("/v1/profile").status == 200
        assert mila.changes(name="Mila").status == 200
    with a_world(unchanged) as world:
        same = world.a_user()
        assert same.user_id == mila.user_id
        assert "name" not in same.profile()  # nothing of the earlier world but the step


def test_second_user_of_a_world_is_another_one() -> None:
    for _ in range(2):
        with a_world(unchanged) as world:
            mila, vuk = world.a_user(), world.a_user()
            assert mila.user_id != vuk.user_id
            assert vuk.gets("/v1/profile").status == 200
            assert mila.gets("/v1/profile").status == 200


def used_copy(world: World) -> bool:
    """Return whether the next signup of the world is a copy."""
    made: list[World] = []

    def make(world: World) -> User:
        made.append(world)
        return world.a_user(phone="+381601234567")

    world.begin(make)
    return not made


@pytest.fixture(autouse=True)
def begun() -> None:
    """Make the step of `used_copy` known."""
    with a_world(unchanged) as world:
        used_copy(world)
    with a_world(unchanged) as world:
        assert used_copy(world)


def test_step_is_made_anew_if_the_test_replaced_code() -> None:
    with a_world(lambda: True) as world:
        assert not used_copy(world)


def test_step_is_made_anew_after_any_other_call() -> None:
    with a_world(unchanged) as world:
        cloud.items_of("accounts")
        assert not used_copy(world)


def test_step_is_made_anew_while_calls_are_counted_or_fail() -> None:
    for hooks in (cloud.counted(), cloud.failing("sns", "Publish", OSError(), times=0)):
        with a_world(unchanged) as world, hooks:
            assert not used_copy(world)


def test_step_is_made_anew_at_another_time_or_with_another_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_world(unchanged) as world:
        world.advance(timedelta(seconds=1))
        assert world.now != NOON
        assert not used_copy(world)
    with a_world(unchanged) as world:
        monkeypatch.setenv("RU4M_VERSION", "another")
        assert not used_copy(world)
