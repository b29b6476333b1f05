"""Tests that a deployment which failed can be repeated, and that no release replaces a resource with data."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from botocore.session import get_session

from infra.build import Package
from infra.deployment import mistakes, replacement
from infra.deployment.preflight import stack_checks
from infra.deployment.replacement import ReplacementRefused
from infra.deployment.rollout import deploy
from infra.deployment.stacks import StackFailed, Stacks
from tests.infra.fakes import REGION, FakeAccount, FakeCloudFormation
from tests.infra.templates import a_table
from tests.infra.test_deploy import a_target, outputs_of

VAULT, DATA, SERVICE = (f"ru4m-staging-{part}" for part in ("vault", "data", "service"))
FORWARD = {"DisableRollback": True}
MAKE = f"`make deploy STAGE=staging REGION={REGION}`"
IMPORT = f"`make deploy STAGE=staging REGION={REGION} OPTIONS=--import-retained`"


@pytest.fixture
def account() -> FakeAccount:
    return FakeAccount(REGION, formation=FakeCloudFormation(outputs=outputs_of))


def options_of(account: FakeAccount, stack: str) -> dict[str, Any]:
    executed = account.formation.executed[stack]
    return {name: value for name, value in executed.items() if name != "ChangeSetName"}


@pytest.mark.parametrize("failing", [VAULT, DATA])
def test_failed_creation_keeps_its_stack_and_is_continued_by_the_next_deployment(
    account: FakeAccount, package: Package, failing: str
) -> None:
    formation = account.formation
    formation.fails = {failing}
    with pytest.raises(StackFailed, match="CREATE_FAILED") as failure:
        deploy(account, package, a_target(), report=lambda _: None)
    assert options_of(account, failing) == FORWARD
    assert failing not in formation.protected
    assert f"Correct the cause, and run {MAKE}." in mistakes.explain(failure.value)

    with pytest.raises(StackFailed, match="UPDATE_FAILED"):  # the cause is still there
        deploy(account, package, a_target(), report=lambda _: None)
    assert formation.executed[failing]["DisableRollback"] is True
    assert not any("deleted" in request for request in formation.asked)

    formation.fails = set()
    formation.asked.clear()  # the template is a corrected one
    deploy(account, package, a_target(), report=lambda _: None)
    assert options_of(account, failing) == FORWARD
    assert formation.status[failing] == "UPDATE_COMPLETE"
    assert not any("deleted" in request for request in formation.asked)


def test_stopped_stack_is_retried_if_the_change_set_is_empty(account: FakeAccount) -> None:
    account.formation.status[DATA] = "CREATE_FAILED"
    account.formation.refusal = "The submitted information didn't contain changes."
    Stacks(account).advance(DATA, "https://bucket.example/data.json", {"Stage": "staging"})
    assert account.formation.status[DATA] == "UPDATE_COMPLETE"
    assert account.formation.executed[DATA]["DisableRollback"] is True


def test_only_keys_and_data_are_protected_and_go_forward(account: FakeAccount, package: Package) -> None:
    deploy(account, package, a_target(), report=lambda _: None)
    assert account.formation.protected == {VAULT, DATA}
    assert options_of(account, SERVICE) == {}  # it is rolled back to the version that ran


def test_service_whose_creation_stopped_is_created_again(account: FakeAccount, package: Package) -> None:
    account.formation.status[SERVICE] = "CREATE_FAILED"
    deploy(account, package, a_target(), report=lambda _: None)
    *_, deleted, made = account.formation.asked
    assert (deleted["deleted"], made["ChangeSetType"]) == (SERVICE, "CREATE")


def a_change(replaces: str, *properties: str, action: str = "Modify") -> dict[str, Any]:
    details = [
        {"Target": {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Conditionally"}}
        for name in properties
    ]
    harmless = {"Attribute": "Properties", "Name": "GlobalSecondaryIndexes", "RequiresRecreation": "Never"}
    return {
        "Action": action,
        "LogicalResourceId": "HeldTable",
        "ResourceType": "AWS::DynamoDB::Table",
        "Replacement": replaces,
        "Details": [*details, {"Target": harmless}],
    }


@pytest.mark.parametrize("stack", [VAULT, DATA])
@pytest.mark.parametrize(("replaces", "may"), [("True", "would be"), ("Conditional", "may be")])
def test_replacement_of_keys_or_data_is_refused_before_it_is_executed(
    account: FakeAccount, package: Package, stack: str, replaces: str, may: str
) -> None:
    deploy(account, package, a_target(), report=lambda _: None)
    account.formation.executed.clear()
    account.formation.asked.clear()
    account.formation.changes, account.formation.changes_of = [a_change(replaces, "KeySchema")], {stack}
    with pytest.raises(ReplacementRefused, match=rf"{stack}: .*HeldTable .* {may} replaced \(KeySchema\)"):
        deploy(account, package, a_target(periods="export=P3D"), report=lambda _: None)
    assert stack not in account.formation.executed
    assert SERVICE not in account.formation.executed
    assert account.formation.change_sets == set()


def test_replacement_is_found_on_every_page_of_changes(account: FakeAccount, package: Package) -> None:
    account.formation.changes = [a_change("False"), a_change("True", "KeySchema")]
    account.formation.changes_of = {DATA}
    with pytest.raises(ReplacementRefused):
        deploy(account, package, a_target(), report=lambda _: None)
    assert DATA not in account.formation.executed


@pytest.mark.parametrize("refusal", ["The submitted information didn't contain changes.", "no such property"])
def test_change_set_that_is_not_executed_is_deleted(account: FakeAccount, refusal: str) -> None:
    account.formation.status[DATA] = "UPDATE_COMPLETE"
    account.formation.refusal = refusal
    with nullcontext() if "contain" in refusal else pytest.raises(StackFailed, match="change set refused"):
        Stacks(account).advance(DATA, "https://bucket.example/data.json", {"Stage": "staging"})
    assert account.formation.change_sets == set()


OLD = {"pk": "S", "live": "S"}


@pytest.mark.parametrize(
    ("wanted", "properties"),
    [
        (OLD | {"due": "S"}, ["AttributeDefinitions"]),
        ({"pk": "S"}, ["AttributeDefinitions"]),  # with its index
    ],
)
def test_attributes_may_be_added_and_removed_with_an_index(
    wanted: dict[str, str], properties: list[str]
) -> None:
    replacement.check(DATA, [a_change("Conditional", *properties)], a_table(OLD), a_table(wanted))


@pytest.mark.parametrize(
    ("replaces", "wanted", "properties"),
    [
        ("Conditional", OLD | {"live": "N"}, ["AttributeDefinitions"]),
        ("Conditional", OLD | {"due": "S"}, ["AttributeDefinitions", "KeySchema"]),
        ("Conditional", OLD, []),
        ("True", OLD | {"due": "S"}, ["AttributeDefinitions"]),
    ],
)
def test_every_other_possible_replacement_is_refused(
    replaces: str, wanted: dict[str, str], properties: list[str]
) -> None:
    with pytest.raises(ReplacementRefused):
        replacement.check(DATA, [a_change(replaces, *properties)], a_table(OLD), a_table(wanted))


def test_changes_without_replacement_are_accepted() -> None:
    replacement.check(DATA, [a_change("False"), a_change("", action="Add")], a_table(OLD), a_table(OLD))


def aws(command: str, stack: str) -> str:
    return f"`aws cloudformation {command} --stack-name {stack} --region {REGION}`"


STATES = {
    (DATA, "CREATE_FAILED"): ("warning", f"{MAKE} continues it"),
    (VAULT, "UPDATE_FAILED"): ("warning", f"{MAKE} continues it"),
    (SERVICE, "CREATE_FAILED"): ("warning", f"{MAKE} deletes this stack and creates it again"),
    (SERVICE, "ROLLBACK_COMPLETE"): ("warning", f"{MAKE} deletes this stack and creates it again"),
    (DATA, "ROLLBACK_COMPLETE"): ("warning", f"{MAKE} deletes this stack and creates it again"),
    (VAULT, "ROLLBACK_FAILED"): ("warning", f"{MAKE} deletes this stack and creates it again"),
    (DATA, "REVIEW_IN_PROGRESS"): ("warning", f"{MAKE} creates it with a new change set"),
    (SERVICE, "UPDATE_FAILED"): ("refused", aws("rollback-stack", SERVICE)),
    (DATA, "UPDATE_ROLLBACK_FAILED"): ("refused", aws("continue-update-rollback", DATA)),
    (SERVICE, "DELETE_FAILED"): ("refused", aws("delete-stack", SERVICE)),
    (VAULT, "UPDATE_IN_PROGRESS"): ("refused", "Wait until that deployment has ended"),
    (DATA, "IMPORT_ROLLBACK_FAILED"): ("refused", f"{IMPORT} deletes this stack"),
    (SERVICE, "IMPORT_ROLLBACK_FAILED"): ("refused", aws("delete-stack", SERVICE)),
}
COMPLETE = {
    "CREATE_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE", "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
}  # fmt: skip


@pytest.mark.parametrize(("stack", "state"), STATES)
def test_unfinished_stack_has_one_line_with_the_command_that_goes_on(
    account: FakeAccount, stack: str, state: str
) -> None:
    severity, command = STATES[stack, state]
    account.formation.status[stack] = state
    found, last = stack_checks.stacks(account, a_target())
    assert (found.severity, last.severity) == (severity, "ok")
    assert str(found).count("\n") == 0
    assert stack in found.text
    assert f"({state})" in found.text
    assert command in found.remedy


def test_stack_that_was_complete_loses_its_protection_before_it_is_imported_again(
    account: FakeAccount,
) -> None:
    account.formation.status[VAULT] = "IMPORT_ROLLBACK_FAILED"
    account.formation.protected = {VAULT}
    found, _ = stack_checks.stacks(account, a_target())
    off = "update-termination-protection --no-enable-termination-protection"
    assert found.remedy.startswith(f"Run {aws(off, VAULT)}. Then {IMPORT} deletes this stack")


def states() -> list[str]:
    """The states of a stack that the API of CloudFormation documents."""
    listed = get_session().get_service_model("cloudformation").shape_for("StackStatus").enum
    return [state for state in listed if state != "DELETE_COMPLETE"]  # a deleted stack has no name any more


@pytest.mark.parametrize("state", states())
@pytest.mark.parametrize("stack", [VAULT, DATA, SERVICE])
def test_every_documented_state_is_complete_or_has_a_line(
    account: FakeAccount, stack: str, state: str
) -> None:
    account.formation.status[stack] = state
    *found, _ = stack_checks.stacks(account, a_target())
    assert len(found) == (0 if state in COMPLETE else 1)


@pytest.mark.parametrize("state", sorted(COMPLETE))
def test_complete_stack_needs_nothing(account: FakeAccount, state: str) -> None:
    account.formation.status |= dict.fromkeys((VAULT, DATA, SERVICE), state)
    (found,) = stack_checks.stacks(account, a_target())
    assert found.text == "of this stage: vault, data, service"
