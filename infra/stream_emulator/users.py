"""Users: their fields, states and burned ids."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from infra.stream_emulator.clock import Clock
from infra.stream_emulator.errors import bad_input, burned, needed, not_found
from infra.stream_emulator.wire import Json, WithCustom

MANAGED = "revoke_tokens_issued_before"
_ID = re.compile(r"[A-Za-z0-9@_-]{1,255}")
_LARGEST = 5 * 1024

# Stream's own fields that a write may change, as they are without a value; all others are custom.
_WRITABLE: Json = {
    "name": None, "image": None, "role": "user", "teams": [], "language": "", "invisible": False
}  # fmt: skip
_TYPES: dict[str, type] = {
    "name": str, "image": str, "role": str, "teams": list, "language": str, "invisible": bool
}  # fmt: skip
# Fields that Stream itself maintains; a write ignores them.
_READ_ONLY = {
    "id", "created_at", "updated_at", "deactivated_at", "deleted_at", "last_active", "online", "banned",
    "shadow_banned", "ban_expires", "blocked_user_ids", "mutes", "channel_mutes", "devices",
}  # fmt: skip


class UserState(StrEnum):
    """The states of a user; the last three burn the id."""

    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    SOFT_DELETED = "soft_deleted"
    PRUNED = "pruned"
    HARD_DELETED = "hard_deleted"


@dataclass
class User:
    """One user. After a hard deletion only the id is left, so that it is not used again."""

    id: str
    created_at: datetime
    updated_at: datetime
    name: str | None = None
    image: str | None = None
    role: str = "user"
    teams: list[str] = field(default_factory=list)
    language: str = ""
    invisible: bool = False
    custom: Json = field(default_factory=dict)
    deactivated_at: datetime | None = None
    deleted_at: datetime | None = None
    deletion: UserState | None = None
    is_unfinished: bool = False  # hidden, but no task has deleted the data yet
    revoked_before: datetime | None = None
    last_active: datetime | None = None
    online: bool = False  # connected
    was_seen_online: bool = False  # by the last event of presence
    devices: dict[str, Json] = field(default_factory=dict)

    @property
    def state(self) -> UserState:
        """The state of the user."""
        if self.deletion:
            return self.deletion
        return UserState.DEACTIVATED if self.deactivated_at else UserState.ACTIVE

    @property
    def is_seen_online(self) -> bool:
        """Whether others see that the user is connected."""
        return self.online and not self.invisible

    def write(self, fields: Json, at: datetime) -> None:
        """Set these fields and leave the others; null drops a field."""
        for name, value in fields.items():
            if name in _WRITABLE:
                setattr(self, name, _WRITABLE[name] if value is None else value)
            elif name == MANAGED:
                self.revoked_before = value
            elif value is None:
                self.custom.pop(name, None)
            elif name not in _READ_ONLY:
                self.custom[name] = value
        self.updated_at = at

    def forget_profile(self) -> None:
        """Drop all fields that could identify a person."""
        self.name = self.image = self.last_active = None
        self.teams, self.language, self.custom = [], "", {}

    def rendered(self) -> WithCustom:
        """The user as the API shows it; absent fields are omitted, as Stream does."""
        optional = {
            "name": self.name,
            "image": self.image,
            "deactivated_at": self.deactivated_at,
            "deleted_at": self.deleted_at,
            MANAGED: self.revoked_before,
            "last_active": self.last_active,
        }
        fields: Json = {
            "id": self.id,
            "role": self.role,
            "language": self.language,
            "teams": self.teams,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "banned": False,
            "online": self.is_seen_online,
            "invisible": self.invisible,
            "blocked_user_ids": [],
            "shadow_banned": False,
        }
        present = {name: value for name, value in optional.items() if value is not None}
        return WithCustom(fields | present, dict(self.custom))


class Directory:
    """All users ever, by id."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._users: dict[str, User] = {}

    def __iter__(self) -> Iterator[User]:
        return iter(self._users.values())

    def known(self, user_id: str) -> User | None:
        """The user in any state, if the id was ever used."""
        return self._users.get(user_id)

    def living(self, user_id: str) -> User:
        """A user who is not deleted.

        Raises:
            StreamError: 404 with code 16; the id is unknown or burned.
        """
        user = needed(self._users.get(user_id), not_found(f"user with id {user_id} doesn't exist"))
        if user.deletion:
            raise burned(user_id)
        return user

    def refuse_burned(self, user_id: str) -> None:
        """Raise if the id belonged to a deleted user."""
        user = self._users.get(user_id)
        if user and user.deletion:
            raise burned(user_id)

    def ensure(self, user_id: str) -> User:
        """The user who is not deleted; an unknown one is created with only the id."""
        if user_id not in self._users:
            checked_id(user_id)
            now = self._clock.now()
            self._users[user_id] = User(user_id, now, now)
        return self.living(user_id)

    def replace(self, fields: Json, *, clears: Iterable[str]) -> User:
        """Create the user, or replace all of its fields.

        Args:
            fields: all fields of the user.
            clears: fields outside of the profile that are lost too, unless `fields` has them.
        """
        user = self.ensure(fields["id"])
        user.forget_profile()
        user.write(dict.fromkeys(clears), self._clock.now())
        user.write(fields, self._clock.now())
        return user


def checked_id(value: object) -> str:
    """A user id in Stream's alphabet; upper case is accepted, though not documented.

    Raises:
        StreamError: 400 with code 4.
    """
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise bad_input("user ids are made of letters, digits, @, _ and -")
    return value


def checked_profile(fields: Json) -> Json:
    """Types and size of the fields of a user.

    Raises:
        StreamError: 400 with code 4.
    """
    for name, kind in _TYPES.items():
        if not isinstance(fields.get(name), kind | None):
            raise bad_input(f"{name} must be of type {kind.__name__}")
    if len(json.dumps(fields, default=str)) > _LARGEST:
        raise bad_input("user objects are limited to 5 KB")
    return fields
