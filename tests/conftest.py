"""The environment of every suite, and the world of those that run in process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.world import World

# Before anything of ours is imported: settings are read once.
os.environ.update(environment.variables())
os.environ.pop("AWS_PROFILE", None)
os.environ.pop("RU4M_FUNCTION", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--crash-at", default="", help="one point of tests/faults: its number, or part of its name"
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.support.scheduling import scheduling

    return scheduling(config, log)


@pytest.fixture
def world() -> Iterator[World]:
    """A fresh world; imported late, since moto takes a second and not every suite needs it."""
    from tests.support.world import a_world

    with a_world() as fresh:
        yield fresh
