"""The account, its claims, its uses and changes; devices as apps describe them, and those that it knows.

Challenges and sessions store the description of a device in their records.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema

from chalicelib.accounts import usernames
from chalicelib.core import clock, ids
from chalicelib.core.clock import DAY, HOUR, Instant
from chalicelib.core.durations import Duration, Unit
from chalicelib.core.ids import AccountId, MailId, Pseudonym, RightsRequestId, SessionId, UserId
from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import UNTIL_ERASURE, After, Period, UntilErasure
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, NotPersonal, Record, personal
from chalicelib.privacy.purposes import Category, Correction, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient

_CARRIERS = (Recipient.SMS_CARRIERS,)


# How long before its closing the owner of an account is warned, at least.
WARNED_BEFORE = 60 * DAY
# How long a disputed account keeps its number, and for how long its mailbox must have been verified to prove
# who owns it (ADR 68).
NUMBER_WAIT = 7 * DAY
# A use is recorded once in a calendar week, so the account may have been used for so long after `used_at`.
_BETWEEN_USES = 7 * DAY


class AccountState(StrEnum):
    """The state of an account. If it is not ACTIVE, only privacy rights can be used (RGT-11).

    A suspension is no state: it begins and ends whatever a subject's rights make of the account.

    ERASING: its erasure is past the point of no return. The needs ACCOUNT and OPEN_ACCOUNT do not find it any
    more, so every route and job treats it like a deleted one.
    """

    ACTIVE = "active"
    FROZEN = "frozen"
    RESTRICTED = "restricted"
    ERASING = "erasing"


class Frozen(BaseModel, frozen=True, extra="forbid"):
    """The erasure for which an account is frozen.

    Attributes:
        request_id: the erasure.
        ends_at: when its grace period ends.
        idle: whether the account was unused for so long before the freeze that its number may have a new
            owner. Then a code to the number opens it only on a device that was known before `asked_at`.
        asked_at: when the erasure was requested.
        before: the state that a cancellation restores.
    """

    request_id: RightsRequestId
    ends_at: Instant
    asked_at: Instant
    idle: bool
    before: AccountState


class NumberDispute(BaseModel, frozen=True, extra="forbid"):
    """Who proved the number of an unused account, so that it may have a new holder (ADR 68).

    Attributes:
        proven_at: the last proof by a device that the account did not know.
        first_proofs: the first proof by each of these devices, by a keyed hash of its id.
    """

    proven_at: Instant
    first_proofs: dict[str, Instant]

    def first_proof_by(self, device: Sequence[str]) -> datetime | None:
        """When a device proved the number first; `device`: its keyed hashes. None if it did not."""
        return next((self.first_proofs[label] for label in device if label in self.first_proofs), None)

    def passes_at(self, device: Sequence[str]) -> datetime | None:
        """From when on another proof by a device takes the number; None before its first proof."""
        first = self.first_proof_by(device)
        return first + NUMBER_WAIT if first else None


class Account(
    Record,
    table=Table.ACCOUNTS,
    kind="account",
    purpose=Purpose.AUTHENTICATION,
    basis=LegalBasis.CONTRACT,
    retention=UNTIL_ERASURE,
    key_class=KeyClass.SUBJECT,
):
    """An account. It belongs to one mobile number, or for a while to none (ACC-1).

    `phone` is None if the number that it had belongs to another person (ADR 68). `number_changed_at`: when
    the number was last changed or lost (ADR 43). `sessions_since`: earlier sessions have ended, since two
    operators let its owner give it a number. `suspended_until`: the end of a suspension, by the decision
    `suspended_by` (ADR 115). `reports_paused_until`: until then its owner may report only dangers to children
    and life. `found_under`: the row by which it is found by number. `version` grows with the sealed part.
    """

    account_id: Annotated[AccountId, NOT_PERSONAL]
    user_id: Annotated[UserId, NOT_PERSONAL]
    state: Annotated[AccountState, NOT_PERSONAL] = AccountState.ACTIVE
    phone: Annotated[str | None, personal(Category.PHONE_NUMBER, Source.PROVIDED, to=_CARRIERS)] = None
    locale: Annotated[str | None, personal(Category.LANGUAGE, Source.PROVIDED, Correction.SELF_SERVICE)] = (
        None
    )
    # Sealed: once the subject's key is erased, no history in the Ledger can be linked to its subject.
    pseudonym: Annotated[Pseudonym, personal(Category.PSEUDONYM, Source.GENERATED)]
    created_at: Annotated[Instant, NOT_PERSONAL]
    # Stream rejects chat tokens issued before this time. It only moves forwards (STR-3).
    revoked_before: Annotated[Instant | None, NOT_PERSONAL] = None
    frozen: Annotated[Frozen | None, NOT_PERSONAL] = None
    number_changed_at: Annotated[Instant | None, NOT_PERSONAL] = None
    sessions_since: Annotated[Instant | None, NOT_PERSONAL] = None
    suspended_until: Annotated[Instant | None, NOT_PERSONAL] = None
    suspended_by: Annotated[ids.SafetyDecisionId | None, NOT_PERSONAL] = None
    reports_paused_until: Annotated[Instant | None, NOT_PERSONAL] = None
    reports_paused_by: Annotated[ids.SafetyDecisionId | None, NOT_PERSONAL] = None
    found_under: Annotated[str | None, NotPersonal(withheld="a keyed hash of your number")] = None
    dispute: Annotated[
        NumberDispute | None, NotPersonal(withheld="the devices in it may belong to another person")
    ] = None
    version: Annotated[int, NOT_PERSONAL] = 1

    @property
    def cools_until(self) -> datetime | None:
        """Until when nothing irreversible is done, since its number changed or all its sessions ended.

        None if neither ever happened. A thief with the unlocked phone can change the number, or request an
        erasure, and the account's owner needs time to learn of it.
        """
        changed_at = max(filter(None, (self.number_changed_at, self.sessions_since)), default=None)
        return changed_at + settings().erasure.recovery_hours * HOUR if changed_at else None

    def cools_for(self, at: datetime) -> timedelta | None:
        """How long nothing irreversible is done from an instant on; None if nothing has to wait."""
        left = (self.cools_until or at) - at
        return left if left > timedelta() else None

    @property
    def may_be_of_another(self) -> bool:
        """Whether its contacts may have a new owner: it was frozen as idle, and not given back since."""
        frozen, since = self.frozen, self.sessions_since
        return frozen is not None and frozen.idle and (since is None or since < frozen.asked_at)

    def knows(self, device: "KnownDevice | None") -> bool:
        """Return whether it knows a device: not from a session that ended with all others (ADR 68)."""
        return device is not None and (self.sessions_since is None or device.seen_at > self.sessions_since)

    def is_mailed_codes_of(self, device: "KnownDevice | None") -> bool:
        """Return whether a device that it knows may get codes by mail in place of texts (ADR 78).

        Not one that was seen last before a session ended: its own may be the one.
        """
        ended = self.revoked_before
        return device is not None and self.knows(device) and (ended is None or device.seen_at > ended)

    @property
    def is_active(self) -> bool:
        """Return whether the account is neither frozen, restricted, suspended nor being erased."""
        return self.state is AccountState.ACTIVE and not self.is_suspended

    @property
    def is_suspended(self) -> bool:
        """Return whether a suspension is in force; its end needs no write."""
        return self.suspended_until is not None and clock.now() < self.suspended_until


class WarningStage(StrEnum):
    """How far the warnings of an idle account are (ADR 36)."""

    FIRST = "first"  # the first one was sent, and a second one follows
    LAST = "last"  # all were sent
    CLOSING = "closing"  # an erasure is open


class LastUse(
    Record,
    table=Table.ACCOUNTS,
    kind="last_use",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=UNTIL_ERASURE,
):
    """When an account was last used, and how far its warnings are (RET-5, ADR 36).

    Attributes:
        used_at: the last sign-in, or the first refresh of a session in the last week that had one.
        kept_at: when its owner last kept the account by the link in a mail; it counts as a use.
        stage: None until the first warning.
        warned_for: the `used_at` for which its owner was warned. While `used_at` is another one, no warning
            stands: clocks of functions may differ, so instants are compared for equality only.
        sending: the warning that a run began to send. If the run was killed, its outcome is unknown.
        warned_at: when the first warning was sent; `warned_again_at`: the second one.
        closes_at: the day from which the account may be closed, as the warnings say or later.
        mail_id: the newest warning by mail, until it comes back.
        closing: the erasure that was opened; `closing_since`: when.
        version: grows with each change by a job.
    """

    account_id: Annotated[AccountId, NOT_PERSONAL]
    used_at: Annotated[Instant, NOT_PERSONAL]
    kept_at: Annotated[Instant | None, NOT_PERSONAL] = None
    stage: Annotated[WarningStage | None, NOT_PERSONAL] = None
    warned_for: Annotated[Instant | None, NOT_PERSONAL] = None
    sending: Annotated[WarningStage | None, NOT_PERSONAL] = None
    warned_at: Annotated[Instant | None, NOT_PERSONAL] = None
    warned_again_at: Annotated[Instant | None, NOT_PERSONAL] = None
    closes_at: Annotated[Instant | None, NOT_PERSONAL] = None
    mail_id: Annotated[MailId | None, NOT_PERSONAL] = None
    closing: Annotated[RightsRequestId | None, NOT_PERSONAL] = None
    closing_since: Annotated[Instant | None, NOT_PERSONAL] = None
    version: Annotated[int | None, NOT_PERSONAL] = None

    @property
    def warnable_from(self) -> datetime:
        """When the first warning is due, if the account is not used until then."""
        without_use = Duration(settings().idle.after_months, Unit.MONTH)
        return max(self.used_at, self.kept_at or self.used_at) + _BETWEEN_USES + without_use - WARNED_BEFORE

    @property
    def is_unused(self) -> bool:
        """Whether the account was unused for so long that its number may have a new holder (ADR 68)."""
        return self.used_at + settings().idle.waiting_after_days * DAY <= clock.now()

    @property
    def was_used_since_warned(self) -> bool:
        """Whether the account was used after its first warning, so that no warning stands any more."""
        return self.warned_for is not None and self.warned_for != self.used_at


class Claim(
    Record,
    table=Table.CLAIMS,
    kind="claim",
    purpose=Purpose.AUTHENTICATION,
    basis=LegalBasis.CONTRACT,
    retention=UntilErasure(
        "until the account is deleted; then it names no account. The hash of a number, address or username "
        "stays for some days, as does that of a number that you changed, and that of a user id without end, "
        "so that the id is never used again"
    ),
):
    """Maps a number, email address, username or user id to its account.

    The key is a keyed hash of the value. An erasure moves the claim to quarantine: the same item, without its
    account, and with the instant of its release.
    """

    account_id: Annotated[AccountId | None, NOT_PERSONAL] = None
    released_at: Annotated[
        Instant | None, NotPersonal(withheld="only claims of deleted accounts have it")
    ] = None


class ClaimKind(StrEnum):
    """The kinds of values that only one account can own."""

    PHONE = "phone"
    # The number that an account had before a change; it opens nothing, and ends after some days (ADR 43).
    FORMER_PHONE = "former_phone"
    EMAIL = "email"
    USERNAME = "username"  # of the normal form (ADR 106)
    USER = "user"

    @property
    def is_reusable(self) -> bool:
        """Whether another account may claim a value that an erasure released."""
        return self is not ClaimKind.USER


@dataclass(frozen=True, repr=False)
class ClaimedValues:
    """An account and all values that it claims; `email` and `username` are those of its profile, if any."""

    account_id: AccountId
    phone: str | None
    user_id: UserId
    email: str | None
    username: str | None

    @classmethod
    def of(cls, account: Account, email: str | None, username: str | None) -> Self:
        """Those of an opened account."""
        return cls(account.account_id, account.phone, account.user_id, email, username)

    def by_kind(self) -> dict[ClaimKind, str]:
        """The values by the kind of their claim."""
        values = {
            ClaimKind.PHONE: self.phone,
            ClaimKind.USER: self.user_id,
            ClaimKind.EMAIL: self.email,
            ClaimKind.USERNAME: usernames.normal_form(self.username or ""),
        }
        return {kind: value for kind, value in values.items() if value}


ShortText = Annotated[str, Field(min_length=1, max_length=64)]


_UUID_4 = WithJsonSchema(
    {
        "type": "string",
        "description": "A random UUID (version 4) that the app generated when it was installed",
        "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$",
        "examples": ["5bd33f0a-6a86-4f0a-9d43-1f0c6b8f2c11"],
    }
)


def _random(value: UUID) -> UUID:
    if value.version != 4:
        raise ValueError("not a random UUID")
    return value


DeviceId = Annotated[UUID, _UUID_4, AfterValidator(_random)]


class Platform(StrEnum):
    """The platform on which the app runs. There is no web app."""

    IOS = "ios"
    ANDROID = "android"


class Device(BaseModel, frozen=True, extra="forbid"):
    """The device to which a session is bound (ACC-5).

    `device_id` is a random UUID that the app generated when it was installed. Only version 4 is accepted,
    because other versions encode a hardware address or a name.
    """

    device_id: DeviceId
    platform: Platform
    model: ShortText | None = None
    os_version: ShortText | None = None
    app_version: ShortText | None = None


class KnownDevice(
    Record,
    table=Table.ACCOUNTS,
    kind="known_device",
    purpose=Purpose.AUTHENTICATION,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.KNOWN_DEVICE, since="seen_at"),
):
    """A device that had a session of the account, so it may use the reserve of codes (ADR 25).

    The key identifies the device by a keyed hash of its id. `seen_at` is the time at which its session was
    opened, or ended by itself, or first refreshed on the last day that it was. `session_id`: the
    origin of that session; None if older.
    """

    account_id: Annotated[AccountId, NOT_PERSONAL]
    session_id: Annotated[SessionId | None, NOT_PERSONAL] = None
    seen_at: Annotated[Instant, NOT_PERSONAL]


class ChangeKind(StrEnum):
    """What an account changed; the value is the kind of its chain in the Ledger."""

    NUMBER = "changed_number"
    MAILBOX = "changed_mailbox"
    LANGUAGE = "changed_language"


class LastChange(
    Record,
    table=Table.USAGE,  # it has no backup, so no restore brings an earlier mark back
    kind="last_change",
    purpose=Purpose.SECURITY,
    basis=LegalBasis.LEGITIMATE_INTERESTS,
    retention=After(Period.RESTORABLE, since="at"),
    key_class=KeyClass.SUBJECT,
):
    """The number, mailbox or language that an account got by its last change of that kind.

    All three are None if the account has had none since.
    """

    account_id: Annotated[AccountId, NOT_PERSONAL]
    change: Annotated[ChangeKind, NOT_PERSONAL]
    at: Annotated[Instant, NOT_PERSONAL]
    phone: Annotated[str | None, personal(Category.PHONE_NUMBER, Source.PROVIDED)] = None
    email: Annotated[str | None, personal(Category.EMAIL, Source.PROVIDED)] = None
    locale: Annotated[str | None, personal(Category.LANGUAGE, Source.PROVIDED)] = None
