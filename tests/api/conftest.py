"""Fixtures of the tests of routes and of the commands that call them."""

import pytest

from tests.support.stream import emulated_app
from tests.support.world.commands import Wire
from tests.support.world.world import User, World

emulator, stream = emulated_app.emulator, emulated_app.stream


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user()


@pytest.fixture
def asked(mila: User) -> str:
    """Return the id of a request for access."""
    return str(mila.exercises("access").json["rights_request_id"])


@pytest.fixture
def wire(world: World) -> Wire:
    return Wire(world)
