"""The only import of Stream's SDK, and the only door to Stream.

It takes `ChatProfile` and ids, so nothing else about a person can be sent (STR-1, STR-2). Errors are
sorted into a few kinds; their texts stay behind, since they name ids and URLs. Credentials that Stream does
not accept are `CredentialsRefused`, which is `StreamUnavailable` to every caller: the call waits (ADR 23).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import requests
from stream_chat import StreamChat
from stream_chat.base.exceptions import StreamAPIException

from chalicelib.chat.credentials import Credentials
from chalicelib.chat.model import ChatProfile, Task, TaskId, TaskState
from chalicelib.core import clock, egress, keyring
from chalicelib.core.ids import UserId
from chalicelib.core.settings import settings
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.privacy.recipients import Recipient

# Stream's limit for one call; one bad user fails the whole batch.
MOST_AT_ONCE = 100
MOST_EXPORTED_AT_ONCE = 25

_BAD_INPUT = 4
_NOT_FOUND_OR_DELETED = 16

_UNAUTHORIZED, _FORBIDDEN = 401, 403

# What the calls tell Stream of a person, held against the register each time.
_AN_ID = frozenset({Category.PSEUDONYM})
_A_PROFILE = _AN_ID | {Category.NAME, Category.SELF_IMAGE}

# The SDK writes an id into the path as it is. A task's is a UUID; this also keeps out `/`, `.` and `?`.
_TASK_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_WORD = re.compile(r"[0-9A-Za-z_-]{1,40}")


class StreamRefused(Exception):
    """Stream will not take this, now or later: a request that it finds wrong."""


class InputRefused(StreamRefused):
    """Stream understood who asks, and takes the input for wrong or for too much."""


class UserBurned(StreamRefused):
    """The user was deleted there, or never was; an id comes never back."""


class TaskGone(StreamRefused):
    """Stream does not know the task (any more); how long it keeps one is not documented."""


class StreamUnavailable(Exception):
    """Not answered, limited, or broken on Stream's side; the same call may be sent again."""


class CredentialsRefused(StreamUnavailable):
    """Stream does not accept our key or secret; the same call may be sent again once it does."""


def upsert(profiles: Iterable[ChatProfile]) -> None:
    """Create or fully replace up to 100 users; whatever else stood on them is dropped.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: nothing of the batch was taken.
    """
    users = [{"id": p.id, "name": p.name} | ({"image": p.image} if p.image else {}) for p in profiles]
    _ask(lambda client: client.upsert_users(users), telling=_A_PROFILE)


def revoke(before: Mapping[UserId, datetime]) -> None:
    """Revoke the tokens of up to 100 users that were issued before an instant.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: nothing of the batch was taken.
    """
    changes = [
        {"id": user_id, "set": {"revoke_tokens_issued_before": clock.to_text(instant)}}
        for user_id, instant in before.items()
    ]
    _ask(lambda client: client.update_users_partial(changes), telling=_AN_ID)


def deactivate(user_id: UserId) -> None:
    """Stop a user from connecting and sending; reversible.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: as above.
    """
    _ask(lambda client: client.deactivate_user(user_id), telling=_AN_ID)


def export_users(ids: Iterable[UserId]) -> TaskId:
    """Have a file made of all that up to 25 users have at Stream; `task` tells where it is.

    It changes nothing there, so it may be asked again.

    Raises:
        InputRefused, UserBurned, StreamRefused, StreamUnavailable: no task was made that we know of.
    """
    wanted = list(ids)
    if not 0 < len(wanted) <= MOST_EXPORTED_AT_ONCE:
        raise ValueError(f"an export is of 1 to {MOST_EXPORTED_AT_ONCE} users")
    answer = _ask(
        lambda client: client.export_users(wanted), telling=_AN_ID, purpose=Purpose.LEGAL_OBLIGATION
    )
    return _task_id(answer.get("task_id"))


def task(task_id: TaskId) -> Task:
    """Where a task stands. A finished export has a fresh link at each asking.

    Raises:
        TaskGone: there is no such task (any more).
        StreamRefused, StreamUnavailable: not answered.
    """
    known = _task_id(task_id)
    try:
        answer = _ask(
            lambda client: client.get_task(known), telling=frozenset(), purpose=Purpose.LEGAL_OBLIGATION
        )
    except UserBurned:
        raise TaskGone from None
    return _read_task(answer)


def _ask(
    call: Callable[[StreamChat], Mapping[str, Any]],
    telling: frozenset[Category],
    purpose: Purpose = Purpose.SERVICE,
) -> Mapping[str, Any]:
    client = egress.client(Recipient.STREAM, purpose, telling, _client)
    try:
        return call(client)
    except StreamAPIException as error:
        if _concerns_credentials(error, client):
            _drop_refused(client)
            raise CredentialsRefused from None
        raise _kind_of(error) from None
    except (requests.RequestException, AttributeError):
        # The SDK stumbles with AttributeError over an error body that is not an object.
        raise StreamUnavailable from None


def _concerns_credentials(error: StreamAPIException, client: StreamChat) -> bool:
    """Whether Stream refused who asks, and not what is asked.

    Raises:
        StreamUnavailable: only the app shows it, and Stream does not answer for that or was asked too often.
    """
    if error.status_code == _FORBIDDEN:
        accepted = _credentials.are_accepted(lambda: _may_read_app(client))
        if accepted is None:
            raise StreamUnavailable
        return not accepted
    return bool(error.status_code == _UNAUTHORIZED)


def _may_read_app(client: StreamChat) -> bool:
    try:
        client.get_app_settings()
    except StreamAPIException as error:
        if error.status_code in {_UNAUTHORIZED, _FORBIDDEN}:
            return False
        raise StreamUnavailable from None
    except (requests.RequestException, AttributeError):  # as in `_ask`
        raise StreamUnavailable from None
    return True


def _drop_refused(client: StreamChat) -> None:
    """Let the next call read the secret anew."""
    if _credentials.record_refusal():
        _client.cache_clear()
        client.session.close()


def _kind_of(error: StreamAPIException) -> Exception:
    if error.status_code == 429 or not 400 <= error.status_code < 500:  # below 400: no JSON in a good answer
        return StreamUnavailable()
    code = getattr(error, "error_code", None)  # missing when the body was not JSON
    if code == _NOT_FOUND_OR_DELETED:
        return UserBurned()
    return InputRefused() if code == _BAD_INPUT else StreamRefused()


def _task_id(text: object) -> TaskId:
    if not isinstance(text, str) or not _TASK_ID.fullmatch(text):
        raise StreamUnavailable  # an answer that makes no sense is a fault on Stream's side
    return TaskId(text)


def _read_task(answer: Mapping[str, Any]) -> Task:
    try:
        state = TaskState(str(answer.get("status")))
    except ValueError:
        raise StreamUnavailable from None
    result, error = answer.get("result"), answer.get("error")
    url = result.get("url") if isinstance(result, dict) else None
    kind = error.get("type") if isinstance(error, dict) else None
    return Task(
        state=state,
        url=url if isinstance(url, str) else None,
        error_type=kind if isinstance(kind, str) and _WORD.fullmatch(kind) else None,
    )


def forget() -> None:
    """Start as a new container does: no client, nothing known of its credentials."""
    global _credentials  # noqa: PLW0603 - a fact about the process
    _client.cache_clear()
    _credentials = Credentials()


_credentials = Credentials()


@cache
def _client() -> StreamChat:
    return StreamChat(
        api_key=settings().stream_api_key,
        api_secret=keyring.stream_secret(),
        base_url=settings().stream_url,
        timeout=6.0,
    )
