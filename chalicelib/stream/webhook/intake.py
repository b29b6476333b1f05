"""Receives a hook of Stream: verifies that Stream sent it, and sends what needs work to the worker (ADR 39).

The message is sent before the hash is stored. If the function is killed between the two, Stream sends the
hook again, and a second message does nothing. In the other order the event would be lost.

Stream signs the decompressed body. So a body is decompressed before it is known to be genuine, and that work
is bounded by the size of the input and `MAX_BYTES`.
"""

import hashlib
import hmac
import zlib
from datetime import datetime, timedelta

from chalicelib.core import clock, keyring, metrics
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.errors import InvalidRequest, PayloadTooLarge, Unavailable
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.stream.webhook import events, messages, store
from chalicelib.stream.webhook.events import Hook, StreamEvent
from chalicelib.stream.webhook.model import InvalidSignature

# An event of a channel has up to 50 members, and a message up to 20 KB of text.
MAX_BYTES = 1024 * 1024
MAX_COMPRESSED = 256 * 1024

# JSON never begins with these bytes. The header Content-Encoding is not asked: a gateway may have
# decompressed the body and left the header.
_GZIP = b"\x1f\x8b"
_GZIP_ONLY = 16 + zlib.MAX_WBITS

# Longer than any outage after which Stream may deliver late, and shorter than a hash is stored.
OLDEST = DAY
_AHEAD = 5 * MINUTE  # the difference of two clocks

_read_again_at: datetime | None = None


def receive(sent: bytes, signed: str, api_key: str) -> None:
    """Receive a hook. It is done, also if it needs no work, when this returns.

    Raises:
        InvalidSignature: Stream did not send it for our app.
        PayloadTooLarge, InvalidRequest: as for `decompressed`.
        Unavailable: it could not be checked or sent to the worker; Stream has to send it again.
    """
    if not is_our_key(api_key):
        raise InvalidSignature
    content = decompressed(sent)
    if not is_genuine(content, signed):
        raise InvalidSignature
    metrics.count(Metric.HOOK_RECEIVED)
    event = events.read(content)
    if event is None:
        return
    if not _is_fresh(event):
        metrics.count(Metric.HOOK_STALE)
    elif event.hook:
        _take(event.hook, event.digest)
    elif event.message:
        # Not deduplicated here: the worker counts each push by the time of its message.
        messages.send(event.message)
        metrics.count(Metric.HOOK_QUEUED)


def decompressed(sent: bytes) -> bytes:
    """The body that Stream signed.

    Raises:
        PayloadTooLarge: it is larger than the bounds; no more than `MAX_BYTES` were decompressed.
        InvalidRequest: it begins as gzip, and is not exactly one whole gzip stream.
    """
    if not sent.startswith(_GZIP):
        return sent
    if len(sent) > MAX_COMPRESSED:
        raise PayloadTooLarge(f"At most {MAX_COMPRESSED} bytes, compressed")
    stream = zlib.decompressobj(_GZIP_ONLY)
    try:
        content = stream.decompress(sent, MAX_BYTES + 1)
    except zlib.error:
        raise InvalidRequest("The body is not valid gzip") from None
    if len(content) > MAX_BYTES:
        raise PayloadTooLarge(f"At most {MAX_BYTES} bytes, decompressed")
    if not stream.eof or stream.unused_data:
        raise InvalidRequest("The body is not valid gzip")
    return content


def is_our_key(api_key: str) -> bool:
    """Whether the hook is about our app."""
    return hmac.compare_digest(api_key.encode(), settings().stream_api_key.encode())


def is_genuine(content: bytes, signature: str) -> bool:
    """Whether Stream's secret made the signature; compares in constant time.

    The secret may have been rotated since this container read it, so after a mismatch it is read again, at
    most once a minute. The known secret stays in use while the vault does not answer: otherwise a forged hook
    would lose the genuine ones that follow.

    Raises:
        Unavailable: the vault does not answer.
    """
    if _matches(content, signature):
        return True
    if not _may_read_again():
        return False
    keyring.renew_stream_secret()
    return _matches(content, signature)


def _matches(content: bytes, signature: str) -> bool:
    expected = hmac.new(keyring.stream_secret().encode(), content, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def _may_read_again() -> bool:
    global _read_again_at  # noqa: PLW0603 - a fact about the process
    now = clock.now()
    if _read_again_at is not None and now < _read_again_at:
        return False
    _read_again_at = now + MINUTE
    return True


def forget() -> None:
    """Reset to the state of a new container."""
    global _read_again_at  # noqa: PLW0603 - as above
    _read_again_at = None


def _is_fresh(event: StreamEvent) -> bool:
    if event.at is None:
        return False
    age: timedelta = clock.now() - event.at
    return -_AHEAD <= age <= OLDEST


def _take(hook: Hook, digest: str) -> None:
    """Send an event to the worker, unless it was received before."""
    if _is_known(digest):
        metrics.count(Metric.HOOK_REPEATED)
        return
    events.send_hook(hook)
    metrics.count(Metric.HOOK_QUEUED)
    try:
        store.put(digest)
    except Unavailable:  # a repeated hook is sent to the worker again, which does nothing twice
        metrics.count(Metric.USE_NOT_COUNTED)


def _is_known(digest: str) -> bool:
    try:
        return store.is_known(digest)
    except Unavailable:
        metrics.count(Metric.USE_NOT_COUNTED)
        return False
