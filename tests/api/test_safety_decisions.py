"""Tests decisions about reports of abuse: by whom, with which effect, and appeals (SAF-1, ADR 115)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core import chain
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import AbuseReportId, SafetyDecisionId
from chalicelib.privacy.purposes import Practice
from chalicelib.staff.history import history_of
from tests.support.cases.abuse import (
    FACTS,
    answers,
    appeals,
    approves,
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
)
from tests.support.cases.erasure_parts import erase
from tests.support.faults.races import before_the_commit
from tests.support.world.limits import configure
from tests.support.world.operators import Operator
from tests.support.world.practices import describe
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("SAF-1")


@pytest.fixture(autouse=True)
def offered(world: World) -> None:
    describe(Practice.REPORTING)


@pytest.fixture
def report(two: list[User]) -> str:
    """Return the id of a report of one user about another."""
    mila, jovan = two
    return str(reports(mila, jovan).json["abuse_report_id"])


def test_operator_reads_a_report_without_its_reporter(two: list[User], alice: Operator, report: str) -> None:
    mila, jovan = two
    shown = calls(alice, "GET", f"/abuse-reports/{report}")
    assert (shown.json["user_id"], shown.json["text"]) == (jovan.user_id, "They threaten me.")
    assert mila.user_id not in shown.text
    assert mila.account_id not in shown.text


def test_view_of_a_report_is_recorded(alice: Operator, report: str) -> None:
    calls(alice, "GET", f"/abuse-reports/{report}")
    newest = chain.head(history_of(alice.staff_id))
    assert newest
    assert newest.data["abuse_reports"] == [report]


def test_what_is_due_first_is_listed_first(
    world: World, two: list[User], alice: Operator, report: str
) -> None:
    mila, jovan = two
    world.advance(MINUTE)
    urgent = reports(mila, jovan, "child_safety").json["abuse_report_id"]
    later = reports(mila, jovan).json["abuse_report_id"]
    decides(alice, later, measures=[])
    listed = calls(alice, "GET", "/abuse-reports").json["items"]
    assert [one["id"] for one in listed] == [urgent, report, later]
    assert [one["open"] for one in listed] == [True, True, False]


def test_other_open_reports_about_the_same_user_are_named(
    two: list[User], alice: Operator, report: str
) -> None:
    mila, jovan = two
    another, about_mila = reports(mila, jovan).json["abuse_report_id"], reports(jovan, mila)
    assert about_mila.status == 201
    assert calls(alice, "GET", f"/abuse-reports/{report}").json["also_open"] == [another]


def test_warned_user_reads_rule_facts_and_remedies(two: list[User], alice: Operator, report: str) -> None:
    mila, jovan = two
    made = decides(alice, report)
    assert (made.status, made.json["state"]) == (201, "made")
    (shown,) = decisions_about(jovan)
    assert (shown["rule"], shown["measures"], shown["facts"]) == ("harassment", ["warn"], FACTS)
    assert shown["appeal_ends_at"] == "2027-05-24T12:00:00Z"
    assert "You can also go to court" in shown["text"]
    assert decisions_about(mila) == []


def test_decision_names_neither_reporter_nor_report(two: list[User], alice: Operator, report: str) -> None:
    mila, jovan = two
    decides(alice, report)
    shown = jovan.gets("/v1/safety-decisions").text
    assert not any(word in shown for word in (mila.user_id, mila.account_id, report, alice.staff_id))


def test_dismissal_is_not_shown_to_the_reported(two: list[User], alice: Operator, report: str) -> None:
    _, jovan = two
    assert decides(alice, report, measures=[]).json["measures"] == []
    assert decisions_about(jovan) == []


def test_report_has_one_decision(alice: Operator, bob: Operator, report: str) -> None:
    assert decides(alice, report).status == 201
    assert decides(bob, report).problem == "decided_before"


def test_second_of_two_operators_at_once_is_refused(alice: Operator, bob: Operator, report: str) -> None:
    before_the_commit(lambda: decides(bob, report))
    assert decides(alice, report).problem == "decided_before"


def test_one_decision_settles_several_reports(two: list[User], alice: Operator, report: str) -> None:
    mila, jovan = two
    another = reports(mila, jovan, "spam").json["abuse_report_id"]
    made = decides(alice, report, another).json
    assert {one["status"] for one in own_reports(mila)} == {"decided"}
    assert stored_decision(made["id"]).reasons == ("harassment", "spam")


def test_reports_about_two_users_need_two_decisions(
    world: World, two: list[User], alice: Operator, report: str
) -> None:
    mila, _ = two
    other = reports(mila, world.a_user()).json["abuse_report_id"]
    assert decides(alice, report, other).json["errors"][0]["pointer"] == "/report_ids"
    assert stored_report(report).decided_at is None


_WARNING: dict[str, Any] = {"rule": "harassment", "measures": ["warn"], "facts": FACTS}
_ABUSIVE: dict[str, Any] = {"about": "reporter", "rule": "abusive_reports", "facts": "Ten reports of hello."}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (_WARNING | {"rule": None}, "rule"),
        (_WARNING | {"facts": None}, "rule"),
        (_WARNING | {"measures": []}, "rule"),
        (_WARNING | {"measures": ["warn", "warn"]}, "measures"),
        (_WARNING | {"measures": ["suspend"]}, "days"),
        (_WARNING | {"days": 3}, "days"),
        (_WARNING | {"measures": ["remove_messages"]}, "message_ids"),
        (_WARNING | {"message_ids": ["m-1"]}, "message_ids"),
        (_WARNING | {"measures": ["remove_messages"], "message_ids": ["m-9"]}, "message_ids"),
        (_WARNING | {"measures": ["pause_reports"], "days": 3}, "measures"),
        (_WARNING | {"rule": "abusive_reports"}, "rule"),
        (_WARNING | {"about": "reporter"}, "rule"),
        (
            _WARNING | {"about": "reporter", "rule": "abusive_reports", "measures": ["remove_avatar"]},
            "measures",
        ),
        (
            _WARNING
            | {"about": "reporter", "rule": "abusive_reports", "measures": ["pause_reports"], "days": 3},
            "measures",
        ),
    ],
)
def test_decision_that_does_not_fit_together_changes_nothing(
    alice: Operator, report: str, body: dict[str, Any], field: str
) -> None:
    refused = decides(alice, report, **body)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, f"/{field}")
    assert stored_report(report).decided_at is None


def test_unknown_report_cannot_be_decided(alice: Operator) -> None:
    assert decides(alice, AbuseReportId.new()).problem == "not_found"
    assert calls(alice, "GET", f"/safety-decisions/{SafetyDecisionId.new()}").problem == "not_found"


def test_withheld_parts_have_to_be_stated(alice: Operator, report: str) -> None:
    body = {"report_ids": [report], **_WARNING}
    assert calls(alice, "POST", "/safety-decisions", body).json["errors"][0]["pointer"] == "/withheld"


def test_reported_person_reads_own_messages_unless_they_are_withheld(
    world: World, two: list[User], alice: Operator
) -> None:
    mila, jovan = two
    talk = mila.opens(jovan).json["conversation_id"]
    says(jovan, talk)
    first, second = (reports_message(mila, jovan, talk)["abuse_report_id"] for _ in range(2))
    decides(alice, first, **_WARNING)
    world.advance(MINUTE)
    decides(alice, second, **_WARNING, withheld=["messages", "instant"])
    hidden, shown = decisions_about(jovan)
    assert shown["messages"][0]["text"] == "Pay, or else"
    assert (hidden["messages"], hidden["withheld"]) == ([], ["instant", "messages"])
    assert stored_decision(hidden["safety_decision_id"]).reported_at is None


# --- suspensions


def test_suspended_user_reaches_rights_and_decisions_only(
    two: list[User], alice: Operator, report: str
) -> None:
    _, jovan = two
    assert suspends(alice, report).json["state"] == "made"
    refused = jovan.gets("/v1/profile")
    assert (refused.status, refused.problem) == (403, "account_suspended")
    assert refused.json["suspension_ends_at"] == "2026-12-01T12:00:00Z"
    assert jovan.calls("POST", "/v1/chat/token").problem == "account_suspended"
    assert jovan.gets("/v1/rights-requests").status == 200
    assert jovan.gets("/v1/consents").status == 200
    assert decisions_about(jovan)[0]["suspension_ends_at"] == "2026-12-01T12:00:00Z"


def test_session_of_a_suspended_user_has_the_scope_of_rights(
    world: World, two: list[User], alice: Operator, report: str
) -> None:
    _, jovan = two
    suspends(alice, report)
    assert world.a_user(jovan.phone).session["scope"] == "rights"


def test_suspended_user_is_not_shown_to_others(two: list[User], alice: Operator, report: str) -> None:
    mila, jovan = two
    suspends(alice, report)
    assert mila.gets(f"/v1/users/{jovan.user_id}").status == 404
    assert mila.gets("/v1/contacts").json["items"] == []
    assert mila.opens(jovan).problem == "unknown_member"


def test_suspension_ends_by_itself(world: World, two: list[User], alice: Operator, report: str) -> None:
    _, jovan = two
    suspends(alice, report, days=1)
    world.advance(DAY)
    assert world.a_user(jovan.phone).gets("/v1/profile").status == 200


def test_suspension_of_eight_days_needs_a_second_operator(
    two: list[User], alice: Operator, bob: Operator, report: str
) -> None:
    mila, jovan = two
    proposed = suspends(alice, report, days=8).json
    assert proposed["state"] == "proposed"
    assert jovan.gets("/v1/profile").status == 200
    assert (decisions_about(jovan), own_reports(mila)[0]["status"]) == ([], "received")
    assert approves(alice, proposed["id"]).problem == "own_proposal"
    assert approves(bob, proposed["id"], '"7"').problem == "changed_meanwhile"
    assert approves(bob, proposed["id"]).json["state"] == "made"
    assert jovan.gets("/v1/profile").problem == "account_suspended"
    assert own_reports(mila)[0]["status"] == "decided"
    assert approves(bob, proposed["id"]).status == 200
    assert approves(alice, proposed["id"]).problem == "decided_before"


@pytest.mark.parametrize(("later", "state"), [(0, "proposed"), (29, "proposed"), (31, "made")])
def test_second_week_of_one_operator_within_thirty_days_needs_a_second_one(
    world: World, two: list[User], alice: Operator, report: str, later: int, state: str
) -> None:
    mila, jovan = two
    suspends(alice, report, days=7)
    world.advance(later * DAY)
    again = reports(mila.signs_in_again(), jovan).json["abuse_report_id"]
    assert suspends(alice, again, days=1).json["state"] == state


def test_suspensions_that_two_operators_decided_leave_each_their_week(
    two: list[User], alice: Operator, bob: Operator, report: str
) -> None:
    mila, jovan = two
    approves(bob, suspends(alice, report, days=30).json["id"])
    again = reports(mila, jovan).json["abuse_report_id"]
    assert suspends(alice, again, days=7).json["state"] == "made"


def test_withdrawn_proposal_cannot_be_approved(alice: Operator, bob: Operator, report: str) -> None:
    proposed = suspends(alice, report, days=8).json["id"]
    place = f"/safety-decisions/{proposed}/withdrawal"
    assert [calls(bob, "POST", place).json["state"] for _ in range(2)] == ["withdrawn"] * 2
    assert approves(bob, proposed).problem == "decided_before"
    assert suspends(bob, report).json["state"] == "made"
    assert (
        calls(bob, "POST", f"/safety-decisions/{stored_report(report).decision_id}/withdrawal").status == 409
    )


def test_proposal_about_a_report_that_was_decided_cannot_be_approved(
    alice: Operator, bob: Operator, report: str
) -> None:
    proposed = suspends(alice, report, days=8).json["id"]
    decides(bob, report)
    assert approves(bob, proposed).problem == "decided_before"
    assert stored_decision(proposed).state == "proposed"


def test_shorter_suspension_does_not_replace_a_longer_one(
    world: World, two: list[User], alice: Operator, report: str
) -> None:
    mila, jovan = two
    suspends(alice, report, days=5)
    shorter = reports(mila, jovan).json["abuse_report_id"]
    suspends(alice, shorter, days=2)
    world.advance(3 * DAY)
    assert world.a_user(jovan.phone).session["scope"] == "rights"


def test_erased_user_can_only_be_dismissed(two: list[User], alice: Operator, report: str) -> None:
    mila, jovan = two
    erase(jovan)
    assert decides(alice, report).json["errors"][0]["pointer"] == "/measures"
    assert decides(alice, report, measures=[]).status == 201
    assert own_reports(mila)[0]["acted"] is False


# --- appeals


@pytest.fixture
def decision(alice: Operator, report: str) -> str:
    """Return the id of a decision that suspends a user."""
    return str(suspends(alice, report).json["id"])


def test_suspended_user_appeals_once(two: list[User], decision: str) -> None:
    mila, jovan = two
    place = f"/safety-decisions/{decision}"
    appealed = appeals(jovan, place)
    assert (appealed.status, appealed.json["appeal"]["due_at"]) == (200, "2026-12-08T12:00:00Z")
    assert appeals(jovan, place).problem == "appealed_already"
    assert appeals(mila, place).problem == "not_found"


def test_operator_who_decided_cannot_answer_the_appeal(
    two: list[User], alice: Operator, bob: Operator, decision: str
) -> None:
    _, jovan = two
    place = f"/safety-decisions/{decision}"
    assert answers(bob, place).problem == "decided_before"
    appeals(jovan, place)
    assert answers(alice, place).problem == "took_part_before"
    assert answers(bob, place).json["state"] == "reversed"
    assert answers(bob, place).problem == "decided_before"


def test_neither_of_two_who_decided_answers_the_appeal(
    world: World, two: list[User], alice: Operator, bob: Operator, report: str
) -> None:
    _, jovan = two
    decision = suspends(alice, report, days=30).json["id"]
    approves(bob, decision)
    appeals(jovan, f"/safety-decisions/{decision}")
    assert answers(bob, f"/safety-decisions/{decision}").problem == "took_part_before"
    assert answers(world.an_operator("carol"), f"/safety-decisions/{decision}").status == 200


def test_upheld_appeal_lifts_the_suspension(two: list[User], bob: Operator, decision: str) -> None:
    _, jovan = two
    appeals(jovan, f"/safety-decisions/{decision}")
    answers(bob, f"/safety-decisions/{decision}")
    assert jovan.gets("/v1/profile").status == 200
    (shown,) = decisions_about(jovan)
    assert (shown["state"], shown["appeal"]["outcome"]) == ("reversed", "upheld")
    assert "agrees with you" in shown["text"]


def test_rejected_appeal_changes_nothing(two: list[User], bob: Operator, decision: str) -> None:
    _, jovan = two
    appeals(jovan, f"/safety-decisions/{decision}")
    answers(bob, f"/safety-decisions/{decision}", "rejected")
    assert jovan.gets("/v1/profile").problem == "account_suspended"
    assert "You can go to court" in decisions_about(jovan)[0]["text"]


def test_upheld_appeal_leaves_the_suspension_of_another_decision(
    world: World, two: list[User], alice: Operator, bob: Operator, decision: str
) -> None:
    mila, jovan = two
    another = suspends(alice, reports(mila, jovan).json["abuse_report_id"], days=2).json["id"]
    approves(bob, another)
    appeals(jovan, f"/safety-decisions/{decision}")
    answers(bob, f"/safety-decisions/{decision}")
    assert jovan.gets("/v1/profile").json["suspension_ends_at"] == "2026-11-26T12:00:00Z"


def test_appeal_of_a_reporter_lets_another_operator_decide_again(
    world: World, two: list[User], alice: Operator, bob: Operator, report: str
) -> None:
    mila, _ = two
    decides(alice, report, measures=[])
    appeals(mila, f"/reports/{report}")
    assert answers(alice, f"/abuse-reports/{report}").problem == "took_part_before"
    world.advance(MINUTE)
    assert answers(bob, f"/abuse-reports/{report}").json["due_at"] == "2026-11-25T12:01:00Z"
    assert decides(alice, report).problem == "took_part_before"
    assert decides(bob, report).status == 201
    (shown,) = own_reports(mila)
    assert (shown["status"], shown["acted"], "appeal_until" in shown) == ("decided", True, False)


# --- abusive reports


def test_abusive_reporter_is_warned_then_paused(
    world: World, two: list[User], alice: Operator, report: str
) -> None:
    mila, jovan = two
    assert decides(alice, report, **_ABUSIVE, measures=["warn"]).status == 201
    assert stored_report(report).decided_at is None
    assert decisions_about(mila)[0]["rule"] == "abusive_reports"
    assert decides(alice, report, **_ABUSIVE, measures=["pause_reports"], days=3).status == 201
    assert reports(mila, jovan).problem == "reporting_paused"
    assert reports(mila, jovan, "child_safety").status == 201
    assert mila.gets("/v1/profile").status == 200
    world.advance(3 * DAY)
    assert reports(world.a_user(mila.phone), jovan).status == 201


def test_upheld_appeal_ends_the_pause_of_reports(
    two: list[User], alice: Operator, bob: Operator, report: str
) -> None:
    mila, jovan = two
    decides(alice, report, **_ABUSIVE, measures=["warn"])
    paused = decides(alice, report, **_ABUSIVE, measures=["pause_reports"], days=3).json["id"]
    appeals(mila, f"/safety-decisions/{paused}")
    answers(bob, f"/safety-decisions/{paused}")
    assert reports(mila, jovan).status == 201


# --- the inbox


def test_inbox_names_what_waits_for_operators(
    two: list[User], alice: Operator, bob: Operator, report: str
) -> None:
    mila, jovan = two
    proposed = suspends(alice, report, days=8).json["id"]
    urgent = reports(mila, jovan, "threat_to_life").json["abuse_report_id"]
    waiting = [(one["id"], one["needed"], one["due_at"]) for one in bob.waiting()]
    assert waiting == [
        (urgent, "decision", "2026-11-24T13:00:00Z"),
        (report, "decision", "2026-11-25T12:00:00Z"),
        (proposed, "your_signature", "2026-11-25T12:00:00Z"),
    ]
    approves(bob, proposed)
    appeals(jovan, f"/safety-decisions/{proposed}")
    needed = {one["id"]: one["needed"] for one in alice.waiting()}
    assert needed == {urgent: "decision", proposed: "answer"}


def test_reporter_reads_the_decision_that_follows_an_upheld_appeal(
    world: World, two: list[User], alice: Operator, bob: Operator, ana: Operator, report: str
) -> None:
    mila, _ = two
    decides(alice, report, measures=[])
    appeals(mila, f"/reports/{report}")
    answers(bob, f"/abuse-reports/{report}")
    decides(ana, report)
    text = own_reports(mila)[0]["text"]
    assert "we acted on it" in text
    assert "cannot appeal a second time" in text


def test_operator_whose_dismissal_was_overturned_does_not_answer_the_other_side(
    world: World, two: list[User], alice: Operator, bob: Operator, ana: Operator, report: str
) -> None:
    mila, jovan = two
    decides(alice, report, measures=[])
    appeals(mila, f"/reports/{report}")
    answers(bob, f"/abuse-reports/{report}")
    decision = suspends(ana, report).json["id"]
    appeals(jovan, f"/safety-decisions/{decision}")
    assert answers(alice, f"/safety-decisions/{decision}").problem == "took_part_before"


def test_proposal_of_an_operator_who_was_overturned_cannot_be_approved(
    world: World, two: list[User], alice: Operator, bob: Operator, ana: Operator, report: str
) -> None:
    mila, _ = two
    proposal = suspends(alice, report, days=30).json["id"]
    decides(alice, report, measures=[])
    appeals(mila, f"/reports/{report}")
    answers(bob, f"/abuse-reports/{report}")
    assert approves(ana, proposal).problem == "took_part_before"


ABUSIVE = {"about": "reporter", "rule": "abusive_reports", "facts": "Forty reports about one quarrel."}


def test_operator_does_not_repeat_a_warning_that_was_reversed(
    two: list[User], alice: Operator, bob: Operator, report: str
) -> None:
    mila, _ = two
    warning = decides(alice, report, **ABUSIVE, measures=["warn"]).json["id"]
    appeals(mila, f"/safety-decisions/{warning}")
    answers(bob, f"/safety-decisions/{warning}")
    assert decides(alice, report, **ABUSIVE, measures=["warn"]).problem == "took_part_before"


def test_decision_about_a_reporter_does_not_name_them(two: list[User], alice: Operator, report: str) -> None:
    mila, _ = two
    warning = decides(alice, report, **ABUSIVE, measures=["warn"])
    shown = calls(alice, "GET", f"/safety-decisions/{warning.json['id']}")
    assert mila.user_id not in warning.text + shown.text


def test_reports_of_two_reporters_need_two_decisions_about_them(
    world: World, two: list[User], alice: Operator, report: str
) -> None:
    _, jovan = two
    erased = world.a_user()
    another = reports(erased, jovan).json["abuse_report_id"]
    erase(erased)
    made = decides(alice, report, another, **ABUSIVE, measures=["warn"])
    assert made.problem == "invalid_request"


def test_shorter_pause_does_not_replace_a_longer_one(two: list[User], alice: Operator, report: str) -> None:
    mila, jovan = two
    decides(alice, report, **ABUSIVE, measures=["warn"])
    for days in (300, 1):
        decides(alice, report, **ABUSIVE, measures=["pause_reports"], days=days)
    mila.world.advance(2 * DAY)
    assert reports(mila.signs_in_again(), jovan).problem == "reporting_paused"


def test_shorter_suspension_that_is_decided_during_a_reversal_is_in_force(
    world: World, two: list[User], alice: Operator, bob: Operator, report: str
) -> None:
    mila, jovan = two
    longer = suspends(alice, report, days=4).json["id"]
    another = reports(mila, jovan).json["abuse_report_id"]
    appeals(jovan, f"/safety-decisions/{longer}")
    before_the_commit(lambda: answers(bob, f"/safety-decisions/{longer}"))
    assert suspends(alice, another, days=3).status == 201
    assert jovan.gets("/v1/profile").problem == "account_suspended"


def test_suspension_does_not_outlast_its_records(
    world: World, two: list[User], alice: Operator, bob: Operator, ana: Operator, report: str
) -> None:
    mila, _ = two
    decides(alice, report, measures=[])
    world.advance(80 * DAY)
    appeals(mila.signs_in_again(), f"/reports/{report}")
    answers(bob, f"/abuse-reports/{report}")
    proposal = suspends(ana, report, days=365).json["id"]
    assert approves(world.an_operator("dana"), proposal).problem == "invalid_request"


def test_proposal_of_a_week_ago_cannot_be_approved(
    world: World, alice: Operator, bob: Operator, report: str
) -> None:
    proposal = suspends(alice, report, days=30).json["id"]
    world.advance(8 * DAY)
    assert approves(bob, proposal).problem == "decided_before"


def test_account_that_is_being_erased_can_only_be_dismissed(
    world: World, two: list[User], alice: Operator, report: str
) -> None:
    _, jovan = two
    world.set_state(jovan, "erasing")
    assert decides(alice, report).problem == "invalid_request"
    assert decides(alice, report, measures=[]).status == 201


def test_many_long_messages_fit_into_a_report_and_not_into_a_decision(
    world: World, two: list[User], alice: Operator
) -> None:
    mila, jovan = two
    talk = mila.opens(jovan).json["conversation_id"]
    ids = [f"m-{number}" for number in range(20)]
    for message in ids:
        says(jovan, talk, message, "ž\x01" * 2_000)
    made = [reports_message(mila, jovan, talk, *ids)["abuse_report_id"] for _ in range(2)]
    assert stored_report(made[0]).messages[19].text == "ž" * 2_000
    says(jovan, talk, "longest", "ж" * 5_000)
    longest = reports_message(mila, jovan, talk, "longest", *ids[:15])["abuse_report_id"]
    assert len(stored_report(longest).messages[0].text or "") == 4_000
    warning = {"rule": "spam", "measures": ["warn"], "facts": FACTS}
    assert decides(alice, *made, longest, **warning, withheld=["messages"]).status == 201


@pytest.mark.promise("SAF-1")
@pytest.mark.parametrize("body", ["", "Example Body, Belgrade"])
def test_body_out_of_court_is_named_only_if_a_setting_names_one(
    two: list[User], report: str, ana: Operator, body: str
) -> None:
    configure(DISPUTE_BODY=body)
    mila, jovan = two
    decides(ana, report)
    (decision,), (own,) = decisions_about(jovan), own_reports(mila)
    for text in (decision["text"], own["text"]):
        assert ("Out of court" in text) is bool(body)
        assert body in text
        assert "{" not in text
