"""Operators see erasures: stuck ones first, with the step, its reason and counts (RGT-10, STR-5)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core import chain, clock
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.engine import queue
from chalicelib.rights.erasure import right as erasure_right
from chalicelib.rights.operators import lists
from chalicelib.rights.request import procedures, store
from chalicelib.rights.request.evidence import history_of
from chalicelib.rights.request.model import RightsRequest, StepState
from chalicelib.rights.request.notes import DeletionPlace
from chalicelib.rights.request.terms import Status, StepStatus
from chalicelib.staff import history as staff_history
from tests.support.cases.erasure_requests import asks_for_erasure, notes, stored
from tests.support.world.builders import an_address
from tests.support.world.operators import Operator
from tests.support.world.world import User, World


def an_erasure(world: World) -> RightsRequestId:
    return asks_for_erasure(world.a_user().is_stepped_up())


def changed(request: RightsRequest, **changes: Any) -> None:
    """Store changes to a request, as another writer would."""
    store.move(request, request.model_copy(update=changes))


def at(request_id: RightsRequestId, step: str) -> RightsRequest:
    """Return an erasure whose steps before this one are done."""
    request = stored(request_id)
    for state in request.steps:
        if state.name == step:
            return request.model_copy(update={"status": Status.IN_PROGRESS})
        request = request.with_step(state.name, StepStatus.DONE, clock.now())
    raise AssertionError(step)


def stop(request: RightsRequest, why: str, **more: Any) -> None:
    """Store a request with its next step stopped."""
    step = request.next_step
    assert step
    stopped = request.with_step(step.name, StepStatus.STOPPED, clock.now(), why)
    before = stored(request.request_id)
    store.move(before, stopped.model_copy(update={"run_at": None, **more}))


def capture(request_id: RightsRequestId) -> None:
    """Store an erasure that is past its point of no return."""
    request = at(request_id, erasure_right.DELETE_RECORDS)
    captured = replace(notes(request_id), captured_at=clock.now())
    store.move(stored(request_id), request.model_copy(update={"notes": captured}))


def report_unproven(request_id: RightsRequestId) -> None:
    """Store that operators were notified."""
    notified = replace(notes(request_id), reported_unproven_at=clock.now())
    changed(stored(request_id), notes=notified)


def close(request: RightsRequest, status: Status, steps: tuple[StepState, ...]) -> None:
    """Store a closed request whose next step stopped."""
    closed = {"status": status, "closed_at": clock.now(), "decided_at": clock.now(), "steps": steps}
    stop(request.model_copy(update=closed), "KeyError")


def ids(page: Any) -> list[str]:
    return [one["rights_request_id"] for one in page["items"]]


@pytest.mark.promise("RGT-10", "STR-5")
def test_stopped_come_first_then_unproven_then_unreachable_then_by_deadline(
    world: World, alice: Operator
) -> None:
    soon = an_erasure(world)
    unreachable = an_erasure(world)
    unproven = an_erasure(world)
    stopped = an_erasure(world)
    changed(at(unreachable, erasure_right.SUSPEND_AT_STREAM), unreachable_since=clock.now())
    capture(unproven)
    world.advance(DAY + MINUTE)
    later = an_erasure(world)
    report_unproven(unproven)
    stop(at(stopped, erasure_right.CONFIRM), "account_missing")
    listed = alice.lists_erasures().json
    assert ids(listed) == [stopped, unproven, unreachable, soon, later]
    assert [one.get("stuck") for one in listed["items"]] == ["stopped", "unproven", "unreachable", None, None]


@pytest.mark.promise("RGT-10")
def test_stopped_erasure_is_listed_with_its_step_reason_and_counts(world: World, alice: Operator) -> None:
    request_id = an_erasure(world)
    capture(request_id)
    deleted = notes(request_id).with_deleted(DeletionPlace.CLAIMS, {"claim": 3}, clock.now())
    world.advance(3 * HOUR)
    stop(stored(request_id), "found_again", tries=1, notes=replace(deleted, found_again=5))
    (one,) = alice.lists_erasures().json["items"]
    assert (one["step"], one["step_status"], one["why"]) == ("delete_records", "stopped", "found_again")
    assert (one["since"], one["tries"]) == (clock.to_text(world.now), 1)
    captured = clock.to_text(world.now - 3 * HOUR)
    assert (one["received_at"], one["captured_at"], one["cancellable"]) == (captured, captured, False)
    assert (one["deleted"], one["found_again"]) == (3, 5)
    assert "runs_at" not in one


def test_erasure_before_its_point_of_no_return_is_cancellable(world: World, alice: Operator) -> None:
    an_erasure(world)
    (one,) = alice.lists_erasures().json["items"]
    assert one["cancellable"]
    assert "captured_at" not in one
    assert one["since"] == one["received_at"]


@pytest.mark.promise("RGT-10")
def test_order_holds_over_pages_and_each_erasure_is_listed_once(
    world: World, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "READ_PER_PAGE", 2)
    made = [an_erasure(world) for _ in range(7)]
    for request_id in made[4:]:
        stop(stored(request_id), "account_missing")
    changed(stored(made[2]), unreachable_since=clock.now())
    page, seen = alice.lists_erasures().json, list[str]()
    for _ in range(10):
        seen += ids(page)
        if "next_cursor" not in page:
            break
        page = alice.lists_erasures(page["next_cursor"]).json
    assert seen == [*sorted(made[4:]), made[2], *sorted([made[0], made[1], made[3]])]


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("step", [erasure_right.NOTIFY, erasure_right.FORGET])
def test_answered_erasure_whose_last_steps_stopped_is_listed(
    world: World, alice: Operator, step: str
) -> None:
    request_id = an_erasure(world)
    close(at(request_id, step), Status.COMPLETED, at(request_id, step).steps)
    (one,) = alice.lists_erasures().json["items"]
    assert (one["rights_request_id"], one["status"], one["step"], one["stuck"]) == (
        request_id, "completed", step, "stopped",
    )  # fmt: skip
    assert "days_left" not in one
    assert alice.lists().json["items"] == []
    assert queue.sweep().open == 0


@pytest.mark.promise("RGT-3")
def test_cancelled_erasure_whose_account_stays_frozen_is_listed(world: World, alice: Operator) -> None:
    request_id = an_erasure(world)
    frozen = at(request_id, erasure_right.GRACE)
    close(frozen, Status.CANCELLED, procedures.ended_early(frozen, Status.CANCELLED))
    (one,) = alice.lists_erasures().json["items"]
    assert (one["rights_request_id"], one["status"], one["step"]) == (request_id, "cancelled", "thaw")


def test_erasure_whose_steps_are_all_done_is_not_listed(world: World, alice: Operator) -> None:
    request_id = an_erasure(world)
    last = erasure_right.AWAIT_LAPSE
    finished = at(request_id, last).with_step(last, StepStatus.DONE, clock.now())
    store.move(
        stored(request_id),
        finished.model_copy(update={"status": Status.COMPLETED, "closed_at": clock.now(), "run_at": None}),
    )
    assert alice.lists_erasures().json == {"items": [], "unreadable": []}
    assert "step" not in alice.shows_erasure(request_id).json


def test_retried_erasure_is_not_stuck_any_more(world: World, alice: Operator) -> None:
    request_id = an_erasure(world)
    stop(stored(request_id), "account_missing")
    assert alice.retries(request_id).status == 200
    (one,) = alice.lists_erasures().json["items"]
    assert (one["rights_request_id"], one.get("stuck"), one.get("why")) == (request_id, None, None)


def test_copies_are_not_listed_and_do_not_hide_an_erasure(
    world: World, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "READ_PER_PAGE", 1)
    copy = str(world.a_user().is_stepped_up().exercises("access").json["rights_request_id"])
    world.advance(2 * DAY)
    request_id = an_erasure(world)
    first = alice.lists_erasures().json
    assert ids(first) == []
    assert ids(alice.lists_erasures(first["next_cursor"]).json) == [request_id]
    assert alice.shows_erasure(copy).problem == "not_found"


@pytest.mark.parametrize(
    "cursor", ["x", "0-1-", "9-1-r_" + "0" * 26, "-1-r_" + "0" * 26, "0-99999999999-r_" + "0" * 26, "1-r_"]
)
def test_malformed_cursor_of_erasures_is_refused(alice: Operator, cursor: str) -> None:
    assert alice.lists_erasures(cursor).problem == "invalid_request"


@pytest.mark.promise("SEC-1")
def test_list_of_erasures_is_recorded_before_it_is_shown(world: World, alice: Operator) -> None:
    request_id = an_erasure(world)
    alice.lists_erasures()
    (entry,) = chain.entries(staff_history.history_of(alice.staff_id))
    assert (entry.event, entry.data["requests"]) == ("listed", [request_id])
    alice.shows_erasure(request_id)
    events = [(entry.event, entry.data.get("by")) for entry in chain.entries(history_of(request_id))]
    assert events[-1] == ("inspected", alice.staff_id)


@pytest.mark.promise("SEC-1")
def test_subjects_cannot_list_erasures(world: World) -> None:
    mila = world.a_user()
    request_id = asks_for_erasure(mila.is_stepped_up())
    for path in ("/admin/v1/erasures", f"/admin/v1/erasures/{request_id}"):
        assert mila.gets(path).problem == "forbidden"


@pytest.mark.promise("SEC-1")
def test_no_personal_value_is_shown_with_an_erasure(world: World, alice: Operator) -> None:
    mila: User = world.a_user()
    address = an_address()
    mila.has_email(address)
    mila.changes(name="Milica Ćosić", country="AT")
    request_id = asks_for_erasure(mila.is_stepped_up())
    capture(request_id)
    stop(stored(request_id), "found_again")
    listed = alice.lists_erasures().json
    assert ids(listed) == [request_id]
    shown = json.dumps([listed, alice.shows_erasure(request_id).json], ensure_ascii=False)
    for hidden in ("Milica", address, mila.phone, mila.account_id):
        assert hidden not in shown
