"""Sign-in across a change of terms depends on which terms apply to the user (ADR 16)."""

from datetime import timedelta

import pytest

from tests.support.clouds import cloud
from tests.support.world.builders import PRIVACY, TERMS, a_phone, other_than
from tests.support.world.notices import DAY, a_version, publish, record_announcement
from tests.support.world.world import Reply, World

NEWER = a_version("2026-11-01")
COMING = a_version("2026-12-24", announced_for=60 * DAY)


def signs_in(world: World, phone: str, **shown: str) -> Reply:
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    return world.verifies(challenge, world.code_for(phone), **shown)


@pytest.mark.promise("NOT-1")
@pytest.mark.parametrize("shown", [TERMS, NEWER.version])
def test_user_under_older_terms_signs_in_with_the_older_or_the_newer_ones(world: World, shown: str) -> None:
    mila = world.a_user()
    publish(NEWER)
    again = signs_in(world, mila.phone, terms_version=shown)
    assert (again.status, again.json["user_id"]) == (200, mila.user_id)


@pytest.mark.promise("STR-4")
def test_newer_terms_named_in_a_sign_in_are_accepted_and_apply(world: World) -> None:
    mila = world.a_user()
    publish(NEWER)
    signs_in(world, mila.phone, terms_version=NEWER.version)
    assert {a["version"]["S"] for a in cloud.records("acceptance")} == {TERMS, NEWER.version, PRIVACY}
    assert signs_in(world, mila.phone, terms_version=TERMS).problem == "terms_outdated"


@pytest.mark.promise("STR-4")
def test_sign_in_with_outdated_terms_counts_no_attempt(world: World) -> None:
    mila = world.a_user()
    publish(NEWER)
    record_announcement(mila, NEWER.version, at=NEWER.published_at)
    challenge = world.asks_for_a_code(mila.phone).json["challenge_id"]
    code = world.code_for(mila.phone)
    for _ in range(6):
        refused = world.verifies(challenge, code, terms_version=TERMS)
        assert refused.problem == "terms_outdated"
    assert refused.json["current"] == {"terms": NEWER.version, "privacy": PRIVACY}
    assert len(cloud.records("session")) == 1
    assert world.verifies(challenge, code, terms_version=NEWER.version).status == 200


@pytest.mark.promise("STR-4")
@pytest.mark.parametrize("shown", [TERMS, COMING.version], ids=["replaced", "coming"])
def test_new_number_needs_todays_terms_and_other_terms_count_no_attempt(world: World, shown: str) -> None:
    publish(NEWER, COMING)
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    code = world.code_for(phone)
    for _ in range(6):
        assert world.verifies(challenge, code, terms_version=shown).problem == "terms_outdated"
    assert cloud.records("account") == cloud.records("acceptance") == []
    assert world.verifies(challenge, code, terms_version=NEWER.version).status == 201


def test_early_acceptance_allows_sign_in_with_todays_or_the_coming_terms(world: World) -> None:
    mila = world.a_user()
    publish(COMING)
    assert mila.calls("POST", f"/v1/notices/{COMING.version}/acceptance").status == 204
    for shown in (TERMS, COMING.version):
        assert signs_in(world, mila.phone, terms_version=shown).status == 200


@pytest.mark.parametrize("swapped", [{"terms_version": PRIVACY}, {"privacy_version": TERMS}], ids=str)
def test_version_of_one_kind_of_notice_is_not_accepted_for_the_other_kind(
    world: World, swapped: dict[str, str]
) -> None:
    mila = world.a_user()
    assert signs_in(world, mila.phone, **swapped).problem == "terms_outdated"


def test_code_repeated_after_newer_terms_took_effect_returns_the_session(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    code = world.code_for(phone)
    in_a_minute = world.now + timedelta(minutes=1)
    dates = {"published_at": in_a_minute - 20 * DAY, "effective_at": in_a_minute}
    publish(NEWER.model_copy(update=dates))
    first = world.verifies(challenge, code)
    world.advance(timedelta(minutes=1))
    again = world.verifies(challenge, code)
    assert (first.status, again.status) == (201, 201)
    assert again.json["session"]["session_id"] == first.json["session"]["session_id"]


@pytest.mark.promise("ACC-1")
def test_wrong_code_with_older_terms_does_not_show_if_a_number_is_registered(world: World) -> None:
    mila = world.a_user()
    publish(NEWER)
    record_announcement(mila, NEWER.version, at=NEWER.published_at)
    for phone in (mila.phone, a_phone()):
        challenge = world.asks_for_a_code(phone).json["challenge_id"]
        wrong = other_than(world.code_for(phone))
        assert world.verifies(challenge, wrong, terms_version=TERMS).json["attempts_left"] == 4
