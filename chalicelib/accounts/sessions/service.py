"""The rules of sessions: opening one, its view for its own device, the list of an account."""

import secrets
from datetime import datetime

from chalicelib.accounts.devices.model import Device
from chalicelib.accounts.model import Account, AccountState
from chalicelib.accounts.sessions import store, tokens
from chalicelib.accounts.sessions.model import (
    DeviceView,
    ErasureView,
    ListedSession,
    Scope,
    SecurityEventKind,
    Session,
    SessionList,
    SessionView,
)
from chalicelib.accounts.sessions.store import SESSION
from chalicelib.accounts.sessions.tokens import RefreshToken
from chalicelib.core import clock
from chalicelib.core.ids import SessionId
from chalicelib.core.settings import settings
from chalicelib.core.transactions import Write
from chalicelib.privacy.subject_keys import SubjectKeys

__all__ = ["SESSION", "new_session", "of_account", "scope_of", "session_view"]


def new_session(account: Account, device: Device, keys: SubjectKeys) -> tuple[Session, list[Write]]:
    """A new session of a device, and the writes that open it."""
    now = clock.now()
    session = Session(
        account_id=account.account_id,
        session_id=SessionId.new(),
        device=device,
        nonce=secrets.token_hex(16),
        created_at=now,
        last_used_at=now,
    )
    signed_in = store.event(account.account_id, SecurityEventKind.SIGNED_IN, session.session_id)
    return session, [store.creation(session, keys), signed_in]


def scope_of(account: Account) -> Scope:
    """The scope of the account's sessions, by the state of the account."""
    return Scope.FULL if account.state is AccountState.ACTIVE else Scope.RIGHTS


def session_view(session: Session, account: Account, stepped_up_until: datetime | None = None) -> SessionView:
    """The session as its own device sees it: a new access token and the active refresh token."""
    return SessionView(
        session_id=session.session_id,
        access_token=tokens.access_token(session, stepped_up_until),
        expires_in=int(settings().access_token_life.total_seconds()),
        refresh_token=str(RefreshToken.of(session)),
        refresh_expires_in=int((session.ends_at - clock.now()).total_seconds()),
        scope=scope_of(account),
        erasure=_pending_erasure(account),
    )


def _pending_erasure(account: Account) -> ErasureView | None:
    frozen = account.frozen
    return ErasureView(request_id=frozen.request_id, ends_at=frozen.ends_at) if frozen else None


def of_account(current: Session, keys: SubjectKeys) -> SessionList:
    """The live sessions of the account, the one used last first."""
    found = store.of_account(current.account_id, keys)
    found.sort(key=lambda session: session.last_used_at, reverse=True)
    return SessionList(items=tuple(_listed(session, current) for session in found))


def _listed(session: Session, current: Session) -> ListedSession:
    device = DeviceView(**session.device.model_dump(exclude={"id"}))
    return ListedSession(
        session_id=session.session_id,
        device=device,
        current=session.session_id == current.session_id,
        created_at=session.created_at,
        last_used_at=session.last_used_at,
    )
