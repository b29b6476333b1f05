"""Real exchanges with the emulated services of Apple and Google (ADR 112)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib.accounts.push_tokens.model import PushEnvironment
from chalicelib.core.languages import Language
from chalicelib.push.model import PushKind, PushOutcome
from chalicelib.push.providers.service import deliver, is_open
from infra.push_emulator.phones import Phones
from tests.support.cases.push_providers import (
    ANDROID,
    IPHONE,
    OTHER_IPHONE,
    a_push,
    a_token,
    close_connections,
    emulated_providers,
    fail,
    store_credentials,
)
from tests.support.clouds.cloud import new_container
from tests.support.roles.judge import calls_of
from tests.support.world.world import World

GONE, REFUSED, TAKEN, UNANSWERED = (
    PushOutcome.GONE,
    PushOutcome.REFUSED,
    PushOutcome.TAKEN,
    PushOutcome.UNANSWERED,
)


@pytest.fixture
def phones(world: World) -> Iterator[Phones]:
    with emulated_providers() as found:
        yield found


@pytest.mark.promise("CALL-2")
def test_iphone_gets_kind_id_and_a_fixed_line_and_nothing_else(phones: Phones) -> None:
    assert deliver(a_push(), [a_token(IPHONE)]) == [TAKEN]
    (arrived,) = phones.arrived
    assert arrived["token"] == IPHONE
    assert arrived["body"] == {
        "aps": {"alert": {"body": "New message"}, "sound": "default", "mutable-content": 1},
        "kind": "message",
        "id": "id-1",
    }


@pytest.mark.promise("CALL-2")
def test_android_gets_data_only_with_kind_id_and_a_fixed_line(phones: Phones) -> None:
    assert deliver(a_push(), [a_token(ANDROID)]) == [TAKEN]
    (arrived,) = phones.arrived
    assert arrived["body"] == {
        "token": ANDROID,
        "data": {"kind": "message", "id": "id-1", "line": "New message"},
        "android": {"priority": "HIGH", "ttl": "600s", "collapse_key": "id-1"},
    }


@pytest.mark.parametrize("function", ["push_changes", "push_messages"])
def test_each_worker_may_read_the_credentials(phones: Phones, function: str) -> None:
    with calls_of(function):
        assert deliver(a_push(), [a_token(IPHONE), a_token(ANDROID)]) == [TAKEN, TAKEN]


def test_proof_shows_nothing_and_carries_the_nonce(phones: Phones) -> None:
    proof = a_push(PushKind.PROOF, nonce="n-1")
    assert deliver(proof, [a_token(IPHONE), a_token(ANDROID)]) == [TAKEN, TAKEN]
    apple, google = phones.arrived
    assert apple["body"] == {"aps": {"content-available": 1}, "kind": "proof", "id": "id-1", "nonce": "n-1"}
    assert apple["headers"]["apns-push-type"] == "background"
    assert apple["headers"]["apns-priority"] == "5"
    assert google["body"]["data"] == {"kind": "proof", "id": "id-1", "nonce": "n-1"}


def test_line_is_in_the_language_and_script_of_the_user(phones: Phones) -> None:
    push = a_push(PushKind.SECURITY, language=Language.SERBIAN_CYRILLIC)
    deliver(push, [a_token(IPHONE)])
    shown = phones.arrived[0]["body"]["aps"]["alert"]["body"]
    assert shown == "Безбедност Вашег налога: отворите апликацију"


def test_push_goes_to_the_environment_that_made_the_token(phones: Phones) -> None:
    deliver(a_push(), [a_token(IPHONE, PushEnvironment.SANDBOX)])
    assert phones.arrived[0]["headers"]["environment"] == "sandbox"


def test_push_ends_when_it_expires_and_replaces_the_one_before(phones: Phones, world: World) -> None:
    push = a_push(push_id="id-7")
    deliver(push, [a_token(IPHONE)])
    headers = phones.arrived[0]["headers"]
    assert headers["apns-expiration"] == str(int(push.expires_at.timestamp()))
    assert headers["apns-collapse-id"] == "id-7"


def test_second_call_on_a_closed_connection_has_the_same_ids(phones: Phones) -> None:
    deliver(a_push(), [a_token(IPHONE)])
    fail(phones, "apple")
    assert deliver(a_push(), [a_token(IPHONE)]) == [TAKEN]
    assert phones.calls["apple"] == 3
    before, after = (one["headers"] for one in phones.arrived)
    assert before == after


def test_next_push_of_a_conversation_has_another_id_at_apple(phones: Phones, world: World) -> None:
    deliver(a_push(), [a_token(IPHONE)])
    world.advance(timedelta(seconds=10))
    deliver(a_push(), [a_token(IPHONE)])
    assert len({one["headers"]["apns-id"] for one in phones.arrived}) == 2


def test_unregistered_token_is_gone_at_both(phones: Phones) -> None:
    phones.unregistered |= {IPHONE, ANDROID}
    tokens = [a_token(IPHONE), a_token(OTHER_IPHONE), a_token(ANDROID)]
    assert deliver(a_push(), tokens) == [GONE, TAKEN, GONE]


def test_malformed_token_is_gone_and_cannot_change_the_path(phones: Phones) -> None:
    assert deliver(a_push(), [a_token("../../admin?x=")]) == [GONE]
    assert phones.arrived == []


def test_call_to_each_phone_is_one_call_and_google_gives_one_access_token(phones: Phones) -> None:
    tokens = [a_token(IPHONE), a_token(OTHER_IPHONE), a_token(ANDROID), a_token(ANDROID)]
    assert deliver(a_push(), tokens) == [TAKEN] * 4
    assert phones.calls == {"apple": 2, "google": 2, "google_tokens": 1}


@pytest.mark.parametrize(("service", "token"), [("apple", IPHONE), ("google", ANDROID)])
def test_provider_that_is_down_gets_one_push_in_half_a_minute(
    phones: Phones, world: World, service: str, token: str
) -> None:
    fail(phones, service, times=100)
    assert deliver(a_push(), [a_token(token)] * 10) == [UNANSWERED] * 10
    assert phones.calls[service] == 2  # the second one on a new connection
    assert not is_open(a_token(token))
    world.advance(timedelta(seconds=29))
    assert not is_open(a_token(token))
    world.advance(timedelta(seconds=1))
    phones.faults.clear()
    assert deliver(a_push(), [a_token(token)]) == [TAKEN]


def test_apple_being_down_stops_no_push_to_android(phones: Phones) -> None:
    fail(phones, "apple", status=503, reason="ServiceUnavailable")
    assert deliver(a_push(), [a_token(IPHONE), a_token(ANDROID)]) == [UNANSWERED, TAKEN]


def test_token_of_the_sandbox_closes_no_production(phones: Phones) -> None:
    fail(phones, "apple", status=403, reason="BadEnvironmentKeyInToken")
    tokens = [a_token(IPHONE, PushEnvironment.SANDBOX), a_token(OTHER_IPHONE)]
    assert deliver(a_push(), tokens) == [REFUSED, TAKEN]
    fail(phones, "apple", times=2)
    assert deliver(a_push(), tokens) == [UNANSWERED, TAKEN]


def test_limit_of_one_phone_stops_no_push_to_another(phones: Phones) -> None:
    fail(phones, "apple", status=429, reason="TooManyRequests")
    assert deliver(a_push(), [a_token(IPHONE), a_token(OTHER_IPHONE)]) == [REFUSED, TAKEN]


@pytest.mark.parametrize(("provider", "token"), [("apple", IPHONE), ("google", ANDROID)])
def test_rotated_credentials_are_read_again_a_minute_after_a_refusal(
    phones: Phones, world: World, provider: str, token: str
) -> None:
    held = {"apple": phones.apple, "google": phones.google}[provider]
    other = {"apple": Phones().apple, "google": Phones().google}[provider]
    store_credentials(provider, other)
    new_container()
    assert deliver(a_push(), [a_token(token)] * 3) == [UNANSWERED] * 3
    assert '"push_credentials_refused"' in world.log.getvalue()
    store_credentials(provider, held)
    calls = phones.calls.total()
    world.advance(timedelta(seconds=59))
    assert deliver(a_push(), [a_token(token)]) == [UNANSWERED]
    assert phones.calls.total() == calls
    world.advance(timedelta(seconds=1))
    assert deliver(a_push(), [a_token(token)]) == [TAKEN]


def test_provider_without_credentials_is_closed_until_they_are_stored(world: World) -> None:
    with emulated_providers() as phones:
        store_credentials("google", {})
        new_container()
        assert is_open(a_token(IPHONE))
        assert not is_open(a_token(ANDROID))
        assert deliver(a_push(), [a_token(ANDROID)]) == [UNANSWERED]
        store_credentials("google", phones.google)
        world.advance(timedelta(minutes=1))
        assert is_open(a_token(ANDROID))


def test_access_token_is_replaced_before_its_hour_ends(phones: Phones, world: World) -> None:
    deliver(a_push(), [a_token(ANDROID)])
    world.advance(timedelta(minutes=55))
    assert deliver(a_push(), [a_token(ANDROID)]) == [TAKEN]
    assert phones.calls["google_tokens"] == 2


def test_apple_accepts_the_token_of_each_window_on_one_connection(phones: Phones, world: World) -> None:
    for _ in range(8):
        assert deliver(a_push(), [a_token(IPHONE)]) == [TAKEN]
        world.advance(timedelta(minutes=13))


@pytest.mark.promise("SEC-1")
def test_no_log_line_has_a_token_or_a_key(
    phones: Phones, world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    tokens = [a_token(IPHONE), a_token(ANDROID)]
    with caplog.at_level(logging.DEBUG):
        deliver(a_push(), tokens)
        for service, status in (("apple", 0), ("google", 0), ("apple", 403), ("google", 401)):
            fail(phones, service, status=status)
            world.advance(timedelta(minutes=1))
            deliver(a_push(), tokens)
    seen = world.log.getvalue() + caplog.text + "".join(capfd.readouterr())
    keys = (phones.apple["key"], phones.google["private_key"])
    for canary in (IPHONE, ANDROID, "id-1", *(json.dumps(key)[20:60] for key in keys)):
        assert canary not in seen
    close_connections()
