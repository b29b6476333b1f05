"""Ending sessions: committed here first, then at Stream.

Ending a device revokes the account's chat tokens of the time before, in the same transaction. From the
next request on its access token opens nothing and mints nothing; at Stream the table's stream carries
the revocation (chat/sync), and waits out an outage there. The other devices fetch a new chat token.

If the commit falls into a later second than the revocation, a token minted for the session in between would
survive, so the revocation is moved forward to the second of the commit. A crash right before that leaves such
a token alive for at most its hour (ADR 23).
"""

from contextlib import suppress
from datetime import timedelta

from chalicelib.accounts import service as accounts
from chalicelib.core import clock, metrics, table
from chalicelib.core.errors import NotFound
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.metrics import Metric
from chalicelib.core.table import Write
from chalicelib.sessions import store
from chalicelib.sessions.model import SecurityEventKind, Session

# Chat tokens are back-dated by five seconds. Four here leave every token revoked that was minted up to
# now, and none that is minted from the next second on.
_BACK = timedelta(seconds=4)

# Two more writes, the revocation and the security event, go with each transaction of at most 100.
_AT_ONCE = 98


def end(account_id: AccountId, session_id: SessionId) -> None:
    """Log a device out.

    Raises:
        NotFound: the account has no such open session.
    """
    try:
        _end(account_id, [session_id], store.event(account_id, SecurityEventKind.SIGNED_OUT, session_id))
    except store.NoSuchSession:
        raise NotFound from None


def end_all(account_id: AccountId) -> None:
    """Log all devices of an account out; may be run again if it stopped half-way."""
    sessions = store.ids_of(account_id)
    event = store.event(account_id, SecurityEventKind.SIGNED_OUT_EVERYWHERE)
    for start in range(0, len(sessions), _AT_ONCE):
        some = sessions[start : start + _AT_ONCE]
        try:
            _end(account_id, some, event)
        except store.NoSuchSession:
            _end_singly(account_id, some, event)  # one of them ended meanwhile


def end_family(session: Session) -> None:
    """End a session whose refresh token was copied; if it is over already, all is well."""
    kind = SecurityEventKind.COPIED_TOKEN_REFUSED
    event = store.event(session.account_id, kind, session.session_id)
    _end_singly(session.account_id, [session.session_id], event)


def _end_singly(account_id: AccountId, sessions: list[SessionId], event: Write) -> None:
    for session_id in sessions:
        try:
            _end(account_id, [session_id], event)
        except store.NoSuchSession:
            continue


def _end(account_id: AccountId, sessions: list[SessionId], event: Write) -> None:
    ended: list[Write] = [*(store.deletion(account_id, session_id) for session_id in sessions), event]
    begun = clock.now()
    try:
        table.transact([*ended, accounts.revocation(account_id, begun - _BACK)])
    except accounts.RevokedLater:
        table.transact(ended)
    metrics.count(Metric.SESSION_CLOSED, len(sessions))
    if (committed := clock.now()) > begun:
        with suppress(accounts.RevokedLater):
            table.write(accounts.revocation(account_id, committed - _BACK))
