"""Tokens: which are accepted, and the error code of each refusal."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import jwt
import pytest
import requests

from chalicelib.stream import token
from tests.contract.emulated_app import HOUR, Phone, Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App

FORGED = "a secret of somebody else, long enough"


def asks(phone: Phone) -> Refused:
    return phone.refused("GET", "/app")


def test_token_of_the_service_identifies_a_client(app: App) -> None:
    app.people("mila")
    assert app.phone("mila").ask("GET", "/app").status_code == 200
    assert app.emulator.requests(principal="client:mila", path="/app") != []


def test_token_of_the_service_equals_that_of_the_official_sdk(app: App) -> None:
    now = int(time.time())
    ours = token.signed({"user_id": "mila", "exp": now + HOUR, "iat": now - 5}, app.emulator.secret)
    assert ours == app.server.create_token("mila", exp=now + HOUR, iat=now - 5)


def test_token_without_a_user_identifies_the_server(app: App) -> None:
    empty = Phone(app.emulator, jwt.encode({}, app.emulator.secret))
    assert empty.ask("GET", "/roles").status_code == 200


def test_key_of_another_app_is_refused(app: App) -> None:
    assert app.backend().refused("GET", "/app", api_key="another") == Refused(401, 2)


def test_expired_token_is_refused(app: App) -> None:
    app.people("mila")
    assert asks(app.phone("mila", life=-1)) == Refused(401, 40)


def test_token_expires_by_the_clock(app: App) -> None:
    app.people("mila")
    phone = app.phone("mila")
    app.emulator.advance(HOUR + 1)
    assert asks(phone) == Refused(401, 40)


def test_token_from_the_future_is_refused(app: App) -> None:
    app.people("mila")
    assert asks(app.phone("mila", age=-60)) == Refused(401, 42)


def test_token_that_is_not_valid_yet_is_refused(app: App) -> None:
    app.people("mila")
    assert asks(app.phone("mila", nbf=int(time.time()) + 60)) == Refused(401, 41)


def test_forged_token_is_refused(app: App) -> None:
    app.people("mila")
    forged = jwt.encode({"user_id": "mila"}, FORGED)
    assert asks(Phone(app.emulator, forged)) == Refused(401, 43)


@pytest.mark.parametrize("algorithm", ["HS512", "none"])
def test_only_hs256_is_accepted(app: App, algorithm: str) -> None:
    app.people("mila")
    key = "" if algorithm == "none" else app.emulator.secret * 2
    token = jwt.encode({"user_id": "mila"}, key, algorithm=algorithm)
    assert asks(Phone(app.emulator, token)) == Refused(401, 5)


@pytest.mark.parametrize("claims", [{"exp": "tomorrow"}, {"iat": "now"}, {"user_id": 7}])
def test_claim_of_a_wrong_type_is_refused(app: App, claims: dict[str, object]) -> None:
    payload = base64.urlsafe_b64encode(json.dumps({"user_id": "mila"} | claims).encode())
    whole = jwt.api_jws.encode(base64.urlsafe_b64decode(payload), app.emulator.secret, algorithm="HS256")
    assert asks(Phone(app.emulator, whole)) == Refused(401, 5)


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "Bearer x"])
def test_malformed_token_is_refused(app: App, token: str) -> None:
    assert asks(Phone(app.emulator, token)) == Refused(401, 5)


def test_development_token_is_refused(app: App) -> None:
    header, payload = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "HS256"}, {"user_id": "mila"})
    )
    app.people("mila")
    phone = Phone(app.emulator, f"{header}.{payload}.devtoken")
    assert asks(phone) in (Refused(401, 5), Refused(401, 43))
    app.server.update_app_settings(disable_auth_checks=True)
    assert phone.ask("GET", "/app").status_code == 200


def test_older_tokens_of_a_revoked_user_are_refused(app: App) -> None:
    app.people("mila", "vera")
    app.server.revoke_user_token("mila", datetime.now(UTC))
    assert asks(app.phone("mila")) == Refused(401, 40)
    assert app.phone("vera").ask("GET", "/app").status_code == 200


def test_newer_token_works_after_a_revocation(app: App) -> None:
    app.people("mila")
    app.server.revoke_user_token("mila", datetime.fromtimestamp(int(time.time()) - 4, UTC))
    assert asks(app.phone("mila", age=5)) == Refused(401, 40)
    assert app.phone("mila", age=1).ask("GET", "/app").status_code == 200


def test_token_without_iat_is_refused_after_a_revocation(app: App) -> None:
    app.people("mila")
    eternal = app.phone("mila", iat=None)
    assert eternal.ask("GET", "/app").status_code == 200
    app.server.revoke_user_token("mila", datetime(2020, 1, 1, tzinfo=UTC))
    assert asks(eternal) == Refused(401, 40)


def test_revocation_can_be_removed(app: App) -> None:
    app.people("mila")
    app.server.revoke_user_token("mila", datetime.now(UTC))
    change = {"id": "mila", "set": {"revoke_tokens_issued_before": None}}
    app.server.update_user_partial(change)
    assert app.phone("mila").ask("GET", "/app").status_code == 200


def test_app_wide_revocation_refuses_all_but_the_server(app: App) -> None:
    app.people("mila")
    app.server.revoke_tokens(datetime.now(UTC))
    assert asks(app.phone("mila")) == Refused(401, 40)
    assert asks(app.phone("mila", iat=None)) == Refused(401, 40)
    assert app.server.get_app_settings()["app"]["revoke_tokens_issued_before"]


def test_revocation_without_an_offset_is_refused(app: App) -> None:
    app.people("mila")
    naive = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - the mistake itself
    assert app.refused(lambda: app.server.revoke_user_token("mila", naive)) == Refused(400, 4)


@pytest.mark.parametrize("clears", [True, False])
def test_option_decides_if_a_full_replace_drops_a_revocation(app: App, *, clears: bool) -> None:
    app.people("mila")
    app.emulator.choose(upsert_clears_revocation=clears)
    app.server.revoke_user_token("mila", datetime.now(UTC))
    app.people("mila")
    assert ("revoke_tokens_issued_before" in app.emulator.user("mila")) is not clears


def test_full_replace_with_a_revocation_is_refused(app: App) -> None:
    user = {"id": "mila", "revoke_tokens_issued_before": "2026-01-02T03:04:05Z"}
    assert app.refused(lambda: app.server.upsert_user(user)) == Refused(400, 4)


def test_anonymous_client_is_refused(app: App) -> None:
    answer = requests.get(
        f"{app.emulator.url}/app",
        params={"api_key": app.emulator.api_key},
        headers={"stream-auth-type": "anonymous"},
        timeout=10,
    )
    assert (answer.status_code, answer.json()["code"]) == (401, 5)


def test_journal_keeps_no_token(app: App) -> None:
    app.people("mila")
    phone = app.phone("mila")
    phone.ask("GET", "/app", authorization=phone.token)
    assert phone.token not in json.dumps(app.emulator.requests())
