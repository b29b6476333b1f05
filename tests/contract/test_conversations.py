"""Tests that two users who open a conversation by our routes chat with Stream's JavaScript SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.local.js import ChatClient, ChatClients
from tests.contract.emulated_app import Refused, phone_refused
from tests.support.stream import emulated_app
from tests.support.stream.conversations import deliver, some_contacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.stream_emulator import Emulator
    from tests.support.world.world import User, World

pytestmark = pytest.mark.node

emulator, stream = emulated_app.emulator, emulated_app.stream
NO = Refused(403, 17)


@pytest.fixture
def clients(stream: Emulator) -> Iterator[ChatClients]:
    with ChatClients(stream.url, stream.api_key) as clients:
        yield clients


def connect(clients: ChatClients, user: User) -> ChatClient:
    return clients.connect(user.user_id, user.mints_a_chat_token().json["token"])


def test_both_members_of_a_pair_chat_and_one_who_left_cannot_read(
    world: World, stream: Emulator, clients: ChatClients
) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    hers, his = connect(clients, mila), connect(clients, jovan)
    his.watch(pair["cid"])
    hers.watch(pair["cid"])
    hers.send(pair["cid"], "hello")
    his.wait_for_event("message.new", text="hello")
    his.send(pair["cid"], "hello yourself")
    hers.wait_for_event("message.new", text="hello yourself")
    assert jovan.leaves(pair["conversation_id"]).status == 204
    assert phone_refused(lambda: his.watch(pair["cid"])) == NO
    assert phone_refused(lambda: his.send(pair["cid"], "still here?")) == NO
    assert stream.violations() == []


def test_removed_member_of_a_group_cannot_read_and_a_new_one_can(
    world: World, stream: Emulator, clients: ChatClients
) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    group = mila.opens(jovan, name="Trip").json
    his, third = connect(clients, jovan), connect(clients, vuk)
    assert phone_refused(lambda: third.watch(group["cid"])) == NO
    change = {"add": [vuk.user_id], "remove": [jovan.user_id]}
    assert mila.changes_members(group["conversation_id"], **change).status == 200
    assert phone_refused(lambda: his.watch(group["cid"])) == NO
    assert sorted(third.watch(group["cid"])["members"]) == sorted([mila.user_id, vuk.user_id])


def test_client_adds_nobody_and_removes_nobody_at_stream(
    world: World, stream: Emulator, clients: ChatClients
) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    pair = mila.opens(jovan).json
    hers = connect(clients, mila)
    assert phone_refused(lambda: hers.add_members(pair["cid"], vuk.user_id)) == NO
    assert phone_refused(lambda: hers.remove_members(pair["cid"], jovan.user_id)) == NO


def test_blocker_is_out_of_the_pair_and_the_other_stays(
    world: World, stream: Emulator, clients: ChatClients
) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    his, hers = connect(clients, jovan), connect(clients, mila)
    jovan.blocks(mila)
    assert deliver(pair) == []
    assert phone_refused(lambda: his.watch(pair["cid"])) == NO
    assert hers.watch(pair["cid"])["members"] == [mila.user_id]
