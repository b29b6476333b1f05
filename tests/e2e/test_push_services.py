"""The local cloud has services of pushes, and its worker can reach them with credentials (ADR 112)."""

from __future__ import annotations

import json

import pytest
import requests

from infra.deployment.vault import name_of
from infra.local.cloud import STAGE, LocalCloud
from infra.local.tour.phone import Phone
from infra.local.waiting import until

pytestmark = pytest.mark.cloud


def test_worker_knows_the_addresses_of_the_services(cloud: LocalCloud) -> None:
    functions = cloud.account.client("lambda")
    found = functions.get_function_configuration(FunctionName=f"ru4m-{STAGE}-push_messages")
    variables = found["Environment"]["Variables"]
    assert variables["RU4M_PUSH_URLS"] == cloud.pushes.setting
    for provider, held in (("apple", cloud.pushes.phones.apple), ("google", cloud.pushes.phones.google)):
        assert variables[f"RU4M_SECRET_{provider.upper()}"] == name_of(STAGE, provider)
        secret = cloud.account.client("secretsmanager").get_secret_value(SecretId=name_of(STAGE, provider))
        assert json.loads(secret["SecretString"]) == held


def test_invitation_is_pushed_to_the_phone_of_its_recipient(cloud: LocalCloud) -> None:
    sender, recipient = (Phone(cloud.state.api_url, f"+3816011130{n}", cloud.texts_to) for n in (21, 22))
    for phone in (sender, recipient):
        phone.sign_up()
    token = "d" * 140
    recipient.call("PUT", "/v1/devices/push", {"platform": "android", "token": token})
    sender.invite(recipient)
    arrived = until(lambda: [one for one in cloud.pushes.phones.arrived if one["token"] == token], "the push")
    assert [one["body"]["data"]["kind"] for one in arrived] == ["invitation"]


def test_address_of_the_services_is_in_the_state_for_scripts(cloud: LocalCloud) -> None:
    found = requests.get(f"{cloud.state.push_url}/_emulator/pushes?token=none", timeout=10)
    assert found.json() == {"pushes": []}
