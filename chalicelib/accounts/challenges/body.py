"""The code of a challenge, as a person sends it back, and the problems of the routes that send and get it."""

from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.accounts.challenges.model import (
    ChallengeExpired,
    EmailUnavailable,
    InvalidPhone,
    SmsUnavailable,
    TooManyAttempts,
    TooManyCodes,
    WrongCode,
)
from chalicelib.core.errors import IdempotencyMismatch, InProgress, Unavailable
from chalicelib.core.http import Body
from chalicelib.messages.model import InvalidEmail

_STARTING = (TooManyCodes, IdempotencyMismatch, InProgress)
TO_NUMBER = (InvalidPhone, SmsUnavailable, *_STARTING)
TO_MAILBOX = (InvalidEmail, EmailUnavailable, *_STARTING)
TO_EITHER = (InvalidPhone, SmsUnavailable, *TO_MAILBOX)
VERIFYING = (WrongCode, ChallengeExpired, TooManyAttempts, Unavailable)  # by a person without a session

Code = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{6}$"),
    Field(description="Code from the message", examples=["012345"]),
]


class CodeBody(Body):
    """The code that was sent for a challenge."""

    code: Code
