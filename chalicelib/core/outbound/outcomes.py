"""What became of a push, told apart by what may be done next.

    Taken           answered with 2xx, all of it having been sent
    NotTaken
    ├── Refused     asking again is vain: no such name, not a public address, no valid TLS, a redirect, 4xx
    └── Unreachable it may be asked again, under the same key: no answer, too slow, cut off, 5xx

`TransferRefused` and `Unreachable` don't say that nothing has left: `sent` counts what of the body did. What
the other side kept of it, nobody knows. None of them carries an address, a host or a word of the other side.
"""

from dataclasses import dataclass
from enum import StrEnum


class NotTakenReason(StrEnum):
    """Why a parcel was not taken, in words of ours: they may be logged, and told to the subject."""

    NO_SUCH_NAME = "no_such_name"
    NOT_PUBLIC = "not_a_public_address"
    TLS = "no_valid_tls"
    REDIRECT = "redirect"
    ANSWERED_NO = "answered_no"
    NOT_HTTP = "no_answer_in_http"
    NO_CONNECTION = "no_connection"
    TOO_SLOW = "too_slow"
    ANSWERED_LATER = "answered_later"


@dataclass(frozen=True)
class TransferTaken:
    """The other side has it."""

    status: int


class NotTaken(Exception):
    """The other side does not have it, or did not say so. The text is the reason."""

    def __init__(self, reason: NotTakenReason, *, status: int | None = None, sent: int = 0) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.status = status  # of an answer in HTTP
        self.sent = sent  # octets of the body that left us


class TransferRefused(NotTaken):
    """Asking again is vain."""


class Unreachable(NotTaken):
    """It may be asked again."""


class TooLarge(Exception):
    """A parcel is over the bound (`RU4M_PUSH_MEGABYTES`); nothing was looked up or sent."""


class BodyChanged(Exception):
    """The body is not the one that length and digest announced: a bug of ours, or a damaged copy.

    The last chunk was held back, so the other side got a request that is cut off, never a whole one.
    """
