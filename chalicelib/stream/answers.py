"""Reads Stream's answers about tasks and users. No I/O.

An answer of another form is `Malformed`, so it never counts as "there is no such user" or "it is done".
"""

import itertools
import re
from collections.abc import Mapping
from typing import Any

from chalicelib.core.ids import UserId
from chalicelib.stream.model import FoundUser, Task, TaskId, TaskOutcome, TaskState

# The SDK puts an id into the path unescaped. A task's is a UUID; this pattern excludes `/`, `.` and `?`.
_TASK_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_WORD = re.compile(r"[0-9A-Za-z_-]{1,40}")

# Only the text of an error separates a user who was deleted from one who never existed.
_DELETED = re.compile(r"was deleted")
_NEVER_EXISTED = re.compile(r"doesn't exist|does not exist|not found")


class Malformed(ValueError):
    """An answer of another form than documented."""


def list_in(answer: Mapping[str, Any], name: str) -> list[Any]:
    """The list that an answer has under a name.

    Raises:
        Malformed: there is none.
    """
    found = answer.get(name)
    if not isinstance(found, list):
        raise Malformed
    return found


def ids_in(answer: Mapping[str, Any], name: str, field: str) -> frozenset[str]:
    """The ids of users in a list of an answer, each in a field of its entry.

    Raises:
        Malformed: there is no list, or an entry has no id.
    """
    ids = [entry.get(field) if isinstance(entry, dict) else None for entry in list_in(answer, name)]
    if not all(isinstance(one, str) and one for one in ids):
        raise Malformed
    return frozenset(map(str, ids))


def task_id(value: object) -> TaskId:
    """A task's id, which is safe in a path.

    Raises:
        Malformed: it is not an id.
    """
    if not isinstance(value, str) or not _TASK_ID.fullmatch(value):
        raise Malformed
    return TaskId(value)


def task(answer: Mapping[str, Any]) -> Task:
    """A task's state and result.

    Raises:
        Malformed: the state is unknown.
    """
    try:
        state = TaskState(str(answer.get("status")))
    except ValueError:
        raise Malformed from None
    result, error = answer.get("result"), answer.get("error")
    url = result.get("url") if isinstance(result, dict) else None
    kind = error.get("type") if isinstance(error, dict) else None
    return Task(
        state=state,
        url=url if isinstance(url, str) else None,
        error_type=kind if isinstance(kind, str) and _WORD.fullmatch(kind) else None,
        outcomes=_outcomes(result) if isinstance(result, dict) else {},
    )


def found_users(answer: Mapping[str, Any], wanted: list[UserId]) -> tuple[FoundUser, ...]:
    """The users in the answer to a query by id.

    Raises:
        Malformed: there is no list of users, or an entry has no id or one that was not asked for.
    """
    found = _users(answer)
    if any(user.id not in wanted for user in found):
        raise Malformed
    return found


# The fields of a user that we send, and those that Stream sets itself.
_OURS = frozenset({"id", "name", "image"})
_STREAMS = frozenset(
    {
        "avg_response_time", "ban_expires", "banned", "blocked_user_ids", "channel_mutes",
        "channel_unread_count", "created_at", "deactivated_at", "deleted_at", "devices", "invisible",
        "language", "last_active", "last_engaged_at", "mutes", "online", "privacy_settings",
        "push_notifications", "revoke_tokens_issued_before", "role", "shadow_banned", "teams", "teams_role",
        "total_unread_count", "unread_channels", "unread_count", "unread_threads", "updated_at",
    }
)  # fmt: skip


def listed_users(answer: Mapping[str, Any], after: str) -> tuple[FoundUser, ...]:
    """The users in a page of a list that is sorted by id and begins after an id.

    Raises:
        Malformed: there is no list of users, an entry has no id, or the ids do not ascend.
    """
    found = _users(answer)
    ids = [after, *(user.id for user in found)]
    if any(later <= earlier for earlier, later in itertools.pairwise(ids)):
        raise Malformed
    return found


def blocked_users(answer: Mapping[str, Any]) -> frozenset[str]:
    """The ids of the users in a list of blocks.

    Raises:
        Malformed: there is no list, or an entry has no id of a blocked user.
    """
    return ids_in(answer, "blocks", "blocked_user_id")


def _users(answer: Mapping[str, Any]) -> tuple[FoundUser, ...]:
    return tuple(map(_user, list_in(answer, "users")))


def _user(entry: object) -> FoundUser:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise Malformed
    return FoundUser(
        entry["id"],
        is_deleted=entry.get("deleted_at") is not None,
        is_deactivated=entry.get("deactivated_at") is not None,
        has_other_fields=has_other_fields(entry),
        push_tokens=push_tokens(entry),
        name=_text(entry.get("name")),
        image=_text(entry.get("image")),
        shows_blocks=bool(entry.get("blocked_user_ids")),
        invisible=shows_hidden(entry),
    )


def has_other_fields(user: Mapping[str, Any]) -> bool:
    """Whether a user of Stream has a field that neither we nor Stream set."""
    filled = {name for name, value in user.items() if value not in (None, "", [], {})}
    return not filled <= _OURS | _STREAMS


def shows_hidden(user: Mapping[str, Any]) -> bool:
    """Whether Stream says that it shows a user as offline; it need not state that it does not."""
    return user.get("invisible") is True


def push_tokens(user: Mapping[str, Any]) -> tuple[str, ...]:
    """The push tokens of a user of Stream; devices of another form are skipped."""
    devices = user.get("devices")
    found = [one.get("id") for one in devices if isinstance(one, dict)] if isinstance(devices, list) else []
    return tuple(one for one in found if isinstance(one, str) and one)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def says_deleted(text: object) -> bool:
    """Whether the text of an error says that a user was deleted."""
    return isinstance(text, str) and _DELETED.search(text) is not None


def _outcomes(result: Mapping[str, Any]) -> Mapping[str, TaskOutcome]:
    """The outcome for each id; anything but `ok` or a known text is a failure."""
    return {name: _outcome(entry) for name, entry in result.items() if isinstance(entry, dict)}


def _outcome(entry: Mapping[str, Any]) -> TaskOutcome:
    if entry.get("status") == "ok":
        return TaskOutcome.DELETED
    text = entry.get("error")
    if says_deleted(text):
        return TaskOutcome.DELETED_BEFORE
    if isinstance(text, str) and _NEVER_EXISTED.search(text):
        return TaskOutcome.NO_USER
    return TaskOutcome.FAILED
