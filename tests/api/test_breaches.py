"""Breaches: recorded, assessed by two operators, reported to authorities, closed without open duties."""

from typing import Any

import pytest

from chalicelib.core import chain, clock
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import BreachId
from chalicelib.operations.breaches import record, store
from chalicelib.operations.breaches.model import Breach
from chalicelib.operations.breaches.notices import BreachFigures
from chalicelib.privacy.periods import Period
from chalicelib.staff import cases
from chalicelib.staff.history import history_of as history_of_staff
from tests.support.cases.breaches import (
    BREACHES,
    TEXTS,
    a_breach,
    approves,
    assess,
    begins_notices,
    calls,
    closes,
    evidence_of,
    lists,
    notifies,
    opens,
    proposes,
    shows,
)
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.world.operators import Operator
from tests.support.world.world import World


@pytest.fixture
def opened(alice: Operator) -> str:
    return opens(alice)


def stored(breach_id: str) -> Breach:
    found = store.BREACHES.read(BreachId(breach_id))
    assert found
    return found


def due(shown: dict[str, Any]) -> dict[str, str]:
    return {one["country"]: one["due_at"] for one in shown["clocks"]}


@pytest.mark.promise("SEC-4")
def test_breach_has_one_clock_for_each_affected_country_from_awareness(world: World, alice: Operator) -> None:
    breach_id = opens(alice, countries=["DE", "AT"], communications_in=["DE"])
    assert due(shows(alice, breach_id)) == {
        "RS": "2026-11-27T11:00:00Z",
        "DE": "2026-11-25T11:00:00Z",
        "AT": "2026-11-27T11:00:00Z",
    }


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"discovered_at": "2026-11-24T12:00:01Z"}, "/discovered_at"),
        ({"countries": ["US"]}, "/countries"),
        ({"countries": ["DE"], "communications_in": ["AT"]}, "/communications_in"),
        ({"communications_in": ["RS"]}, "/communications_in"),
    ],
)
def test_breach_of_the_future_or_of_an_unlisted_country_is_refused(
    world: World, alice: Operator, changes: dict[str, Any], pointer: str
) -> None:
    reply = calls(alice, "POST", body=a_breach(world, **changes))
    assert (reply.status, reply.json["errors"][0]["pointer"]) == (400, pointer)


def test_breach_of_the_past_is_recorded_though_its_deadlines_have_passed(
    world: World, alice: Operator
) -> None:
    breach_id = opens(alice, discovered_at=clock.to_text(world.now - 4 * DAY))
    (one,) = shows(alice, breach_id)["clocks"]
    assert (one["authority"].startswith("Commissioner"), one["hours_left"]) == (True, -24)


def test_caller_without_a_signature_gets_no_breach(world: World) -> None:
    assert world.call("GET", BREACHES).status in {401, 403}


@pytest.mark.promise("SEC-4")
def test_late_notification_without_reasons_for_the_delay_is_refused(
    world: World, alice: Operator, opened: str
) -> None:
    world.advance(72 * HOUR)
    refused = notifies(alice, opened)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/delay")
    assert notifies(alice, opened, delay="The portal was down for two days.").status == 200
    shown = shows(alice, opened)
    assert shown["reports"][0]["delay"] == "The portal was down for two days."
    event, said = evidence_of(opened)[-1]
    assert (event, said["country"], said["late"], said["complete"]) == ("authority_notified", "RS", 1, 1)
    assert "portal" not in str(said)  # texts are sealed, the Ledger is not


def test_notification_in_time_needs_no_reasons_and_is_recorded_once(
    world: World, alice: Operator, opened: str
) -> None:
    at = clock.to_text(world.now)
    for _ in range(2):
        assert notifies(alice, opened, notified_at=at).status == 200
    assert len(shows(alice, opened)["reports"]) == 1
    assert [event for event, _ in evidence_of(opened)] == ["opened", "authority_notified"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"country": "DE"}, "/country"),
        ({"notified_at": "2026-11-24T12:00:01Z"}, "/notified_at"),
        ({"notified_at": "2026-11-24T10:59:59Z"}, "/notified_at"),
    ],
)
def test_notification_of_no_clock_or_at_an_impossible_instant_is_refused(
    alice: Operator, opened: str, changes: dict[str, Any], pointer: str
) -> None:
    reply = notifies(alice, opened, **changes)
    assert (reply.status, reply.json["errors"][0]["pointer"]) == (400, pointer)


@pytest.mark.promise("SEC-4")
def test_facts_found_later_are_added_and_change_nothing_recorded(alice: Operator, bob: Operator) -> None:
    breach_id = opens(alice)
    reply = calls(
        bob,
        "POST",
        f"/{breach_id}/facts",
        body={"what": "300 people, not 120.", "people_count": 300, "countries": ["DE"]},
    )
    assert reply.status == 200
    shown = shows(alice, breach_id)
    assert [(one["number"], one["people_count"]) for one in shown["facts"]] == [(1, 120), (2, 300)]
    assert due(shown)["DE"] == "2026-11-27T11:00:00Z"  # from the awareness of the breach
    assert {shown["staff"][one["found_by"]].split("/")[-1] for one in shown["facts"]} == {"alice", "bob"}


def test_regulation_611_that_applies_after_all_shortens_an_open_clock(alice: Operator) -> None:
    breach_id = opens(alice, countries=["DE"])
    body = {"what": "The service is one of electronic communications.", "communications_in": ["DE"]}
    assert calls(alice, "POST", f"/{breach_id}/facts", body=body).status == 200
    assert due(shows(alice, breach_id))["DE"] == "2026-11-25T11:00:00Z"


@pytest.mark.promise("SEC-4")
def test_assessment_counts_once_another_operator_has_approved_it(
    alice: Operator, bob: Operator, opened: str
) -> None:
    tag = proposes(alice, opened, "unlikely").headers["etag"]
    assert approves(alice, opened).problem == "own_proposal"
    assert "risk" not in shows(bob, opened)
    assert approves(bob, opened, etag='"1"').problem == "changed_meanwhile"
    assert approves(bob, opened, etag=tag).status == 200
    assert approves(bob, opened, etag=tag).status == 200  # repeated
    assert shows(bob, opened)["risk"] == "unlikely"
    assert [event for event, _ in evidence_of(opened)] == ["opened", "assessment_proposed", "assessed"]


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"risk": "high"}, "/audience"),
        ({"risk": "risk", "audience": "all"}, "/audience"),
        ({"risk": "high", "audience": "all"}, "/texts"),
        ({"risk": "high", "audience": "all", "texts": {"en": TEXTS["en"]}}, "/texts"),
        ({"risk": "high", "audience": "country", "texts": TEXTS}, "/country"),
        ({"risk": "high", "audience": "country", "country": "DE", "texts": TEXTS}, "/country"),
        ({"risk": "high", "audience": "all", "country": "RS", "texts": TEXTS}, "/country"),
    ],
)
def test_assessment_without_what_its_risk_needs_is_refused(
    alice: Operator, opened: str, more: dict[str, Any], pointer: str
) -> None:
    reply = proposes(alice, opened, **more)
    assert (reply.status, reply.json["errors"][0]["pointer"]) == (400, pointer)


def test_second_proposal_is_refused_until_the_first_is_withdrawn(
    alice: Operator, bob: Operator, opened: str
) -> None:
    assert proposes(alice, opened, "unlikely").status == 200
    assert proposes(alice, opened, "unlikely").status == 200  # repeated
    assert proposes(bob, opened, "risk").problem == "proposed_already"
    assert calls(bob, "DELETE", f"/{opened}/assessment").status == 200
    assert proposes(bob, opened, "risk").status == 200


def test_people_are_not_notified_without_an_approved_assessment(
    alice: Operator, bob: Operator, opened: str
) -> None:
    assert begins_notices(alice, opened).problem == "assessed_otherwise"
    assert proposes(alice, opened, "high", audience="all", texts=TEXTS).status == 200
    assert begins_notices(alice, opened).problem == "assessed_otherwise"
    assert approves(bob, opened).status == 200
    assert begins_notices(alice, opened).status == 200
    assert begins_notices(alice, opened).status == 200  # repeated
    assert proposes(alice, opened, "risk").problem == "notices_begun"
    assert [event for event, _ in evidence_of(opened)][-1] == "notices_begun"


def test_listed_audience_needs_a_list(world: World, alice: Operator, bob: Operator, opened: str) -> None:
    known = world.a_user().user_id
    assert lists(alice, opened, [known]).problem == "assessed_otherwise"
    assess(alice, bob, opened, "high", audience="listed", texts=TEXTS)
    assert begins_notices(alice, opened).json["errors"][0]["pointer"] == "/audience"
    assert lists(alice, opened, [known, known, f"u_{'0' * 26}"]).status == 200
    assert evidence_of(opened)[-1][1] | {"by": ""} == {"by": "", "list": 1, "accounts": 1, "unknown": 1}
    assert proposes(alice, opened, "risk").json["errors"][0]["pointer"] == "/audience"
    assert begins_notices(alice, opened).status == 200


@pytest.mark.promise("SEC-4")
def test_breach_that_needs_no_notification_is_recorded_with_reasons_and_closed(
    alice: Operator, bob: Operator, opened: str
) -> None:
    refused = closes(alice, opened)
    assert (refused.problem, refused.json["open"]) == ("breach_unfinished", ["authority RS", "assessment"])
    assess(alice, bob, opened, "unlikely")
    assert closes(alice, opened).status == 200
    shown = shows(bob, opened)
    assert (shown["status"], shown["open_duties"]) == ("closed", [])
    assert shown["assessments"][0]["reasons"] == "Numbers only, but of many people."
    assert shown["conclusions"][0]["text"] == "The cause is removed."


def test_breach_cannot_be_closed_while_people_are_to_be_notified(
    alice: Operator, bob: Operator, opened: str
) -> None:
    assess(alice, bob, opened, "high", audience="all", texts=TEXTS)
    notifies(alice, opened)
    assert closes(alice, opened).json["open"] == ["subjects"]


@pytest.mark.promise("SEC-4")
@pytest.mark.parametrize("risk", ["unlikely", "risk", "high_exempt"])
def test_fact_after_the_assessment_has_the_open_breach_assessed_anew(
    alice: Operator, bob: Operator, opened: str, risk: str
) -> None:
    assess(alice, bob, opened, risk)
    body = {"what": "The copies were taken too.", "categories": ["user.social"], "countries": ["DE"]}
    assert calls(bob, "POST", f"/{opened}/facts", body=body).status == 200
    shown = shows(alice, opened)
    assert shown["open_duties"] == ["authority RS", "authority DE", "assessment"]
    assert ("risk" in shown, len(shown["assessments"])) == (False, 1)
    assert BreachFigures.of([stored(opened)], clock.now() + 4 * DAY).overdue == 2
    assert closes(alice, opened).problem == "breach_unfinished"


@pytest.mark.promise("SEC-4")
def test_fact_leaves_the_duty_to_notify_people_of_a_high_risk(
    alice: Operator, bob: Operator, opened: str
) -> None:
    assess(alice, bob, opened, "high", audience="all", texts=TEXTS)
    assert calls(bob, "POST", f"/{opened}/facts", body={"what": "Another fact."}).status == 200
    assert shows(alice, opened)["open_duties"] == ["authority RS", "subjects"]
    assert begins_notices(alice, opened).status == 200


def test_fact_that_needs_one_assessment_too_many_is_refused(
    monkeypatch: pytest.MonkeyPatch, alice: Operator, bob: Operator, opened: str
) -> None:
    monkeypatch.setattr(record, "MAX_ASSESSMENTS", 1)
    assess(alice, bob, opened, "unlikely")
    reply = calls(alice, "POST", f"/{opened}/facts", body={"what": "Another fact."})
    assert reply.problem == "too_many_parts"
    assert closes(alice, opened).status == 200


def test_closed_breach_refuses_work_and_a_new_fact_opens_it_again(
    alice: Operator, bob: Operator, opened: str
) -> None:
    assess(alice, bob, opened, "unlikely")
    closes(alice, opened)
    assert proposes(alice, opened).problem == "breach_closed"
    assert notifies(alice, opened).problem == "breach_closed"
    assert lists(alice, opened, [f"u_{'0' * 26}"]).problem == "breach_closed"
    assert calls(alice, "POST", f"/{opened}/facts", body={"what": "It happened again."}).status == 200
    shown = shows(alice, opened)
    assert (shown["status"], "closed_at" in shown, len(shown["conclusions"])) == ("open", False, 1)
    assert evidence_of(opened)[-1][1]["reopened"] == 1
    # What is known changed, so the breach is assessed anew, and its clock runs until then.
    assert (shown["open_duties"], len(shown["assessments"])) == (["authority RS", "assessment"], 1)
    assess(alice, bob, opened, "unlikely")
    assert closes(alice, opened).status == 200


def test_list_shows_open_breaches_first_without_texts_page_by_page(
    world: World, alice: Operator, bob: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "PAGE", 2)
    made = []
    for _ in range(3):
        made.append(opens(alice))
        world.advance(HOUR)
    assess(alice, bob, made[2], "unlikely")
    closes(alice, made[2])
    first = calls(bob, "GET").json
    rest = calls(bob, "GET", f"?cursor={first['next_cursor']}").json
    assert [one["id"] for one in (*first["items"], *rest["items"])] == [made[1], made[0], made[2]]
    assert "contractor" not in str(first)
    assert "next_cursor" not in rest
    for cursor in ("nonsense", f"br_{'0' * 26}"):
        assert calls(bob, "GET", f"?cursor={cursor}").status == 400


def test_each_view_of_a_breach_is_recorded_before_it_is_shown(alice: Operator, opened: str) -> None:
    shows(alice, opened)
    calls(alice, "GET")
    viewed = chain.entries(history_of_staff(alice.staff_id))
    assert [(entry.event, entry.data["breaches"]) for entry in viewed] == [
        ("inspected", [opened]),
        ("listed", [opened]),
    ]


def test_facts_found_at_the_same_instant_are_both_recorded(
    alice: Operator, bob: Operator, opened: str
) -> None:
    def add() -> None:
        assert calls(bob, "POST", f"/{opened}/facts", body={"what": "Another fact."}).status == 200

    before_the_commit(add)
    assert calls(alice, "POST", f"/{opened}/facts", body={"what": "One fact."}).status == 200
    shown = shows(alice, opened)
    assert [one["what"] for one in shown["facts"][1:]] == ["Another fact.", "One fact."]
    assert [event for event, _ in evidence_of(opened)] == ["opened", "fact_added", "fact_added"]


def test_full_record_refuses_another_fact(
    alice: Operator, opened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MAX_FACTS", 1)
    body = {"what": "One more."}
    assert calls(alice, "POST", f"/{opened}/facts", body=body).problem == "too_many_parts"


def test_breach_is_kept_for_its_period_from_its_recording(alice: Operator, opened: str) -> None:
    breach = stored(opened)
    ends = clock.to_epoch(Period.BREACH.ends(breach.opened_at))
    rows = [row for row in cloud.all_items() if row["pk"] == {"S": f"B#{opened}"}]
    assert {row["kind"]["S"] for row in rows} == {"breach", "breach_fact"}
    assert {int(row["delete_at"]["N"]) for row in rows} == {ends}


@pytest.mark.promise("SEC-1")
def test_texts_of_a_breach_are_readable_in_no_table_and_no_log(
    world: World, alice: Operator, bob: Operator, opened: str
) -> None:
    proposes(alice, opened, "unlikely")
    notifies(alice, opened)
    stored_anywhere = str(cloud.all_items())
    for text in ("contractor", "Numbers only", "073-12-2026"):
        assert text not in stored_anywhere
        assert text not in world.log.getvalue()
