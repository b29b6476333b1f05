"""Cases that two members of staff decide, whatever their kind: races, crashes, evidence, lists and views.

The case is a breach, and its rules are those of this file. The tests of each kind try its own declaration.
"""

from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from chalicelib.core import chain, table
from chalicelib.core.clock import MINUTE
from chalicelib.core.errors import ChangedMeanwhile, ConflictingRequest, InvalidRequest, NotFound, Unavailable
from chalicelib.core.http import Cursor, IfMatch
from chalicelib.core.ids import BreachId, StaffId
from chalicelib.core.table import Table
from chalicelib.operations.breaches import store
from chalicelib.operations.breaches.model import Breach
from chalicelib.staff import cases
from chalicelib.staff.cases import CaseMove, Cases, check_second, check_shown, etag, staff_move
from chalicelib.staff.history import history_of
from chalicelib.staff.model import OwnProposal
from tests.support.cases.breaches import evidence_of, opens
from tests.support.cases.copies import damage
from tests.support.faults.races import before_the_commit
from tests.support.world.ledger import alter_newest
from tests.support.world.operators import Operator
from tests.support.world.world import World

CASES = Cases(store.BREACHES)
BOB, CARLA = StaffId.new(), StaffId.new()


class Decided(ConflictingRequest):
    """Another person decided the case."""

    code = "decided"
    title = "Decided"


class Killed(BaseException):
    """The process was killed."""


@staff_move(CASES.apply)
def approve(case: Breach, by: StaffId, shown: IfMatch) -> CaseMove[Breach] | None:
    """Approve a case that `opened_by` proposed; `country` names the person who approved it."""
    if case.country == by:
        return None
    if case.country:
        raise Decided
    check_second(by, case.opened_by)
    check_shown(case, shown)
    return CaseMove(case.model_copy(update={"country": by}), "approved")


def touch(case: Breach) -> CaseMove[Breach]:
    return CaseMove(case, "touched")


@pytest.fixture
def case(alice: Operator) -> Breach:
    return CASES.read(BreachId(opens(alice)))


def shown(case: Breach) -> IfMatch:
    return IfMatch(etag(case))


def events(case: Breach) -> list[str]:
    return [event for event, _ in evidence_of(case.breach_id)]


def views(by: StaffId) -> list[tuple[str, Any]]:
    return [(entry.event, entry.data["breaches"]) for entry in chain.entries(history_of(by))]


@pytest.mark.promise("RGT-10", "NOT-3", "SEC-4")
def test_proposer_does_not_approve_alone(case: Breach) -> None:
    with pytest.raises(OwnProposal):
        approve(case.breach_id, case.opened_by, shown(case))
    assert events(case) == ["opened"]


def test_version_that_the_approver_did_not_see_is_not_approved(case: Breach) -> None:
    CASES.apply(case.breach_id, BOB, touch)
    with pytest.raises(ChangedMeanwhile):
        approve(case.breach_id, CARLA, shown(case))
    assert events(case) == ["opened", "touched"]


@pytest.mark.promise("RGT-10", "NOT-3", "SEC-4")
def test_of_two_people_at_the_same_instant_one_decides(case: Breach) -> None:
    before_the_commit(lambda: approve(case.breach_id, BOB, shown(case)))
    with pytest.raises(Decided):
        approve(case.breach_id, CARLA, shown(case))
    assert CASES.read(case.breach_id).country == BOB
    assert evidence_of(case.breach_id)[1:] == [("approved", {"by": BOB})]


def test_person_who_approves_twice_at_the_same_instant_approves_once(case: Breach) -> None:
    before_the_commit(lambda: approve(case.breach_id, BOB, shown(case)))
    assert approve(case.breach_id, BOB, shown(case)).country == BOB
    assert events(case) == ["opened", "approved"]


def test_change_at_the_same_instant_is_not_overwritten(case: Breach) -> None:
    def close(found: Breach) -> CaseMove[Breach]:
        return CaseMove(found.model_copy(update={"country": "RS"}), "closed")

    before_the_commit(lambda: CASES.apply(case.breach_id, BOB, close))
    CASES.apply(case.breach_id, CARLA, touch)
    assert (CASES.read(case.breach_id).country, events(case)) == ("RS", ["opened", "closed", "touched"])


def test_change_that_is_overtaken_each_time_is_refused(case: Breach) -> None:
    def overtaken(found: Breach) -> CaseMove[Breach]:
        before_the_commit(lambda: CASES.apply(case.breach_id, BOB, touch))
        return CaseMove(found, "overtaken")

    with pytest.raises(Unavailable):
        CASES.apply(case.breach_id, CARLA, overtaken)
    assert events(case) == ["opened", *["touched"] * 3]


def killed_after(committed: Callable[..., Any]) -> Callable[..., NoReturn]:
    def kill(*args: Any, **more: Any) -> NoReturn:
        committed(*args, **more)
        raise Killed

    return kill


@pytest.mark.parametrize("commit", [lambda *_: None, table.transact], ids=["before", "after"])
def test_decision_that_was_killed_at_its_commit_can_be_repeated(
    case: Breach, monkeypatch: pytest.MonkeyPatch, commit: Callable[..., Any]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(table, "transact", killed_after(commit))
        with pytest.raises(Killed):
            approve(case.breach_id, BOB, shown(case))
    assert (CASES.read(case.breach_id).country == BOB) is ("approved" in events(case))
    assert approve(case.breach_id, BOB, shown(case)).country == BOB
    assert evidence_of(case.breach_id)[1:] == [("approved", {"by": BOB})]


def test_case_whose_history_was_altered_is_shown_and_not_changed(case: Breach) -> None:
    alter_newest(store.BREACHES.history_of(case.breach_id))
    assert CASES.show(case.breach_id, BOB).entries is None
    with pytest.raises(Unavailable):
        CASES.apply(case.breach_id, BOB, touch)
    assert CASES.read(case.breach_id) == case


def test_call_that_changes_nothing_is_a_view_of_staff_and_none_of_a_job(case: Breach) -> None:
    CASES.apply(case.breach_id, None, lambda _: None)
    CASES.apply(case.breach_id, BOB, lambda _: None)
    CASES.apply(case.breach_id, CARLA, touch)
    assert (views(BOB), views(CARLA)) == ([("inspected", [case.breach_id])], [])


def test_evidence_of_a_job_names_no_actor(case: Breach) -> None:
    CASES.apply(case.breach_id, None, touch)
    assert evidence_of(case.breach_id)[1:] == [("touched", {})]


def test_unknown_case_is_neither_shown_nor_changed(world: World) -> None:
    for call in (lambda: CASES.show(BreachId.new(), BOB), lambda: CASES.apply(BreachId.new(), BOB, touch)):
        with pytest.raises(NotFound):
            call()


def test_staff_that_a_case_and_its_evidence_name_are_found(case: Breach) -> None:
    CASES.apply(case.breach_id, BOB, touch)
    approve(case.breach_id, CARLA, shown(CASES.read(case.breach_id)))
    assert CASES.show(case.breach_id, BOB).staff == {case.opened_by, BOB, CARLA}


@pytest.mark.promise("SEC-1")
def test_case_is_shown_only_once_the_view_is_recorded(case: Breach) -> None:
    CASES.show(case.breach_id, BOB)
    alter_newest(history_of(BOB))
    for look in (lambda: CASES.show(case.breach_id, BOB), lambda: CASES.list_all(None, BOB)):
        with pytest.raises(Unavailable):
            look()


def test_list_goes_on_after_its_last_case_and_names_altered_ones(
    world: World, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "PAGE", 2)
    made = []
    for _ in range(3):
        made.append(BreachId(opens(alice)))
        world.advance(MINUTE)
    damage(Table.RIGHTS, f"B#{made[2]}", "breach", sealed=b"altered")
    first = CASES.list_all(None, BOB)
    assert ([one.breach_id for one in first.found], list(first.unreadable)) == ([made[1]], [made[2]])
    second = CASES.list_all(Cursor(str(first.next)), BOB)
    assert ([one.breach_id for one in second.found], second.next) == ([made[0]], None)
    assert views(BOB) == [("listed", [made[1], made[2]]), ("listed", [made[0]])]


@pytest.mark.parametrize("cursor", ["x", BreachId.new()], ids=["invalid", "unknown"])
def test_cursor_that_names_no_case_is_refused(world: World, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        CASES.list_all(Cursor(cursor), BOB)
