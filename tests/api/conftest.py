"""Fixtures of the tests of routes that call Stream."""

from tests.support.stream import emulated_app

emulator, stream = emulated_app.emulator, emulated_app.stream
