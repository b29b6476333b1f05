"""What Stream receives and answers: profiles, channels, users, tasks, refusals, deletions. No I/O.

Invariants:

- The texts of Stream's errors are dropped, because they contain ids and URLs.
- A report of a deletion says what Stream reported, or that it reported nothing. We see only that Stream no
  longer finds a user. We do not see its messages, files and backups.
- The words of `StreamDataKind` and `StreamReport` are signed in certificates, stored for years and read
  again. So a word never changes and is never removed; a better wording is a new member
  (rights/erasure/certificates/model).
- Stream reports one result per user, not per kind. A kind counts as deleted only if the request named it and
  Stream reported success for this user.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from chalicelib.core.clock import Instant
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import UserId
from chalicelib.core.settings import ErasureExtent

# Our app's own user creates channels. It is no person, and accounts never get its id. A participant who
# created a channel would own it at Stream, and could read it after leaving it.
SYSTEM_USER = "ru4m"
SYSTEM_USER_NAME = "RU4M"
# Below the address of the API.
WEBHOOK_PATH = "/v1/hooks/stream"


class HookType(StrEnum):
    """The events of Stream that need work; the values are Stream's."""

    USER_UPDATED = "user.updated"
    USER_DELETED = "user.deleted"
    USER_DEACTIVATED = "user.deactivated"
    MESSAGE_DELETED = "message.deleted"


# The event whose message is pushed to phones (stream/webhook/messages).
MESSAGE_NEW = "message.new"


class StreamRefused(Exception):
    """Stream refuses the request permanently, as invalid."""


class InputRefused(StreamRefused):
    """Stream accepted the credentials, but refuses the input as invalid or too large."""


class FileKeptAtStream(StreamRefused):
    """Stream does not delete a file that it hosts; only the message names it."""


class UserBurned(StreamRefused):
    """The user was deleted at Stream or never existed there. User IDs are never reused."""


class UserDeletedBefore(UserBurned):
    """Stream says that the user was deleted."""


class TaskNotFound(StreamRefused):
    """Stream does not know the task, or no longer; how long it keeps one is not documented."""


class StreamUnavailable(Unavailable):
    """Stream gave no answer, limited the call, or failed; the same call may be sent again."""


class StreamSilent(StreamUnavailable):
    """Stream gave no answer at all."""


class CallLimited(StreamUnavailable):
    """Stream limits the call; it may be sent again once the limit is reset, within a minute."""


class CredentialsRefused(StreamUnavailable):
    """Stream does not accept our key or secret; the same call may be sent again once it does."""


@dataclass(frozen=True)
class AppAccess:
    """Address and credentials of an app at Stream, for commands that run in no function."""

    api_key: str
    secret: str = field(repr=False)
    url: str


@dataclass(frozen=True)
class ChatProfile:
    """All data about a user that Stream receives: a random id, display name, picture, status (STR-1).

    `invisible`: whether Stream shows the user as offline (STR-10); None while the policy does not say so.
    """

    id: UserId
    name: str
    image: str | None
    invisible: bool | None = None

    def has_other_status(self, found: "FoundUser") -> bool:
        """Whether Stream shows the user otherwise than this says."""
        return self.invisible is not None and self.invisible != found.invisible


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


@dataclass(frozen=True)
class ListedChannel:
    """A channel in a list of all channels, as they were created; its id may be one that is not ours."""

    cid: str
    created_at: str  # as Stream writes it
    members: frozenset[str]


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
    text: str = field(default="", repr=False)
    sent_at: datetime | None = None

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

    The id in a list of all users may be one that is not ours.
    `has_other_fields`: whether there are fields that neither we nor Stream set.
    `push_tokens`: what an app registered at Stream, although push is off there.
    """

    id: str
    is_deleted: bool
    is_deactivated: bool
    has_other_fields: bool = False
    push_tokens: tuple[str, ...] = field(default=(), repr=False)
    name: str | None = field(default=None, repr=False)
    image: str | None = field(default=None, repr=False)
    shows_blocks: bool = False  # Stream need not show them in a list of users
    invisible: bool = False


@dataclass(frozen=True)
class Task:
    """A task at Stream.

    For 24 hours the URL alone gives access to the file, so it is never stored.
    """

    state: TaskState
    url: str | None = field(default=None, repr=False)
    error_type: str | None = None
    outcomes: Mapping[str, TaskOutcome] = field(default_factory=dict, repr=False)  # by user id


class StreamDataKind(StrEnum):
    """A kind of data that a deletion at Stream may include."""

    USER = "the user: id, name and picture"
    MESSAGES = "messages that the user wrote"
    FILES = "files that the user uploaded"
    CALLS = "calls with one other person"
    CONVERSATIONS = "conversations with one other person"


class StreamReport(StrEnum):
    """What Stream reported about a kind of data, in the words of the certificate."""

    DELETED = "Stream reported that it was deleted"
    DELETED_BEFORE = "Stream reported that the user had been deleted before"
    NO_USER = "Stream reported that it has no such user"
    NOT_FOUND = "Stream reported, when it was asked again, that it finds no such user"
    UNCONFIRMED = "Stream did not report whether it was deleted"
    KEPT = "its deletion was not requested, because it also belongs to the other person"


@dataclass(frozen=True)
class StreamDeletionTask:
    """A deletion that was requested at Stream, or is to be requested. It may be stored."""

    task_id: str | None  # None: `at` is when to request it
    at: Instant
    attempts: int
    extent: ErasureExtent


@dataclass(frozen=True)
class StreamDeletion:
    """The end of a deletion: Stream no longer finds the user. It contains no personal data."""

    user: StreamReport
    extent: ErasureExtent

    @property
    def by_kind(self) -> Mapping[StreamDataKind, StreamReport]:
        """What Stream reported about each kind of data."""
        rest = self.user if self.user in _COVERS_ALL else StreamReport.UNCONFIRMED
        found = dict.fromkeys(StreamDataKind, rest) | {StreamDataKind.USER: self.user}
        if self.extent is ErasureExtent.KEEP_CONVERSATIONS:
            found[StreamDataKind.CONVERSATIONS] = StreamReport.KEPT
        return found

    @property
    def unconfirmed(self) -> tuple[StreamDataKind, ...]:
        """The kinds of which Stream did not say that they are deleted or that it has none."""
        return tuple(kind for kind, said in self.by_kind.items() if said is StreamReport.UNCONFIRMED)


# Reports about the user that also hold for its messages, files and calls. That a user was deleted before does
# not: the earlier task may have failed, or its result was lost.
_COVERS_ALL = frozenset({StreamReport.DELETED, StreamReport.NO_USER})
