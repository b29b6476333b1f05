"""The only importer of Stream's SDK; every call of Stream's API passes through `ask`.

Callers pass `ChatProfile`, `ChatChannel` and ids, so no other personal data is sent (STR-1, STR-2). Errors
are mapped to a few classes without their texts, which contain ids and URLs. Refused credentials are
`CredentialsRefused`, a kind of `StreamUnavailable`, so that callers wait (ADR 23).

`Credentials` is what one container knows about the state of Stream's credentials. Stream answers 401 to
credentials that it does not accept, and 403 to a call that they do not permit. A 403 can concern a single
user. `GET /app` shows whether it concerns the credentials, because a server may always read its app.

Invariants:

- A call whose credentials were refused does not fail permanently: it waits, and an alarm fires.
- A refusal drops the cached secret, so the next call reads the vault and picks up a rotated secret.
- A 403 counts as concerning one user only if Stream accepted the credentials after it. An earlier answer does
  not exclude that the app was suspended in between.
- After refusals, the vault is read at most once a minute. `GET /app` is called at most once a minute for a
  secret that Stream refuses, and otherwise once for each 403, at most a hundred times a minute. Further calls
  with a 403 wait, as in an outage.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import requests
from stream_chat import StreamChat
from stream_chat.base.exceptions import StreamAPIException

from chalicelib.core import clock, egress, keyring, metrics, observe
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import ErasureExtent, settings
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.privacy.recipients import Recipient
from chalicelib.stream import answers, line, model
from chalicelib.stream.answers import Malformed
from chalicelib.stream.model import (
    AppAccess,
    CallLimited,
    ChatProfile,
    CredentialsRefused,
    FoundUser,
    InputRefused,
    StreamRefused,
    StreamSilent,
    StreamUnavailable,
    Task,
    TaskId,
    TaskNotFound,
    UserBurned,
    UserDeletedBefore,
)

# A batch of 48 profiles has at most 98 refused calls, so one completes in each minute; refused blocks come on
# top, and wait. Stream answers 10,000 such calls a minute.
_MAX_CHECKS = 100


@dataclass
class Credentials:
    """The times of the last refusal, of recent checks, and of the last dropped secret."""

    _refused_at: datetime | None = None
    _dropped_at: datetime | None = None
    _asked_since: datetime | None = None
    _asked: int = 0

    def are_accepted(self, read_app: Callable[[], bool]) -> bool | None:
        """Check with `read_app` whether Stream accepts them; return None above the limit of checks."""
        if not _is_a_minute_ago(self._refused_at):
            return False
        if _is_a_minute_ago(self._asked_since):
            self._asked_since, self._asked = clock.now(), 0
        if self._asked >= _MAX_CHECKS:
            return None
        self._asked += 1
        accepted = read_app()
        self._refused_at = None if accepted else clock.now()
        return accepted

    def record_refusal(self) -> bool:
        """Count a refusal, and drop the secret unless one was dropped in the last minute.

        Returns:
            Whether the secret was dropped; the caller then has to replace a client that holds it.
        """
        metrics.count(Metric.STREAM_CREDENTIALS_REFUSED)
        if not _is_a_minute_ago(self._dropped_at):
            return False
        keyring.forget_stream_secret()
        self._dropped_at, self._refused_at = clock.now(), None
        return True


def _is_a_minute_ago(since: datetime | None) -> bool:
    """Return whether a minute has passed since then."""
    return since is None or clock.now() >= since + MINUTE


T = TypeVar("T")
R = TypeVar("R")

# Stream's limit for one call; one invalid user fails the whole batch.
MAX_USERS_PER_CALL = 100
MAX_USERS_PER_EXPORT = 25

_BAD_INPUT, _NOT_FOUND_OR_DELETED = 4, 16
_UNAUTHORIZED, _FORBIDDEN = 401, 403

# The personal data that the calls send to Stream; `egress` checks it against the register each time.
AN_ID = frozenset({Category.PSEUDONYM})
_A_PROFILE = AN_ID | {Category.NAME, Category.SELF_IMAGE, Category.ACCOUNT_SETTINGS}


def upsert(profiles: Iterable[ChatProfile]) -> None:
    """Create or fully replace up to 100 users; Stream drops all their other fields.

    So the status is in the same call (ADR 111): one without it may show a user who hides it.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: no user of the batch was written.
    """
    users = [_fields(profile) for profile in profiles]
    ask(lambda client: client.upsert_users(users), sending=_A_PROFILE)


def _fields(profile: ChatProfile) -> dict[str, Any]:
    optional = {"image": profile.image or None, "invisible": profile.invisible}
    present = {name: value for name, value in optional.items() if value is not None}
    return {"id": profile.id, "name": profile.name, **present}


def revoke(before: Mapping[UserId, datetime]) -> None:
    """Revoke the tokens of up to 100 users that were issued before an instant.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: no user of the batch was written.
    """
    changes = [
        {"id": user_id, "set": {"revoke_tokens_issued_before": clock.to_text(instant)}}
        for user_id, instant in before.items()
    ]
    ask(lambda client: client.update_users_partial(changes), sending=AN_ID)


def deactivate(user_id: UserId) -> None:
    """Stop a user from connecting and sending; reversible.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: the user was not deactivated.
    """
    ask(lambda client: client.deactivate_user(user_id), sending=AN_ID)


def reactivate(user_id: UserId) -> None:
    """Undo a deactivation.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: the user was not reactivated.
    """
    ask(lambda client: client.reactivate_user(user_id), sending=AN_ID)


def export_users(ids: Iterable[UserId]) -> TaskId:
    """Request a file with all data of up to 25 users at Stream; `task` returns its link.

    The call changes no data there, so it may be repeated.

    Raises:
        InputRefused, UserBurned, StreamRefused, StreamUnavailable: no task is known to exist.
    """
    wanted = list(ids)
    if not 0 < len(wanted) <= MAX_USERS_PER_EXPORT:
        raise ValueError(f"an export is of 1 to {MAX_USERS_PER_EXPORT} users")
    answer = ask_as_obliged(lambda client: client.export_users(wanted))
    return read_answer(answers.task_id, answer.get("task_id"))


def delete_users(ids: Iterable[UserId], extent: ErasureExtent) -> TaskId:
    """Request the deletion of up to 100 users; Stream hides them at once, and a task deletes their data.

    Raises:
        UserDeletedBefore: Stream deleted a user before.
        UserBurned: Stream does not know a user.
        InputRefused, StreamRefused: no task is known to exist, but Stream may have deleted a user.
        StreamUnavailable: Stream may have made a task, whose id is lost.
    """
    wanted = _batch(ids)
    answer = ask_as_obliged(lambda client: client.delete_users(wanted, **model.DELETION_OPTIONS[extent]))
    return read_answer(answers.task_id, answer.get("task_id"))


def find_users(ids: Iterable[UserId]) -> tuple[FoundUser, ...]:
    """Find which of up to 100 users Stream has, deactivated ones included.

    Raises:
        StreamRefused, StreamUnavailable: absence is not known; an answer of another form counts as none.
    """
    wanted = _batch(ids)
    answer = ask_as_obliged(
        lambda client: client.query_users(
            {"id": {"$in": wanted}}, limit=MAX_USERS_PER_CALL, include_deactivated_users=True
        )
    )
    return read_answer(lambda found: answers.found_users(found, wanted), answer)


def list_users(after: str) -> tuple[FoundUser, ...]:
    """The next 100 users at most whose ids follow an id, in the order of ids, deactivated ones included.

    Raises:
        StreamRefused, StreamUnavailable: an answer of another form or order counts as none.
    """
    beyond = {"id": {"$gt": after}} if after else {}
    answer = ask_as_obliged(
        lambda client: client.query_users(
            beyond,
            sort=[{"field": "id", "direction": 1}],
            limit=MAX_USERS_PER_CALL,
            include_deactivated_users=True,
        )
    )
    return read_answer(lambda found: answers.listed_users(found, after), answer)


def _batch(ids: Iterable[UserId]) -> list[UserId]:
    wanted = list(ids)
    if not 0 < len(wanted) <= MAX_USERS_PER_CALL:
        raise ValueError(f"a call is about 1 to {MAX_USERS_PER_CALL} users")
    return wanted


def task(task_id: TaskId) -> Task:
    """Read the state of a task; a finished export gets a fresh link with each call.

    Raises:
        TaskNotFound: the task does not exist, or no longer.
        StreamRefused, StreamUnavailable: Stream refused the call, or gave no answer.
    """
    known = read_answer(answers.task_id, task_id)
    try:
        answer = ask(
            lambda client: client.get_task(known), sending=frozenset(), purpose=Purpose.LEGAL_OBLIGATION
        )
    except UserBurned:
        raise TaskNotFound from None
    return read_answer(answers.task, answer)


def ask_as_obliged(call: Callable[[StreamChat], Mapping[str, Any]]) -> Mapping[str, Any]:
    """Make a call that a legal obligation requires, and that sends random ids only; else as `ask`."""
    return ask(call, sending=AN_ID, purpose=Purpose.LEGAL_OBLIGATION)


def ask(
    call: Callable[[StreamChat], Mapping[str, Any]],
    sending: frozenset[Category],
    purpose: Purpose = Purpose.SERVICE,
    access: AppAccess | None = None,
) -> Mapping[str, Any]:
    """Call the app of this function, or the one that `access` opens; `sending` is what the call sends.

    Raises:
        StreamRefused, StreamUnavailable: a kind of one of them says why.
    """
    if access is None:
        client = egress.client(Recipient.STREAM, purpose, sending, _client)
        with line.calling():
            return _answer(call, client)
    egress.check(Recipient.STREAM, purpose, sending)
    client = _connected(access)
    try:
        return _answer(call, client, access)
    finally:
        client.session.close()


def _answer(call: Callable[[StreamChat], T], client: StreamChat, access: AppAccess | None = None) -> T:
    try:
        return call(client)
    except StreamAPIException as error:
        if _concerns_credentials(error, client, access):
            if access is None:
                _drop_refused(client)
            raise CredentialsRefused from None
        raise _kind_of(error) from None
    except (requests.ConnectionError, requests.Timeout):
        raise StreamSilent from None
    except requests.RequestException:
        raise StreamUnavailable from None
    except (AttributeError, TypeError, ValueError) as error:
        # The SDK raises these on a body that is JSON and not an object.
        observe.log_failure("stream_answer_unreadable", error)
        raise StreamUnavailable from None


def _concerns_credentials(error: StreamAPIException, client: StreamChat, access: AppAccess | None) -> bool:
    """Return whether Stream refused the credentials rather than the request.

    Raises:
        StreamUnavailable: this takes a read of the app, which failed or reached its limit.
    """
    if error.status_code != _FORBIDDEN:
        return bool(error.status_code == _UNAUTHORIZED)
    if access:
        return not _may_read_app(client)
    accepted = _credentials.are_accepted(lambda: _may_read_app(client))
    if accepted is None:
        raise StreamUnavailable
    return not accepted


def _may_read_app(client: StreamChat) -> bool:
    try:
        client.get_app_settings()
    except StreamAPIException as error:
        if error.status_code in {_UNAUTHORIZED, _FORBIDDEN}:
            return False
        raise StreamUnavailable from None
    except (requests.RequestException, AttributeError):  # as in `ask`
        raise StreamUnavailable from None
    return True


def _drop_refused(client: StreamChat) -> None:
    """Drop refused credentials, so that the next call reads the secret from the vault."""
    if _credentials.record_refusal():
        _client.cache_clear()
        client.session.close()


def _kind_of(error: StreamAPIException) -> Exception:
    # A status below 400 is a successful answer without JSON.
    if error.status_code == 429:
        return CallLimited()
    if not 400 <= error.status_code < 500:
        return StreamUnavailable()
    code = getattr(error, "error_code", None)  # missing when the body was not JSON
    if code == _NOT_FOUND_OR_DELETED:
        was_deleted = answers.says_deleted(getattr(error, "error_message", None))
        return UserDeletedBefore() if was_deleted else UserBurned()
    return InputRefused() if code == _BAD_INPUT else StreamRefused()


def read_answer(reader: Callable[[T], R], answer: T) -> R:
    """Read an answer; an invalid one is a fault on Stream's side."""
    try:
        return reader(answer)
    except Malformed:
        raise StreamUnavailable from None


def forget() -> None:
    """Reset to the state of a new container: no client, no state of the credentials."""
    global _credentials  # noqa: PLW0603 - a fact about the process
    _client.cache_clear()
    line.forget()
    _credentials = Credentials()


_credentials = Credentials()


@cache
def _client() -> StreamChat:
    now = settings()
    return _connected(AppAccess(now.stream_api_key, keyring.stream_secret(), now.stream_url))


def _connected(access: AppAccess) -> StreamChat:
    return StreamChat(api_key=access.api_key, api_secret=access.secret, base_url=access.url, timeout=6.0)
