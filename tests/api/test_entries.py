"""Entries of operators: the document of an authority, the look, a late day of receipt, and voided entries."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core import chain
from chalicelib.staff.history import history_of
from tests.support.cases.guests import enters
from tests.support.clouds import cloud
from tests.support.faults.outages import OUTAGES
from tests.support.world.limits import allow
from tests.support.world.operators import Operator
from tests.support.world.world import Reply, World

pytestmark = pytest.mark.promise("RGT-11")

LATE = "2026-10-20"


# --- the look


@pytest.mark.parametrize("by", ["user_id", "phone"])
def test_refused_entry_is_a_look_on_record(world: World, alice: Operator, by: str) -> None:
    mila = world.a_user()
    for status in (201, 409):
        assert enters(alice, **{by: getattr(mila, by)}).status == status
    (look,) = cloud.records("staff_look")
    (entry,) = (one for one in chain.entries(history_of(alice.staff_id)) if one.event == "entered_request")
    contact = {"user_id": "user_id", "phone": "number"}[by]
    assert entry.data == {"by": alice.staff_id, "look": look["look_id"]["S"], "contact": contact, "found": 1}


def test_evidence_of_an_entered_request_names_the_operator_who_looked(world: World, alice: Operator) -> None:
    request_id = enters(alice, user_id=world.a_user().user_id).json["rights_request_id"]
    assert alice.case(request_id)["evidence"][-1]["said"]["by"] == alice.staff_id
    assert cloud.records("staff_look") == []


def test_refusal_whose_look_cannot_be_recorded_shows_nothing(world: World, alice: Operator) -> None:
    mila = world.a_user()
    assert enters(alice, user_id=mila.user_id).status == 201
    with cloud.failing("dynamodb", "TransactWriteItems", OUTAGES[0], touching="staff_look"):
        assert enters(alice, user_id=mila.user_id).problem == "unavailable"


def test_entries_count_as_looks_of_the_day(world: World, alice: Operator) -> None:
    allow(subject_lookups_day=1)
    mila, vuk = world.a_user(), world.a_user()
    search = {"phone": mila.phone}
    assert world.call("POST", "/admin/v1/subjects/search", body=search, arn=alice.arn).status == 200
    refused = enters(alice, phone=vuk.phone)
    assert (refused.status, refused.json["limit"]) == (429, "subject_lookups")
    assert enters(alice, received_by="letter", on_paper=True).status == 201  # it looks at no account


# --- the day of receipt


def test_day_of_receipt_that_makes_the_answer_late_is_asked_back(world: World, alice: Operator) -> None:
    mila = world.a_user()
    asked_back = enters(alice, user_id=mila.user_id, received_on=LATE)
    assert (asked_back.status, asked_back.problem) == (409, "late_receipt")
    assert cloud.records("rights_request") == cloud.records("staff_look") == []
    assert enters(alice, user_id=mila.user_id, received_on=LATE, late_receipt_confirmed=True).status == 201


def test_confirmation_of_a_day_that_is_not_late_is_refused(world: World, alice: Operator) -> None:
    user_id = world.a_user().user_id
    refused = enters(alice, user_id=user_id, late_receipt_confirmed=True)
    assert refused.json["errors"][0]["pointer"] == "/late_receipt_confirmed"


# --- voided entries


def voids(operator: Operator, request_id: str) -> Reply:
    return operator.proposes(request_id, "cancelled", text="Entered for the wrong person.")


def test_two_operators_void_an_entry_which_then_counts_nowhere(
    world: World, alice: Operator, bob: Operator
) -> None:
    mila = world.a_user()
    late: dict[str, Any] = {"received_on": LATE, "late_receipt_confirmed": True}
    request_id = enters(alice, "erasure", user_id=mila.user_id, **late).json["rights_request_id"]
    assert voids(alice, request_id).status == 200
    assert alice.approves(request_id).problem == "own_proposal"
    assert bob.approves(request_id).json["status"] == "cancelled"
    assert alice.lists().json["items"] == []
    period = {"first": "2026-10-01", "last": "2026-11-24"}
    report = world.call("POST", "/admin/v1/reports", body=period, arn=alice.arn).json["id"]
    logged = world.call("GET", f"/admin/v1/reports/{report}/requests", arn=alice.arn).json
    assert (logged["items"], logged["unreadable"]) == ([], [])
    newest = alice.case(request_id)["evidence"][0]
    assert (newest["event"], newest["said"]["proposed_by"]) == ("voided", alice.staff_id)
    assert enters(bob, "erasure", user_id=mila.user_id).status == 201


def test_request_that_no_operator_entered_is_not_voided(world: World, alice: Operator) -> None:
    mila = world.a_user().is_stepped_up()
    request_id = mila.exercises("access").json["rights_request_id"]
    assert voids(alice, request_id).json["errors"][0]["pointer"] == "/status"


# --- the document of an authority


@pytest.mark.parametrize("reference", [None, "Ana Ilić", "117-2026", "1" * 9 + "/2026"])
def test_authority_without_a_file_number_of_the_office_is_refused(
    world: World, alice: Operator, reference: str | None
) -> None:
    seen = {"on_behalf": "agent", "authority": "power_of_attorney", "authority_seen_on": "2026-11-23"}
    more = {"authority_reference": reference} if reference else {}
    assert enters(alice, user_id=world.a_user().user_id, **seen, **more).status == 400


@pytest.mark.parametrize("more", [{"without_access": True, "reason": "It is wrong"}, {"number_lost": True}])
def test_entry_on_paper_names_no_account_to_recover(alice: Operator, more: dict[str, Any]) -> None:
    refused = enters(alice, "rectification", on_paper=True, **more)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/on_paper")
