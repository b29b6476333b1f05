"""The signed file of a certificate. It needs neither KMS nor the certificate's own types."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Literal, Self

from chalicelib.core.canonical import canonical

ALGORITHM: Literal["ECDSA_SHA_256"] = "ECDSA_SHA_256"


class NotAnEnvelope(ValueError):
    """The bytes are not a signed certificate; the text quotes nothing of them."""


@dataclass(frozen=True)
class Envelope:
    """A signed certificate: the certificate's bytes, and the signature over them in DER."""

    kid: str  # SHA-256 of the public key in DER, in hex
    signature: bytes
    certificate: bytes

    def document(self) -> bytes:
        """The envelope as it is stored and downloaded: canonical JSON, bytes as base64url with padding."""
        parts = {
            "algorithm": ALGORITHM,
            "certificate": urlsafe_b64encode(self.certificate).decode(),
            "kid": self.kid,
            "signature": urlsafe_b64encode(self.signature).decode(),
        }
        return canonical(parts).encode()

    @classmethod
    def read(cls, document: bytes) -> Self:
        """The envelope of a stored document; the signature is not verified.

        Raises:
            NotAnEnvelope: the document is not one that `document` gives.
        """
        try:
            parts = json.loads(document)
            found = cls(
                kid=str(parts["kid"]),
                signature=urlsafe_b64decode(parts["signature"]),
                certificate=urlsafe_b64decode(parts["certificate"]),
            )
            if found.document() == document:
                return found
        except (KeyError, TypeError, ValueError, RecursionError):
            pass
        raise NotAnEnvelope("not a signed certificate")
