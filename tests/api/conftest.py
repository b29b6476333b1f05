"""Fixtures of the tests of routes that call Stream."""

from tests.support import stream_app

emulator, stream = stream_app.emulator, stream_app.stream
