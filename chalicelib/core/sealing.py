"""Sealing: AES-256-GCM over a record's personal fields, bound to the place where they are stored.

A sealed blob is `format (1) | key version (2) | nonce (12) | ciphertext and tag`, lengths in bytes. The
associated data are the record's kind, pk, sk and the key version, so a blob that is copied to another item,
kind or version cannot be opened. The physical table is not part of them: a restored table has another name
and must stay readable.

A blob that cannot be opened raises a typed error; it never gives wrong data:

    SealingError
    ├── SealBroken   altered, truncated, moved, or sealed under another key
    ├── KeyNotFound  its key does not exist: deleted with its subject, or not given to this function
    └── Unfit        it opens, but its record class does not accept the content (privacy/codec)
"""

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chalicelib.core import observe

_FORMAT = 1
_NONCE = 12
_TAG = 16
_HEAD = 3

KEY_BYTES = 32


class SealingError(Exception):
    """A sealed value could not be read; the text contains nothing of the value."""


class SealBroken(SealingError):
    """The blob was not sealed for this place under this key, or was altered."""


class KeyNotFound(SealingError):
    """The key that the blob names does not exist."""


class Unfit(SealingError):
    """The record class does not accept the stored content: an older or newer release wrote it."""


class _SkippingUnreadable(AbstractContextManager[None]):
    def __init__(self, event: str, fields: Mapping[str, str | int]) -> None:
        self._event, self._fields = event, fields

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        if isinstance(error, SealingError):
            observe.record_unreadable(self._event, error, **self._fields)
            return True
        return False


def skip_unreadable(event: str, **fields: str | int) -> _SkippingUnreadable:
    """Leave the block at a SealingError, which is logged and counted; one record must not stop the others."""
    return _SkippingUnreadable(event, fields)


class Place(NamedTuple):
    """The place where a sealed value is stored: kind, partition key and sort key."""

    kind: str
    pk: str
    sk: str | None = None

    def bound_to(self, version: int) -> bytes:
        """The associated data; its parts are separated by a character that no key contains."""
        return "\x1f".join((self.kind, self.pk, self.sk or "", str(version))).encode()


@dataclass(frozen=True, repr=False)
class SealingKeys:
    """The versions of one key: the current one seals, any of them opens."""

    current: int
    find: Callable[[int], bytes | None]

    def seal(self, plain: bytes, place: Place) -> bytes:
        """Seal a value under the current version.

        Raises:
            KeyNotFound: there is no current key.
        """
        nonce = os.urandom(_NONCE)
        head = bytes([_FORMAT]) + self.current.to_bytes(2, "big")
        return head + nonce + self._cipher(self.current).encrypt(nonce, plain, place.bound_to(self.current))

    def open(self, blob: bytes, place: Place) -> bytes:
        """The value that was sealed.

        Raises:
            SealBroken: altered, truncated, or sealed for another place or under another key.
            KeyNotFound: the blob's key version does not exist.
        """
        if len(blob) < _HEAD + _NONCE + _TAG or blob[0] != _FORMAT:
            raise SealBroken
        version = version_of(blob)
        nonce, sealed = blob[_HEAD : _HEAD + _NONCE], blob[_HEAD + _NONCE :]
        try:
            return self._cipher(version).decrypt(nonce, sealed, place.bound_to(version))
        except InvalidTag:
            raise SealBroken from None

    def _cipher(self, version: int) -> AESGCM:
        key = self.find(version)
        if key is None:
            raise KeyNotFound
        return AESGCM(key)


def version_of(blob: bytes) -> int:
    """The key version that a blob names."""
    return int.from_bytes(blob[1:_HEAD], "big")


def new_key() -> bytes:
    """A new 256-bit key."""
    return os.urandom(KEY_BYTES)
