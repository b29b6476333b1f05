"""A new device that a signed-in one lets in by a QR code (ADR 105)."""

from dataclasses import dataclass, field
from typing import Any

from tests.support.world.builders import a_device
from tests.support.world.world import Reply, User, World

_PATH = "/v1/sessions/links"


def asks_for_a_link(world: World, device: dict[str, Any], **more: Any) -> Reply:
    return world.call("POST", _PATH, body={"device": device}, **more)


@dataclass
class NewDevice:
    """A device that shows the QR code of a link, or another device with the same secrets."""

    world: World
    device: dict[str, Any] = field(default_factory=lambda: a_device(model="Pixel 9", platform="android"))
    link: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.link = self.link or asks_for_a_link(self.world, self.device).json

    def is_seen_by(self, phone: User) -> Reply:
        return phone.gets(f"{_PATH}/{self.link['link_id']}/device")

    def is_confirmed_by(self, phone: User, secret: str | None = None) -> Reply:
        body = {"secret": secret or self.link["shown_secret"]}
        return phone.calls("POST", f"{_PATH}/{self.link['link_id']}/confirm", body=body)

    def fetches(self, secret: str | None = None) -> Reply:
        body = {"secret": secret or self.link["kept_secret"]}
        return self.world.call("POST", f"{_PATH}/{self.link['link_id']}/session", body=body)

    def as_user(self, phone: User) -> User:
        """Return the user of the fetched session."""
        reply = self.fetches()
        assert reply.status == 200, reply.text
        return User(self.world, phone.phone, reply.json)
