"""Removals of tables: one operator proposes one, another approves it for seven days (ADR 76)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import chain
from chalicelib.core.ids import TableRemovalId
from chalicelib.retention.removals import store
from chalicelib.retention.removals.model import LASTS
from chalicelib.staff import history
from tests.support.world.operators import Operator
from tests.support.world.world import Reply, World

pytestmark = pytest.mark.promise("RGT-3")
ALL = "/admin/v1/table-removals"
KEYS = "ru4m-staging-keys"
SECOND = timedelta(seconds=1)


@pytest.fixture
def ana(world: World) -> Operator:
    return world.an_operator("ana")


@pytest.fixture
def boris(world: World) -> Operator:
    return world.an_operator("boris")


def calls(by: Operator, method: str, path: str = "", body: object = None) -> Reply:
    return by.world.call(method, f"{ALL}{path}", arn=by.arn, body=body)


def proposes(by: Operator, table: str = KEYS) -> Reply:
    return calls(by, "POST", "", {"table_name": table, "reason": "replaced"})


def approves(by: Operator, proposed: Reply) -> Reply:
    return calls(by, "POST", f"/{proposed.json['id']}/approval")


def entries(removal_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the evidence of a removal, oldest first."""
    found = chain.entries(store.REMOVALS.history_of(TableRemovalId(removal_id)))
    return [(entry.event, dict(entry.data)) for entry in found]


def test_removal_needs_two_operators(world: World, ana: Operator, boris: Operator) -> None:
    proposed = proposes(ana)
    assert (proposed.status, proposed.json["proposed_by"]) == (201, ana.arn)
    assert approves(ana, proposed).problem == "own_proposal"
    removal = store.REMOVALS.read(TableRemovalId(proposed.json["id"]))
    assert removal
    assert not removal.allows(KEYS, world.now)
    approved = approves(boris, proposed)
    assert (approved.status, approved.json["approved_by"]) == (200, boris.arn)
    assert approves(boris, proposed).json == approved.json
    said = {"table_name": KEYS, "reason": "replaced"}
    assert entries(proposed.json["id"]) == [
        ("proposed", {"by": ana.staff_id, **said}),
        ("approved", {"by": boris.staff_id, **said}),
    ]


def test_approval_is_for_one_table_and_ends_after_seven_days(
    world: World, ana: Operator, boris: Operator
) -> None:
    approved = approves(boris, proposes(ana))
    removal = store.REMOVALS.read(TableRemovalId(approved.json["id"]))
    assert removal
    assert removal.approved_at
    assert removal.allows(KEYS, world.now)
    assert not removal.allows("ru4m-staging-rights", world.now)
    assert not removal.allows(KEYS, removal.approved_at + LASTS)


def test_proposal_ends_after_seven_days(world: World, ana: Operator, boris: Operator) -> None:
    proposed = proposes(ana)
    world.advance(LASTS + SECOND)
    assert approves(boris, proposed).problem == "removal_lapsed"


@pytest.mark.parametrize("table", ["ru4m-production-keys", "keys", "ru4m-staging-keys/../x"])
def test_table_of_another_stage_is_refused(ana: Operator, table: str) -> None:
    assert proposes(ana, table).problem == "invalid_request"


def test_list_shows_each_removal_and_records_the_view(ana: Operator, boris: Operator) -> None:
    proposed = proposes(ana)
    listed = calls(boris, "GET")
    assert [one["id"] for one in listed.json["items"]] == [proposed.json["id"]]
    assert listed.json["items"][0]["proposed_by"] == ana.arn
    (view,) = chain.entries(history.history_of(boris.staff_id))
    assert (view.event, view.data["table_removals"]) == ("listed", [proposed.json["id"]])


def test_unknown_removal_is_not_found(ana: Operator) -> None:
    assert calls(ana, "POST", f"/{TableRemovalId.new()}/approval").status == 404
