"""Fixtures: an empty app at the emulated Stream, which the gateway calls.

A suite that uses them imports both into its conftest.
"""

from collections.abc import Iterator

import pytest

from chalicelib.core.settings import settings
from chalicelib.stream import gateway
from infra.stream_emulator import Emulator, running_emulator
from tests.support import environment


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with running_emulator(api_key=environment.STREAM_API_KEY, secret=environment.STREAM_SECRET) as running:
        yield running


@pytest.fixture
def stream(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Return an empty Stream app that the gateway calls."""
    emulator.reset()
    monkeypatch.setenv("RU4M_STREAM_URL", emulator.url)
    settings.cache_clear()
    gateway.forget()
    yield emulator
    gateway._client().session.close()
    gateway.forget()
    settings.cache_clear()
