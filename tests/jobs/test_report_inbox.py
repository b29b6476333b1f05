"""The hourly report of the inbox: gauges, and mails to the controller's contact (ADR 91)."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import Any

import pytest

from chalicelib.accounts.service import glances
from chalicelib.core import metrics
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import EntryFailed
from chalicelib.messages import mail
from chalicelib.messages.mail import MailUnavailable
from chalicelib.operations.inbox import report
from chalicelib.operations.inbox.jobs import report_inbox
from chalicelib.operations.inbox.store import STATE
from chalicelib.privacy.cases import CaseTable
from chalicelib.reconciliation.cases import service as stream_cases
from chalicelib.reconciliation.cases.model import StreamLoss
from tests.support.cases import breaches
from tests.support.cases.disclosures import an_order
from tests.support.clouds.cloud import sent_mail
from tests.support.patches import failing_at
from tests.support.world.builders import a_schedule_event
from tests.support.world.operators import Operator
from tests.support.world.world import User, World

# The tests' clock begins at noon: the first run of a day sends the mail of the morning.


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user().is_stepped_up()


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch) -> dict[Metric, float]:
    seen: dict[Metric, float] = {}
    monkeypatch.setattr(metrics, "gauge", lambda metric, value, **_: seen.update({metric: value}))
    return seen


def mailed() -> list[dict[str, Any]]:
    """Run the job, and return the mails that it sent."""
    with sent_mail() as sent:
        report_inbox(a_schedule_event(), None)
    return [one["Content"]["Simple"] | {"to": one["Destination"]["ToAddresses"]} for one in sent]


def lines() -> list[str]:
    """Run the job, and return the lines of its only mail; [] if it sent none."""
    sent = mailed()
    assert len(sent) < 2
    return sent[0]["Body"]["Text"]["Data"].split("\n\n")[:-2] if sent else []


def unreadable_cases() -> AbstractContextManager[None]:
    """Let each source that is a table of cases fail."""
    return failing_at(CaseTable, "open_rows", Unavailable)


@pytest.fixture
def after_morning(world: World) -> None:
    """Let a run of this day, of which the inbox was empty, be over."""
    assert lines() == []


@pytest.mark.usefixtures("after_morning")
def test_new_entry_is_mailed_once_to_the_contact(world: World, mila: User, alice: Operator) -> None:
    alice.places_hold(mila.user_id)
    (found,) = mailed()
    assert found["to"] == ["privacy@test.example"]
    assert found["Subject"]["Data"] == "RU4M inbox: 1 case"
    assert "27 November 2026 (our rule): hold, a second operator's signature" in found["Body"]["Text"]["Data"]
    world.advance(HOUR)
    assert lines() == []


@pytest.mark.usefixtures("after_morning")
def test_mail_contains_no_id(mila: User, alice: Operator) -> None:
    hold = alice.places_hold(mila.user_id).json["id"]
    sent = json.dumps(mailed())
    assert "hold" in sent
    assert hold not in sent
    assert mila.user_id not in sent


@pytest.mark.promise("SEC-4")
@pytest.mark.usefixtures("after_morning")
def test_entry_is_mailed_again_once_a_third_of_its_time_is_left(world: World, alice: Operator) -> None:
    breaches.opens(alice, countries=["DE"], communications_in=["DE"])  # due in 23 hours
    assert lines()[0] == "New:"
    world.advance(15 * HOUR + 19 * MINUTE)
    assert lines() == []
    world.advance(MINUTE)
    assert lines() == [
        "A third of the time or less is left:",
        "25 November 2026 (by law): breach, a notification of the authority",
    ]
    world.advance(MINUTE)
    assert lines() == []


def test_each_morning_mail_lists_all_that_waits(world: World, alice: Operator) -> None:
    for _ in range(2):
        alice.places_hold(world.a_user().user_id)
    hold = "2 x 27 November 2026 (our rule): hold, a second operator's signature"
    assert lines() == ["All that waits:", hold]
    world.advance(17 * HOUR + 59 * MINUTE)  # 06:59 in Belgrade
    assert lines() == []
    world.advance(MINUTE)
    assert lines() == ["All that waits:", hold]
    world.advance(MINUTE)
    assert lines() == []


def test_subject_of_a_mail_says_how_much_is_late(world: World, alice: Operator) -> None:
    breaches.opens(alice, countries=["DE"], communications_in=["DE"])
    world.advance(2 * DAY)
    (found,) = mailed()
    assert found["Subject"]["Data"] == "RU4M inbox: 1 case, 1 late"
    assert "25 November 2026 (by law, late): breach" in found["Body"]["Text"]["Data"]


def test_mail_lists_a_bounded_number_of_lines(
    world: World, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "_LISTED", 1)
    breaches.opens(alice, countries=["DE"], communications_in=["DE"])
    for days in (90, 120):
        alice.confirms_hold(alice.places_hold(world.a_user().user_id, lasts=days * DAY).json["id"])
    assert lines()[-1] == "and 1 more lines"


@pytest.mark.usefixtures("after_morning")
def test_mail_that_ses_does_not_take_is_sent_by_the_next_run(world: World, alice: Operator) -> None:
    alice.places_hold(world.a_user().user_id)
    with failing_at(mail, "send", MailUnavailable), pytest.raises(EntryFailed):
        report_inbox(a_schedule_event(), None)
    world.advance(HOUR)
    assert lines()[0] == "New:"


@pytest.mark.usefixtures("after_morning")
def test_source_that_was_unavailable_makes_no_entry_new_again(world: World, alice: Operator) -> None:
    alice.places_hold(world.a_user().user_id)
    lines()
    with unreadable_cases():
        assert lines() == []
    assert lines() == []


def test_mail_names_what_it_could_not_read(mila: User, alice: Operator) -> None:
    assert alice.enters(mila.user_id, "objection", purposes=["security"]).status == 201
    with unreadable_cases():
        *_, last = lines()
    kinds = (
        "hold, disclosure, complaint, breach, table removal, support message, abuse report, "
        "number objection, safety decision"
    )
    assert last == f"Not read, since it is unavailable: {kinds}."
    assert "Not read" not in " ".join(lines())


def test_gauges_count_what_waits_and_what_is_due_within_a_day(
    emitted: dict[Metric, float], world: World, alice: Operator
) -> None:
    alice.places_hold(world.a_user().user_id)
    breaches.opens(alice, countries=["DE"], communications_in=["DE"])
    mailed()
    assert (emitted[Metric.INBOX_OPEN], emitted[Metric.INBOX_DUE]) == (2, 1)


def test_no_gauge_is_emitted_while_a_source_cannot_be_read(
    emitted: dict[Metric, float], world: World
) -> None:
    with unreadable_cases():
        mailed()
    assert emitted == {}


def test_second_run_at_once_sends_no_mail(world: World, alice: Operator) -> None:
    alice.places_hold(world.a_user().user_id)
    STATE.lease(world.now + MINUTE)
    assert lines() == []


def test_mail_is_about_each_kind_of_case(world: World, mila: User, alice: Operator) -> None:
    account = glances([AccountId(mila.account_id)])[AccountId(mila.account_id)]
    assert account
    stream_cases.open_case(account, StreamLoss.DELETED)
    alice.proposes_disclosure(an_order(mila.user_id))
    body = {"table_name": "ru4m-staging-accounts-before-restore", "reason": "replaced"}
    world.call("POST", "/admin/v1/table-removals", arn=alice.arn, body=body)
    kinds = [line.partition("): ")[2].partition(",")[0] for line in lines()]
    assert set(kinds) == {"", "stream case", "disclosure", "table removal"}
