"""Tests concurrent requests about one conversation, and kills between our rows and Stream."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core import table
from chalicelib.people.conversations import store
from chalicelib.stream import channels
from infra.stream_emulator import Emulator
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit, just_before
from tests.support.jobs.profile_sync import resync
from tests.support.patches import failing_at
from tests.support.stream.conversations import at_stream, deliver, ids, members_here, shared, some_contacts
from tests.support.world.world import Reply, User, World

KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
# The calls of a pair's creation between which another request may run: reads, transaction, Stream.
PLACES: list[tuple[Any, str]] = [
    (table, "batch_get"),
    (table, "transact"),
    (channels, "get_or_create"),
    (store, "settle"),
]


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(("module", "name"), PLACES, ids=[name for _, name in PLACES])
def test_two_who_open_the_same_pair_at_the_same_time_get_one_channel(
    two: list[User], stream: Emulator, module: Any, name: str
) -> None:
    mila, jovan = two
    (during,) = [just_before(module, name, lambda: jovan.opens(mila))]
    opened = mila.opens(jovan)
    assert {opened.status, during[0].status} == {200, 201}
    assert shared(opened.json) == shared(during[0].json)
    assert members_here(opened.json) == at_stream(stream, opened.json) == ids(mila, jovan)
    assert len(stream.state()["channels"]) == 1


def test_two_requests_with_one_key_make_one_group(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    during = before_the_commit(lambda: mila.opens(jovan, name="Trip", headers=KEY))
    opened = mila.opens(jovan, name="Trip", headers=KEY)
    assert (opened.status, during[0].status) == (200, 201)
    assert opened.json == during[0].json


@pytest.mark.promise("STR-9")
@pytest.mark.parametrize(("module", "name"), PLACES, ids=[name for _, name in PLACES])
@pytest.mark.parametrize("blocker", [0, 1], ids=["by the caller", "by the other"])
def test_block_during_a_creation_leaves_the_blocker_outside(
    two: list[User], stream: Emulator, module: Any, name: str, blocker: int
) -> None:
    """Wherever the block runs, it comes before the creation or ends it."""
    mila, jovan = two
    one, other = (mila, jovan) if blocker == 0 else (jovan, mila)
    during = just_before(module, name, lambda: one.blocks(other))
    opened = mila.opens(jovan)
    assert during[0].status == 204
    pairs = conversations_here()
    assert opened.problem == "unknown_member" or [ids(other)] == [members_here(one) for one in pairs]
    assert deliver(*pairs) == []
    assert [at_stream(stream, one) for one in pairs] == [members_here(one) for one in pairs]
    assert all(one.user_id not in members_here(pair) for pair in pairs)


@pytest.mark.promise("STR-9")
@pytest.mark.parametrize("point", ["transact", "batch_get"])
def test_creation_during_a_block_leaves_the_blocker_outside(
    two: list[User], stream: Emulator, point: str
) -> None:
    mila, jovan = two
    during = just_before(table, point, lambda: mila.opens(jovan))
    assert jovan.blocks(mila).status == 204
    assert during[0].status == 201
    assert deliver(during[0].json) == []
    assert members_here(during[0].json) == at_stream(stream, during[0].json) == ids(mila)


def conversations_here() -> list[dict[str, Any]]:
    found = [one["conversation_id"]["S"] for one in cloud.records("conversation") if one["members"]["L"]]
    return [{"conversation_id": one, "cid": f"messaging:{one}"} for one in found]


@pytest.mark.promise("STR-9")
def test_two_who_leave_a_pair_at_the_same_time_end_it(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    pair = mila.opens(jovan).json
    during = before_the_commit(lambda: jovan.leaves(pair["conversation_id"]))
    assert (mila.leaves(pair["conversation_id"]).status, during[0].status) == (204, 204)
    assert conversations_here() == []


@pytest.mark.promise("STR-9")
def test_late_removal_does_not_shut_out_a_user_who_came_back(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    pair = mila.opens(jovan).json
    back = just_before(channels, "remove_members", lambda: mila.opens(jovan))
    assert mila.leaves(pair["conversation_id"]).status == 204
    assert back[0].status == 200
    assert members_here(pair) == at_stream(stream, pair) == ids(mila, jovan)


@pytest.mark.promise("STR-9")
def test_late_creation_does_not_bring_back_who_left(two: list[User], stream: Emulator) -> None:
    mila, jovan = two

    def end() -> None:
        (pair,) = conversations_here()
        for user in (mila, jovan):
            user.leaves(pair["conversation_id"])
        assert deliver(pair) == []

    just_before(channels, "get_or_create", end)
    opened = mila.opens(jovan)
    assert opened.status == 201
    assert deliver(opened.json) == []
    assert at_stream(stream, opened.json) is None
    assert conversations_here() == []


def test_two_who_change_a_group_at_the_same_time_lose_no_change(world: World, stream: Emulator) -> None:
    mila, jovan, vuk, ana = some_contacts(world, 4)
    jovan.meets(ana)
    group = mila.opens(jovan, name="Trip").json
    path = group["conversation_id"]
    during = before_the_commit(lambda: jovan.changes_members(path, add=[ana.user_id]))
    assert mila.changes_members(path, add=[vuk.user_id]).status == during[0].status == 200
    assert members_here(group) == at_stream(stream, group) == ids(mila, jovan, vuk, ana)


Act = Callable[[User, User, dict[str, Any]], Reply]


@pytest.mark.promise("STR-9")
@pytest.mark.parametrize(
    ("call", "act", "left"),
    [
        ("remove_members", lambda mila, _, group: mila.leaves(group["conversation_id"]), [1]),
        (
            "get_or_create",
            lambda mila, jovan, group: mila.changes_members(group["conversation_id"], remove=[jovan.user_id]),
            [0],
        ),
    ],
    ids=["left", "removed"],
)
def test_process_killed_before_its_call_of_stream_is_made_up_for(
    two: list[User], stream: Emulator, call: str, act: Act, left: list[int]
) -> None:
    mila, jovan = two
    group = mila.opens(jovan, name="Trip").json
    with failing_at(channels, call, Killed), pytest.raises(Killed):
        act(mila, jovan, group)
    assert at_stream(stream, group) == ids(mila, jovan)
    assert deliver(group) == []
    assert members_here(group) == at_stream(stream, group) == ids(*(two[number] for number in left))


def test_worker_makes_the_channel_of_a_killed_creation(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    with failing_at(channels, "get_or_create", Killed), pytest.raises(Killed):
        mila.opens(jovan, name="Trip", headers=KEY)
    (group,) = conversations_here()
    assert deliver(group) == []
    assert at_stream(stream, group) == ids(mila, jovan)
    assert stream.state()["channels"][group["cid"]]["name"] == "Trip"
    assert mila.opens(jovan, name="Trip", headers=KEY).status == 200
    assert stream.state()["channels"][group["cid"]]["name"] == "Trip"


@pytest.mark.promise("STR-9")
def test_worker_tries_again_while_stream_is_down(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    pair = mila.opens(jovan).json
    stream.fault(path="/channels", status=503, times=2)
    mila.leaves(pair["conversation_id"])
    assert deliver(pair) == [pair["conversation_id"]]
    assert resync() == 0
    assert at_stream(stream, pair) == ids(jovan)


def test_record_of_a_conversation_without_a_channel_is_done(two: list[User], stream: Emulator) -> None:
    assert deliver({"conversation_id": "cv_" + "0" * 26}) == []
