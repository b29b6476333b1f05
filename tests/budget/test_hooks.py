"""Tests the number of calls that a hook of Stream costs, counted at the clients."""

from __future__ import annotations

import gzip
import json

import pytest

from chalicelib.core.ids import UserId
from tests.support.clouds.cloud import counted
from tests.support.stream.hooks import an_event, sends_hook, user_event
from tests.support.world.world import World


@pytest.fixture(autouse=True)
def warm(world: World) -> None:
    """Let the container read the secret before calls are counted."""
    sends_hook(world, an_event("message.new"))


def test_hook_that_needs_work_costs_one_read_one_write_and_one_message(world: World) -> None:
    event = user_event("user.deleted", UserId.new())
    with counted() as calls:
        assert sends_hook(world, event).status == 204
    assert (calls.of("dynamodb"), calls.of("sqs"), calls.total()) == (2, 1, 3)
    with counted() as calls:
        assert sends_hook(world, event).status == 204
    assert (calls.of("dynamodb"), calls.total()) == (1, 1)


def test_hook_that_needs_no_work_costs_no_call(world: World) -> None:
    with counted() as calls:
        assert sends_hook(world, user_event("user.updated", UserId.new())).status == 204
    assert calls.total() == 0


def test_forged_hooks_cost_one_read_of_the_vault_in_a_minute(world: World) -> None:
    with counted() as calls:
        for _ in range(5):
            assert sends_hook(world, user_event("user.deleted", UserId.new()), secret="another").status == 401
    assert (calls.of("secretsmanager"), calls.total()) == (1, 1)


def test_refused_key_and_bomb_cost_no_call(world: World) -> None:
    bomb = gzip.compress(b"\0" * 8_000_000)
    with counted() as calls:
        assert sends_hook(world, an_event("x"), api_key="another").status == 401
        assert sends_hook(world, json.dumps({}).encode(), packed=lambda _: bomb).status == 413
    assert calls.total() == 0
