"""Tests erasures whose every run ends after its first batch: each step goes on until nothing is left."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.ids import AccountId, HeldId
from chalicelib.retention.held import service as held
from chalicelib.retention.held import store
from chalicelib.rights.erasure import delete
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import ErasureNotes
from chalicelib.rights.request.terms import Status
from infra.stream_emulator import Emulator
from tests.jobs.test_erased_contacts import Circle, naming
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure, at_step, work
from tests.support.cases.holds import held_kinds, places_hold
from tests.support.clouds import cloud
from tests.support.jobs.profile_sync import sync
from tests.support.world.usage import store_singly
from tests.support.world.world import World

pytestmark = pytest.mark.usefixtures("services", "short_runs")


@pytest.fixture
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run end after one row of others, one batch of deletes, or one record that it moves."""
    move = store.keep

    def move_one(account_id: AccountId, held_id: HeldId, *about: Any) -> store.KeepRun:
        reasons, keys, *_ = about
        return move(account_id, held_id, reasons, keys, clock.now())

    monkeypatch.setattr(delete, "_SLICE", timedelta(0))
    monkeypatch.setattr(store, "_MOVES", 1)
    monkeypatch.setattr(held, "keep", move_one)


@pytest.fixture
def circle(world: World, stream: Emulator) -> Circle:
    """Return a user with rows of each kind that names others, two conversations and two usage events."""
    circle = Circle(a_subject(world))
    mila, jovan = circle.mila, circle.contact
    assert sync(mila, jovan, circle.adder) == []
    assert mila.opens(jovan).status == mila.opens(jovan, name="Trip").status == 201
    store_singly(AccountId(mila.account_id), 2)
    return circle


# The records of the circle's user, of each kind that leads to rows of others, and of one kind more.
HELD = {
    "contact": 2, "invitation": 1, "sent_invitation": 1, "block_list": 1, "blocked_by": 1, "membership": 2,
    "usage_event": 3,
}  # fmt: skip


def found_again(request: RightsRequest) -> int:
    assert isinstance(request.notes, ErasureNotes)
    return request.notes.found_again


@pytest.mark.promise("RGT-3")
def test_erasure_in_many_runs_leaves_nothing_and_skips_no_step(world: World, circle: Circle) -> None:
    store_singly(AccountId(circle.mila.account_id), 30)  # more than a batch
    request_id = asks_for_erasure(circle.mila)
    before = work(world, request_id, at_step("delete_key"))
    assert found_again(before) == 0
    assert work(world, request_id).status is Status.COMPLETED
    assert naming(circle.mila) == []


@pytest.mark.promise("RGT-3", "RET-3")
def test_erasure_in_many_runs_keeps_each_record_that_a_hold_names(world: World, circle: Circle) -> None:
    places_hold(circle.mila, *HELD)
    request_id = asks_for_erasure(circle.mila)
    before = work(world, request_id, at_step("delete_key"))
    assert found_again(before) == 0
    work(world, request_id, lambda request: request.status is Status.PARTIALLY_COMPLETED)
    assert [one for one in naming(circle.mila) if one not in cloud.items_of("held")] == []
    assert Counter(held_kinds(request_id)) == HELD
