"""Notices: current versions, acceptance on record."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from chalicelib.notices import versions
from chalicelib.notices.model import FirstNotice, Notice, NoticeKind, NoticeVersion
from tests.support import cloud
from tests.support.builders import PRIVACY, TERMS
from tests.support.world import World

NEWER = Notice(
    kind=NoticeKind.TERMS,
    version=NoticeVersion("terms-2026-11-01"),
    published_at=datetime(2026, 10, 1, tzinfo=UTC),
    effective_at=datetime(2026, 11, 1, tzinfo=UTC),
    url="https://ru4m.com/terms/2026-11-01",
    changes="Newer.",
)
ANNOUNCED = NEWER.model_copy(
    update={"version": NoticeVersion("terms-2026-12-24"), "effective_at": datetime(2026, 12, 24, tzinfo=UTC)}
)


@pytest.mark.promise("STR-4")
def test_both_notices_are_public_with_their_dates(world: World) -> None:
    current = world.call("GET", "/v1/notices/current").json["items"]
    assert {notice["kind"]: notice["version"] for notice in current} == {"terms": TERMS, "privacy": PRIVACY}
    assert all(notice["effective_at"] == "2024-05-08T00:00:00Z" for notice in current)
    assert "Stream" in next(notice for notice in current if notice["kind"] == "terms")["changes"]


@pytest.mark.promise("NOT-1")
@pytest.mark.parametrize("before", [timedelta(0), timedelta(seconds=-1)], ids=["at once", "backdated"])
def test_a_version_that_is_not_announced_before_it_takes_effect_cannot_be_defined(before: timedelta) -> None:
    with pytest.raises(ValidationError, match="published before it takes effect"):
        Notice(**{**dict(NEWER), "published_at": NEWER.effective_at - before})


@pytest.mark.promise("NOT-1")
def test_only_a_first_version_may_take_effect_when_it_is_published(world: World) -> None:
    FirstNotice(**{**dict(NEWER), "published_at": NEWER.effective_at})
    with pytest.raises(ValidationError, match="published before it takes effect"):
        FirstNotice(**{**dict(NEWER), "published_at": NEWER.effective_at + timedelta(seconds=1)})
    for kind in NoticeKind:
        first, *later = sorted(
            (n for n in versions.PUBLISHED if n.kind is kind), key=lambda n: n.effective_at
        )
        assert isinstance(first, FirstNotice)
        assert not any(isinstance(notice, FirstNotice) for notice in later)


@pytest.mark.promise("NOT-1")
def test_a_version_is_neither_listed_nor_accepted_before_it_is_published(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon, later = world.now + timedelta(seconds=1), world.now + timedelta(days=30)
    prepared = NEWER.model_copy(update={"published_at": soon, "effective_at": later})
    monkeypatch.setattr(versions, "PUBLISHED", (*versions.PUBLISHED, prepared))
    mila = world.a_user()

    def listed() -> bool:
        items = world.call("GET", "/v1/notices").json["items"]
        return prepared.version in {notice["version"] for notice in items}

    def accepts() -> int:
        return mila.calls("POST", f"/v1/notices/{prepared.version}/acceptance").status

    assert (listed(), accepts()) == (False, 404)
    world.advance(timedelta(seconds=1))
    assert (listed(), accepts()) == (True, 204)


def test_all_versions_are_listed_newest_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "PUBLISHED", (*versions.PUBLISHED, ANNOUNCED, NEWER))
    listed = [notice["version"] for notice in world.call("GET", "/v1/notices").json["items"]]
    assert listed[:2] == ["terms-2026-12-24", "terms-2026-11-01"]
    assert len(listed) == 4


def test_a_version_is_current_from_its_date_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "PUBLISHED", (*versions.PUBLISHED, ANNOUNCED, NEWER))
    current = world.call("GET", "/v1/notices/current").json["items"]
    assert "terms-2026-11-01" in {notice["version"] for notice in current}


@pytest.mark.promise("STR-4")
def test_signing_up_puts_both_acceptances_on_record(world: World) -> None:
    world.a_user()
    assert {a["version"]["S"] for a in cloud.records("acceptance")} == {TERMS, PRIVACY}


@pytest.mark.promise("STR-4")
def test_no_chat_token_before_the_current_terms_are_accepted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila = world.a_user()
    monkeypatch.setattr(versions, "PUBLISHED", (*versions.PUBLISHED, NEWER))
    refused = mila.mints_a_chat_token()
    assert (refused.problem, refused.json["missing"]) == ("terms_not_accepted", NEWER.version)
    assert mila.calls("POST", f"/v1/notices/{NEWER.version}/acceptance").status == 204
    assert mila.mints_a_chat_token().status == 200


def test_a_second_signup_records_newer_terms_and_keeps_the_old_acceptance(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila = world.a_user()
    before = cloud.records("acceptance")
    monkeypatch.setattr(versions, "PUBLISHED", (*versions.PUBLISHED, NEWER))
    world.a_user(phone=mila.phone, terms_version=NEWER.version)
    assert [a for a in cloud.records("acceptance") if a not in before] == [
        a for a in cloud.records("acceptance") if a["version"]["S"] == NEWER.version
    ]


@pytest.mark.promise("NOT-1")
def test_accepting_twice_keeps_the_first_acceptance(world: World) -> None:
    mila = world.a_user()
    before = cloud.records("acceptance")
    assert mila.calls("POST", f"/v1/notices/{TERMS}/acceptance").status == 204
    assert cloud.records("acceptance") == before


@pytest.mark.parametrize("version", ["terms-2020-01-01", "terms", "cookies-2024-05-08", "%20"])
def test_an_unknown_version_cannot_be_accepted(world: World, version: str) -> None:
    assert world.a_user().calls("POST", f"/v1/notices/{version}/acceptance").problem == "not_found"
