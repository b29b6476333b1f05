"""Subjects submit, list, read and cancel requests, and read one by its receipt."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import chain
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.request import store
from chalicelib.rights.request.evidence import history_of
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.world.world import Reply, User, World


def taken(reply: Reply) -> dict[str, Any]:
    assert reply.status == 202, reply.text
    body: dict[str, Any] = reply.json
    return body


def cancel_by_receipt(world: World, request_id: str, receipt: str | None) -> Reply:
    headers = {"Rights-Receipt": receipt} if receipt is not None else {}
    return world.call("POST", f"/v1/rights-receipts/{request_id}/cancel", headers=headers)


def read_by_receipt(world: World, request_id: str, receipt: str | None) -> Reply:
    headers = {"Rights-Receipt": receipt} if receipt is not None else {}
    return world.call("GET", f"/v1/rights-receipts/{request_id}", headers=headers)


@pytest.mark.promise("RGT-1", "RGT-10")
def test_new_request_shows_its_due_day_and_a_receipt(world: World) -> None:
    request = taken(world.a_user().is_stepped_up().exercises("access"))
    assert (request["right"], request["status"]) == ("access", "received")
    assert request["received_at"] == "2026-11-24T12:00:00Z"
    assert request["due_at"] == "2026-12-24T22:59:59Z"  # the end of that day in Belgrade
    assert request["receipt"]


@pytest.mark.promise("RGT-9")
def test_request_states_the_authority_and_the_judicial_remedy(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    mila.changes(country="AT")
    request = taken(mila.exercises("access"))
    assert [a["url"] for a in request["authority"]] == ["https://www.poverenik.rs", "https://www.dsb.gv.at"]
    assert "court" in request["remedy"]


@pytest.mark.promise("RGT-9")
def test_subject_outside_the_eea_sees_the_controllers_authority(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    mila.changes(country="US")
    assert len(taken(mila.exercises("access"))["authority"]) == 1


def test_request_is_described_in_dpv_terms(world: World) -> None:
    request = taken(world.a_user().is_stepped_up().exercises("portability"))
    assert request["dpv"] == {
        "right": "eu-gdpr:A20",
        "status": "dpv:RequestInitiated",
    }


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("right", ["access", "portability"])
def test_requesting_a_copy_needs_a_recent_step_up(world: World, right: str) -> None:
    mila = world.a_user()
    assert mila.exercises(right).problem == "step_up_required"
    mila.is_stepped_up()
    world.advance(timedelta(minutes=10))
    assert mila.exercises(right).problem == "step_up_required"
    assert cloud.records("rights_request") == []


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_frozen_or_restricted_account_can_exercise_rights(world: World, state: str) -> None:
    mila = world.a_user().is_stepped_up()
    world.set_state(mila, state)
    request = taken(mila.exercises("access"))
    assert mila.request(request["rights_request_id"])["status"] == "received"


def test_second_request_for_a_right_is_refused_while_one_is_open(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    first = taken(mila.exercises("access"))
    second = mila.exercises("access")
    assert (second.status, second.problem) == (409, "already_open")
    assert second.json["open_rights_request_id"] == first["rights_request_id"]
    taken(mila.exercises("portability"))
    assert len(cloud.records("rights_request")) == 2


def test_two_subjects_can_exercise_the_same_right(world: World) -> None:
    taken(world.a_user().is_stepped_up().exercises("access"))
    taken(world.a_user().is_stepped_up().exercises("access"))


def test_repeated_call_returns_the_same_request_and_receipt(world: World) -> None:
    mila, key = world.a_user().is_stepped_up(), {"Idempotency-Key": str(uuid.uuid4())}
    first = taken(mila.exercises("access", key))
    assert taken(mila.exercises("access", key)) == first
    assert len(cloud.records("rights_request")) == len(cloud.queued()) == 1


@pytest.mark.promise("RGT-11")
def test_idempotency_key_with_another_body_is_refused(world: World) -> None:
    mila, key = world.a_user().is_stepped_up(), {"Idempotency-Key": str(uuid.uuid4())}
    taken(mila.exercises("access", key))
    assert mila.exercises("portability", key).problem == "idempotency_mismatch"


def test_idempotency_key_is_valid_for_its_own_account_only(world: World) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    one = taken(world.a_user().is_stepped_up().exercises("access", key))
    other = taken(world.a_user().is_stepped_up().exercises("access", key))
    assert one["rights_request_id"] != other["rights_request_id"]


@pytest.mark.promise("RGT-6")
def test_objection_under_the_key_of_an_older_one_takes_effect(world: World) -> None:
    mila, key = world.a_user(), {"Idempotency-Key": str(uuid.uuid4())}
    first = taken(mila.exercises("marketing_objection", key))
    world.advance(DAY)
    mila = mila.signs_in_again()
    mila.consents("marketing")
    consented = mila.gets("/v1/consents").json["items"]
    second = taken(mila.exercises("marketing_objection", key))
    assert second["rights_request_id"] != first["rights_request_id"]
    assert mila.gets("/v1/consents").json["items"] != consented
    assert taken(mila.exercises("marketing_objection", key)) == second
    assert len(cloud.records("rights_request")) == 2


def test_two_concurrent_calls_make_one_request(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    just_before(store, "create", lambda: mila.exercises("access"))
    second = mila.exercises("access")
    assert second.problem == "already_open"
    assert len(cloud.records("rights_request")) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"transfer_to": "https://example.org/import"},
        {"reason": "because"},
        {"purposes": ["analytics"]},
        {"changes": {"name": "Mila"}},
        {"ground": "a"},
        {"waive_grace": True},
    ],
)
def test_field_that_a_right_does_not_allow_is_refused(world: World, more: dict[str, Any]) -> None:
    refused = world.a_user().is_stepped_up().exercises("access", **more)
    assert refused.problem == "unexpected_field"
    assert refused.json["errors"][0]["pointer"] == f"/{next(iter(more))}"
    assert cloud.records("rights_request") == []


@pytest.mark.promise("RGT-10")
def test_first_evidence_contains_the_right_and_time_and_no_account(world: World) -> None:
    request = taken(world.a_user().is_stepped_up().exercises("access"))
    (entry,) = chain.entries(history_of(RightsRequestId(request["rights_request_id"])))
    assert (entry.event, entry.data) == (
        "received",
        {"right": "access", "received_by": "app", "by": "subject", "received_at": "2026-11-24T12:00:00Z"},
    )


def test_message_to_the_worker_contains_only_the_id_of_the_request(world: World) -> None:
    request = taken(world.a_user().is_stepped_up().exercises("access"))
    assert cloud.queued() == [request["rights_request_id"]]


@pytest.mark.promise("SEC-1")
def test_personal_fields_of_a_request_are_not_stored_in_clear(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    mila.changes(country="AT")
    taken(mila.exercises("portability"))
    (item,) = cloud.records("rights_request")
    assert not {"country", "transfer_to", "decision_text"} & item.keys()
    assert item["sealed"]


# --- lists


def test_requests_are_listed_newest_first(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    first = taken(mila.exercises("access"))
    world.advance(timedelta(seconds=1))
    second = taken(mila.exercises("portability"))
    assert [item["rights_request_id"] for item in mila.gets("/v1/rights-requests").json["items"]] == [
        second["rights_request_id"],
        first["rights_request_id"],
    ]


def requests_of(user: User, number: int, seconds: int) -> list[str]:
    """Submit and cancel requests, some seconds apart; returns their ids, oldest first."""
    made = []
    for _ in range(number):
        user.world.advance(timedelta(seconds=seconds))
        made.append(taken(user.exercises("access"))["rights_request_id"])
        user.calls("POST", f"/v1/rights-requests/{made[-1]}/cancel")
    return made


def pages_of(user: User, most: int = 10) -> list[list[str]]:
    """Return the ids on each page of a user's list, from the first page to the last."""
    pages, path = [], "/v1/rights-requests?limit=2"
    for _ in range(most):
        page = user.gets(path).json
        pages.append([item["rights_request_id"] for item in page["items"]])
        if "next_cursor" not in page:
            return pages
        path = f"/v1/rights-requests?limit=2&cursor={page['next_cursor']}"
    pytest.fail("the list does not end")


def test_long_list_is_paged(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    made = requests_of(mila, 5, seconds=1)
    assert pages_of(mila) == [made[4:2:-1], made[2:0:-1], made[:1]]


@pytest.mark.parametrize("number", [2, 5, 6])
def test_many_requests_of_one_second_are_each_listed_once(world: World, number: int) -> None:
    mila = world.a_user().is_stepped_up()
    made = requests_of(mila, number, seconds=0)
    pages = pages_of(mila)
    assert sorted(request_id for page in pages for request_id in page) == sorted(made)
    assert [len(page) for page in pages[:-1]] == [2] * (len(pages) - 1)


@pytest.mark.parametrize("cursor", ["x", "1.5", "9" * 20, "1795521600", "r_" + "0" * 26])
def test_invented_cursor_is_refused(world: World, cursor: str) -> None:
    assert world.a_user().gets(f"/v1/rights-requests?cursor={cursor}").problem == "invalid_request"


@pytest.mark.promise("SEC-1")
def test_cursor_of_another_account_is_refused(world: World) -> None:
    mila, vuk = world.a_user().is_stepped_up(), world.a_user().is_stepped_up()
    requests_of(mila, 3, seconds=1)
    requests_of(vuk, 1, seconds=1)
    cursor = mila.gets("/v1/rights-requests?limit=2").json["next_cursor"]
    assert vuk.gets(f"/v1/rights-requests?cursor={cursor}").problem == "invalid_request"


def test_list_accepts_a_cursor_and_a_limit_and_no_other_parameter(world: World) -> None:
    assert world.a_user().gets("/v1/rights-requests?status=open").problem == "unexpected_field"


@pytest.mark.parametrize("limit", ["", "0", "101", "-1", "1.5", "x", "%C2%B2", "9" * 20])
def test_limit_that_is_no_number_from_1_to_100_is_refused(world: World, limit: str) -> None:
    assert world.a_user().gets(f"/v1/rights-requests?limit={limit}").problem == "invalid_request"


@pytest.mark.promise("SEC-1")
def test_list_has_no_request_of_another_subject(world: World) -> None:
    taken(world.a_user().is_stepped_up().exercises("access"))
    assert world.a_user().gets("/v1/rights-requests").json["items"] == []


# --- receipts


@pytest.mark.promise("RGT-11")
def test_receipt_shows_the_request_without_a_session(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    request = taken(mila.exercises("access"))
    shown = read_by_receipt(world, request["rights_request_id"], request["receipt"])
    assert shown.json == mila.request(request["rights_request_id"])


@pytest.mark.promise("RGT-11")
def test_receipt_is_valid_after_the_account_is_erased(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    request = taken(mila.exercises("access"))
    cloud.delete_account(mila.account_id)
    assert (
        read_by_receipt(world, request["rights_request_id"], request["receipt"]).json["rights_request_id"]
        == request["rights_request_id"]
    )


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("receipt", [None, "", "1.", "2.x", "nonsense", "1.\N{SNOWMAN}"])
def test_wrong_or_missing_receipt_finds_no_request(world: World, receipt: str | None) -> None:
    request = taken(world.a_user().is_stepped_up().exercises("access"))
    assert read_by_receipt(world, request["rights_request_id"], receipt).problem == "not_found"


@pytest.mark.promise("RGT-11")
def test_receipt_is_valid_for_its_own_request_only(world: World) -> None:
    one = taken(world.a_user().is_stepped_up().exercises("access"))
    other = taken(world.a_user().is_stepped_up().exercises("access"))
    assert read_by_receipt(world, one["rights_request_id"], other["receipt"]).problem == "not_found"


@pytest.mark.promise("RGT-11")
def test_receipt_is_valid_after_key_rotation(world: World) -> None:
    request = taken(world.a_user().is_stepped_up().exercises("access"))
    cloud.rotate_keys("receipts")
    assert read_by_receipt(world, request["rights_request_id"], request["receipt"]).status == 200


# --- cancelling


def test_request_is_cancelled(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    request = taken(mila.exercises("access"))
    cancelled = mila.calls("POST", f"/v1/rights-requests/{request['rights_request_id']}/cancel")
    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    assert "decision" not in cancelled.json
    events = [e.event for e in chain.entries(history_of(RightsRequestId(request["rights_request_id"])))]
    assert events == ["received", "cancelled"]
    taken(mila.exercises("access"))


@pytest.mark.promise("RGT-11")
def test_receipt_cancels_its_request_without_a_session(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    request = taken(mila.exercises("access"))
    mila.logs_out()
    cancelled = cancel_by_receipt(world, request["rights_request_id"], request["receipt"])
    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    assert cancelled.json == cancel_by_receipt(world, request["rights_request_id"], request["receipt"]).json
    events = [e.event for e in chain.entries(history_of(RightsRequestId(request["rights_request_id"])))]
    assert events == ["received", "cancelled"]


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("receipt", [None, "", "1.", "2.x", "nonsense"])
def test_wrong_receipt_cancels_nothing(world: World, receipt: str | None) -> None:
    mila = world.a_user().is_stepped_up()
    request = taken(mila.exercises("access"))
    other = taken(world.a_user().is_stepped_up().exercises("access"))
    for wrong in (receipt, other["receipt"]):
        assert cancel_by_receipt(world, request["rights_request_id"], wrong).problem == "not_found"
    assert mila.request(request["rights_request_id"])["status"] == "received"


def test_receipt_cannot_cancel_an_answered_request(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    request = taken(mila.exercises("access"))
    world.an_operator("alice").proposes(request["rights_request_id"], "completed")
    world.an_operator("bob").approves(request["rights_request_id"])
    assert cancel_by_receipt(world, request["rights_request_id"], request["receipt"]).problem == "too_late"


def test_cancelling_twice_is_like_cancelling_once(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    path = f"/v1/rights-requests/{taken(mila.exercises('access'))['rights_request_id']}/cancel"
    assert mila.calls("POST", path).json == mila.calls("POST", path).json


def test_copy_is_not_ready_before_it_is_made(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    request = taken(mila.exercises("access"))
    refused = mila.gets(f"/v1/rights-requests/{request['rights_request_id']}/export")
    assert (refused.problem, refused.headers["retry-after"]) == ("not_ready", "60")
    mila.calls("POST", f"/v1/rights-requests/{request['rights_request_id']}/cancel")
    assert mila.gets(f"/v1/rights-requests/{request['rights_request_id']}/export").problem == "export_deleted"


@pytest.mark.parametrize(
    ("raw", "pointer"), [(b"{", ""), (b"[]", ""), (b"{}", "/right"), (b'{"right": "x"}', "/right")]
)
def test_malformed_request_is_refused_at_the_place_of_the_mistake(
    world: World, raw: bytes, pointer: str
) -> None:
    mila = world.a_user().is_stepped_up()
    headers = {"content-type": "application/json"}
    reply = mila.calls("POST", "/v1/rights-requests", raw=raw, headers=headers)
    assert (reply.problem, [one["pointer"] for one in reply.json["errors"]]) == ("invalid_request", [pointer])
