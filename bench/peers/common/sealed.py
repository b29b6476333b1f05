"""The peers' reading and writing of sealed records: the same format and keys as ours, in plain functions."""

import base64
import json
import os
from functools import cache
from typing import Any

import boto3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

JSON = dict[str, Any]


@cache
def _wrapping_key(version: int) -> bytes:
    """The key that wraps data keys, from the stage key that KMS unwraps once per container."""
    wrapped = json.loads(os.environ["RU4M_STAGE_KEYS"])["versions"][str(version)]
    context = {"stage": os.environ["RU4M_STAGE"], "purpose": "sealing"}
    kms = boto3.client("kms")
    stage_key = kms.decrypt(CiphertextBlob=base64.b64decode(wrapped), EncryptionContext=context)["Plaintext"]
    return HKDFExpand(SHA256(), 32, b"ru4m/sealing/wrap").derive(stage_key)


def data_key(item: JSON) -> tuple[int, bytes]:
    """The current version of an account's data key, and the key."""
    version, pk = item["current"]["N"], item["pk"]["S"]
    wrapped = item["wrapped"]["M"][version]["B"]
    return int(version), _open(_wrapping_key(_version_of(wrapped)), wrapped, "data_key", pk, version)


def opened(item: JSON, key: bytes) -> JSON:
    """The personal fields of a record's item."""
    place = item["kind"]["S"], item["pk"]["S"], item["sk"]["S"]
    return dict(json.loads(_open(key, item["sealed"]["B"], *place)))


def seal(fields: JSON, key: bytes, version: int, kind: str, pk: str, sk: str) -> bytes:
    """Seal the personal fields of a record."""
    nonce = os.urandom(12)
    plain = json.dumps(fields, separators=(",", ":")).encode()
    sealed = AESGCM(key).encrypt(nonce, plain, _bound_to(kind, pk, sk, version))
    return b"\x01" + version.to_bytes(2, "big") + nonce + sealed


def _open(key: bytes, blob: bytes, kind: str, pk: str, sk: str) -> bytes:
    return AESGCM(key).decrypt(blob[3:15], blob[15:], _bound_to(kind, pk, sk, _version_of(blob)))


def _bound_to(kind: str, pk: str, sk: str, version: int) -> bytes:
    return "\x1f".join((kind, pk, sk, str(version))).encode()


def _version_of(blob: bytes) -> int:
    return int.from_bytes(blob[1:3], "big")
