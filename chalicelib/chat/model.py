"""The chat token for the app, and the profile that Stream receives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from chalicelib.core.clock import Instant
from chalicelib.core.http import View
from chalicelib.core.ids import UserId


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


# Identifies a task at Stream. Random: it contains nothing about a person.
TaskId = NewType("TaskId", str)


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
    """A user in the answer to a query. Stream documents that it omits deleted ones."""

    id: UserId
    is_deleted: bool
    is_deactivated: bool


@dataclass(frozen=True)
class ListedUser:
    """A user in a list of all users. The id may be one that is not ours.

    `has_other_fields`: whether there are fields that neither we nor Stream set.
    """

    id: str
    name: str | None = field(repr=False)
    image: str | None = field(repr=False)
    has_other_fields: bool
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
