"""The world of the budget tests: each step is made anew, so its container keeps the keys that it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.world.world import a_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.world.world import World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with a_world() as fresh:
        yield fresh
        monkeypatch.undo()  # before the world restores the policy that a test replaced
