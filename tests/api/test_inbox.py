"""The inbox of operators: each kind of case with its day, what is needed, and the command for it (ADR 91)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts.service import glances
from chalicelib.core import chain, clock
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Table
from chalicelib.messages import mail
from chalicelib.messages.mail import MailRefused
from chalicelib.privacy import reviews
from chalicelib.privacy.cases import CaseTable
from chalicelib.reconciliation.cases import service as stream_cases
from chalicelib.reconciliation.cases.model import StreamLoss
from chalicelib.rights.operators import lists
from chalicelib.rights.request import store
from chalicelib.rights.request.terms import StepStatus
from chalicelib.staff import history
from chalicelib.staff.support import answers
from tests.support.cases import breaches, support
from tests.support.cases.copies import damage
from tests.support.cases.disclosures import an_approved_order, an_order
from tests.support.cases.scripted import stored
from tests.support.patches import failing_at
from tests.support.world.commands import Commands, Wire
from tests.support.world.operators import Operator
from tests.support.world.world import User, World

REFUSED = ("refused", "JustificationA12ManifestlyUnfounded")


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user().is_stepped_up()


def needs(of: Operator) -> list[tuple[str, str]]:
    """Return id and need of each entry."""
    return [(one["id"], one["needed"]) for one in of.waiting()]


def entry(of: Operator) -> dict[str, Any]:
    """Return the only entry."""
    (found,) = of.waiting()
    return found


def entered(by: Operator, user: User, right: str = "access", **more: Any) -> str:
    reply = by.enters(user.user_id, right, **more)
    assert reply.status == 201, reply.text
    return str(reply.json["rights_request_id"])


def stops(request_id: str) -> None:
    """Stop the next step of a request, as its last try does."""
    before = stored(request_id)
    assert before.next_step
    after = before.with_step(before.next_step.name, StepStatus.STOPPED, clock.now(), "rejected")
    store.move(before, after.model_copy(update={"run_at": None}))


def noted(request_id: str, **notes: Any) -> None:
    """Change notes of a request, as a step of its procedure does."""
    before = stored(request_id)
    store.move(before, before.model_copy(update={"notes": replace(before.notes, **notes)}))


# --- requests


def test_request_that_the_procedure_carries_out_is_not_in_the_inbox(alice: Operator, asked: str) -> None:
    assert stored(asked).is_open
    assert alice.waiting() == []


def test_request_without_steps_before_its_answer_needs_a_decision(mila: User, alice: Operator) -> None:
    changes = {"changes": {"session_device": "a tablet"}, "reason": "It was sold."}
    request_id = entered(alice, mila, "rectification", on="2026-11-20", **changes)
    assert entry(alice) == {
        "kind": "rectification",
        "id": request_id,
        "due_at": "2026-12-20T22:59:59Z",
        "by": "law",
        "needed": "decision",
        "words": "a decision",
        "command": f"rights show {request_id}",
    }


@pytest.mark.promise("RGT-10")
def test_proposal_needs_a_signature_of_another_operator(alice: Operator, bob: Operator, asked: str) -> None:
    alice.proposes(asked, *REFUSED)
    assert needs(alice) == [(asked, "another_operator")]
    assert needs(bob) == [(asked, "your_signature")]


@pytest.mark.promise("RGT-10")
def test_objection_is_due_when_its_weighing_is(mila: User, alice: Operator) -> None:
    entered(alice, mila, "objection", on="2026-11-20", purposes=["security"])
    found = entry(alice)
    assert (found["kind"], found["needed"]) == ("objection", "weighing")
    assert (found["due_at"], found["by"]) == ("2026-12-03T23:00:00Z", "our_rule")


def test_objection_that_is_upheld_without_a_weighing_is_not_in_the_inbox(mila: User, alice: Operator) -> None:
    entered(alice, mila, "objection", purposes=["diagnostics"])
    assert alice.waiting() == []


@pytest.mark.promise("RGT-4")
def test_proposed_end_of_a_restriction_needs_a_signature(mila: User, alice: Operator, bob: Operator) -> None:
    request_id = entered(alice, mila, "restriction", ground="a", purposes=["analytics"])
    assert alice.waiting() == []
    assert alice.proposes_lifting(request_id).status == 200
    assert needs(bob) == [(request_id, "your_signature")]
    assert bob.approves_lifting(request_id).status == 200
    assert bob.waiting() == []


def test_entered_erasure_needs_a_check_by_another_operator(
    mila: User, alice: Operator, bob: Operator
) -> None:
    request_id = entered(alice, mila, "erasure")
    assert needs(alice) == [(request_id, "another_operator")]
    found = entry(bob)
    assert (found["needed"], found["command"]) == ("your_signature", f"rights identity-came {request_id}")


def test_awaited_proof_of_a_subject_is_not_in_the_inbox(alice: Operator, asked: str) -> None:
    alice.asks_identity(asked)
    assert alice.waiting() == []


def test_proposed_extension_needs_the_same_command(mila: User, alice: Operator, bob: Operator) -> None:
    request_id = entered(alice, mila, "erasure")
    bob.notes_identity(request_id)
    alice.extends(request_id, 30)
    assert [one["command"] for one in bob.waiting()] == [
        f"rights extend {request_id} --days 30 --reason JustificationA12Complexity"
    ]


def test_stopped_step_of_an_erasure_needs_a_retry(mila: User, alice: Operator) -> None:
    request_id = mila.exercises("erasure").json["rights_request_id"]
    stops(request_id)
    found = entry(alice)
    assert (found["kind"], found["needed"]) == ("erasure", "retry")
    assert found["command"] == f"rights retry {request_id}"


def test_step_that_stopped_after_the_answer_needs_a_retry(mila: User, alice: Operator) -> None:
    request_id = entered(alice, mila, "restriction", ground="a", purposes=["analytics"])
    stops(request_id)
    assert not stored(request_id).is_open
    assert needs(alice) == [(request_id, "retry")]


def test_entered_copy_without_access_needs_a_check_of_the_identity(mila: User, alice: Operator) -> None:
    request_id = entered(alice, mila, without_access=True)
    assert needs(alice) == [(request_id, "identity_check")]


def test_entered_request_of_which_no_channel_was_warned_needs_one(
    mila: User, alice: Operator, bob: Operator
) -> None:
    request_id = entered(alice, mila, "erasure")
    bob.notes_identity(request_id)
    noted(request_id, unwarned=True)
    found = entry(alice)
    assert (found["needed"], found["due_at"], found["by"]) == ("channel", "2026-12-19T22:59:59Z", "our_rule")


def test_erasure_without_a_certificate_after_a_day_needs_a_look(
    world: World, mila: User, alice: Operator
) -> None:
    request_id = mila.exercises("erasure").json["rights_request_id"]
    noted(request_id, captured_at=world.now, reported_unproven_at=world.now + DAY)
    found = entry(alice)
    assert (found["needed"], found["due_at"]) == ("look", clock.to_text(world.now + DAY))
    assert found["command"] == f"erasures show {request_id}"


def test_only_the_first_requests_are_read(
    world: World, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "FOR_INBOX", 1)
    late, _ = (entered(alice, world.a_user(), "objection", on=on, purposes=["security"])
               for on in ("2026-11-20", "2026-11-24"))  # fmt: skip
    shown = world.call("GET", "/admin/v1/inbox", arn=alice.arn).json
    assert ([one["id"] for one in shown["items"]], shown["has_more"]) == ([late], ["request"])


# --- other cases


@pytest.mark.promise("RET-3")
def test_hold_needs_its_confirmation_and_its_lifting(mila: User, alice: Operator, bob: Operator) -> None:
    hold = alice.places_hold(mila.user_id).json["id"]
    assert needs(alice) == [(hold, "another_operator")]
    found = entry(bob)
    assert (found["needed"], found["due_at"]) == ("your_signature", "2026-11-27T12:00:00Z")
    bob.confirms_hold(hold)
    assert bob.waiting() == []
    alice.proposes_lift(hold)
    assert needs(bob) == [(hold, "your_signature")]


@pytest.mark.promise("NOT-3")
def test_proposed_disclosure_needs_a_signature_within_30_days(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    disclosure = alice.proposes_disclosure(an_order(mila.user_id)).json["id"]
    found = entry(bob)
    assert (found["needed"], found["due_at"]) == ("your_signature", clock.to_text(world.now + 30 * DAY))
    world.advance(30 * DAY + HOUR)
    assert needs(bob) == [(disclosure, "withdrawal")]


def test_approved_disclosure_needs_its_handover_and_a_change_of_secrecy_a_signature(
    mila: User, alice: Operator, bob: Operator
) -> None:
    disclosure = an_approved_order(alice, bob, mila)
    assert needs(bob) == [(disclosure, "handover")]
    alice.calls_disclosures("POST", f"/{disclosure}/given", body={})
    assert bob.waiting() == []
    alice.proposes_secrecy(disclosure, "2027-11-24T12:00:00Z")
    assert needs(bob) == [(disclosure, "your_signature")]


@pytest.mark.promise("SEC-4")
def test_breach_is_due_when_its_first_authority_is(alice: Operator, bob: Operator) -> None:
    breach = breaches.opens(alice, countries=["DE"], communications_in=["DE"])
    breaches.proposes(alice, breach)
    assert needs(bob) == [(breach, "authority"), (breach, "your_signature")]
    assert {(one["due_at"], one["by"]) for one in bob.waiting()} == {("2026-11-25T11:00:00Z", "law")}


def test_breach_without_a_deadline_needs_its_duties_until_it_is_closed(
    alice: Operator, bob: Operator
) -> None:
    breach = breaches.opens(alice)
    breaches.assess(alice, bob, breach, "unlikely")
    found = entry(alice)
    assert (found["needed"], found["by"]) == ("duties", "our_rule")
    assert breaches.closes(alice, breach).status == 200
    assert alice.waiting() == []


@pytest.mark.promise("STR-6")
def test_case_at_stream_is_due_after_a_week(world: World, mila: User, alice: Operator) -> None:
    account = glances([AccountId(mila.account_id)])[AccountId(mila.account_id)]
    assert account
    stream_cases.open_case(account, StreamLoss.DELETED)
    found = entry(alice)
    assert (found["needed"], found["due_at"]) == ("settlement", clock.to_text(world.now + 7 * DAY))


def test_proposed_removal_of_a_table_needs_a_signature_for_seven_days(
    world: World, alice: Operator, bob: Operator
) -> None:
    body = {"table_name": "ru4m-staging-accounts-before-restore", "reason": "replaced"}
    world.call("POST", "/admin/v1/table-removals", arn=alice.arn, body=body)
    found = entry(bob)
    assert (found["kind"], found["needed"]) == ("table_removal", "your_signature")
    assert found["due_at"] == clock.to_text(world.now + 7 * DAY)
    world.advance(7 * DAY + HOUR)
    assert bob.waiting() == []


def test_review_is_in_the_inbox_from_30_days_before(world: World, alice: Operator) -> None:
    first = reviews.declared()[0]
    world.advance(clock.beginning_of(first.by) - reviews.NOTICE - world.now - timedelta(seconds=1))
    assert alice.waiting() == []
    world.advance(timedelta(seconds=1))
    found = alice.waiting()[0]
    assert (found["id"], found["needed"]) == (first.what, "review")
    assert found["due_at"] == clock.to_text(clock.beginning_of(first.by + DAY))


# --- the whole


def test_entries_are_in_the_order_of_their_days(world: World, alice: Operator) -> None:
    objection = entered(alice, world.a_user(), "objection", purposes=["security"])
    hold = alice.places_hold(world.a_user().user_id).json["id"]
    breach = breaches.opens(alice)
    assert [one["id"] for one in alice.waiting()] == [breach, hold, objection]


def test_ids_are_recorded_before_they_are_shown(mila: User, alice: Operator, asked: str) -> None:
    alice.proposes(asked, *REFUSED)
    hold = alice.places_hold(mila.user_id).json["id"]
    alice.waiting()
    newest = chain.head(history.history_of(alice.staff_id))
    assert newest
    assert (newest.event, newest.data["inbox"]) == ("listed", [hold, asked])


def test_message_to_support_waits_a_week_for_an_answer(world: World, alice: Operator) -> None:
    message = support.writes(world)
    found = entry(alice)
    assert (found["id"], found["needed"], found["by"]) == (message, "answer", "our_rule")
    assert found["due_at"] == clock.to_text(world.now + 7 * DAY)
    assert found["command"] == f"support show {message}"
    support.answers(alice, message)
    assert alice.waiting() == []


def test_message_whose_answer_may_not_have_arrived_waits_for_its_closing(
    world: World, alice: Operator
) -> None:
    message = support.writes(world)
    support.answers(alice, message)
    with failing_at(mail, "send", MailRefused):
        answers.send_answers()
    assert needs(alice) == [(message, "closing")]
    support.closes(alice, message)
    assert alice.waiting() == []


def test_altered_record_is_an_entry_with_its_remedy(alice: Operator, asked: str) -> None:
    damage(Table.RIGHTS, f"R#{asked}", "request", status="no such status")
    found = entry(alice)
    assert (found["id"], found["needed"]) == (asked, "restore")
    assert found["command"] == f"ledger verify --chain rights#{asked}"


def test_source_that_fails_is_named_and_hides_no_other(
    world: World, alice: Operator, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.proposes(asked, *REFUSED)

    def fails(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr(CaseTable, "open_rows", fails)
    shown = world.call("GET", "/admin/v1/inbox", arn=alice.arn).json
    assert shown["unavailable"] == [
        "hold", "disclosure", "complaint", "breach", "table_removal", "support_message",
        "abuse_report", "number_objection",
        "safety_decision",
    ]  # fmt: skip
    assert [one["id"] for one in shown["items"]] == [asked]


# --- the command


def test_each_command_of_the_inbox_runs(world: World, mila: User, alice: Operator, wire: Wire) -> None:
    erasure, stopped = entered(alice, world.a_user(), "erasure"), entered(alice, world.a_user())
    stops(stopped)
    entered(alice, mila, "objection", purposes=["security"])
    an_approved_order(alice, world.an_operator("carla"), mila)
    alice.places_hold(mila.user_id)
    breaches.opens(alice)
    commands = [one["command"].split() for one in world.an_operator("bob").waiting()]
    assert {tuple(words[:2]) for words in commands} == {
        ("rights", "show"), ("rights", "retry"), ("rights", "identity-came"), ("holds", "show"),
        ("disclosures", "show"), ("breach", "show"),
    }  # fmt: skip
    for group, *words in commands:
        done = Commands(group, wire)("bob", *words)
        assert done.exit_code == 0, (group, words, done.output)
    assert [one for one in world.an_operator("bob").waiting() if one["id"] in {erasure, stopped}] == []


def test_command_prints_the_day_the_need_and_what_is_late(
    world: World, mila: User, alice: Operator, wire: Wire
) -> None:
    breach = breaches.opens(alice, countries=["DE"], communications_in=["DE"])
    hold = alice.places_hold(mila.user_id).json["id"]
    world.advance(2 * DAY + 23 * HOUR)
    printed = Commands("inbox", wire)("bob").output.splitlines()
    rows = {key: next(line for line in printed if key in line) for key in (breach, hold)}
    assert "Wed 2026-11-25 12:00 CET, late by 2 days (by law)" in rows[breach]
    assert f"breach show {breach}" in rows[breach]
    assert "Fri 2026-11-27 13:00 CET, today (our rule)" in rows[hold]
    assert "your second signature" in rows[hold]
