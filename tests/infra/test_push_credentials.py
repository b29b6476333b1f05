"""Our credentials at Apple and Google: how they get into the vault, and what a preflight says (ADR 112)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.deployment.account import AwsAccount
from infra.deployment.preflight import stage_checks
from infra.deployment.rollout import SECRETS
from infra.deployment.vault import fill_vault
from infra.ops.__main__ import app
from infra.push_emulator.phones import Phones
from tests.infra.fakes import REGION, FakeAccount
from tests.infra.test_deploy import a_target
from tests.support import patches

PHONES = Phones()
APPLE = ("--team-id", "TEAM123456", "--key-id", "KEY1234567", "--topic", "com.ru4m.app")
APPLE_NAME, GOOGLE_NAME = "ru4m/staging/apple", "ru4m/staging/google"


@pytest.fixture
def account() -> FakeAccount:
    return FakeAccount(REGION)


def store(account: FakeAccount, *words: str, stdin: str = "") -> Result:
    patches.current().setattr(AwsAccount, "client", lambda _, service: account.client(service))
    place = ("--stage", "staging", "--region", REGION)
    return CliRunner().invoke(app, ["keys", "push", *words, *place], input=stdin)


def of_vault(account: FakeAccount, name: str) -> Any:
    return json.loads(account.secrets.values[name])


def test_key_of_apple_is_read_from_standard_input(account: FakeAccount) -> None:
    done = store(account, "apple", "-", *APPLE, stdin=PHONES.apple["key"])
    assert done.exit_code == 0, done.output
    held = of_vault(account, APPLE_NAME)
    assert held == {**PHONES.apple, "topic": "com.ru4m.app"}
    assert "PRIVATE KEY" not in done.output


def test_key_of_google_is_read_from_its_file_and_only_what_is_used_is_kept(
    account: FakeAccount, tmp_path: Path
) -> None:
    file = tmp_path / "key.json"
    file.write_text(json.dumps({**PHONES.google, "type": "service_account", "client_id": "1"}))
    done = store(account, "google", str(file))
    assert done.exit_code == 0, done.output
    assert of_vault(account, GOOGLE_NAME) == PHONES.google
    assert "PRIVATE KEY" not in done.output


@pytest.mark.parametrize(
    ("words", "stdin"),
    [
        (("apple", "-", *APPLE), "no key"),
        (("apple", "-", *APPLE), PHONES.google["private_key"]),
        (("google", "-"), "{}"),
        (("google", "-"), "[]"),
        (("google", "-"), json.dumps({**PHONES.google, "private_key": PHONES.apple["key"]})),
    ],
)
def test_what_the_provider_does_not_issue_is_refused(
    account: FakeAccount, words: tuple[str, ...], stdin: str
) -> None:
    done = store(account, *words, stdin=stdin)
    assert done.exit_code != 0
    assert account.secrets.written == []
    assert "PRIVATE KEY" not in done.output


def test_deployment_creates_empty_credentials_and_keeps_stored_ones(account: FakeAccount) -> None:
    arns = {purpose: f"arn:{purpose}" for purpose in SECRETS}
    fill_vault(account, "staging", arns, "arn:sealing-key", "stream secret")
    assert (of_vault(account, "arn:apple"), of_vault(account, "arn:google")) == ({}, {})
    account.secrets.put_secret_value("arn:apple", json.dumps(PHONES.apple))
    fill_vault(account, "staging", arns, "arn:sealing-key", "stream secret")
    assert of_vault(account, "arn:apple") == PHONES.apple


def warnings(account: FakeAccount, **settings: str) -> list[str]:
    found = stage_checks.pushes(account, a_target(**settings))
    return [one.text for one in found if one.severity == "warning"]


def test_preflight_says_which_phones_get_no_push(account: FakeAccount) -> None:
    account.secrets.put_secret_value(GOOGLE_NAME, json.dumps(PHONES.google))
    account.secrets.put_secret_value(APPLE_NAME, "{}")
    assert warnings(account) == ["the vault has no credentials at Apple, so its phones get no push"]
    account.secrets.put_secret_value(APPLE_NAME, json.dumps(PHONES.apple))
    assert warnings(account) == []


def test_preflight_compares_the_app_of_the_credentials_with_the_settings(account: FakeAccount) -> None:
    account.secrets.put_secret_value(GOOGLE_NAME, json.dumps(PHONES.google))
    account.secrets.put_secret_value(APPLE_NAME, json.dumps(PHONES.apple))
    assert warnings(account, app_apple_ids="TEAM123456.example.ru4m.local") == []
    (said,) = warnings(account, app_apple_ids="TEAM123456.com.ru4m.beta")
    assert "app.apple_ids" in said
