"""What a challenge is, who asked for it, and what may stand in its way."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chalicelib.core.clock import Instant
from chalicelib.core.errors import Gone, InvalidRequest, Schemas, TooMany, Unavailable, Unprocessable
from chalicelib.core.http import Body, ClientAddress, View
from chalicelib.core.ids import AccountId, ChallengeId, SessionId
from chalicelib.core.metrics import Metric
from chalicelib.core.table import Table
from chalicelib.devices.model import Device, KnownDevice
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient

_CARRIERS = (Recipient.SMS_CARRIERS,)
_MAIL = (Recipient.MAIL_PROVIDERS,)
# Whoever may ask for a code: a session, or any session of an account.
Holder = SessionId | AccountId
Code = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{6}$"), Field(description="As it was sent", examples=["012345"])
]


class ChallengePurpose(StrEnum):
    """What a code is good for, and nothing else: it is part of the code and of where its challenge lies."""

    SIGNUP = "signup"
    STEP_UP = "step_up"
    EMAIL = "email"


class CodeChannel(StrEnum):
    """How a code travels to its destination."""

    SMS = "sms"
    EMAIL = "email"


class InvalidPhone(InvalidRequest):
    """No mobile number that could be reached."""

    code = "invalid_phone"
    title = "This is not a mobile number"
    rule: ClassVar[str] = "invalid_phone"
    message: ClassVar[str] = "Not a mobile number in E.164, or a national one of `region`"

    def __init__(self) -> None:
        super().__init__(errors=[{"pointer": "/phone", "code": self.rule, "message": self.message}])


class CountryNotServed(InvalidPhone):
    """A mobile number of a country to which no codes are sent when strangers ask (ADR 26)."""

    title = "No codes are sent to numbers of this country"
    rule = "country_not_served"
    message = "A mobile number of a country that is not served"


class TooManyCodes(TooMany):
    """Too many codes were asked for."""

    code = "too_many_codes"
    title = "Too many codes were asked for"


class TooManyAttempts(TooMany):
    """Too many codes were tried from this address."""

    code = "too_many_attempts"
    title = "Too many codes were tried"


class SmsUnavailable(Unavailable):
    """The code could not be handed to the carrier; asking again uses up nothing of the number's limit."""

    code = "sms_unavailable"
    title = "The code could not be sent; try again"
    metric = Metric.CODE_NOT_SENT


class SmsInDoubt(SmsUnavailable):
    """SNS did not say whether it took the code: told as not sent, and counted as sent."""


class EmailUnavailable(Unavailable):
    """The code was not mailed; asking again uses up nothing of the mailbox's limit."""

    code = "email_unavailable"
    title = "The code could not be sent; try again"
    metric = Metric.CODE_NOT_SENT


class EmailInDoubt(EmailUnavailable):
    """SES did not say whether it took the code: told as not sent, and counted as sent."""


class WrongCode(Unprocessable):
    """Not the code; `attempts_left` says how often it may be tried again."""

    code = "wrong_code"
    title = "This is not the code that was sent"
    metric = Metric.CODE_WRONG
    shows: ClassVar[Schemas] = {"attempts_left": {"type": "integer", "minimum": 0}}


class ChallengeExpired(Gone):
    """The code is used, too old, tried too often, or never was."""

    code = "challenge_expired"
    title = "This code can't be used any more; ask for a new one"


class ChallengeView(View):
    """What the app learns of a challenge; the same for a number that is known and one that is not."""

    challenge_id: ChallengeId
    channel: CodeChannel
    digits: Literal[6] = 6
    expires_at: Instant
    resend_after: Instant


@dataclass(frozen=True)
class ChallengeRef:
    """All that finds a challenge: wrong in one part, it names none.

    `holder` is the session or the account that asked for the code, for purposes that need one: to every
    other one the challenge is not there.
    """

    purpose: ChallengePurpose
    challenge_id: ChallengeId
    holder: Holder | None = None


@dataclass(frozen=True, repr=False)
class CodeRequest:
    """Who asks for a code, what for, and where it is to be sent: a number (E.164) or a mailbox.

    `scope` is whose Idempotency-Key may name the request, and `body` what such a key stands for.
    `address` is given where strangers ask: its block is then counted. `account` is whose session asks,
    if one does: it has limits of its own. `device` is kept for what the code opens. `recognise` is asked
    where a limit on strangers refuses the code.
    """

    purpose: ChallengePurpose
    channel: CodeChannel
    destination: str
    locale: str | None
    scope: str
    holder: Holder | None = None
    account: AccountId | None = None
    device: Device | None = None
    body: Body | None = None
    address: ClientAddress | None = None
    recognise: "Recognise | None" = None


class Opened(BaseModel):
    """The session that a code opened, for the answer to a repetition."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
    """A code that is waited for (ACC-2). The code itself is derived, never stored.

    The personal fields go when the code is used: what remains only answers repetitions.
    `key_version` is the version of the codes key under which the code and the device's digest were
    made; `code_until` is the end of whatever the code is good for, being repeated included.
    """

    challenge_id: Annotated[ChallengeId, NOT_PERSONAL]
    purpose: Annotated[ChallengePurpose, NOT_PERSONAL]
    holder: Annotated[Holder | None, NOT_PERSONAL] = None
    channel: Annotated[CodeChannel, NOT_PERSONAL]
    # One of the two, by the channel.
    phone: Annotated[str | None, personal(Category.PHONE_NUMBER, Source.PROVIDED, to=_CARRIERS)] = None
    email: Annotated[str | None, personal(Category.EMAIL, Source.PROVIDED, to=_MAIL)] = None
    device: Annotated[Device | None, personal(Category.DEVICE_ID, Source.PROVIDED)] = None
    locale: Annotated[str | None, personal(Category.LANGUAGE, Source.PROVIDED)] = None
    fingerprint: Annotated[str | None, NOT_PERSONAL] = None
    key_version: Annotated[str, NOT_PERSONAL]
    # Keyed and over the challenge's id too: tells a repetition from another device, and nothing else.
    device_digest: Annotated[str | None, NOT_PERSONAL] = None
    created_at: Annotated[Instant, NOT_PERSONAL]
    code_until: Annotated[Instant, NOT_PERSONAL]
    resend_after: Annotated[Instant, NOT_PERSONAL]
    sent_at: Annotated[Instant | None, NOT_PERSONAL] = None
    resends: Annotated[int, NOT_PERSONAL] = 0
    # Texts of a reserve: no budget counted them, so verifying them gives nothing back (ADR 26).
    uncounted_for_country: Annotated[int, NOT_PERSONAL] = 0
    uncounted_in_all: Annotated[int, NOT_PERSONAL] = 0
    attempts: Annotated[int, NOT_PERSONAL] = 0
    used_at: Annotated[Instant | None, NOT_PERSONAL] = None
    opened: Annotated[Opened | None, NOT_PERSONAL] = None

    @property
    def ref(self) -> ChallengeRef:
        """What finds it again."""
        return ChallengeRef(self.purpose, self.challenge_id, self.holder)

    @property
    def was_sent(self) -> bool:
        """Whether the code was handed over; who used it had it, even if we crashed before noting that."""
        return self.sent_at is not None or self.used_at is not None

    def view(self) -> ChallengeView:
        """For the app. After the code's end there is nothing to send again."""
        return ChallengeView(
            challenge_id=self.challenge_id,
            channel=self.channel,
            expires_at=self.code_until,
            resend_after=min(self.resend_after, self.code_until),
        )


# Whether the owner of a challenge's number knows the device that asked for it.
Recognise = Callable[[Challenge], KnownDevice | None]
