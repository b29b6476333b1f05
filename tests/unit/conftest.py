"""Unit tests have no network access, not even to this machine, and take as long as a busy machine needs."""

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import disable_socket

# Hypothesis's own deadline of 200 ms, and its limit for drawing examples, are of the wall clock.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def no_network() -> None:
    disable_socket(allow_unix_socket=True)
