"""Tests records that one run has no time to pin: the next run pins them at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import chain, clock
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.privacy import pins
from chalicelib.rights.request import store
from chalicelib.rights.request.evidence import history_of
from infra.stream_emulator import Emulator
from tests.support.cases.restrictions import work_for
from tests.support.clouds import cloud
from tests.support.world.usage import store_singly
from tests.support.world.world import User, World


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    """Return a user whose five records expire in two days, while Stream exports nothing."""
    mila = world.a_user()
    store_singly(AccountId(mila.account_id), 5)
    world.advance(28 * DAY)
    stream.fault(path="/export/users", status=503, times=10_000)
    return mila.signs_in_again().is_stepped_up()


@pytest.fixture
def slow_pins(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let each run have time for one record."""
    monkeypatch.setattr(pins, "_WRITES_PER_TRANSACTION", 1)

    def take_long(params: dict[str, Any], **_: Any) -> None:
        if b"ru4m-test-usage" in params["body"]:
            world.advance(6 * MINUTE)

    return lambda: cloud.hooked("dynamodb", "before-call.dynamodb.TransactWriteItems", take_long)


def ends() -> set[str]:
    return {event["delete_at"]["N"] for event in cloud.records("usage_event")}


@pytest.mark.promise("RGT-1")
def test_step_that_pins_is_done_once_every_record_is_pinned(world: World, mila: User, slow_pins: Any) -> None:
    request_id = mila.exercises("access").json["rights_request_id"]
    with slow_pins():
        work_for(world, request_id, HOUR)
    request = store.read(RightsRequestId(request_id))
    assert request
    assert request.pinned_until
    assert ends() == {str(clock.to_epoch(request.pinned_until))}
    assert pinned(request_id) == [("pin_done", 5)]


@pytest.mark.promise("RGT-1")
def test_duty_that_renews_pins_is_done_once_every_record_is_pinned(
    world: World, mila: User, slow_pins: Any
) -> None:
    request = work_for(world, request_id := mila.exercises("access").json["rights_request_id"], HOUR)
    first = request.pinned_until
    assert first
    with slow_pins():
        while request.pinned_until == first:
            request = work_for(world, request_id, timedelta(hours=6))
            assert world.now < first
    assert request.pinned_until
    assert ends() == {str(clock.to_epoch(request.pinned_until))}
    assert pinned(request_id) == [("pin_done", 5), ("pinned", 5)]


def pinned(request_id: str) -> list[tuple[str, Any]]:
    history = chain.entries(history_of(RightsRequestId(request_id)))
    return [(one.event, one.data["pinned"]) for one in history if one.event.startswith("pin")]
