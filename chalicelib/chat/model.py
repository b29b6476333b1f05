"""What the app gets, and the one thing about a person that Stream gets."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from chalicelib.core.clock import Instant
from chalicelib.core.http import View
from chalicelib.core.ids import UserId


class ChatToken(View):
    """Everything that a client needs to connect to Stream."""

    api_key: str
    user_id: UserId
    token: str
    expires_at: Instant
    base_url: str


@dataclass(frozen=True)
class ChatProfile:
    """All that Stream is told about a user: a random id, a display name, a picture (STR-1)."""

    id: UserId
    name: str
    image: str | None


# Names a task at Stream; random, says nothing about a person.
TaskId = NewType("TaskId", str)


class TaskState(StrEnum):
    """Where a task at Stream stands, in Stream's words."""

    WAITING = "waiting"
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True)
class Task:
    """A task at Stream. Whoever has the URL has the file, for 24 hours: it is written nowhere."""

    state: TaskState
    url: str | None = field(default=None, repr=False)
    error_type: str | None = None
