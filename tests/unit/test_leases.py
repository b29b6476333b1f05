"""Tests when a stored lease is respected."""

from datetime import timedelta

import pytest

from chalicelib.core import clock
from chalicelib.core.clock import HOUR, MINUTE
from chalicelib.privacy.leases import is_leased
from tests.support.world.world import World

LENGTH, SECOND = 6 * MINUTE, timedelta(seconds=1)


@pytest.mark.parametrize(
    ("ends_in", "leased"),
    [
        (timedelta(), False),
        (SECOND, True),
        (LENGTH, True),
        (LENGTH + HOUR, True),  # clocks of two workers differ
        (LENGTH + HOUR + SECOND, False),  # a clock had jumped ahead
    ],
)
def test_lease_holds_until_its_end_unless_that_is_too_far_ahead(
    world: World, *, ends_in: timedelta, leased: bool
) -> None:
    assert is_leased(world.now + ends_in, world.now + LENGTH) is leased


@pytest.mark.usefixtures("world")
def test_released_record_is_not_leased() -> None:
    assert not is_leased(None, clock.now() + LENGTH)
