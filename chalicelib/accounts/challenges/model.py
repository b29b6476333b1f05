"""The challenge, the request for it, its problems, and the records of counters (ADR 26).

`Limit` declares what core/limiter stores, because core imports no declarations.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import BaseModel

from chalicelib.accounts.model import Device, KnownDevice
from chalicelib.accounts.secrets.model import SecretKind
from chalicelib.core.clock import Instant
from chalicelib.core.contract_words import ErrorCode
from chalicelib.core.errors import Gone, InvalidRequest, Schemas, TooMany, Unavailable, Unprocessable, fault
from chalicelib.core.http import Body, ClientAddress, View
from chalicelib.core.ids import AccountId, ChallengeId, RightsRequestId, SessionId
from chalicelib.core.metrics import Metric
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient

_CARRIERS = (Recipient.SMS_CARRIERS,)
_MAIL = (Recipient.MAIL_PROVIDERS,)
# The requester of a code: one session, any session of an account, or the holder of a request's receipt.
Holder = SessionId | AccountId | RightsRequestId


class ChallengePurpose(StrEnum):
    """The only purpose for which a code is valid; part of the code's derivation and of the key."""

    SIGNUP = "signup"
    STEP_UP = "step_up"
    EMAIL = "email"
    NUMBER = "number"  # a new number for an account
    GUEST = "guest"  # a rights request without a session
    SUPPORT = "support"  # a message to our support (USE-10)
    REPORT = "report"  # a report of abuse without an account (SAF-1)
    RECOVERY = "recovery"  # an account whose owner lost phone and number: mailbox, then new number (ADR 104)
    LET_IN = "let_in"  # a session that waits, by the account's mailbox (ADR 68)


class CodeChannel(StrEnum):
    """The channel by which a code is sent; `email` for a number if its country gets no texts at present."""

    SMS = "sms"
    EMAIL = "email"


class InvalidPhone(InvalidRequest):
    """The text is not a mobile number."""

    title = "This is not a mobile number"
    rule: ClassVar[ErrorCode] = ErrorCode.INVALID_PHONE
    message: ClassVar[str] = "Not a mobile number in E.164, nor a national number of `region`"

    def __init__(self) -> None:
        super().__init__(errors=[fault("/phone", self.rule, self.message)])


class CountryNotServed(InvalidPhone):
    """A mobile number of a country to which unknown clients cannot request codes (ADR 26)."""

    code = "invalid_phone"
    title = "No codes are sent to numbers of this country"
    rule = ErrorCode.COUNTRY_NOT_SERVED
    message = "A mobile number of a country to which no codes are sent"


class TooManyCodes(TooMany):
    """Too many codes were requested."""

    title = "Too many codes were requested"


class TooManyAttempts(TooMany):
    """Too many wrong codes were submitted from this address."""

    title = "Too many wrong codes were submitted"


class SmsUnavailable(Unavailable):
    """The code could not be passed to the carrier. It does not count towards the limit of the number."""

    title = "The code could not be sent; try again"
    metric = Metric.CODE_NOT_SENT


class SmsInDoubt(SmsUnavailable):
    """SNS did not confirm the code.

    The client gets `sms_unavailable`, but the code counts as sent.
    """


class EmailUnavailable(Unavailable):
    """The code was not mailed. It does not count towards the limit of the mailbox."""

    title = "The code could not be sent; try again"
    metric = Metric.CODE_NOT_SENT


class EmailInDoubt(EmailUnavailable):
    """SES did not confirm the mail.

    The client gets `email_unavailable`, but the code counts as sent.
    """


class WrongCode(Unprocessable):
    """The code is wrong; `attempts_left` is the number of further tries."""

    title = "This is not the code that was sent"
    metric = Metric.CODE_WRONG
    shows: ClassVar[Schemas] = {"attempts_left": {"type": "integer", "minimum": 0}}


class ChallengeExpired(Gone):
    """The code is used, expired or tried too often, or the challenge does not exist."""

    title = "This code can no longer be used; request a new one"


class ChallengeView(View):
    """A challenge as the app sees it; the same for registered and unregistered numbers."""

    challenge_id: ChallengeId
    channel: CodeChannel
    digits: Literal[6] = 6
    expires_at: Instant
    resend_at: Instant


@dataclass(frozen=True)
class ChallengeRef:
    """The full key of a challenge: if one part is wrong, it matches no challenge.

    `holder` is the session, account or rights request for which the code was requested, for purposes that
    need one. Others cannot find the challenge.
    """

    purpose: ChallengePurpose
    challenge_id: ChallengeId
    holder: Holder | None = None


@dataclass(frozen=True, repr=False)
class CodeRequest:
    """A request for a code: requester, purpose and destination (a number in E.164 or a mailbox).

    Without a destination, nothing is sent. `scope` and `body`: of the Idempotency-Key. `address` is set if
    the client is not signed in, and its block is counted; else `account`, which has limits of its own.
    `recognise`: called if a limit on unknown clients refuses. `reach`: finds the mailbox of a code not
    texted. `hides_refusals`: no response shows one; sent once.
    """

    purpose: ChallengePurpose
    channel: CodeChannel
    destination: str
    locale: str | None
    scope: str
    holder: Holder | None = None
    account: AccountId | None = None
    proven_by: SecretKind | None = None
    device: Device | None = None
    body: Body | None = None
    address: ClientAddress | None = None
    recognise: "Recognise | None" = None
    reach: "Callable[[Challenge], ReachedOwner | None] | None" = None
    hides_refusals: bool = False


@dataclass(frozen=True, repr=False)
class ReachedOwner:
    """An account and the mailbox that gets a code in place of its number."""

    account_id: AccountId
    mailbox: str


class Opened(BaseModel, frozen=True, extra="forbid"):
    """The session that a code opened, to answer a repeated request."""

    account_id: AccountId
    session_id: SessionId
    new_account: bool


class Challenge(
    Record,
    table=Table.CHALLENGES,
    kind="challenge",
    purpose=Purpose.AUTHENTICATION,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.CHALLENGE, since="created_at"),
    key_class=KeyClass.TRANSIENT,
):
    """A code and its state (ACC-2). The code itself is derived, never stored.

    The personal fields are removed when the code is used; the rest only answers repeated requests.
    `key_version` is the version of the codes key from which the code and the device digest were derived.
    `code_until` is the end of every use of the code, repetitions included. `recovers`: the account whose
    owner proved mailbox and secret, `proven_by`, for a new number (ADR 104).
    """

    challenge_id: Annotated[ChallengeId, NOT_PERSONAL]
    purpose: Annotated[ChallengePurpose, NOT_PERSONAL]
    holder: Annotated[Holder | None, NOT_PERSONAL] = None
    channel: Annotated[CodeChannel, NOT_PERSONAL]
    # One of the two is set, depending on the channel; the number too if its code is mailed (ADR 78).
    phone: Annotated[str | None, personal(Category.PHONE_NUMBER, Source.PROVIDED, to=_CARRIERS)] = None
    email: Annotated[str | None, personal(Category.EMAIL, Source.PROVIDED, to=_MAIL)] = None
    device: Annotated[Device | None, personal(Category.DEVICE_ID, Source.PROVIDED)] = None
    locale: Annotated[str | None, personal(Category.LANGUAGE, Source.PROVIDED)] = None
    fingerprint: Annotated[str | None, NOT_PERSONAL] = None
    key_version: Annotated[str, NOT_PERSONAL]
    # Keyed, and the challenge id is part of the input: it only shows whether a repetition comes from this
    # device.
    device_digest: Annotated[str | None, NOT_PERSONAL] = None
    created_at: Annotated[Instant, NOT_PERSONAL]
    code_until: Annotated[Instant, NOT_PERSONAL]
    resend_after: Annotated[Instant, NOT_PERSONAL]
    # One of a thousand groups of address blocks, by a keyed hash that changes daily: it names no address.
    address_group: Annotated[int | None, NOT_PERSONAL] = None
    sent_at: Annotated[Instant | None, NOT_PERSONAL] = None
    resends: Annotated[int, NOT_PERSONAL] = 0
    # Messages from a reserve: no budget counted them, so verifying them uncounts nothing (ADR 26).
    uncounted_for_country: Annotated[int, NOT_PERSONAL] = 0
    uncounted_in_all: Annotated[int, NOT_PERSONAL] = 0
    attempts: Annotated[int, NOT_PERSONAL] = 0
    used_at: Annotated[Instant | None, NOT_PERSONAL] = None
    opened: Annotated[Opened | None, NOT_PERSONAL] = None
    recovers: Annotated[AccountId | None, NOT_PERSONAL] = None
    proven_by: Annotated[SecretKind | None, NOT_PERSONAL] = None

    @property
    def ref(self) -> ChallengeRef:
        """The key of this challenge."""
        return ChallengeRef(self.purpose, self.challenge_id, self.holder)

    @property
    def was_sent(self) -> bool:
        """Return whether the code was sent; a used code was, even if a crash prevented the record."""
        return self.sent_at is not None or self.used_at is not None

    @property
    def is_mail_for_text(self) -> bool:
        """Return whether it is by mail, but for a number, whose country gets no codes by text (ADR 78)."""
        return self.channel is CodeChannel.EMAIL and self.phone is not None

    @property
    def has_code(self) -> bool:
        """Return whether a guess can be right: not without a number, nor without the mail of a reserve."""
        return self.phone != "" and (not self.is_mail_for_text or self.uncounted_in_all > 0)

    def view(self) -> ChallengeView:
        """Build the view for the app. `resend_at` is never later than the end of the code."""
        return ChallengeView(
            challenge_id=self.challenge_id,
            channel=self.channel,
            expires_at=self.code_until,
            resend_at=min(self.resend_after, self.code_until),
        )


# Finds the device that requested a challenge among the known devices of the number's owner.
Recognise = Callable[[Challenge], KnownDevice | None]


class Limit(
    Record,
    table=Table.CHALLENGES,
    kind="limit",
    purpose=Purpose.SECURITY,
    basis=LegalBasis.LEGITIMATE_INTERESTS,
    retention=After(Period.LIMIT, since="began_at"),
):
    """Uses by a number, mailbox, account, operator, or block of numbers or addresses.

    The key identifies the counted party only by a hash, keyed unless its id is random. The other attributes
    are counters.
    """

    began_at: Annotated[Instant, NOT_PERSONAL]


class CodeCount(
    Record,
    table=Table.CHALLENGES,
    kind="code_count",
    purpose=Purpose.SECURITY,
    basis=LegalBasis.LEGITIMATE_INTERESTS,
    retention=After(Period.CODE_COUNT, since="began_at"),
):
    """Codes sent to a country, or to all countries, on a UTC day, and codes verified (ADR 26).

    `scope` is the country, or `mail`. The counts are further attributes, by hour, and by group of address
    blocks (ADR 70). No count refers to a person.
    """

    scope: Annotated[str, NOT_PERSONAL]
    began_at: Annotated[Instant, NOT_PERSONAL]


@dataclass(frozen=True)
class Slot:
    """The UTC day and hour in which a challenge was created."""

    day: datetime
    hour: int

    @classmethod
    def of(cls, at: datetime) -> "Slot":
        """The slot of an instant."""
        return cls(at.replace(hour=0, minute=0, second=0), at.hour)


class Debts(NamedTuple):
    """The debts of an hour and of its day, or their upper bounds, in hundredths of a text."""

    hour: int
    day: int


class SlotCounts(NamedTuple):
    """The texts of an hour, the debts, and the debt of a block in the day, as one item counts them."""

    texts: int
    debts: Debts
    of_block: int


class DebtBounds(NamedTuple):
    """The highest debts: of all, of all for blocks over their share, and of a block within its share."""

    room: Debts
    free: Debts
    share: Debts

    def of_block(self, debt: int) -> Debts:
        """Return the bounds that apply to a block with this debt."""
        return Debts(*(room if debt <= share else free for room, free, share in zip(*self, strict=True)))


class DayCounts(NamedTuple):
    """The counts of a UTC day: verified codes, and texts and debts by hour."""

    verified: int = 0
    texts: tuple[int, ...] = (0,) * 24
    debts: tuple[int, ...] = (0,) * 24


# The highest count is taken over today and this many days before.
_WINDOW = timedelta(days=14)


class CodeHistory(
    Record,
    table=Table.CHALLENGES,
    kind="code_history",
    purpose=Purpose.SECURITY,
    basis=LegalBasis.LEGITIMATE_INTERESTS,
    retention=After(Period.CODE_HISTORY, since="counted_at"),
):
    """Codes verified in each country on each of the last fifteen UTC days (ADR 26)."""

    counted_at: Annotated[Instant, NOT_PERSONAL]
    version: Annotated[int, NOT_PERSONAL]
    verified: Annotated[dict[str, dict[str, int]], NOT_PERSONAL]

    def highest(self, country: str, now: datetime) -> int:
        """Return the highest number of verified codes of a country on one day of the window."""
        days = self.verified.get(country, {})
        return max((codes for day, codes in days.items() if day >= _first_day(now)), default=0)

    def with_counts(self, counts: dict[tuple[str, datetime], int], now: datetime) -> "CodeHistory":
        """Return the next version: counts of a day only grow, days before the window are dropped."""
        verified = {country: dict(days) for country, days in self.verified.items()}
        for (country, day), codes in counts.items():
            days = verified.setdefault(country, {})
            days[_day(day)] = max(codes, days.get(_day(day), 0))
        recent = {
            country: {day: codes for day, codes in days.items() if day >= _first_day(now)}
            for country, days in verified.items()
        }
        left = {country: days for country, days in recent.items() if days}
        return CodeHistory(counted_at=now, version=self.version + 1, verified=left)


def _first_day(now: datetime) -> str:
    return _day(now - _WINDOW)


def _day(at: datetime) -> str:
    return at.date().isoformat()
