"""Suspends and restores the access of users to Stream, finds users, and deletes their push tokens.

An erasure suspends access while it may still be cancelled (STR-3, STR-5):

    freeze  access.suspend(user_id, revoked_before)
    thaw    access.resume(user_id)

Both may be killed after each call and run again. Stream does not document what it answers to a second
deactivation or reactivation. So if it refuses a call, a query shows whether the user is in the wanted state.
No call here creates a user: a user that Stream does not have is created by the next profile or connect.

What callers have to know, since clients and stream/users/sync call Stream too:

- A user that Stream did not have at `suspend` may be created by a connect with a chat token that was issued
  before, until the token expires. The account is frozen, so no profile is sent. The second pass of the
  erasure therefore comes after the life of a token.
- A run of stream/users/sync that read the account while it was frozen may deactivate the user after `resume`,
  and nothing would reactivate it. So `resume` comes after the thaw is stored, and once more when every run of
  stream/users/sync that read the account before the thaw has ended (55 seconds at most).
- A run of stream/users/sync that read the account before it was frozen may send the profile after `suspend`,
  which may clear the revocation at Stream. It reads the account again and deactivates the user. After a thaw,
  stream/users/sync repeats revocations that may still matter, as the account's `revoked_before` states them.

Push through Stream is off, so tokens that an app registered there are deleted (STR-2).
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from chalicelib.core import metrics
from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.stream import gateway
from chalicelib.stream.model import FoundUser, StreamRefused, UserBurned, UserDeletedBefore


class ResumedAccess(StrEnum):
    """What `resume` found. A user that Stream deleted cannot be resumed."""

    ACTIVE = "active"
    NO_USER = "no_user"  # never created; the next connect creates it
    DELETED = "deleted"  # deleted at Stream; user IDs are never reused


def suspend(user_id: UserId, revoked_before: datetime) -> None:
    """Revoke a user's tokens that were issued before an instant, and deactivate the user.

    Revoking comes first, since Stream may refuse to change a user who is deactivated.

    Raises:
        StreamUnavailable: Stream does not answer; call it again.
        StreamRefused: Stream refuses, and the user is still active.
    """
    try:
        gateway.revoke({user_id: revoked_before})
        gateway.deactivate(user_id)
    except StreamRefused:
        found = _find(user_id)
        if found and not (found.is_deactivated or found.is_deleted):
            raise


def resume(user_id: UserId) -> ResumedAccess:
    """Reactivate a user.

    Raises:
        StreamUnavailable: Stream does not answer; call it again.
        StreamRefused: Stream refuses, and the user is not known to be active, absent or deleted.
    """
    try:
        gateway.reactivate(user_id)
    except StreamRefused as refused:
        return _access_after(refused, _find(user_id))
    return ResumedAccess.ACTIVE


def _access_after(refused: StreamRefused, found: FoundUser | None) -> ResumedAccess:
    """Return what a refused reactivation means, or raise the refusal."""
    if isinstance(refused, UserDeletedBefore) or (found and found.is_deleted):
        return ResumedAccess.DELETED
    if found is None and isinstance(refused, UserBurned):
        return ResumedAccess.NO_USER
    if found is None or found.is_deactivated:
        raise refused
    return ResumedAccess.ACTIVE


def _find(user_id: UserId) -> FoundUser | None:
    return next(iter(gateway.find_users([user_id])), None)


def find_existing(user_ids: list[UserId]) -> dict[UserId, FoundUser]:
    """Those of up to 100 users that Stream has and has not deleted.

    Raises:
        StreamUnavailable, StreamRefused: it is not known.
    """
    return {UserId(user.id): user for user in gateway.find_users(user_ids) if not user.is_deleted}


def delete_push_tokens(user_id: UserId, tokens: Iterable[str]) -> None:
    """Delete push tokens of a user, of whom Stream has at most 25. It may be repeated.

    Raises:
        StreamRefused, StreamUnavailable: the tokens that were not deleted are still there.
    """
    for token in tokens:
        try:
            _delete_push_token(user_id, token)
        except UserBurned:  # deleted meanwhile, or the user was
            continue
        metrics.count(Metric.STREAM_PUSH_TOKEN_DELETED)


def _delete_push_token(user_id: UserId, token: str) -> None:
    # The call returns the token to Stream, which has it already; otherwise it names the user only.
    gateway.ask(lambda client: client.delete_device(token, user_id), sending=gateway.AN_ID)
