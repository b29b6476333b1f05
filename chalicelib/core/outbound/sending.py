"""One POST of one file to an address that a subject named. What always holds: the package's docstring."""

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
from chalicelib.core.outbound.line import Deadline, Line, open_line
from chalicelib.core.outbound.outcomes import (
    BodyChanged,
    NotTaken,
    NotTakenReason,
    TooLarge,
    TransferRefused,
    TransferTaken,
    Unreachable,
)
from chalicelib.core.outbound.target import Target
from chalicelib.core.settings import settings

_CHUNK = 64 * 1024

# They ask to come again: timeout, too early, too many; 409 says that the same key is still being worked on
# (draft-ietf-httpapi-idempotency-key-header).
_LATER = frozenset({408, 409, 425, 429})


class ByteSource(Protocol):
    """What is sent, read once and in order: an open file, or the body of an object in S3."""

    def read(self, size: int, /) -> bytes:
        """At most so many octets; none at its end."""


@dataclass(frozen=True)
class Parcel:
    """A ZIP file to hand over. Each try needs a body that was opened anew; the rest stays the same."""

    body: ByteSource = field(repr=False)
    length: int  # octets
    sha256: bytes  # 32 octets
    key: Id  # names the parcel to the other side, which so takes it once however often it is sent


def push(
    parcel: Parcel, target: Target, *, to: Registered, purpose: str, categories: Iterable[str]
) -> TransferTaken:
    """Send a parcel to a target, once; whether and when to try again is up to the caller.

    Raises:
        TransferRefused, Unreachable: see `outcomes`.
        TooLarge: nothing was sent.
        BodyChanged: what was sent is no whole request.
        NotOnRegister: recipient, purpose or a category is not in the register; nothing was sent.
        Exception: whatever reading the body raises, as it is; what was sent is no whole request.
    """
    hand_over = egress.client(to, purpose, categories, lambda: _hand_over)
    try:
        taken = hand_over(parcel, target)
    except NotTaken:
        metrics.count(Metric.PUSH_NOT_TAKEN)
        raise
    metrics.count(Metric.PUSH_TAKEN)
    return taken


def _hand_over(parcel: Parcel, target: Target) -> TransferTaken:
    patience = settings().push
    if parcel.length > patience.megabytes * 1024 * 1024:
        raise TooLarge
    deadline = Deadline(patience.whole_seconds)
    progress = _Progress()
    with progress.translate_errors():
        line = open_line(target.host, patience, deadline)
    with closing(line):
        return _exchange(line, parcel, target, progress)


class _Progress:
    """How much of the body has left, and so what an error means."""

    def __init__(self) -> None:
        self.sent = 0

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn errors of the connection into outcomes; their own texts name hosts."""
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
    request.auto_open = 0  # it has its line, and may make no other
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
    return _judge_status(response.status, progress.sent, complete=complete)


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
    """Send the body; whether all of it left. Who hangs up half-way may have said why, so that is read."""
    for chunk in _chunks(parcel):
        with progress.translate_errors():
            try:
                request.send(chunk)
            except ConnectionError:
                return False
        progress.sent += len(chunk)
    return True


def _chunks(parcel: Parcel) -> Iterator[bytes]:
    """The body; its last chunk only once all of it is known to be what was announced."""
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


def _judge_status(status: int, sent: int, *, complete: bool) -> TransferTaken:
    match status // 100:
        case 2 if complete:
            return TransferTaken(status)
        case 2:
            raise Unreachable(NotTakenReason.NO_CONNECTION, status=status, sent=sent)
        case 5:
            raise Unreachable(NotTakenReason.ANSWERED_LATER, status=status, sent=sent)
        case 4 if status in _LATER:
            raise Unreachable(NotTakenReason.ANSWERED_LATER, status=status, sent=sent)
        case 3:
            raise TransferRefused(NotTakenReason.REDIRECT, status=status, sent=sent)
        case _:
            raise TransferRefused(NotTakenReason.ANSWERED_NO, status=status, sent=sent)
