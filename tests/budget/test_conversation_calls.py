"""Tests the number of calls and bytes of routes about conversations, counted at the clients."""

import pytest

from infra.stream_emulator import Emulator
from tests.support.clouds import cloud
from tests.support.clouds.cloud import counted
from tests.support.stream import emulated_app
from tests.support.stream.conversations import operations, some_contacts
from tests.support.world.world import User, World

emulator, stream = emulated_app.emulator, emulated_app.stream
KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}


@pytest.fixture
def users(world: World, stream: Emulator) -> list[User]:
    """Return a user with contacts; the container has read its secrets, and Stream knows all of them."""
    mila, *others, last = some_contacts(world, 7)
    mila.opens(last, headers=KEY)
    return [mila, *others]


@pytest.mark.parametrize("headers", [{}, KEY | {"Idempotency-Key": "b8a1f3a2-53c1-4b43-9d0c-0f6a3ce5a1d7"}])
def test_new_pair_costs_five_calls_and_one_of_stream(
    users: list[User], stream: Emulator, headers: dict[str, str]
) -> None:
    mila, jovan, *_ = users
    before = len(operations(stream))
    with counted() as calls:
        assert mila.opens(jovan, headers=headers).status == 201
    assert calls.tables == {"BatchGetItem": 2, "UpdateItem": 1, "TransactWriteItems": 1, "PutItem": 1}
    assert calls.of("dynamodb") == sum(calls.values()) == 5
    assert operations(stream)[before:] == ["GetOrCreateChannel"]


def test_pair_that_exists_costs_the_same(users: list[User], stream: Emulator) -> None:
    mila, jovan, *_ = users
    mila.opens(jovan)
    before = len(operations(stream))
    with counted() as calls:
        assert jovan.opens(mila).status == 200
    assert calls.tables == {"BatchGetItem": 2, "UpdateItem": 1, "TransactWriteItems": 1, "PutItem": 1}
    assert operations(stream)[before:] == ["GetOrCreateChannel"]


def test_group_of_six_costs_seven_calls_and_one_of_stream(users: list[User], stream: Emulator) -> None:
    mila, *others = users
    before = len(operations(stream))
    with counted() as calls:
        assert mila.opens(*others).status == 201
    # The caller, both reads of contacts, one of every 25 members, and the mark after Stream.
    assert calls.tables == {"BatchGetItem": 4, "UpdateItem": 1, "TransactWriteItems": 1, "PutItem": 1}
    assert operations(stream)[before:] == ["GetOrCreateChannel"]


def test_refusals_of_a_pair_make_the_same_calls(world: World, users: list[User], stream: Emulator) -> None:
    mila, frozen, blocking, ended, *_ = users
    world.set_state(frozen, "frozen")
    blocking.blocks(mila)
    mila.calls("DELETE", f"/v1/contacts/{ended.user_id}")
    hidden: list[User | str] = [frozen, blocking, ended, world.a_user(), "u_" + "0" * 26, mila]
    for more in ([], [users[4]]):
        seen = []
        for one in hidden:
            with counted() as calls:
                assert mila.opens(one, *more).problem == "unknown_member"
            seen.append(dict(calls))
        assert seen == [seen[0]] * len(hidden)


def test_leaving_costs_four_calls_and_two_of_stream(users: list[User], stream: Emulator) -> None:
    mila, jovan, *_ = users
    pair = mila.opens(jovan).json["conversation_id"]
    before = len(operations(stream))
    with counted() as calls:
        assert mila.leaves(pair).status == 204
    assert calls.tables == {"BatchGetItem": 2, "TransactWriteItems": 1, "PutItem": 1}
    assert operations(stream)[before:] == ["GetOrCreateChannel", "UpdateChannel"]


@pytest.mark.parametrize("number", [1, 5])
def test_page_of_conversations_costs_four_calls_whatever_their_number(
    users: list[User], stream: Emulator, number: int
) -> None:
    mila, *others = users
    for other in others[:number]:
        assert mila.opens(other, name="Trip").status == 201
    before = len(operations(stream))
    with counted() as calls:
        page = mila.gets("/v1/conversations?limit=100").json["items"]
    assert len([one for one in page if "name" in one]) == number
    # The caller, the memberships, their conversations, the keys of the names.
    assert calls.tables == {"BatchGetItem": 3, "Query": 1}
    assert operations(stream)[before:] == []


def test_page_without_names_reads_no_key(users: list[User], stream: Emulator) -> None:
    mila, jovan, *_ = users
    assert mila.opens(jovan).status == 201
    with counted() as calls:
        assert mila.gets("/v1/conversations").status == 200
    assert calls.tables == {"BatchGetItem": 2, "Query": 1}


def test_reading_a_group_costs_three_calls(users: list[User], stream: Emulator) -> None:
    mila, jovan, *_ = users
    group = mila.opens(jovan, name="Trip").json["conversation_id"]
    with counted() as calls:
        assert mila.gets(f"/v1/conversations/{group}").status == 200
    assert calls.tables == {"BatchGetItem": 3}


def test_renaming_costs_six_calls_and_two_of_stream(users: list[User], stream: Emulator) -> None:
    mila, jovan, *_ = users
    group = mila.opens(jovan, name="Trip").json["conversation_id"]
    tag = mila.gets(f"/v1/conversations/{group}").headers["etag"]
    before = len(operations(stream))
    with counted() as calls:
        assert jovan.renames(group, "Journey", etag=tag).status == 200
    # The caller with the key, the conversation, the name for Stream, the limit, the change, its mark.
    assert calls.tables == {"BatchGetItem": 3, "UpdateItem": 1, "TransactWriteItems": 1, "PutItem": 1}
    assert operations(stream)[before:] == ["GetOrCreateChannel", "UpdateChannelPartial"]


def test_leave_of_the_member_with_the_name_costs_two_reads_more(users: list[User], stream: Emulator) -> None:
    mila, jovan, *_ = users
    group = mila.opens(jovan, name="Trip").json["conversation_id"]
    with counted() as calls:
        assert mila.leaves(group).status == 204
    assert calls.tables == {"BatchGetItem": 4, "TransactWriteItems": 1, "PutItem": 1}


def test_largest_group_is_one_transaction_of_a_few_kilobytes(world: World, stream: Emulator) -> None:
    mila, *others = some_contacts(world, 50)
    refused = mila.opens(*others)
    assert (refused.problem, refused.json["most"]) == ("member_limit_reached", 49)
    with counted() as calls:
        assert mila.opens(*others[:48], name="x" * 100).status == 201
    assert calls.tables["TransactWriteItems"] == 1
    (row,) = cloud.records("conversation")
    assert len(str(row)) < 16_000
