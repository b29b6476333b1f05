"""The outcomes of a push, distinguished by what the caller may do next.

    TransferTaken         2xx, after the whole body was sent
    NotTaken
    ├── TransferRefused   do not send again: no such name, not a public address, no valid TLS, a redirect, 4xx
    └── Unreachable       may be sent again under the same key: no response, too slow, cut off, 5xx

After `TransferRefused` and `Unreachable`, part of the body may have left: `sent` counts its bytes. How much
of it the server kept is unknown. No outcome contains an address, a host or text of the server.
"""

from dataclasses import dataclass
from enum import StrEnum


class NotTakenReason(StrEnum):
    """Why a parcel was not taken, in fixed words that may be logged and shown to the subject."""

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
    """The server accepted the parcel."""

    status: int


class NotTaken(Exception):
    """The server did not accept the parcel, or did not confirm it. The text is the reason."""

    def __init__(self, reason: NotTakenReason, *, status: int | None = None, sent: int = 0) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.status = status  # status of the HTTP response, if one arrived
        self.sent = sent  # bytes of the body that were sent


class TransferRefused(NotTaken):
    """The push must not be repeated: it would fail again."""


class Unreachable(NotTaken):
    """The push may be repeated."""


class TooLarge(Exception):
    """A parcel exceeds `RU4M_PUSH_MEGABYTES`; nothing was looked up or sent."""


class BodyChanged(Exception):
    """The body does not match the announced length or digest: a bug of ours, or a damaged copy.

    The last chunk was not sent, so the server got an incomplete request.
    """
