"""Fixtures of the tests of routes and of the commands that call them."""

from typing import Any

import pytest

from infra.stream_emulator import Emulator
from tests.support.stream import emulated_app
from tests.support.stream.conversations import some_contacts
from tests.support.world.builders import a_device
from tests.support.world.commands import Wire
from tests.support.world.world import User, World

emulator, stream = emulated_app.emulator, emulated_app.stream


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user()


@pytest.fixture
def device() -> dict[str, Any]:
    """Return the device of a number's owner."""
    return a_device()


@pytest.fixture
def two(world: World, stream: Emulator) -> list[User]:
    """Return two contacts."""
    return some_contacts(world, 2)


@pytest.fixture
def asked(mila: User) -> str:
    """Return the id of a request for access."""
    return str(mila.exercises("access").json["rights_request_id"])


@pytest.fixture
def wire(world: World) -> Wire:
    return Wire(world)
