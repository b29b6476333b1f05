"""Tests sessions: the claims of a token, the checks of each request, and logging out."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from botocore.exceptions import EndpointConnectionError
from cryptography.hazmat.primitives.asymmetric import ec

from chalicelib.accounts.sessions import logout, store
from chalicelib.core import keyring
from chalicelib.core.ids import SessionId
from tests.support import patches
from tests.support.clouds import cloud, environment
from tests.support.faults.races import before_the_commit
from tests.support.world.world import User, World


def claims_of(user: User, **changes: Any) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(user.session["access_token"], options={"verify_signature": False})
    return claims | changes


def call_with(world: World, token: str) -> str | None:
    return world.call("GET", "/v1/profile", headers={"Authorization": f"Bearer {token}"}).problem


def test_token_contains_the_account_and_the_session_and_no_other_data(world: World) -> None:
    mila = world.a_user()
    claims = claims_of(mila)
    assert set(claims) == {"iss", "aud", "sub", "sid", "iat", "exp"}
    assert claims["exp"] - claims["iat"] == 15 * 60
    assert claims["sid"] == mila.session["session_id"]


@pytest.mark.promise("STR-3")
def test_session_cannot_mint_chat_tokens_after_its_logout(world: World) -> None:
    mila = world.a_user()
    assert mila.mints_a_chat_token().status == 200
    assert mila.logs_out().status == 204
    assert mila.mints_a_chat_token().problem == "session_ended"
    assert mila.gets("/v1/profile").problem == "session_ended"


@pytest.mark.promise("ACC-5")
def test_device_can_end_another_device(world: World) -> None:
    phone = world.a_user()
    tablet = world.a_user(phone=phone.phone)
    assert phone.calls("DELETE", f"/v1/sessions/{tablet.session['session_id']}").status == 204
    assert tablet.gets("/v1/profile").problem == "session_ended"
    assert phone.gets("/v1/profile").status == 200


@pytest.mark.promise("STR-3")
@pytest.mark.parametrize(
    ("service", "operation"), [("kms", "Decrypt"), ("secretsmanager", "GetSecretValue")], ids=["kms", "vault"]
)
@pytest.mark.parametrize("path", ["/{session_id}", ""], ids=["one", "all"])
def test_session_ends_while_its_device_cannot_be_read(
    world: World, service: str, operation: str, path: str
) -> None:
    mila = world.a_user()
    keyring.forget()
    keyring.forget_stage_keys()
    with cloud.failing(service, operation, EndpointConnectionError(endpoint_url="https://aws")):
        assert mila.calls("DELETE", f"/v1/sessions{path}".format(**mila.session)).status == 204
    assert mila.gets("/v1/profile").problem == "session_ended"


def test_ended_session_cannot_be_ended_again(world: World) -> None:
    phone = world.a_user()
    tablet = world.a_user(phone=phone.phone)
    path = f"/v1/sessions/{tablet.session['session_id']}"
    assert [phone.calls("DELETE", path).status for _ in range(2)] == [204, 404]


@pytest.mark.promise("ACC-5")
def test_all_sessions_end_although_another_request_ends_one_meanwhile(world: World) -> None:
    phone = world.a_user()
    tablet, stolen = (world.a_user(phone=phone.phone) for _ in range(2))
    during = before_the_commit(tablet.logs_out)
    assert phone.calls("DELETE", "/v1/sessions").status == 204
    assert [reply.status for reply in during] == [204]
    assert stolen.gets("/v1/profile").problem == "session_ended"
    assert phone.gets("/v1/profile").problem == "session_ended"


@pytest.mark.promise("ACC-5")
def test_all_sessions_end_although_one_transaction_does_not_take_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logout, "_SESSIONS_PER_TRANSACTION", 1)
    phone = world.a_user()
    others = [world.a_user(phone=phone.phone) for _ in range(2)]
    assert phone.calls("DELETE", "/v1/sessions").status == 204
    assert [one.gets("/v1/profile").problem for one in (phone, *others)] == ["session_ended"] * 3


@pytest.mark.promise("ACC-5")
def test_sign_in_while_all_sessions_end_is_ended_too(world: World) -> None:
    phone = world.a_user()
    thief = before_the_commit(lambda: world.a_user(phone=phone.phone))
    assert phone.calls("DELETE", "/v1/sessions").status == 204
    assert thief[0].gets("/v1/profile").problem == "session_ended"


@pytest.mark.promise("ACC-5")
def test_sign_ins_without_end_do_not_keep_the_request(world: World) -> None:
    phone = world.a_user()
    read = store.ids_of
    patches.current().setattr(store, "ids_of", lambda account: [*read(account), SessionId.new()])
    assert phone.calls("DELETE", "/v1/sessions").problem == "unavailable"


@pytest.mark.promise("ACC-5")
def test_device_can_end_all_others_and_stays_signed_in(world: World) -> None:
    phone = world.a_user()
    others = [world.a_user(phone=phone.phone) for _ in range(2)]
    assert phone.calls("DELETE", "/v1/sessions/others").status == 204
    assert [one.gets("/v1/profile").problem for one in others] == ["session_ended"] * 2
    assert [one["current"] for one in phone.gets("/v1/sessions").json["items"]] == [True]


@pytest.mark.promise("ACC-5")
def test_idle_session_expires_although_its_token_is_valid(world: World) -> None:
    mila = world.a_user()
    world.advance(timedelta(days=60))
    token = environment.token_with(**claims_of(mila, iat=world.now, exp=world.now + timedelta(minutes=15)))
    assert call_with(world, token) == "session_ended"


def issued(world: World, ahead: timedelta) -> str:
    """Return a token whose signer's clock is ahead."""
    now = world.now + ahead
    return environment.token_with(**claims_of(world.a_user(), iat=now, exp=now + timedelta(minutes=15)))


def test_clock_of_the_signer_may_be_five_seconds_ahead(world: World) -> None:
    assert call_with(world, issued(world, timedelta(seconds=5))) is None
    assert call_with(world, issued(world, timedelta(seconds=6))) == "unauthenticated"


@pytest.mark.parametrize("iat", [True, "1", 10**400], ids=["boolean", "text", "endless"])
def test_token_with_a_malformed_time_of_issue_is_refused(world: World, iat: object) -> None:
    token = environment.token_with(**claims_of(world.a_user(), iat=iat))
    assert call_with(world, token) == "unauthenticated"


@pytest.mark.promise("SEC-1")
def test_token_of_another_key_is_refused(world: World) -> None:
    forged = environment.token_with(ec.generate_private_key(ec.SECP256R1()), **claims_of(world.a_user()))
    assert call_with(world, forged) == "unauthenticated"


def test_token_under_an_unknown_key_id_is_refused(world: World) -> None:
    token = environment.token_with(headers={"kid": "other"}, **claims_of(world.a_user()))
    assert call_with(world, token) == "unauthenticated"


@pytest.mark.promise("SEC-1")
def test_token_without_signature_is_refused(world: World) -> None:
    token = jwt.encode(claims_of(world.a_user()), "", algorithm="none", headers={"kid": environment.KID})
    assert call_with(world, token) == "unauthenticated"


@pytest.mark.promise("SEC-1")
def test_token_signed_with_the_public_key_as_a_shared_secret_is_refused(world: World) -> None:
    """The known algorithm confusion: HS256 keyed with the public key."""

    def part(value: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    header = {"alg": "HS256", "typ": "JWT", "kid": environment.KID}
    signed = part(header) + b"." + part(claims_of(world.a_user()))
    secret = json.dumps(environment.public_jwk(environment.signing_key())).encode()
    mac = base64.urlsafe_b64encode(hmac.digest(secret, signed, hashlib.sha256)).rstrip(b"=")
    assert call_with(world, (signed + b"." + mac).decode()) == "unauthenticated"


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.test"},
        {"aud": "another-app"},
        {"sub": "a_nobody"},
        {"sid": None},
        {"exp": None},
        {"iat": None},
    ],
    ids=str,
)
def test_token_with_a_wrong_or_missing_claim_is_refused(world: World, changes: dict[str, Any]) -> None:
    claims = {k: v for k, v in claims_of(world.a_user(), **changes).items() if v is not None}
    assert call_with(world, environment.token_with(**claims)) == "unauthenticated"


def nested_header() -> str:
    """Return a header nested as deeply as the gateway's limit on headers permits."""
    header = '{"alg":"ES256","kid":' + "[" * 3000 + "]" * 3000 + "}"
    return "Bearer " + base64.urlsafe_b64encode(header.encode()).decode().rstrip("=") + ".e30.x"


@pytest.mark.parametrize(
    "value",
    [None, "", "Bearer", "Basic bWlsYTptaWxh", "Bearer a.b.c", "Bearer é.b.c", nested_header()],
    ids=["none", "empty", "scheme only", "basic", "no base64", "not ascii", "deeply nested"],
)
def test_malformed_bearer_token_is_refused(world: World, value: str | None) -> None:
    header = {} if value is None else {"Authorization": value}
    assert world.call("GET", "/v1/profile", headers=header).problem == "unauthenticated"
