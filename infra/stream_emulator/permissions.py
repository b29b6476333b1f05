"""Permissions and the grants of roles: Stream's stock ones, and hardened ones for tests.

Stream documents the stock grants in its permissions reference
(https://getstream.io/chat/docs/python/permissions_reference/). Teams are not modelled, so a permission for
any team may be granted and has no effect.
"""

from __future__ import annotations

from collections.abc import Iterable

from infra.stream_emulator.wire import Json

Grants = dict[str, list[str]]

CHANNEL_TYPES = ("messaging", "livestream", "team", "gaming", "commerce")
ROLES = ("user", "guest", "anonymous", "admin", "moderator", "channel_member", "channel_moderator")

_USER_IN_APP = ("flag-user", "mute-user", "search-user", "update-user-owner")
_MODERATOR_IN_APP = ("read-flag-reports", "update-flag-report")
_APP = {*_USER_IN_APP, *_MODERATOR_IN_APP, "ban-user", "update-user", "update-user-role", "update-user-teams"}

_MEMBER = (
    "add-links", "create-attachment", "create-call", "create-mention", "create-message", "create-reaction",
    "flag-message", "join-call", "mute-channel", "pin-message", "read-channel", "read-channel-members",
    "remove-own-channel-membership", "run-message-action", "send-custom-event", "upload-attachment",
)  # fmt: skip
_CONTENT = ("delete-attachment", "delete-message", "delete-reaction", "update-message")
_CHANNEL = ("delete-channel", "recreate-channel", "truncate-channel")
_MODERATOR = (
    "ban-channel-member", "create-system-message", "read-message-flags", "skip-channel-cooldown",
    "skip-message-moderation", "unblock-message", "update-channel", "update-channel-cooldown",
    "update-channel-frozen", "update-channel-members", *_CONTENT,
)  # fmt: skip
_ALL = (*_MEMBER, *_MODERATOR, *_CHANNEL, "ban-user", "create-channel")
_RARE = (
    "add-own-channel-membership", "create-distinct-channel-for-others", "read-disabled-channel",
    "use-frozen-channel", "create-restricted-visibility-message", "read-restricted-visibility-message",
)  # fmt: skip

# The members' permissions that our apps use. They delete messages and leave conversations by our routes.
_HARDENED_MEMBER = (
    "read-channel", "read-channel-members", "create-message", "create-reaction", "create-attachment",
    "upload-attachment", "add-links", "flag-message", "send-custom-event",
)  # fmt: skip


def _of_owner(permissions: Iterable[str]) -> list[str]:
    """The same permissions, only on what the user owns."""
    return [f"{permission}-owner" for permission in permissions if not permission.endswith("-call")]


KNOWN = frozenset(
    f"{permission.removesuffix('-owner')}{suffix}"
    for permission in (*_APP, *_ALL, *_RARE)
    for suffix in ("", "-owner", "-any-team", "-owner-any-team")
)


def stock_app() -> Grants:
    """The grants of a new app at Stream."""
    moderator = [*_USER_IN_APP, *_MODERATOR_IN_APP]
    return {
        "user": list(_USER_IN_APP),
        "guest": list(_USER_IN_APP),
        "anonymous": [],
        "moderator": moderator,
        "admin": list(moderator),
    }


def hardened_app() -> Grants:
    """Grants with which clients neither search for users nor write profiles."""
    return stock_app() | {"user": ["flag-user"], "guest": [], "anonymous": []}


def stock_channel_type(name: str) -> Grants:
    """Stream's grants of a channel type by its name; custom ones get messaging's."""
    if name == "livestream":
        return _stock_livestream()
    owned = [*_of_owner(_MEMBER), *_of_owner(_CONTENT)]
    member, moderator = list(_MEMBER), [*_MEMBER, *_MODERATOR, "ban-user"]
    if name in ("gaming", "commerce"):
        member.remove("pin-message")
    if name == "gaming":
        owned.remove("pin-message-owner")
        moderator = [
            permission
            for permission in moderator
            if permission not in ("update-channel", "update-channel-members")
        ]
    elif name == "commerce":
        owned.append("update-channel-members-owner")
        member.remove("create-call")
        moderator.append("create-channel")
    else:
        managed = _of_owner((*_CHANNEL, "update-channel", "update-channel-members"))
        owned += ["create-channel", *managed]
        moderator += ["create-channel", *_of_owner(_CHANNEL)]
    guest = ["create-channel", "add-links", "upload-attachment", "read-channel-owner"]
    return {
        "user": owned,
        "channel_member": member,
        "channel_moderator": [
            permission for permission in moderator if permission in (*_MEMBER, *_MODERATOR)
        ],
        "moderator": moderator,
        "admin": list(_ALL),
        "guest": guest if name == "commerce" else [],
        "anonymous": [],
    }


def _stock_livestream() -> Grants:
    """Everybody reads, every user writes, and membership grants nothing."""
    not_of_all = ("pin-message", "remove-own-channel-membership", "create-call")
    everybody = [permission for permission in _MEMBER if permission not in not_of_all]
    own = [*_of_owner(_CONTENT), "pin-message-owner"]
    unmanaged = [
        permission
        for permission in _MODERATOR
        if permission not in ("update-channel", "update-channel-members")
    ]
    reading = ["read-channel", "read-channel-members", "join-call"]
    return {
        "user": [*everybody, *own, "create-channel"],
        "channel_member": [],
        "channel_moderator": [*unmanaged, "create-call", "pin-message"],
        "moderator": [*everybody, *unmanaged, "create-call", "pin-message", "ban-user", "create-channel"],
        "admin": list(_ALL),
        "guest": [*reading, "flag-message", "mute-channel"],
        "anonymous": reading,
    }


def hardened_channel_type(name: str) -> Grants:
    """Grants with which only members act on a channel, and only the server creates one."""
    member = list(_HARDENED_MEMBER)
    if name == "messaging":
        member += _of_owner(one for one in _CONTENT if one != "delete-message")
    closed: Grants = {"user": [], "channel_member": member, "guest": [], "anonymous": []}
    return stock_channel_type(name) | closed


def action(permission: str) -> str:
    """Stream's name of the action that a permission permits."""
    words = permission.removesuffix("-any-team").removesuffix("-owner").split("-")
    return "".join(word.capitalize() for word in words)


def described(permission: str) -> Json:
    """One permission as GET /permissions lists it."""
    base = permission.removesuffix("-any-team")
    return {
        "id": permission,
        "name": " ".join(word.capitalize() for word in permission.split("-")),
        "action": action(permission),
        "owner": base.endswith("-owner"),
        "same_team": base == permission,
        "custom": False,
        "level": "app" if base in _APP else "channel",
        "owner_resource": "",
        "tags": [],
        "description": "",
    }
