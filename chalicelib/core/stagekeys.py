"""The stage key, unwrapped by KMS once per container, and the keys that are derived from it.

The functions are configured with its ciphertext only. From each version HKDF derives, each with a label of
its own: the key that wraps subjects' data keys, the key of transient records, and one key per retention
class. So none of them opens what another one sealed.
"""

import base64
import json
from collections.abc import Callable
from functools import cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from chalicelib.core import aws
from chalicelib.core.sealing import KEY_BYTES, SealingKeys
from chalicelib.core.settings import settings


def wrapping() -> SealingKeys:
    """The key that wraps the data keys of subjects."""
    return _derived("wrap")


def transient() -> SealingKeys:
    """The key of records that TTL deletes within days: challenges."""
    return _derived("transient")


def retained(retention_class: str) -> SealingKeys:
    """The key of a retention class, for records kept by a hold or a statute after erasure."""
    return _derived(f"retained:{retention_class}")


def _derived(label: str) -> SealingKeys:
    return SealingKeys(current=_configured()[0], find=_finder(label))


def _finder(label: str) -> Callable[[int], bytes | None]:
    return lambda version: _derive(version, label)


@cache
def _derive(version: int, label: str) -> bytes | None:
    stage_key = _unwrapped(version)
    if stage_key is None:
        return None
    return HKDFExpand(SHA256(), KEY_BYTES, f"ru4m/sealing/{label}".encode()).derive(stage_key)


@cache
def _unwrapped(version: int) -> bytes | None:
    """One version of the stage key, by the only call to KMS: one per container and version."""
    wrapped = _configured()[1].get(version)
    if wrapped is None:
        return None
    answer = aws.ask("kms", "decrypt", CiphertextBlob=wrapped, EncryptionContext=context())
    key: bytes = answer["Plaintext"]
    return key


@cache
def _configured() -> tuple[int, dict[int, bytes]]:
    document = json.loads(settings().stage_keys())
    versions = {int(version): base64.b64decode(key) for version, key in document["versions"].items()}
    return int(document["current"]), versions


def context() -> dict[str, str]:
    """The encryption context: the ciphertext of one stage cannot be unwrapped for another."""
    return {"stage": settings().stage.value, "purpose": "sealing"}


def forget() -> None:
    """Read the configuration and the keys again at their next use; for commands that rotate them."""
    for cached in (_configured, _unwrapped, _derive):
        cached.cache_clear()
