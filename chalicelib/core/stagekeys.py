"""The stage key: unwrapped by KMS once per container, and everything that is derived from it.

The functions are configured with its ciphertext only. From each version follow, by HKDF with a label
of its own, the key that wraps subjects' data keys, the keys of transient records and one key per
retention class, so none of them can stand in for another.
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
    """Wraps the data keys of subjects."""
    return _derived("wrap")


def transient() -> SealingKeys:
    """Seals what is gone within days by TTL: challenges."""
    return _derived("transient")


def retained(retention_class: str) -> SealingKeys:
    """Seals what a hold or a statute keeps beyond its subject's key; one key per retention class."""
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
    """One version of the stage key; the only call to KMS, once per container and version."""
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
    """What KMS binds the ciphertext to: a stage's key does not open another stage's."""
    return {"stage": settings().stage.value, "purpose": "sealing"}


def forget() -> None:
    """Read the configuration and the keys anew; for commands that rotate them."""
    for cached in (_configured, _unwrapped, _derive):
        cached.cache_clear()
