"""The rules of links (ACC-5, ADR 105).

Invariants, also under crashes and concurrent requests:

- A link opens one session, of the account whose stepped-up session confirms it first. One transaction
  confirms the link, opens the session and requires that the confirming session is live.
- The code that the new device shows does not fetch the session. That needs a secret of the device alone.
- A call is counted before its secret is compared. Each refusal is the same: it does not show what is wrong.
- The new session has the origin of the confirming one, so device and mailbox stay one proof (ADR 49).
"""

import hashlib
import hmac
import secrets

from chalicelib.accounts import service as accounts
from chalicelib.accounts.challenges.limits import LINKS_PER_ADDRESS
from chalicelib.accounts.challenges.model import Opened
from chalicelib.accounts.links import model, store
from chalicelib.accounts.links.model import LINK_LIFE, LinkExpired, SessionLink
from chalicelib.accounts.model import Account, Device
from chalicelib.accounts.service import devices, last_uses
from chalicelib.accounts.sessions import messages
from chalicelib.accounts.sessions import service as sessions
from chalicelib.accounts.sessions.model import SecurityEventKind, Session
from chalicelib.accounts.sessions.store import NoSuchSession, live
from chalicelib.core import clock, metrics
from chalicelib.core.errors import SessionEnded, Unavailable, existing
from chalicelib.core.http import ClientAddress
from chalicelib.core.ids import LinkId
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import commit, retry_on
from chalicelib.messages.letters import Addressee
from chalicelib.privacy.subject_keys import SubjectKeys


def start(device: Device, address: ClientAddress) -> model.LinkView:
    """Create a link for a device, which is not signed in.

    Raises:
        TooMany: this address block created too many.
        Unavailable: they cannot be counted.
    """
    LINKS_PER_ADDRESS.hit(address.block)
    shown, kept = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    link = SessionLink(
        link_id=LinkId.new(),
        device=device,
        shown_hash=_hash(shown),
        kept_hash=_hash(kept),
        created_at=clock.now(),
        ends_at=clock.now() + LINK_LIFE,
    )
    store.create(link)
    return model.LinkView(link_id=link.link_id, shown_secret=shown, kept_secret=kept, expires_at=link.ends_at)


def show(link_id: LinkId) -> model.LinkedDevice:
    """The device that a link would sign in.

    Raises:
        LinkExpired: the link is confirmed, too old, or does not exist.
    """
    link = existing(store.get(link_id), LinkExpired)
    if link.ends_at <= clock.now():
        raise LinkExpired
    return _shown(link)


def _shown(link: SessionLink) -> model.LinkedDevice:
    device = existing(link.device, LinkExpired)
    return model.LinkedDevice(platform=device.platform, model=device.model, expires_at=link.ends_at)


@retry_on(store.LinkConfirmed, tries=2)
def confirm(
    by: Session, account: Account, keys: SubjectKeys, owner: Addressee, link_id: LinkId, secret: str
) -> None:
    """Open a session for the device of a link; `by`, which confirms it, may repeat it.

    The mail about a new device comes first: a crash must not let a device in of which the owner gets no mail.

    Raises:
        LinkExpired: see there; or another session confirmed it.
        SessionEnded: the confirming session was ended meanwhile.
        Unavailable: the account was changed meanwhile.
    """
    link = _called(link_id, secret, "shown_hash")
    if link.confirmed_by == by.session_id:
        return
    device = existing(link.device, LinkExpired)
    account_id = account.account_id
    is_new = not account.knows(devices.find(account_id, device.device_id))
    session, opens = sessions.new_session(account, device, keys, new_device=is_new, origin_id=by.origin)
    opened = Opened(account_id=account_id, session_id=session.session_id, new_account=False)
    if is_new:
        messages.announce_linked_device(owner)
    try:
        commit(
            store.confirmation(link_id, opened, by.session_id, clock.now() + LINK_LIFE),
            *opens,
            sessions.event(account_id, SecurityEventKind.DEVICE_LINKED, by.session_id),
            devices.recognition(account_id, device, by.origin),
            last_uses.use_now(account_id),
            live(by),
            accounts.active_as_read(account),
        )
    except NoSuchSession:
        raise SessionEnded from None
    except accounts.AccountMoved:
        raise Unavailable from None
    metrics.count(Metric.SESSION_OPENED)


def fetch(link_id: LinkId, secret: str) -> model.LinkedSession | model.LinkedDevice:
    """The session that a link opened, for two minutes after the confirmation; before, the device.

    Raises:
        LinkExpired: see there; or the session has ended.
    """
    link = _called(link_id, secret, "kept_hash")
    if link.opened is None:
        return _shown(link)
    session, account = existing(sessions.read_opened(link.opened), LinkExpired)
    return model.LinkedSession(user_id=account.user_id, session=sessions.session_view(session, account))


def _called(link_id: LinkId, secret: str, name: str) -> SessionLink:
    """Count a call of a link, then compare its secret with one of the link's two.

    Raises:
        LinkExpired: it is over or unknown, or the secret is another.
    """
    link = store.count_attempt(link_id)
    if not hmac.compare_digest(_hash(secret), getattr(link, name)):
        raise LinkExpired
    return link


def _hash(secret: str) -> str:
    """A plain hash suffices: the secret has 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
