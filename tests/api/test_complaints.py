"""Complaints about answers: two operators decide who had no part in the answer (ADR 94)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core import chain, clock, table
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.table import Delete, Key, Table
from chalicelib.privacy.periods import Period
from chalicelib.rights.complaints.model import Complaint, ComplaintId
from chalicelib.rights.complaints.store import COMPLAINTS
from chalicelib.rights.request import evidence
from tests.support.cases.complaints import (
    DEADLINE,
    LETTER,
    approves,
    calls,
    closes,
    decides,
    proposes,
    records,
)
from tests.support.cases.copies import damage
from tests.support.cases.erasure_parts import erase
from tests.support.cases.scripted import stored as stored_request
from tests.support.clouds import cloud
from tests.support.world.ledger import alter_newest
from tests.support.world.operators import Operator
from tests.support.world.world import User, World

REFUSED = ("refused", "JustificationA12ManifestlyUnfounded")


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user().is_stepped_up()


@pytest.fixture
def carla(world: World) -> Operator:
    return world.an_operator("carla")


@pytest.fixture
def complaint(asked: str, alice: Operator) -> str:
    """Return the id of a person's complaint about a request."""
    return str(records(alice, asked).json["id"])


def stored(complaint: str) -> Complaint:
    found = COMPLAINTS.read(ComplaintId(complaint))
    assert found
    return found


def answered(request_id: str, first: Operator, second: Operator) -> None:
    """Have two operators refuse a request."""
    assert first.proposes(request_id, *REFUSED).status == 200
    assert second.approves(request_id).status == 200


# --- the record


@pytest.mark.promise("RGT-10")
def test_complaint_of_a_person_is_due_as_a_request_of_that_day(asked: str, alice: Operator) -> None:
    found = records(alice, asked).json
    assert (found["id"], found["status"]) == (f"{asked}.person", "open")
    assert found["due_at"] == "2026-12-24T22:59:59Z"


@pytest.mark.promise("RGT-10")
def test_complaint_of_an_authority_is_due_on_the_day_of_its_letter(asked: str, alice: Operator) -> None:
    assert records(alice, asked, **LETTER).json["due_at"] == DEADLINE


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"letter": LETTER["letter"] | {"due_at": "2026-11-24T12:00:00Z"}}, "/letter"),
        ({"letter": LETTER["letter"] | {"due_at": None}}, "/letter/due_at"),
        ({"received_on": "2026-11-25"}, "/received_on"),
        ({"received_on": "2026-11-23"}, "/received_on"),  # before the request
    ],
)
def test_complaint_that_breaks_a_rule_is_not_stored(
    asked: str, alice: Operator, changes: dict[str, Any], field: str
) -> None:
    reply = records(alice, asked, **changes)
    assert (reply.problem, reply.json["errors"][0]["pointer"]) == ("invalid_request", field)
    assert cloud.records("complaint") == []


def test_complaint_about_an_unknown_request_is_refused(alice: Operator) -> None:
    assert records(alice, RightsRequestId.new()).problem == "not_found"


def test_second_complaint_of_the_same_party_is_refused(asked: str, alice: Operator, complaint: str) -> None:
    assert records(alice, asked, text="Another text.").problem == "complained_already"
    assert stored(complaint).text == "The copy lacks my messages."
    assert records(alice, asked, **LETTER).status == 201


@pytest.mark.promise("RGT-11")
def test_complaint_about_the_request_of_an_erased_subject_is_decided(
    world: World, mila: User, asked: str, alice: Operator, bob: Operator
) -> None:
    erase(mila)
    complaint = records(alice, asked).json["id"]
    decides(alice, bob, complaint, "rejected")
    assert closes(bob, complaint).json["status"] == "closed"


# --- the decision


@pytest.mark.promise("RGT-10")
def test_complaint_is_decided_by_one_operator_and_approved_by_another(
    alice: Operator, bob: Operator, complaint: str
) -> None:
    assert proposes(alice, complaint).json["status"] == "proposed"
    assert approves(alice, complaint).problem == "own_proposal"
    assert approves(bob, complaint).json["outcome"] == "upheld"
    found = stored(complaint)
    assert (found.proposed_by, found.approved_by) == (alice.staff_id, bob.staff_id)
    history = [(one.event, one.data) for one in chain.entries(COMPLAINTS.history_of(ComplaintId(complaint)))]
    assert history == [
        ("opened", {"by": alice.staff_id, "due_at": "2026-12-24T22:59:59Z"}),
        ("proposed", {"by": alice.staff_id, "outcome": "upheld"}),
        ("decided", {"by": bob.staff_id, "proposed_by": alice.staff_id, "outcome": "upheld", "late": 0}),
    ]


def test_approval_names_the_version_that_was_shown(alice: Operator, bob: Operator, complaint: str) -> None:
    proposes(alice, complaint)
    assert approves(bob, complaint, '"1"').problem == "changed_meanwhile"
    assert stored(complaint).status == "proposed"


def test_withdrawn_proposal_is_not_approved(alice: Operator, bob: Operator, complaint: str) -> None:
    proposes(alice, complaint)
    assert proposes(bob, complaint, "rejected").problem == "proposed_already"
    assert calls(bob, "DELETE", f"/{complaint}/proposal").json["status"] == "open"
    assert approves(bob, complaint).problem == "nothing_proposed"


def test_decision_is_final(alice: Operator, bob: Operator, carla: Operator, complaint: str) -> None:
    decides(alice, bob, complaint)
    assert approves(bob, complaint).status == 200
    assert approves(carla, complaint).problem == "too_late"
    assert proposes(alice, complaint, "rejected").problem == "too_late"
    assert calls(alice, "DELETE", f"/{complaint}/proposal").problem == "too_late"
    assert calls(bob, "GET", f"/{complaint}").json["outcome"] == "upheld"


def test_decision_after_the_deadline_is_on_record_as_late(
    world: World, alice: Operator, bob: Operator, complaint: str
) -> None:
    world.advance(31 * DAY)
    decides(alice, bob, complaint)
    newest = chain.head(COMPLAINTS.history_of(ComplaintId(complaint)))
    assert newest
    assert newest.data["late"] == 1


# --- who takes part


@pytest.mark.promise("RGT-10")
def test_operators_who_gave_the_answer_take_no_part(
    asked: str, alice: Operator, bob: Operator, carla: Operator, complaint: str
) -> None:
    answered(asked, alice, bob)
    assert proposes(alice, complaint).problem == "took_part"
    assert proposes(bob, complaint).problem == "took_part"
    assert proposes(carla, complaint).status == 200
    assert approves(bob, complaint).problem == "took_part"
    assert stored(complaint).status == "proposed"


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("acts", [Operator.asks_identity, lambda by, asked: by.extends(asked, 30)])
def test_operator_who_extended_or_checked_identity_takes_no_part(
    asked: str, bob: Operator, complaint: str, acts: Any
) -> None:
    assert acts(bob, asked).status == 200
    assert proposes(bob, complaint).problem == "took_part"


def test_operator_who_only_viewed_the_request_takes_part(asked: str, bob: Operator, complaint: str) -> None:
    assert bob.shows(asked).status == 200
    assert proposes(bob, complaint).status == 200


def test_proposer_who_acts_on_the_request_later_ends_the_proposal(
    asked: str, alice: Operator, bob: Operator, complaint: str
) -> None:
    proposes(alice, complaint)
    alice.extends(asked, 30)
    assert approves(bob, complaint).problem == "took_part"


def test_altered_history_of_the_request_stops_the_decision(
    asked: str, alice: Operator, complaint: str
) -> None:
    alter_newest(evidence.history_of(RightsRequestId(asked)))
    assert proposes(alice, complaint).problem == "unavailable"
    assert stored(complaint).status == "open"


# --- the end


def test_only_a_decided_complaint_is_closed(alice: Operator, bob: Operator, complaint: str) -> None:
    assert closes(alice, complaint).problem == "not_now"
    decides(alice, bob, complaint)
    assert closes(alice, complaint).json["status"] == "closed"


def test_complaint_about_an_open_request_is_not_closed(
    alice: Operator, bob: Operator, complaint: str
) -> None:
    decides(alice, bob, complaint)
    assert calls(alice, "POST", f"/{complaint}/closing").problem == "not_now"


@pytest.mark.promise("RGT-10")
def test_operators_who_gave_the_answer_take_no_part_after_its_request_has_ended(
    asked: str, alice: Operator, bob: Operator, carla: Operator
) -> None:
    answered(asked, alice, bob)
    complaint = records(carla, asked).json["id"]
    table.write(Delete(Key(Table.RIGHTS, f"R#{asked}", "request")))
    assert proposes(alice, complaint).problem == "took_part"


@pytest.mark.promise("RET-1")
def test_complaint_ends_with_its_request(
    world: World, asked: str, alice: Operator, bob: Operator, ana: Operator, carla: Operator, complaint: str
) -> None:
    answered(asked, alice, bob)
    world.advance(HOUR)
    decides(ana, carla, complaint)
    closes(carla, complaint)
    assert stored(complaint).kept_since == stored_request(asked).kept_since
    (item,) = cloud.records("complaint")
    assert int(item["expires_at"]["N"]) == clock.to_epoch(Period.RIGHTS_EVIDENCE.ends(world.now - HOUR))


# --- what is seen of it


def test_list_has_no_text_and_open_ones_first(
    world: World, asked: str, alice: Operator, bob: Operator, complaint: str
) -> None:
    decides(alice, bob, complaint)
    closes(alice, complaint)
    by_authority = records(alice, asked, **LETTER).json["id"]
    listed = calls(bob, "GET")
    assert [one["id"] for one in listed.json["items"]] == [by_authority, complaint]
    assert not [text for text in ("The copy lacks", "Commissioner", "We decide") if text in listed.text]


@pytest.mark.promise("SEC-1")
def test_texts_are_sealed(asked: str, alice: Operator, bob: Operator) -> None:
    complaint = records(alice, asked, **LETTER).json["id"]
    decides(alice, bob, complaint)
    (item,) = cloud.records("complaint")
    assert not {"text", "letter", "proposal", "decision"} & item.keys()


def test_inbox_has_it_until_it_is_closed(asked: str, alice: Operator, bob: Operator, complaint: str) -> None:
    def needs(of: Operator) -> list[tuple[str, str]]:
        return [(one["needed"], one["by"]) for one in of.waiting() if one["kind"] == "complaint"]

    assert needs(alice) == [("decision", "our_rule")]
    records(alice, asked, **LETTER)
    assert needs(alice) == [("decision", "law"), ("decision", "our_rule")]
    proposes(alice, complaint)
    assert (needs(alice)[1][0], needs(bob)[1][0]) == ("another_operator", "your_signature")
    approves(bob, complaint)
    assert needs(bob)[1][0] == "reply"
    closes(bob, complaint)
    assert needs(bob) == [("decision", "law")]


def test_altered_complaint_is_named_in_the_list(alice: Operator, complaint: str) -> None:
    damage(Table.RIGHTS, f"R#{complaint.partition('.')[0]}", "complaint#person", sealed=b"x" * 60)
    assert calls(alice, "GET").json["unreadable"] == [complaint]
