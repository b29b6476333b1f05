"""Tests conversations on the deployed functions, with IAM enforced and the table's stream."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from stream_chat import StreamChat

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.local.waiting import until

NewPhone = Callable[[], Phone]
Conversation = dict[str, Any]


@pytest.fixture
def three(cloud: LocalCloud, a_phone: NewPhone) -> list[Phone]:
    """Return users at Stream, the first of whom is a contact of the others."""
    phones = [a_phone() for _ in range(3)]
    for phone, name in zip(phones, ("Mila", "Jovan", "Vera"), strict=True):
        phone.sign_up(name)
    code = phones[0].make_contact_code()
    for phone in phones[1:]:
        assert phone.add_contact(code).status == 201
    for phone in phones:
        until(partial(cloud.sent_to_stream, phone.user_id), "the user at Stream", seconds=20)
    return phones


def at_stream(cloud: LocalCloud, conversation: Conversation) -> list[str] | None:
    channel = cloud.stream.state()["channels"].get(conversation["cid"])
    return sorted(channel["members"]) if channel else None


def _stream_api(cloud: LocalCloud) -> StreamChat:
    return StreamChat(cloud.stream.api_key, cloud.stream.secret, base_url=cloud.stream.url)


def ids(*phones: Phone) -> list[str]:
    return sorted(phone.user_id for phone in phones)


@pytest.mark.promise("STR-9")
def test_pair_is_opened_left_and_ended(cloud: LocalCloud, three: list[Phone]) -> None:
    mila, jovan, _ = three
    pair = mila.open_conversation(jovan)
    assert at_stream(cloud, pair) == ids(mila, jovan)
    assert jovan.open_conversation(mila)["cid"] == pair["cid"]
    jovan.leave_conversation(pair["conversation_id"])
    assert at_stream(cloud, pair) == ids(mila)
    mila.leave_conversation(pair["conversation_id"])
    until(lambda: at_stream(cloud, pair) is None, "the end of the channel", seconds=30)


def test_members_of_a_group_change_here_and_at_stream(cloud: LocalCloud, three: list[Phone]) -> None:
    mila, jovan, vera = three
    group = mila.open_conversation(jovan, name="Trip")
    path = f"/v1/conversations/{group['conversation_id']}/members"
    changed = mila.call("POST", path, {"add": [vera.user_id], "remove": [jovan.user_id]})
    assert changed.body["members"] == [mila.user_id, vera.user_id]
    assert at_stream(cloud, group) == ids(mila, vera)
    assert jovan.call("POST", path, {"add": [jovan.user_id]}).problem == "not_found"
    assert mila.call("POST", "/v1/conversations", {"members": ["u_" + "0" * 26]}).problem == "unknown_member"


def test_group_is_listed_and_renamed(cloud: LocalCloud, three: list[Phone]) -> None:
    mila, jovan, vera = three
    group, pair = mila.open_conversation(jovan, name="Trip"), mila.open_conversation(vera)
    path = f"/v1/conversations/{group['conversation_id']}"
    listed = mila.call("GET", "/v1/conversations").body["items"]
    assert listed == sorted((group, pair), key=lambda one: str(one["conversation_id"]))
    shown = jovan.call("GET", path)
    headers = {"If-Match": shown.headers["etag"], "Content-Type": "application/merge-patch+json"}
    assert jovan.call("PATCH", path, {"name": "Journey"}, headers=headers).body["name"] == "Journey"
    assert vera.call("GET", path).problem == "not_found"
    assert mila.call("GET", path).body == group | {"name": "Journey"}
    assert cloud.stream.state()["channels"][group["cid"]]["name"] == "Journey"


@pytest.mark.promise("STR-9")
def test_block_ends_the_blockers_membership_at_stream(cloud: LocalCloud, three: list[Phone]) -> None:
    mila, jovan, _ = three
    pair = mila.open_conversation(jovan)
    jovan.block(mila)
    until(lambda: at_stream(cloud, pair) == ids(mila), "the end of the membership", seconds=30)


@pytest.mark.promise("STR-9")
def test_membership_that_ends_while_stream_is_down_ends_there_later(
    cloud: LocalCloud, three: list[Phone]
) -> None:
    mila, jovan, _ = three
    pair = mila.open_conversation(jovan)
    cloud.stream.fault(path="/channels/messaging", status=503, times=1000)
    jovan.leave_conversation(pair["conversation_id"])
    cloud.run("send_unsent")
    assert at_stream(cloud, pair) == ids(mila, jovan)
    cloud.stream.clear_faults()

    def has_ended() -> bool:
        cloud.run("send_unsent")
        return at_stream(cloud, pair) == ids(mila)

    until(has_ended, "the job of each minute to end the membership", seconds=60)


@pytest.mark.promise("STR-12")
def test_author_deletes_a_message(cloud: LocalCloud, three: list[Phone]) -> None:
    mila, jovan, _ = three
    pair = mila.open_conversation(jovan)
    channel = _stream_api(cloud).channel("messaging", pair["conversation_id"])
    message = channel.send_message({"text": "hello"}, mila.user_id)["message"]["id"]
    path = f"/v1/conversations/{pair['conversation_id']}/messages/{message}"
    assert jovan.call("DELETE", path).problem == "not_found"
    assert mila.call("DELETE", path).status == 204
    assert cloud.stream.state()["channels"][pair["cid"]]["messages"] == []


@pytest.mark.promise("SEC-1")
def test_logs_of_conversations_name_no_user_and_no_group(cloud: LocalCloud, three: list[Phone]) -> None:
    mila, jovan, _ = three
    mila.open_conversation(jovan, name="Secret trip")
    until(
        lambda: any("POST /v1/conversations" in line for line in cloud.log_lines("conversations")),
        "the last log line",
    )
    logged = "".join(cloud.log_lines("conversations"))
    assert not [word for word in (mila.user_id, jovan.user_id, "Secret trip") if word in logged]
