"""Calls of Stream about channels, their members and their messages. Each may be repeated.

A channel gets its id, its creator, the ids of its members, and the name of a group: nothing else (STR-1).
Messages are found and deleted (STR-12). Only a report of abuse keeps the text of one (ADR 114).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

from chalicelib.core import clock
from chalicelib.core.clock import HOUR
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.stream import files, gateway
from chalicelib.stream.answers import Malformed, ids_in, list_in
from chalicelib.stream.model import (
    CHANNEL_TYPES,
    ChatChannel,
    FileKeptAtStream,
    FoundChannel,
    FoundMessage,
    InputRefused,
    ListedChannel,
    MessageFile,
    MessageId,
    StreamRefused,
    UserBurned,
    message_id_of,
)

# Stream returns at most so many members with a channel, and adds or removes at most so many at once.
MOST_MEMBERS = 100
_LISTED_AT_ONCE = 30  # Stream's own

_A_NAME = gateway.AN_ID | {Category.CONTENT_PRIVATE}
_MEMBERS = gateway.AN_ID | {Category.CONTACTS}
_NAMED = _MEMBERS | _A_NAME


def get_or_create(channel: ChatChannel) -> FoundChannel:
    """Create a channel, unless it exists. One that exists keeps its members and its name.

    Raises:
        StreamRefused, UserBurned: for example, Stream does not know a member; nothing was created.
        StreamUnavailable: Stream may have created it.
    """
    data: dict[str, Any] = {"members": list(channel.members), "created_by": {"id": channel.creator}}
    if channel.name:
        data["name"] = channel.name
    shown = {"watch": False, "presence": False, "messages": {"limit": 0}, "members": {"limit": MOST_MEMBERS}}
    answer = gateway.ask(
        lambda client: _of(client, channel.cid, data).query(**shown),
        sending=_NAMED if channel.name else _MEMBERS,
    )
    return gateway.read_answer(lambda found: _found(found, channel.cid), answer)


def list_channels(since: str) -> tuple[ListedChannel, ...]:
    """The 30 oldest channels at most that were created at an instant or later, with their members.

    Raises:
        StreamRefused, StreamUnavailable: an answer of another form or order counts as none.
    """
    wanted = {"type": {"$in": sorted(CHANNEL_TYPES)}} | ({"created_at": {"$gte": since}} if since else {})
    shown = {"limit": _LISTED_AT_ONCE, "member_limit": MOST_MEMBERS, "message_limit": 0}
    answer = gateway.ask(
        lambda client: client.query_channels(wanted, [{"field": "created_at", "direction": 1}], **shown),
        sending=frozenset(),
        purpose=Purpose.LEGAL_OBLIGATION,
    )
    return gateway.read_answer(_listed, answer)


def add_members(cid: str, members: Collection[str]) -> None:
    """Add up to 100 members; who is one already stays one.

    Raises:
        StreamRefused, UserBurned: for example, Stream does not know a member.
        StreamUnavailable: Stream may have added them.
    """
    gateway.ask(lambda client: _of(client, cid).add_members(list(members)), sending=_MEMBERS)


def remove_members(cid: str, members: Collection[str]) -> None:
    """Remove up to 100 members.

    Raises:
        StreamRefused, UserBurned: for example, there is no such channel.
        StreamUnavailable: Stream may have removed them.
    """
    gateway.ask(lambda client: _of(client, cid).remove_members(list(members)), sending=_MEMBERS)


def rename(cid: str, name: str) -> None:
    """Set the name of a channel.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: the name is not known to be set.
    """
    gateway.ask(lambda client: _of(client, cid).update_partial(to_set={"name": name}), sending=_A_NAME)


def delete(cid: str) -> None:
    """Delete a channel with its messages for good. If it is made again, it is empty.

    Raises:
        UserBurned: there is no such channel.
        StreamRefused, StreamUnavailable: it is not known to be deleted.
    """
    gateway.ask(lambda client: _of(client, cid).delete(hard=True), sending=gateway.AN_ID)


def _of(client: Any, cid: str, data: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - types of the SDK, which only the gateway imports
    channel_type, _, channel_id = cid.partition(":")
    if channel_type not in CHANNEL_TYPES:
        raise ValueError("not a channel that this system makes")
    return client.channel(channel_type, channel_id, data or {})


def _found(answer: Mapping[str, Any], cid: str) -> FoundChannel:
    channel = answer.get("channel")
    if not isinstance(channel, dict) or channel.get("cid") != cid:
        raise Malformed
    name = channel.get("name")
    return FoundChannel(ids_in(answer, "members", "user_id"), name if isinstance(name, str) else None)


def _listed(answer: Mapping[str, Any]) -> tuple[ListedChannel, ...]:
    found = tuple(map(_listed_channel, list_in(answer, "channels")))
    instants = [_instant(one.created_at) for one in found]
    if any(later < earlier for earlier, later in pairwise(instants)):
        raise Malformed
    return found


def _listed_channel(state: object) -> ListedChannel:
    channel = state.get("channel") if isinstance(state, dict) else None
    if not isinstance(state, dict) or not isinstance(channel, dict):
        raise Malformed
    cid, created_at = channel.get("cid"), channel.get("created_at")
    if not isinstance(cid, str) or not isinstance(created_at, str):
        raise Malformed
    return ListedChannel(cid, created_at, ids_in(state, "members", "user_id"))


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Malformed from None


# The fields of an attachment that may name a file at Stream, and the route that deletes such a file.
_FILES = {"asset_url": "file", "file_url": "file", "image_url": "image", "thumb_url": "image"}


def find_message(message_id: MessageId) -> FoundMessage | None:
    """A message as Stream has it now, softly deleted ones included; None if there is none.

    Raises:
        StreamUnavailable, StreamRefused: it is not known.
    """
    try:
        answer = gateway.ask_as_obliged(
            lambda client: client.get_message(message_id, show_deleted_message=True)
        )
    except UserBurned:  # Stream's code for anything that is not there
        return None
    return gateway.read_answer(_message, answer)


def delete_message(message: FoundMessage) -> None:
    """Delete a message and its files for good; repeating the call changes nothing.

    The files come first, since only the message names them. If Stream keeps one, the others are deleted, and
    the message is hidden. Stream may answer a deletion that it did with 400; so a refused one is decided by
    reading the message again.

    Raises:
        StreamUnavailable: Stream does not answer; call it again.
        FileKeptAtStream: Stream keeps a file; the message is hidden, and still there.
        StreamRefused: Stream refuses, and the message is still there.
    """
    path = f"channels/{message.channel_type}/{message.channel_id}"
    hour = clock.to_epoch(clock.now()) // int(HOUR.total_seconds())
    kept = [file for file in message.files if not _delete_file(f"{path}/{file.route}", file.url, hour)]
    if kept:
        hide_message(message)
        raise FileKeptAtStream
    try:
        gateway.ask_as_obliged(lambda client: client.delete_message(message.id, hard=True))
    except UserBurned:
        return
    except StreamRefused:
        if find_message(message.id) is not None:
            raise


def hide_message(message: FoundMessage) -> None:
    """Hide a message from all users; it stays with its files, and can be deleted later.

    Raises:
        StreamUnavailable, StreamRefused, UserBurned: it is not known to be hidden.
    """
    if not message.is_deleted:
        gateway.ask_as_obliged(lambda client: client.delete_message(message.id))


@lru_cache(maxsize=1_000)
def _delete_file(path: str, url: str, hour: int) -> bool:  # noqa: ARG001 - ends what the container remembers
    """Delete a file, unless this container tried this hour; return whether Stream has it no more.

    Stream also refuses a file that is gone, and the picture of a web page: that is final.
    Stream deletes 60 files a minute, and a message may name 120. Because the container remembers them, the
    repeated call does not use up the next minute's calls for the same files.
    """
    try:
        gateway.ask_as_obliged(lambda client: client.delete(path, {"url": url}))
    except UserBurned:  # there is no such file, or no such channel
        return True
    except InputRefused:
        return not files.may_be_at_stream(url)
    return True


def _message(answer: Mapping[str, Any]) -> FoundMessage:
    found = answer.get("message")
    if not isinstance(found, dict):
        raise Malformed
    message_id, cid = message_id_of(found.get("id")), str(found.get("cid"))
    channel_type, _, channel_id = cid.partition(":")
    if message_id is None or not (message_id_of(channel_type) and _is_channel(channel_id)):
        raise Malformed
    return FoundMessage(
        id=message_id,
        channel_type=channel_type,
        channel_id=channel_id,
        author=_author(found.get("user")),
        is_deleted=found.get("deleted_at") is not None or found.get("type") == "deleted",
        files=tuple(dict.fromkeys(_files(found.get("attachments")))),  # all: only the message names them
        text=text if isinstance(text := found.get("text"), str) else "",
        sent_at=_instant(at) if isinstance(at := found.get("created_at"), str) else None,
    )


def _author(user: object) -> str:
    found = user.get("id") if isinstance(user, dict) else None
    return found if isinstance(found, str) else ""


def _is_channel(channel_id: str) -> bool:
    return re.fullmatch(r"[0-9A-Za-z_!@-]{1,64}", channel_id) is not None


def _files(attachments: object) -> Iterator[MessageFile]:
    for attachment in attachments if isinstance(attachments, list) else ():
        for name, route in _FILES.items() if isinstance(attachment, dict) else ():
            url = attachment.get(name)
            if isinstance(url, str) and url.startswith(("https://", "http://")):
                yield MessageFile(route, url)
