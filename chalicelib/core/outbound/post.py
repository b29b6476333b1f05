"""One POST of one file to an address that a subject submitted; see the package for invariants."""

import base64
import hashlib
import ssl
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Protocol

from chalicelib.core import egress, metrics
from chalicelib.core.egress import Registered
from chalicelib.core.ids import Id
from chalicelib.core.metrics import Metric
from chalicelib.core.outbound.line import (
    Deadline,
    Line,
    NotTaken,
    NotTakenReason,
    TransferRefused,
    Unreachable,
    open_line,
)
from chalicelib.core.outbound.target import Target
from chalicelib.core.settings import settings

_CHUNK = 64 * 1024

# Statuses that ask for a later attempt: timeout, too early, too many requests. 409 means that a request with
# the same key is still being processed (draft-ietf-httpapi-idempotency-key-header).
_RETRYABLE_4XX = frozenset({408, 409, 425, 429})


@dataclass(frozen=True)
class TransferTaken:
    """The server accepted the parcel."""

    status: int


class TooLarge(Exception):
    """A parcel exceeds `RU4M_PUSH_MEGABYTES`; nothing was looked up or sent."""


class BodyChanged(Exception):
    """The body does not match the announced length or digest: a bug of ours, or a damaged copy.

    The last chunk was not sent, so the server got an incomplete request.
    """


class ByteSource(Protocol):
    """A body that is read once and in order: an open file, or the body of an S3 object."""

    def read(self, size: int, /) -> bytes:
        """Read at most `size` bytes; return b"" at the end."""


@dataclass(frozen=True)
class Parcel:
    """A ZIP file to send. Each attempt needs a newly opened body; the rest stays the same."""

    body: ByteSource = field(repr=False)
    length: int  # bytes
    sha256: bytes  # 32 bytes
    key: Id  # sent as Idempotency-Key, so that the server accepts the parcel once


def push(
    parcel: Parcel, target: Target, *, to: Registered, purpose: str, categories: Iterable[str]
) -> TransferTaken:
    """Send a parcel to a target once; the caller decides whether and when to try again.

    Raises:
        TransferRefused, Unreachable: see `line`.
        TooLarge: the parcel exceeds `RU4M_PUSH_MEGABYTES`. Nothing was sent.
        BodyChanged: the body differs from `length` or `sha256`. The server got an incomplete request.
        NotOnRegister: recipient, purpose or a category is not in the register. Nothing was sent.
        Exception: any error of reading the body, unchanged. The server got an incomplete request.
    """
    connect_and_send = egress.client(to, purpose, categories, lambda: _connect_and_send)
    try:
        taken = connect_and_send(parcel, target)
    except NotTaken:
        metrics.count(Metric.PUSH_NOT_TAKEN)
        raise
    metrics.count(Metric.PUSH_TAKEN)
    return taken


def _connect_and_send(parcel: Parcel, target: Target) -> TransferTaken:
    limits = settings().push
    if parcel.length > limits.megabytes * 1024 * 1024:
        raise TooLarge
    deadline = Deadline(limits.whole_seconds)
    progress = _Progress()
    with progress.translate_errors():
        line = open_line(target.host, limits, deadline)
    with closing(line):
        return _exchange(line, parcel, target, progress)


class _Progress:
    """Counts the bytes of the body that were sent, for the outcome."""

    def __init__(self) -> None:
        self.sent = 0

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn errors of the connection into outcomes, without their texts, which name hosts."""
        try:
            yield
        except ssl.SSLError:
            raise TransferRefused(NotTakenReason.TLS, sent=self.sent) from None
        except TimeoutError:
            raise Unreachable(NotTakenReason.TOO_SLOW, sent=self.sent) from None
        except OSError:
            raise Unreachable(NotTakenReason.NO_CONNECTION, sent=self.sent) from None
        except HTTPException:
            raise TransferRefused(NotTakenReason.NOT_HTTP, sent=self.sent) from None


def _exchange(line: Line, parcel: Parcel, target: Target, progress: _Progress) -> TransferTaken:
    request = HTTPConnection(target.host)
    request.auto_open = 0  # http.client must use `line`, and never open a connection itself
    request.sock = line
    with progress.translate_errors():
        request.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
        for name, value in _headers(parcel, target).items():
            request.putheader(name, value)
        request.endheaders()
    complete = _send(request, parcel, progress)
    with progress.translate_errors():
        response = request.getresponse()
        response.close()  # unread: only the status counts
    return _outcome_of_status(response.status, progress.sent, complete=complete)


def _headers(parcel: Parcel, target: Target) -> dict[str, str]:
    return {
        "Host": target.host,
        "User-Agent": "RU4M",
        "Connection": "close",
        "Content-Type": "application/zip",
        "Content-Length": str(parcel.length),
        "Content-Digest": f"sha-256=:{base64.b64encode(parcel.sha256).decode()}:",  # RFC 9530
        "Idempotency-Key": f'"{parcel.key}"',
    }


def _send(request: HTTPConnection, parcel: Parcel, progress: _Progress) -> bool:
    """Send the body, and return whether all of it was sent.

    It is incomplete if the server closes the connection early. The caller then reads the server's response.
    """
    for chunk in _chunks(parcel):
        with progress.translate_errors():
            try:
                request.send(chunk)
            except ConnectionError:
                return False
        progress.sent += len(chunk)
    return True


def _chunks(parcel: Parcel) -> Iterator[bytes]:
    """Yield the chunks of the body; the last one only after length and digest have been verified."""
    seen, missing, held = hashlib.sha256(), parcel.length, b""
    while chunk := parcel.body.read(_CHUNK):
        seen.update(chunk)
        missing -= len(chunk)
        if missing < 0:
            raise BodyChanged
        if held:
            yield held
        held = chunk
    if missing or seen.digest() != parcel.sha256:
        raise BodyChanged
    yield held


def _outcome_of_status(status: int, sent: int, *, complete: bool) -> TransferTaken:
    match status // 100:
        case 2 if complete:
            return TransferTaken(status)
        case 2:  # not an acceptance: the server closed the connection before it had the whole body
            raise Unreachable(NotTakenReason.NO_CONNECTION, status=status, sent=sent)
        case 5:
            raise Unreachable(NotTakenReason.ANSWERED_LATER, status=status, sent=sent)
        case 4 if status in _RETRYABLE_4XX:
            raise Unreachable(NotTakenReason.ANSWERED_LATER, status=status, sent=sent)
        case 3:
            raise TransferRefused(NotTakenReason.REDIRECT, status=status, sent=sent)
        case _:
            raise TransferRefused(NotTakenReason.ANSWERED_NO, status=status, sent=sent)
