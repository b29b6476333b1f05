"""The rules of sessions: opening one, showing it to its device, ending it."""

import secrets
from datetime import datetime

from chalicelib.accounts.model import Account, AccountState
from chalicelib.core import clock, metrics
from chalicelib.core.errors import NotFound
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.core.table import Write
from chalicelib.privacy.periods import Period
from chalicelib.sessions import store, tokens
from chalicelib.sessions.model import Device, Scope, Session, SessionView


def open_session(account: Account, device: Device) -> tuple[Session, Write]:
    """A new session of a device, and the write that opens it."""
    now = clock.now()
    session = Session(
        account_id=account.account_id,
        session_id=SessionId.new(),
        device=device,
        nonce=secrets.token_hex(16),
        created_at=now,
        last_used_at=now,
    )
    return session, store.creation(session)


def find(account_id: AccountId, session_id: SessionId) -> Session | None:
    """A session that is still open."""
    return store.get(account_id, session_id)


def scope_of(account: Account) -> Scope:
    """What a session of this account reaches now."""
    return Scope.FULL if account.state is AccountState.ACTIVE else Scope.RIGHTS


def ends_at(session: Session) -> datetime:
    """When the session lapses if its device stays idle."""
    return session.last_used_at + Period.IDLE_SESSION.length


def shown(session: Session, account: Account) -> SessionView:
    """The session for its own device, with fresh tokens."""
    return SessionView(
        session_id=session.session_id,
        access_token=tokens.access_token(session),
        expires_in=int(settings().access_token_life.total_seconds()),
        refresh_token=tokens.refresh_token(session),
        refresh_expires_in=int((ends_at(session) - clock.now()).total_seconds()),
        scope=scope_of(account),
    )


def end(account_id: AccountId, session_id: SessionId) -> None:
    """Log a device out. From the next request on its access token opens nothing.

    Raises:
        NotFound: the account has no such open session.
    """
    try:
        store.delete(account_id, session_id)
    except store.NoSuchSession:
        raise NotFound from None
    metrics.count(Metric.SESSION_CLOSED)
