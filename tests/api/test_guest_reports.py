"""People without an account report abuse on the site, and appeal there (SAF-1, ADR 119)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.messages.mail import MailInDoubt
from chalicelib.privacy.purposes import Practice
from tests.support.cases.abuse import (
    answers,
    approves,
    calls,
    decides,
    decisions_about,
    own_reports,
    pause_reports,
    stored_report,
    suspends,
    work,
)
from tests.support.clouds import cloud
from tests.support.pages.visitor import Visitor
from tests.support.world.limits import allow
from tests.support.world.operators import Operator
from tests.support.world.practices import describe
from tests.support.world.world import User, World

SEND, CONTINUE, ADDRESS = "Send", "Continue", "parent@example.com"
TYPED = {"reason": "harassment", "described": "Jovan, 060 123 4567", "text": "He shows pictures of me."}
OF_A_CHILD = {**TYPED, "reason": "child_safety"}
pytestmark = pytest.mark.usefixtures("stream")


@pytest.fixture(autouse=True)
def reports_are_described(world: World) -> None:
    describe(Practice.REPORTING)


@pytest.fixture
def visitor(world: World) -> Visitor:
    return Visitor(world).opens("/privacy/report")


def sends(visitor: Visitor, **typed: str) -> dict[str, Any]:
    """Report with a code to the mailbox; return the report as operators see it in their list."""
    typed = {**TYPED, "email": ADDRESS, **typed}
    visitor.presses(SEND, **typed)
    visitor.presses(CONTINUE, code=visitor.world.code_mailed_to(typed["email"]))
    return listed(visitor.world)[0]


def listed(world: World) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = calls(world.an_operator("ana"), "GET", "/abuse-reports").json["items"]
    return items


def names(operator: Operator, report: dict[str, Any], user: User) -> Any:
    return calls(operator, "POST", f"/abuse-reports/{report['id']}/user", {"user_id": user.user_id})


@pytest.mark.promise("SAF-1")
def test_report_is_received_by_a_code_to_the_mailbox(visitor: Visitor, world: World) -> None:
    report = sends(visitor)
    assert report["id"] in visitor.shown
    assert "We send the answer by email" in visitor.shown
    assert (report["reason"], report["open"]) == ("harassment", True)
    assert stored_report(report["id"]).decide_by == world.now + DAY


@pytest.mark.promise("SAF-1")
def test_nothing_is_reported_before_the_code(visitor: Visitor, world: World) -> None:
    visitor.presses(SEND, email=ADDRESS, **TYPED)
    assert listed(world) == []
    assert TYPED["described"] not in str(cloud.all_items())


@pytest.mark.promise("SAF-1")
@pytest.mark.parametrize("email", ["", ADDRESS], ids=["no address", "an address that is typed anyway"])
def test_abuse_of_children_is_reported_without_address_and_code(
    visitor: Visitor, world: World, email: str
) -> None:
    visitor.presses(SEND, email=email, **OF_A_CHILD)
    (report,) = listed(world)
    assert report["id"] in visitor.shown
    assert "we cannot send you an answer" in visitor.shown
    found = stored_report(report["id"])
    assert (found.mailbox, found.reporter, found.decide_by) == (None, None, world.now + HOUR)
    assert world.mails_to(ADDRESS) == []


@pytest.mark.promise("SAF-1")
def test_form_that_is_sent_twice_makes_one_report(world: World) -> None:
    for _ in range(2):
        Visitor(world).opens("/privacy/report").presses(SEND, **OF_A_CHILD)
    assert len(listed(world)) == 1


@pytest.mark.promise("SAF-1")
@pytest.mark.parametrize("typed", [{"appealed": "none"}, {"email": "x" * 900}], ids=["number", "address"])
def test_fields_that_a_report_about_a_child_does_not_need_do_not_refuse_it(
    visitor: Visitor, world: World, typed: dict[str, str]
) -> None:
    visitor.presses(SEND, **{**OF_A_CHILD, **typed})
    assert len(listed(world)) == 1


@pytest.mark.promise("SAF-1")
def test_report_that_is_sent_twice_at_the_limit_shows_the_same_receipt(world: World) -> None:
    allow(anonymous_reports_day=1)
    shown = [Visitor(world).opens("/privacy/report").presses(SEND, **OF_A_CHILD).shown for _ in range(2)]
    assert shown[0] == shown[1]


def test_two_full_texts_of_any_script_fit(visitor: Visitor, world: World) -> None:
    visitor.presses(SEND, **{**OF_A_CHILD, "described": "漢" * 1_900, "text": "字" * 1_900})
    assert len(listed(world)) == 1


@pytest.mark.promise("SAF-1")
def test_reports_without_a_code_are_limited_by_network(world: World) -> None:
    allow(anonymous_reports_day=1)
    visitor = Visitor(world).opens("/privacy/report").presses(SEND, **OF_A_CHILD)
    visitor.opens("/privacy/report").presses(SEND, **{**OF_A_CHILD, "text": "Another one."})
    assert visitor.status == 422
    assert len(listed(world)) == 1


@pytest.mark.promise("SAF-1")
def test_decision_is_mailed_and_names_nobody(visitor: Visitor, world: World, ana: Operator) -> None:
    jovan = world.a_user(display_name="Jovan")
    report = sends(visitor)
    assert names(ana, report, jovan).status == 200
    assert decides(ana, report["id"]).status == 201
    work()
    mail = world.mails_to(ADDRESS)[-1]
    assert "breaks a rule of our terms" in mail
    assert report["id"] in mail
    assert [one for one in ("Jovan", jovan.user_id, "in the app") if one in mail] == []
    assert stored_report(report["id"]).work.notified_by == "mail"


@pytest.mark.promise("SAF-1")
def test_operators_see_whom_it_is_about_and_no_mailbox(visitor: Visitor, ana: Operator) -> None:
    report = sends(visitor)
    shown = calls(ana, "GET", f"/abuse-reports/{report['id']}")
    assert shown.json["described"] == TYPED["described"]
    assert ADDRESS not in shown.text
    assert "user_id" not in shown.json


@pytest.mark.promise("SAF-1")
def test_report_is_decided_only_about_a_named_user(visitor: Visitor, world: World, ana: Operator) -> None:
    report = sends(visitor)
    assert decides(ana, report["id"]).problem == "invalid_request"
    first, second = world.a_user(), world.a_user()
    names(ana, report, first)
    assert names(ana, report, second).json["user_id"] == second.user_id
    assert decides(ana, report["id"]).status == 201
    assert names(ana, report, first).problem == "decided_before"


def test_user_of_a_report_from_the_app_is_not_replaced(world: World, ana: Operator) -> None:
    mila, jovan = world.a_user(), world.a_user()
    body = {"user_id": jovan.user_id, "reason": "spam", "text": "Ads."}
    report = mila.calls("POST", "/v1/reports", body=body).json["abuse_report_id"]
    assert names(ana, {"id": report}, mila).problem == "decided_before"


@pytest.mark.promise("SAF-1")
def test_suspension_that_was_proposed_for_another_user_is_not_approved(
    visitor: Visitor, world: World, ana: Operator, bob: Operator
) -> None:
    report = sends(visitor)
    first, second = world.a_user(), world.a_user()
    names(ana, report, first)
    decision = suspends(ana, report["id"], days=30).json["id"]
    names(ana, report, second)
    assert approves(bob, decision).problem == "decided_before"
    assert first.gets("/v1/profile").status == 200


@pytest.mark.promise("SAF-1")
def test_user_who_was_named_by_mistake_is_taken_off_and_the_report_dismissed(
    visitor: Visitor, world: World, ana: Operator
) -> None:
    report = sends(visitor)
    jovan = world.a_user()
    names(ana, report, jovan)
    path = f"/abuse-reports/{report['id']}"
    assert "user_id" not in calls(ana, "POST", f"{path}/user", {"user_id": None}).json
    assert calls(ana, "POST", f"{path}/dismissal").status == 200
    assert decisions_about(jovan) == []


@pytest.mark.promise("SAF-1", "ACC-10")
def test_sender_with_an_account_does_not_learn_whom_an_operator_named(
    visitor: Visitor, world: World, ana: Operator
) -> None:
    mila, jovan = world.a_user(), world.a_user()
    mila.has_email(ADDRESS)
    report = sends(visitor)
    names(ana, report, jovan)
    decides(ana, report["id"], measures=[])
    assert "user_id" not in own_reports(mila)[0]
    assert jovan.user_id not in mila.gets("/v1/reports").text


@pytest.mark.promise("SAF-1")
def test_operator_does_not_learn_by_naming_a_user_who_reported(
    visitor: Visitor, world: World, ana: Operator
) -> None:
    mila = world.a_user()
    mila.has_email(ADDRESS)
    assert names(ana, sends(visitor), mila).status == 200


@pytest.mark.promise("SAF-1")
def test_dismissal_reads_the_same_whether_or_not_a_user_was_found(
    visitor: Visitor, world: World, ana: Operator
) -> None:
    report = sends(visitor)
    names(ana, report, world.a_user())
    decides(ana, report["id"], measures=[])
    work()
    found = world.mails_to(ADDRESS)[-1].replace(report["id"], "")
    world.advance(2 * MINUTE)
    sends(Visitor(world).opens("/privacy/report"))
    (another,) = (one for one in listed(world) if one["open"])
    calls(ana, "POST", f"/abuse-reports/{another['id']}/dismissal")
    work()
    assert world.mails_to(ADDRESS)[-1].replace(another["id"], "") == found


@pytest.mark.promise("SAF-1")
def test_report_about_nobody_who_can_be_found_is_dismissed(
    visitor: Visitor, world: World, ana: Operator
) -> None:
    report = sends(visitor)
    dismissed = calls(ana, "POST", f"/abuse-reports/{report['id']}/dismissal")
    assert dismissed.json["open"] is False
    assert calls(ana, "POST", f"/abuse-reports/{report['id']}/dismissal").problem == "decided_before"
    work()
    assert "we could not find the account" in world.mails_to(ADDRESS)[-1]


@pytest.mark.promise("SAF-1")
def test_report_about_a_named_user_is_not_dismissed_without_a_decision(
    visitor: Visitor, world: World, ana: Operator
) -> None:
    report = sends(visitor)
    names(ana, report, world.a_user())
    assert calls(ana, "POST", f"/abuse-reports/{report['id']}/dismissal").problem == "decided_before"


@pytest.mark.promise("SAF-1")
@pytest.mark.parametrize("outcome", ["upheld", "rejected"])
def test_sender_appeals_on_the_site_and_another_person_answers_by_mail(
    visitor: Visitor, world: World, ana: Operator, bob: Operator, outcome: str
) -> None:
    report = sends(visitor)
    calls(ana, "POST", f"/abuse-reports/{report['id']}/dismissal")
    work()
    sends(visitor.opens("/privacy/report"), appealed=report["id"], text="Look at the second picture.")
    assert report["id"] in visitor.shown
    path = f"/abuse-reports/{report['id']}"
    assert answers(ana, path).problem == "took_part_before"
    assert answers(bob, path, outcome).status == 200
    work()
    mail = world.mails_to(ADDRESS)[-1]
    assert "We looked again." in mail
    assert "The app shows" not in mail
    assert len(listed(world)) == 1


@pytest.mark.promise("SAF-1")
def test_nobody_appeals_against_the_report_of_another_mailbox(visitor: Visitor, ana: Operator) -> None:
    report = sends(visitor)
    calls(ana, "POST", f"/abuse-reports/{report['id']}/dismissal")
    sends(visitor.opens("/privacy/report"), email="other@example.com", appealed=report["id"])
    assert "no report with this number" in visitor.shown
    assert stored_report(report["id"]).appeal is None


@pytest.mark.promise("SAF-1")
def test_report_of_a_mailbox_with_an_account_belongs_to_the_account(
    visitor: Visitor, world: World, ana: Operator
) -> None:
    mila = world.a_user()
    mila.has_email(ADDRESS)
    report = sends(visitor)
    assert stored_report(report["id"]).mailbox is None
    (own,) = own_reports(mila)
    assert own["abuse_report_id"] == report["id"]
    calls(ana, "POST", f"/abuse-reports/{report['id']}/dismissal")
    (own,) = own_reports(mila)
    assert own["acted"] is False


@pytest.mark.promise("SAF-1")
def test_owner_of_an_account_who_lost_the_app_appeals_on_the_site(
    visitor: Visitor, world: World, ana: Operator
) -> None:
    mila = world.a_user()
    mila.has_email(ADDRESS)
    report = sends(visitor)
    calls(ana, "POST", f"/abuse-reports/{report['id']}/dismissal")
    visitor.opens("/privacy/report")
    visitor.presses(SEND, appealed=report["id"], text="Look at the second picture.", email=ADDRESS)
    visitor.presses(CONTINUE, code=world.code_mailed_to(ADDRESS))
    (own,) = own_reports(mila)
    assert own["appeal"]["text"] == "Look at the second picture."


@pytest.mark.promise("SAF-1")
def test_account_whose_reports_are_paused_reports_only_dangers_on_the_site(
    visitor: Visitor, world: World
) -> None:
    mila = world.a_user()
    mila.has_email(ADDRESS)
    pause_reports(mila)
    visitor.presses(SEND, **{**TYPED, "email": ADDRESS})
    visitor.presses(CONTINUE, code=world.code_mailed_to(ADDRESS))
    assert "A person paused your reports" in visitor.shown
    assert listed(world) == []
    assert sends(visitor.opens("/privacy/report"), reason="threat_to_life")["reason"] == "threat_to_life"


@pytest.mark.promise("SAF-1")
def test_mail_that_may_have_been_sent_is_sent_again(
    visitor: Visitor, world: World, ana: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = sends(visitor)
    calls(ana, "POST", f"/abuse-reports/{report['id']}/dismissal")
    with monkeypatch.context() as away:
        away.setattr("chalicelib.safety.notices.mail.send", fails_in_doubt)
        work()
    assert stored_report(report["id"]).work.notify
    world.advance(HOUR)
    work()
    assert stored_report(report["id"]).work.notified_by == "mail"


def fails_in_doubt(*_: object, **__: object) -> None:
    raise MailInDoubt


@pytest.mark.promise("SAF-1", "NOT-2")
def test_page_takes_nothing_while_the_policy_does_not_describe_reports(
    visitor: Visitor, world: World
) -> None:
    describe()
    visitor.presses(SEND, **OF_A_CHILD)
    assert "This is not possible yet" in visitor.shown
    assert listed(world) == []


@pytest.mark.parametrize("field", ["reason", "described", "text", "email"])
def test_mistake_stands_beside_its_field_and_nothing_typed_is_lost(visitor: Visitor, field: str) -> None:
    visitor.presses(SEND, **{**TYPED, "email": ADDRESS, field: ""})
    assert visitor.status == 422
    assert visitor.reply
    assert f'id="{field}-mistake"' in visitor.reply.text
    assert visitor.field("text") == ("" if field == "text" else TYPED["text"])


def test_new_code_is_for_the_report_that_was_typed(visitor: Visitor, world: World) -> None:
    visitor.presses(SEND, email=ADDRESS, **TYPED)
    world.advance(timedelta(minutes=11))
    visitor.presses("Send a new code").presses(CONTINUE, code=world.code_mailed_to(ADDRESS))
    (report,) = listed(world)
    assert stored_report(report["id"]).text == TYPED["text"]


def test_code_that_is_sent_again_shows_the_same_report(visitor: Visitor, world: World) -> None:
    visitor.presses(SEND, email=ADDRESS, **TYPED)
    cookie, code = visitor.cookie, world.code_mailed_to(ADDRESS)
    visitor.presses(CONTINUE, code=code)
    shown = visitor.shown
    visitor.cookie = cookie
    visitor.opens("/privacy/form").presses(CONTINUE, code=code)
    assert visitor.shown == shown
    assert len(listed(world)) == 1
