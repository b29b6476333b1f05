"""Verifies that Stream sent a body for our app, and decompresses it within bounds.

Stream signs the decompressed body. So a body is decompressed before it is known to be genuine, and everything
here is bounded by the size of the input and `MAX_BYTES`.
"""

import hashlib
import hmac
import zlib
from datetime import datetime

from chalicelib.core import clock, keyring
from chalicelib.core.clock import MINUTE
from chalicelib.core.errors import InvalidRequest, PayloadTooLarge
from chalicelib.core.settings import settings

# An event of a channel has up to 50 members, and a message up to 20 KB of text.
MAX_BYTES = 1024 * 1024
MAX_COMPRESSED = 256 * 1024

# JSON never begins with these bytes. The header Content-Encoding is not asked: a gateway may have
# decompressed the body and left the header.
_GZIP = b"\x1f\x8b"
_GZIP_ONLY = 16 + zlib.MAX_WBITS

_read_again_at: datetime | None = None


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
