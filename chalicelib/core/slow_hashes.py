"""Slow hashes of the secrets that people choose: argon2id (RFC 9106) over a keyed digest (ACC-3, ADR 104).

The digest is made under a key of the vault, with the owner and the kind of the secret as further parts. So a
leaked table alone permits no guess, and the hash of one account is of no use for another one.
"""

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from chalicelib.core import keyring
from chalicelib.core.settings import Secret

# About 90 ms in the function that hashes, and a thirtieth of its memory (ADR 104).
_HASHER = PasswordHasher(time_cost=2, memory_cost=32 * 1024, parallelism=1)


def hashed(parts: tuple[str, ...], secret: str) -> tuple[str, str]:
    """Return the version of the vault's key that was used, and the hash of a secret.

    Args:
        parts: what the secret belongs to, such as its owner.
        secret: as the person typed it, normalised.
    """
    version = keyring.mac_keys(Secret.PEPPERS).current
    return version, _HASHER.hash(_digest(version, parts, secret))


def matches(version: str, stored: str, parts: tuple[str, ...], secret: str) -> bool:
    """Return whether a secret has a stored hash; never under a version of the key that the vault lost."""
    if version not in keyring.mac_keys(Secret.PEPPERS).versions:
        return False
    try:
        return _HASHER.verify(stored, _digest(version, parts, secret))
    except VerifyMismatchError:
        return False


def is_outdated(version: str, stored: str) -> bool:
    """Return whether the hash would be made with other parameters, or another key, today."""
    return version != keyring.mac_keys(Secret.PEPPERS).current or _HASHER.check_needs_rehash(stored)


def _digest(version: str, parts: tuple[str, ...], secret: str) -> bytes:
    return keyring.mac_keys(Secret.PEPPERS).digest_under(version, *parts, secret)
