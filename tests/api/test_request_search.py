"""Operators find requests, also closed ones and those of erased users (ADR 93)."""

from typing import Any

import pytest

from chalicelib.accounts import store as accounts
from chalicelib.accounts.model import ClaimKind
from chalicelib.core import chain, table
from chalicelib.core.chain import Chain
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId, UserId
from chalicelib.core.table import Delete, Table
from chalicelib.rights.operators import lists
from chalicelib.rights.request import receipts, store
from tests.support.cases.copies import damage
from tests.support.cases.erasure_parts import an_erasure
from tests.support.cases.scripted import stored
from tests.support.clouds import cloud
from tests.support.world.limits import allow
from tests.support.world.operators import Operator
from tests.support.world.world import Reply, User, World


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user().is_stepped_up()


def days(first: str, last: str | None = None) -> dict[str, str]:
    """Return the fields of a period; without `last` of one day."""
    return {"received_from": first, "received_to": last or first}


def searches(by: Operator, cursor: str | None = None, **wanted: Any) -> Reply:
    query = f"?cursor={cursor}" if cursor else ""
    return by.calls("POST", f"/search{query}", body=wanted)


def found(by: Operator, **wanted: Any) -> list[str]:
    """Return the ids on the first page."""
    reply = searches(by, **wanted)
    assert reply.status == 200, reply.text
    return [one["rights_request_id"] for one in reply.json["items"]]


def closed(user: User, right: str = "access") -> str:
    request_id = str(user.exercises(right).json["rights_request_id"])
    user.calls("POST", f"/v1/rights-requests/{request_id}/cancel")
    return request_id


def events(of: Operator) -> list[tuple[str, Any]]:
    entries = chain.entries(Chain("staff", of.staff_id))
    return [(entry.event, entry.data.get("requests")) for entry in entries]


@pytest.mark.promise("RGT-10")
def test_requests_of_a_user_are_found_by_state_right_and_days(mila: User, alice: Operator) -> None:
    answered, waiting = closed(mila), str(mila.exercises("portability").json["rights_request_id"])
    of = {"user_id": mila.user_id}
    assert sorted(found(alice, **of)) == sorted([answered, waiting])
    assert found(alice, **of, state="closed") == [answered]
    assert found(alice, **of, state="open") == [waiting]
    assert found(alice, **of, right="portability") == [waiting]
    assert found(alice, **of, **days("2026-11-01", "2026-11-02")) == []


@pytest.mark.promise("RGT-10")
def test_closed_requests_of_a_period_are_found_by_day_of_receipt_in_belgrade(
    world: World, mila: User, alice: Operator
) -> None:
    answered = closed(mila)
    world.a_user().is_stepped_up().exercises("access")
    today, before = (at.date().isoformat() for at in (world.now, world.now - DAY))
    assert found(alice, state="closed", **days(today)) == [answered]
    assert found(alice, state="closed", **days(today), right="erasure") == []
    assert found(alice, state="closed", **days(before)) == []


@pytest.mark.promise("RGT-3", "RGT-10")
def test_case_of_an_erased_user_is_found_by_what_the_person_holds(
    world: World, mila: User, alice: Operator
) -> None:
    erasure = an_erasure(mila)
    request_id, today = erasure.request_id, days(world.now.date().isoformat())
    receipt = erasure.headers["Rights-Receipt"]
    world.a_user().is_stepped_up().exercises("access")
    cloud.delete_account(mila.account_id)
    for place in accounts.claim_keys(ClaimKind.USER, UserId(mila.user_id)):
        table.write(Delete(place))
    for wanted in (
        {"rights_request_id": request_id, "receipt": receipt},
        {"receipt": receipt, **today},
        {"user_id": mila.user_id, **today},
    ):
        assert found(alice, **wanted) == [request_id]
    assert alice.shows(request_id).status == 200


@pytest.mark.promise("RGT-11", "SEC-1")
def test_receipt_of_another_request_finds_nothing_and_is_recorded_nowhere(
    world: World, mila: User, alice: Operator, asked: str
) -> None:
    other = receipts.of(RightsRequestId.new())
    today = days(world.now.date().isoformat())
    for receipt in (other, "", "\N{SNOWMAN}"):
        assert found(alice, rights_request_id=asked, receipt=receipt) == []
    assert found(alice, receipt=other, **today) == []
    held = receipts.of(RightsRequestId(asked))
    assert found(alice, receipt=held, **today) == [asked]
    assert held not in world.log.getvalue()
    assert held not in str(cloud.all_items())
    assert mila.user_id not in str(events(alice))


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"state": "closed"}, "/received_from"),
        ({"receipt": "1.AAAA"}, "/received_from"),
        ({"user_id": str(UserId.new())}, "/received_from"),
        ({"received_to": "2026-11-01"}, "/received_to"),
        ({"received_from": "2026-11-01"}, "/received_to"),
        (days("2026-11-02", "2026-11-01"), "/received_to"),
        (days("2025-11-01", "2026-11-02"), "/received_to"),
        ({"state": "done"}, "/state"),
        ({"right": "silence"}, "/right"),
        ({"received_from": "yesterday"}, "/received_from"),
        (days("9999-12-30", "9999-12-31"), "/received_to"),
        (days("0001-01-01", "0001-01-02"), "/received_from"),
    ],
)
def test_search_that_nothing_bounds_or_that_is_malformed_is_refused(
    alice: Operator, wanted: dict[str, Any], field: str
) -> None:
    reply = searches(alice, **wanted)
    assert reply.problem == "invalid_request"
    assert [one["pointer"] for one in reply.json["errors"]] == [field]
    assert events(alice) == []


@pytest.mark.promise("RGT-10", "SEC-1")
def test_search_is_recorded_with_the_requests_that_it_shows(mila: User, alice: Operator, asked: str) -> None:
    found(alice, user_id=mila.user_id)
    assert events(alice) == [("searched_requests", None), ("listed", [asked])]
    (look,) = cloud.records("staff_look")
    assert look["pk"]["S"] == f"A#{mila.account_id}"


@pytest.mark.promise("RGT-11", "SEC-1")
def test_search_by_user_counts_as_a_look_at_a_subject(mila: User, alice: Operator) -> None:
    allow(subject_lookups_day=1)
    assert searches(alice, user_id=mila.user_id).status == 200
    assert searches(alice, user_id=mila.user_id).status == 429


@pytest.mark.promise("RGT-11", "SEC-1")
@pytest.mark.parametrize("cursor", ["r_bogus", "asked"])
def test_search_by_user_is_a_look_with_a_cursor_too(
    mila: User, alice: Operator, asked: str, cursor: str
) -> None:
    allow(subject_lookups_day=2)
    cursor = asked if cursor == "asked" else cursor
    assert searches(alice, cursor, user_id=str(UserId.new())).problem == "invalid_request"
    assert events(alice) == []
    searches(alice, cursor, user_id=mila.user_id)
    assert events(alice) == [("searched_requests", None)]
    assert searches(alice, cursor, user_id=mila.user_id).status == 429


def test_pages_of_a_user_and_of_a_period_show_each_request_once(
    world: World, mila: User, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    monkeypatch.setattr(lists, "READ_PER_PAGE", 2)
    made = sorted(closed(mila) for _ in range(5))
    for wanted in ({"user_id": mila.user_id}, days(world.now.date().isoformat())):
        seen, cursor = list[str](), None
        while True:
            page = searches(alice, cursor, **wanted).json
            seen += [one["rights_request_id"] for one in page["items"]]
            if not (cursor := page.get("next_cursor")):
                break
        assert sorted(seen) == made


def test_cursor_of_another_list_is_refused(mila: User, alice: Operator) -> None:
    for cursor in ("0", "1-r_0", RightsRequestId.new()):
        assert searches(alice, cursor, user_id=mila.user_id).problem == "invalid_request"


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("wanted", [{}, {"right": "access"}])
def test_closed_request_that_the_index_still_lists_is_not_among_the_open_ones(
    mila: User, alice: Operator, wanted: dict[str, str]
) -> None:
    asked = str(mila.exercises("access").json["rights_request_id"])
    listed = store.attributes_of(stored(asked))
    mila.calls("POST", f"/v1/rights-requests/{asked}/cancel")
    damage(Table.RIGHTS, f"R#{asked}", "request", open=listed["open"], answer_by=listed["answer_by"])
    assert found(alice, **wanted) == []


def test_altered_request_is_named_as_unreadable(mila: User, alice: Operator, asked: str) -> None:
    damage(Table.RIGHTS, f"R#{asked}", "request", sealed=b"altered")
    page = searches(alice, user_id=mila.user_id).json
    assert (page["items"], page["unreadable"]) == ([], [asked])
