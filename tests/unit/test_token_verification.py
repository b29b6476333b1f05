"""Tests that a token has one form only, and that no form besides it reaches the claims."""

import base64
import json
import string
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts.sessions.verification import TokenRefused, public_keys, verified_claims
from chalicelib.core.settings import settings
from tests.support.clouds import environment

JWKS = environment.variables()["RU4M_PUBLIC_KEYS"]
CLAIMS: dict[str, Any] = {
    "sub": "a_1", "iat": 0, "exp": 4_000_000_000, "iss": settings().issuer, "aud": settings().audience,
}  # fmt: skip
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


def a_token(headers: dict[str, Any] | None = None) -> str:
    return environment.token_with(headers=headers, **CLAIMS)


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def a_token_with(*letters: str) -> str:
    """Return a token whose signature has these letters, which most signatures have."""
    return next(token for _ in range(1000) if {*letters} <= {*(token := a_token()).rpartition(".")[2]})


def reason(token: str) -> str | None:
    """Return the reason of a refusal; None for a token that is accepted."""
    try:
        verified_claims(token, public_keys(JWKS))
    except TokenRefused as refused:
        return refused.reason
    return None


def with_signature(signature: bytes) -> str:
    return ".".join([*a_token().split(".")[:2], encoded(signature)])


def with_payload(payload: bytes) -> str:
    header = {"kid": environment.KID}
    return jwt.PyJWS().encode(payload, environment.signing_key(), "ES256", headers=header)


def test_genuine_token_has_the_claims_that_were_signed() -> None:
    assert verified_claims(a_token(), public_keys(JWKS)) == CLAIMS


def test_each_published_key_verifies_its_own_tokens_only() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    published = [environment.public_jwk(environment.signing_key()), environment.public_jwk(other, "other")]
    keys = public_keys(json.dumps({"keys": published}))
    assert verified_claims(a_token(), keys) == CLAIMS
    assert verified_claims(environment.token_with(other, {"kid": "other"}, **CLAIMS), keys) == CLAIMS
    with pytest.raises(TokenRefused, match="bad_signature"):
        verified_claims(environment.token_with(other, **CLAIMS), keys)


@pytest.mark.promise("STR-3")
@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ({"alg": "none"}, "bad_signature"),
        ({"alg": "HS256"}, "bad_signature"),
        ({"alg": "es256"}, "bad_signature"),
        ({"typ": None}, "bad_signature"),
        ({"typ": "at+jwt"}, "bad_signature"),
        ({"crit": ["b64"], "b64": False}, "bad_signature"),
        ({"jwk": environment.public_jwk(environment.signing_key())}, "bad_signature"),
        ({"kid": None}, "unknown_key"),
        ({"kid": ["test-1"]}, "unknown_key"),
        ({"kid": 1}, "unknown_key"),
    ],
    ids=["unsigned", "mac", "case", "no_type", "other_type", "critical", "own_key", "no_id", "ids", "number"],
)
def test_header_other_than_ours_is_refused_although_its_signature_is_genuine(
    headers: dict[str, Any], refusal: str
) -> None:
    fields = {"alg": "ES256", "typ": "JWT", "kid": environment.KID} | headers
    header = {name: value for name, value in fields.items() if value is not None}
    message = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(CLAIMS).encode())}"
    signature = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).sign(
        message.encode(), environment.signing_key()
    )
    assert reason(f"{message}.{encoded(signature)}") == refusal


@pytest.mark.promise("STR-3")
@pytest.mark.parametrize(
    ("r", "s"),
    [(0, 0), (0, 1), (1, 0), (1, 1), (ORDER, ORDER), (ORDER - 1, ORDER), (2**256 - 1, 2**256 - 1)],
    ids=str,
)
def test_numbers_that_some_verifiers_accept_for_any_message_are_refused(r: int, s: int) -> None:
    assert reason(with_signature(r.to_bytes(32) + s.to_bytes(32))) == "bad_signature"


def test_signature_of_another_length_or_in_der_is_refused() -> None:
    message, _, part = a_token().rpartition(".")
    genuine = base64.urlsafe_b64decode(part + "==")
    der = encode_dss_signature(int.from_bytes(genuine[:32]), int.from_bytes(genuine[32:]))
    padded = genuine[:32] + b"\0" + genuine[32:]  # the same two numbers
    for signature in (b"", genuine[:63], genuine + b"\0", b"\0" + genuine, padded, der):
        assert reason(f"{message}.{encoded(signature)}") == "bad_signature"


def test_payload_is_not_parsed_before_its_signature_is_verified() -> None:
    header, _, signature = a_token().split(".")
    assert reason(f"{header}.{encoded(b'[' * 3000)}.{signature}") == "bad_signature"


def test_signature_has_one_spelling() -> None:
    token = a_token()
    letters = string.ascii_letters + string.digits + "-_"
    others = [token[:-1] + letter for letter in letters if letter != token[-1]]
    assert {reason(one) for one in others} <= {"malformed", "bad_signature"}
    message, _, part = a_token_with("-", "_").rpartition(".")
    assert reason(f"{message}.{part}") is None
    assert reason(f"{message}.{part.replace('-', '+').replace('_', '/')}") == "malformed"


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:0],
        lambda token: "." * token.count("."),
        lambda token: token.rpartition(".")[0],
        lambda token: f"{token}.",
        lambda token: f"{token}=",
        lambda token: f"{token}\n",
        lambda token: token.replace(".", "!.", 1),
        lambda token: token.replace("e", "\N{CYRILLIC SMALL LETTER IE}", 1),
        lambda token: f"{encoded(b'[' * 290)}.{token.partition('.')[2]}",
        lambda token: f"{encoded(b'{}')}A.{token.partition('.')[2]}",
    ],
)
def test_text_that_is_no_token_is_refused_as_malformed(change: Any) -> None:
    assert reason(change(a_token())) == "malformed"


def test_header_is_refused_for_its_length_before_it_is_parsed() -> None:
    for header in (b"[" * 2990, json.dumps({"kid": environment.KID}).encode() + b" " * 400):
        signed = f"{encoded(header)}.{encoded(b'{}')}"
        assert reason(f"{signed}.{encoded(b'0' * 64)}") == "malformed"


@pytest.mark.parametrize("payload", [b"", b"[]", b'"text"', b"{", b"\xff", b"[" * 3000])
def test_signed_payload_that_is_no_object_is_refused(payload: bytes) -> None:
    assert reason(with_payload(payload)) == "malformed"


@given(st.data())
def test_altered_token_that_is_accepted_says_the_same_to_pyjwt(data: st.DataObject) -> None:
    token = a_token()
    at = data.draw(st.integers(0, len(token) - 1))
    altered = token[:at] + data.draw(st.text(max_size=2)) + token[at + data.draw(st.integers(0, 2)) :]
    if reason(altered) is None:
        key = environment.signing_key().public_key()
        assert jwt.decode(altered, key, ["ES256"], audience=settings().audience) == CLAIMS
        assert verified_claims(altered, public_keys(JWKS)) == CLAIMS


@pytest.mark.parametrize("changes", [{"x": "AAAA"}, {"x": "A"}, {"y": ""}], ids=str)
def test_key_set_with_a_key_that_is_not_on_the_curve_is_refused(changes: dict[str, str]) -> None:
    key = environment.public_jwk(environment.signing_key()) | changes
    with pytest.raises(jwt.InvalidKeyError):
        public_keys(json.dumps({"keys": [key]}))
