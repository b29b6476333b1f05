"""Checks of the stacks: their states, what exists without them, and what a release changes of indexes."""

from __future__ import annotations

from collections.abc import Iterator

from infra.deployment import indexes, retained
from infra.deployment.account import AwsAccount
from infra.deployment.findings import DeploymentFinding, ok, refused, warning
from infra.deployment.indexes import IndexesRefused
from infra.deployment.stacks import (
    STILLBORN,
    STOPPED,
    STUCK_IMPORT,
    Stacks,
    deploy_command,
    import_command,
    stack_name,
)
from infra.deployment.target import DeploymentTarget
from infra.template import load


def stacks(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether each stack can be changed now, and what one needs whose last operation failed."""
    found, there = Stacks(account), []
    for part in (*retained.PARTS, "service"):
        name = stack_name(target.stage, part)
        state = found.status(name)
        if state:
            there.append(part)
        elif found.is_in_review(name):
            state = "REVIEW_IN_PROGRESS"
        yield from _unfinished(found, target.stage, part, state or "")
    yield ok("stacks", f"of this stage: {', '.join(there) or 'none yet'}")


def _unfinished(found: Stacks, stage: str, part: str, state: str) -> Iterator[DeploymentFinding]:
    name, region = stack_name(stage, part), found.account.region
    deploy, on_stack = deploy_command(stage, region), f"--stack-name {name} --region {region}"
    if state == "REVIEW_IN_PROGRESS":
        what = f"{name} was never created: its change set was not executed ({state})"
        yield warning("stacks", what, f"{deploy} creates it with a new change set.")
    elif state.endswith("_IN_PROGRESS"):
        yield refused("stacks", f"{name} is changing ({state})", "Wait until that deployment has ended.")
    elif state in STOPPED and part in retained.PARTS:
        what = f"{name} stopped at a failure and is not complete ({state})"
        yield warning("stacks", what, f"Correct the cause in its events; {deploy} continues it.")
    elif state in STILLBORN | {"CREATE_FAILED"}:
        what = f"{name} could not be created ({state})"
        yield warning("stacks", what, f"{deploy} deletes this stack and creates it again.")
    elif state == "UPDATE_FAILED":
        what = f"{name} stopped at a failure ({state})"
        yield refused("stacks", what, f"Run `aws cloudformation rollback-stack {on_stack}`.")
    elif state == "UPDATE_ROLLBACK_FAILED":
        what = f"{name} could not be set back ({state})"
        remedy = f"Correct the cause in its events; `aws cloudformation continue-update-rollback {on_stack}`."
        yield refused("stacks", what, remedy)
    elif state == STUCK_IMPORT and part in retained.PARTS:
        what = f"{name} has an import that could not be taken back ({state})"
        off = f"update-termination-protection --no-enable-termination-protection {on_stack}"
        first = f"Run `aws cloudformation {off}`. Then " if found.is_protected(name) else ""
        remedy = (
            f"{import_command(stage, region)} deletes this stack, retains its resources and imports them."
        )
        yield refused("stacks", what, first + remedy)
    elif state in {"DELETE_FAILED", STUCK_IMPORT}:
        what = f"{name} could not be deleted or set back ({state})"
        remedy = f"Correct the cause in its events; `aws cloudformation delete-stack {on_stack}`."
        yield refused("stacks", what, remedy)


def retained_data(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether keys, secrets, tables or buckets exist without their stack: a deployment meets their names.

    A command that deletes is shown only if the stage holds no data: nothing is in any of them, and there is
    no service, as after a first deployment that failed.
    """
    found = retained.listed(account, target)
    stacks = Stacks(account)
    # Tables of a complete stack may have data that only a key without a stack opens.
    is_new = stacks.status(stack_name(target.stage, "data")) in {None, "CREATE_FAILED", *STILLBORN}
    is_used = bool(stacks.status(stack_name(target.stage, "service")))
    may_delete = is_new and not is_used and not any(one.holds_data for one in found)
    left = [one for one in found if one.takes_name or not (may_delete and one.is_ending)]
    for one in left:
        is_there = "will be deleted by AWS" if one.is_ending else "exists"
        holds = ", holds data" if one.holds_data else ""
        what = f"{one.logical_id} ({one.identifier}) {is_there}{holds}, and stack {one.part} does not have it"
        if one.is_ending:
            remedy = f"Keep it with `{one.keep_command(account.region)}`, and look again"
        else:
            remedy = f"Import all of them with {import_command(target.stage, account.region)}"
        delete = f", or delete this one with `{one.delete_command(account.region)}`" if may_delete else ""
        yield refused("retained data", what, f"{remedy}{delete}.")
    if not left:
        yield ok("retained data", "every key, secret, table and bucket of this stage belongs to its stack")


def changed_indexes(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether the release changes at most one index of each table."""
    try:
        indexes.check(account, target.stage, load("data"))
    except IndexesRefused as refusal:
        first, _, remedy = str(refusal).partition(". ")
        yield refused("indexes", first, remedy)
        return
    yield ok("indexes", "at most one of each table changes")
