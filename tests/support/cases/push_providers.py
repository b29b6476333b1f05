"""The emulator of Apple and Google, our credentials there, phones and pushes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from chalicelib.accounts.model import Platform
from chalicelib.accounts.push_tokens.model import PushEnvironment, PushToken
from chalicelib.core import aws, clock
from chalicelib.core.ids import SessionId
from chalicelib.core.languages import Language
from chalicelib.privacy.recipients import Recipient
from chalicelib.push.model import Push, PushKind
from chalicelib.push.providers import connection
from infra.push_emulator.phones import Phones, PushFault
from infra.push_emulator.running import running_push_emulator
from tests.support.clouds.cloud import new_container
from tests.support.roles.judge import calls_of

IPHONE, OTHER_IPHONE, ANDROID = "c0ffee" + "0a" * 29, "c0ffee" + "0b" * 29, "dQw4w9" + "x" * 130


@contextmanager
def emulated_providers() -> Iterator[Phones]:
    """Run the emulator, with a container that has credentials at it."""
    with running_push_emulator() as emulator:
        store_credentials("apple", emulator.phones.apple)
        store_credentials("google", emulator.phones.google)
        new_container(STAGE="local", PUSH_URLS=emulator.setting)
        yield emulator.phones
        close_connections()


def close_connections() -> None:
    for to in (Recipient.APPLE, Recipient.GOOGLE):
        connection._client(to).close()
    connection._client.cache_clear()


@calls_of(None)
def store_credentials(provider: str, document: dict[str, str]) -> None:
    """Store credentials in the vault, as `ops keys` does."""
    aws.client("secretsmanager").put_secret_value(
        SecretId=f"ru4m/test/{provider}", SecretString=json.dumps(document)
    )


def a_token(token: str, environment: PushEnvironment = PushEnvironment.PRODUCTION) -> PushToken:
    now = clock.now()
    platform = Platform.ANDROID if token == ANDROID else Platform.IOS
    return PushToken(
        session_id=SessionId.new(),
        platform=platform,
        environment=environment,
        token=token,
        checked_at=now,
        seen_at=now,
    )


def a_push(kind: PushKind = PushKind.MESSAGE, push_id: str = "id-1", **more: Any) -> Push:
    ends = clock.now() + timedelta(minutes=10)
    return Push(kind=kind, id=push_id, **{"language": Language.ENGLISH, "expires_at": ends, **more})


def fail(phones: Phones, service: str, **fault: Any) -> None:
    """Let the next call of a service fail."""
    phones.faults.append(PushFault(service, **fault))
