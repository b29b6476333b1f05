"""The open WebSockets and the receivers of each event."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from infra.stream_emulator.channels import Channel
from infra.stream_emulator.errors import StreamError
from infra.stream_emulator.wire import Json, WithCustom, encoded

# The notification that a member of a channel gets instead of an event, if they do not watch the channel.
_NOTIFICATIONS = {
    "message.new": "notification.message_new",
    "channel.deleted": "notification.channel_deleted",
    "channel.truncated": "notification.channel_truncated",
}


@dataclass
class Connection:
    """One WebSocket; messages in `outbox` are sent in order."""

    user_id: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    outbox: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    watching: set[str] = field(default_factory=set)
    presence: set[str] = field(default_factory=set)  # channels whose members' presence it gets

    def send(self, event: Json) -> None:
        """Send an event; the socket speaks the legacy form."""
        self.outbox.put_nowait(encoded(event))


class Hub:
    """All connections, by their ids."""

    def __init__(
        self, is_deaf: Callable[[str, Channel, str | None], bool], report: Callable[[Json], None]
    ) -> None:
        """Create an empty hub.

        Args:
            is_deaf: decides whether a listener gets no events of an actor in a channel.
            report: gets each event of a channel, for webhooks.
        """
        self._is_deaf = is_deaf
        self._report = report
        self._connections: dict[str, Connection] = {}

    def join(self, user_id: str) -> Connection:
        """Register a new connection."""
        connection = Connection(user_id)
        self._connections[connection.id] = connection
        return connection

    def leave(self, connection: Connection) -> bool:
        """Forget a connection; True if it was the user's last."""
        self._connections.pop(connection.id, None)
        return not any(other.user_id == connection.user_id for other in self._connections.values())

    def connection(self, connection_id: object, user_id: str | None) -> Connection:
        """The connection that a request names.

        Raises:
            StreamError: 400 with code 46; it is not open, or belongs to another user.
        """
        connection = self._connections.get(str(connection_id))
        if connection is None or connection.user_id != user_id:
            raise StreamError(400, 46, f"connection id {connection_id} not found")
        return connection

    def watchers(self, cid: str) -> list[str]:
        """The users who watch a channel."""
        return sorted(
            {connection.user_id for connection in self._connections.values() if cid in connection.watching}
        )

    def stop_watching(self, cid: str, user_ids: Iterable[str]) -> None:
        """Stop these users from watching, so that they get no more events of the channel."""
        gone = set(user_ids)
        for connection in self._connections.values():
            if connection.user_id in gone:
                connection.watching.discard(cid)
                connection.presence.discard(cid)

    def send_to_users(self, event: Json, user_ids: Iterable[str]) -> None:
        """Send an event to every connection of these users."""
        wanted = set(user_ids)
        for connection in self._connections.values():
            if connection.user_id in wanted:
                connection.send(event)

    def send_presence(self, event: Json, cids: set[str]) -> None:
        """Send an event to every connection that gets the presence of members in one of these channels."""
        for connection in self._connections.values():
            if connection.presence & cids:
                connection.send(event)

    def send_to_channel(
        self, channel: Channel, event: Json, *, to_actor: Json | None = None, to_hooks: Json | None = None
    ) -> None:
        """Send an event to a channel's watchers, and the notification of it to other members.

        Args:
            channel: where it happened.
            event: what happened; its `user` is the actor.
            to_actor: fields that the actor's own connections get instead.
            to_hooks: fields that webhooks get besides.
        """
        self._report(event | (to_hooks or {}))
        quiet = _NOTIFICATIONS.get(event["type"])
        user: WithCustom | None = event.get("user")
        actor = user.fields["id"] if user else None
        for connection in self._connections.values():
            if self._is_deaf(connection.user_id, channel, actor):
                continue
            more: Json = {}
            if connection.user_id == actor:
                more |= to_actor or {}
            if event["type"] == "message.new" and connection.user_id in channel.members:
                more |= {"unread_count": channel.unread(connection.user_id)}
            if channel.cid in connection.watching:
                connection.send(event | more)
            elif quiet and connection.user_id in channel.members:
                connection.send(event | more | {"type": quiet})

    def clear(self) -> None:
        """End all watching; the sockets stay open."""
        for connection in self._connections.values():
            connection.watching.clear()
            connection.presence.clear()
