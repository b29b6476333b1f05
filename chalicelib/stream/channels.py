"""Calls of Stream about channels and their members. Each may be repeated.

A channel gets its id, its creator, the ids of its members, and the name of a group: nothing else (STR-1).
"""

from collections.abc import Collection, Mapping
from typing import Any

from chalicelib.privacy.purposes import Category
from chalicelib.stream import gateway
from chalicelib.stream.answers import Malformed
from chalicelib.stream.model import CHANNEL_TYPES, ChatChannel, FoundChannel

# Stream returns at most so many members with a channel, and adds or removes at most so many at once.
MOST_MEMBERS = 100

_AN_ID = frozenset({Category.PSEUDONYM})
_MEMBERS = _AN_ID | {Category.CONTACTS}
_NAMED = _MEMBERS | {Category.CONTENT_PRIVATE}


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
    gateway.ask(lambda client: _of(client, cid).update_partial(to_set={"name": name}), sending=_NAMED)


def delete(cid: str) -> None:
    """Delete a channel with its messages for good. If it is made again, it is empty.

    Raises:
        UserBurned: there is no such channel.
        StreamRefused, StreamUnavailable: it is not known to be deleted.
    """
    gateway.ask(lambda client: _of(client, cid).delete(hard=True), sending=_AN_ID)


def _of(client: Any, cid: str, data: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - types of the SDK, which only the gateway imports
    channel_type, _, channel_id = cid.partition(":")
    if channel_type not in CHANNEL_TYPES:
        raise ValueError("not a channel that this system makes")
    return client.channel(channel_type, channel_id, data or {})


def _found(answer: Mapping[str, Any], cid: str) -> FoundChannel:
    channel, members = answer.get("channel"), answer.get("members")
    if not isinstance(channel, dict) or channel.get("cid") != cid or not isinstance(members, list):
        raise Malformed
    ids = [member.get("user_id") if isinstance(member, dict) else None for member in members]
    if not all(isinstance(one, str) for one in ids):
        raise Malformed
    name = channel.get("name")
    return FoundChannel(frozenset(map(str, ids)), name if isinstance(name, str) else None)
