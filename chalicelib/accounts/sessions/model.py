"""The session and its representation in the API."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chalicelib.accounts.model import Account, Device, Platform, ShortText
from chalicelib.core.clock import Instant
from chalicelib.core.http import Body, View
from chalicelib.core.ids import AccountId, RightsRequestId, SessionId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, NotPersonal, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source


class Scope(StrEnum):
    """The scope of a session: the routes that it may use.

    `rights`: only privacy rights, for frozen and restricted accounts (RGT-11). `waiting`: nothing of the
    account, until its owner lets the session in: its number may have a new holder (ADR 68).
    """

    FULL = "full"
    RIGHTS = "rights"
    WAITING = "waiting"


class Session(
    Record,
    table=Table.ACCOUNTS,
    kind="session",
    purpose=Purpose.AUTHENTICATION,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.IDLE_SESSION, since="last_used_at"),
    key_class=KeyClass.SUBJECT,
):
    """One signed-in device. The refresh token can be recomputed from nonce and generation.

    `last_used_at`: when the active refresh token was last issued. `lost`: when a response had to be repeated
    because the client had not received it. `scope`: FULL or WAITING; that of the account may be narrower.
    `new_device`: whether the account did not know the device when the session was opened. `origin_id`: if a
    mailed code opened it, the session that had made the device known; None if no such session is on record.
    """

    account_id: Annotated[AccountId, NOT_PERSONAL]
    session_id: Annotated[SessionId, NOT_PERSONAL]
    device: Annotated[Device, personal(Category.DEVICE_ID, Source.PROVIDED)]
    nonce: Annotated[str, NotPersonal(withheld="refresh tokens are made from it")]
    generation: Annotated[int, NOT_PERSONAL] = 0
    lost: Annotated[tuple[Instant, ...], NOT_PERSONAL] = ()
    created_at: Annotated[Instant, NOT_PERSONAL]
    last_used_at: Annotated[Instant, NOT_PERSONAL]
    scope: Annotated[Scope, NOT_PERSONAL] = Scope.FULL
    new_device: Annotated[bool, NOT_PERSONAL] = False
    origin_id: Annotated[SessionId | None, NOT_PERSONAL] = None

    @property
    def origin(self) -> SessionId:
        """The session with which device and mailbox are one proof (ADR 49): this one, or an earlier one.

        A code to the mailbox adds no proof, so a session that it opens on a known device has the origin that
        the device had.
        """
        return self.origin_id or self.session_id

    @property
    def is_waiting(self) -> bool:
        """Whether the session waits for the account's owner."""
        return self.scope is Scope.WAITING

    def has_ended_with(self, account: Account) -> bool:
        """Return whether it ended with a number of the account.

        A waiting one ends with the number that it proved, each one if a recovery or operators gave another.
        """
        ends = [account.sessions_since, account.number_changed_at if self.is_waiting else None]
        return any(end is not None and self.created_at <= end for end in ends)

    @property
    def ends_at(self) -> datetime:
        """When the session expires if it is not refreshed."""
        return self.last_used_at + Period.IDLE_SESSION.length


class SecurityEventKind(StrEnum):
    """Kinds of events of an account's sessions.

    SIGNED_OUT: by the session itself; until 0.1.0 by another one too. OTHERS_SIGNED_OUT: by the session that
    stayed. NUMBER_RETURNED: by a recovery or by operators, which ends all sessions. NUMBER_CHANGED and
    NUMBER_PASSED (to another account) end those that wait. EXPIRED is never stored, but derived.
    """

    SIGNED_IN = "signed_in"
    SIGN_IN_WAITS = "sign_in_waits"
    LET_IN = "let_in"
    SIGNED_OUT = "signed_out"
    SIGNED_OUT_BY_ANOTHER = "signed_out_by_another"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    OTHERS_SIGNED_OUT = "others_signed_out"
    STEPPED_UP = "stepped_up"
    NUMBER_CHANGED = "number_changed"
    NUMBER_RETURNED = "number_returned"
    NUMBER_PASSED = "number_passed"
    DEVICE_LINKED = "device_linked"
    EXPIRED = "expired"
    PIN_SET = "pin_set"
    PIN_REMOVED = "pin_removed"
    PASSWORD_SET = "password_set"  # noqa: S105 - a kind of event
    PASSWORD_REMOVED = "password_removed"  # noqa: S105
    COPIED_TOKEN_REFUSED = "copied_token_refused"  # noqa: S105 - a kind of event, no token


class SecurityEvent(
    Record,
    table=Table.ACCOUNTS,
    kind="security_event",
    purpose=Purpose.SECURITY,
    basis=LegalBasis.LEGITIMATE_INTERESTS,
    retention=After(Period.SECURITY_LOG, since="at"),
):
    """A security event of an account, for its owner and for the investigation of a break-in.

    It contains no device and no address: a SessionDevice describes the device.
    """

    account_id: Annotated[AccountId, NOT_PERSONAL]
    event: Annotated[SecurityEventKind, NOT_PERSONAL]
    session_id: Annotated[SessionId | None, NOT_PERSONAL] = None
    at: Annotated[Instant, NOT_PERSONAL]


class SessionDevice(
    Record,
    table=Table.ACCOUNTS,
    kind="session_device",
    purpose=Purpose.SECURITY,
    basis=LegalBasis.LEGITIMATE_INTERESTS,
    retention=After(Period.SECURITY_LOG, since="used_at"),
    key_class=KeyClass.SUBJECT,
):
    """The platform and model of a session, which its events show also after it ended (ADR 105).

    `used_at`: when the session was opened, or first refreshed in the last week that it was.
    """

    account_id: Annotated[AccountId, NOT_PERSONAL]
    session_id: Annotated[SessionId, NOT_PERSONAL]
    used_at: Annotated[Instant, NOT_PERSONAL]
    platform: Annotated[Platform, personal(Category.DEVICE, Source.PROVIDED)]
    model: Annotated[ShortText | None, personal(Category.DEVICE, Source.PROVIDED)] = None


class Refreshing(Body):
    """The refresh token, and the id of the device to which it was issued."""

    refresh_token: Annotated[str, Field(max_length=256)]
    device_id: UUID


class DeviceView(View):
    """A device as its owner sees it."""

    platform: Platform
    model: str | None = None
    os_version: str | None = None
    app_version: str | None = None


class ListedSession(View):
    """One signed-in device."""

    session_id: SessionId
    device: DeviceView
    current: bool
    scope: Annotated[Scope, Field(description="`waiting`: it opens nothing until it is let in")]
    new_device: Annotated[bool, Field(description="Whether the device was new when it signed in")]
    created_at: Instant
    last_used_at: Instant


class SessionList(View):
    """The account's signed-in devices, most recently used first."""

    items: tuple[ListedSession, ...]


class SessionEvent(View):
    """What happened to a session, or to all of the account."""

    event: SecurityEventKind
    happened_at: Annotated[
        Instant, Field(description="For `expired` the earliest possible; up to a week later")
    ]
    session_id: Annotated[SessionId | None, Field(description="Of none if it concerns all sessions")] = None
    device: Annotated[DeviceView | None, Field(description="That of the session, while on record")] = None


class SessionEventList(View):
    """The events of the account's sessions of 90 days, the newest first."""

    items: tuple[SessionEvent, ...]
    next_cursor: str | None = None


class ErasureView(View):
    """The pending erasure of the account. It can be cancelled until `ends_at`."""

    rights_request_id: RightsRequestId
    ends_at: Instant


class SessionView(View):
    """The tokens of a session. `expires_in` and `refresh_expires_in` are seconds from now."""

    session_id: SessionId
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the kind of token, not one
    expires_in: int
    refresh_token: str
    refresh_expires_in: int
    scope: Scope
    erasure: ErasureView | None = None


class SteppedUp(View):
    """The session, with an access token that is stepped up for ten minutes.

    Nothing else changes.
    """

    session: SessionView
