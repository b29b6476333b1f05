"""Tests responses of the deployed gateway and authorizer to unauthenticated callers."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone, PhoneAnswer

Forge = Callable[[dict[str, Any], dict[str, Any], str], str]  # claims, signing secret, public key -> token


def _signed(claims: dict[str, Any], secret: dict[str, Any], **changes: Any) -> str:
    headers = {"kid": secret["signing"]}
    return jwt.encode(claims | changes, secret["keys"][secret["signing"]], "ES256", headers=headers)


def _expired(claims: dict[str, Any], secret: dict[str, Any], _: str) -> str:
    return _signed(claims, secret, iat=int(time.time()) - 3600, exp=int(time.time()) - 60)


def _unsigned(claims: dict[str, Any], secret: dict[str, Any], _: str) -> str:
    return jwt.encode(claims, "", "none", headers={"kid": secret["signing"]})


def _by_another_key(claims: dict[str, Any], secret: dict[str, Any], _: str) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return jwt.encode(claims, pem, "ES256", headers={"kid": secret["signing"]})


def _mac_with_the_public_key(claims: dict[str, Any], secret: dict[str, Any], public: str) -> str:
    # Signed without a library, since libraries refuse to sign with a public key.
    parts = ({"alg": "HS256", "typ": "JWT", "kid": secret["signing"]}, claims)
    text = ".".join(_base64url(json.dumps(part).encode()) for part in parts)
    return f"{text}.{_base64url(hmac.digest(public.encode(), text.encode(), 'sha256'))}"


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _of_an_unknown_key(claims: dict[str, Any], secret: dict[str, Any], _: str) -> str:
    return jwt.encode(claims, secret["keys"][secret["signing"]], "ES256", headers={"kid": "unknown"})


def _of_another_issuer(claims: dict[str, Any], secret: dict[str, Any], _: str) -> str:
    return _signed(claims, secret, iss="https://elsewhere.example")


def _for_another_audience(claims: dict[str, Any], secret: dict[str, Any], _: str) -> str:
    return _signed(claims, secret, aud="somebody-else")


@pytest.fixture(scope="module")
def signing(cloud: LocalCloud) -> dict[str, Any]:
    """Return the signing secret of tokens, read as root."""
    secrets = cloud.account.client("secretsmanager")
    document: dict[str, Any] = json.loads(
        secrets.get_secret_value(SecretId="ru4m/local/signing")["SecretString"]
    )
    return document


def is_documented_problem(answer: PhoneAnswer, status: int, code: str) -> bool:
    """Return whether a response is the problem document of the contract."""
    body = answer.body
    return (
        (answer.status, answer.problem, body["status"]) == (status, code, status)
        and body["type"] == f"https://ru4m.com/problems/{code}"
        and body.keys() >= {"title", "detail", "request_id"}
        and bool(body["request_id"])
    )


@pytest.mark.promise("STR-3")
@pytest.mark.parametrize(
    "forge",
    [
        _expired,
        _unsigned,
        _by_another_key,
        _mac_with_the_public_key,
        _of_an_unknown_key,
        _of_another_issuer,
        _for_another_audience,
    ],
)
def test_foreign_or_invalid_token_is_refused(forge: Forge, mila: Phone, signing: dict[str, Any]) -> None:
    claims = jwt.decode(mila.access_token, options={"verify_signature": False})
    published = jwt.PyJWKSet.from_dict(mila.call("GET", "/.well-known/jwks.json").body)
    public = published.keys[0].key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    token = forge(claims, signing, public.decode())
    assert is_documented_problem(mila.call("POST", "/v1/chat/token", token=token), 401, "unauthenticated")


def test_token_built_by_the_same_helpers_without_forgery_is_accepted(
    mila: Phone, signing: dict[str, Any]
) -> None:
    claims = jwt.decode(mila.access_token, options={"verify_signature": False})
    assert mila.call("POST", "/v1/chat/token", token=_signed(claims, signing)).status == 200


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c"])
def test_missing_or_malformed_token_is_refused(token: str, mila: Phone) -> None:
    assert is_documented_problem(mila.call("GET", "/v1/profile", token=token), 401, "unauthenticated")


@pytest.mark.promise("STR-3")
def test_token_of_an_ended_session_is_refused(a_phone: Callable[[], Phone]) -> None:
    jovan = a_phone()
    jovan.sign_up("Jovan")
    assert jovan.call("POST", "/v1/chat/token").status == 200
    jovan.log_out()
    for method, path in (("POST", "/v1/chat/token"), ("GET", "/v1/profile")):
        assert is_documented_problem(jovan.call(method, path), 401, "session_ended")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/nothing"), ("DELETE", "/v1/health"), ("GET", "/"), ("PUT", "/v1/profile")],
)
def test_unknown_path_or_method_is_not_found_with_and_without_a_token(
    method: str, path: str, mila: Phone
) -> None:
    for token in ("", mila.access_token):
        assert is_documented_problem(mila.call(method, path, token=token), 404, "not_found")


def test_body_of_the_wrong_type_is_refused(mila: Phone) -> None:
    answer = mila.call("POST", "/v1/signup", {"phone": "1"}, headers={"Content-Type": "text/plain"})
    assert is_documented_problem(answer, 415, "unsupported_media_type")
