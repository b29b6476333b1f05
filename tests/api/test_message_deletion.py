"""Tests that users delete their own messages for good, and no others."""

from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.batches import batched
from chalicelib.core.clock import MINUTE
from chalicelib.stream import gateway
from infra.stream_emulator import Emulator
from tests.support.clouds import cloud
from tests.support.stream.conversations import some_contacts
from tests.support.world.world import Reply, User, World


def says(user: User, conversation_id: str, message_id: str = "m-1", text: str = "hello", **more: Any) -> str:
    channel = gateway._client().channel("messaging", conversation_id)
    message = {"id": message_id, "text": text, **more}
    return str(channel.send_message(message, user.user_id)["message"]["id"])


def uploads(user: User, conversation_id: str, folder: Path) -> str:
    """Upload a file as a user; returns its link."""
    (note := folder / "note.txt").write_text("hello")
    channel = gateway._client().channel("messaging", conversation_id)
    return str(channel.send_file(note.as_uri(), note.name, {"id": user.user_id})["file"])


def deletes(user: User, conversation_id: str, message_id: str) -> Reply:
    return user.calls("DELETE", f"/v1/conversations/{conversation_id}/messages/{message_id}")


def texts(stream: Emulator, conversation_id: str) -> list[str]:
    return [one["text"] for one in stream.state()["channels"][f"messaging:{conversation_id}"]["messages"]]


@pytest.mark.promise("STR-12")
def test_author_deletes_a_message_for_good(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    pair = mila.opens(jovan).json["conversation_id"]
    message, kept = says(mila, pair), says(mila, pair, "m-2", "another")
    assert kept
    assert deletes(mila, pair, message).status == 204
    assert texts(stream, pair) == ["another"]
    assert deletes(mila, pair, message).problem == "not_found"


@pytest.mark.promise("STR-12")
def test_files_of_a_deleted_message_are_deleted(two: list[User], stream: Emulator, tmp_path: Path) -> None:
    mila, jovan = two
    pair = mila.opens(jovan).json["conversation_id"]
    url = uploads(mila, pair, tmp_path)
    says(mila, pair, attachments=[{"asset_url": url}])
    assert list(stream.state()["files"]) == [url]
    assert deletes(mila, pair, "m-1").status == 204
    assert stream.state()["files"] == {}


@pytest.mark.promise("STR-12")
def test_message_whose_file_stream_keeps_is_hidden_and_its_other_files_are_deleted(
    world: World, two: list[User], stream: Emulator, tmp_path: Path
) -> None:
    mila, jovan = two
    pair = mila.opens(jovan).json["conversation_id"]
    urls = [uploads(mila, pair, tmp_path) for _ in range(2)]
    says(mila, pair, attachments=[{"asset_url": url} for url in urls])
    stream.fault(path=f"^/channels/messaging/{pair}/file", method="DELETE", status=400, code=4)
    assert deletes(mila, pair, "m-1").status == 503
    (message,) = stream.state()["channels"][f"messaging:{pair}"]["messages"]
    assert (message["type"], list(stream.state()["files"])) == ("deleted", urls[:1])
    cloud.new_container()  # a container tries a file once an hour
    assert deletes(mila, pair, "m-1").status == 204
    assert (stream.state()["files"], texts(stream, pair)) == ({}, [])


@pytest.mark.promise("STR-12")
def test_ninety_files_are_deleted_at_the_pace_that_stream_allows(
    world: World, two: list[User], stream: Emulator, tmp_path: Path
) -> None:
    mila, jovan = two
    pair = mila.opens(jovan).json["conversation_id"]
    url = uploads(mila, pair, tmp_path)
    of_the_web = [f"https://example.com/{number}" for number in range(89)]
    parts = batched([*of_the_web, url], 3)
    attachments = [dict(zip(("image_url", "thumb_url", "asset_url"), part, strict=True)) for part in parts]
    says(mila, pair, attachments=attachments)
    assert deletes(mila, pair, "m-1").status == 503
    world.advance(MINUTE)
    assert deletes(mila, pair, "m-1").status == 204
    assert (stream.state()["files"], texts(stream, pair)) == ({}, [])


@pytest.mark.promise("STR-12")
def test_former_member_still_deletes_own_messages(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    pair = mila.opens(jovan).json["conversation_id"]
    message = says(mila, pair)
    mila.leaves(pair)
    assert deletes(mila, pair, message).status == 204
    assert texts(stream, pair) == []


def test_message_of_another_user_or_conversation_is_not_found(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    pair, other = (mila.opens(one).json["conversation_id"] for one in (jovan, vuk))
    message = says(jovan, pair)
    own = says(mila, other, "m-2")
    replies = [
        deletes(mila, pair, message),
        deletes(vuk, pair, message),
        deletes(mila, pair, own),
        deletes(mila, pair, "m-3"),
        deletes(mila, "cv_" + "0" * 26, own),
        deletes(mila, pair, "not%20an%20id"),
    ]
    assert {(reply.status, reply.problem) for reply in replies} == {(404, "not_found")}
    assert texts(stream, pair) == texts(stream, other) == ["hello"]


@pytest.mark.promise("STR-12")
def test_message_that_the_app_only_hid_is_deleted_too(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    pair = mila.opens(jovan).json["conversation_id"]
    message = says(mila, pair)
    gateway._client().delete_message(message)
    assert deletes(mila, pair, message).status == 204
    assert texts(stream, pair) == []


def test_outage_of_stream_is_answered_and_the_repeat_deletes(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    pair = mila.opens(jovan).json["conversation_id"]
    message = says(mila, pair)
    stream.fault(path="/messages", status=503, times=1)
    assert deletes(mila, pair, message).status == 503
    assert deletes(mila, pair, message).status == 204
