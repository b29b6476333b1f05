"""Tests the settings at Stream on the deployed stack: applied at the start, checked, applied back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from stream_chat import StreamChat

from chalicelib.core import chain, clock, figures
from chalicelib.privacy import words
from chalicelib.stream.settings import service
from infra.deployment.chat_settings import report_standing
from infra.deployment.findings import DeploymentFinding, Severity
from infra.deployment.preflight import may_deploy, stage_checks
from infra.local.cloud import LocalCloud
from infra.ops.standing_in import act_as
from tests.support.stream.emulated_app import apply_to, drifted_at

pytestmark = pytest.mark.promise("STR-3")

Command = Callable[..., Any]
_DAY = 24 * 3600


def refusals(found: Iterator[DeploymentFinding]) -> list[DeploymentFinding]:
    return [one for one in found if one.severity is Severity.REFUSED]


@pytest.fixture
def sdk(cloud: LocalCloud) -> Iterator[StreamChat]:
    """Return Stream's SDK with the secret of the server; the baseline is applied again at the end."""
    client = StreamChat(cloud.stream.api_key, cloud.stream.secret, base_url=cloud.stream.url)
    with client.session:
        yield client
    apply_to(cloud.stream, issuer=cloud.target.issuer, stage="local")


def test_local_cloud_starts_with_the_baseline_applied(cloud: LocalCloud) -> None:
    changes = cloud.stream.requests(principal="server", path="/channeltypes/livestream")
    assert "PUT" in {request["method"] for request in changes}  # the app was a new one before
    assert drifted_at(cloud.stream, cloud.target.issuer, "local") == []


def test_deployed_check_finds_drift_and_the_command_applies_it_back(
    cloud: LocalCloud, run: Command, sdk: StreamChat
) -> None:
    def settings(*words: str) -> Any:
        return run("root", *words, group="chat-settings")

    assert cloud.run("check_chat_settings")["drifted"] == 0
    sdk.update_channel_type("livestream", grants={"user": ["read-channel"]})
    assert cloud.run("check_chat_settings")["drifted"] == 1
    act_as(cloud.account, "local", "check_chat_settings")
    (newest,) = chain.newest_first(service.HISTORY.chain_of(clock.now()), maximum=1)
    assert newest.data["drifted_settings"] == ["channel type livestream grants.user"]
    shown = settings("diff")
    assert (shown.exit_code, "livestream grants.user: too many: read-channel" in shown.output) == (3, True)
    applied = settings("apply", "--yes")
    assert (applied.exit_code, "changed: channel type livestream grants.user" in applied.output) == (0, True)
    assert "0 drifted" in settings("check").output
    assert settings("diff").exit_code == 0
    assert cloud.stream.secret not in "".join(cloud.log_lines("check_chat_settings")) + shown.output


@pytest.mark.promise("STR-11")
def test_message_past_its_period_is_gone_once_a_longer_period_is_applied_back(
    cloud: LocalCloud, run: Command, sdk: StreamChat
) -> None:
    sdk.upsert_user({"id": "u_old", "name": "Old"})
    channel = sdk.channel("messaging", "of-old-messages", {"members": ["u_old"]})
    channel.create("u_old")
    old, young = (channel.send_message({"text": text}, "u_old")["message"]["id"] for text in ("old", "young"))

    def days_later() -> list[str]:
        """Let the clean-up run two days later, when the old message is 31 days old; returns what is left."""
        cloud.stream.make_older(2 * _DAY, policies=["old-messages"])
        cloud.stream.clean_up()
        return [message["id"] for message in channel.query(messages={"limit": 10})["messages"]]

    cloud.stream.make_older(31 * _DAY, messages=[old])
    sdk.post("retention_policy", data={"policy": "old-messages", "max_age_hours": 32 * 24})
    assert cloud.run("check_chat_settings")["drifted"] == 1
    assert days_later() == [old, young]
    applied = run("root", "apply", "--yes", group="chat-settings")
    assert "changed: retention policy old-messages max_age_hours" in applied.output
    assert cloud.run("check_chat_settings")["drifted"] == 0
    assert days_later() == [young]
    kept = requests.get(f"{cloud.state.api_url}/v1/controller", timeout=30).json()["retention"]
    (stated,) = (one["kept"] for one in kept if one["what"] == words.title("chat_message"))
    assert stated.startswith("30 days after the message was sent")
    sdk.delete_user("u_old", mark_messages_deleted=True, hard_delete=True, delete_conversation_channels=True)


def test_drift_stops_a_release_and_no_rollback_with_the_stored_secret(
    cloud: LocalCloud, sdk: StreamChat
) -> None:
    said: list[str] = []
    target = replace(cloud.target, stream_secret=None)
    assert may_deploy(stage_checks.app(cloud.account, target))
    sdk.update_app_settings(disable_permissions_checks=True)
    (stops,) = refusals(stage_checks.app(cloud.account, target))
    assert "app disable_permissions_checks" in stops.text
    report_standing(cloud.account, "local", said.append)
    assert said[-1].startswith("not stopped, because it is a rollback: 1 settings")


def test_app_that_is_bound_to_another_stage_is_refused(cloud: LocalCloud) -> None:
    issuer = "https://api.other.example"
    foreign = replace(cloud.target, stage="staging", issuer=issuer, figures=figures.DEFAULTS)
    (stops,) = refusals(stage_checks.app(cloud.account, foreign))
    assert cloud.target.issuer in stops.text
    (shared,) = refusals(stage_checks.app_of_another_stage(cloud.account, foreign))
    assert "ru4m-local-service uses app" in shared.text


@pytest.mark.promise("STR-7")
def test_operator_confirms_the_placement_once(cloud: LocalCloud, run: Command) -> None:
    assert cloud.run("check_chat_settings")["unverified"] == 1
    recorded = run("root", "confirm-placement", "--yes", group="chat-settings")
    assert (recorded.exit_code, "Recorded in the Ledger: dublin.c1." in recorded.output) == (0, True)
    assert cloud.run("check_chat_settings")["unverified"] == 0


def test_check_of_a_drifted_setting_is_counted_by_its_alarm_metric(
    cloud: LocalCloud, sdk: StreamChat
) -> None:
    sdk.update_app_settings(guest_user_creation_disabled=False)
    cloud.run("check_chat_settings")
    lines = "".join(cloud.log_lines("check_chat_settings"))
    assert '"ChatSettingsDrifted":[1' in lines.replace(" ", "")
