"""Permissions and the grants of roles: Stream's stock ones, and our hardened baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.local.stream.wire import Json

Grants = dict[str, list[str]]

CHANNEL_TYPES = ("messaging", "livestream", "team", "gaming", "commerce")
ROLES = ("user", "guest", "anonymous", "admin", "channel_member", "channel_moderator")

_APP = ("flag-user", "mute-user", "search-user", "update-user-owner")
_OWN_MESSAGES = (
    "update-message-owner",
    "delete-message-owner",
    "delete-reaction-owner",
    "delete-attachment-owner",
)
_MEMBER = (
    "read-channel",
    "read-channel-members",
    "create-message",
    "create-reaction",
    "create-attachment",
    "upload-attachment",
    "add-links",
    "flag-message",
    "mute-channel",
    "send-custom-event",
    "remove-own-channel-membership",
)
_OWNED_CHANNELS = (
    "read-channel-owner",
    "update-channel-owner",
    "delete-channel-owner",
    "truncate-channel-owner",
    "update-channel-members-owner",
)
KNOWN = frozenset({*_APP, *_OWN_MESSAGES, *_MEMBER, *_OWNED_CHANNELS, "create-channel"})


def stock_app() -> Grants:
    """The grants of a new app at Stream."""
    return {"user": list(_APP), "guest": list(_APP), "anonymous": []}


def hardened_app() -> Grants:
    """Grants with which clients neither search for users nor write profiles."""
    return {"user": ["flag-user", "mute-user"], "guest": [], "anonymous": []}


def stock_channel_type(name: str) -> Grants:
    """Stream's grants of a channel type by its name; custom ones get messaging's."""
    user = [*_OWNED_CHANNELS, *_OWN_MESSAGES]
    if name not in ("gaming", "commerce"):
        user.append("create-channel")
    if name == "livestream":
        user += ["read-channel", "create-message"]
    outside = ["read-channel"] if name == "livestream" else []
    return {
        "user": user,
        "channel_member": list(_MEMBER),
        "guest": ["create-channel"] if name == "commerce" else list(outside),
        "anonymous": list(outside),
    }


def hardened_channel_type(name: str) -> Grants:
    """Grants with which only members act on a channel, and only the server creates one."""
    member = [*_MEMBER, *_OWN_MESSAGES] if name == "messaging" else list(_MEMBER)
    return {"user": [], "channel_member": member, "guest": [], "anonymous": []}


def described(permission: str) -> Json:
    """One permission as GET /permissions lists it."""
    owner = permission.endswith("-owner")
    words = permission.removesuffix("-owner").split("-")
    return {
        "id": permission,
        "name": " ".join(word.capitalize() for word in permission.split("-")),
        "action": "".join(word.capitalize() for word in words),
        "owner": owner,
        "same_team": False,
        "custom": False,
        "level": "app" if permission in _APP else "channel",
        "owner_resource": "",
        "tags": [],
        "description": "",
    }
