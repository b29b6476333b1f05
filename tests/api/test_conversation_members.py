"""Tests who may change the members of a conversation, and that Stream follows."""

from typing import Any

import pytest

from chalicelib.stream import gateway
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_parts import erase
from tests.support.clouds import cloud
from tests.support.stream.conversations import at_stream, deliver, ids, members_here, shared, some_contacts
from tests.support.world.limits import allow
from tests.support.world.world import User, World

NOBODY_ID = "u_" + "0" * 26
NOWHERE = "cv_" + "0" * 26


def group_of(first: User, *others: User) -> dict[str, Any]:
    opened = first.opens(*others, name="Trip")
    assert opened.status == 201
    group: dict[str, Any] = opened.json
    return group


@pytest.mark.promise("STR-9")
def test_member_adds_own_contacts(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    ana = world.a_user()
    jovan.meets(vuk, ana)
    group = group_of(mila, jovan)
    changed = jovan.changes_members(group["conversation_id"], add=[vuk.user_id, ana.user_id, vuk.user_id])
    assert changed.status == 200
    assert shared(changed.json) == shared(group) | {
        "members": [one.user_id for one in (mila, jovan, vuk, ana)]
    }
    assert members_here(group) == at_stream(stream, group) == ids(mila, jovan, vuk, ana)


def test_repeated_change_is_the_same(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    group = group_of(mila, jovan)
    changes = [
        mila.changes_members(group["conversation_id"], add=[vuk.user_id], remove=[jovan.user_id])
        for _ in range(2)
    ]
    assert changes[0].json == changes[1].json
    assert changes[1].json["members"] == [mila.user_id, vuk.user_id]
    assert at_stream(stream, group) == ids(mila, vuk)


@pytest.mark.promise("STR-9")
def test_users_who_cannot_be_met_are_not_added(world: World, stream: Emulator) -> None:
    mila, jovan, frozen, blocker = some_contacts(world, 4)
    stranger = world.a_user()
    world.set_state(frozen, "frozen")
    blocker.meets(jovan)
    blocker.blocks(jovan)
    group = group_of(mila, jovan)
    replies = [
        mila.changes_members(group["conversation_id"], add=[one])
        for one in (frozen.user_id, blocker.user_id, stranger.user_id, NOBODY_ID)
    ]
    assert {reply.problem for reply in replies} == {"unknown_member"}
    assert members_here(group) == at_stream(stream, group) == ids(mila, jovan)


@pytest.mark.promise("STR-9")
def test_contact_whom_a_present_member_blocks_is_not_added(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    group = group_of(mila, jovan)
    jovan.blocks(vuk)
    assert mila.changes_members(group["conversation_id"], add=[vuk.user_id]).problem == "unknown_member"


def test_longest_member_alone_removes_others(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    group = group_of(mila, jovan, vuk)
    refused = jovan.changes_members(group["conversation_id"], remove=[mila.user_id])
    assert (refused.status, refused.problem) == (403, "not_longest_member")
    assert mila.changes_members(group["conversation_id"], remove=[jovan.user_id]).status == 200
    assert members_here(group) == at_stream(stream, group) == ids(mila, vuk)


def test_right_to_remove_moves_on_when_the_longest_member_leaves(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    group = group_of(mila, jovan, vuk)
    assert mila.leaves(group["conversation_id"]).status == 204
    assert vuk.changes_members(group["conversation_id"], remove=[jovan.user_id]).status == 403
    assert jovan.changes_members(group["conversation_id"], remove=[vuk.user_id]).status == 200
    assert at_stream(stream, group) == ids(jovan)


def test_user_who_leaves_and_comes_back_is_the_youngest_member(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    group = group_of(mila, jovan)
    mila.leaves(group["conversation_id"])
    again = jovan.changes_members(group["conversation_id"], add=[mila.user_id])
    assert again.json["members"] == [jovan.user_id, mila.user_id]


def test_who_is_no_member_finds_no_conversation(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    group = group_of(mila, jovan)["conversation_id"]
    replies = [
        vuk.changes_members(group, add=[jovan.user_id]),
        mila.changes_members(NOWHERE, add=[jovan.user_id]),
        mila.changes_members("not-an-id", add=[jovan.user_id]),
    ]
    assert {(reply.status, reply.problem) for reply in replies} == {(404, "not_found")}


def test_nobody_is_added_to_a_pair_or_removed_from_it(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    pair = mila.opens(jovan).json
    changes: list[dict[str, list[str]]] = [{"add": [vuk.user_id]}, {"remove": [jovan.user_id]}, {}]
    replies = [mila.changes_members(pair["conversation_id"], **change) for change in changes]
    assert {(reply.status, reply.problem) for reply in replies} == {(422, "fixed_members")}
    assert members_here(pair) == at_stream(stream, pair) == ids(mila, jovan)


@pytest.mark.parametrize("change", ["self", "both", "unknown field", "malformed"])
def test_invalid_change_is_refused(world: World, stream: Emulator, change: str) -> None:
    mila, jovan = some_contacts(world, 2)
    bodies: dict[str, dict[str, Any]] = {
        "self": {"remove": [mila.user_id]},
        "both": {"add": [jovan.user_id], "remove": [jovan.user_id]},
        "unknown field": {"invite": []},
        "malformed": {"add": [7]},
    }
    group = group_of(mila, jovan)["conversation_id"]
    assert mila.changes_members(group, **bodies[change]).status == 400


def test_group_never_has_more_members_than_a_group_may(world: World, stream: Emulator) -> None:
    mila, jovan, vuk, ana, eva = some_contacts(world, 5)
    group = group_of(mila, jovan, vuk)["conversation_id"]
    allow(conversation_members_most=4)
    refused = mila.changes_members(group, add=[ana.user_id, eva.user_id])
    assert (refused.status, refused.problem, refused.json["most"]) == (422, "member_limit_reached", 4)
    assert mila.changes_members(group, add=[ana.user_id]).status == 200
    swapped = mila.changes_members(group, add=[eva.user_id], remove=[ana.user_id])
    assert eva.user_id in swapped.json["members"]
    many = [f"u_{number:026d}" for number in range(100)]
    assert mila.changes_members(group, add=many).problem == "member_limit_reached"


def test_leaving_again_and_leaving_nowhere_change_nothing(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    replies = [mila.leaves(one) for one in (pair["conversation_id"], pair["conversation_id"], NOWHERE)]
    assert [reply.status for reply in replies] == [204, 204, 204]
    assert mila.leaves("not-an-id").status == 404
    assert members_here(pair) == at_stream(stream, pair) == ids(jovan)


def test_either_leaves_a_pair_and_opening_it_makes_both_members_again(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    for leaver, opener in ((mila, mila), (jovan, mila)):
        leaver.leaves(pair["conversation_id"])
        again = opener.opens(jovan if opener is mila else mila)
        assert (again.status, again.json["conversation_id"]) == (200, pair["conversation_id"])
        assert members_here(pair) == at_stream(stream, pair) == ids(mila, jovan)


def test_last_member_who_leaves_ends_the_conversation(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    mila.leaves(pair["conversation_id"])
    jovan.leaves(pair["conversation_id"])
    assert members_here(pair) == []
    assert at_stream(stream, pair) == ids(jovan)
    assert deliver(pair) == []
    assert at_stream(stream, pair) is None
    opened = jovan.opens(mila)
    assert (opened.status, opened.json["conversation_id"]) == (201, pair["conversation_id"])
    assert at_stream(stream, pair) == ids(mila, jovan)


@pytest.mark.promise("STR-9")
def test_leaving_does_not_wait_for_stream(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    stream.fault(path="/channels", status=503, times=1)
    assert mila.leaves(pair["conversation_id"]).status == 204
    assert at_stream(stream, pair) == ids(mila, jovan)
    assert deliver(pair) == []
    assert at_stream(stream, pair) == ids(jovan)


def test_outage_of_stream_is_answered_and_the_repeat_continues(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    group = group_of(mila, jovan)
    stream.fault(path="/channels", status=503, times=1)
    assert mila.changes_members(group["conversation_id"], add=[vuk.user_id]).status == 503
    assert mila.changes_members(group["conversation_id"], add=[vuk.user_id]).status == 200
    assert at_stream(stream, group) == ids(mila, jovan, vuk)


def test_erased_creator_leaves_a_working_group(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    group = group_of(mila, jovan, vuk)
    ana = world.a_user()
    jovan.meets(ana)
    erase(mila)
    assert deliver(group) == []
    assert members_here(group) == at_stream(stream, group) == ids(jovan, vuk)
    assert mila.user_id not in str(cloud.items_of("accounts"))
    added = jovan.changes_members(group["conversation_id"], add=[ana.user_id], remove=[vuk.user_id])
    assert added.json["members"] == [jovan.user_id, ana.user_id]
    assert at_stream(stream, group) == ids(jovan, ana)


def test_member_whom_stream_deleted_delays_no_other_one(world: World, stream: Emulator) -> None:
    mila, jovan, vuk, ana = some_contacts(world, 4)
    stream.choose(task_progress="instant")
    gateway._client().delete_users([vuk.user_id], "hard", messages="hard", conversations="hard")
    group = mila.opens(jovan, vuk, ana)
    assert group.status == 201
    assert members_here(group.json) == ids(mila, jovan, vuk, ana)
    assert at_stream(stream, group.json) == ids(mila, jovan, ana)


@pytest.mark.promise("STR-9")
def test_block_takes_the_blocker_out_of_the_pair_and_not_out_of_groups(
    world: World, stream: Emulator
) -> None:
    mila, jovan = some_contacts(world, 2)
    pair, group = mila.opens(jovan).json, group_of(mila, jovan)
    jovan.blocks(mila)
    assert members_here(pair) == ids(mila)
    assert deliver(pair) == []
    assert at_stream(stream, pair) == ids(mila)
    assert members_here(group) == at_stream(stream, group) == ids(mila, jovan)
    assert mila.opens(jovan).problem == jovan.opens(mila).problem == "unknown_member"
    mila.blocks(jovan)
    assert members_here(pair) == []


@pytest.mark.promise("STR-9")
def test_lifted_block_does_not_bring_the_blocker_back(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    jovan.blocks(mila)
    jovan.unblocks(mila)
    assert members_here(pair) == ids(mila)
    assert mila.opens(jovan).problem == "unknown_member"
    mila.meets(jovan)
    assert mila.opens(jovan).status == 200
    assert members_here(pair) == at_stream(stream, pair) == ids(mila, jovan)
