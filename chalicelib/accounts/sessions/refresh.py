"""Refreshes a session by the rule of `rotation`; conditions make concurrent refreshes safe.

The first refresh of a UTC day also renews the known device of the account, in the same transaction (ADR 25),
and the first one of a calendar week records that the account is used (ADR 36) and describes the device (ADR
105). That needs no additional call.
"""

from datetime import datetime
from uuid import UUID

from chalicelib.accounts.model import Account
from chalicelib.accounts.service import OPEN_ACCOUNT, devices, last_uses
from chalicelib.accounts.sessions import logout, rotation, service, store
from chalicelib.accounts.sessions.model import Session, SessionView
from chalicelib.accounts.sessions.rotation import Active, RotationVerdict, Shown
from chalicelib.accounts.sessions.service import RefreshToken
from chalicelib.accounts.sessions.store import OPEN_SESSION
from chalicelib.core import clock, metrics, needs
from chalicelib.core.errors import SessionEnded, existing
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Claims
from chalicelib.core.transactions import Write, retry_on
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys


@retry_on(store.MovedOn, tries=5)  # each time, another refresh of the session succeeded
def refresh(text: str, device_id: UUID) -> SessionView:
    """Refresh a session: a new access token, and the session's active refresh token.

    Raises:
        SessionEnded: the token is not genuine, or its session has ended, or ends now because it is a copy.
        Unavailable: other requests of the same session were faster each time.
    """
    token = existing(RefreshToken.parse(text), SessionEnded)
    found = needs.read_batch(
        Claims(token.account_id, token.session_id), (OPEN_SESSION, OPEN_ACCOUNT, DATA_KEY)
    )
    session, account = found[OPEN_SESSION], found[OPEN_ACCOUNT]
    if session is None or account is None or not token.genuine(session) or session.has_ended_with(account):
        raise SessionEnded
    return service.session_view(_apply_verdict(session, account, token, found[DATA_KEY], device_id), account)


def _apply_verdict(
    session: Session, account: Account, token: RefreshToken, keys: SubjectKeys, device_id: UUID
) -> Session:
    now = clock.now()
    active = Active(session.generation, session.last_used_at, session.lost)
    shown = Shown(token.generation, same_device=session.device.device_id == device_id)
    match rotation.decide(active, shown, now):
        case RotationVerdict.ROTATE:
            changes: dict[str, object] = {"generation": session.generation + 1}
        case RotationVerdict.REPEAT:  # the lost responses are recorded before the active token is sent again
            changes = {"lost": tuple(active.losses(now))}
        case RotationVerdict.END:
            logout.end_family(session)
            metrics.count(Metric.REFRESH_REUSED)
            raise SessionEnded
    after = session.model_copy(update={**changes, "last_used_at": now})
    store.move(session, after, also=_traces(session, account, keys, now))
    metrics.count(Metric.SESSION_REFRESHED)
    return after


def _traces(session: Session, account: Account, keys: SubjectKeys, now: datetime) -> list[Write]:
    """The writes on the first refresh of a UTC day, and of a week: the device is known, the account used."""
    before = session.last_used_at
    writes: list[Write] = []
    if session.is_waiting:  # the account is not used, and does not know the device (ADR 68)
        return writes
    if before.date() != now.date():
        writes.append(devices.recognition(account.account_id, session.device, session.origin))
    if before.isocalendar()[:2] != now.isocalendar()[:2]:
        writes += [last_uses.use_now(account.account_id), store.description(session, keys)]
    return writes
