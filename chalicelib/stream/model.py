"""The chat token for the app, the profile that Stream receives, and what Stream answers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NewType

from chalicelib.core.clock import Instant
from chalicelib.core.http import View
from chalicelib.core.ids import UserId
from chalicelib.core.settings import ErasureExtent


@dataclass(frozen=True)
class AppAccess:
    """Address and credentials of an app at Stream, for commands that run in no function."""

    api_key: str
    secret: str = field(repr=False)
    url: str


class ChatToken(View):
    """Everything a client needs to connect to Stream."""

    api_key: str
    user_id: UserId
    token: str
    expires_at: Instant
    base_url: str


@dataclass(frozen=True)
class ChatProfile:
    """All data about a user that Stream receives: a random id, display name, picture (STR-1)."""

    id: UserId
    name: str
    image: str | None


@dataclass(frozen=True)
class ChatChannel:
    """All data about a conversation that Stream receives: ids, and the name of a group (STR-1)."""

    cid: str
    creator: str
    members: tuple[UserId, ...]
    name: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class FoundChannel:
    """A channel at Stream. A member may be a user who is not ours."""

    members: frozenset[str]
    name: str | None = field(default=None, repr=False)


# The types of channels that this system makes. A message in another one is never touched.
CHANNEL_TYPES = frozenset({"messaging"})

# Identifies a message at Stream. A client may choose it, so it is only ever a part of a path.
MessageId = NewType("MessageId", str)
MESSAGE_ID = re.compile(r"[0-9A-Za-z_@-]{1,255}")  # the SDK puts ids into paths unescaped


def message_id_of(value: object) -> MessageId | None:
    """The id of a message, if it is safe in a path."""
    return MessageId(value) if isinstance(value, str) and MESSAGE_ID.fullmatch(value) else None


@dataclass(frozen=True)
class MessageFile:
    """A file that a message names, as a path and the URL that Stream's API takes."""

    route: str  # `file` or `image`
    url: str = field(repr=False)


@dataclass(frozen=True)
class FoundMessage:
    """A message at Stream. `is_deleted`: it is hidden, and not gone."""

    id: MessageId
    channel_type: str
    channel_id: str
    author: str  # a user id, perhaps not one of ours; empty if Stream does not say
    is_deleted: bool
    files: tuple[MessageFile, ...] = field(default=(), repr=False)

    @property
    def cid(self) -> str:
        """The name of its channel: type and id."""
        return f"{self.channel_type}:{self.channel_id}"


# Identifies a task at Stream. Random: it contains nothing about a person.
TaskId = NewType("TaskId", str)


# Stream requires `hard` for messages and conversations if it is `hard` for the user.
DELETION_OPTIONS: Mapping[ErasureExtent, Mapping[str, Any]] = {
    ErasureExtent.KEEP_CONVERSATIONS: {
        "delete_type": "pruning", "messages": "hard", "calls": "hard", "files": True,
    },
    ErasureExtent.EVERYTHING: {
        "delete_type": "hard", "messages": "hard", "conversations": "hard", "calls": "hard", "files": True,
    },
}  # fmt: skip


class TaskState(StrEnum):
    """The state of a task at Stream; the values are Stream's."""

    WAITING = "waiting"
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class TaskOutcome(StrEnum):
    """The outcome of a deletion for one user, as Stream reports it in a completed task."""

    DELETED = "deleted"
    DELETED_BEFORE = "deleted_before"
    NO_USER = "no_user"
    FAILED = "failed"


@dataclass(frozen=True)
class FoundUser:
    """A user in the answer to a query. Stream documents that it omits deleted ones.

    `has_other_fields`: whether there are fields that neither we nor Stream set.
    `push_tokens`: what an app registered at Stream, although push is off there.
    """

    id: UserId
    is_deleted: bool
    is_deactivated: bool
    has_other_fields: bool = False
    push_tokens: tuple[str, ...] = field(default=(), repr=False)
    name: str | None = field(default=None, repr=False)
    image: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ListedUser:
    """A user in a list of all users. The id may be one that is not ours.

    `has_other_fields`: whether there are fields that neither we nor Stream set.
    `push_tokens`: what an app registered at Stream, although push is off there.
    """

    id: str
    name: str | None = field(repr=False)
    image: str | None = field(repr=False)
    has_other_fields: bool
    push_tokens: tuple[str, ...] = field(repr=False)
    is_deleted: bool
    is_deactivated: bool


@dataclass(frozen=True)
class Task:
    """A task at Stream.

    For 24 hours the URL alone gives access to the file, so it is never stored.
    """

    state: TaskState
    url: str | None = field(default=None, repr=False)
    error_type: str | None = None
    outcomes: Mapping[str, TaskOutcome] = field(default_factory=dict, repr=False)  # by user id
