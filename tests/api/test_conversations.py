"""Tests opening conversations: with contacts only, once per pair, and the same at Stream."""

from typing import Any

import pytest

from infra.stream_emulator import Emulator
from tests.support.cases.erasure_parts import erase
from tests.support.stream.conversations import at_stream, ids, members_here, operations, shared, some_contacts
from tests.support.world.limits import allow
from tests.support.world.world import User, World

KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
NOBODY = "u_" + "0" * 26
RIGHT_TO_LEFT = "\u202e"


def channel(stream: Emulator, conversation: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = stream.state()["channels"][conversation["cid"]]
    return found


# --- pairs


def test_contact_opens_a_pair_here_and_at_stream(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    opened = mila.opens(jovan)
    assert opened.status == 201
    assert shared(opened.json) == {
        "conversation_id": opened.json["conversation_id"],
        "cid": f"messaging:{opened.json['conversation_id']}",
        "form": "pair",
        "members": [mila.user_id, jovan.user_id],
        "created_at": "2026-11-24T12:00:00Z",
    }
    assert at_stream(stream, opened.json) == members_here(opened.json) == ids(mila, jovan)


def test_pair_is_the_same_whoever_opens_it_again(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    opened, again, other_way = mila.opens(jovan), mila.opens(jovan), jovan.opens(mila)
    assert (again.status, other_way.status) == (200, 200)
    assert again.json == opened.json
    assert shared(other_way.json) == shared(opened.json)
    assert len(stream.state()["channels"]) == 1


def test_repeated_id_counts_once(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    assert mila.opens(jovan, jovan).json == mila.opens(jovan).json


@pytest.mark.promise("STR-1")
def test_channel_is_sent_as_ids_creator_and_name_alone(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    mila.opens(jovan)
    mila.opens(jovan, vuk, name="Trip")
    sent = [one["body"]["data"] for one in stream.requests() if one["operation"] == "GetOrCreateChannel"]
    creator = {"id": "ru4m"}
    assert sent == [
        {"members": [mila.user_id, jovan.user_id], "created_by": creator},
        {"members": [one.user_id for one in (mila, jovan, vuk)], "created_by": creator, "name": "Trip"},
    ]
    assert stream.violations() == []


@pytest.mark.promise("STR-1")
def test_ids_of_pairs_follow_from_a_key(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    assert mila.opens(jovan).json["conversation_id"] != mila.opens(vuk).json["conversation_id"]


def test_user_whom_stream_does_not_know_yet_is_sent_first(world: World, stream: Emulator) -> None:
    mila, jovan = world.a_user(), world.a_user(display_name="Jovan")
    mila.meets(jovan)
    opened = mila.opens(jovan)
    assert opened.status == 201
    assert at_stream(stream, opened.json) == ids(mila, jovan)
    assert stream.state()["users"][jovan.user_id]["name"] == "Jovan"


# --- who cannot be met


@pytest.mark.promise("STR-9")
@pytest.mark.parametrize("more", [0, 1], ids=["pair", "group"])
def test_users_who_cannot_be_met_get_one_answer(world: World, stream: Emulator, more: int) -> None:
    mila, friend, frozen, restricted, erased, blocked, blocking, ended = some_contacts(world, 8)
    stranger = world.a_user()
    world.set_state(frozen, "frozen")
    world.set_state(restricted, "restricted")
    erase(erased)
    mila.blocks(blocked)
    blocking.blocks(mila)
    mila.calls("DELETE", f"/v1/contacts/{ended.user_id}")
    hidden: list[User | str] = [
        frozen, restricted, erased, blocked, blocking, ended, stranger, NOBODY, mila,
    ]  # fmt: skip
    replies = [mila.opens(one, *[friend][:more]) for one in hidden]
    assert {(reply.status, reply.problem) for reply in replies} == {(404, "unknown_member")}
    assert len({reply.text.replace(str(reply.json["request_id"]), "") for reply in replies}) == 1
    assert stream.state()["channels"] == {}


@pytest.mark.promise("STR-9")
def test_two_who_block_each_other_are_in_no_new_group(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    jovan.blocks(vuk)
    assert mila.opens(jovan, vuk).problem == "unknown_member"
    assert mila.opens(jovan).status == mila.opens(vuk).status == 201


def test_pair_of_an_ended_contact_stays_and_cannot_be_opened(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    opened = mila.opens(jovan).json
    mila.calls("DELETE", f"/v1/contacts/{jovan.user_id}")
    assert mila.opens(jovan).problem == jovan.opens(mila).problem == "unknown_member"
    assert members_here(opened) == at_stream(stream, opened) == ids(mila, jovan)


# --- groups


def test_two_others_make_a_group_each_time_anew(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    first, second = mila.opens(jovan, vuk), mila.opens(jovan, vuk)
    assert (first.status, second.status) == (201, 201)
    assert first.json["conversation_id"] != second.json["conversation_id"]
    assert members_here(first.json) == at_stream(stream, first.json) == ids(mila, jovan, vuk)


def test_name_makes_a_group_of_two_beside_their_pair(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    pair, group = mila.opens(jovan).json, mila.opens(jovan, name="Trip").json
    assert pair["conversation_id"] != group["conversation_id"]
    assert channel(stream, group)["name"] == "Trip"
    assert "name" not in channel(stream, pair)


@pytest.mark.promise("STR-1")
def test_name_of_a_group_is_readable_in_no_table_and_no_log(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    name = world.canaries("name of a group")
    assert mila.opens(jovan, name=name, headers=KEY).status == 201
    assert world.canaries.in_tables() == []
    assert world.canaries.in_text(world.log.getvalue()) == []


# --- input


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ({}, 400, "invalid_request"),
        ({"members": []}, 400, "invalid_request"),
        ({"members": "u_1"}, 400, "invalid_request"),
        ({"members": [1]}, 400, "invalid_request"),
        ({"members": ["not an id"]}, 400, "invalid_request"),
        ({"members": ["a_" + "0" * 26]}, 400, "invalid_request"),
        ({"members": [NOBODY], "topic": "x"}, 400, "unexpected_field"),
        ({"members": [NOBODY], "name": ""}, 400, "invalid_request"),
        ({"members": [NOBODY], "name": "  "}, 400, "invalid_request"),
        ({"members": [NOBODY], "name": "x" * 101}, 400, "invalid_request"),
        ({"members": [NOBODY], "name": "a\u0000b"}, 400, "invalid_request"),
        ({"members": [NOBODY], "name": "a\nb"}, 400, "invalid_request"),
        ({"members": [NOBODY], "name": f"a{RIGHT_TO_LEFT}b"}, 400, "invalid_request"),
        ({"members": [NOBODY], "name": "\u200b"}, 400, "invalid_request"),
        ({"members": [NOBODY] * 100_000}, 413, "payload_too_large"),
    ],
)
def test_invalid_body_is_refused(
    world: World, stream: Emulator, body: dict[str, Any], status: int, problem: str
) -> None:
    reply = world.a_user().calls("POST", "/v1/conversations", body=body)
    assert (reply.status, reply.problem) == (status, problem)


def test_too_many_ids_in_a_small_body_are_refused_before_any_read(world: World, stream: Emulator) -> None:
    mila, many = world.a_user(), [f"u_{number:026d}" for number in range(100)]
    assert mila.opens(*many).problem == "member_limit_reached"
    assert mila.opens(*many, f"u_{100:026d}").problem == "invalid_request"


@pytest.mark.promise("SEC-1")
def test_log_of_a_conversation_has_no_user_and_no_name(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    mila.opens(jovan, name="Secret trip")
    log = world.log.getvalue()
    assert not [word for word in (mila.user_id, jovan.user_id, "Secret trip") if word in log]


# --- repeats


def test_repeat_with_a_key_returns_the_same_group(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    opened, again = mila.opens(jovan, vuk, headers=KEY), mila.opens(jovan, vuk, headers=KEY)
    assert (opened.status, again.status) == (201, 200)
    assert again.json == opened.json
    assert len(stream.state()["channels"]) == 1


@pytest.mark.parametrize("name", [None, "Trip"], ids=["pair", "group"])
def test_key_with_another_body_is_refused(world: World, stream: Emulator, name: str | None) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    assert mila.opens(jovan, name=name, headers=KEY).status == 201
    assert mila.opens(vuk, name=name, headers=KEY).problem == "idempotency_mismatch"
    assert mila.opens(jovan, vuk, headers=KEY).problem == "idempotency_mismatch"


def test_key_of_another_account_opens_another_group(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    jovan.meets(vuk)
    first = mila.opens(jovan, vuk, headers=KEY).json
    assert jovan.opens(mila, vuk, headers=KEY).json["conversation_id"] != first["conversation_id"]


@pytest.mark.parametrize("name", [None, "Trip"], ids=["pair", "group"])
def test_repeat_after_leaving_does_not_bring_the_caller_back(
    world: World, stream: Emulator, name: str | None
) -> None:
    mila, jovan = some_contacts(world, 2)
    opened = mila.opens(jovan, name=name, headers=KEY).json
    mila.leaves(opened["conversation_id"])
    again = mila.opens(jovan, name=name, headers=KEY)
    assert (again.status, again.problem) == (410, "conversation_left")
    assert members_here(opened) == ids(jovan)


@pytest.mark.parametrize("headers", [{}, KEY], ids=["without a key", "with a key"])
@pytest.mark.parametrize("name", [None, "Trip"], ids=["pair", "group"])
def test_repeat_after_an_outage_of_stream_continues(
    world: World, stream: Emulator, name: str | None, headers: dict[str, str]
) -> None:
    mila, jovan = some_contacts(world, 2)
    stream.fault(path="/channels", status=503, times=1)
    assert mila.opens(jovan, name=name, headers=headers).status == 503
    again = mila.opens(jovan, name=name, headers=headers)
    assert again.status == (200 if headers or not name else 201)
    assert at_stream(stream, again.json) == ids(mila, jovan)
    assert channel(stream, again.json).get("name") == name
    assert len(stream.state()["channels"]) == 1


def test_lost_answer_of_stream_leaves_one_channel(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    stream.fault(path="/channels", method="POST", commit=True, drop_connection=True)
    assert mila.opens(jovan).status == 503
    again = mila.opens(jovan)
    assert (again.status, at_stream(stream, again.json)) == (200, ids(mila, jovan))


def test_daily_limit_refuses_further_conversations(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    allow(conversations_day=2)
    replies = [mila.opens(jovan).status for _ in range(3)]
    assert replies == [201, 200, 429]


def test_known_pair_costs_stream_one_call(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    before = len(operations(stream))
    mila.opens(jovan)
    mila.opens(jovan)
    assert operations(stream)[before:] == ["GetOrCreateChannel"] * 2
