"""Tests two senders of one row: the older state, sent last, never stays at Stream (ADR 69)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import AccountId, ConversationId, UserId
from chalicelib.people.conversations import channel_sync, store
from chalicelib.people.conversations.model import NamedConversation, OpenConversation
from chalicelib.reconciliation import unsent
from chalicelib.stream import channels, line
from chalicelib.stream.model import StreamRefused, StreamUnavailable
from chalicelib.stream.users.sync import blocked_users
from infra.stream_emulator import Emulator
from tests.support.faults.races import just_before
from tests.support.jobs.profile_sync import resync, sync
from tests.support.patches import fail_at
from tests.support.stream.conversations import at_stream, ids, members_here, some_contacts
from tests.support.world.world import User, World


def read(subject: AccountId | ConversationId) -> list[unsent._Rows]:
    return unsent._read_all([subject])


def of_account(user: User) -> list[unsent._Rows]:
    return read(AccountId(user.account_id))


def sent_before(world: World, newer: list[unsent._Rows], older: list[unsent._Rows]) -> None:
    """Send a newer state, then wholly an older one; only then does the newer one's sender remove its mark."""
    with line.opened(world.now + MINUTE) as calls:
        unsent._send_users([one for one in newer if isinstance(one, unsent._AccountRows)], calls)
        unsent._send(older, calls)
        unsent._settle(newer)


@pytest.mark.promise("STR-1")
def test_older_profile_that_arrives_last_is_made_up_for(world: World, stream: Emulator) -> None:
    mila = world.a_user(display_name="Before")
    older = of_account(mila)
    mila.changes(display_name="After")
    sent_before(world, of_account(mila), older)
    assert stream.user(mila.user_id)["name"] == "Before"
    assert resync() == 0
    assert stream.user(mila.user_id)["name"] == "After"


@pytest.mark.promise("STR-3")
def test_revocation_that_an_older_profile_clears_is_sent_again(world: World, stream: Emulator) -> None:
    phone = world.a_user()
    tablet = world.a_user(phone=phone.phone)
    assert sync(phone) == []
    phone.changes(display_name="After")
    older = of_account(phone)
    tablet.logs_out()
    sent_before(world, of_account(phone), older)
    assert resync() == 0
    assert stream.user(phone.user_id).get("revoke_tokens_issued_before")


@pytest.mark.promise("STR-9")
def test_each_row_of_an_account_that_was_sent_late_is_marked_anew(world: World, stream: Emulator) -> None:
    mila, jovan = world.a_user(), world.a_user()
    assert sync(mila, jovan) == []
    mila.changes(display_name="Between")
    mila.blocks(jovan)
    older = of_account(mila)
    mila.unblocks(jovan)
    mila.changes(display_name="After")
    assert sync(mila) == []
    with line.opened(world.now + MINUTE) as calls:
        unsent._send(older, calls)
    assert blocked_users(UserId(mila.user_id)) == {jovan.user_id}
    assert resync() == 0
    assert blocked_users(UserId(mila.user_id)) == frozenset()
    assert stream.user(mila.user_id)["name"] == "After"


@pytest.mark.promise("STR-9")
def test_pair_opened_while_the_channel_of_the_ended_one_is_deleted_has_its_channel(
    world: World, stream: Emulator
) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    for user in (mila, jovan):
        user.leaves(pair["conversation_id"])
    ended = read(ConversationId(pair["conversation_id"]))

    def delete_late() -> None:
        with line.opened(world.now + MINUTE) as calls:
            unsent._send(ended, calls)

    just_before(store, "settle", delete_late)
    assert mila.opens(jovan).status == 201
    assert resync() == 0
    assert at_stream(stream, pair) == members_here(pair) == ids(mila, jovan)


@pytest.mark.promise("STR-9")
def test_member_whom_a_late_route_added_again_is_removed_if_its_repeat_fails(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, jovan, vuk, ana = some_contacts(world, 4)
    trip = mila.opens(jovan, vuk, name="Trip").json
    match: Callable[[OpenConversation], NamedConversation] = channel_sync._match

    def match_late(conversation: OpenConversation) -> NamedConversation:
        monkeypatch.setattr(channel_sync, "_match", match)
        assert jovan.leaves(trip["conversation_id"]).status == 204
        sent = match(conversation)
        fail_at(channel_sync, "_match", StreamUnavailable)
        return sent

    monkeypatch.setattr(channel_sync, "_match", match_late)
    assert mila.changes_members(trip["conversation_id"], add=[ana.user_id]).status == 503
    monkeypatch.setattr(channel_sync, "_match", match)
    assert jovan.user_id in (at_stream(stream, trip) or [])
    assert resync() == 0
    assert at_stream(stream, trip) == members_here(trip) == ids(mila, vuk, ana)


@pytest.mark.promise("STR-9")
def test_route_that_marks_a_change_of_another_keeps_the_change_after_it(
    world: World, stream: Emulator
) -> None:
    mila, jovan, vuk, ana = some_contacts(world, 4)
    trip = mila.opens(jovan, vuk, name="Trip").json

    def leaves(user: User) -> None:
        assert user.leaves(trip["conversation_id"]).status == 204

    just_before(channel_sync, "_match", partial(leaves, jovan))
    just_before(store, "_new_mark", partial(leaves, vuk))
    assert mila.changes_members(trip["conversation_id"], add=[ana.user_id]).status == 200
    assert resync() == 0
    assert at_stream(stream, trip) == members_here(trip) == ids(mila, ana)


@pytest.mark.promise("STR-9")
def test_channel_whose_deletion_stream_refuses_is_emptied(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    fail_at(channels, "delete", StreamRefused)
    for user in (mila, jovan):
        user.leaves(pair["conversation_id"])
    assert resync() == 0
    assert at_stream(stream, pair) == []
