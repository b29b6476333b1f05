"""Notices of a breach: everyone affected gets one, frozen accounts too, despite kills and outages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.accounts import service as accounts
from chalicelib.core import clock
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import AccountId
from chalicelib.core.phrases import to_cyrillic
from chalicelib.core.table import Table
from chalicelib.messages.campaigns import run as campaign_run
from chalicelib.messages.campaigns import store
from chalicelib.messages.campaigns.model import CampaignKind, NoticeState
from chalicelib.operations.breaches import notices as notifying
from chalicelib.operations.mail_jobs import note_bounces
from tests.support.cases.breaches import (
    TEXTS,
    an_announced_breach,
    assess,
    begins_notices,
    closes,
    evidence_of,
    lists,
    notifies,
    opens,
    run,
    shows,
    watch,
)
from tests.support.cases.copies import damage
from tests.support.cases.erasure_parts import freeze
from tests.support.clouds import cloud
from tests.support.clouds.cloud import failing
from tests.support.clouds.emitted_metrics import value_of
from tests.support.faults.outages import refuse_profile_of
from tests.support.jobs.events import report_of_mail
from tests.support.world.operators import Operator
from tests.support.world.usage import decide
from tests.support.world.world import User, World

ROUTE = "/v1/breach-notices"


@pytest.fixture(autouse=True)
def quick_runs(one_shard: None, pauses: list[timedelta]) -> None:
    """Let runs read one shard and wait for nothing, before an account exists."""


@pytest.fixture
def mila(world: World, mails: list[dict[str, Any]]) -> User:
    """Return a user with a verified address."""
    user = world.a_user()
    user.has_email("mila@test.example")
    return user


@pytest.fixture
def begun(mila: User, vuk: User, alice: Operator, bob: Operator) -> str:
    """Return a breach of which both are to be notified."""
    return an_announced_breach(alice, bob)


def channel(user: User, breach_id: str) -> str | None:
    found = store.notice(AccountId(user.account_id), CampaignKind.BREACH, breach_id)
    return found.channel if found and found.state is NoticeState.ANNOUNCED else None


def finish(world: World) -> None:
    """Run until both rounds are over and that is recorded."""
    for _ in range(3):
        run()
        world.advance(notifying.UNTIL_NEXT_ROUND)


@pytest.mark.promise("SEC-4")
def test_account_with_an_address_gets_a_mail_and_any_other_an_app_notice(
    mila: User, vuk: User, begun: str, mails: list[dict[str, Any]]
) -> None:
    run()
    assert [mail["Destination"]["ToAddresses"] for mail in mails] == [["mila@test.example"]]
    assert (channel(mila, begun), channel(vuk, begun)) == ("email", "in_app")
    cyrillic = {name: to_cyrillic(text) for name, text in TEXTS["sr"].items()}
    for user in (mila, vuk):
        (shown,) = user.gets(ROUTE).json["items"]
        assert shown["breach_notice_id"] == begun
        assert shown["texts"] == {"en": TEXTS["en"], "sr-Latn": TEXTS["sr"], "sr-Cyrl": cyrillic}
        assert shown["contact_email"] == "privacy@test.example"


@pytest.mark.promise("SEC-4")
def test_nobody_is_notified_before_an_operator_begins(
    mila: User, alice: Operator, bob: Operator, mails: list[dict[str, Any]]
) -> None:
    breach_id = opens(alice)
    assess(alice, bob, breach_id, "high", audience="all", texts=TEXTS)
    assert watch() == {"open": 1, "due": 0, "abandoned": 0}
    assert (mails, mila.gets(ROUTE).json["items"]) == ([], [])


@pytest.mark.promise("SEC-4")
def test_frozen_and_restricted_accounts_are_notified_by_mail_too(
    world: World, mila: User, alice: Operator, bob: Operator, mails: list[dict[str, Any]]
) -> None:
    ana = world.a_user()
    ana.has_email("ana@test.example")
    freeze(mila.account_id)
    decide(ana.account_id, wholly_restricted=True)
    world.set_state(ana, "restricted")
    breach_id = an_announced_breach(alice, bob)
    run()
    assert (channel(mila, breach_id), channel(ana, breach_id), len(mails)) == ("email", "email", 2)
    assert len(mila.gets(ROUTE).json["items"]) == 1


@pytest.mark.promise("SEC-4")
def test_account_past_the_point_of_no_return_of_its_erasure_is_not_notified(
    world: World, mila: User, begun: str, mails: list[dict[str, Any]]
) -> None:
    world.set_state(mila, "erasing")
    run()
    assert (channel(mila, begun), mails) == (None, [])


@pytest.mark.promise("SEC-4")
def test_everyone_is_notified_once_counted_and_the_end_is_recorded(
    world: World, mila: User, vuk: User, begun: str, alice: Operator, mails: list[dict[str, Any]]
) -> None:
    finish(world)
    shown = shows(alice, begun)
    assert shown["notices"] == {"mailed": 1, "shown": 1, "absent": 0, "parts": 1, "complete": 1}
    assert evidence_of(begun)[-1] == ("subjects_notified", {"mailed": 1, "shown": 1, "absent": 0})
    assert "notices_done_at" in shown
    world.advance(DAY)
    finish(world)
    assert len(mails) == 1
    assert [event for event, _ in evidence_of(begun)].count("subjects_notified") == 1
    assert watch()["due"] == 0


@pytest.mark.promise("SEC-4")
def test_breach_is_closed_once_authority_and_people_were_notified(
    world: World, begun: str, alice: Operator
) -> None:
    assert notifies(alice, begun).status == 200
    assert closes(alice, begun).json["open"] == ["subjects"]
    finish(world)
    assert closes(alice, begun).status == 200
    assert watch()["open"] == 0


@pytest.mark.promise("SEC-4")
def test_only_accounts_of_the_declared_country_are_notified(
    world: World, mila: User, vuk: User, alice: Operator, bob: Operator
) -> None:
    mila.changes(country="DE")
    ana = world.a_user()
    ana.changes(country="AT")
    breach_id = opens(alice, countries=["DE"])
    assess(alice, bob, breach_id, "high", audience="country", country="DE", texts=TEXTS)
    begins_notices(alice, breach_id)
    run()
    assert [channel(user, breach_id) for user in (mila, vuk, ana)] == ["email", None, None]
    assert vuk.gets(ROUTE).json["items"] == []


@pytest.mark.promise("SEC-4")
def test_only_listed_users_are_notified_also_those_listed_later(
    world: World, mila: User, vuk: User, alice: Operator, bob: Operator
) -> None:
    breach_id = opens(alice)
    assess(alice, bob, breach_id, "high", audience="listed", texts=TEXTS)
    lists(alice, breach_id, [mila.user_id])
    begins_notices(alice, breach_id)
    finish(world)
    assert (channel(mila, breach_id), channel(vuk, breach_id)) == ("email", None)
    lists(alice, breach_id, [vuk.user_id, mila.user_id])
    assert shows(alice, breach_id)["open_duties"] == ["authority RS", "subjects"]
    finish(world)
    assert channel(vuk, breach_id) == "in_app"
    assert shows(alice, breach_id)["open_duties"] == ["authority RS"]
    assert [event for event, _ in evidence_of(breach_id)].count("subjects_notified") == 2


@pytest.mark.promise("RET-2")
def test_ids_of_a_list_are_deleted_once_everyone_on_it_was_notified(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    breach_id = opens(alice)
    assess(alice, bob, breach_id, "high", audience="listed", texts=TEXTS)
    lists(alice, breach_id, [mila.user_id])
    begins_notices(alice, breach_id)
    run()
    assert mila.account_id in str(cloud.records("affected_list"))
    finish(world)
    (kept,) = cloud.records("affected_list")
    assert mila.account_id not in str(kept)
    assert kept["listed"] == {"N": "1"}
    assert shows(alice, breach_id)["notices"]["mailed"] == 1
    assert mila.account_id not in str(cloud.records("breach_progress"))


def test_account_created_after_the_notices_began_is_not_affected(
    world: World, begun: str, mila: User
) -> None:
    world.advance(MINUTE)
    late = world.a_user()
    finish(world)
    assert (channel(late, begun), channel(mila, begun)) == (None, "email")


@pytest.mark.promise("SEC-4")
@pytest.mark.parametrize("audience", [{"audience": "all"}, {"audience": "country", "country": "DE"}])
def test_account_with_an_unreadable_profile_is_notified_in_the_app(
    mila: User,
    alice: Operator,
    bob: Operator,
    mails: list[dict[str, Any]],
    audience: dict[str, str],
) -> None:
    breach_id = opens(alice, countries=["DE"])
    assess(alice, bob, breach_id, "high", texts=TEXTS, **audience)
    begins_notices(alice, breach_id)
    refuse_profile_of(mila)
    run()
    assert (channel(mila, breach_id), mails) == ("in_app", [])


@pytest.mark.promise("SEC-4")
def test_app_shows_the_notice_after_a_day_without_mail_and_the_mail_follows(
    world: World, mila: User, begun: str, mails: list[dict[str, Any]]
) -> None:
    def shown() -> list[str]:
        return [
            one["breach_notice_id"] for one in mila.signs_in_again().gets("/v1/breach-notices").json["items"]
        ]

    with failing("sesv2", "SendEmail", EndpointConnectionError(endpoint_url="https://ses"), times=999):
        run()
        assert shown() == []
        world.advance(DAY)
        run()
        assert (shown(), mails) == ([begun], [])
        world.advance(2 * DAY)
        run()
    assert channel(mila, begun) != "in_app"
    world.advance(MINUTE * 15)
    run()
    assert (channel(mila, begun), shown(), len(mails)) == ("email", [begun], 1)


@pytest.mark.promise("SEC-4")
def test_mail_that_comes_back_is_shown_in_the_app(
    mila: User, begun: str, mails: list[dict[str, Any]]
) -> None:
    run()
    note_bounces(report_of_mail(mails[0]), None)
    assert channel(mila, begun) == "in_app"
    note_bounces(report_of_mail(mails[0]), None)  # reported again
    assert channel(mila, begun) == "in_app"


@pytest.mark.promise("SEC-4")
def test_all_shards_of_accounts_are_due_at_the_beginning(begun: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "SHARDS", tuple(f"{number:02}" for number in range(64)))
    assert watch()["due"] == 64


def test_messages_about_no_breach_or_no_part_do_nothing(begun: str, mails: list[dict[str, Any]]) -> None:
    soon = clock.now() + MINUTE
    for breach_id, part in (
        (begun, "no such part"),
        (f"br_{'0' * 26}", "00"),
        (begun, campaign_run.FINISH),
    ):
        notifying.notify_part(breach_id, part, soon)
    assert mails == []
    assert evidence_of(begun)[-1][0] == "notices_begun"


def test_unreadable_notice_is_counted_and_its_account_skipped(
    world: World, mila: User, vuk: User, begun: str, mails: list[dict[str, Any]]
) -> None:
    run()
    damage(Table.ACCOUNTS, f"A#{mila.account_id}", f"account_notice#breach#{begun}", state="no such state")
    assert mila.gets(ROUTE).json["items"] == []
    finish(world)
    assert len(mails) == 1


@pytest.mark.promise("SEC-1")
def test_notice_names_no_staff_and_no_log_or_metric_names_a_person(
    world: World, alice: Operator, bob: Operator, mails: list[dict[str, Any]]
) -> None:
    user = world.a_user(display_name=world.canaries("shown"))
    user.has_email(f"{world.canaries('address')}@test.example")
    an_announced_breach(alice, bob)
    finish(world)
    said = [str(mails), user.gets(ROUTE).text]
    for operator in (alice, bob):
        for text in said:
            assert operator.staff_id not in text
            assert operator.arn not in text
    assert world.canaries.in_text(str(mails)) == ["address"]
    assert world.canaries.in_text(world.log.getvalue()) == []
    assert user.account_id not in str(mails)
    assert user.user_id not in str(mails)


@pytest.mark.promise("SEC-4")
def test_gauges_are_sent_as_zero_and_then_as_the_open_duties(
    world: World, alice: Operator, bob: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    watch()
    printed = capsys.readouterr().out
    for name in (
        "BreachesOpen",
        "BreachNotificationsOverdue",
        "BreachSubjectsUnnotified",
        "BreachNoticesUnbegun",
    ):
        assert value_of(printed, name) == [0.0], name
    assert value_of(printed, "BreachHoursToDeadline") is None
    breach_id = opens(alice)
    assess(alice, bob, breach_id, "high", audience="all", texts=TEXTS)
    watch()
    printed = capsys.readouterr().out
    assert (value_of(printed, "BreachesOpen"), value_of(printed, "BreachHoursToDeadline")) == (
        [1.0],
        [71.0],
    )
    assert (
        value_of(printed, "BreachSubjectsUnnotified"),
        value_of(printed, "BreachNoticesUnbegun"),
    ) == (
        [1.0],
        [1.0],
    )
    world.advance(3 * DAY)
    watch()
    printed = capsys.readouterr().out
    assert value_of(printed, "BreachNotificationsOverdue") == [1.0]
    assert value_of(printed, "BreachHoursToDeadline") == [-1.0]


def test_altered_breach_does_not_stop_the_watch_of_another(alice: Operator) -> None:
    altered = opens(alice)
    opens(alice)
    damage(Table.RIGHTS, f"B#{altered}", "breach", clocks="no such clocks")
    assert watch()["open"] == 1


def test_notice_is_kept_until_its_account_is_erased(world: World, mila: User, begun: str) -> None:
    run()
    kept = cloud.records("account_notice")
    assert all("delete_at" not in item for item in kept)  # until erasure
    assert {item["pk"]["S"] for item in kept} >= {f"A#{mila.account_id}"}
