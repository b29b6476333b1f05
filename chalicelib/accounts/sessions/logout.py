"""Ends sessions: committed in our table first, then at Stream.

The transaction that ends a session also revokes the account's chat tokens that were issued before. From the
next request on, the access token of the session is refused and gets no chat token. The table's stream passes
the revocation on to Stream (stream/users/sync), after an outage of Stream if necessary. The account's other
devices fetch a new chat token.

If the commit is in a later second than the revocation, a chat token that the session got in between would
stay valid. So the revocation is then moved forward to the second of the commit. If the process is killed just
before that, such a token is valid for at most its hour (ADR 23).

A device that ends its own session alone is seen at that moment, later than the revocation. All others were
seen before it, also one that ends another session or all. They get no code by mail until they prove the
number or their session is refreshed on another day (ADR 78).

The push tokens of the ended sessions are forgotten after the commit. If that fails, the next push to the
account finds out that their sessions have ended (ADR 109).
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from chalicelib.accounts import service as accounts
from chalicelib.accounts.push_tokens import service as push_tokens
from chalicelib.accounts.service import devices
from chalicelib.accounts.sessions import store
from chalicelib.accounts.sessions.model import SecurityEventKind, Session
from chalicelib.core import clock, metrics
from chalicelib.core.batches import batched
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.metrics import Metric
from chalicelib.core.sealing import SealingError
from chalicelib.core.shards import Segment
from chalicelib.core.transactions import Perform, Write, commit

# Chat tokens are back-dated by five seconds. With four seconds here, every token that was issued up to now is
# revoked, and none that is issued from the next second on.
_BACK = timedelta(seconds=4)

# A transaction has at most 100 writes; two of them are the revocation and the security event.
_SESSIONS_PER_TRANSACTION = 98
# How often the sessions of an account are read until none is left: a sign-in may open one meanwhile.
_ROUNDS = 5


def revocation_at(at: datetime) -> datetime:
    """The instant before which chat tokens are revoked, so that all issued until `at` are."""
    return at - _BACK


def end(caller: Session, session_id: SessionId, opened: Callable[[], Session | None]) -> None:
    """End one session of the caller's account; a session that waits ends only itself.

    `opened`: returns the caller's session with its device, if that can be read.

    Raises:
        NotFound: the account has no such live session.
    """
    account_id, is_own = caller.account_id, session_id == caller.session_id
    kind = SecurityEventKind.SIGNED_OUT if is_own else SecurityEventKind.SIGNED_OUT_BY_ANOTHER
    event = store.event(account_id, kind, session_id)
    if caller.is_waiting and not is_own:
        raise NotFound
    try:
        if caller.is_waiting:  # it had no chat token, and must not revoke those of the owner
            commit(event, store.deletion(account_id, session_id))
        else:
            seen = _seen(opened) if is_own else []
            _end(account_id, [session_id], event, *seen)
    except store.NoSuchSession:
        raise NotFound from None


def end_all(account_id: AccountId) -> None:
    """End all sessions of an account, also those that open meanwhile. It may be repeated if it stopped.

    Raises:
        Unavailable: sign-ins opened further sessions each time.
    """
    _end_each(account_id, store.event(account_id, SecurityEventKind.SIGNED_OUT_EVERYWHERE))


def end_others(kept: Session) -> None:
    """End all sessions of an account but one, as `end_all` does."""
    event = store.event(kept.account_id, SecurityEventKind.OTHERS_SIGNED_OUT, kept.session_id)
    _end_each(kept.account_id, event, kept.session_id)


def _end_each(account_id: AccountId, event: Write, kept: SessionId | None = None) -> None:
    for _ in range(_ROUNDS):
        left = [one for one in store.ids_of(account_id) if one != kept]
        if not left:
            return
        for some in batched(left, _SESSIONS_PER_TRANSACTION):
            try:
                _end(account_id, some, event)
            except store.NoSuchSession:
                _end_singly(account_id, some, event)  # another request ended one of them first
    raise Unavailable


def end_stored(segment: Segment, perform: Perform) -> int:
    """End the sessions of all accounts in a segment of the table; returns how many, expired ones included.

    A restored table has sessions that were ended after the backup, and refresh tokens that were used. The
    revocation of an account's chat tokens comes first: if this is killed, its sessions are found again.

    Args:
        segment: the part of the table.
        perform: makes the changes, or only counts them.
    """
    ended = 0
    for page in store.stored_in(segment):
        for account_id in dict.fromkeys(one.account_id for one in page):
            perform(partial(_revoke, account_id))
        perform(partial(store.delete, page))
        ended += len(page)
    return ended


def _revoke(account_id: AccountId) -> None:
    with suppress(accounts.RevokedLater):  # or the account does not exist
        commit(accounts.revocation(account_id, clock.now() - _BACK))


def end_family(session: Session) -> None:
    """End a session whose refresh token was copied, unless it has ended already."""
    kind = SecurityEventKind.COPIED_TOKEN_REFUSED
    event = store.event(session.account_id, kind, session.session_id)
    _end_singly(session.account_id, [session.session_id], event)


def _end_singly(account_id: AccountId, sessions: list[SessionId], event: Write) -> None:
    for session_id in sessions:
        try:
            _end(account_id, [session_id], event)
        except store.NoSuchSession:
            continue


def _seen(opened: Callable[[], Session | None]) -> list[Write]:
    """The write by which a device that ends its own session is seen, if that can be read.

    Its key needs KMS and the vault. A session ends also in their outage: then its device is not seen.
    """
    with suppress(Unavailable):
        if session := opened():
            return [devices.recognition(session.account_id, session.device, session.origin)]
    return []


def _end(account_id: AccountId, sessions: list[SessionId], *notes: Write) -> None:
    ended = [store.deletion(account_id, session_id) for session_id in sessions]
    begun = clock.now()
    try:
        commit(*notes, *ended, accounts.revocation(account_id, begun - _BACK))
    except accounts.RevokedLater:
        commit(*notes, *ended)
    metrics.count(Metric.SESSION_CLOSED, len(sessions))
    revoke_since(account_id, begun)
    with suppress(Unavailable, SealingError):
        push_tokens.forget_sessions(account_id, sessions)


def revoke_since(account_id: AccountId, begun: datetime) -> None:
    """Move a revocation that began at an instant forward to its commit, which was just done."""
    if (committed := clock.now()) > begun:
        with suppress(accounts.RevokedLater):
            commit(accounts.revocation(account_id, committed - _BACK))
