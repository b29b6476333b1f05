"""The subject's conversation at Stream, through the official SDK with the subject's own token."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stream_chat import StreamChat

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.local.waiting import until
from tests.support.canaries.subject import CanarySubject
from tests.support.canaries.values import letters


def chat(subject: CanarySubject, other: Phone, folder: Path) -> None:
    """Create a group, and leave messages, a file, a reaction, quotes by another person, a deleted message."""
    cloud, add, own_id = subject.cloud, subject.canaries.add, subject.phone.user_id
    until(lambda: {own_id, other.user_id} <= cloud.stream.state()["users"].keys(), "both users at Stream")
    group = new_group(cloud, {"members": [own_id, other.user_id], "name": add("group name", letters())})
    own, theirs = client(cloud, subject.phone.chat_token()), client(cloud, other.chat_token())
    channel, their_channel = (one.channel("messaging", group) for one in (own, theirs))
    said = channel.send_message({"text": add("message", letters()), "note": add("custom", letters())}, own_id)
    add("message id", said["message"]["id"])
    file = folder / f"{add('file name', letters())}.txt"
    file.write_text(add("file content", letters()))
    sent = channel.send_file(str(file), file.name, {"id": own_id}, "text/plain")
    attached = [{"type": "file", "asset_url": add("file address", sent["file"]), "title": file.name}]
    channel.send_message({"text": "the file", "attachments": attached}, own_id)

    text = f"Hello {add('name that another wrote', letters())}"
    theirs_said = their_channel.send_message({"text": text, "mentioned_users": [own_id]}, other.user_id)
    quoting = {"text": "Yes", "quoted_message_id": said["message"]["id"]}
    their_channel.send_message(quoting, other.user_id)
    channel.send_reaction(theirs_said["message"]["id"], {"type": add("reaction", letters())}, own_id)
    regretted = channel.send_message({"text": add("regretted message", letters())}, own_id)["message"]["id"]
    # Hidden in Stream's dashboard. Stream reports it with its text, and the service deletes it for good.
    server(cloud).delete_message(regretted)
    until(lambda: regretted not in _messages_of(cloud, channel.cid), "the end of the message", 60.0)


def _messages_of(cloud: LocalCloud, cid: str) -> list[str]:
    return [message["id"] for message in cloud.stream.state()["channels"][cid]["messages"]]


def new_group(cloud: LocalCloud, about: Mapping[str, object]) -> str:
    """Create a group as the backend will, since clients must not create any; return its id."""
    sdk, group = server(cloud), f"group-{letters(8)}"
    sdk.upsert_users([{"id": "system", "name": "RU4M"}])
    sdk.channel("messaging", group, dict(about)).create("system")
    return group


def server(cloud: LocalCloud) -> StreamChat:
    """The official SDK as the backend uses it."""
    return StreamChat(cloud.stream.api_key, cloud.stream.secret, base_url=cloud.stream.url)


def client(cloud: LocalCloud, token: str) -> StreamChat:
    """The official SDK with a user's token in place of the server's."""
    sdk = StreamChat(
        cloud.stream.api_key, "no secret: a client has none, only its token", base_url=cloud.stream.url
    )
    sdk.auth_token = token
    return sdk
