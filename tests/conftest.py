"""The environment of every suite, and the world of those that run in process."""

from __future__ import annotations

import gc
import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import patches
from tests.support.clouds import environment

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tests.support.world.operators import Operator
    from tests.support.world.world import World

# Before anything of ours is imported: settings are read once.
os.environ.update(environment.variables())
os.environ.pop("AWS_PROFILE", None)
os.environ.pop("RU4M_FUNCTION", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--crash-at", default="", help="one point of tests/faults: its number, or part of its name"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Judge calls by policies; collect no garbage while tests are collected, since all of it stays in use."""
    from tests.support.roles import plugin  # after the environment is set

    config.pluginmanager.register(plugin, "judged-calls")
    gc.disable()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, obj: object) -> Generator[None, Any, Any]:
    """Make no tests of the proof for a run without them: schemathesis generates inputs as it collects.

    A test that is named by itself is collected, so that pytest reports it as deselected.
    """
    made = yield
    option, args = collector.config.option, collector.config.args
    if option.markexpr != "not proof" or any("::" in one for one in args):
        return made
    marks = (*collector.iter_markers("proof"), *getattr(obj, "pytestmark", ()))
    return [] if any(mark.name == "proof" for mark in marks) else made


def pytest_collection_finish() -> None:
    """Keep what was collected out of every later collection, each of which would read it.

    Also let typer's runner build each command line once, not at each call, and all sessions of botocore share
    the models of services that they read.
    """
    for module, function in (("typer.testing", "_get_command"), ("botocore.session", "create_loader")):
        if imported := sys.modules.get(module):
            names = vars(imported)
            names[function] = cache(names[function])
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.support.scheduling import scheduling

    return scheduling(config, log)


@pytest.fixture(autouse=True)
def patches_of_helpers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with patches.used(monkeypatch):
        yield


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A fresh world; imported late, since moto takes a second and not every suite needs it."""
    from tests.support.world.world import a_world

    def changed() -> bool:
        others = [mapping for mapping, *_ in monkeypatch._setitem if mapping is not os.environ]
        return bool(monkeypatch._setattr or others)

    with a_world(changed) as fresh:
        yield fresh
        # Before moto ends: a variable of the test's own may have replaced one of moto's.
        monkeypatch.undo()


@pytest.fixture
def alice(world: World) -> Operator:
    return world.an_operator("alice")


@pytest.fixture
def bob(world: World) -> Operator:
    return world.an_operator("bob")


@pytest.fixture
def ana(world: World) -> Operator:
    return world.an_operator("ana")
