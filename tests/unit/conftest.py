"""Unit tests have no network access, not even to this machine, and take as long as a busy machine needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import disable_socket

if TYPE_CHECKING:
    from tests.support.world.world import World

# Hypothesis's own deadline of 200 ms, and its limit for drawing examples, are of the wall clock.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def no_network() -> None:
    disable_socket(allow_unix_socket=True)


@pytest.fixture
def archived(world: World) -> None:
    """Create the archive of checkpoints."""
    from tests.support.world.ledger import create_archive

    create_archive()


@pytest.fixture
def forget_test_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the test's classes from the register."""
    from chalicelib.privacy import personal, register

    monkeypatch.setattr(personal, "_records", list(register.records()))
