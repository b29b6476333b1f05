"""Signatures of checkpoints: made inside KMS, verified with the public key alone (`core/public_keys`)."""

from dataclasses import dataclass

from chalicelib.core.chain.services import ask
from chalicelib.core.public_keys import fingerprint_of, pem_of
from chalicelib.core.settings import settings


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
        answer = ask(
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
    answer = ask("kms", "get_public_key", KeyId=settings().checkpoint_key())
    return Signer(answer["KeyId"], pem_of(answer["PublicKey"]))
