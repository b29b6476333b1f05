"""Tests the check and the application of settings in outages, after refusals and odd answers, and killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.core.metrics import Metric
from chalicelib.core.observe import EntryFailed
from chalicelib.stream import gateway, model
from chalicelib.stream.settings.app import AppliedSetting, StreamApp, apply
from chalicelib.stream.settings.baseline import HOOK_ADDRESSES, compare
from infra.deployment.chat_settings import StreamNotReached
from infra.stream_emulator import Emulator
from tests.support import patches
from tests.support.faults.crash import How, Killed, Point, Watch
from tests.support.stream.emulated_app import apply_to, change_app, check, choices, drifted_at, lines
from tests.support.world.world import World

pytestmark = [pytest.mark.promise("STR-3"), pytest.mark.usefixtures("without_pace")]


# --- outages and answers of another form

READS = ("/app", "/channeltypes", "/retention_policy", "/users")


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "code": 9},
        {"status": 503},
        {"status": 200, "body": "<html>maintenance</html>"},
        {"status": 502, "body": "<html>bad gateway</html>"},
        {"status": 200, "body": "[]"},
        {"status": 200, "body": '"oops"'},
        {"status": 200, "body": "{}"},
        {"drop_connection": True},
    ],
    ids=["429", "503", "html", "html 502", "list", "text", "empty", "dropped"],
)
@pytest.mark.promise("SEC-3")
def test_outage_is_no_drift_and_leaves_no_evidence(
    baseline: Emulator, world: World, gauges: dict[Metric, int], path: str, fault: dict[str, Any]
) -> None:
    baseline.fault(path=path, times=2, **fault)  # the SDK sends a GET twice after a lost connection
    with pytest.raises(EntryFailed):
        check()
    assert gauges == {Metric.REVIEWS_DUE: 0}
    assert lines(world) == []
    baseline.clear_faults()
    assert check()["drifted"] == 0


def answer(stream: Emulator, path: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Let Stream answer the next GET of a path with a changed answer."""
    true = json.loads(json.dumps(gateway._client().get(path), default=str))
    change(true)
    stream.fault(path=f"/{path}", status=200, body=json.dumps(true))


def without(name: str) -> Callable[[dict[str, Any]], object]:
    def change(true: dict[str, Any]) -> None:
        del true["app"][name]

    return change


@pytest.mark.parametrize(
    "name", ["disable_auth_checks", "permission_version", "guest_user_creation_disabled"]
)
def test_missing_value_of_a_required_setting_is_drift(baseline: Emulator, world: World, name: str) -> None:
    answer(baseline, "app", without(name))
    assert check()["drifted"] == 1
    assert lines(world)[-1].data["drifted_settings"] == [f"app {name}"]


def test_missing_grants_of_the_app_are_drift(baseline: Emulator, world: World) -> None:
    answer(baseline, "app", without("grants"))
    check()
    names = lines(world)[-1].data["drifted_settings"]
    assert names == ["app grants.anonymous", "app grants.guest", "app grants.user"]


def test_missing_value_of_a_feature_is_unverified(baseline: Emulator, world: World) -> None:
    answer(baseline, "app", without("image_moderation_enabled"))
    counts = check()
    assert (counts["drifted"], counts["unverified"]) == (0, 1)
    assert lines(world)[-1].data["unverified_settings"] == ["app image_moderation_enabled"]


def test_unverified_setting_is_sent(baseline: Emulator) -> None:
    answer(baseline, "app", without("image_moderation_enabled"))
    (sent,) = apply_to(baseline)
    assert (sent.checked.name, sent.accepted) == ("app image_moderation_enabled", True)


def test_hook_that_stream_omits_is_not_set_if_it_states_the_others(baseline: Emulator) -> None:
    answer(baseline, "app", without("before_message_send_hook_url"))
    assert check()["unverified"] == 0


def test_hooks_are_unverified_if_stream_states_none(baseline: Emulator) -> None:
    answer(
        baseline,
        "app",
        lambda true: [true["app"].pop(name) for name in HOOK_ADDRESSES if name in true["app"]],
    )
    assert check()["unverified"] == len(HOOK_ADDRESSES)


def test_hook_of_the_dashboard_is_drift_and_not_sent(baseline: Emulator) -> None:
    def state(true: dict[str, Any]) -> None:
        true["app"]["moderation_webhook_url"] = "https://hook.example"

    answer(baseline, "app", state)
    assert check()["drifted"] == 1
    answer(baseline, "app", state)
    assert apply_to(baseline) == []


@pytest.mark.parametrize("value", ["false", 0, None, [], {}])
def test_value_of_another_type_counts_as_not_stated(baseline: Emulator, value: object) -> None:
    answer(baseline, "app", lambda true: true["app"].update(disable_auth_checks=value))
    assert check()["drifted"] == 1


def test_further_fields_and_roles_change_nothing(baseline: Emulator) -> None:
    answer(baseline, "app", lambda true: true["app"].update(tomorrow={"a": [1]}, moderation_enabled=None))
    assert check()["drifted"] == 0


def test_channel_type_without_grants_in_the_list_is_read_by_itself(baseline: Emulator) -> None:
    answer(baseline, "channeltypes", lambda true: true["channel_types"]["team"].pop("grants"))
    before = len(baseline.requests())
    assert check()["drifted"] == 0
    assert len(baseline.requests()) - before == 5


def test_channel_type_with_a_name_that_is_unsafe_in_a_path_is_drift_and_not_called(
    baseline: Emulator,
) -> None:
    answer(baseline, "channeltypes", lambda true: true["channel_types"].update({"../app?x=": {}}))
    before = len(baseline.requests())
    assert check()["drifted"] == 7
    assert len(baseline.requests()) - before == 4


def test_missing_channel_type_of_ours_is_drift(baseline: Emulator) -> None:
    answer(baseline, "channeltypes", lambda true: true["channel_types"].pop("messaging"))
    assert check()["drifted"] == 7


def test_fifty_channel_types_are_checked_and_closed_within_limits(baseline: Emulator) -> None:
    for number in range(45):
        gateway._client().create_channel_type({"name": f"type{number}"})
    assert check()["drifted"] == 45 * 4
    baseline.advance(60)
    apply_to(baseline)
    assert drifted_at(baseline) == []


def test_app_that_has_no_retention_policies_drifts_by_this_setting_only(
    baseline: Emulator, world: World
) -> None:
    baseline.fault(path="/retention_policy", status=404, code=16)
    assert check()["drifted"] == 1
    assert lines(world)[-1].data["drifted_settings"] == ["retention policy old-messages max_age_hours"]


# --- applying


def applied(stream: Emulator) -> dict[str, bool]:
    return {one.checked.name: one.accepted for one in apply_to(stream)}


def test_setting_that_stream_does_not_know_is_named_and_stops_no_other(
    world: World, stream: Emulator
) -> None:
    change_app(
        auto_translation_enabled=True, enforce_unique_usernames="app", guest_user_creation_disabled=False
    )
    refuse("auto_translation_enabled")
    sent = applied(stream)
    assert [name for name, accepted in sent.items() if not accepted] == ["app auto_translation_enabled"]
    assert drifted_at(stream) == ["app auto_translation_enabled"]


def test_channel_type_that_stream_does_not_change_stops_no_other(world: World, stream: Emulator) -> None:
    for name in ("team", "messaging"):
        gateway._client().update_channel_type(name, automod="AI")
    stream.fault(method="PUT", path="/channeltypes/team", times=20, status=400, code=4)
    assert {accepted for name, accepted in applied(stream).items() if "team" in name} == {False}
    assert drifted_at(stream) == ["channel type team automod"]
    stream.clear_faults()
    apply_to(stream)
    assert drifted_at(stream) == []


def refuse(unknown: str) -> None:
    """Let Stream not know a setting of the app."""
    kept = StreamApp.change_app

    def change_app(app: StreamApp, settings: dict[str, Any]) -> None:
        if unknown in settings:
            settings = settings | {"an_unknown_setting": True}
        kept(app, settings)

    patches.current().setattr(StreamApp, "change_app", change_app)


@pytest.mark.parametrize("status", [429, 503])
def test_outage_ends_the_application_and_the_next_one_completes_it(
    world: World, stream: Emulator, status: int
) -> None:
    change_app(enforce_unique_usernames="app")
    gateway._client().update_channel_type("team", automod="AI")
    stream.fault(method="PUT", path="/channeltypes/team", status=status, code=9)
    with pytest.raises(StreamNotReached):
        apply_to(stream)
    assert "channel type team automod" in drifted_at(stream)
    apply_to(stream)
    assert drifted_at(stream) == []


def test_application_that_is_killed_at_any_call_converges(world: World, stream: Emulator) -> None:
    calls = 0
    for number in range(50):
        for how in (How.NOT_STARTED, How.KILLED, How.UNANSWERED):
            loosen(stream)
            watch = Watch(Point(number, how))
            with watch.on(), suppress(Killed, model.StreamUnavailable):
                watch.process(apply_all)
            if not watch.reached:
                break
            calls = number + 1
            apply_all()
            assert drifted_at(stream) == [], (number, how)
        else:
            continue
        break
    assert calls >= 4  # the app, a channel type, the policy, the system user


def loosen(stream: Emulator) -> None:
    stream.reset()
    change_app(guest_user_creation_disabled=False)
    gateway._client().update_channel_type("livestream", grants={"user": ["read-channel"]})


def apply_all() -> list[AppliedSetting]:
    app = StreamApp()
    return list(apply(app, compare(app.read(choices()), choices(), None)))
