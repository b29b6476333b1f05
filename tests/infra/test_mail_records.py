"""Tests that a deployment prints the records of the mail domain."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra import deploy as command
from infra.deployment import smoke
from infra.deployment.rollout import Deployment
from infra.ops import operator_console
from tests.infra.test_deploy_command import answering

DONE = Deployment("https://api.example", "ru4m-staging-service", {})
STACK = {
    "StackStatus": "CREATE_COMPLETE",
    "Parameters": [{"ParameterKey": "MailDomain", "ParameterValue": "ru4m.example"}],
}
DENIED = ClientError({"Error": {"Code": "AccessDenied"}}, "GetEmailIdentity")
SIGNED = {"Tokens": ["one", "two", "three"], "SigningHostedZone": "dkim.eu-south-1.amazonses.com"}


@pytest.fixture(autouse=True)
def _answering_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoke, "try_deployed", lambda *_: iter([]))
    monkeypatch.setattr(operator_console._Chosen, "as_json", False)  # a command before may have chosen it


def finish(identity: Any) -> None:
    account = answering(describe_stacks={"Stacks": [STACK]}, get_email_identity=identity)
    command.finish(account, "staging", DONE, "1")


def test_records_of_dkim_are_in_the_zone_that_ses_names(capsys: pytest.CaptureFixture[str]) -> None:
    finish({"DkimAttributes": SIGNED})
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if line.startswith("dns ")] == [
        *(
            f"dns {token}._domainkey.ru4m.example CNAME {token}.dkim.eu-south-1.amazonses.com"
            for token in SIGNED["Tokens"]
        ),
        'dns _dmarc.ru4m.example TXT "v=DMARC1; p=quarantine"',
    ]


def test_records_are_in_the_result_for_programs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operator_console._Chosen, "as_json", True)
    finish({"DkimAttributes": SIGNED})
    *_, dmarc = json.loads(capsys.readouterr().out)["dns"]
    assert dmarc == {"name": "_dmarc.ru4m.example", "kind": "TXT", "value": '"v=DMARC1; p=quarantine"'}


def test_domain_that_ses_does_not_sign_for_has_no_records(capsys: pytest.CaptureFixture[str]) -> None:
    finish({"DkimAttributes": {"Tokens": []}})
    assert "dns " not in capsys.readouterr().out


def test_records_that_are_not_shown_fail_no_deployment(capsys: pytest.CaptureFixture[str]) -> None:
    finish(DENIED)
    assert (
        "unknown  mail domain: its records for the DNS are not shown (ClientError)" in capsys.readouterr().out
    )
