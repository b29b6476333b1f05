"""Tests that a release changes at most one index of a table, and waits until DynamoDB has built it."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import Any

import pytest

from infra.build import Package
from infra.deployment import indexes
from infra.deployment.findings import Severity
from infra.deployment.indexes import IndexesRefused, IndexNotBuilt
from infra.deployment.preflight import stack_checks
from infra.deployment.rollout import deploy
from infra.deployment.stacks import Stacks
from tests.infra.fakes import REGION, FakeAccount, FakeCloudFormation
from tests.infra.templates import a_table, an_index
from tests.infra.test_deploy import a_target, outputs_of

DATA, SERVICE = "ru4m-staging-data", "ru4m-staging-service"
OLD = {"pk": "S", "live": "S"}
ALL, INCLUDE = {"ProjectionType": "ALL"}, {"ProjectionType": "INCLUDE"}


def a_described(*states: str, items: int = 0, size: int = 0) -> dict[str, Any]:
    listed = [{"IndexName": f"index{number}", "IndexStatus": state} for number, state in enumerate(states)]
    return {
        "TableName": "ru4m-staging-held",
        "GlobalSecondaryIndexes": listed,
        "ItemCount": items,
        "TableSizeBytes": size,
    }


def as_it_is(*active: str, **states: str) -> dict[str, Any]:
    """Return a table with indexes as DynamoDB describes them: some active, others by their state."""
    named = dict.fromkeys(active, "ACTIVE") | states
    described = [an_index(name, IndexStatus=state, IndexArn="arn") for name, state in named.items()]
    return a_described() | {"GlobalSecondaryIndexes": described}


@pytest.fixture
def account() -> FakeAccount:
    return FakeAccount(REGION, formation=FakeCloudFormation(outputs=outputs_of))


@pytest.mark.parametrize(
    ("deployed", "wanted", "refused"),
    [
        (["live"], ["live", "due"], ""),
        (["live", "due"], ["live"], ""),
        ([], ["live", "due"], "creates due, creates live"),
        (["live"], ["due"], "deletes live, creates due"),
    ],
)
def test_release_changes_at_most_one_index_of_a_table(
    account: FakeAccount, deployed: list[str], wanted: list[str], refused: str
) -> None:
    account.formation.status[DATA] = "UPDATE_COMPLETE"
    account.formation.templates[DATA] = a_table(OLD, *deployed)
    if not refused:
        indexes.check(account, "staging", a_table(OLD, *wanted))
        return
    with pytest.raises(IndexesRefused, match=f"HeldTable: it {refused}"):
        indexes.check(account, "staging", a_table(OLD, *wanted))


def test_index_with_another_definition_needs_a_new_name(account: FakeAccount) -> None:
    account.formation.status[DATA] = "UPDATE_COMPLETE"
    account.formation.templates[DATA] = a_table(OLD, "live")
    changed = a_table(OLD, "live")
    properties = changed["Resources"]["HeldTable"]["Properties"]
    properties["GlobalSecondaryIndexes"] = [an_index("live", Projection={"ProjectionType": "ALL"})]
    with pytest.raises(IndexesRefused, match=r"deletes live, creates live.*a new name"):
        indexes.check(account, "staging", changed)


def test_index_of_a_table_in_whose_place_a_restored_one_is_used_is_refused(
    account: FakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.formation.status[DATA] = "UPDATE_COMPLETE"
    account.formation.templates[DATA] = a_table(OLD, "live")
    held = {"HeldTableName": "ru4m-staging-held-restored"}
    monkeypatch.setattr(Stacks, "parameters", lambda *_: held)
    changed = a_table(OLD, "live", "due")
    with pytest.raises(IndexesRefused, match=r"`aws dynamodb .* ru4m-staging-held-restored`"):
        indexes.check(account, "staging", changed)
    indexes.check(account, "staging", a_table(OLD, "live"))
    for state in ("CREATING", "ACTIVE"):  # as the remedy says
        account.dynamodb.tables["ru4m-staging-held-restored"] = as_it_is("live", due=state)
        with pytest.raises(IndexesRefused) if state == "CREATING" else nullcontext():
            indexes.check(account, "staging", changed)


@pytest.mark.parametrize(
    ("there", "refused"),
    [
        (as_it_is("live"), "creates due, creates ends"),  # the stopped update did not reach the table
        (as_it_is("live", due="CREATING"), ""),  # it did
        (as_it_is("live", "due"), ""),
        (as_it_is("live", due="DELETING"), "creates due, creates ends"),
        (as_it_is("live", "due", "ends"), ""),
        (as_it_is("live", "ends", "old"), "deletes old, creates due"),
    ],
)
@pytest.mark.parametrize("state", ["UPDATE_FAILED", "UPDATE_IN_PROGRESS", "ROLLBACK_COMPLETE"])
def test_table_as_it_is_decides_while_its_stack_is_not_complete(
    account: FakeAccount, state: str, there: dict[str, Any], refused: str
) -> None:
    account.formation.status[DATA] = state
    account.formation.templates[DATA] = a_table(OLD, "live", "due")
    account.dynamodb.tables["ru4m-staging-held"] = there
    wanted = a_table(OLD, "live", "due", "ends")
    if not refused:
        indexes.check(account, "staging", wanted)
        return
    with pytest.raises(IndexesRefused, match=f"HeldTable: it {refused}"):
        indexes.check(account, "staging", wanted)


@pytest.mark.parametrize(
    ("there", "differs"),
    [
        (as_it_is(), "lacks live"),
        (as_it_is("live", "due"), "has due"),
        (as_it_is(live="DELETING"), "lacks live"),
        (as_it_is() | {"GlobalSecondaryIndexes": [an_index("live", Projection=ALL)]}, "lacks live, has live"),
    ],
)
def test_table_that_was_changed_by_hand_is_refused_with_the_command_that_mends_it(
    account: FakeAccount, there: dict[str, Any], differs: str
) -> None:
    account.formation.status[DATA] = "UPDATE_COMPLETE"
    account.formation.templates[DATA] = a_table(OLD, "live")
    account.dynamodb.tables["ru4m-staging-held"] = there
    command = "`aws dynamodb update-table --table-name ru4m-staging-held`"
    for wanted in (a_table(OLD, "live"), a_table(OLD, "live", "due")):
        with pytest.raises(
            IndexesRefused, match=f"HeldTable differs from its stack: it {differs}.*{command}"
        ):
            indexes.check(account, "staging", wanted)


def test_index_is_the_same_in_whatever_order_dynamodb_lists_its_attributes(account: FakeAccount) -> None:
    account.formation.status[DATA] = "UPDATE_COMPLETE"
    template = a_table(OLD)
    template["Resources"]["HeldTable"]["Properties"]["GlobalSecondaryIndexes"] = [
        an_index("live", Projection=INCLUDE | {"NonKeyAttributes": ["a", "b"]})
    ]
    account.formation.templates[DATA] = template
    found = [an_index("live", Projection=INCLUDE | {"NonKeyAttributes": ["b", "a"]}, IndexStatus="ACTIVE")]
    account.dynamodb.tables["ru4m-staging-held"] = a_described() | {"GlobalSecondaryIndexes": found}
    indexes.check(account, "staging", template)


def test_new_table_may_have_many_indexes(account: FakeAccount) -> None:
    indexes.check(account, "staging", a_table(OLD, "live", "due"))  # no stack
    account.formation.status[DATA] = "UPDATE_COMPLETE"
    indexes.check(account, "staging", a_table(OLD, "live", "due"))  # a stack without this table


def test_preflight_refuses_a_release_that_changes_two_indexes(account: FakeAccount) -> None:
    (found,) = stack_checks.changed_indexes(account, a_target())
    assert found.severity is Severity.OK
    account.formation.status[DATA] = "UPDATE_COMPLETE"
    account.formation.templates[DATA] = a_table(OLD)
    (found,) = stack_checks.changed_indexes(account, a_target())
    assert found.severity is Severity.OK  # it has one index, `ends`
    account.formation.templates[DATA] = a_table(OLD, "one")
    (found,) = stack_checks.changed_indexes(account, a_target())
    assert (found.severity, found.text) == (
        Severity.REFUSED,
        "the release changes more than one index of HeldTable: it deletes one, creates ends",
    )


def test_deployment_waits_until_the_indexes_are_active_before_it_changes_the_service(
    account: FakeAccount, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.dynamodb.tables["ru4m-staging-held"] = a_described("ACTIVE", "CREATING")

    def finish(_: float) -> None:
        assert DATA not in account.formation.executed  # that of an interrupted deployment comes first
        account.dynamodb.tables["ru4m-staging-held"] = a_described("ACTIVE", "ACTIVE")

    monkeypatch.setattr(time, "sleep", finish)
    said: list[str] = []
    deploy(account, package, a_target(), report=said.append)
    assert [line for line in said if "index" in line] == [
        "ru4m-staging-held: DynamoDB builds or deletes an index; at most 30 minutes"
    ]


def test_service_waits_for_an_index_that_the_change_of_data_begins(
    account: FakeAccount, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = account.formation.execute_change_set

    def begin(**given: Any) -> Any:
        if given["StackName"] == DATA:
            account.dynamodb.tables["ru4m-staging-held"] = a_described("CREATING")
        return execute(**given)

    def finish(_: float) -> None:
        assert (DATA in account.formation.executed, SERVICE in account.formation.executed) == (True, False)
        account.dynamodb.tables["ru4m-staging-held"] = a_described("ACTIVE")

    monkeypatch.setattr(account.formation, "execute_change_set", begin)
    monkeypatch.setattr(time, "sleep", finish)
    said: list[str] = []
    deploy(account, package, a_target(), report=said.append)
    assert len([line for line in said if "builds or deletes an index" in line]) == 1


def test_deployment_that_changes_two_indexes_changes_nothing(account: FakeAccount, package: Package) -> None:
    account.formation.status[DATA] = "UPDATE_COMPLETE"
    account.formation.templates[DATA] = a_table(OLD, "one")
    with pytest.raises(IndexesRefused):
        deploy(account, package, a_target(), report=lambda _: None)
    assert not account.formation.executed


def test_index_that_is_not_finished_in_time_stops_the_deployment(
    account: FakeAccount, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.dynamodb.tables["ru4m-staging-held"] = a_described("CREATING")
    monkeypatch.setattr(indexes, "_LEAST", -1)
    with pytest.raises(IndexNotBuilt, match="ru4m-staging-held: DynamoDB has not finished the index index0"):
        deploy(account, package, a_target(), report=lambda _: None)
    assert SERVICE not in account.formation.executed


@pytest.mark.parametrize(
    ("items", "size", "minutes"),
    [(0, 0, 30), (60_000_000, 1, 30 + 1000), (1, 60_000_000 * 1024, 30 + 1000)],
)
def test_time_limit_follows_from_the_items_and_the_size_of_the_largest_table(
    account: FakeAccount, items: int, size: int, minutes: int
) -> None:
    assert indexes.seconds_to_build(account, "staging") == 0  # no tables yet
    account.dynamodb.tables["ru4m-staging-keys"] = a_described()
    account.dynamodb.tables["ru4m-staging-held"] = a_described("ACTIVE", items=items, size=size)
    assert round(indexes.seconds_to_build(account, "staging") / 60) == minutes
