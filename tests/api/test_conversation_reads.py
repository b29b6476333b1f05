"""Tests which conversations a user lists and reads, and what each shows."""

from typing import Any

import pytest

from chalicelib.core import table
from chalicelib.core.ids import ConversationId, UserId
from chalicelib.core.table import Change, Key, Table
from chalicelib.people.conversations import store
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_parts import erase
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.stream.conversations import operations, shared, some_contacts
from tests.support.world.world import Reply, User, World

pytestmark = pytest.mark.usefixtures("stream")

NOWHERE = "cv_" + "0" * 26


def items(reply: Reply) -> list[dict[str, Any]]:
    assert reply.status == 200, reply.text
    found: list[dict[str, Any]] = reply.json["items"]
    return found


def listed(user: User) -> list[str]:
    return [one["conversation_id"] for one in items(user.gets("/v1/conversations"))]


def alter(conversation: dict[str, Any], **attributes: Any) -> None:
    place = Key(Table.ACCOUNTS, f"C#{conversation['conversation_id']}", "conversation")
    table.write(Change(place, put=attributes))


def test_conversations_of_the_caller_are_listed_as_they_were_opened(world: World) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    opened = [mila.opens(jovan), mila.opens(vuk), mila.opens(jovan, name="Trip"), mila.opens(jovan, vuk)]
    own = sorted((one.json for one in opened), key=lambda one: str(one["conversation_id"]))
    assert items(mila.gets("/v1/conversations")) == own
    assert len(listed(jovan)) == 3
    assert len(listed(vuk)) == 2
    assert listed(world.a_user()) == []


def test_group_shows_its_name_and_the_member_who_may_remove_others(world: World) -> None:
    mila, jovan = some_contacts(world, 2)
    group, pair = mila.opens(jovan, name="Trip").json, mila.opens(jovan).json
    shown = jovan.gets(f"/v1/conversations/{group['conversation_id']}")
    assert shown.status == 200
    assert shared(shown.json) == shared(group)
    assert (group["form"], group["name"], group["may_remove_others"]) == ("group", "Trip", mila.user_id)
    mila.leaves(group["conversation_id"])
    left = jovan.gets(f"/v1/conversations/{group['conversation_id']}").json
    assert (left["name"], left["members"], left["may_remove_others"]) == (
        "Trip",
        [jovan.user_id],
        jovan.user_id,
    )
    shown_pair = jovan.gets(f"/v1/conversations/{pair['conversation_id']}").json
    assert (shown_pair["form"], shown_pair.keys() & {"name", "may_remove_others"}) == ("pair", set())


def test_reads_ask_stream_nothing(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    group = mila.opens(jovan, name="Trip").json
    before = len(operations(stream))
    assert listed(mila) == [group["conversation_id"]]
    assert mila.gets(f"/v1/conversations/{group['conversation_id']}").status == 200
    assert operations(stream)[before:] == []


@pytest.mark.promise("STR-9")
def test_conversation_is_not_found_by_others_and_after_leaving(world: World) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    group = mila.opens(jovan, name="Trip").json["conversation_id"]
    pair = mila.opens(jovan).json["conversation_id"]
    jovan.leaves(group)
    assert jovan.blocks(mila).status == 204
    replies = [vuk.gets(f"/v1/conversations/{one}") for one in (group, pair, NOWHERE, "not-an-id")]
    replies += [jovan.gets(f"/v1/conversations/{one}") for one in (group, pair)]
    assert {(one.status, one.problem) for one in replies} == {(404, "not_found")}
    assert listed(jovan) == listed(vuk) == []
    assert len(listed(mila)) == 2


def test_conversations_are_listed_page_by_page(world: World) -> None:
    mila, *others = some_contacts(world, 4)
    opened = sorted(mila.opens(one).json["conversation_id"] for one in others)
    first = mila.gets("/v1/conversations?limit=2")
    second = mila.gets(f"/v1/conversations?limit=2&cursor={first.json['next_cursor']}")
    assert [one["conversation_id"] for one in (*items(first), *items(second))] == opened
    assert "next_cursor" not in second.json
    refused = [
        mila.gets(f"/v1/conversations?{query}")
        for query in (f"cursor={UserId.new()}", "cursor=2", "limit=0", "limit=101", "limit=x")
    ]
    assert {(one.status, one.problem) for one in refused} == {(400, "invalid_request")}


def test_next_page_follows_after_the_last_conversation_of_a_page_was_left(world: World) -> None:
    mila, *others = some_contacts(world, 3)
    first, second = sorted(mila.opens(one).json["conversation_id"] for one in others)
    page = mila.gets("/v1/conversations?limit=1").json
    mila.leaves(first)
    found = items(mila.gets(f"/v1/conversations?limit=1&cursor={page['next_cursor']}"))
    assert [one["conversation_id"] for one in found] == [second]


@pytest.mark.promise("STR-9")
def test_conversation_that_the_caller_leaves_during_the_read_is_left_out(world: World) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json["conversation_id"]
    just_before(store, "read_readable", lambda: mila.leaves(pair))
    assert items(mila.gets("/v1/conversations")) == []


def test_unreadable_conversation_hides_no_other_and_is_counted(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    broken, gone, whole = mila.opens(jovan).json, mila.opens(vuk).json, mila.opens(jovan, vuk).json
    alter(broken, form="another form")
    table.delete_all([store.key(ConversationId(gone["conversation_id"]))])
    capsys.readouterr()
    assert listed(mila) == [whole["conversation_id"]]
    assert '"RecordUnreadable":[1.0]' in capsys.readouterr().out
    assert "conversation_unreadable" in world.log.getvalue()


@pytest.mark.parametrize("sealed", ["AAAA", "no base64!"], ids=["altered", "of another form"])
def test_name_that_cannot_be_opened_hides_no_conversation(world: World, sealed: str) -> None:
    mila, jovan = some_contacts(world, 2)
    group = mila.opens(jovan, name="Trip").json
    alter(group, name={"account_id": mila.account_id, "sealed": sealed})
    (shown,) = items(mila.gets("/v1/conversations"))
    assert shown == {name: value for name, value in group.items() if name != "name"}
    assert "conversation_name_unreadable" in world.log.getvalue()
    assert mila.renames(group["conversation_id"], "Journey").json["name"] == "Journey"


@pytest.mark.promise("SEC-1")
def test_name_that_was_moved_to_another_conversation_cannot_be_opened(world: World) -> None:
    mila, jovan = some_contacts(world, 2)
    secret, other = mila.opens(jovan, name="Secret").json, mila.opens(jovan, name="Trip").json
    rows = {row["conversation_id"]["S"]: row for row in cloud.records("conversation")}
    name = {key: one["S"] for key, one in rows[secret["conversation_id"]]["name"]["M"].items()}
    alter(other, name=name)
    shown = {one["conversation_id"]: one.get("name") for one in items(mila.gets("/v1/conversations"))}
    assert shown == {secret["conversation_id"]: "Secret", other["conversation_id"]: None}


@pytest.mark.promise("RGT-3")
def test_group_keeps_its_name_after_the_erasure_of_who_gave_it(world: World) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    group = mila.opens(jovan, vuk, name="Trip").json
    erase(mila)
    shown = vuk.gets(f"/v1/conversations/{group['conversation_id']}").json
    assert (shown["name"], shown["members"]) == ("Trip", [jovan.user_id, vuk.user_id])
    (row,) = cloud.records("conversation")
    assert mila.account_id not in str(row)
