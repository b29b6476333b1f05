"""Tests `ops chat-settings` before the first deployment, at an app with Stream's own defaults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from chalicelib.consents.notices.model import NoticeKind
from chalicelib.core import clock
from chalicelib.core.durations import Duration
from infra.deployment import chat_settings
from infra.deployment.account import AwsAccount
from infra.deployment.chat_settings import BaselineNotApplied, StreamNotReached
from infra.deployment.stacks import Stacks
from infra.deployment.vault import MissingSecret
from infra.ops import scheduled
from infra.ops.__main__ import app
from infra.stream_emulator import Emulator, Options, running_emulator
from tests.infra.fakes import REGION, FakeAccount, FakeCloudFormation
from tests.support.clouds.environment import ISSUER
from tests.support.stream.emulated_app import access_to, apply_to, choices, drifted_at
from tests.support.world.notices import a_version, publish

pytestmark = pytest.mark.promise("STR-3")


FORTNIGHT = a_version("2024-07-01", NoticeKind.PRIVACY).model_copy(
    update={"messages_kept": Duration.parse("P14D")}
)


@pytest.fixture(scope="module")
def new_stream() -> Iterator[Emulator]:
    """Run an emulator whose app has the settings of a new one at Stream."""
    with running_emulator(options=Options(grants="stock")) as running:
        yield running


@pytest.fixture
def stream(new_stream: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    new_stream.reset()
    monkeypatch.setenv("RU4M_STREAM_API_SECRET", new_stream.secret)
    monkeypatch.setattr(clock, "pause", lambda _: None)
    for shown in ("parameters", "parameter_of_all"):  # no stage is deployed; moto has no stacks here
        monkeypatch.setattr(Stacks, shown, lambda *_: {})
    return new_stream


def run(stream: Emulator, *words: str, answer: str | None = None) -> Result:
    where = ["--stage", "staging", "--region", REGION]
    of_app = ["--stream-api-key", stream.api_key, "--stream-url", stream.url, "--issuer", ISSUER]
    with mock_aws():
        return CliRunner().invoke(app, ["chat-settings", *words, *where, *of_app], input=answer)


def test_diff_names_wanted_and_found_values_in_words(stream: Emulator) -> None:
    shown = run(stream, "diff")
    assert shown.exit_code == 3
    assert "app guest_user_creation_disabled: wanted yes, found no" in shown.output
    assert "app grants.user: too many: mute-user, search-user, update-user-owner" in shown.output
    assert "retention policy old-messages max_age_hours: wanted 720, found not stated" in shown.output
    assert "system user ru4m: wanted active, found missing" in shown.output
    assert "app placement: unverified, found dublin.c1" in shown.output
    assert stream.secret not in shown.output


def test_apply_asks_first_and_changes_nothing_without_consent(stream: Emulator) -> None:
    before = drifted_at(stream)
    shown = run(stream, "apply", answer="n\n")
    assert shown.exit_code == 1
    assert "Change these settings of app emulated-key? [y/N]" in shown.output
    assert drifted_at(stream) == before


def test_dry_run_of_apply_names_what_it_would_change_and_changes_nothing(stream: Emulator) -> None:
    before = drifted_at(stream)
    shown = run(stream, "apply", "--dry-run")
    assert (shown.exit_code, "[y/N]" in shown.output) == (3, False)
    assert "would change: app guest_user_creation_disabled" in shown.output
    assert drifted_at(stream) == before


def test_apply_shows_what_it_changed_and_repeats_without_a_change(stream: Emulator) -> None:
    shown = run(stream, "apply", answer="y\n")
    assert shown.exit_code == 0, shown.output
    assert "changed: channel type livestream grants.anonymous" in shown.output
    assert "0 differ, 1 are unverified" in shown.output
    assert run(stream, "diff").exit_code == 0
    again = run(stream, "apply", "--yes")
    assert (again.exit_code, "changed" in again.output) == (0, False)


@pytest.mark.parametrize("found", ["the webhook", "a stack"])
def test_apply_refuses_the_app_of_another_stage_and_changes_nothing(
    stream: Emulator, monkeypatch: pytest.MonkeyPatch, found: str
) -> None:
    if found == "a stack":
        used = {"ru4m-production-service": stream.api_key, "ru4m-staging-service": stream.api_key}
        monkeypatch.setattr(Stacks, "parameter_of_all", lambda *_: used)
    else:
        apply_to(stream, issuer="https://api.other.example")
    before = drifted_at(stream)
    shown = run(stream, "apply", "--yes")
    what = "ru4m-production-service uses app" if found == "a stack" else "https://api.other.example"
    assert (shown.exit_code, what in shown.output, shown.output.count("\n")) == (1, True, 1)
    assert "Create an app for this stage" in shown.output
    assert drifted_at(stream) == before


def test_apply_moves_the_webhook_from_the_earlier_address_of_the_same_stage(
    stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_to(stream, issuer="https://api.earlier.example")
    monkeypatch.setattr(Stacks, "parameters", lambda *_: {"Issuer": "https://api.earlier.example"})
    assert run(stream, "apply", "--yes").exit_code == 0
    assert drifted_at(stream) == []


def test_apply_with_yes_asks_nothing(stream: Emulator) -> None:
    shown = run(stream, "apply", "--yes")
    assert (shown.exit_code, "[y/N]" in shown.output) == (0, False)


def test_apply_names_a_setting_that_stream_refuses(stream: Emulator) -> None:
    stream.fault(method="POST", path="/retention_policy", status=400, code=4)
    shown = run(stream, "apply", "--yes")
    assert shown.exit_code == 3
    assert "refused by Stream: retention policy old-messages max_age_hours" in shown.output
    assert drifted_at(stream) == ["retention policy old-messages max_age_hours"]


@pytest.mark.parametrize("command", ["diff", "apply"])
def test_outage_is_no_difference(stream: Emulator, command: str) -> None:
    stream.fault(path="/app", status=429, code=9)
    shown = run(stream, command)
    assert (shown.exit_code, shown.output) == (
        1,
        "refused: Stream does not answer, or limits the calls. Run the command again in a minute.\n",
    )


def test_refused_secret_is_named_as_the_cause(stream: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RU4M_STREAM_API_SECRET", "another secret of more than thirty-two bytes")
    shown = run(stream, "diff")
    assert (shown.exit_code, shown.output) == (1, "refused: Stream refuses the key or the secret.\n")


@pytest.mark.parametrize(
    ("refused", "shown"), [("/channeltypes", "refuses to show"), ("/app", "refuses the key")]
)
def test_message_says_whether_a_call_or_the_credentials_were_refused(
    stream: Emulator, refused: str, shown: str
) -> None:
    stream.fault(path=refused, status=403, code=17, times=2)  # the second one checks the credentials
    assert shown in run(stream, "diff").output


def test_missing_secret_is_named(stream: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RU4M_STREAM_API_SECRET")
    shown = run(stream, "diff")
    assert shown.exit_code == 1
    assert "set RU4M_STREAM_API_SECRET" in shown.output


@pytest.mark.promise("STR-11")
def test_period_of_messages_comes_from_the_environment(
    stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RU4M_PERIODS", "chat_messages=P7D")
    run(stream, "apply", "--yes")
    assert stream.state()["retention"]["old-messages"]["config"] == {"max_age_hours": 168}


@pytest.mark.promise("STR-11")
def test_apply_sets_the_shorter_period_of_the_policy_in_effect(stream: Emulator) -> None:
    publish(FORTNIGHT)
    run(stream, "apply", "--yes")
    assert stream.state()["retention"]["old-messages"]["config"] == {"max_age_hours": 336}


@pytest.mark.promise("STR-11")
def test_preflight_announces_a_version_that_will_shorten_the_period(stream: Emulator) -> None:
    coming = a_version("2099-03-01", NoticeKind.PRIVACY).model_copy(
        update={"messages_kept": Duration.parse("P7D")}
    )
    publish(coming)
    apply_to(stream)
    said: list[str] = []
    chat_settings.preflight(access_to(stream), choices(), None, said.append)
    assert said[0] == (
        "privacy-2099-03-01 lets messages stay at Stream for P7D from 2099-03-01 on: "
        "shorten chat_messages two days before"
    )


def test_preflight_stops_until_the_baseline_is_applied(stream: Emulator) -> None:
    said: list[str] = []
    with pytest.raises(BaselineNotApplied, match=r"app guest_user_creation_disabled.*ru4m"):
        chat_settings.preflight(access_to(stream), choices(), None, said.append)
    apply_to(stream)
    chat_settings.preflight(access_to(stream), choices(), None, said.append)
    assert said == ["app placement: unverified"] * 2


def test_preflight_stops_while_stream_does_not_answer(stream: Emulator) -> None:
    stream.fault(path="/channeltypes", status=503)
    with pytest.raises(StreamNotReached):
        chat_settings.preflight(access_to(stream), choices(), None, lambda _: None)


@pytest.mark.promise("STR-7")
def test_preflight_stops_at_another_placement_than_the_confirmed_one(stream: Emulator) -> None:
    apply_to(stream)
    with pytest.raises(BaselineNotApplied, match="app placement"):
        chat_settings.preflight(access_to(stream), choices(), "singapore.c1", lambda _: None)


@pytest.mark.promise("STR-7")
@pytest.mark.parametrize(
    ("recorded", "known"),
    [
        ({"app": "key", "placement": "dublin.c1"}, "dublin.c1"),
        ({"app": "key", "placement": ""}, None),
        ({"app": "another-key", "placement": "dublin.c1"}, None),
    ],
)
def test_confirmed_placement_is_that_of_the_same_app(
    monkeypatch: pytest.MonkeyPatch, recorded: dict[str, str], known: str | None
) -> None:
    monkeypatch.setattr(scheduled, "run", lambda *_: recorded)
    assert chat_settings.confirmed_placement(AwsAccount(REGION), "staging", "key") == known


def test_first_deployment_has_no_secret_in_its_vault() -> None:
    account = FakeAccount(REGION, formation=FakeCloudFormation())
    with pytest.raises(MissingSecret, match="set RU4M_STREAM_API_SECRET"):
        chat_settings.stored_secret(account, "staging")
