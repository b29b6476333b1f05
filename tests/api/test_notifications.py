"""Tests a user's choices about pushes."""

from datetime import UTC, datetime

import pytest

from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import ConversationId, UserId
from chalicelib.privacy.purposes import Practice
from chalicelib.push.model import PushKind, QuietHours
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.world.practices import describe
from tests.support.world.world import Reply, User, World


@pytest.fixture(autouse=True)
def offered(world: World) -> None:
    describe(Practice.NOTIFYING)


NOTHING: dict[str, object] = {"off": [], "muted_conversations": [], "muted_users": []}


def chooses(user: User, etag: str | None = None, **choices: object) -> Reply:
    tag = etag or user.gets("/v1/notifications").headers["etag"]
    return user.calls("PUT", "/v1/notifications", body=choices, headers={"if-match": tag})


def test_everything_is_pushed_until_the_user_chooses(world: World) -> None:
    reply = world.a_user().gets("/v1/notifications")
    assert (reply.status, reply.json, reply.headers["etag"]) == (200, NOTHING, '"0"')


def test_choices_are_not_offered_until_the_policy_describes_pushes(world: World) -> None:
    describe(Practice.HIDING_STATUS)
    mila = world.a_user()
    assert chooses(mila, off=["message"]).problem == "not_offered"
    assert cloud.records("notification_choices") == []


def test_choices_replace_the_former_ones(world: World) -> None:
    mila = world.a_user()
    assert chooses(mila, off=["message"]).status == 200
    hours = {"begins": "22:00", "ends": "07:00", "zone": "Europe/Belgrade"}
    assert chooses(mila, quiet_hours=hours).json == {**NOTHING, "quiet_hours": hours}
    assert mila.gets("/v1/notifications").json == {**NOTHING, "quiet_hours": hours}


def test_choices_of_two_devices_do_not_overwrite_each_other(world: World) -> None:
    mila = world.a_user()
    assert chooses(mila, etag='"0"', off=["message"]).status == 200
    assert chooses(mila, etag='"0"', off=["notice"]).problem == "changed_meanwhile"
    assert mila.gets("/v1/notifications").json["off"] == ["message"]


def test_account_that_is_frozen_meanwhile_keeps_its_choices(world: World) -> None:
    mila = world.a_user()
    assert chooses(mila, off=["message"]).status == 200
    before_the_commit(lambda: world.set_state(mila, "frozen"))
    assert chooses(mila, etag='"1"', off=["notice"]).problem == "session_ended"
    world.set_state(mila, "active")
    assert mila.gets("/v1/notifications").json["off"] == ["message"]


def test_repeated_choice_after_a_lost_response_changes_nothing(world: World) -> None:
    mila = world.a_user()
    first = chooses(mila, etag='"0"', off=["message"])
    again = chooses(mila, etag='"0"', off=["message"])
    assert (again.status, again.headers["etag"]) == (200, first.headers["etag"])


@pytest.mark.parametrize("kind", ["security", "rights", "proof", "anything"])
def test_what_protects_the_account_cannot_be_switched_off(world: World, kind: str) -> None:
    assert chooses(world.a_user(), off=[kind]).problem == "invalid_request"


@pytest.mark.parametrize(
    "hours",
    [
        {"begins": "22:00", "ends": "07:00", "zone": "Europe/Atlantis"},
        {"begins": "22:00", "ends": "07:00", "zone": "../../etc/passwd"},
        {"begins": "24:00", "ends": "07:00", "zone": "UTC"},
        {"begins": "22:00", "zone": "UTC"},
    ],
)
def test_hours_that_no_clock_has_are_refused(world: World, hours: dict[str, str]) -> None:
    assert chooses(world.a_user(), quiet_hours=hours).problem == "invalid_request"


def test_list_of_mutes_has_an_end(world: World) -> None:
    muted = [{"conversation_id": ConversationId.new()} for _ in range(201)]
    assert chooses(world.a_user(), muted_conversations=muted).problem == "invalid_request"
    assert chooses(world.a_user(), muted_users=[UserId.new() for _ in range(201)]).status == 400


def test_two_hundred_mutes_of_each_kind_fit_into_a_call(world: World) -> None:
    until = (world.now + MINUTE).isoformat()
    muted = [{"conversation_id": ConversationId.new(), "ends_at": until} for _ in range(200)]
    users = [UserId.new() for _ in range(200)]
    assert chooses(world.a_user(), muted_conversations=muted, muted_users=users).status == 200


def test_mute_that_is_over_is_not_shown(world: World) -> None:
    mila, talk = world.a_user(), ConversationId.new()
    until = (world.now + 10 * MINUTE).isoformat()
    chooses(mila, muted_conversations=[{"conversation_id": talk, "ends_at": until}])
    assert len(mila.gets("/v1/notifications").json["muted_conversations"]) == 1
    world.advance(10 * MINUTE)
    assert mila.gets("/v1/notifications").json["muted_conversations"] == []


def test_choices_are_sealed(world: World) -> None:
    mila, vera = world.a_user(), world.a_user()
    chooses(mila, muted_users=[vera.user_id], off=["notice"])
    (row,) = cloud.records("notification_choices")
    assert {"sealed", "version"} <= row.keys()
    assert not {"off", "muted_users"} & row.keys()


@pytest.mark.parametrize(
    ("begins", "ends", "quiet"),
    [
        ("22:00", "07:00", False),
        ("12:00", "13:00", True),
        ("13:00", "12:00", False),
        ("09:00", "09:00", True),
    ],
)
def test_hours_may_pass_midnight_and_equal_ones_are_the_whole_day(
    begins: str, ends: str, quiet: object
) -> None:
    noon = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
    assert QuietHours(begins=begins, ends=ends, zone="UTC").covers(noon) is quiet


def test_only_rights_safety_and_security_outlast_a_restriction() -> None:
    outlasting = {kind for kind in PushKind if kind.purpose.value != "notifications"}
    assert outlasting == {PushKind.SECURITY, PushKind.RIGHTS, PushKind.SAFETY, PushKind.PROOF}
