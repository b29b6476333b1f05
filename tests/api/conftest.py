"""Fixtures of the tests of routes that call Stream."""

from tests.support import chat_settings

emulator, stream = chat_settings.emulator, chat_settings.stream
