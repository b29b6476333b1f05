"""Tests that Stream shows a user as offline until the user decides otherwise (STR-10, ADR 111)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.consents.notices.model import NoticeKind
from chalicelib.core import clock
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.metrics import Metric
from chalicelib.privacy.purposes import Practice
from chalicelib.stream import gateway
from infra.stream_emulator import Emulator
from tests.support.jobs.profile_sync import at_stream, marked, resync, sync
from tests.support.jobs.reconciliation import reconcile
from tests.support.stream.hooks import queued, sends_hook, user_event, work
from tests.support.world.limits import configure
from tests.support.world.notices import a_version, publish
from tests.support.world.practices import describe
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("STR-10")


@pytest.fixture(autouse=True)
def described(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the policy say that users can hide their status, and do not pause between calls of Stream."""
    describe(Practice.HIDING_STATUS)
    monkeypatch.setattr("chalicelib.rights.erasure.model.CHECK_SHARDS", ("00", "01"))
    monkeypatch.setattr(clock, "pause", lambda _: None)


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    """Return a user whom Stream has as she is."""
    return on_stream(world.a_user(display_name="Mila"))


def on_stream(user: User) -> User:
    assert sync(user) == []
    return user


def is_hidden(stream: Emulator, user: User) -> bool:
    return bool(at_stream(stream, user)["invisible"])


def writes(user: User, **fields: Any) -> None:
    """Change a user at Stream, as a client may."""
    gateway._client().update_user_partial({"id": user.user_id, "set": fields})


def statuses_put_right() -> int:
    counts = reconcile()
    assert resync() == 0
    return counts["statuses"]


def sent_bodies(stream: Emulator) -> list[dict[str, Any]]:
    """Return the full writes of users that Stream got."""
    return [one["body"] for one in stream.requests(path="/users") if one["method"] == "POST"]


# --- what is sent


def test_new_user_is_hidden_by_the_call_that_sends_the_profile(stream: Emulator, mila: User) -> None:
    fields = {"id": mila.user_id, "name": "Mila", "invisible": True}
    assert sent_bodies(stream) == [{"users": {mila.user_id: fields}}]
    assert stream.violations() == []


def test_user_who_decides_to_be_seen_is_shown(stream: Emulator, mila: User) -> None:
    assert mila.changes(online_visible=True).status == 200
    assert sync(mila) == []
    assert is_hidden(stream, mila) is False


@pytest.mark.parametrize("shows", [True, False])
def test_user_stays_hidden_after_a_change_of_the_name(stream: Emulator, mila: User, *, shows: bool) -> None:
    stream.choose(upsert_shows_user=shows)
    mila.changes(display_name="Mila P.")
    assert sync(mila) == []
    assert at_stream(stream, mila)["name"] == "Mila P."
    assert is_hidden(stream, mila) is True


def test_status_is_not_sent_while_the_policy_does_not_name_it(world: World, stream: Emulator) -> None:
    describe()
    jovan = on_stream(world.a_user(display_name="Jovan"))
    assert sent_bodies(stream) == [{"users": {jovan.user_id: {"id": jovan.user_id, "name": "Jovan"}}}]


# --- what a client changed is put right


def shows_itself(world: World, user: User) -> None:
    """Let a client show its user, and Stream report that."""
    writes(user, invisible=False)
    assert sends_hook(world, user_event("user.updated", user.user_id, invisible=False)).status == 204


def test_hidden_user_whom_a_client_showed_is_hidden_at_the_event(
    world: World, stream: Emulator, mila: User, counts: Counter[Metric]
) -> None:
    shows_itself(world, mila)
    assert work() == []
    assert resync() == 0
    assert is_hidden(stream, mila) is True
    assert counts[Metric.STREAM_FIELDS_STRIPPED] == 0


def test_second_change_of_a_client_within_an_hour_waits_and_is_put_right(
    world: World, stream: Emulator, mila: User
) -> None:
    for _ in range(2):
        world.advance(MINUTE)
        shows_itself(world, mila)
        assert work() == []
        assert resync() == 0
    assert is_hidden(stream, mila) is False
    world.advance(HOUR)
    assert work() == []
    assert resync() == 0
    assert is_hidden(stream, mila) is True


def test_event_of_our_own_write_of_a_hidden_user_is_not_queued(world: World, mila: User) -> None:
    sends_hook(world, user_event("user.updated", mila.user_id, invisible=True))
    assert queued() == []


def test_event_of_a_user_who_decided_to_be_seen_changes_nothing(
    world: World, stream: Emulator, mila: User
) -> None:
    mila.changes(online_visible=True)
    on_stream(mila)
    sends_hook(world, user_event("user.updated", mila.user_id, invisible=False))
    assert work() == []
    assert marked() == []


@pytest.mark.parametrize("seen", [True, False])
def test_pass_puts_right_what_no_event_reported(
    world: World, stream: Emulator, mila: User, *, seen: bool
) -> None:
    mila.changes(online_visible=seen)
    on_stream(mila)
    writes(mila, invisible=seen)
    assert reconcile()["acted"] == 0  # the first run counts
    assert statuses_put_right() == 1
    assert is_hidden(stream, mila) is not seen


# --- when the policy begins to name it


def test_status_of_more_users_than_a_run_may_change_does_not_block_the_pass(
    world: World, stream: Emulator
) -> None:
    describe()
    users = [on_stream(world.a_user()) for _ in range(3)]
    reconcile()
    describe(Practice.HIDING_STATUS)
    configure(RECONCILIATION_FOUND_RUN="1")
    assert reconcile()["acted"] == 0  # another configuration
    assert statuses_put_right() == 3
    assert [is_hidden(stream, user) for user in users] == [True] * 3


def test_pass_begins_anew_when_another_policy_takes_effect(world: World, stream: Emulator) -> None:
    describe()
    mila = on_stream(world.a_user())
    policy = a_version("2026-11-26", NoticeKind.PRIVACY, 14 * DAY)
    publish(policy.model_copy(update={"practices": frozenset({Practice.HIDING_STATUS})}))
    assert [reconcile()["users"] for _ in range(4)] == [1, 1, 0, 0]
    settled = policy.effective_at + 5 * MINUTE
    world.traveller.move_to(settled - timedelta(seconds=1))
    assert statuses_put_right() == 0
    world.traveller.move_to(settled)
    assert statuses_put_right() == 1
    assert is_hidden(stream, mila) is True
    assert [reconcile()["users"] for _ in range(2)] == [0, 0]
