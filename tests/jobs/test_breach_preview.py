"""Two people approve the notice of a breach as its readers get it, and see how many these are (ADR 96)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.ids import UserId
from chalicelib.operations.breaches import record
from tests.support.cases.breaches import (
    TEXTS,
    approves,
    assess,
    begins_notices,
    calls,
    evidence_of,
    lists,
    opens,
    proposes,
    run,
    shows,
)
from tests.support.world.limits import configure
from tests.support.world.operators import Operator
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("SEC-4")
HIGH: dict[str, Any] = {"risk": "high", "audience": "all", "texts": TEXTS}


@pytest.fixture
def opened(alice: Operator) -> str:
    return opens(alice)


@pytest.fixture
def mila(world: World, one_shard: None, mails: list[dict[str, Any]]) -> User:
    """Return a user in Austria with a verified address."""
    user = world.a_user()
    user.has_email("mila@test.example")
    assert user.changes(country="AT").status == 200
    return user


def previews(operator: Operator, breach_id: str, query: str = "") -> Any:
    return calls(operator, "GET", f"/{breach_id}/notices{query}").json


@pytest.mark.parametrize("locale", ["en", "sr-Latn", "sr-Cyrl"])
def test_mail_and_page_in_the_app_are_the_ones_that_were_previewed(
    mila: User, alice: Operator, bob: Operator, opened: str, mails: list[dict[str, Any]], locale: str
) -> None:
    mila.changes(locale=locale)
    assert proposes(alice, opened, **HIGH).status == 200
    seen = previews(bob, opened)["notices"][locale]
    assert approves(bob, opened).status == 200
    assert begins_notices(alice, opened).status == 200
    run()
    sent = mails[-1]["Content"]["Simple"]
    bodies = {name: part["Data"] for name, part in sent["Body"].items()}
    shown = mila.gets("/v1/breach-notices").json["items"][0]["texts"][locale]
    assert {"subject": sent["Subject"]["Data"], **bodies, **shown} == seen


def test_approval_records_the_digest_of_the_notice_that_was_previewed(
    mila: User, alice: Operator, bob: Operator, opened: str
) -> None:
    proposes(alice, opened, **HIGH)
    digest = previews(bob, opened)["digest"]
    assert shows(bob, opened)["proposal"]["rendering"] == digest
    assert approves(bob, opened).status == 200
    assert evidence_of(opened)[-1][1]["rendering"] == digest


def test_notice_in_other_words_than_proposed_is_not_approved(
    alice: Operator, bob: Operator, opened: str
) -> None:
    proposes(alice, opened, **HIGH)
    configure(CONTACT_EMAIL="other@test.example")  # as a deployment could
    assert approves(bob, opened).problem == "rendering_changed"
    assert calls(bob, "DELETE", f"/{opened}/assessment").status == 200
    assess(alice, bob, opened, **HIGH)


def test_notice_in_other_words_than_approved_is_not_sent(
    mila: User, alice: Operator, bob: Operator, opened: str, mails: list[dict[str, Any]]
) -> None:
    assess(alice, bob, opened, **HIGH)
    configure(CONTACT_EMAIL="other@test.example")
    assert begins_notices(alice, opened).problem == "rendering_changed"
    run()
    assert mails == []
    assess(alice, bob, opened, **HIGH)
    assert begins_notices(alice, opened).status == 200


def test_accounts_are_counted_by_country_and_channel_before_the_approval(
    mila: User, vuk: User, alice: Operator, opened: str, mails: list[dict[str, Any]]
) -> None:
    proposes(alice, opened, **HIGH)
    seen = previews(alice, opened)
    assert seen["counts"] == {"AT": {"email": 1}, "none": {"in_app": 1}}
    assert (seen["read"], "next_cursor" in seen, mails) == (2, False, [])


def test_accounts_of_other_countries_are_read_and_not_counted(
    world: World, mila: User, vuk: User, alice: Operator
) -> None:
    opened = opens(alice, countries=["AT"])
    proposes(alice, opened, **{**HIGH, "audience": "country"}, country="AT")
    seen = previews(alice, opened)
    assert (seen["counts"], seen["read"]) == ({"AT": {"email": 1}}, 2)


def test_listed_accounts_are_counted_from_their_lists(
    mila: User, vuk: User, alice: Operator, bob: Operator, opened: str
) -> None:
    assess(alice, bob, opened, **{**HIGH, "audience": "listed"})
    assert previews(alice, opened)["read"] == 0
    lists(alice, opened, [vuk.user_id])
    assert previews(alice, opened)["counts"] == {"none": {"in_app": 1}}


def test_count_of_many_accounts_continues_at_the_cursor(
    monkeypatch: pytest.MonkeyPatch, world: World, one_shard: None, alice: Operator, opened: str
) -> None:
    monkeypatch.setattr(record, "COUNTED_AT_ONCE", 2)
    for _ in range(3):
        world.a_user()
    proposes(alice, opened, **HIGH)
    first = previews(alice, opened)
    rest = previews(alice, opened, f"?cursor={first['next_cursor']}")
    assert (first["read"], rest["read"], "next_cursor" in rest) == (2, 1, False)
    assert calls(alice, "GET", f"/{opened}/notices?cursor=nonsense").status == 400


def test_count_of_many_lists_without_accounts_continues_at_the_cursor(
    monkeypatch: pytest.MonkeyPatch, vuk: User, alice: Operator, bob: Operator, opened: str
) -> None:
    monkeypatch.setattr(record, "PARTS_AT_ONCE", 2)
    assess(alice, bob, opened, **{**HIGH, "audience": "listed"})
    for listed in (UserId.new(), UserId.new(), vuk.user_id):
        lists(alice, opened, [listed])
    first = previews(alice, opened)
    rest = previews(alice, opened, f"?cursor={first['next_cursor']}")
    assert (first["read"], rest["read"], "next_cursor" in rest) == (0, 1, False)


def test_breach_without_a_notice_has_no_preview(alice: Operator, opened: str) -> None:
    assert calls(alice, "GET", f"/{opened}/notices").problem == "assessed_otherwise"
    proposes(alice, opened, "unlikely")
    assert calls(alice, "GET", f"/{opened}/notices").problem == "assessed_otherwise"
