"""Signatures by keys in KMS: ECDSA over P-256 and SHA-256, made inside KMS.

They are verified offline, with the public key alone.
"""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from chalicelib.core import aws
from chalicelib.core.settings import settings


class PublicKeys:
    """The keys that a verifier trusts, including older ones, by fingerprint."""

    def __init__(self, *pems: str) -> None:
        """Read the keys from PEM documents.

        Raises:
            TypeError: a key is not an EC key on P-256.
        """
        keys = [_public(pem) for pem in pems]
        self._by_fingerprint = {_fingerprint(key): key for key in keys}

    def confirm(self, fingerprint: str, signature: bytes, message: bytes) -> bool:
        """Whether the trusted key with this fingerprint signed the message."""
        key = self._by_fingerprint.get(fingerprint)
        if key is None:
            return False
        try:
            key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


def fingerprint_of(pem: str) -> str:
    """SHA-256 of a public key in DER, in hex, by which signed documents name the key.

    Raises:
        TypeError: the key is not an EC key on P-256.
    """
    return _fingerprint(_public(pem))


def pem_of(der: bytes) -> str:
    """The PEM document of a public key as KMS returns it (DER)."""
    key = load_der_public_key(der)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _public(pem: str) -> ec.EllipticCurvePublicKey:
    key = load_pem_public_key(pem.encode())
    if not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)):
        raise TypeError("not an EC key on P-256")
    return key


def _fingerprint(key: ec.EllipticCurvePublicKey) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


@dataclass(frozen=True)
class Signer:
    """The current signing key: its ARN in KMS, and its public key."""

    arn: str
    pem: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key, by which statements name it."""
        return fingerprint_of(self.pem)

    def sign(self, message: bytes) -> bytes:
        """Sign a message: ECDSA over P-256 and SHA-256, in DER."""
        answer = aws.ask(
            "kms",
            "sign",
            KeyId=self.arn,
            Message=message,
            MessageType="RAW",
            SigningAlgorithm="ECDSA_SHA_256",
        )
        signature: bytes = answer["Signature"]
        return signature


def current_signer() -> Signer:
    """The key that the settings name; an alias is resolved once, so that a run uses one key."""
    answer = aws.ask("kms", "get_public_key", KeyId=settings().checkpoint_key())
    return Signer(answer["KeyId"], pem_of(answer["PublicKey"]))
