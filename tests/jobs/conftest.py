"""Fixtures of the job tests, which run against the Stream emulator through Stream's own SDK."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts import store as accounts_store
from chalicelib.core import clock, metrics
from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.request import procedures
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_requests import erasable
from tests.support.cases.scripted import Plan
from tests.support.clouds.cloud import sent_mail
from tests.support.stream import emulated_app
from tests.support.stream.chat import Chatters
from tests.support.stream.emulated_app import PLACEMENT, apply_to, check
from tests.support.world.world import User, World

emulator, stream = emulated_app.emulator, emulated_app.stream


@pytest.fixture
def chat(world: World, stream: Emulator) -> Chatters:
    chatters = Chatters()
    chatters.meet("Mila", "Vera")
    return chatters


@pytest.fixture
def mila(chat: Chatters) -> UserId:
    return chat["Mila"]


@pytest.fixture
def services(world: World, stream: Emulator) -> Iterator[None]:
    """Provide what an erasure needs."""
    with erasable():
        yield


@pytest.fixture
def one_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs read one shard of the accounts only."""
    for module in (accounts, accounts_store):
        monkeypatch.setattr(module, "SHARDS", ("00",))


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """Collect the pauses, which are all that takes time."""
    waited: list[timedelta] = []
    monkeypatch.setattr(clock, "pause", waited.append)
    monkeypatch.setattr(clock, "ticks", lambda: sum(waited, timedelta()).total_seconds())
    return waited


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[Metric]:
    """Collect the counts by metric."""
    found: Counter[Metric] = Counter()

    def count(metric: Metric, number: int = 1, of: str | None = None) -> None:
        found[metric] += number

    monkeypatch.setattr(metrics, "count", count)
    return found


@pytest.fixture
def gauges(monkeypatch: pytest.MonkeyPatch) -> dict[Metric, int]:
    """Collect the latest value of each gauge."""
    found: dict[Metric, int] = {}

    def gauge(metric: Metric, value: int, of: str | None = None) -> None:
        found[metric] = value

    monkeypatch.setattr(metrics, "gauge", gauge)
    return found


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Use a plan of two scripted steps for every right."""
    monkeypatch.setattr(procedures, "steps_of", lambda *_: ("first", "last"))
    return Plan()


@pytest.fixture
def without_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let calls that keep a pace follow each other at once."""
    monkeypatch.setattr(clock, "pause", lambda _: None)


@pytest.fixture
def baseline(world: World, stream: Emulator, without_pace: None) -> Emulator:
    """Return a Stream app with the baseline and a confirmed placement."""
    apply_to(stream)
    check(confirm_placement=PLACEMENT)
    return stream


@pytest.fixture
def mails() -> Iterator[list[dict[str, Any]]]:
    """Collect the mails that a law requires."""
    with sent_mail(Purpose.LEGAL_OBLIGATION) as sent:
        yield sent


@pytest.fixture
def vuk(world: World) -> User:
    """Return a user without an address."""
    return world.a_user()
