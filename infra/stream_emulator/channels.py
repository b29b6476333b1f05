"""Channels, their members and messages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from infra.stream_emulator.clock import Clock
from infra.stream_emulator.errors import needed, not_found
from infra.stream_emulator.wire import Json, WithCustom

UserView = Callable[[str], WithCustom]

# Stream's own fields of a message; all others are custom.
CONTENT = ("text", "attachments", "mentioned_users", "parent_id", "silent", "quoted_message_id")


@dataclass
class Reaction:
    """One user's reaction of one type to one message."""

    message_id: str
    user_id: str
    type: str
    created_at: datetime

    def rendered(self, user: UserView) -> Json:
        """As the API shows it."""
        return {
            "message_id": self.message_id,
            "user_id": self.user_id,
            "user": user(self.user_id),
            "type": self.type,
            "score": 1,
            "created_at": self.created_at,
            "updated_at": self.created_at,
        }


@dataclass
class Message:
    """One message. After a soft deletion it is kept with its text, hidden from clients."""

    id: str
    cid: str
    user_id: str
    text: str
    created_at: datetime
    updated_at: datetime
    attachments: list[Json] = field(default_factory=list)
    custom: Json = field(default_factory=dict)
    parent_id: str | None = None
    mentioned: list[str] = field(default_factory=list)
    quoted: Message | None = None
    deleted_at: datetime | None = None
    reactions: list[Reaction] = field(default_factory=list)
    shadowed: bool = False

    def forget_content(self) -> None:
        """Drop the content of the message, and keep the message."""
        self.text, self.attachments, self.custom, self.reactions = "", [], {}, []
        self.mentioned, self.quoted = [], None

    def rendered(
        self, user: UserView, *, to_server: bool = False, viewer_id: str | None = None
    ) -> WithCustom:
        """As the API shows it to a viewer.

        A deleted message's text is shown only to the server, and a shadow ban to all but its author.
        """
        hidden = self.deleted_at is not None and not to_server
        fields: Json = {
            "id": self.id,
            "cid": self.cid,
            "text": "" if hidden else self.text,
            "html": "",
            "type": "deleted" if self.deleted_at else "regular",
            "user": user(self.user_id),
            "attachments": [] if hidden else self.attachments,
            "latest_reactions": [reaction.rendered(user) for reaction in self.reactions],
            "own_reactions": [],
            "reaction_counts": self._counts(),
            "reaction_scores": self._counts(),
            "reply_count": 0,
            "mentioned_users": [] if hidden else [user(user_id) for user_id in self.mentioned],
            "silent": False,
            "pinned": False,
            "shadowed": self.shadowed and viewer_id != self.user_id,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }
        if self.deleted_at:
            fields["deleted_at"] = self.deleted_at
        if self.parent_id:
            fields["parent_id"] = self.parent_id
        if self.quoted and not hidden:
            fields["quoted_message_id"] = self.quoted.id
            fields["quoted_message"] = self._of_quoted(user)
        return WithCustom(fields, {} if hidden else dict(self.custom))

    def _of_quoted(self, user: UserView) -> WithCustom:
        """The quoted message as all see it, without a quote of its own."""
        shown = replace(self.quoted, quoted=None) if self.quoted else self
        return shown.rendered(user)

    def _counts(self) -> dict[str, int]:
        kinds = [reaction.type for reaction in self.reactions]
        return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


@dataclass
class Member:
    """One user's membership of one channel."""

    user_id: str
    created_at: datetime
    role: str = "channel_member"

    def rendered(self, user: UserView) -> Json:
        """As the API shows it, without the fields that show a ban."""
        return {
            "user_id": self.user_id,
            "user": user(self.user_id),
            "channel_role": self.role,
            "role": "member",
            "created_at": self.created_at,
            "updated_at": self.created_at,
            "notifications_muted": False,
        }


@dataclass
class Channel:
    """One channel and everything in it."""

    type: str
    id: str
    created_by: str
    created_at: datetime
    updated_at: datetime
    custom: Json = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    read_until: dict[str, datetime] = field(default_factory=dict)
    frozen: bool = False
    deleted_at: datetime | None = None
    truncated_at: datetime | None = None

    @property
    def cid(self) -> str:
        """Type and id, unique within the app."""
        return f"{self.type}:{self.id}"

    @property
    def last_message_at(self) -> datetime | None:
        """When the latest message that is not deleted was written."""
        return max((message.created_at for message in self.messages), default=None)

    def join(self, user_id: str, at: datetime, role: str) -> bool:
        """Make the user a member in a role; False if they were one."""
        if user_id in self.members:
            return False
        self.members[user_id] = Member(user_id, at, role)
        self.read_until[user_id] = at
        return True

    def leave(self, user_id: str) -> bool:
        """End a membership; False if there was none."""
        self.read_until.pop(user_id, None)
        return self.members.pop(user_id, None) is not None

    def unread(self, user_id: str) -> int:
        """How many messages of others came after the user last read."""
        since = self.read_until.get(user_id)
        news = [
            message
            for message in self.messages
            if message.user_id != user_id and (since is None or message.created_at > since)
        ]
        return len(news)

    def searchable(self) -> Json:
        """The fields that queries may filter and sort by."""
        return self.custom | {
            "id": self.id,
            "cid": self.cid,
            "type": self.type,
            "created_by_id": self.created_by,
            "members": list(self.members),
            "member_count": len(self.members),
            "frozen": self.frozen,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "last_message_at": self.last_message_at,
            "last_updated": self.last_message_at or self.updated_at,
        }


class Channels:
    """All channels that are not hard-deleted, by cid."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._channels: dict[str, Channel] = {}

    def __iter__(self) -> Iterator[Channel]:
        return iter(list(self._channels.values()))

    def find(self, cid: str) -> Channel | None:
        """The channel unless it is absent or deleted."""
        channel = self._channels.get(cid)
        return None if channel is None or channel.deleted_at else channel

    def get(self, cid: str) -> Channel:
        """The channel.

        Raises:
            StreamError: 404 with code 16.
        """
        return needed(self.find(cid), not_found(f"channel {cid} doesn't exist"))

    def create(self, channel_type: str, channel_id: str, created_by: str) -> Channel:
        """A new channel without members; a softly deleted one of this id starts over."""
        now = self._clock.now()
        channel = Channel(channel_type, channel_id, created_by, now, now)
        self._channels[channel.cid] = channel
        return channel

    def delete(self, channel: Channel, *, hard: bool) -> None:
        """Hide the channel, or remove it with its messages."""
        channel.deleted_at = self._clock.now()
        if hard:
            self._channels.pop(channel.cid, None)

    def of_member(self, user_id: str) -> list[Channel]:
        """The channels that the user is a member of."""
        return [channel for channel in self if user_id in channel.members and not channel.deleted_at]

    def messages(self) -> Iterator[tuple[Channel, Message]]:
        """Every message with its channel."""
        return ((channel, message) for channel in self for message in channel.messages)

    def message(self, message_id: str) -> tuple[Channel, Message]:
        """A message with its channel.

        Raises:
            StreamError: 404 with code 16.
        """
        for channel, message in self.messages():
            if message.id == message_id:
                return channel, message
        raise not_found(f"message with id {message_id} doesn't exist")


def distinct_id(members: Iterable[str]) -> str:
    """The id of the one channel that exactly these members share."""
    digest = hashlib.sha256(",".join(sorted(members)).encode()).hexdigest()
    return f"!members-{digest[:40]}"
