"""Tests the job that carries out decisions about reports and notifies both sides (SAF-1, ADR 115)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.table_names import Table
from chalicelib.messages import mail, sms
from chalicelib.messages.mail import MailUnavailable
from chalicelib.messages.sms import TextRefused
from chalicelib.privacy.purposes import Practice
from chalicelib.safety.model import NoticeWay
from chalicelib.stream import gateway
from infra.stream_emulator import Emulator
from tests.support.cases.abuse import (
    FACTS,
    answers,
    appeals,
    calls,
    decides,
    decisions_about,
    own_reports,
    reports,
    reports_message,
    says,
    stored_decision,
    stored_report,
    suspends,
    work,
)
from tests.support.cases.copies import damage
from tests.support.jobs.profile_sync import resync
from tests.support.jobs.reconciliation import reconcile
from tests.support.patches import fail_at, failing_at
from tests.support.stream.conversations import some_contacts, user_at_stream
from tests.support.world.limits import allow
from tests.support.world.operators import Operator
from tests.support.world.practices import describe
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("SAF-1")


@pytest.fixture(autouse=True)
def offered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    describe(Practice.REPORTING)
    monkeypatch.setattr("chalicelib.rights.erasure.model.CHECK_SHARDS", ("00", "01"))


@pytest.fixture
def two(world: World, stream: Emulator) -> list[User]:
    """Return two contacts."""
    return some_contacts(world, 2)


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch) -> dict[Metric, float]:
    """Record the newest value of each metric."""
    found: dict[Metric, float] = {}
    monkeypatch.setattr(metrics, "count", lambda metric, number=1, **_: found.update({metric: number}))
    monkeypatch.setattr(metrics, "gauge", lambda metric, value, **_: found.update({metric: value}))
    return found


@pytest.fixture
def report(two: list[User]) -> str:
    """Return the id of a report of one user about another."""
    mila, jovan = two
    return str(reports(mila, jovan).json["abuse_report_id"])


def texts_about_decisions(world: World, user: User) -> list[str]:
    return [text for text in world.messages_to(user.phone) if "Open the app" in text]


def test_messages_are_copied_once_stream_answers(world: World, two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    talk = mila.opens(jovan).json["conversation_id"]
    says(jovan, talk)
    stream.fault(path="^/messages/", status=500, times=2)
    report = reports_message(mila, jovan, talk)["abuse_report_id"]
    work()
    assert own_reports(mila)[0]["messages"][0]["state"] == "waiting"
    world.advance(MINUTE)
    work()
    assert stored_report(report).messages[0].text == "Pay, or else"
    assert stored_report(report).work.due_at is None


def test_work_of_the_job_leaves_the_deadline_of_a_report(
    world: World, two: list[User], stream: Emulator
) -> None:
    mila, jovan = two
    talk = mila.opens(jovan).json["conversation_id"]
    says(jovan, talk)
    stream.fault(path="^/messages/", status=500, times=2)
    made = reports_message(mila, jovan, talk)
    work()
    world.advance(MINUTE)
    work()
    assert made["due_at"] == clock.to_text(world.now - MINUTE + DAY)
    assert own_reports(mila)[0]["due_at"] == made["due_at"]


def test_removed_message_is_gone_at_stream_and_stays_in_our_copy(
    two: list[User], alice: Operator, stream: Emulator
) -> None:
    mila, jovan = two
    talk = mila.opens(jovan).json["conversation_id"]
    says(jovan, talk)
    says(mila, talk, "mine", "no")
    report = reports_message(mila, jovan, talk)["abuse_report_id"]
    removal = {"rule": "harassment", "measures": ["remove_messages", "warn"], "facts": FACTS}
    decision = decides(alice, report, **removal, message_ids=["m-1"]).json["id"]
    work()
    (left,) = stream.state()["channels"][f"messaging:{talk}"]["messages"]
    assert left["id"] == "mine"
    assert stored_decision(decision).carried_out == ("remove_messages",)
    assert decisions_about(jovan)[0]["messages"][0]["text"] == "Pay, or else"


def test_outage_of_stream_delays_the_removal_and_not_the_notices(
    emitted: Mapping[Metric, float], world: World, two: list[User], alice: Operator, stream: Emulator
) -> None:
    mila, jovan = two
    talk = mila.opens(jovan).json["conversation_id"]
    says(jovan, talk)
    report = reports_message(mila, jovan, talk)["abuse_report_id"]
    removal = {"rule": "harassment", "measures": ["remove_messages"], "facts": FACTS}
    decision = decides(alice, report, **removal, message_ids=["m-1"]).json["id"]
    stream.fault(path="^/messages/", status=500, times=1)
    work()
    assert emitted[Metric.SAFETY_WORK_FAILED] == 1
    assert stored_decision(decision).carried_out == ()
    assert len(texts_about_decisions(world, jovan)) == 1
    world.advance(MINUTE)
    work()
    assert stored_decision(decision).carried_out == ("remove_messages",)


def test_removed_avatar_is_not_shown_any_more(two: list[User], alice: Operator, report: str) -> None:
    removal = {"rule": "sexual_content", "measures": ["remove_avatar"], "facts": FACTS}
    decision = decides(alice, report, **removal).json["id"]
    work()
    assert stored_decision(decision).carried_out == ("remove_avatar",)


def test_both_sides_without_a_mailbox_get_a_text_message(
    world: World, two: list[User], alice: Operator, report: str
) -> None:
    decision = decides(alice, report).json["id"]
    for _ in range(2):
        work()
        world.advance(HOUR)
    assert [len(texts_about_decisions(world, user)) for user in two] == [1, 1]
    assert stored_decision(decision).work.notified_by is NoticeWay.TEXT
    assert stored_report(report).work.notified_by is NoticeWay.TEXT
    assert stored_report(report).work.due_at is None


def test_mail_to_either_side_names_no_person(
    world: World, two: list[User], alice: Operator, report: str
) -> None:
    mila, jovan = two
    mila.has_email("mila@example.com")
    jovan.has_email("jovan@example.com")
    decides(alice, report)
    work()
    (acted,) = (text for text in world.mails_to("mila@example.com") if "we acted" in text)
    (decided,) = (text for text in world.mails_to("jovan@example.com") if "we warn you" in text)
    for text in (acted, decided):
        assert not any(word in text for word in (mila.user_id, jovan.user_id, FACTS, report))
        assert "no harassment" in text
        assert "until 24 May 2027" in text


def test_mail_that_does_not_arrive_within_a_day_is_followed_by_a_text_message(
    world: World, two: list[User], alice: Operator, report: str
) -> None:
    _, jovan = two
    jovan.has_email("jovan@example.com")
    decision = decides(alice, report).json["id"]
    work()
    assert stored_decision(decision).work.notify
    world.advance(DAY + HOUR)
    work()
    assert len(texts_about_decisions(world, jovan)) == 1
    assert stored_decision(decision).work.notified_by is NoticeWay.TEXT


def test_decision_that_a_session_showed_needs_no_further_notice(
    world: World, two: list[User], alice: Operator, report: str
) -> None:
    mila, jovan = two
    decision = decides(alice, report).json["id"]
    decisions_about(jovan)
    own_reports(mila)
    work()
    assert [texts_about_decisions(world, user) for user in two] == [[], []]
    assert stored_decision(decision).work.notified_by is NoticeWay.APP
    assert stored_report(report).work.notified_by is NoticeWay.APP


def test_outage_of_mail_repeats_the_notice(
    world: World, two: list[User], alice: Operator, report: str
) -> None:
    _, jovan = two
    jovan.has_email("jovan@example.com")
    decision = decides(alice, report).json["id"]
    with failing_at(mail, "send", MailUnavailable):
        work()
    assert stored_decision(decision).work.tries == 1
    world.advance(MINUTE)
    work()
    assert stored_decision(decision).work.mail_id


def test_person_whom_no_channel_reaches_sees_it_in_the_app(
    two: list[User], alice: Operator, report: str
) -> None:
    decision = decides(alice, report).json["id"]
    fail_at(sms, "send", TextRefused)
    work()
    assert stored_decision(decision).work.notified_by is NoticeWay.UNREACHABLE
    assert decisions_about(two[1])[0]["measures"] == ["warn"]


def test_try_is_counted_before_the_work(world: World, two: list[User], alice: Operator, report: str) -> None:
    decision = decides(alice, report).json["id"]
    fail_at(sms, "send", KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        work()
    assert stored_report(report).work.tries == 1
    assert stored_decision(decision).work.tries == 0


def test_suspended_user_is_deactivated_at_stream_until_it_ends(
    world: World, two: list[User], alice: Operator, report: str, stream: Emulator
) -> None:
    _, jovan = two
    decision = suspends(alice, report, days=1).json["id"]
    work()
    assert resync() == 0
    assert user_at_stream(stream, jovan) == "deactivated"
    world.advance(DAY)
    work()
    assert user_at_stream(stream, jovan) == "active"
    assert resync() == 0
    assert user_at_stream(stream, jovan) == "active"
    assert stored_decision(decision).ended_at is None


def test_user_is_let_in_again_after_each_worker_that_read_the_account_before(
    world: World, two: list[User], alice: Operator, report: str, stream: Emulator
) -> None:
    _, jovan = two
    decision = suspends(alice, report, days=1).json["id"]
    resync()
    world.advance(DAY)
    work()
    gateway.deactivate(UserId(jovan.user_id))  # by a worker that is late
    world.advance(MINUTE)
    work()
    assert user_at_stream(stream, jovan) == "active"
    assert stored_decision(decision).ended_at == world.now
    assert stored_decision(decision).work.due_at is None


def test_user_whose_appeal_was_upheld_can_connect_again(
    world: World, two: list[User], alice: Operator, report: str, stream: Emulator
) -> None:
    _, jovan = two
    decision = suspends(alice, report).json["id"]
    resync()
    appeals(jovan, f"/safety-decisions/{decision}")
    answers(world.an_operator("bob"), f"/safety-decisions/{decision}")
    work()
    assert user_at_stream(stream, jovan) == "active"


def test_reconciliation_leaves_a_suspended_user_deactivated(
    two: list[User], alice: Operator, report: str, stream: Emulator
) -> None:
    _, jovan = two
    suspends(alice, report)
    resync()
    reconcile()
    assert user_at_stream(stream, jovan) == "deactivated"


def test_restricted_user_stays_away_from_stream_when_a_suspension_ends(
    world: World, two: list[User], alice: Operator, report: str, stream: Emulator
) -> None:
    _, jovan = two
    decision = suspends(alice, report, days=1).json["id"]
    world.set_state(jovan, "restricted")
    resync()
    world.advance(DAY)
    work()
    world.advance(MINUTE)
    work()
    assert user_at_stream(stream, jovan) == "deactivated"
    assert stored_decision(decision).ended_at


def test_figures_count_urgent_and_late_reports(
    emitted: Mapping[Metric, float], world: World, two: list[User], report: str
) -> None:
    mila, jovan = two
    reports(mila, jovan, "child_safety")
    assert figures(emitted) == (1, 0)
    world.advance(HOUR + MINUTE)
    assert figures(emitted) == (1, 1)
    world.advance(DAY)
    assert figures(emitted) == (1, 2)


def figures(emitted: Mapping[Metric, float]) -> tuple[float, float]:
    """Return how many reports are urgent, and how many late."""
    work()
    return emitted[Metric.ABUSE_REPORTS_URGENT], emitted[Metric.ABUSE_REPORTS_OVERDUE]


def test_report_that_cannot_be_opened_stops_no_other(
    emitted: Mapping[Metric, float], world: World, two: list[User], alice: Operator, report: str
) -> None:
    mila, jovan = two
    decides(alice, report)
    another = reports(mila, jovan).json["abuse_report_id"]
    decision = decides(alice, another).json["id"]
    damage(Table.RIGHTS, f"SR#{report}", "abuse_report", sealed=b"x")
    work()
    assert stored_decision(decision).work.notified_at
    assert stored_report(another).work.notified_at
    assert Metric.ABUSE_REPORTS_OVERDUE in emitted


def test_suspension_of_an_account_that_is_being_erased_stops_no_other(
    world: World, two: list[User], alice: Operator, report: str
) -> None:
    _, jovan = two
    decision = suspends(alice, report, days=1).json["id"]
    world.set_state(jovan, "erasing")
    world.advance(DAY)
    for _ in range(2):
        work()
        world.advance(MINUTE)
    assert stored_decision(decision).ended_at


def test_message_that_stream_refuses_to_delete_leaves_the_others_deleted(
    world: World, two: list[User], alice: Operator, stream: Emulator
) -> None:
    mila, jovan = two
    talk = mila.opens(jovan).json["conversation_id"]
    for message in ("m-1", "m-2"):
        says(jovan, talk, message)
    report = reports_message(mila, jovan, talk, "m-1", "m-2")["abuse_report_id"]
    removal = {"rule": "harassment", "measures": ["remove_messages"], "facts": FACTS}
    decision = decides(alice, report, **removal, message_ids=["m-1", "m-2"]).json["id"]
    stream.fault(path="^/messages/m-1", status=400, times=1)
    work()
    (left,) = stream.state()["channels"][f"messaging:{talk}"]["messages"]
    assert left["id"] == "m-1"
    assert stored_decision(decision).carried_out == ()


def test_removal_is_tried_after_a_minute_while_a_mail_is_waited_for(
    world: World, two: list[User], alice: Operator, stream: Emulator
) -> None:
    mila, jovan = two
    jovan.has_email("jovan@example.com")
    talk = mila.opens(jovan).json["conversation_id"]
    says(jovan, talk)
    report = reports_message(mila, jovan, talk)["abuse_report_id"]
    removal = {"rule": "harassment", "measures": ["remove_messages"], "facts": FACTS}
    decision = decides(alice, report, **removal, message_ids=["m-1"]).json["id"]
    stream.fault(path="^/messages/", status=500, times=1)
    work()
    assert stored_decision(decision).work.mail_id
    world.advance(MINUTE)
    work()
    assert stored_decision(decision).carried_out == ("remove_messages",)


def test_danger_is_counted_however_many_reports_are_late(
    emitted: Mapping[Metric, float], world: World, two: list[User], alice: Operator
) -> None:
    _, jovan = two
    allow(abuse_reports_day=100)
    reporter = world.a_user()
    for _ in range(51):
        reports(reporter, jovan)
    world.advance(DAY)
    urgent = reports(world.a_user(), jovan, "threat_to_life").json["abuse_report_id"]
    assert figures(emitted)[0] == 1
    assert calls(alice, "GET", "/abuse-reports").json["items"][0]["id"] == urgent
    decides(alice, urgent)
    assert figures(emitted)[0] == 0
