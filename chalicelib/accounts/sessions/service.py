"""The rules of sessions: opening one, its tokens, its view for its own device, the list of an account.

Access tokens are JWT, ES256, with those claims of RFC 9068 that are needed.
"""

import base64
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import jwt

from chalicelib.accounts.challenges.model import Opened
from chalicelib.accounts.model import Account, Device
from chalicelib.accounts.service import ACCOUNT
from chalicelib.accounts.sessions import store
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
from chalicelib.accounts.sessions.store import READABLE_SESSION, SESSION, event  # noqa: F401 - for other rooms
from chalicelib.core import clock, keyring, needs
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.needs import Claims
from chalicelib.core.settings import Secret, settings
from chalicelib.core.transactions import Write
from chalicelib.privacy.subject_keys import SubjectKeys

_FORM = re.compile(
    rf"({AccountId.pattern.pattern})\.({SessionId.pattern.pattern})\.(\d{{1,9}})\.([\w-]{{43}})", re.ASCII
)


def new_session(
    account: Account,
    device: Device,
    keys: SubjectKeys,
    scope: Scope = Scope.FULL,
    *,
    new_device: bool = False,
    origin_id: SessionId | None = None,
) -> tuple[Session, list[Write]]:
    """A new session of a device, and the writes that open it."""
    now = clock.now()
    session = Session(
        account_id=account.account_id,
        session_id=SessionId.new(),
        device=device,
        nonce=secrets.token_hex(16),
        created_at=now,
        last_used_at=now,
        scope=scope,
        new_device=new_device,
        origin_id=origin_id,
    )
    kind = SecurityEventKind.SIGN_IN_WAITS if session.is_waiting else SecurityEventKind.SIGNED_IN
    signed_in = store.event(account.account_id, kind, session.session_id)
    return session, [store.creation(session, keys), store.description(session, keys), signed_in]


def read_opened(opened: Opened) -> tuple[Session, Account] | None:
    """The session that a code or a link opened, and its account; None if the session has ended."""
    found = needs.read_batch(Claims(opened.account_id, opened.session_id), (ACCOUNT, SESSION))
    session, account = found[SESSION], found[ACCOUNT]
    if session is None or account is None or session.has_ended_with(account):
        return None
    return session, account


def scope_of(session: Session, account: Account) -> Scope:
    """The scope of a session: the narrower one of its own and that of the account by its state."""
    if session.is_waiting:
        return Scope.WAITING
    return Scope.FULL if account.is_active else Scope.RIGHTS


def session_view(session: Session, account: Account, stepped_up_until: datetime | None = None) -> SessionView:
    """The session as its own device sees it: a new access token and the active refresh token."""
    return SessionView(
        session_id=session.session_id,
        access_token=access_token(session, stepped_up_until),
        expires_in=int(settings().access_token_life.total_seconds()),
        refresh_token=str(RefreshToken.of(session)),
        refresh_expires_in=int((session.ends_at - clock.now()).total_seconds()),
        scope=scope_of(session, account),
        erasure=None if session.is_waiting else _pending_erasure(account),
    )


def _pending_erasure(account: Account) -> ErasureView | None:
    frozen = account.frozen
    return ErasureView(rights_request_id=frozen.request_id, ends_at=frozen.ends_at) if frozen else None


def of_account(current: Session, account: Account, keys: SubjectKeys) -> SessionList:
    """The live sessions of the account, the one used last first."""
    found = [one for one in store.of_account(account.account_id, keys) if not one.has_ended_with(account)]
    found.sort(key=lambda session: session.last_used_at, reverse=True)
    return SessionList(items=tuple(_listed(session, current) for session in found))


def _listed(session: Session, current: Session) -> ListedSession:
    device = DeviceView(**session.device.model_dump(exclude={"device_id"}))
    return ListedSession(
        session_id=session.session_id,
        device=device,
        current=session.session_id == current.session_id,
        scope=session.scope,
        new_device=session.new_device,
        created_at=session.created_at,
        last_used_at=session.last_used_at,
    )


def access_token(session: Session, stepped_up_until: datetime | None = None) -> str:
    """A token that names account and session for 15 minutes, without personal data.

    The claim `su` is in stepped-up tokens only: until when the token is stepped up, in seconds since 1970.
    """
    key = keyring.signing_key()
    now = clock.to_epoch(clock.now())
    claims = {
        "iss": settings().issuer,
        "aud": settings().audience,
        "sub": session.account_id,
        "sid": session.session_id,
        "iat": now,
        "exp": now + int(settings().access_token_life.total_seconds()),
    }
    if stepped_up_until:
        claims["su"] = clock.to_epoch(stepped_up_until)
    return jwt.encode(claims, key.pem, algorithm="ES256", headers={"kid": key.kid})


@dataclass(frozen=True, repr=False)
class RefreshToken:
    """A refresh token: account and session, generation, and the MAC that proves our origin."""

    account_id: AccountId
    session_id: SessionId
    generation: int
    mac: str

    def __str__(self) -> str:
        return f"{self.account_id}.{self.session_id}.{self.generation}.{self.mac}"

    @classmethod
    def of(cls, session: Session) -> Self:
        """The session's active token, recomputed from the stored nonce and generation."""
        return cls._made(session, session.generation, keyring.mac_keys(Secret.REFRESH).current)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The token that a text denotes, which is not verified yet; None if it is malformed."""
        match = _FORM.fullmatch(text)
        if match is None:
            return None
        return cls(AccountId(match[1]), SessionId(match[2]), int(match[3]), match[4])

    def genuine(self, session: Session) -> bool:
        """Return whether the MAC is ours for this session, under any version of the key."""
        versions = keyring.mac_keys(Secret.REFRESH).versions
        made = [self._made(session, self.generation, version).mac for version in versions]
        return any(hmac.compare_digest(self.mac, mac) for mac in made)

    @classmethod
    def _made(cls, session: Session, generation: int, version: str) -> Self:
        keys = keyring.mac_keys(Secret.REFRESH)
        mac = keys.digest_under(version, "refresh", session.nonce, str(generation))
        proof = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
        return cls(session.account_id, session.session_id, generation, proof)
