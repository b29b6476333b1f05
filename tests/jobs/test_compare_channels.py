"""Tests the pass of `reconcile_chat` over all channels of Stream, after that over all users (ADR 35)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import aws, table
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.core.table import Table
from chalicelib.core.table.items import wire_item
from chalicelib.people.conversations import store as conversations
from chalicelib.reconciliation import channels as comparison
from chalicelib.stream import channels, gateway
from chalicelib.stream.model import SYSTEM_USER, ChatChannel, StreamRefused, StreamUnavailable
from infra.stream_emulator import Emulator
from tests.support.faults.races import just_before
from tests.support.jobs.profile_sync import marked, resync
from tests.support.jobs.reconciliation import reconcile
from tests.support.stream.conversations import at_stream, deliver, ids, members_here, some_contacts
from tests.support.world.limits import configure
from tests.support.world.world import User, World

Pair = dict[str, Any]


@pytest.fixture
def friends(world: World, stream: Emulator) -> list[User]:
    """Return three users, the first a contact of the others; the job has tried its configuration."""
    assert reconcile()["acted"] == 0
    return some_contacts(world, 3)


def opened(user: User, other: User) -> Pair:
    """Open a conversation that Stream has, and end its mark."""
    answer = user.opens(other)
    assert answer.status in {200, 201}
    found: Pair = answer.json
    assert deliver(found) == []
    return found


def forget_row(conversation: Pair) -> None:
    """Lose a conversation, as a restore does with later ones."""
    table.delete_all([conversations.key(conversation["conversation_id"])])


def compare(world: World) -> dict[str, int]:
    """Run the job when the next pass is due, and then the worker of what it marked."""
    world.advance(settings().reconciliation.pass_days * DAY)
    counts = reconcile()
    assert resync() == 0
    return counts


@pytest.mark.promise("STR-9")
def test_member_whom_a_late_call_added_again_is_removed(
    world: World, stream: Emulator, friends: list[User], counts: Counter[Metric]
) -> None:
    mila, jovan, _ = friends
    pair = opened(mila, jovan)
    assert jovan.leaves(pair["conversation_id"]).status == 204
    deliver(pair)
    channels.add_members(pair["cid"], [jovan.user_id])
    found = compare(world)
    assert (found["channels"], found["channels_drifted"], found["to_change"]) == (1, 1, 1)
    assert at_stream(stream, pair) == members_here(pair) == ids(mila)
    assert counts[Metric.STREAM_CHANNEL_DRIFTED] == 1
    assert compare(world)["channels_drifted"] == 0


def test_conversation_that_did_not_change_meanwhile_is_not_sent_again(
    world: World, stream: Emulator, friends: list[User]
) -> None:
    pair = opened(*friends[:2])
    channels.add_members(pair["cid"], [friends[2].user_id])
    world.advance(settings().reconciliation.pass_days * DAY)
    assert reconcile()["channels_drifted"] == 1
    assert at_stream(stream, pair) == ids(*friends[:2])
    assert marked() == []


def test_member_who_left_at_stream_itself_is_left(
    world: World, stream: Emulator, friends: list[User]
) -> None:
    pair = opened(*friends[:2])
    channels.remove_members(pair["cid"], [friends[1].user_id])
    assert compare(world)["to_change"] == 0
    assert at_stream(stream, pair) == ids(friends[0])


def test_member_who_joins_while_members_are_removed_stays(
    world: World, stream: Emulator, friends: list[User]
) -> None:
    mila, jovan, vuk = friends
    trip = mila.opens(jovan, vuk, name="Trip").json
    assert jovan.leaves(trip["conversation_id"]).status == 204
    deliver(trip)
    channels.add_members(trip["cid"], [jovan.user_id])

    def joins() -> None:
        added = mila.signs_in_again().changes_members(trip["conversation_id"], add=[jovan.user_id])
        assert added.status == 200

    just_before(comparison, "_repair", joins)
    compare(world)
    assert at_stream(stream, trip) == members_here(trip) == ids(mila, jovan, vuk)


def test_conversation_that_is_due_is_not_compared(
    world: World, stream: Emulator, friends: list[User]
) -> None:
    pair = opened(*friends[:2])
    stream.fault(status=503, code=-1, times=10)
    assert friends[1].leaves(pair["conversation_id"]).status == 204
    stream.clear_faults()
    world.advance(settings().reconciliation.pass_days * DAY)
    assert reconcile()["channels_drifted"] == 0
    assert len(marked()) == 1


@pytest.mark.promise("STR-9")
def test_channel_without_a_conversation_is_emptied_and_deleted_in_the_next_pass(
    world: World, stream: Emulator, friends: list[User], counts: Counter[Metric]
) -> None:
    pair = opened(*friends[:2])
    forget_row(pair)
    assert compare(world)["channels_abandoned"] == 1
    assert at_stream(stream, pair) == []
    assert compare(world)["channels_abandoned"] == 1
    assert at_stream(stream, pair) is None
    assert counts[Metric.STREAM_CHANNEL_ABANDONED] == 2
    assert compare(world)["channels"] == 0


@pytest.mark.promise("STR-9")
def test_last_channel_of_a_page_is_closed_once(
    world: World, stream: Emulator, friends: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "_LISTED_AT_ONCE", 2)
    pairs = []
    for other in friends[1:]:
        pairs.append(opened(friends[0], other))
        world.advance(timedelta(minutes=1))
    friends[0].opens(*friends[1:], name="Trip")
    resync()
    forget_row(pairs[1])
    assert compare(world)["channels_abandoned"] == 1
    assert at_stream(stream, pairs[1]) == []


def test_run_killed_while_it_empties_a_channel_deletes_none_an_hour_later(
    world: World, stream: Emulator, friends: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = opened(*friends[:2])
    forget_row(pair)
    world.advance(settings().reconciliation.pass_days * DAY)
    repair = comparison._repair

    def repair_and_kill(one: comparison.ChannelRepair) -> None:
        repair(one)
        raise StreamUnavailable

    with monkeypatch.context() as killed:
        killed.setattr(comparison, "_repair", repair_and_kill)
        assert reconcile()["complete"] == 0
    world.advance(HOUR)
    reconcile()
    assert at_stream(stream, pair) == []


def test_member_whom_stream_refuses_keeps_no_other_in_an_abandoned_channel(
    world: World, stream: Emulator, friends: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = opened(*friends[:2])
    forget_row(pair)
    remove = channels.remove_members

    def refuse(cid: str, members: Collection[str]) -> None:
        if friends[0].user_id in members:
            raise StreamRefused
        remove(cid, members)

    monkeypatch.setattr(channels, "remove_members", refuse)
    compare(world)
    assert at_stream(stream, pair) == ids(friends[0])


def test_counting_run_counts_channels(world: World, stream: Emulator) -> None:
    pair = opened(*some_contacts(world, 2))
    forget_row(pair)
    counted = reconcile()
    assert (counted["acted"], counted["channels_abandoned"]) == (0, 1)
    assert at_stream(stream, pair) != []


def test_lost_conversation_that_is_opened_again_has_its_messages(
    world: World, stream: Emulator, friends: list[User]
) -> None:
    mila, jovan, _ = friends
    pair = opened(mila, jovan)
    channel = gateway._client().channel(*pair["cid"].split(":"))
    channel.send_message({"text": "see you"}, mila.user_id)
    forget_row(pair)
    compare(world)
    assert opened(jovan.signs_in_again(), mila)["cid"] == pair["cid"]
    assert compare(world)["channels_abandoned"] == 0
    assert at_stream(stream, pair) == ids(mila, jovan)
    assert len(stream.state()["channels"][pair["cid"]]["messages"]) == 1


def test_conversation_that_is_opened_while_its_channel_is_emptied_keeps_its_members(
    world: World, stream: Emulator, friends: list[User]
) -> None:
    mila, jovan, _ = friends
    pair = opened(mila, jovan)
    forget_row(pair)
    just_before(comparison, "_repair", lambda: opened(mila.signs_in_again(), jovan))
    compare(world)
    assert at_stream(stream, pair) == members_here(pair) == ids(mila, jovan)


def test_conversation_that_cannot_be_read_is_left(
    world: World, stream: Emulator, friends: list[User]
) -> None:
    pair = opened(*friends[:2])
    place = conversations.key(pair["conversation_id"])
    item = wire_item({"pk": place.pk, "sk": place.sk, "kind": "conversation", "members": []})
    aws.client("dynamodb").put_item(TableName=settings().table(Table.ACCOUNTS), Item=item)
    assert compare(world)["to_change"] == 0
    assert at_stream(stream, pair) == ids(*friends[:2])


def test_channel_that_is_not_ours_is_only_counted(
    world: World, stream: Emulator, friends: list[User]
) -> None:
    channels.get_or_create(ChatChannel("messaging:lobby", SYSTEM_USER, (UserId(friends[0].user_id),)))
    found = compare(world)
    assert (found["channels"], found["channels_foreign"], found["to_change"]) == (1, 1, 0)
    assert stream.state()["channels"]["messaging:lobby"]["members"]


def test_too_many_channels_without_a_conversation_block_the_job(
    world: World, stream: Emulator, friends: list[User]
) -> None:
    configure(RECONCILIATION_FOUND_RUN="1")
    for _ in range(3):
        reconcile()  # counts under the new configuration, and ends the pass
    pairs = [opened(friends[0], other) for other in friends[1:]]
    for pair in pairs:
        forget_row(pair)
    assert compare(world)["blocked"] == 1
    assert [at_stream(stream, pair) for pair in pairs] == [ids(friends[0], other) for other in friends[1:]]


def test_pass_over_channels_is_spread_over_runs_and_compares_each_once(
    world: World, stream: Emulator, friends: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "_LISTED_AT_ONCE", 2)
    configure(RECONCILIATION_CHANNEL_PAGES_RUN="1")
    for other in friends[1:]:
        opened(friends[0], other)
        world.advance(timedelta(minutes=1))
    friends[0].opens(*friends[1:], name="Trip")
    resync()
    world.advance(settings().reconciliation.pass_days * DAY)
    assert [reconcile()["channels"] for _ in range(4)] == [2, 1, 0, 0]


def test_channels_in_another_order_change_nothing(
    world: World, stream: Emulator, friends: list[User]
) -> None:
    for other in friends[1:]:
        forget_row(opened(friends[0], other))
        world.advance(timedelta(minutes=1))
    states = gateway._client().query_channels({}, [{"field": "created_at", "direction": -1}])["channels"]
    stream.fault(method="POST", path="/channels", status=200, body=json.dumps({"channels": states}))
    world.advance(settings().reconciliation.pass_days * DAY)
    found = reconcile()
    assert (found["complete"], found["channels"]) == (0, 0)
