"""Notices: current and coming versions, and recorded acceptances."""

import json
from datetime import timedelta

import pytest
from pydantic import ValidationError

from chalicelib.consents.notices import versions
from chalicelib.consents.notices.model import FirstNotice, Notice, NoticeKind, NoticeVersion
from chalicelib.core import settings
from chalicelib.core.settings import SettingsError
from tests.support.clouds import cloud, environment
from tests.support.world.builders import PRIVACY, TERMS
from tests.support.world.notices import DAY, a_version, publish, record_announcement
from tests.support.world.world import World

NEWER = a_version("2026-11-01")
ANNOUNCED = a_version("2026-12-24", announced_for=60 * DAY)


@pytest.mark.promise("STR-4")
def test_both_notices_are_public_with_their_dates(world: World) -> None:
    current = world.call("GET", "/v1/notices/current").json["items"]
    assert {notice["kind"]: notice["version"] for notice in current} == {"terms": TERMS, "privacy": PRIVACY}
    assert all(notice["effective_at"] == "2024-05-08T00:00:00Z" for notice in current)
    assert "Stream" in next(notice for notice in current if notice["kind"] == "terms")["changes"]


@pytest.mark.promise("NOT-1")
@pytest.mark.parametrize("before", [timedelta(seconds=-1), timedelta(0), 14 * DAY - timedelta(seconds=1)])
def test_version_effective_before_the_notice_period_ends_cannot_be_defined(
    before: timedelta,
) -> None:
    with pytest.raises(ValidationError, match="published 14 days before it takes effect"):
        a_version("2026-11-01", announced_for=before)
    a_version("2026-11-01", announced_for=14 * DAY)


@pytest.mark.promise("NOT-1")
def test_only_the_first_version_may_take_effect_on_its_publication(world: World) -> None:
    FirstNotice(**{**dict(NEWER), "published_at": NEWER.effective_at})
    with pytest.raises(ValidationError, match="published 14 days before"):
        FirstNotice(**{**dict(NEWER), "published_at": NEWER.effective_at + timedelta(seconds=1)})
    publish(FirstNotice(**{**dict(NEWER), "published_at": NEWER.effective_at}))
    with pytest.raises(ValueError, match="one version comes first"):
        versions.every()


def test_versions_with_the_same_name_or_day_are_refused(world: World) -> None:
    with pytest.raises(ValidationError, match="starts with its kind"):
        Notice(**{**dict(NEWER), "kind": NoticeKind.PRIVACY})
    publish(NEWER, NEWER.model_copy(update={"version": NoticeVersion("terms-2026-11-02")}))
    with pytest.raises(ValueError, match="at a time of its own"):
        versions.every()
    publish(NEWER)
    with pytest.raises(ValueError, match="same name"):
        versions.every()


@pytest.mark.promise("NOT-1")
def test_environment_adds_versions_on_the_local_stage_only() -> None:
    added = {**environment.variables(), "RU4M_NOTICES": json.dumps([NEWER.model_dump(mode="json")])}
    with pytest.raises(SettingsError, match="published by a commit"):
        settings.read(added)
    assert versions._local(settings.read({**added, "RU4M_STAGE": "local"}).local_notices) == (NEWER,)


@pytest.mark.promise("STR-11")
def test_version_lets_messages_stay_for_thirty_days_unless_it_names_a_period(world: World) -> None:
    (first,) = versions.of_kind(NoticeKind.PRIVACY)
    assert (
        str(first.messages_kept) == str(a_version("2027-01-01", NoticeKind.PRIVACY).messages_kept) == "P30D"
    )
    assert "P30D" not in world.call("GET", "/v1/notices").text


@pytest.mark.promise("STR-11")
@pytest.mark.parametrize("length", ["P14D", "PT36H"])
def test_period_of_messages_is_named_in_days_or_hours(length: str) -> None:
    named = Notice.model_validate({**NEWER.model_dump(), "messages_kept": length})
    assert str(named.messages_kept) == length


@pytest.mark.promise("STR-11")
@pytest.mark.parametrize("length", ["P1M", "P1Y", "forever"])
def test_period_of_messages_without_a_number_of_hours_cannot_be_named(length: str) -> None:
    with pytest.raises(ValueError, match="messages_kept"):
        Notice.model_validate({**NEWER.model_dump(), "messages_kept": length})


@pytest.mark.promise("NOT-1")
def test_version_is_neither_listed_nor_accepted_before_it_is_published(world: World) -> None:
    soon, later = world.now + timedelta(seconds=1), world.now + timedelta(days=30)
    prepared = NEWER.model_copy(update={"published_at": soon, "effective_at": later})
    publish(prepared)
    mila = world.a_user()

    def listed() -> bool:
        items = world.call("GET", "/v1/notices").json["items"]
        return prepared.version in {notice["version"] for notice in items}

    def accepts() -> int:
        return mila.calls("POST", f"/v1/notices/{prepared.version}/acceptance").status

    assert (listed(), accepts()) == (False, 404)
    world.advance(timedelta(seconds=1))
    assert (listed(), accepts()) == (True, 204)


def test_all_versions_are_listed_newest_first(world: World) -> None:
    publish(ANNOUNCED, NEWER)
    listed = [notice["version"] for notice in world.call("GET", "/v1/notices").json["items"]]
    assert listed[:2] == ["terms-2026-12-24", "terms-2026-11-01"]
    assert len(listed) == 4


def test_version_is_current_from_its_date(world: World) -> None:
    publish(ANNOUNCED, NEWER)
    current = world.call("GET", "/v1/notices/current").json["items"]
    assert "terms-2026-11-01" in {notice["version"] for notice in current}


@pytest.mark.promise("STR-4")
def test_signup_records_both_acceptances(world: World) -> None:
    world.a_user()
    assert {a["version"]["S"] for a in cloud.records("acceptance")} == {TERMS, PRIVACY}


@pytest.mark.promise("STR-4")
def test_chat_token_requires_acceptance_of_the_terms_that_apply(world: World) -> None:
    mila = world.a_user()
    publish(NEWER)
    record_announcement(mila, NEWER.version, at=NEWER.published_at)
    refused = mila.mints_a_chat_token()
    assert (refused.problem, refused.json["missing"]) == ("terms_not_accepted", NEWER.version)
    assert mila.calls("POST", f"/v1/notices/{NEWER.version}/acceptance").status == 204
    assert mila.mints_a_chat_token().status == 200


@pytest.mark.promise("NOT-1")
def test_unannounced_user_gets_tokens_under_the_old_terms(world: World) -> None:
    mila = world.a_user()
    publish(NEWER)
    assert mila.mints_a_chat_token().status == 200


@pytest.mark.promise("NOT-1")
def test_late_announcement_leaves_the_old_terms_for_two_weeks(world: World) -> None:
    mila = world.a_user()
    publish(NEWER)
    record_announcement(mila, NEWER.version, at=world.now - 14 * DAY + timedelta(seconds=1))
    assert mila.mints_a_chat_token().status == 200
    world.advance(timedelta(seconds=1))
    assert mila.mints_a_chat_token().problem == "terms_not_accepted"


@pytest.mark.promise("NOT-1")
def test_changed_privacy_policy_needs_no_acceptance(world: World) -> None:
    mila, policy = world.a_user(), a_version("2026-11-01", NoticeKind.PRIVACY)
    publish(policy)
    record_announcement(mila, policy.version, at=policy.published_at)
    assert mila.mints_a_chat_token().status == 200
    assert [announcement["version"] for announcement in mila.gets("/v1/announcements").json["items"]] == [
        policy.version
    ]


@pytest.mark.promise("NOT-1")
def test_early_acceptance_counts(world: World) -> None:
    mila = world.a_user()
    publish(ANNOUNCED)
    record_announcement(mila, ANNOUNCED.version, at=world.now)
    assert mila.calls("POST", f"/v1/notices/{ANNOUNCED.version}/acceptance").status == 204
    world.advance(timedelta(days=59))
    device = world.a_user(mila.phone, terms_version=ANNOUNCED.version)
    assert device.mints_a_chat_token().status == 200
    assert len(cloud.records("acceptance")) == 3


@pytest.mark.promise("NOT-1")
def test_version_older_than_the_one_that_applies_cannot_be_accepted(world: World) -> None:
    mila = world.a_user()
    publish(NEWER)
    record_announcement(mila, NEWER.version, at=NEWER.published_at)
    refused = mila.calls("POST", f"/v1/notices/{TERMS}/acceptance")
    assert (refused.problem, refused.json["current"]["terms"]) == ("terms_outdated", NEWER.version)


@pytest.mark.promise("NOT-1")
def test_new_account_gets_coming_versions_announced_in_the_app(world: World) -> None:
    publish(ANNOUNCED)
    (announcement,) = world.a_user().gets("/v1/announcements").json["items"]
    assert announcement == {
        "kind": "terms",
        "version": ANNOUNCED.version,
        "announced_at": "2026-11-24T12:00:00Z",
        "applies_at": "2026-12-24T00:00:00Z",
        "url": ANNOUNCED.url,
        "changes": ANNOUNCED.changes,
        "accepted": False,
    }


@pytest.mark.promise("NOT-1", "RGT-11")
@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_frozen_or_restricted_account_is_shown_announcements_too(world: World, state: str) -> None:
    publish(ANNOUNCED)
    mila = world.a_user()
    world.set_state(mila, state)
    assert len(mila.gets("/v1/announcements").json["items"]) == 1


def test_announcement_states_its_acceptance_and_the_latest_is_first(world: World) -> None:
    mila = world.a_user()
    publish(NEWER, ANNOUNCED)
    record_announcement(mila, NEWER.version, at=NEWER.published_at)
    record_announcement(mila, ANNOUNCED.version, at=world.now)
    mila.calls("POST", f"/v1/notices/{NEWER.version}/acceptance")
    items = mila.gets("/v1/announcements").json["items"]
    assert [(announcement["version"], announcement["accepted"]) for announcement in items] == [
        (ANNOUNCED.version, False),
        (NEWER.version, True),
    ]


def test_second_signup_records_newer_terms_and_keeps_the_old_acceptance(world: World) -> None:
    mila = world.a_user()
    before = cloud.records("acceptance")
    publish(NEWER)
    world.a_user(phone=mila.phone, terms_version=NEWER.version)
    assert [a for a in cloud.records("acceptance") if a not in before] == [
        a for a in cloud.records("acceptance") if a["version"]["S"] == NEWER.version
    ]


@pytest.mark.promise("NOT-1")
def test_second_acceptance_keeps_the_first_one(world: World) -> None:
    mila = world.a_user()
    before = cloud.records("acceptance")
    assert mila.calls("POST", f"/v1/notices/{TERMS}/acceptance").status == 204
    assert cloud.records("acceptance") == before


@pytest.mark.parametrize("version", ["terms-2020-01-01", "terms", "cookies-2024-05-08", "%20"])
def test_unknown_version_cannot_be_accepted(world: World, version: str) -> None:
    assert world.a_user().calls("POST", f"/v1/notices/{version}/acceptance").problem == "not_found"
