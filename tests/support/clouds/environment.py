"""The environment variables of a function as the template sets them, with keys for tests."""

import base64
import json
import secrets
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm

from chalicelib.core import countries, principals
from chalicelib.core.table_names import Table

REGION = "eu-central-1"
STREAM_SECRET = secrets.token_hex(32)
STREAM_API_KEY = "test-key"
KID = "test-1"
ISSUER = "https://api.test"


@cache
def signing_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_jwk(key: ec.EllipticCurvePrivateKey, kid: str = KID) -> dict[str, Any]:
    return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", "alg": "ES256"}


def variables() -> dict[str, str]:
    return {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "RU4M_STAGE": "staging",
        "RU4M_VERSION": "test",
        "RU4M_ISSUER": ISSUER,
        "RU4M_PUBLIC_KEYS": json.dumps({"keys": [public_jwk(signing_key())]}),
        "RU4M_STREAM_API_KEY": STREAM_API_KEY,
        "RU4M_STREAM_URL": "http://127.0.0.1:9",
        "RU4M_CONTACT_EMAIL": "privacy@test.example",
        "RU4M_COMPANY_NUMBER": "12345678",
        "RU4M_TAX_NUMBER": "123456789",
        "RU4M_SMS_COUNTRIES": ",".join(sorted(countries.SERVED)),
        **{f"RU4M_TABLE_{name.upper()}": f"ru4m-test-{name}" for name in map(str, Table)},
        "RU4M_OPERATORS": principals.of_account("aws", "123456789012"),
        "RU4M_LOOKUP_VERSIONS": "1",
        "RU4M_STAFF_VERSIONS": "1",
        "RU4M_SIGNING_KID": KID,
        "RU4M_MAIL_FROM": "notices@test.example",
        "RU4M_MAIL_CONFIGURATION": "ru4m-test",
        "RU4M_EXPORT_BUCKET": "ru4m-test-exports",
        "RU4M_AVATARS_BUCKET": "ru4m-test-avatars",
        "RU4M_PAPERS_BUCKET": "ru4m-test-papers",
        "RU4M_REPORTED_BUCKET": "ru4m-test-reported",
        "RU4M_RIGHTS_QUEUE": f"https://sqs.{REGION}.amazonaws.com/123456789012/ru4m-test-rights",
        "RU4M_TRANSFERS_QUEUE": f"https://sqs.{REGION}.amazonaws.com/123456789012/ru4m-test-transfers",
        "RU4M_ERASURES_QUEUE": f"https://sqs.{REGION}.amazonaws.com/123456789012/ru4m-test-erasures",
        "RU4M_BREACHES_QUEUE": f"https://sqs.{REGION}.amazonaws.com/123456789012/ru4m-test-breaches",
        "RU4M_ANNOUNCEMENTS_QUEUE": f"https://sqs.{REGION}.amazonaws.com/123456789012/ru4m-test-announcements",
        "RU4M_RENEWALS_QUEUE": f"https://sqs.{REGION}.amazonaws.com/123456789012/ru4m-test-renewals",
        "RU4M_DEAD_QUEUE": f"https://sqs.{REGION}.amazonaws.com/123456789012/ru4m-test-dead",
        "RU4M_HOOKS_QUEUE": f"https://sqs.{REGION}.amazonaws.com/123456789012/ru4m-test-hooks",
        "RU4M_PUSHES_QUEUE": f"https://sqs.{REGION}.amazonaws.com/123456789012/ru4m-test-pushes",
        "RU4M_CERTIFICATE_KEY": "alias/ru4m-test-certificates",
        "RU4M_CERTIFICATE_KEYS": '{"keys":[]}',
        "RU4M_CHECKPOINT_BUCKET": "ru4m-test-checkpoints",
        "RU4M_CHECKPOINT_KEY": "alias/ru4m-test-checkpoints",
        **{f"RU4M_SECRET_{name.upper()}": f"ru4m/test/{name}" for name in secret_documents()},
    }


@cache
def secret_documents() -> dict[str, dict[str, Any]]:
    def versioned() -> dict[str, Any]:
        return {"versions": {"1": base64.b64encode(secrets.token_bytes(32)).decode()}, "current": "1"}

    return {
        "apple": {},
        "codes": versioned(),
        "google": {},
        "lookup": versioned(),
        "pairs": {"key": base64.b64encode(b"p" * 32).decode()},
        "peppers": versioned(),
        "receipts": versioned(),
        "refresh": versioned(),
        "staff": versioned(),
        "signing": {"keys": {KID: pem(signing_key())}, "signing": KID},
        "stream": {"secret": STREAM_SECRET},
    }


def token_with(key: Any = None, headers: dict[str, Any] | None = None, **claims: Any) -> str:
    """Return a hand-made access token, for tests of the authorizer's refusals."""
    return jwt.encode(
        claims, key or signing_key(), algorithm="ES256", headers={"kid": KID, **(headers or {})}
    )
