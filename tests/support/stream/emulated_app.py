"""An app at the emulated Stream: the fixtures that start it empty, and its settings.

A suite that uses the fixtures imports both into its conftest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from chalicelib.core import chain
from chalicelib.core.chain import ChainEntry
from chalicelib.core.periods import DEFAULTS
from chalicelib.core.settings import settings
from chalicelib.stream import gateway
from chalicelib.stream.model import AppAccess
from chalicelib.stream.settings import service
from chalicelib.stream.settings.app import AppliedSetting
from chalicelib.stream.settings.jobs import check_chat_settings
from chalicelib.stream.settings.model import BaselineChoices, CheckedSetting
from infra.deployment import chat_settings
from infra.stream_emulator import Emulator, running_emulator
from tests.support.clouds import environment
from tests.support.clouds.environment import ISSUER
from tests.support.world.builders import a_schedule_event
from tests.support.world.limits import configure
from tests.support.world.world import World

PLACEMENT = "dublin.c1"  # what the emulator states


def access_to(stream: Emulator) -> AppAccess:
    return AppAccess(stream.api_key, stream.secret, stream.url)


def choices(configured: str = DEFAULTS, issuer: str = ISSUER, stage: str = "staging") -> BaselineChoices:
    """Return the choices of the process that tests run in, or of another deployment."""
    return chat_settings.choices(configured, issuer, stage)


def apply_to(
    stream: Emulator, configured: str = DEFAULTS, issuer: str = ISSUER, stage: str = "staging"
) -> list[AppliedSetting]:
    """Apply the baseline as the local cloud does at its start; returns what was sent."""
    return chat_settings.apply_baseline(access_to(stream), choices(configured, issuer, stage))


def settings_of(stream: Emulator, issuer: str = ISSUER, stage: str = "staging") -> tuple[CheckedSetting, ...]:
    return chat_settings.read(access_to(stream), choices(issuer=issuer, stage=stage), None)


def standing_of(stream: Emulator, issuer: str = ISSUER, stage: str = "staging") -> dict[str, str]:
    """How each setting stands, by name."""
    return {one.name: str(one.standing) for one in settings_of(stream, issuer, stage)}


def drifted_at(stream: Emulator, issuer: str = ISSUER, stage: str = "staging") -> list[str]:
    return [name for name, standing in standing_of(stream, issuer, stage).items() if standing == "drifted"]


def check(**detail: Any) -> dict[str, Any]:
    """Run the job as Lambda does."""
    done: dict[str, Any] = check_chat_settings(a_schedule_event() | {"detail": detail}, None)
    return done


def lines(world: World) -> list[ChainEntry]:
    """Return today's evidence, oldest first."""
    return list(chain.entries(service.HISTORY.chain_of(world.now)))


def change_app(**settings: Any) -> None:
    gateway._client().update_app_settings(**settings)


def _no_proxies(*_: Any, **__: Any) -> dict[str, str]:
    """The proxies for a call; requests would look for them in all variables of the process, at each call."""
    return {}


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    without_proxies = mock.patch("requests.sessions.get_environ_proxies", _no_proxies)
    running_app = running_emulator(api_key=environment.STREAM_API_KEY, secret=environment.STREAM_SECRET)
    with without_proxies, running_app as running:
        yield running


@pytest.fixture
def stream(emulator: Emulator) -> Iterator[Emulator]:
    """Return an empty Stream app that the gateway calls."""
    emulator.reset()
    configure(STREAM_URL=emulator.url)
    gateway.forget()
    yield emulator
    gateway._client().session.close()
    gateway.forget()
    settings.cache_clear()
