"""Holds: one operator places them, another one confirms them, and two lift them before their end."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from chalicelib.core import chain, clock
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId, HoldId, RightsRequestId
from chalicelib.core.table import Table, partition_of
from chalicelib.core.transactions import commit
from chalicelib.privacy.periods import Period
from chalicelib.retention.holds import service as holds
from chalicelib.retention.holds import store
from chalicelib.retention.model import UNCONFIRMED
from chalicelib.staff import history
from tests.support.cases.copies import damage
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.world.operators import Operator
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("RET-3")
SECOND = timedelta(seconds=1)


@pytest.fixture
def boris(world: World) -> Operator:
    return world.an_operator("boris")


def placed(by: Operator, on: User, **more: Any) -> str:
    """Place a hold and return its id."""
    reply = by.places_hold(on.user_id, **more)
    assert reply.status == 201, reply.text
    return str(reply.json["id"])


def close(user: User) -> None:
    """Close the holds of a user, as an erasure does at its point of no return."""
    known = holds.of_subject(AccountId(user.account_id))
    commit(holds.closing(known, RightsRequestId.new()))


def in_force(hold_id: str, by: Operator) -> bool:
    return bool(by.shows_hold(hold_id).json["in_force"])


def entries(hold_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the evidence of a hold, oldest first."""
    found = chain.entries(store.HOLDS.history_of(HoldId(hold_id)))
    return [(entry.event, dict(entry.data)) for entry in found]


def views(of: Operator) -> list[tuple[str, Any]]:
    """Return what the Ledger records of an operator: how they viewed which holds."""
    found = chain.entries(history.history_of(of.staff_id))
    return [(entry.event, entry.data["holds"]) for entry in found]


# --- place and confirm


def test_placed_hold_is_in_force_for_72_hours(world: World, mila: User, ana: Operator) -> None:
    hold = ana.places_hold(mila.user_id)
    assert (hold.status, hold.json["in_force"], hold.json["awaits_confirmation"]) == (201, True, True)
    assert hold.json["ends_at"] == clock.to_text(world.now + UNCONFIRMED)
    world.advance(UNCONFIRMED - SECOND)
    assert in_force(hold.json["id"], ana)
    world.advance(SECOND)
    assert not in_force(hold.json["id"], ana)


def test_hold_confirmed_by_another_operator_lasts_until_its_end(
    world: World, mila: User, ana: Operator, boris: Operator
) -> None:
    hold = placed(ana, mila, lasts=90 * DAY)
    confirmed = boris.confirms_hold(hold)
    assert (confirmed.status, confirmed.json["awaits_confirmation"]) == (200, False)
    assert confirmed.json["ends_at"] == confirmed.json["until"]
    world.advance(90 * DAY - SECOND)
    assert in_force(hold, ana)
    world.advance(SECOND)
    assert not in_force(hold, ana)


def test_operator_cannot_confirm_their_own_hold(mila: User, ana: Operator) -> None:
    hold = placed(ana, mila)
    assert ana.confirms_hold(hold).problem == "own_proposal"
    assert ana.shows_hold(hold).json["awaits_confirmation"]


def test_hold_cannot_be_confirmed_after_72_hours(
    world: World, mila: User, ana: Operator, boris: Operator
) -> None:
    hold = placed(ana, mila)
    world.advance(UNCONFIRMED)
    assert boris.confirms_hold(hold).problem == "hold_ended"


def test_hold_cannot_be_confirmed_after_an_end_within_72_hours(
    world: World, mila: User, ana: Operator, boris: Operator
) -> None:
    hold = placed(ana, mila, lasts=DAY)
    world.advance(DAY)
    assert boris.confirms_hold(hold).problem == "hold_ended"


def test_second_unconfirmed_hold_is_not_in_force_until_it_is_confirmed(
    world: World, mila: User, ana: Operator, boris: Operator
) -> None:
    placed(ana, mila)
    world.advance(UNCONFIRMED)
    second = ana.places_hold(mila.user_id, reason="The same again")
    assert (second.json["in_force"], second.json["awaits_confirmation"]) == (False, True)
    world.advance(HOUR)
    confirmed = boris.confirms_hold(second.json["id"]).json
    assert (confirmed["in_force"], confirmed["ends_at"]) == (True, confirmed["until"])


def test_hold_after_an_own_lifted_one_waits_for_a_second_operator(
    world: World, mila: User, ana: Operator
) -> None:
    """Otherwise one person could keep data for ever by lifting and placing holds in turn."""
    assert ana.proposes_lift(placed(ana, mila)).json["in_force"] is False
    assert not in_force(placed(ana, mila, reason="A correct order"), ana)


def test_hold_of_another_subject_does_not_count_as_lapsed(world: World, mila: User, ana: Operator) -> None:
    placed(ana, world.a_user())
    world.advance(UNCONFIRMED)
    assert in_force(placed(ana, mila), ana)


# --- what may be placed


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lasts": 732 * DAY}, "until"),
        ({"lasts": timedelta()}, "until"),
        ({"secret_until": "2027-12-01T00:00:00Z"}, "secret_until"),
        ({"secret_until": "2026-11-24T12:00:00Z"}, "secret_until"),
        ({"kinds": ["usage_event", "usage_event"]}, "kinds"),
        ({"kinds": ["usage_event", "no_such_kind"]}, "kinds"),
        ({"kinds": ["request"]}, "kinds"),  # not found by the account
    ],
)
def test_hold_with_a_wrong_end_or_kind_is_refused(
    mila: User, ana: Operator, wrong: dict[str, Any], field: str
) -> None:
    refused = ana.places_hold(mila.user_id, **wrong)
    assert refused.problem == "invalid_request"
    assert [error["pointer"] for error in refused.json["errors"]] == [f"/{field}"]
    assert cloud.records("hold") == []


def test_hold_of_two_years_is_accepted(mila: User, ana: Operator) -> None:
    assert ana.places_hold(mila.user_id, lasts=731 * DAY).status == 201


def test_hold_on_an_unknown_user_is_refused(ana: Operator) -> None:
    assert ana.places_hold("u_" + "0" * 26).problem == "not_found"


def test_unknown_hold_is_not_found(ana: Operator) -> None:
    unknown = HoldId.new()
    for call in (ana.shows_hold, ana.confirms_hold, ana.proposes_lift, ana.lifts_hold):
        assert call(unknown).problem == "not_found"


# --- lift


def test_two_operators_lift_a_hold_before_its_end(
    world: World, mila: User, ana: Operator, boris: Operator
) -> None:
    hold = placed(ana, mila)
    boris.confirms_hold(hold)
    world.advance(DAY)
    assert ana.proposes_lift(hold).json["in_force"] is True
    assert ana.lifts_hold(hold).problem == "own_proposal"
    lifted = boris.lifts_hold(hold)
    assert (lifted.json["in_force"], lifted.json["ends_at"]) == (False, clock.to_text(world.now))


def test_confirmed_hold_is_not_lifted_without_a_proposal(mila: User, ana: Operator, boris: Operator) -> None:
    hold = placed(ana, mila)
    boris.confirms_hold(hold)
    assert boris.lifts_hold(hold).problem == "own_proposal"
    assert in_force(hold, ana)


def test_hold_that_has_ended_cannot_be_lifted(
    world: World, mila: User, ana: Operator, boris: Operator
) -> None:
    hold, other = placed(ana, mila), placed(ana, world.a_user())
    boris.proposes_lift(hold)
    world.advance(UNCONFIRMED)
    assert ana.lifts_hold(hold).problem == "hold_ended"
    assert boris.proposes_lift(other).problem == "hold_ended"


# --- during an erasure


@pytest.mark.promise("RGT-3")
def test_no_hold_is_placed_or_confirmed_after_the_point_of_no_return(
    mila: User, ana: Operator, boris: Operator
) -> None:
    hold = placed(ana, mila)
    close(mila)
    assert ana.places_hold(mila.user_id, reason="Too late").problem == "too_late"
    assert boris.confirms_hold(hold).problem == "too_late"


@pytest.mark.promise("RGT-3")
def test_hold_is_lifted_after_the_point_of_no_return(mila: User, ana: Operator, boris: Operator) -> None:
    hold = placed(ana, mila)
    boris.confirms_hold(hold)
    close(mila)
    ana.proposes_lift(hold)
    (item,) = cloud.records("hold")
    assert "due" in item  # its records may still have to be pinned
    assert boris.lifts_hold(hold).json["in_force"] is False


@pytest.mark.promise("RGT-3")
def test_hold_placed_at_the_same_time_as_the_point_of_no_return_is_refused(mila: User, ana: Operator) -> None:
    just_before(holds, "commit", lambda: close(mila))
    assert ana.places_hold(mila.user_id).problem == "too_late"
    assert cloud.records("hold") == []


# --- repeated calls


def test_repeated_calls_change_nothing(mila: User, ana: Operator, boris: Operator) -> None:
    hold = placed(ana, mila)
    assert placed(ana, mila) == hold
    for _ in range(2):
        assert boris.confirms_hold(hold).status == 200
    for _ in range(2):
        assert ana.proposes_lift(hold).status == 200
    for _ in range(2):
        assert boris.lifts_hold(hold).status == 200
    assert [event for event, _ in entries(hold)] == ["placed", "confirmed", "lift_proposed", "lifted"]
    assert len(cloud.records("hold")) == 1


def test_same_hold_by_another_operator_is_another_hold(mila: User, ana: Operator, boris: Operator) -> None:
    assert placed(ana, mila) != placed(boris, mila)


# --- evidence and views


@pytest.mark.promise("SEC-1")
def test_evidence_names_operators_by_pseudonym_and_no_personal_value(
    world: World, mila: User, ana: Operator, boris: Operator
) -> None:
    texts = {name: world.canaries(name) for name in ("law", "authority", "reason")}
    hold = placed(ana, mila, **texts)
    boris.confirms_hold(hold)
    said = {
        "kinds": ["usage_event"],
        "ground": "legal_obligation",
        "until": clock.to_text(world.now + 90 * DAY),
        "secret": 0,
    }
    assert entries(hold) == [
        ("placed", {"by": ana.staff_id, **said}),
        ("confirmed", {"by": boris.staff_id, **said}),
    ]
    assert world.canaries.in_tables() == []
    assert world.canaries.in_text(world.log.getvalue()) == []
    assert ana.shows_hold(hold).json["reason"] == texts["reason"]


def test_evidence_is_kept_for_the_period_of_holds_after_the_planned_end(
    world: World, mila: User, ana: Operator
) -> None:
    placed(ana, mila, lasts=90 * DAY)
    (entry,) = (item for item in cloud.all_items() if item["pk"].get("S", "").startswith("hold#"))
    assert int(entry["delete_at"]["N"]) == clock.to_epoch(Period.HOLD.ends(world.now + 90 * DAY))


def test_operators_see_who_placed_and_confirmed_a_hold(mila: User, ana: Operator, boris: Operator) -> None:
    hold = placed(ana, mila)
    boris.confirms_hold(hold)
    shown = boris.shows_hold(hold).json
    assert (shown["placed_by"], shown["confirmed_by"]) == (ana.arn, boris.arn)


def test_views_of_holds_are_recorded(world: World, mila: User, ana: Operator, boris: Operator) -> None:
    hold = placed(ana, mila)
    assert [one["id"] for one in boris.calls_holds("GET").json["items"]] == [hold]
    boris.shows_hold(hold)
    boris.shows_hold(hold)
    assert views(boris) == [("listed", [hold]), ("viewed", [hold])]


def test_hold_is_not_shown_if_the_view_cannot_be_recorded(
    mila: User, ana: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = placed(ana, mila)
    monkeypatch.setattr(chain, "append", mock.Mock(side_effect=Unavailable))
    for reply in (ana.shows_hold(hold), ana.calls_holds("GET")):
        assert reply.problem == "unavailable"


def test_list_has_holds_that_have_not_ended_by_their_end(
    world: World, mila: User, ana: Operator, boris: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    last, first = placed(ana, mila, lasts=60 * DAY), placed(ana, mila, lasts=30 * DAY)
    for hold in (last, first):
        boris.confirms_hold(hold)
    placed(ana, world.a_user())
    world.advance(UNCONFIRMED)
    assert [one["id"] for one in ana.calls_holds("GET").json["items"]] == [first, last]
    monkeypatch.setattr(holds, "PAGE", 1)
    page = ana.calls_holds("GET").json
    assert ([one["id"] for one in page["items"]], page["has_more"]) == ([first], True)


def test_list_names_a_hold_that_was_altered_and_shows_the_others(
    world: World, mila: User, ana: Operator
) -> None:
    hold, other = placed(ana, mila), placed(ana, world.a_user())
    damage(Table.RIGHTS, partition_of(AccountId(mila.account_id)), f"hold#{hold}", sealed=b"altered")
    page = ana.calls_holds("GET").json
    assert ([one["id"] for one in page["items"]], page["unreadable"]) == ([other], [hold])
