"""Routes of pushes: choices about them, the token of a device, and missed calls."""

from chalice.app import Blueprint

from chalicelib.accounts.blocks.service import PEER, require_peer
from chalicelib.accounts.push_tokens import model
from chalicelib.accounts.push_tokens import service as push_tokens
from chalicelib.accounts.push_tokens.service import READABLE_PUSH_DEVICES
from chalicelib.accounts.sessions.caller import Caller
from chalicelib.accounts.sessions.liveness import OPEN_SESSION
from chalicelib.consents.model import NotOffered
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import ChangedMeanwhile, SessionEnded, TooMany, Unavailable, existing
from chalicelib.core.http import (
    Accepted,
    Cursor,
    DailyLimit,
    IfMatch,
    NoContent,
    Ok,
    PageSize,
    Tagged,
    Unlimited,
    route,
)
from chalicelib.core.settings import settings
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.push import choices, registration
from chalicelib.push.calls import service as calls
from chalicelib.push.calls.model import CallReceived, MissedCallList, UnansweredCall
from chalicelib.push.model import NotificationChange, NotificationsView
from chalicelib.push.store import CHOICES

pushes = Blueprint(__name__)

_CHANGES = DailyLimit(LimitName.NOTIFICATION_CHANGES, lambda: settings().limits.notification_changes_day)


@route(pushes, "GET", "/v1/notifications", needs=(DATA_KEY, CHOICES))
def show_notifications(caller: Caller) -> Tagged[NotificationsView]:
    """Get the caller's choices about pushes, with the ETag that changing them requires."""
    found = choices.of_account(caller.account.account_id, caller[CHOICES])
    return Tagged(NotificationsView.of(found), etag=found.etag)


@route(
    pushes,
    "PUT",
    "/v1/notifications",
    needs=(DATA_KEY, CHOICES),
    limit=_CHANGES,
    problems=(ChangedMeanwhile, NotOffered),
)
def change_notifications(
    caller: Caller, body: NotificationChange, expected: IfMatch
) -> Tagged[NotificationsView]:
    """Replace the caller's choices about pushes. They hold from the next push on.

    Pushes about the security of the account, answers to privacy requests, and decisions about reports of
    abuse cannot be switched off.
    Sent again after a lost response, the same choices get 200 also with the ETag of before.
    """
    before = choices.of_account(caller.account.account_id, caller[CHOICES])
    after = choices.change(before, body, expected, caller[DATA_KEY])
    return Tagged(NotificationsView.of(after), etag=after.etag)


_CALLS = DailyLimit(LimitName.MISSED_CALLS, lambda: settings().limits.missed_calls_day)


@route(pushes, "POST", "/v1/calls/missed", needs=PEER, limit=_CALLS, problems=(NotOffered, Unavailable))
def report_missed_call(caller: Caller, body: UnansweredCall) -> Accepted[CallReceived]:
    """Report that a contact did not answer the caller's call. The contact sees it for 30 days.

    The response is the same whether or not the user exists, is a contact, or can be met. Reports about one
    contact in the same minute are one call, so a request whose response was lost may be sent again.
    """
    calls.report(require_peer(caller.found), body.user_id)
    return Accepted(CallReceived())


@route(pushes, "GET", "/v1/calls/missed", needs=PEER)
def list_missed_calls(caller: Caller, cursor: Cursor | None, size: PageSize) -> MissedCallList:
    """List the calls of contacts that the caller missed, newest first."""
    return calls.listed(require_peer(caller.found), cursor, size)


def _is_new(caller: Caller, body: model.NewPushToken) -> bool:
    return not push_tokens.is_registered(caller.session.session_id, body, caller[READABLE_PUSH_DEVICES])


_A_DAY = DailyLimit(
    LimitName.PUSH_REGISTRATIONS, lambda: settings().limits.push_registrations_day, counts=_is_new
)
_ONE_TOKEN = Unlimited("It deletes the one token that a registration, which is limited, stored")
_DEVICE = "/v1/devices/push"
_OF_DEVICE = (DATA_KEY, OPEN_SESSION, READABLE_PUSH_DEVICES)
_REFUSED = (NotOffered, model.PushTokenNotProven, TooMany, Unavailable)


@route(pushes, "PUT", _DEVICE, needs=_OF_DEVICE, limit=_A_DAY, problems=_REFUSED)
def register_push_token(
    caller: Caller, body: model.NewPushToken
) -> Ok[model.PushTokenRegistered] | Accepted[model.PushProofSent]:
    """Register the push token of this device, in place of its former one. Repeat it at each start of the app.

    202: another device has the token. A silent push brings the app a `nonce`: repeat the call with it.
    """
    session = existing(caller[OPEN_SESSION], SessionEnded)
    if proof := registration.register(session, body, caller[READABLE_PUSH_DEVICES]):
        return Accepted(model.PushProofSent(expires_at=proof.ends_at))
    return Ok(model.PushTokenRegistered())


@route(pushes, "DELETE", _DEVICE, limit=_ONE_TOKEN, problems=(Unavailable,))
def forget_push_token(caller: Caller) -> NoContent:
    """Forget the push token of this device, if it has one: it gets no pushes any more."""
    push_tokens.forget_sessions(caller.account.account_id, {caller.session.session_id})
    return NoContent()
