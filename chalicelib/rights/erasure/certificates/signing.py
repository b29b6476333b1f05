"""Signatures of certificates: made inside KMS by a key of their own, verified with the public key alone.

Invariants:

- The signature is over the SHA-256 of the certificate's canonical bytes, and KMS gets the digest only
  (`MessageType=DIGEST`): a message of more than 4,096 bytes is refused as `RAW`.
- `openssl dgst -sha256 -verify` over the same bytes verifies it (docs/certificates.md).
- Signing has no side effect. After a crash, `sign` may be called again and returns another valid signature,
  since ECDSA is randomised. The caller stores the first envelope on condition that none is stored. Only the
  end of a hold replaces it (`erasure/certify`).
- A signature that the public key does not confirm is never returned.
- If KMS does not answer, throttles or fails, `Unavailable` is raised and the step waits. If KMS refuses,
  `AwsBug` is raised for an operator.

Rotation: a new key is added to the vault's template beside the old one, and deployments publish the public
keys of both (infra/template/vault.yaml). The envelope names its key by the SHA-256 of the public key.
"""

import hashlib

from chalicelib.core import aws
from chalicelib.core.aws import AwsBug
from chalicelib.core.settings import settings
from chalicelib.core.signatures import PublicKeys, fingerprint_of, pem_of
from chalicelib.rights.erasure.certificates.envelope import ALGORITHM, Envelope
from chalicelib.rights.erasure.certificates.model import ErasureCertificate


def sign(certificate: ErasureCertificate) -> Envelope:
    """Sign a certificate with the current key.

    Raises:
        NotACertificate: the certificate was made or changed without validation; KMS is not asked.
        Unavailable: KMS does not answer, throttles, or fails.
        AwsBug: KMS refuses, or the signature is not that of its key.
    """
    document = certificate.document()
    # An alias is resolved once, so that the signature and the key id are of the same key.
    key = aws.ask("kms", "get_public_key", KeyId=settings().certificate_key())
    pem = pem_of(key["PublicKey"])
    answer = aws.ask(
        "kms",
        "sign",
        KeyId=key["KeyId"],
        Message=hashlib.sha256(document).digest(),
        MessageType="DIGEST",
        SigningAlgorithm=ALGORITHM,
    )
    envelope = Envelope(fingerprint_of(pem), answer["Signature"], document)
    if not verify(envelope, PublicKeys(pem)):
        raise AwsBug("NotConfirmed")
    return envelope


def verify(envelope: Envelope, keys: PublicKeys) -> bool:
    """Return whether one of these keys signed the certificate's bytes; needs no network."""
    return keys.confirm(envelope.kid, envelope.signature, envelope.certificate)
