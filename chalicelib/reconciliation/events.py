"""Works on one message of the queue of Stream's events, by the state that Stream has now.

An event gives only an id. A message that was deleted softly, that is hidden, is deleted for good (STR-12); a
deletion that was undone meanwhile is left undone. If Stream refuses to delete a file of its own, the message
is kept, since only it names the file; the worker tries again an hour later, and then an operator has to look
at it. Users who were lost are judged by `lost_users`.

Fields and push tokens that a client wrote to its user (STR-2) are removed once an hour per user: the account
is marked, and the worker of marks sends the profile, which replaces all fields. A client could write as often
as Stream permits, and each removal causes an event itself. So a second event within an hour waits until the
hour has ended, and further ones are dropped: the waiting one reads the state.

A status that a client changed is put right in the same way (STR-10, ADR 111).

If Stream adds a field of its own that `stream/answers` does not know, each user seems to have another field,
and each removal causes the next event. So no more users are written in an hour than reconciliation may
change in a run. Events beyond that are dropped, and an alarm rings. The pass of reconciliation finds those
users, and stops for an operator.
"""

from contextlib import suppress
from datetime import timedelta

from chalicelib.accounts import service as accounts
from chalicelib.accounts.profiles import service as profiles
from chalicelib.core import clock, metrics, observe
from chalicelib.core.clock import HOUR
from chalicelib.core.contract_words import InnerLimit
from chalicelib.core.errors import TooMany, Unavailable
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.limiter import Limiter, WhenUnreachable, Window
from chalicelib.core.metrics import Metric
from chalicelib.core.queues import Flaw, SetAside
from chalicelib.core.settings import settings
from chalicelib.reconciliation.cases import lost_users
from chalicelib.stream import channels
from chalicelib.stream.model import (
    CHANNEL_TYPES,
    FileKeptAtStream,
    FoundUser,
    HookType,
    MessageId,
    StreamRefused,
    StreamUnavailable,
)
from chalicelib.stream.users import access, sync
from chalicelib.stream.webhook import events as hooks
from chalicelib.stream.webhook.events import Hook

_ALL = "all"
_HOURLY = (Window(lambda: HOUR, lambda: 1),)
STRIPPING = Limiter(InnerLimit.HOOK_STRIP, _HOURLY, TooMany, WhenUnreachable.REFUSE)
IN_ALL = Limiter(
    InnerLimit.HOOK_STRIP_IN_ALL,
    (Window(lambda: HOUR, lambda: settings().reconciliation.found_run),),
    TooMany,
    WhenUnreachable.REFUSE,
)
WAITING = Limiter(InnerLimit.HOOK_STRIP_WAITING, _HOURLY, TooMany, WhenUnreachable.REFUSE)


def work(body: str) -> None:
    """Do what an event asks for, by the current state.

    Raises:
        SetAside: the message names no event, or Stream refused a file of a message twice.
        Unavailable: SQS has to deliver the message again.
    """
    hook, not_before = hooks.read_message(body)
    if not_before and not_before > clock.now():
        hooks.send_hook(hook, not_before)
        return
    try:
        match hook.type:
            case HookType.USER_UPDATED:
                strip_fields(hook, has_waited=not_before is not None)
            case HookType.MESSAGE_DELETED:
                delete_for_good(hook, has_waited=not_before is not None)
            case HookType.USER_DELETED | HookType.USER_DEACTIVATED:
                lost_users.judge(hook, has_waited=not_before is not None)
    except StreamRefused as refused:  # after 30 hours it is in the queue of failures
        observe.log_failure("hook_refused", refused, reason=hook.type)
        raise Unavailable from None


def strip_fields(hook: Hook, *, has_waited: bool) -> None:
    """Send the user of an active account again, if Stream has other fields or another status of it now.

    Args:
        hook: the event.
        has_waited: whether it waited for the end of an hour already.

    Raises:
        StreamUnavailable, StreamRefused: the user could not be read.
        Unavailable: a push token is still there, or a table does not answer; work on the event again.
    """
    user_id = UserId(hook.subject)
    account_id = _active_owner(user_id)
    found = access.find_existing([user_id]).get(user_id) if account_id else None
    if account_id is None or found is None:
        return
    is_other = found.has_other_fields or _has_other_status(account_id, found)
    if not (is_other or found.push_tokens):
        return
    try:
        STRIPPING.hit(user_id)
    except TooMany as full:
        _wait(hook, _end_of_hour(full), has_waited=has_waited)
        return
    try:
        IN_ALL.hit(_ALL)
    except TooMany:
        metrics.count(Metric.STREAM_FIELDS_LEFT)
        return
    if not _tokens_deleted(found):
        STRIPPING.uncount(user_id)
        IN_ALL.uncount(_ALL)
        raise Unavailable
    if is_other:  # the worker of marks sends the profile, which replaces all fields (ADR 69)
        accounts.renew_mark(account_id)
    metrics.count(Metric.STREAM_FIELDS_STRIPPED, int(found.has_other_fields))


def delete_for_good(hook: Hook, *, has_waited: bool) -> None:
    """Delete a message and its files, if it is deleted softly and in a channel of ours.

    Args:
        hook: the event.
        has_waited: whether Stream refused a file an hour ago.

    Raises:
        StreamUnavailable, StreamRefused: as for `find_message` and `delete_message`.
        SetAside: Stream refused a file again.
    """
    found = channels.find_message(MessageId(hook.subject))
    if found is None or not found.is_deleted or found.channel_type not in CHANNEL_TYPES:
        return
    try:
        channels.delete_message(found)
    except FileKeptAtStream:
        if has_waited:
            raise SetAside(Flaw.FILE_REFUSED) from None
        hooks.send_hook(hook, not_before=clock.now() + HOUR)
        return
    metrics.count(Metric.STREAM_MESSAGE_DELETED)


def _active_owner(user_id: UserId) -> AccountId | None:
    owner = accounts.owner_of_user(user_id)
    account = accounts.glances([owner]).get(owner) if owner else None
    return owner if account and account.is_active else None


def _has_other_status(account_id: AccountId, found: FoundUser) -> bool:
    """Whether Stream shows a user otherwise than the profile says; not, if that cannot be read."""
    stored = profiles.by_accounts([account_id])
    return any(sync.chat_profile(*one).has_other_status(found) for one in stored)


def _tokens_deleted(found: FoundUser) -> bool:
    try:
        access.delete_push_tokens(UserId(found.id), found.push_tokens)
    except (StreamUnavailable, StreamRefused):
        return False
    return True


def _end_of_hour(full: TooMany) -> timedelta:
    return timedelta(seconds=int(str(full.members["retry_after"])))


def _wait(hook: Hook, left: timedelta, *, has_waited: bool) -> None:
    """Send the event again for the end of the hour, unless another event of the user waits for it.

    It is counted after it was sent: a worker that is killed between the two sends it twice, and loses none.
    """
    user_id = UserId(hook.subject)
    with suppress(TooMany):  # another event waits, or another worker sent one at the same time
        if not has_waited:
            WAITING.check(user_id)
        hooks.send_hook(hook, not_before=clock.now() + left)
        if not has_waited:
            WAITING.hit(user_id)
