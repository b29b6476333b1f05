"""The link by which a signed-in device lets a new one in, and its bodies and views (ADR 105)."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from chalicelib.accounts.challenges.model import Opened
from chalicelib.accounts.model import Device, Platform
from chalicelib.accounts.sessions.model import SessionView
from chalicelib.core.clock import Instant
from chalicelib.core.errors import Gone
from chalicelib.core.http import Body, View
from chalicelib.core.ids import LinkId, SessionId, UserId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source

LINK_LIFE = timedelta(minutes=2)
# Of one link, with right and wrong secrets. A device that polls makes 40 until the confirmation, 40 after it.
ATTEMPTS_MOST = 120


class LinkExpired(Gone):
    """The link is used, too old or called too often, or the secret is wrong, or there is no such link."""

    title = "This link can no longer be used; show a new QR code"


class SessionLink(
    Record,
    table=Table.CHALLENGES,
    kind="session_link",
    purpose=Purpose.AUTHENTICATION,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.CHALLENGE, since="created_at"),
    key_class=KeyClass.TRANSIENT,
):
    """A new device that waits for a signed-in one (ACC-5). Its secrets are stored as hashes.

    `ends_at`: the end of every use. `attempts`: calls with a secret, counted before it is compared. The
    confirmation removes the device and sets `opened`, and `confirmed_by`: the session that confirmed.
    """

    link_id: Annotated[LinkId, NOT_PERSONAL]
    device: Annotated[Device | None, personal(Category.DEVICE_ID, Source.PROVIDED)] = None
    shown_hash: Annotated[str, NOT_PERSONAL]
    kept_hash: Annotated[str, NOT_PERSONAL]
    created_at: Annotated[Instant, NOT_PERSONAL]
    ends_at: Annotated[Instant, NOT_PERSONAL]
    attempts: Annotated[int, NOT_PERSONAL] = 0
    opened: Annotated[Opened | None, NOT_PERSONAL] = None
    confirmed_by: Annotated[SessionId | None, NOT_PERSONAL] = None


_Secret = Annotated[
    str, Field(pattern="^[0-9A-Za-z_-]{43}$", examples=["k3ZrT9aQ-Vx7mLw2" * 2 + "pB8dYn4sHcE"])
]


class NewLink(Body):
    """The device that wants to be signed in."""

    device: Device


class LinkSecret(Body):
    """One of the two secrets of a link."""

    secret: _Secret


class LinkView(View):
    """A new link. `shown_secret` is for the QR code. `kept_secret` never leaves the device."""

    link_id: LinkId
    shown_secret: _Secret
    kept_secret: _Secret
    expires_at: Instant
    poll_in: Annotated[int, Field(description="Seconds between two calls for the session")] = 3


class LinkedDevice(View):
    """The device that a link would sign in, as that device describes itself."""

    platform: Platform
    model: str | None = None
    expires_at: Instant


class LinkedSession(View):
    """The user, and the session that the confirmed link opened."""

    user_id: UserId
    session: SessionView
