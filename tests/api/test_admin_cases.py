"""Operators list, inspect, extend, verify, retry and enter requests."""

import random
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import aws, clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.engine import queue
from chalicelib.rights.operators import lists
from chalicelib.rights.request import declaration, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Status, StepStatus
from tests.support.cases.scripted import evidence, stored
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.world.operators import Operator
from tests.support.world.world import User, World


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user().is_stepped_up()


def changed(request_id: str, **changes: Any) -> RightsRequest:
    """Store changes to a request, as another writer would."""
    request = stored(request_id)
    return store.move(request, request.model_copy(update=changes))


def with_a_stopped_step(request_id: str) -> None:
    stopped = stored(request_id).with_step(declaration.PIN, StepStatus.STOPPED, clock.now())
    changed(request_id, steps=stopped.steps, tries=8, run_at=None, status=Status.IN_PROGRESS)


# --- lists and inspections


@pytest.mark.promise("RGT-10")
def test_open_requests_are_listed_most_urgent_first(world: World, alice: Operator) -> None:
    days = [20, 3, 11, 0, 7]
    made = {
        day: alice.enters(world.a_user().user_id, on=f"2026-11-{24 - day:02}").json["rights_request_id"]
        for day in days
    }
    listed = alice.lists().json
    assert [case["rights_request_id"] for case in listed["items"]] == [
        made[day] for day in sorted(days, reverse=True)
    ]
    assert listed["items"][0]["days_left"] == 10
    assert "next_cursor" not in listed


def test_many_requests_due_on_one_day_are_each_listed_once(
    world: World, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 3)
    draw = random.Random(1)  # noqa: S311 - days, not secrets
    made = {
        alice.enters(world.a_user().user_id, on=f"2026-11-{draw.choice((20, 21)):02}").json[
            "rights_request_id"
        ]
        for _ in range(10)
    }
    seen: list[str] = []
    page = alice.lists().json
    while True:
        seen += [case["rights_request_id"] for case in page["items"]]
        if not (more := page.get("next_cursor")):
            break
        page = alice.lists(more).json
    assert (sorted(seen), len(seen)) == (sorted(made), 10)


def test_request_answered_between_two_pages_does_not_hide_another(
    world: World, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    people = [world.a_user().is_stepped_up() for _ in range(4)]
    made = {person.exercises("access").json["rights_request_id"]: person for person in people}
    first = alice.lists().json
    gone = first["items"][0]["rights_request_id"]
    made[gone].calls("POST", f"/v1/rights-requests/{gone}/cancel")
    second = alice.lists(first["next_cursor"]).json
    shown = [case["rights_request_id"] for case in (*first["items"], *second["items"])]
    assert sorted(shown) == sorted(made)


@pytest.mark.parametrize("cursor", ["x", "1-", "99999999999-r_" + "0" * 26, "1-u_" + "0" * 26])
def test_malformed_cursor_is_refused(alice: Operator, cursor: str) -> None:
    assert alice.lists(cursor).problem == "invalid_request"


@pytest.mark.promise("RGT-10")
def test_request_is_shown_with_its_evidence_and_its_stopped_step(alice: Operator, asked: str) -> None:
    with_a_stopped_step(asked)
    case = alice.case(asked)
    assert (case["status"], case["tries"], case["version"]) == ("in_progress", 8, 2)
    assert "runs_at" not in case
    assert case["steps"][0] == {"name": "pin", "status": "stopped", "changed_at": "2026-11-24T12:00:00Z"}
    assert [(entry["seq"], entry["event"]) for entry in case["evidence"]] == [
        (2, "inspected"),
        (1, "received"),
    ]


@pytest.mark.promise("SEC-1")
def test_only_the_public_id_of_the_subject_is_shown(world: World, mila: User, alice: Operator) -> None:
    mila.changes(name=world.canaries("name"), country="AT")
    asked = mila.exercises("portability", transfer_to="https://import.example.org/mila").json[
        "rights_request_id"
    ]
    shown = alice.shows(asked).text + alice.lists().text
    assert mila.user_id in shown
    assert world.canaries.in_text(shown) == []
    for hidden in (mila.account_id, mila.phone, "import.example.org", "dsb.gv.at"):
        assert hidden not in shown


def test_request_with_altered_evidence_is_shown_without_its_evidence(alice: Operator, asked: str) -> None:
    aws.client("dynamodb").update_item(
        TableName="ru4m-test-ledger",
        Key={"pk": {"S": f"rights#{asked}"}, "sk": {"S": "000000000001"}},
        UpdateExpression="SET event = :e",
        ExpressionAttributeValues={":e": {"S": "something_else"}},
    )
    case = alice.case(asked)
    assert case["status"] == "received"
    assert "evidence" not in case


@pytest.mark.parametrize("tail", ["", "/proposal", "/retry"])
def test_unknown_request_is_not_found(alice: Operator, tail: str) -> None:
    method = {"": "GET", "/proposal": "DELETE"}.get(tail, "POST")
    assert alice.calls(method, f"/{RightsRequestId.new()}{tail}").problem == "not_found"
    assert alice.calls(method, f"/u_{'0' * 26}{tail}").problem == "not_found"


# --- extensions


@pytest.mark.promise("RGT-10")
def test_answer_is_extended_once_and_the_subject_sees_the_reason(
    mila: User, alice: Operator, asked: str
) -> None:
    extended = alice.extends(asked, 60).json
    assert extended["due_at"] == "2027-02-22T22:59:59Z"
    shown = mila.request(asked)
    assert shown["extended"] == {"due_at": "2027-02-22T22:59:59Z", "reason": "JustificationA12Complexity"}
    again = alice.extends(asked, 30)
    assert (again.problem, again.json["detail"]) == ("extension_not_allowed", "extended already")
    assert evidence(asked)[1:] == [
        (
            "extended",
            {
                "by": alice.staff_id,
                "days": 60,
                "reason": "JustificationA12Complexity",
                "until": "2027-02-22T22:59:59Z",
            },
        )
    ]


def test_repeated_extension_changes_nothing(alice: Operator, asked: str) -> None:
    for _ in range(2):
        assert alice.extends(asked, 60).status == 200
    assert len(evidence(asked)) == 2


@pytest.mark.promise("RGT-10")
def test_extension_after_the_first_period_is_refused(world: World, alice: Operator, asked: str) -> None:
    world.advance(31 * DAY)
    late = alice.extends(asked, 60)
    assert (late.status, late.problem) == (422, "extension_not_allowed")
    assert late.json["detail"] == "the first period is over"
    assert stored(asked).extension is None


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize(
    ("days", "reason"),
    [
        (0, "JustificationA12Complexity"),
        (61, "JustificationA12Complexity"),
        (1.5, "JustificationA12Complexity"),
        (30, "JustificationA12ManifestlyUnfounded"),
        (30, "we are busy"),
    ],
)
def test_extension_has_at_most_sixty_days_and_a_reason_of_the_list(
    alice: Operator, asked: str, days: Any, reason: str
) -> None:
    assert alice.extends(asked, days, reason).problem == "invalid_request"
    assert stored(asked).version == 1


@pytest.mark.promise("RGT-10")
def test_operators_are_reminded_again_before_the_extended_day(
    world: World, alice: Operator, asked: str
) -> None:
    world.advance(24 * DAY)
    changed(asked, reminded=2)
    alice.extends(asked, 60)
    assert stored(asked).reminded == 0


# --- proof of identity


@pytest.mark.promise("RGT-10")
def test_clock_is_paused_while_proof_of_identity_is_outstanding(
    world: World, alice: Operator, asked: str
) -> None:
    world.advance(DAY)
    waiting = alice.asks_identity(asked).json
    assert (waiting["status"], waiting["clock_stands_still"]) == ("awaiting_verification", True)
    assert stored(asked).run_at is None
    world.advance(10 * DAY)
    going_on = alice.notes_identity(asked).json
    assert (going_on["status"], going_on["clock_stands_still"]) == ("in_progress", False)
    assert going_on["due_at"] == "2027-01-03T22:59:59Z"
    assert stored(asked).run_at == world.now
    assert cloud.queued()[-1] == asked
    assert evidence(asked)[1:] == [
        ("identity_asked", {"by": alice.staff_id, "clock_stands_still": 1}),
        ("identity_came", {"by": alice.staff_id, "proposal_dropped": 0}),
    ]


@pytest.mark.promise("RGT-10")
def test_late_identity_check_suspends_the_plan_and_not_the_clock(
    world: World, alice: Operator, asked: str
) -> None:
    world.advance(3 * DAY + timedelta(seconds=1))
    waiting = alice.asks_identity(asked).json
    assert (waiting["status"], waiting["clock_stands_still"]) == ("awaiting_verification", False)
    world.advance(10 * DAY)
    going_on = alice.notes_identity(asked).json
    assert (going_on["status"], going_on["due_at"]) == ("in_progress", "2026-12-24T22:59:59Z")


def test_repeated_identity_calls_change_nothing(alice: Operator, asked: str) -> None:
    for act in (alice.asks_identity, alice.notes_identity):
        for _ in range(2):
            assert act(asked).status == 200
    assert [event for event, _ in evidence(asked)] == ["received", "identity_asked", "identity_came"]


@pytest.mark.promise("RGT-10")
def test_paused_request_does_not_count_as_overdue(world: World, alice: Operator, asked: str) -> None:
    alice.asks_identity(asked)
    world.advance(40 * DAY)
    swept = queue.sweep()
    assert (swept.open, swept.overdue) == (1, 0)
    alice.notes_identity(asked)
    world.advance(31 * DAY)
    assert queue.sweep().overdue == 1


def test_proof_of_identity_cannot_be_requested_while_a_proposal_waits(alice: Operator, asked: str) -> None:
    alice.proposes(asked, "completed")
    assert alice.asks_identity(asked).problem == "proposed_already"
    assert stored(asked).pause is None


def test_proof_of_identity_drops_a_waiting_proposal(alice: Operator, asked: str) -> None:
    alice.asks_identity(asked)
    alice.proposes(asked, "refused", "JustificationA12IdentityFailure")
    assert "proposal" not in alice.notes_identity(asked).json
    after = stored(asked)
    assert (after.status, after.decision_text, after.run_at) == (Status.IN_PROGRESS, None, clock.now())
    assert evidence(asked)[-1] == ("identity_came", {"by": alice.staff_id, "proposal_dropped": 1})


def test_proof_of_identity_can_be_requested_while_a_processor_is_awaited(alice: Operator, asked: str) -> None:
    changed(asked, status=Status.AWAITING_PROCESSOR)
    assert alice.asks_identity(asked).json["status"] == "awaiting_verification"


# --- retries of stopped steps


@pytest.mark.promise("RGT-10")
def test_stopped_step_is_retried(alice: Operator, asked: str) -> None:
    with_a_stopped_step(asked)
    assert alice.retries(asked).json["tries"] == 0
    after = stored(asked)
    assert (after.next_step and after.next_step.status, after.run_at) == (StepStatus.WAITING, clock.now())
    assert cloud.queued()[-1] == asked
    assert evidence(asked)[-1] == ("step_retried", {"by": alice.staff_id, "step": "pin"})


def test_retry_of_a_running_step_changes_nothing(alice: Operator, asked: str) -> None:
    before = stored(asked)
    assert alice.retries(asked).status == 200
    assert stored(asked) == before


def test_retried_step_waits_until_the_proposal_is_withdrawn(alice: Operator, asked: str) -> None:
    with_a_stopped_step(asked)
    alice.proposes(asked, "completed")
    alice.retries(asked)
    assert stored(asked).run_at is None
    alice.withdraws(asked)
    assert stored(asked).run_at == clock.now()


def test_stopped_step_stays_stopped_when_a_proposal_is_withdrawn(alice: Operator, asked: str) -> None:
    with_a_stopped_step(asked)
    alice.proposes(asked, "completed")
    alice.withdraws(asked)
    assert stored(asked).run_at is None


def test_stopped_step_after_the_answer_is_retried(world: World, alice: Operator, asked: str) -> None:
    alice.proposes(asked, "completed")
    world.an_operator("bob").approves(asked)
    stopped = stored(asked).with_step(declaration.ANNOUNCE, StepStatus.STOPPED, clock.now())
    changed(asked, steps=stopped.steps, run_at=None)
    alice.retries(asked)
    assert stored(asked).run_at == clock.now()


# --- requests received outside the app


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("by", ["letter", "email", "telephone", "in_person", "support"])
def test_period_of_an_entered_request_starts_on_its_day_of_receipt(
    world: World, alice: Operator, by: str
) -> None:
    mila = world.a_user()
    entered = alice.enters(mila.user_id, on="2026-11-10", by=by)
    assert entered.status == 201
    request = mila.request(entered.json["rights_request_id"])
    assert (request["status"], request["received_at"]) == ("received", "2026-11-09T23:00:00Z")
    assert request["due_at"] == "2026-12-10T22:59:59Z"
    assert evidence(request["rights_request_id"]) == [
        (
            "received",
            {
                "right": "access",
                "received_by": by,
                "by": alice.staff_id,
                "received_at": "2026-11-09T23:00:00Z",
            },
        )
    ]
    assert cloud.queued() == [request["rights_request_id"]]


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_request_is_entered_for_a_frozen_or_restricted_account(
    world: World, alice: Operator, state: str
) -> None:
    mila = world.a_user()
    world.set_state(mila, state)
    entered = alice.enters(mila.user_id)
    assert mila.request(entered.json["rights_request_id"])["right"] == "access"


@pytest.mark.promise("RGT-11")
def test_receipt_of_an_entered_request_shows_it(world: World, alice: Operator) -> None:
    entered = alice.enters(world.a_user().user_id).json
    shown = world.call(
        "GET",
        f"/v1/rights-receipts/{entered['rights_request_id']}",
        headers={"Rights-Receipt": entered["receipt"]},
    )
    assert shown.json["status"] == "received"


@pytest.mark.promise("RGT-11")
def test_entered_request_without_steps_awaits_review_again_after_a_withdrawal(
    world: World, alice: Operator
) -> None:
    mila, bob, unknown = world.a_user(), world.an_operator("bob"), "JustificationA12IdentityFailure"
    contested: dict[str, Any] = {
        "changes": {"session_device": "not mine"},
        "reason": "I sold that phone in May.",
    }
    entered = alice.enters(mila.user_id, "rectification", **contested).json
    assert (entered["status"], entered["steps"]) == ("awaiting_review", [])
    alice.proposes(entered["rights_request_id"], "refused", unknown, text="We could not tell who wrote.")
    alice.withdraws(entered["rights_request_id"])
    assert mila.request(entered["rights_request_id"])["status"] == "awaiting_review"
    alice.proposes(entered["rights_request_id"], "refused", unknown, text="We could not tell who wrote.")
    bob.approves(entered["rights_request_id"])
    assert "We could not tell who wrote." in mila.request(entered["rights_request_id"])["decision"]["text"]


def test_second_request_for_an_open_right_is_not_entered(
    world: World, mila: User, alice: Operator, asked: str
) -> None:
    refused = alice.enters(mila.user_id)
    assert (refused.problem, refused.json["open_rights_request_id"]) == ("already_open", asked)
    twice = [alice.enters(mila.user_id, "erasure") for _ in range(2)]
    assert [reply.status for reply in twice] == [201, 409]
    assert twice[1].json["open_rights_request_id"] == twice[0].json["rights_request_id"]


def test_letter_entered_by_two_operators_concurrently_is_one_request(
    world: World, mila: User, alice: Operator
) -> None:
    bob = world.an_operator("bob")
    first = just_before(store, "create", lambda: bob.enters(mila.user_id))
    assert alice.enters(mila.user_id).json["open_rights_request_id"] == first[0].json["rights_request_id"]


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize(
    ("on", "status"),
    [("2026-11-24", 201), ("2026-11-25", 400), ("2025-11-23", 201), ("2025-11-22", 400), ("24.11.2026", 400)],
)
def test_day_of_receipt_must_be_in_the_last_year(world: World, alice: Operator, on: str, status: int) -> None:
    late: dict[str, Any] = {"late_receipt_confirmed": True} if on.startswith("2025") else {}
    entered = alice.enters(world.a_user().user_id, on=on, **late)
    assert entered.status == status
    if status == 400:
        assert entered.json["errors"][0]["pointer"] == "/received_on"
        assert cloud.records("rights_request") == []


@pytest.mark.promise("RGT-10")
def test_day_of_receipt_may_be_today_in_belgrade(world: World, alice: Operator) -> None:
    world.advance(timedelta(hours=11, minutes=30))  # half past midnight of the 25th there
    assert alice.enters(world.a_user().user_id, on="2026-11-25").status == 201


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("channel", ["app", "guest", "unsubscribe", "inactivity"])
def test_request_with_a_channel_of_our_own_cannot_be_entered(
    world: World, alice: Operator, channel: str
) -> None:
    refused = alice.enters(world.a_user().user_id, by=channel)
    assert refused.status == 400
    assert refused.json["errors"][0]["pointer"] == "/received_by"


def test_request_of_an_unknown_user_is_not_entered(alice: Operator) -> None:
    assert alice.enters(f"u_{'0' * 26}").problem == "not_found"


@pytest.mark.promise("SEC-1")
def test_entered_request_cannot_name_a_controller_for_transfer(world: World, alice: Operator) -> None:
    body = {
        "user_id": world.a_user().user_id,
        "right": "portability",
        "received_by": "letter",
        "received_on": "2026-11-24",
        "transfer_to": "https://import.example.org",
    }
    refused = alice.calls("POST", body=body)
    assert (refused.problem, refused.json["errors"][0]["pointer"]) == ("invalid_request", "/transfer_to")


@pytest.mark.promise("RGT-10")
def test_letter_entered_late_is_overdue_without_past_reminders(world: World, alice: Operator) -> None:
    entered = alice.enters(world.a_user().user_id, on="2026-10-01", late_receipt_confirmed=True).json
    assert entered["days_left"] < 0
    assert stored(entered["rights_request_id"]).reminded == 4
    assert queue.sweep().overdue == 1
