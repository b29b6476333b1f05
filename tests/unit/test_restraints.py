"""Restraints: what several restrictions and objections stop together, and what is left when one ends."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.consents.model import Consent, ConsentState, Purposes
from chalicelib.consents.restraints import with_restraint, without_restraint
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.privacy.purposes import Purpose, Refusal, permits, refusal
from chalicelib.privacy.restraint import Restraint, RestraintKind

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
RESTRICTION, OBJECTION, CONTEST = RestraintKind.RESTRICTION, RestraintKind.OBJECTION, RestraintKind.CONTEST

RESTRAINTS = {
    RightsRequestId.new(): Restraint(kind=RESTRICTION, since=NOON, ground="a"),
    RightsRequestId.new(): Restraint(
        kind=RESTRICTION, since=NOON + timedelta(hours=1), purposes=(Purpose.ANALYTICS,), ground="b"
    ),
    RightsRequestId.new(): Restraint(
        kind=RESTRICTION, since=NOON - timedelta(hours=1), purposes=(Purpose.ANALYTICS, Purpose.MARKETING)
    ),
    RightsRequestId.new(): Restraint(
        kind=OBJECTION, since=NOON, purposes=(Purpose.DIAGNOSTICS, Purpose.SECURITY)
    ),
    RightsRequestId.new(): Restraint(kind=CONTEST, since=NOON, purposes=(Purpose.NOTIFICATIONS,)),
}


def before() -> Purposes:
    """Return decisions with a consent and an objection that no request caused."""
    return Purposes(
        account_id=AccountId.new(),
        consents={Purpose.MARKETING: Consent(state=ConsentState.GIVEN, since=NOON)},
        objections={Purpose.PERSONALISED_ADS: NOON},
    )


def effect(found: Purposes) -> tuple[object, ...]:
    return (found.objections, found.restrictions, found.wholly_restricted, found.consents)


@pytest.mark.promise("RGT-4", "RGT-5")
def test_ending_restraints_in_any_order_restores_what_was_there() -> None:
    empty = before()
    for order in itertools.permutations(RESTRAINTS):
        found, effects = empty, [effect(empty)]
        for request_id in order:
            found = with_restraint(found, request_id, RESTRAINTS[request_id])
            effects.append(effect(found))
        for request_id in reversed(order):
            assert effect(found) == effects.pop()
            found = without_restraint(found, request_id)
        assert (effect(found), found.restraints) == (effect(empty), {})


@pytest.mark.promise("RGT-4")
def test_sum_does_not_depend_on_the_order_of_restraints() -> None:
    empty, effects = before(), []
    for order in itertools.permutations(RESTRAINTS):
        found = empty
        for request_id in order:
            found = with_restraint(found, request_id, RESTRAINTS[request_id])
        effects.append(effect(found))
    assert all(one == effects[0] for one in effects)
    objections, restrictions, wholly, _ = effects[0]
    assert objections == {Purpose.PERSONALISED_ADS: NOON, Purpose.DIAGNOSTICS: NOON}
    earliest = NOON - timedelta(hours=1)
    assert restrictions == {
        Purpose.ANALYTICS: earliest,
        Purpose.MARKETING: earliest,
        Purpose.NOTIFICATIONS: NOON,
    }
    assert wholly is True


@pytest.mark.promise("RGT-5")
def test_weighed_purpose_stops_once_the_objection_is_upheld() -> None:
    objection = Restraint(kind=OBJECTION, since=NOON, purposes=(Purpose.SECURITY, Purpose.DIAGNOSTICS))
    assert (objection.weighed, objection.stopped) == ((Purpose.SECURITY,), (Purpose.DIAGNOSTICS,))
    request_id = RightsRequestId.new()
    weighed = with_restraint(before(), request_id, objection)
    assert permits(weighed, Purpose.SECURITY)
    upheld = with_restraint(weighed, request_id, objection.model_copy(update={"upheld": True}))
    assert refusal(upheld, Purpose.SECURITY) is Refusal.OBJECTED
    assert permits(without_restraint(upheld, request_id), Purpose.SECURITY)


def test_each_change_is_a_new_version_and_no_change_is_none() -> None:
    empty, (request_id, *_) = before(), RESTRAINTS
    placed = with_restraint(empty, request_id, RESTRAINTS[request_id])
    assert placed.version == empty.version + 1
    assert without_restraint(empty, request_id) is empty
    assert without_restraint(placed, request_id).version == placed.version + 1


@pytest.mark.parametrize(("ground", "preserves"), [("a", False), ("b", True), ("c", True), ("d", False)])
def test_grounds_b_and_c_preserve(ground: str, *, preserves: bool) -> None:
    restraint = Restraint.model_validate({"kind": "restriction", "since": NOON, "ground": ground})
    assert restraint.preserves is preserves
