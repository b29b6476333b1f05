"""An account of AWS without any stack, an app at Stream, and commands of a deployment in them.

A suite that uses the fixtures imports them into its conftest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner, Result

from infra import deploy as command
from infra.deployment import setting_keys
from infra.deployment.account import AwsAccount
from infra.local.emulator import REGION, ROOT_KEY, ROOT_SECRET, running_emulator
from infra.local.mailbox import newest_first
from infra.stream_emulator.control import Emulator
from infra.stream_emulator.running import child_emulator
from tests.support import patches

ISSUER = "https://api.staging.ru4m.example"
SETTINGS = """
region = "eu-central-1"
contact_email = "privacy@ru4m.example"
company_number = "12345678"
tax_number = "123456789"
issuer = "https://api.staging.ru4m.example"
mail_from = "notices@staging.ru4m.example"

[stream]
api_key = "{api_key}"
url = "{url}"

[alarms]
emails = ["operations@ru4m.example"]

[sms]
countries = ["RS"]

[sms.senders.RS]
id = "RU4M"
registered_on = 2026-01-02

[accountability.representatives]
eu = "Example GmbH, Berlin"
"""


@dataclass
class EmptyAccount:
    """An account without any stack, an app at Stream, and a stranger who deploys to them."""

    account: AwsAccount
    stream: Emulator
    settings: Path

    def run(self, *words: str) -> Result:
        """Run a command of a deployment for stage staging."""
        endpoint = str(self.account.endpoint)
        of_stage = ["--stage", "staging", "--settings", str(self.settings), "--endpoint-url", endpoint]
        return CliRunner().invoke(command.app, [*words, *of_stage])

    def deploys(self, *words: str) -> str:
        """Deploy, and return the URL of the API."""
        done = self.run(*words)
        assert done.exit_code == 0, done.output
        assert "the emulator does not have" not in done.stdout
        return next(line.split()[1] for line in done.stdout.splitlines() if line.startswith("api_url "))

    def texts_to(self, phone: str) -> list[str]:
        return [one.text for one in newest_first(str(self.account.endpoint), phone)][::-1]

    def senders_to(self, phone: str) -> set[str]:
        asked = {"phoneNumber": phone, "region": REGION}
        url = f"{self.account.endpoint}/_ministack/sns/sms-messages"
        published = requests.get(url, params=asked, timeout=10).json()["sms_messages"][phone]
        named = (message["MessageAttributes"] for message in published)
        return {one["AWS.SNS.SMS.SenderID"]["StringValue"] for one in named}

    def variables(self, function: str) -> dict[str, str]:
        functions = self.account.client("lambda")
        found = functions.get_function_configuration(FunctionName=f"ru4m-staging-{function}")
        variables: dict[str, str] = found["Environment"]["Variables"]
        return variables


def forget_variables() -> None:
    """Unset those that deployments refuse: functions have them that tests run in this process."""
    for variable, _ in setting_keys.replaced(os.environ):
        patches.current().delenv(variable)


@pytest.fixture(scope="module")
def both_emulators() -> Iterator[tuple[str, Emulator]]:
    """The address of AWS's emulator, and Stream's; each test resets both."""
    with running_emulator() as aws, child_emulator(api_key="staging-key", grants="stock") as stream:
        yield aws, stream


@pytest.fixture
def empty_account(both_emulators: tuple[str, Emulator], tmp_path: Path) -> EmptyAccount:
    both_emulators[1].reset()
    return emptied(*both_emulators, tmp_path)


def emptied(aws: str, stream: Emulator, folder: Path) -> EmptyAccount:
    """Empty the account of AWS, and return it with the app at Stream as it is."""
    requests.post(f"{aws}/_ministack/reset", timeout=30).raise_for_status()
    for name, value in {
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_SECRET,
        "RU4M_STREAM_API_SECRET": stream.secret,
    }.items():
        patches.current().setenv(name, value)
    forget_variables()
    settings = folder / "staging.toml"
    settings.write_text(SETTINGS.format(api_key=stream.api_key, url=stream.url))
    return EmptyAccount(AwsAccount(REGION, aws), stream, settings)
