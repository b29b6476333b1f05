"""The values of the secrets: made once, never changed by a deployment, never shown."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from infra.deployment.account import Account, AwsClient

_KEY_BYTES = 32
_P256_BYTES = 32

Document = dict[str, Any]


class MissingSecret(RuntimeError):
    """A value that only its owner can give was not given."""


def fill_vault(account: Account, arns: dict[str, str], stream_secret: str | None) -> str:
    """Give every secret a value; returns the JWKS with the public key of the access tokens.

    Args:
        account: where.
        arns: ARN of each secret by purpose.
        stream_secret: the API secret of the Stream application. None keeps what is stored.

    Raises:
        MissingSecret: Stream's secret is neither stored nor given.
    """
    api = account.client("secretsmanager")
    for purpose in ("codes", "lookup", "refresh"):
        _stored_or(api, arns[purpose], _mac_keys)
    signing = _stored_or(api, arns["signing"], _signing_key)
    stored = _read(api, arns["stream"])
    if stream_secret and stored != {"secret": stream_secret}:
        _write(api, arns["stream"], {"secret": stream_secret})
    elif not (stream_secret or stored):
        raise MissingSecret("the API secret of Stream is needed once: RU4M_STREAM_API_SECRET")
    return public_keys(signing)


def public_keys(signing: Document) -> str:
    """The JWKS of a signing secret: what verifies its tokens, and nothing else of it."""
    private = load_pem_private_key(signing["private_key"].encode(), password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise TypeError("the signing key is not an EC key")
    numbers = private.public_key().public_numbers()
    key = {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": signing["kid"]}
    point = {"x": _base64url(numbers.x), "y": _base64url(numbers.y)}
    return json.dumps({"keys": [key | point]}, separators=(",", ":"))


def _mac_keys() -> Document:
    key = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
    return {"versions": {"1": key}, "current": "1"}


def _signing_key() -> Document:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {"kid": secrets.token_hex(8), "private_key": pem.decode()}


def _stored_or(api: AwsClient, arn: str, make: Callable[[], Document]) -> Document:
    stored = _read(api, arn)
    if stored is None:
        stored = make()
        _write(api, arn, stored)
    return stored


def _read(api: AwsClient, arn: str) -> Document | None:
    """The document, or None if the secret never got a value."""
    try:
        text = api.get_secret_value(SecretId=arn)["SecretString"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    document: Document | None = json.loads(text) if text else None
    return document


def _write(api: AwsClient, arn: str, document: Document) -> None:
    api.put_secret_value(SecretId=arn, SecretString=json.dumps(document))


def _base64url(number: int) -> str:
    raw = number.to_bytes(_P256_BYTES, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
