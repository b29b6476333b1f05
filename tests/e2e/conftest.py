"""Fixtures: one local cloud with IAM enforced, for all tests that can share it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local.cloud import LocalCloud, local_cloud
from infra.local.tour.phone import Phone
from tests.support.restored import restored_process


@pytest.hookimpl(tryfirst=True)  # before pytest evaluates `-m`
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder `cloud`."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.cloud)


@pytest.fixture(autouse=True)
def restore_process() -> Iterator[None]:
    """Restore the process after each test, since some tests let it act as a function."""
    with restored_process():
        yield


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    with local_cloud() as running:
        yield running


@pytest.fixture(scope="session")
def numbers() -> Iterator[str]:
    """Return unused mobile numbers."""
    return (f"+3816{n:08}" for n in itertools.count(20_000_000))


@pytest.fixture(scope="session")
def a_phone(cloud: LocalCloud, numbers: Iterator[str]) -> Callable[[], Phone]:
    """Return a person who has just installed the app."""
    return lambda: Phone(cloud.state.api_url, next(numbers), cloud.texts_to)


@pytest.fixture(scope="session")
def mila(a_phone: Callable[[], Phone]) -> Phone:
    """Return a signed-up user who stays signed in."""
    phone = a_phone()
    phone.sign_up("Mila")
    return phone
