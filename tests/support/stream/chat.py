"""Users who chat at the emulated Stream, through the official SDK."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.core.ids import UserId
from chalicelib.stream import gateway


@dataclass
class Chatters:
    """Users of Stream by first name, all in one conversation."""

    ids: dict[str, UserId] = field(default_factory=dict)

    def __getitem__(self, name: str) -> UserId:
        return self.ids[name]

    def meet(self, *names: str, topic: str = "Trip", **custom: Any) -> None:
        """Create a conversation of these users by a system user, as the backend does."""
        sdk = gateway._client()
        self.ids |= {name: UserId.new() for name in names if name not in self.ids}
        users = [{"id": self.ids[name], "name": name} for name in names]
        sdk.upsert_users([{"id": "system", "name": "RU4M"}, *users])
        about = {"members": [self.ids[name] for name in names], "name": topic, **custom}
        sdk.channel("messaging", "trip", about).create("system")

    def says(self, name: str, text: str, **more: Any) -> str:
        """Send a message; returns its id."""
        channel = gateway._client().channel("messaging", "trip")
        answer = channel.send_message({"text": text, **more}, self.ids[name])
        return str(answer["message"]["id"])

    def reacts(self, name: str, message_id: str, kind: str) -> None:
        channel = gateway._client().channel("messaging", "trip")
        channel.send_reaction(message_id, {"type": kind}, self.ids[name])

    def uploads(self, name: str, file: Path) -> str:
        """Upload a file as a user; returns its URL."""
        channel = gateway._client().channel("messaging", "trip")
        answer = channel.send_file(file.as_uri(), file.name, {"id": self.ids[name]})
        return str(answer["file"])

    def deletes(self, message_id: str) -> None:
        gateway._client().delete_message(message_id)
