"""Tests blocks at Stream: the current list decides, and an outage only delays it."""

import pytest

from chalicelib.core.ids import UserId
from chalicelib.stream.users import access
from chalicelib.stream.users.sync import block, blocked_users
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_parts import erase
from tests.support.jobs.profile_sync import resync, sync, sync_again
from tests.support.world.world import User, World


def blocked(user: User) -> set[str]:
    return set(blocked_users(UserId(user.user_id)))


def synced_users(world: World, number: int) -> list[User]:
    users = [world.a_user() for _ in range(number)]
    assert sync(*users) == []
    return users


def operations(stream: Emulator) -> list[str]:
    return [request["operation"] for request in stream.requests()]


def test_block_is_set_at_stream_and_lifted_there(world: World, stream: Emulator) -> None:
    mila, jovan = synced_users(world, 2)
    jovan.blocks(mila)
    assert sync(jovan, sk="blocks") == []
    assert blocked(jovan) == {mila.user_id}
    jovan.unblocks(mila)
    assert sync(jovan, sk="blocks") == []
    assert blocked(jovan) == set()
    assert stream.violations() == []


@pytest.mark.promise("STR-1")
def test_block_sends_two_ids_and_nothing_else(world: World, stream: Emulator) -> None:
    mila, jovan = synced_users(world, 2)
    jovan.blocks(mila)
    sync(jovan, sk="blocks")
    (sent,) = (one for one in stream.requests() if one["operation"] == "BlockUsers")
    assert sent["body"] == {"blocked_user_id": mila.user_id, "user_id": jovan.user_id}


def test_routes_do_not_call_stream(world: World, stream: Emulator) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.blocks(mila)
    jovan.unblocks(mila)
    assert stream.requests() == []


def test_repeated_record_sends_nothing_again(world: World, stream: Emulator) -> None:
    mila, jovan = synced_users(world, 2)
    jovan.blocks(mila)
    sync(jovan, sk="blocks")
    before = operations(stream)
    assert sync(jovan, jovan, sk="blocks") == []
    assert operations(stream)[len(before) :] == []
    assert sync_again(jovan, sk="blocks") == []
    assert operations(stream)[len(before) :] == ["GetBlockedUsers"]


def test_list_stays_due_during_an_outage_of_stream(world: World, stream: Emulator) -> None:
    mila, jovan = synced_users(world, 2)
    jovan.blocks(mila)
    stream.fault(path="/users/block", status=503, times=1)
    assert sync(jovan, sk="blocks") == ["1"]
    assert resync() == 0
    assert blocked(jovan) == {mila.user_id}


def test_answer_lost_after_the_block_is_harmless(world: World, stream: Emulator) -> None:
    mila, jovan = synced_users(world, 2)
    jovan.blocks(mila)
    stream.fault(path="/users/block", method="POST", commit=True, drop_connection=True)
    assert sync(jovan, sk="blocks") == ["1"]
    assert resync() == 0
    assert blocked(jovan) == {mila.user_id}


def test_user_whom_stream_does_not_know_delays_no_other_block(world: World, stream: Emulator) -> None:
    jovan, mila = synced_users(world, 2)
    for unknown in (world.a_user(), world.a_user()):
        jovan.blocks(unknown)
    jovan.blocks(mila)
    assert sync(jovan, sk="blocks") == []
    assert blocked(jovan) == {mila.user_id}


@pytest.mark.parametrize("path", ["/users/block", "/users/unblock"])
def test_refused_call_about_one_user_delays_no_other_one(world: World, stream: Emulator, path: str) -> None:
    jovan, *others = synced_users(world, 3)
    for other in others:
        jovan.blocks(other)
    if path == "/users/unblock":
        assert sync(jovan, sk="blocks") == []
        for other in others:
            jovan.unblocks(other)
    stream.fault(path=path, method="POST", status=400, body='{"code": 4}', times=1)
    assert sync(jovan, sk="blocks") == []
    assert len(blocked(jovan)) == 1


def test_blocker_whom_stream_does_not_know_is_skipped(world: World, stream: Emulator) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.blocks(mila)
    assert sync(jovan, sk="blocks") == []


def test_block_that_a_client_set_at_stream_is_lifted(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = synced_users(world, 3)
    block(UserId(jovan.user_id), UserId(vuk.user_id))
    jovan.blocks(mila)
    sync(jovan, sk="blocks")
    assert blocked(jovan) == {mila.user_id}


def test_account_without_a_list_makes_no_call(world: World, stream: Emulator) -> None:
    (mila,) = synced_users(world, 1)
    before = operations(stream)
    assert sync(mila, sk="account") == []
    assert "GetBlockedUsers" not in operations(stream)[len(before) :]


def test_thawed_account_gets_the_blocks_that_it_missed(world: World, stream: Emulator) -> None:
    mila, jovan = synced_users(world, 2)
    jovan.blocks(mila)
    world.set_state(jovan, "frozen")
    assert sync(jovan, sk="blocks") == []
    assert "BlockUsers" not in operations(stream)
    world.set_state(jovan, "active")
    access.resume(UserId(jovan.user_id))  # as the erasure does
    assert sync(jovan, sk="account") == []
    assert blocked(jovan) == {mila.user_id}


def test_stand_in_of_an_erased_user_is_not_sent(world: World, stream: Emulator) -> None:
    mila, jovan = synced_users(world, 2)
    jovan.blocks(mila)
    erase(mila)
    assert sync(jovan, sk="blocks") == []
    assert "BlockUsers" not in operations(stream)


def test_malformed_list_of_blocks_counts_as_no_answer(world: World, stream: Emulator) -> None:
    mila, jovan = synced_users(world, 2)
    jovan.blocks(mila)
    stream.fault(path="/users/block", status=200, body='{"blocks": [{"user_id": "x"}]}')
    assert sync(jovan, sk="blocks") == ["1"]
