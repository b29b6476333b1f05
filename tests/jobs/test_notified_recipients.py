"""Each recipient of corrected data is notified: Stream by the sync, authorities by operators (RGT-2)."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.privacy.purposes import Practice
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.jobs import sweep_rights
from chalicelib.rights.request import receipts, recipients, standstill, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import RecipientOutcome
from chalicelib.rights.request.standstill import Standstill
from chalicelib.rights.request.terms import Right, StepStatus
from chalicelib.stream import gateway
from chalicelib.stream.model import StreamRefused
from infra.stream_emulator import Emulator
from tests.support.cases import erasure_requests
from tests.support.cases.copies import a_copy
from tests.support.cases.disclosures import an_approved_order, evidence_of
from tests.support.cases.scripted import evidence, stored
from tests.support.jobs.profile_sync import sync, sync_again
from tests.support.patches import failing_at
from tests.support.world.builders import a_schedule_event
from tests.support.world.operators import Operator
from tests.support.world.practices import describe
from tests.support.world.world import User, World


@pytest.fixture
def user(world: World, stream: Emulator) -> User:
    """Return a user whom Stream has as she is."""
    found = world.a_user(display_name="Mila")
    sync(found)
    return found


def work(user: User, request_id: str) -> RightsRequest:
    """Do the work that is due now, and what follows it at once."""
    return erasure_requests.work(user.world, RightsRequestId(request_id), within=timedelta(seconds=1))


def corrects(user: User, **changes: object) -> str:
    taken = user.exercises("rectification", changes=changes)
    assert taken.status == 202, taken.text
    return str(taken.json["rights_request_id"])


def shown(user: User, request_id: str) -> list[dict[str, Any]]:
    """The recipients that the subject sees by the receipt, also after the session has ended."""
    receipt = {"Rights-Receipt": receipts.of(RightsRequestId(request_id))}
    read = user.world.call("GET", f"/v1/rights-receipts/{request_id}", headers=receipt)
    found: list[dict[str, Any]] = read.json["recipients"]
    return found


def step(request_id: str) -> StepStatus:
    return {one.name: one.status for one in stored(request_id).steps}["notify_recipients"]


def disclosed(alice: Operator, bob: Operator, user: User, **changes: Any) -> str:
    """Return the id of a disclosure of the profile whose data went out."""
    disclosure_id = an_approved_order(alice, bob, user, **{"scope": ["profile"], **changes})
    assert alice.calls_disclosures("POST", f"/{disclosure_id}/given", body={}).status == 200
    return disclosure_id


# --- Stream


@pytest.mark.promise("RGT-2", "STR-1")
def test_stream_is_notified_once_it_has_the_new_value(user: User) -> None:
    request_id = corrects(user, display_name="Mila P.")
    work(user, request_id)
    assert (step(request_id), [one["outcome"] for one in shown(user, request_id)]) == (
        StepStatus.IN_PROGRESS,
        ["pending"],
    )
    sync(user)
    user.world.advance(HOUR)
    work(user, request_id)
    (notice,) = shown(user, request_id)
    assert notice["name"] == Recipient.STREAM.label
    assert (notice["outcome"], "notified_at" in notice) == ("notified", True)
    assert step(request_id) is StepStatus.DONE
    assert ("notify_recipients_done", 1) in [(e, d.get("notified")) for e, d in evidence(request_id)]


@pytest.mark.promise("RGT-2", "STR-10")
def test_stream_is_notified_once_it_has_the_new_status(user: User) -> None:
    describe(Practice.HIDING_STATUS)
    sync_again(user)
    request_id = corrects(user, online_visible=True)
    work(user, request_id)
    assert step(request_id) is StepStatus.IN_PROGRESS
    sync(user)
    user.world.advance(HOUR)
    work(user, request_id)
    assert step(request_id) is StepStatus.DONE


@pytest.mark.promise("RGT-2")
def test_subject_sees_in_the_app_what_the_receipt_shows(user: User) -> None:
    request_id = corrects(user, display_name="Mila P.")
    sync(user)
    work(user, request_id)
    listed = user.gets("/v1/rights-requests").json["items"]
    assert user.request(request_id)["recipients"] == shown(user, request_id) == listed[0]["recipients"]
    assert [one["outcome"] for one in shown(user, request_id)] == ["notified"]


@pytest.mark.promise("RGT-2")
def test_correction_of_a_field_that_nobody_got_notifies_nobody(user: User) -> None:
    request_id = corrects(user, job_title="Engineer")
    work(user, request_id)
    assert (step(request_id), shown(user, request_id)) == (StepStatus.DONE, [])


def test_step_waits_while_stream_does_not_answer(user: User, stream: Emulator) -> None:
    request_id = corrects(user, display_name="Mila P.")
    sync(user)
    stream.fault(method="GET", path="/users", status=503, times=9)
    work(user, request_id)
    assert stored(request_id).unreachable_since
    assert step(request_id) is StepStatus.IN_PROGRESS
    stream.clear_faults()
    user.world.advance(HOUR)
    work(user, request_id)
    assert step(request_id) is StepStatus.DONE


@pytest.mark.promise("RGT-2", "STR-6")
def test_profile_that_stream_refuses_stops_the_step_for_an_operator(
    user: User, stream: Emulator, alice: Operator
) -> None:
    request_id = corrects(user, display_name="Mila P.")
    refusal = {"code": 4, "StatusCode": 400, "message": "refused"}
    stream.fault(method="POST", path="/users", status=400, body=json.dumps(refusal), times=9)
    sync(user)
    work(user, request_id)
    user.world.advance(recipients.LATE_AFTER + HOUR)
    work(user, request_id)
    assert step(request_id) is StepStatus.STOPPED
    assert alice.case(request_id)["steps"][-1]["why"] == "not_at_stream"
    stream.clear_faults()
    sync_again(user)
    alice.retries(request_id)
    work(user, request_id)
    assert [one["outcome"] for one in shown(user, request_id)] == ["notified"]


def test_refused_query_of_users_counts_as_not_arrived(user: User) -> None:
    request_id = corrects(user, display_name="Mila P.")
    sync(user)
    with failing_at(gateway, "find_users", StreamRefused):
        work(user, request_id)
    assert step(request_id) is StepStatus.IN_PROGRESS
    user.world.advance(HOUR)
    work(user, request_id)
    assert step(request_id) is StepStatus.DONE


@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_notice_of_an_inactive_account_is_deferred(world: World, user: User, state: str) -> None:
    world.set_state(user, state)
    sync(user)  # it deactivates the user
    request_id = corrects(user, display_name="Mila P.")
    work(user, request_id)
    assert [one["outcome"] for one in shown(user, request_id)] == ["deferred"]
    assert step(request_id) is StepStatus.DONE


def test_user_who_is_not_at_stream_for_a_day_is_not_notified(world: World, stream: Emulator) -> None:
    user = world.a_user()
    request_id = corrects(user, display_name="Mila P.")
    work(user, request_id)
    assert step(request_id) is StepStatus.IN_PROGRESS
    user.world.advance(DAY + HOUR)
    work(user, request_id)
    (notice,) = shown(user, request_id)
    assert (notice["outcome"], notice["reason"]) == ("not_applicable", "It has no user for you")


# --- authorities


@pytest.mark.promise("RGT-2", "NOT-3")
def test_authority_that_got_the_data_is_notified_by_an_operator(
    world: World, user: User, alice: Operator, bob: Operator
) -> None:
    disclosure_id = disclosed(alice, bob, user)
    request_id = corrects(user, job_title="Engineer")
    work(user, request_id)
    assert step(request_id) is StepStatus.DONE
    (notice,) = shown(user, request_id)
    assert (notice["name"], notice["outcome"]) == ("Higher Court in Belgrade", "pending")
    assert [(one["id"], one["needed"]) for one in alice.waiting()] == [(request_id, "notice")]
    recorded = alice.records_notice(request_id, 0, "2026-11-24").json["items"]
    assert (recorded[0]["outcome"], recorded[0]["disclosure_id"]) == ("notified", disclosure_id)
    assert shown(user, request_id)[0]["notified_at"].startswith("2026-11-2")
    assert evidence_of(disclosure_id)[-1][0] == "correction_notified"
    assert alice.staff_id not in str(user.request(request_id))


@pytest.mark.promise("NOT-3")
def test_secret_disclosure_is_notified_and_not_shown_before_its_secrecy_ends(
    world: World, user: User, alice: Operator, bob: Operator
) -> None:
    until = clock.to_text(clock.now() + 10 * DAY)
    disclosed(alice, bob, user, secret_until=until, secrecy_reference="K 17/2026")
    request_id = corrects(user, job_title="Engineer")
    before = [event for event, _ in evidence(request_id)]
    work(user, request_id)
    assert (shown(user, request_id), step(request_id)) == ([], StepStatus.DONE)
    (listed,) = alice.lists_recipients(request_id).json["items"]
    assert (listed["name"], "secret_until" in listed) == ("Higher Court in Belgrade", True)
    alice.records_notice(request_id, 0, "2026-11-24")
    said = evidence(request_id)
    assert {event for event, _ in said} - set(before) <= {
        "announce_done",
        "notify_recipients_done",
        "inspected",
    }
    assert not any("notified" in data or "recipients" in data for _, data in said)
    world.advance(10 * DAY)
    assert [one["outcome"] for one in shown(user, request_id)] == ["notified"]


def test_disclosure_of_other_data_or_one_that_did_not_go_out_needs_no_notice(
    user: User, alice: Operator, bob: Operator
) -> None:
    disclosed(alice, bob, user, scope=["session"])
    an_approved_order(alice, bob, user, scope=["profile"])
    request_id = corrects(user, job_title="Engineer")
    work(user, request_id)
    assert alice.lists_recipients(request_id).json["items"] == []


@pytest.mark.parametrize(
    ("number", "on", "problem"),
    [
        (1, "2026-11-24", "not_found"),
        (0, "2026-11-25", "invalid_request"),
        (0, "2026-11-23", "invalid_request"),
    ],
)
def test_notice_with_a_wrong_number_or_day_is_not_recorded(
    user: User, alice: Operator, bob: Operator, number: int, on: str, problem: str
) -> None:
    disclosed(alice, bob, user)
    request_id = corrects(user, job_title="Engineer")
    work(user, request_id)
    assert alice.records_notice(request_id, number, on).problem == problem
    assert shown(user, request_id)[0]["outcome"] == "pending"


def test_notice_to_stream_is_not_recorded_by_an_operator(user: User, alice: Operator) -> None:
    request_id = corrects(user, display_name="Mila P.")
    work(user, request_id)
    assert alice.records_notice(request_id, 0, "2026-11-24").problem == "invalid_request"


def test_repeated_notice_is_recorded_once(user: User, alice: Operator, bob: Operator) -> None:
    disclosure_id = disclosed(alice, bob, user)
    request_id = corrects(user, job_title="Engineer")
    work(user, request_id)
    for _ in range(2):
        assert alice.records_notice(request_id, 0, "2026-11-24").status == 200
    assert [event for event, _ in evidence_of(disclosure_id)].count("correction_notified") == 1


def test_authority_that_is_not_notified_in_time_is_counted_by_the_sweep(
    world: World,
    user: User,
    alice: Operator,
    bob: Operator,
    gauges: dict[Metric, int],
) -> None:
    disclosed(alice, bob, user)
    request_id = corrects(user, job_title="Engineer")
    work(user, request_id)
    found = standstill.of(stored(request_id))
    assert found
    assert found.why is Standstill.UNNOTIFIED
    sweep_rights(a_schedule_event(), None)
    assert gauges[Metric.RIGHTS_RECIPIENTS_LATE] == 0
    world.advance(recipients.LATE_AFTER + HOUR)
    sweep_rights(a_schedule_event(), None)
    assert gauges[Metric.RIGHTS_RECIPIENTS_LATE] == 1
    assert [one["id"] for one in alice.waiting() if one["needed"] == "notice"] == [request_id]
    alice.records_notice(request_id, 0, "2026-11-25")
    sweep_rights(a_schedule_event(), None)
    assert gauges[Metric.RIGHTS_RECIPIENTS_LATE] == 0
    assert [one for one in alice.waiting() if one["needed"] == "notice"] == []


# --- which recipients


def test_recipients_of_all_data_are_those_of_the_declarations(user: User) -> None:
    """For restriction and erasure, which concern all data of a subject."""
    request = store.read(RightsRequestId(corrects(user, name="Milica")))
    assert request
    for right in (Right.ERASURE, Right.RESTRICTION):
        other = request.model_copy(update={"right": right})
        found = recipients.of_request(other, [], clock.now())
        assert {one.recipient for one in found} == {
            one.name
            for one in (
                Recipient.STREAM,
                Recipient.SMS_CARRIERS,
                Recipient.MAIL_PROVIDERS,
                Recipient.BELGRADE_OFFICE,
                Recipient.APPLE,
                Recipient.GOOGLE,
            )
        }
        assert {one.recipient for one in found if one.outcome is RecipientOutcome.PENDING} == {"STREAM"}
        assert all(one.why in recipients.WHY for one in found if one.recipient != "STREAM")


@pytest.mark.promise("RGT-2")
def test_reviewed_correction_lists_its_recipients_after_the_decision(
    user: User, alice: Operator, bob: Operator
) -> None:
    disclosed(alice, bob, user, scope=["invoice"])
    taken = user.exercises(
        "rectification", changes={"invoice_amount_minor": "1990"}, reason="I paid 19.90."
    ).json
    alice.proposes(taken["rights_request_id"], "completed")
    bob.approves(taken["rights_request_id"])
    work(user, taken["rights_request_id"])
    listed = [(notice["outcome"], notice["name"]) for notice in shown(user, taken["rights_request_id"])]
    assert listed == [
        ("not_applicable", Recipient.BELGRADE_OFFICE.label),
        ("pending", "Higher Court in Belgrade"),
    ]


# --- the copy


@pytest.mark.promise("RGT-1", "RGT-2")
def test_copy_contains_the_correction_and_the_statement(user: User) -> None:
    user.exercises("rectification", reason="I moved in May.")
    corrects(user, name="Milica")
    package = a_copy(user)
    (record,) = package.records("statements")
    assert [one["text"] for one in record["statements"]] == ["I moved in May."]
    asked = [one["correction"] for one in package.records("rights_request")]
    assert {"name": "Milica"} in [one["changes"] for one in asked]


@pytest.mark.promise("NOT-3")
def test_copy_does_not_reveal_a_notice_of_a_secret_disclosure(
    world: World, user: User, alice: Operator, bob: Operator
) -> None:
    secret = {"secret_until": clock.to_text(clock.now() + 10 * DAY), "secrecy_reference": "K 17/2026"}
    disclosure_id = disclosed(alice, bob, user, **secret)
    request_id = corrects(user, job_title="Engineer")
    work(user, request_id)
    alice.records_notice(request_id, 0, "2026-11-24")
    package = a_copy(user)
    text = "\n".join(package.text(name) for name in package.names)
    assert request_id in text
    assert not [word for word in (disclosure_id, "Higher Court", alice.staff_id) if word in text]
