"""Tests a user's access to Stream while an erasure may still be cancelled."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.ids import UserId
from chalicelib.stream import gateway
from chalicelib.stream.model import StreamRefused, StreamUnavailable, UserBurned
from chalicelib.stream.users import access
from chalicelib.stream.users.access import ResumedAccess
from infra.stream_emulator import Emulator
from tests.support.faults.crash import How, Killed, Point, Watch
from tests.support.jobs.profile_sync import sync, sync_again
from tests.support.stream.chat import Chatters
from tests.support.world.world import World

FAULTS = [
    {"status": 429, "code": 9},
    {"status": 503, "body": "<html>"},
    {"status": 500, "code": -1, "commit": True},
    {"drop_connection": True},
    {"status": 401, "code": 40},
]
REVOKE, DEACTIVATE, REACTIVATE = "PATCH", "^/users/.+/deactivate$", "^/users/.+/reactivate$"


def suspend(user_id: UserId) -> None:
    access.suspend(user_id, clock.now())


def delete(user_id: UserId) -> None:
    gateway._client().delete_users([user_id], "hard", messages="hard", conversations="hard")


def operations(stream: Emulator) -> list[str]:
    return [request["operation"] for request in stream.requests(principal="server")]


@pytest.mark.promise("STR-3")
def test_suspended_user_is_deactivated_and_its_tokens_are_revoked(mila: UserId, stream: Emulator) -> None:
    suspend(mila)
    found = stream.user(mila)
    assert found["state"] == "deactivated"
    assert found["revoke_tokens_issued_before"].startswith(clock.to_text(clock.now())[:-1])


def test_other_users_keep_their_access(chat: Chatters, mila: UserId, stream: Emulator) -> None:
    suspend(mila)
    assert stream.user(chat["Vera"])["state"] == "active"


@pytest.mark.parametrize("repeated", ["ok", "bad_input"])
@pytest.mark.parametrize("update", ["ok", "bad_input"])
def test_second_suspension_changes_nothing(
    mila: UserId, stream: Emulator, repeated: str, update: str
) -> None:
    stream.choose(repeated_deactivate=repeated, deactivated_update=update)
    suspend(mila)
    suspend(mila)
    assert stream.user(mila)["state"] == "deactivated"


@pytest.mark.promise("STR-5")
def test_user_unknown_at_stream_is_not_created(stream: Emulator, world: World) -> None:
    user_id = UserId.new()
    suspend(user_id)
    assert access.resume(user_id) is ResumedAccess.NO_USER
    assert stream.state()["users"] == {}


@pytest.mark.promise("STR-5")
@pytest.mark.parametrize("shown", ["hidden", "shown"])
def test_user_deleted_at_stream_is_reported_and_stays_deleted(
    mila: UserId, stream: Emulator, shown: str
) -> None:
    stream.choose(deleted_in_queries=shown)
    delete(mila)
    suspend(mila)
    assert access.resume(mila) is ResumedAccess.DELETED
    assert stream.user(mila)["state"] not in {"active", "deactivated"}


def test_resumed_user_is_active(mila: UserId, stream: Emulator) -> None:
    suspend(mila)
    assert access.resume(mila) is ResumedAccess.ACTIVE
    assert stream.user(mila)["state"] == "active"


@pytest.mark.parametrize("repeated", ["ok", "bad_input"])
def test_active_user_can_be_resumed_again(mila: UserId, stream: Emulator, repeated: str) -> None:
    stream.choose(repeated_reactivate=repeated)
    assert access.resume(mila) is ResumedAccess.ACTIVE
    assert stream.user(mila)["state"] == "active"


@pytest.mark.parametrize("refused", [REVOKE, DEACTIVATE])
def test_refusal_for_an_active_user_is_raised(mila: UserId, stream: Emulator, refused: str) -> None:
    place = {"path": refused} if refused == DEACTIVATE else {"method": refused}
    stream.fault(**place, status=400, code=4)
    with pytest.raises(StreamRefused):
        suspend(mila)
    assert stream.user(mila)["state"] == "active"
    suspend(mila)
    assert stream.user(mila)["state"] == "deactivated"


def test_refused_reactivation_of_a_deactivated_user_is_raised(mila: UserId, stream: Emulator) -> None:
    suspend(mila)
    stream.fault(path=REACTIVATE, status=400, code=4)
    with pytest.raises(StreamRefused):
        access.resume(mila)


def test_refusal_without_a_reason_for_an_absent_user_is_raised(world: World, stream: Emulator) -> None:
    stream.fault(path=REACTIVATE, status=400, code=4)
    with pytest.raises(StreamRefused):
        access.resume(UserId.new())


def test_user_whom_stream_denies_but_finds_is_not_reported_as_absent(mila: UserId, stream: Emulator) -> None:
    suspend(mila)
    stream.fault(path=REACTIVATE, status=404, code=16)
    with pytest.raises(UserBurned):
        access.resume(mila)


@pytest.mark.promise("RGT-4")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("silent", [REVOKE, DEACTIVATE])
def test_outage_of_stream_is_raised_and_the_next_run_suspends(
    mila: UserId, stream: Emulator, silent: str, fault: dict[str, Any]
) -> None:
    stream.fault(**({"path": silent} if silent == DEACTIVATE else {"method": silent}), **fault)
    with pytest.raises(StreamUnavailable):
        suspend(mila)
    gateway.forget()
    suspend(mila)
    assert stream.user(mila)["state"] == "deactivated"


@pytest.mark.parametrize("fault", FAULTS)
def test_outage_of_stream_is_raised_and_the_next_run_resumes(
    mila: UserId, stream: Emulator, fault: dict[str, Any]
) -> None:
    suspend(mila)
    stream.fault(path=REACTIVATE, **fault)
    with pytest.raises(StreamUnavailable):
        access.resume(mila)
    gateway.forget()
    assert access.resume(mila) is ResumedAccess.ACTIVE
    assert stream.user(mila)["state"] == "active"


def test_silent_query_never_counts_as_an_absent_user(mila: UserId, stream: Emulator) -> None:
    stream.fault(path=DEACTIVATE, status=400, code=4)
    stream.fault(method="GET", path="^/users$", status=503)
    with pytest.raises(StreamUnavailable):
        suspend(mila)


@pytest.mark.parametrize("how", How)
@pytest.mark.parametrize("effect", [0, 1])
def test_run_that_is_disturbed_at_each_call_suspends_when_repeated(
    mila: UserId, stream: Emulator, effect: int, how: How
) -> None:
    ends_in(mila, stream, lambda: suspend(mila), Point(effect, how))
    assert stream.user(mila)["state"] == "deactivated"
    assert "revoke_tokens_issued_before" in stream.user(mila)


@pytest.mark.parametrize("how", How)
def test_run_that_is_disturbed_resumes_when_repeated(mila: UserId, stream: Emulator, how: How) -> None:
    suspend(mila)
    ends_in(mila, stream, lambda: access.resume(mila), Point(0, how))
    assert stream.user(mila)["state"] == "active"


def ends_in(mila: UserId, stream: Emulator, work: Callable[[], object], point: Point) -> None:
    """Run the work with a fault at a point, and then until it ends undisturbed."""
    watch = Watch(point)
    with watch.on():
        for _ in range(4):
            with suppress(Killed, StreamUnavailable):
                watch.process(work)
                break
        else:
            pytest.fail("it never ended")
    assert watch.reached


@pytest.mark.promise("STR-3")
def test_profile_sent_late_leaves_the_user_suspended(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of the sync that read the account while it was active sends its profile after `suspend`."""
    mila = world.a_user()
    sync(mila)
    upsert = gateway.upsert

    def suspend_before(profiles: Any) -> None:
        world.set_state(mila, "frozen")
        suspend(UserId(mila.user_id))
        upsert(profiles)

    monkeypatch.setattr(gateway, "upsert", suspend_before)
    sync_again(mila)
    assert sync(mila, sk="account") == []
    assert stream.user(mila.user_id)["state"] == "deactivated"


@pytest.mark.promise("RGT-4")
def test_late_deactivation_by_the_sync_is_undone_by_another_resume(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila = world.a_user()
    user_id = UserId(mila.user_id)
    sync(mila)
    world.set_state(mila, "frozen")
    suspend(user_id)
    deactivate = gateway.deactivate

    def thaw_before(user_id: UserId) -> None:
        world.set_state(mila, "active")
        access.resume(user_id)
        deactivate(user_id)

    monkeypatch.setattr(gateway, "deactivate", thaw_before)
    sync(mila)
    assert stream.user(user_id)["state"] == "deactivated"
    world.advance(timedelta(seconds=30))
    assert access.resume(user_id) is ResumedAccess.ACTIVE
    sync(mila)
    assert stream.user(user_id)["state"] == "active"


@pytest.mark.promise("SEC-1")
def test_refusal_puts_no_id_into_the_error(mila: UserId, stream: Emulator) -> None:
    stream.fault(path=DEACTIVATE, status=400, code=4)
    with pytest.raises(StreamRefused) as raised:
        suspend(mila)
    assert mila not in str(raised.value)
    assert raised.value.__cause__ is None
