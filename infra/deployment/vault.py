"""The values of the secrets: generated once, never changed by a deployment, never printed.

Also the public keys of the certificates of erasures, read from KMS.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from chalicelib.core.signatures import fingerprint_of, pem_of
from infra.deployment.account import AwsAccount, AwsClient, existing
from infra.ops.refused import CommandRefused

_KEY_BYTES = 32
_P256_BYTES = 32

# Of pushes. They issue the credentials; until `ops keys push` stores them, the documents are empty.
PROVIDERS = ("apple", "google")

Document = dict[str, Any]


class MissingSecret(CommandRefused):
    """A secret has no value: it cannot be generated, or the stage was never deployed."""


def fill_vault(
    account: AwsAccount, stage: str, arns: dict[str, str], sealing_key: str, stream_secret: str | None
) -> dict[str, str]:
    """Generate and store every secret that has no value yet.

    Returns the parameters of the service stack with what is not secret of them.

    Args:
        account: the account of the stage.
        stage: bound to the stage key, so that it cannot open another stage's records.
        sealing_key: ARN of the KMS key that wraps the stage key.
        arns: ARN of each secret by purpose.
        stream_secret: the API secret of the Stream application. None keeps the stored one.

    Raises:
        MissingSecret: Stream's secret is neither stored nor given.
    """
    api = account.client("secretsmanager")
    for purpose in ("codes", "peppers", "receipts", "refresh"):
        _stored_or(api, arns[purpose], _mac_keys)
    for provider in PROVIDERS:
        _stored_or(api, arns[provider], dict)
    _stored_or(api, arns["pairs"], _pair_key)
    lookup, staff = (_stored_or(api, arns[purpose], _mac_keys) for purpose in ("lookup", "staff"))
    signing = _stored_or(api, arns["signing"], _signing_key)
    held = read(api, arns["stream"])
    if stream_secret and held != {"secret": stream_secret}:
        write(api, arns["stream"], {"secret": stream_secret})
    elif not (stream_secret or held):
        raise MissingSecret("the first deployment needs Stream's API secret: set RU4M_STREAM_API_SECRET")
    sealing = _stored_or(api, arns["sealing"], lambda: _stage_keys(account, stage, sealing_key))
    return {
        "LookupVersions": versions_of(lookup),
        "PublicKeys": public_keys(signing),
        "SigningKid": signing["signing"],
        "StaffVersions": versions_of(staff),
        "StageKeys": stage_keys_of(sealing),
    }


def versions_of(macs: Document) -> str:
    """Return the versions of an HMAC secret as configured in functions, current one first."""
    others = sorted(macs["versions"].keys() - {macs["current"]}, key=int, reverse=True)
    return ",".join((macs["current"], *others))


def stage_keys_of(sealing: Document) -> str:
    """Return the versions of the stage key for the functions' configuration."""
    return json.dumps(sealing, separators=(",", ":"))


def public_keys(signing: Document) -> str:
    """Return the JWKS of a signing secret: only the public keys that verify tokens."""
    keys = [_public_key(kid, pem) for kid, pem in sorted(signing["keys"].items())]
    return json.dumps({"keys": keys}, separators=(",", ":"))


def certificate_keys_of(account: AwsAccount, arns: str) -> str:
    """Return the public keys that verify certificates of erasures, as configured in functions.

    Args:
        account: the account of the stage.
        arns: ARNs of all keys that sign or signed certificates, separated by commas, the current one first.
    """
    kms = account.client("kms")
    pems = [pem_of(kms.get_public_key(KeyId=arn)["PublicKey"]) for arn in arns.split(",")]
    keys = [{"kid": fingerprint_of(pem), "pem": pem} for pem in pems]
    return json.dumps({"keys": keys}, separators=(",", ":"))


def _public_key(kid: str, pem: str) -> Document:
    private = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise TypeError("the signing key is not an EC key")
    numbers = private.public_key().public_numbers()
    point = {"x": _base64url(numbers.x), "y": _base64url(numbers.y)}
    return {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, **point}


def _mac_keys() -> Document:
    return {"versions": {"1": new_mac_key()}, "current": "1"}


def _pair_key() -> Document:
    # Without versions, since it is never rotated (core/keyring).
    return {"key": new_mac_key()}


def new_mac_key() -> str:
    """Generate a key for HMAC-SHA-256, base64."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def _stage_keys(account: AwsAccount, stage: str, sealing_key: str) -> Document:
    """Generate the first version of the stage key.

    KMS wraps it, so this process never sees it in clear.
    """
    return {"current": "1", "versions": {"1": wrapped_stage_key(account, stage, sealing_key)}}


def wrapped_stage_key(account: AwsAccount, stage: str, sealing_key: str) -> str:
    """Generate a stage key, wrapped for this stage, base64."""
    made = account.client("kms").generate_data_key_without_plaintext(
        KeyId=sealing_key,
        KeySpec="AES_256",
        EncryptionContext={"stage": stage, "purpose": "sealing"},
    )
    return base64.b64encode(made["CiphertextBlob"]).decode()


def _signing_key() -> Document:
    kid, pem = new_signing_key()
    return {"keys": {kid: pem}, "signing": kid}


def new_signing_key() -> tuple[str, str]:
    """Generate a key id and a private key (PEM, PKCS 8) for access tokens."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secrets.token_hex(8), pem.decode()


def _stored_or(api: AwsClient, arn: str, make: Callable[[], Document]) -> Document:
    held = read(api, arn)
    if held is None:
        held = make()
        write(api, arn, held)
    return held


def read(api: AwsClient, arn: str) -> Document | None:
    """Return the document of a secret, or None if it has no value yet."""
    found = existing(lambda: api.get_secret_value(SecretId=arn))
    document: Document | None = json.loads(found["SecretString"]) if found and found["SecretString"] else None
    return document


def stored(api: AwsClient, arn: str) -> Document:
    """Return the document of a secret that a deployment has filled.

    Raises:
        MissingSecret: it has no value yet.
    """
    document = read(api, arn)
    if document is None:
        raise MissingSecret("the stage has no such key yet: deploy it first")
    return document


def name_of(stage: str, purpose: str) -> str:
    """Return the name of a secret, as infra/template/vault.yaml sets it."""
    return f"ru4m/{stage}/{purpose}"


def write(api: AwsClient, arn: str, document: Document) -> None:
    """Store a new value of a secret; the previous value stays readable as its previous version."""
    api.put_secret_value(SecretId=arn, SecretString=json.dumps(document))


def _base64url(number: int) -> str:
    raw = number.to_bytes(_P256_BYTES, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
