"""What answers of Apple and Google mean, our token at Apple, the lines, and the addresses of stages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import httpx2
import jwt
import pytest
import time_machine

from chalicelib.core import clock, settings
from chalicelib.core.egress import NotOnRegister
from chalicelib.core.keyring import ApnsCredentials
from chalicelib.core.languages import Language
from chalicelib.core.settings import SettingsError
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.recipients import Recipient
from chalicelib.push.model import PushKind, PushOutcome
from chalicelib.push.providers import apns, connection
from chalicelib.push.providers.connection import ProviderAnswer, ProviderSilent, PushCredentialsRefused
from chalicelib.push.words import line_of
from infra.push_emulator.phones import Phones
from tests.support.clouds import environment


def of_apple(reason: str) -> str:
    return json.dumps({"reason": reason})


def of_google(code: str, **details: object) -> str:
    fcm_error = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}
    return json.dumps({"error": {"message": "Bad.", "details": [fcm_error, details]}}, indent=2)


BAD_TOKEN = of_google("INVALID_ARGUMENT", fieldViolations=[{"field": "message.token"}])
BAD_DATA = of_google("INVALID_ARGUMENT", fieldViolations=[{"field": "message.data"}])


@pytest.mark.parametrize(
    ("status", "text", "outcome"),
    [
        (200, "", PushOutcome.TAKEN),
        (410, of_apple("Unregistered"), PushOutcome.GONE),
        (410, of_apple("ExpiredToken"), PushOutcome.GONE),
        (400, of_apple("BadDeviceToken"), PushOutcome.GONE),
        (400, of_apple("DeviceTokenNotForTopic"), PushOutcome.GONE),
        (400, of_apple("BadCollapseId"), PushOutcome.REFUSED),
        (413, of_apple("PayloadTooLarge"), PushOutcome.REFUSED),
        (429, of_apple("TooManyRequests"), PushOutcome.REFUSED),
        (404, of_google("UNREGISTERED"), PushOutcome.GONE),
        (403, of_google("SENDER_ID_MISMATCH"), PushOutcome.GONE),
        (400, BAD_TOKEN, PushOutcome.GONE),
        (400, BAD_DATA, PushOutcome.REFUSED),
        (400, of_google("INVALID_ARGUMENT"), PushOutcome.GONE),  # as Google documents an invalid token
        (401, of_google("THIRD_PARTY_AUTH_ERROR"), PushOutcome.GONE),  # a token of web push
        (403, of_apple("BadEnvironmentKeyInToken"), PushOutcome.REFUSED),
        (302, "<html>", PushOutcome.REFUSED),
    ],
)
def test_answer_is_final(status: int, text: str, outcome: PushOutcome) -> None:
    assert ProviderAnswer(status, text).outcome() is outcome


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (429, of_apple("TooManyProviderTokenUpdates")),
        (429, of_google("QUOTA_EXCEEDED")),
        (500, of_apple("InternalServerError")),
        (503, of_google("UNAVAILABLE")),
        (502, '<html>"Unregistered"</html>'),
    ],
)
def test_provider_that_cannot_serve_drops_no_push_and_no_token(status: int, text: str) -> None:
    with pytest.raises(ProviderSilent):
        ProviderAnswer(status, text).outcome()


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (403, of_apple("ExpiredProviderToken")),
        (400, of_apple("TopicDisallowed")),
        (401, of_google("UNAUTHENTICATED")),
        (403, of_google("PERMISSION_DENIED")),
        (404, "no such project"),
    ],
)
def test_refused_credentials_drop_no_push_and_no_token(status: int, text: str) -> None:
    with pytest.raises(PushCredentialsRefused):
        ProviderAnswer(status, text).outcome()


@pytest.mark.promise("NOT-6")
@pytest.mark.parametrize("to", [Recipient.APPLE, Recipient.GOOGLE])
def test_nothing_is_sent_for_a_purpose_that_is_not_on_the_register(to: Recipient) -> None:
    with pytest.raises(NotOnRegister):
        connection.post(to, Purpose.MARKETING, "https://a.example", {}, "")


class ClosingClient:
    """A client whose connections close after some seconds, without an answer."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.now, self.waits = seconds, 0.0, list[float]()

    def post(self, *_: Any, timeout: float, **__: Any) -> NoReturn:
        self.waits.append(timeout)
        self.now += self.seconds
        raise httpx2.ReadError("with the address of a phone")


def test_call_and_its_repetition_end_in_six_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    client = ClosingClient(seconds=3)
    monkeypatch.setattr(connection, "_client", lambda _: client)
    monkeypatch.setattr(clock, "ticks", lambda: client.now)
    with pytest.raises(ProviderSilent) as silent:
        connection.post(Recipient.APPLE, Purpose.NOTIFICATIONS, "https://a.example", {}, "")
    assert client.waits == [2, 1]  # each for three waits in turn: TCP, TLS, the answer
    assert (str(silent.value), silent.value.__context__) == ("", None)


def tokens_of_two_containers(held: ApnsCredentials, later: timedelta) -> tuple[str, str]:
    begin = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)  # a window begins
    made = []
    for at in (begin, begin + later):
        apns._signed.cache_clear()
        with time_machine.travel(at, tick=False):
            made.append(apns.provider_token(held))
    return made[0], made[1]


def test_all_containers_have_one_token_of_apple_for_forty_minutes() -> None:
    phones = Phones()
    held = ApnsCredentials(**phones.apple)
    first, second = tokens_of_two_containers(held, timedelta(minutes=39, seconds=59))
    assert first == second
    jwt.decode(first, phones.apple_key.public_key(), algorithms=["ES256"], options={"verify_iat": False})
    assert jwt.get_unverified_header(first)["kid"] == held.key_id
    before, after = tokens_of_two_containers(held, timedelta(minutes=40))
    assert before != after


def test_each_kind_that_a_phone_shows_has_a_line_in_each_language() -> None:
    shown = set(PushKind) - {PushKind.PROOF}
    lines = {(kind, language): line_of(kind, language) for kind in shown for language in Language}
    assert len(set(lines.values())) == len(lines)
    assert all(len(line) <= 50 for line in lines.values())


@pytest.mark.parametrize(
    ("stage", "urls", "why"),
    [
        ("production", "google=http://127.0.0.1:1", "pushes go to Apple and Google"),
        ("local", "google=http://example.org", "not an https address"),
    ],
)
def test_address_in_place_of_a_provider_is_refused(stage: str, urls: str, why: str) -> None:
    variables = environment.variables() | {"RU4M_STAGE": stage, "RU4M_PUSH_URLS": urls}
    with pytest.raises(SettingsError, match=why):
        settings.read(variables)


def test_addresses_on_this_machine_are_accepted_on_stage_local() -> None:
    urls = "google=http://127.0.0.1:1;google_tokens=http://127.0.0.1:1/token"
    read = settings.read(environment.variables() | {"RU4M_STAGE": "local", "RU4M_PUSH_URLS": urls})
    assert read.push_urls == {"google": "http://127.0.0.1:1", "google_tokens": "http://127.0.0.1:1/token"}
