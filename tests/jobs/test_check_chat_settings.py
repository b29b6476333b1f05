"""Tests the check of settings at Stream: drift, evidence, and where Stream hosts the app."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from chalicelib.consents.notices.model import NoticeKind
from chalicelib.core.chain import ChainVerdict
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.durations import Duration
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import EntryFailed
from chalicelib.privacy import reviews
from chalicelib.privacy.purposes import Practice
from chalicelib.stream import gateway
from chalicelib.stream.settings import service
from chalicelib.stream.settings.app import StreamApp
from infra.stream_emulator import Emulator
from tests.support.stream.emulated_app import PLACEMENT, apply_to, change_app, check, choices, lines
from tests.support.world.ledger import alter_newest, checkpoint, create_archive, verify
from tests.support.world.limits import configure
from tests.support.world.notices import a_version, publish
from tests.support.world.practices import describe
from tests.support.world.world import World

pytestmark = [pytest.mark.promise("STR-3"), pytest.mark.usefixtures("without_pace")]

SECOND = timedelta(seconds=1)
FORTNIGHT = a_version("2027-02-01", NoticeKind.PRIVACY).model_copy(
    update={"messages_kept": Duration.parse("P14D")}
)
ALL_KEPT = {"drifted": 0, "unverified": 0}


# --- drift


def test_app_with_the_baseline_has_neither_drifted_nor_unverified_settings(
    baseline: Emulator, gauges: dict[Metric, int]
) -> None:
    counts = check()
    assert {name: counts[name] for name in ALL_KEPT} == ALL_KEPT
    assert counts["checked"] > 60
    assert gauges[Metric.CHAT_SETTINGS_DRIFTED] == gauges[Metric.CHAT_SETTINGS_UNVERIFIED] == 0


def test_changed_setting_is_reported_and_applied_back(
    baseline: Emulator, gauges: dict[Metric, int], world: World
) -> None:
    change_app(grants={"user": ["flag-user", "search-user"]})
    assert check()["drifted"] == gauges[Metric.CHAT_SETTINGS_DRIFTED] == 1
    assert lines(world)[-1].data["drifted_settings"] == ["app grants.user"]
    apply_to(baseline)
    assert check()["drifted"] == gauges[Metric.CHAT_SETTINGS_DRIFTED] == 0


def test_hook_without_new_messages_is_reported_once_the_policy_describes_pushes(
    baseline: Emulator, gauges: dict[Metric, int], world: World
) -> None:
    assert check()["drifted"] == 0
    describe(Practice.NOTIFYING)
    assert check()["drifted"] == 1
    assert lines(world)[-1].data["drifted_settings"] == ["app event_hooks"]
    apply_to(baseline)
    assert check()["drifted"] == 0


@pytest.mark.promise("SEC-3")
def test_reviews_that_are_due_are_reported_each_day(
    baseline: Emulator, gauges: dict[Metric, int], world: World
) -> None:
    first = reviews.declared()[0].by
    world.traveller.move_to(datetime.combine(first, time(), UTC))
    assert check()["reviews_due"] == gauges[Metric.REVIEWS_DUE] == len(reviews.due(first)) > 0


def test_check_changes_nothing_at_stream(baseline: Emulator) -> None:
    change_app(guest_user_creation_disabled=False)
    before = len(baseline.requests())
    check()
    made = baseline.requests()[before:]
    assert {request["method"] for request in made} == {"GET"}
    assert len(made) == 4


@pytest.mark.promise("STR-11")
def test_age_of_messages_follows_the_configured_period(baseline: Emulator) -> None:
    gateway._client().post("retention_policy", data={"policy": "old-messages", "max_age_hours": 721})
    assert check()["drifted"] == 1
    gateway._client().post("retention_policy/delete", data={"policy": "old-messages"})
    assert check()["drifted"] == 1


@pytest.mark.promise("STR-11")
def test_shorter_period_of_the_policy_in_effect_is_drift_until_applied(
    baseline: Emulator, world: World
) -> None:
    publish(FORTNIGHT)
    world.traveller.move_to(FORTNIGHT.effective_at - SECOND)
    assert check()["drifted"] == 0
    world.advance(SECOND)
    assert check()["drifted"] == 1
    assert lines(world)[-1].data["drifted_settings"] == ["retention policy old-messages max_age_hours"]
    apply_to(baseline)
    assert baseline.state()["retention"]["old-messages"]["config"] == {"max_age_hours": 336}
    assert check()["drifted"] == 0


@pytest.mark.promise("STR-11")
def test_shorter_period_than_the_policy_names_is_kept(baseline: Emulator) -> None:
    configure(PERIODS="chat_messages=P7D")
    assert check()["drifted"] == 1
    apply_to(baseline, "chat_messages=P7D")
    assert check()["drifted"] == 0


# --- evidence


@pytest.mark.promise("SEC-1")
def test_unchanged_outcome_has_one_line_a_day_which_the_next_checkpoint_signs(
    baseline: Emulator, world: World
) -> None:
    create_archive()
    check()
    world.advance(HOUR)
    check()
    (line,) = lines(world)
    assert (line.event, line.data["drifted"], line.data["unverified_settings"]) == ("checked", 0, [])
    checkpoint(world)
    assert verify(service.HISTORY.chain_of(world.now)) == ChainVerdict((), covered=1)
    world.advance(DAY)
    check()
    assert len(lines(world)) == 1


def test_changed_outcome_has_a_line_of_its_own(baseline: Emulator, world: World) -> None:
    check()
    change_app(enforce_unique_usernames="app")
    check()
    check()
    change_app(enforce_unique_usernames="no")
    check()
    assert [line.data["drifted"] for line in lines(world)] == [0, 1, 0]


def test_line_of_many_drifted_settings_names_fifty_and_counts_all(world: World, stream: Emulator) -> None:
    stream.reset()
    for number in range(20):
        gateway._client().create_channel_type({"name": f"type{number}"})
    counts = check()
    (line,) = lines(world)
    assert line.data["drifted"] == counts["drifted"] > 50
    assert len(line.data["drifted_settings"]) == 50


SECRETS = {"sqs_secret": "canary-sqs", "sns_secret": "canary-sns", "sqs_key": "canary-key"}


@pytest.mark.promise("SEC-1")
def test_secrets_of_the_app_are_neither_logged_nor_stored(
    baseline: Emulator, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    change_app(**SECRETS, webhook_url="https://user:canary-url@hook.example/?token=canary-token")
    assert check()["drifted"] == 1
    hook = {"hook_type": "webhook", "webhook_url": "https://user:canary-hook@hook.example"}
    change_app(firebase_config={"credentials_json": "canary-push"}, event_hooks=[hook])
    check()
    found = StreamApp().read(choices())
    shown = "".join(capsys.readouterr()) + repr(found) + "".join(line.payload for line in lines(world))
    assert "canary" not in shown


# --- placement


@pytest.mark.promise("STR-7")
def test_placement_that_nobody_confirmed_is_unverified_whatever_stream_states(
    world: World, stream: Emulator, gauges: dict[Metric, int]
) -> None:
    apply_to(stream)
    assert check()["unverified"] == gauges[Metric.CHAT_SETTINGS_UNVERIFIED] == 1
    assert lines(world)[-1].data["unverified_settings"] == ["app placement"]
    assert check(show_placement=True)["placement"] == ""


@pytest.mark.promise("STR-7")
def test_confirmed_placement_is_kept_for_two_years_and_for_this_app_only(
    baseline: Emulator, world: World
) -> None:
    assert check(show_placement=True) == {"app": baseline.api_key, "placement": PLACEMENT}
    assert service.placement_of("another-app") is None
    world.advance(731 * DAY)
    assert service.placement_of(baseline.api_key) is None


@pytest.mark.promise("STR-7")
def test_other_placement_than_the_confirmed_one_is_drift(baseline: Emulator, world: World) -> None:
    service.record_placement(baseline.api_key, "singapore.c1")
    assert check()["drifted"] == 1
    assert lines(world)[-1].data["drifted_settings"] == ["app placement"]


@pytest.mark.promise("STR-7")
@pytest.mark.parametrize("placement", ["singapore.c1", "EU"])
def test_placement_that_stream_does_not_state_cannot_be_confirmed(
    world: World, stream: Emulator, placement: str
) -> None:
    with pytest.raises(EntryFailed, match="PlacementRefused"):
        check(confirm_placement=placement)
    assert check(show_placement=True)["placement"] == ""


@pytest.mark.promise("STR-7")
def test_altered_confirmation_counts_as_none(baseline: Emulator) -> None:
    alter_newest(service.PLACEMENT)
    assert service.placement_of(baseline.api_key) is None
