"""CloudFormation stacks, changed by change sets: every change is listed before it is made.

`deploy` is for the service: CloudFormation sets back what failed. `advance` is for keys and data: a change
that fails stops where it is, and the next deployment continues it (ADR 74).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from infra.deployment.account import AwsAccount, AwsClient
from infra.ops.refused import CommandRefused

_MAKES_ROLES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
_NOTHING_TO_DO = ("didn't contain changes", "No updates are to be performed", "did not contain changes")
_DEADLINE = 1800  # seconds; a new table or API takes minutes on AWS
_PAUSE, _PAUSE_ON_EMULATOR = 5.0, 0.1  # seconds between two polls
_GONE = {"REVIEW_IN_PROGRESS", "DELETE_COMPLETE"}
# A creation that was rolled back leaves a stack that can only be deleted. What its template retains stays.
STILLBORN = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}
# A change that stopped where it failed; the next change set continues it.
STOPPED = {"CREATE_FAILED", "UPDATE_FAILED"}
# An import that CloudFormation could not take back: no change set is accepted, and the stack can be deleted.
STUCK_IMPORT = "IMPORT_ROLLBACK_FAILED"
# States of resources that are listed and do not belong to the stack. What it failed to delete does.
_NOT_OWNED = {
    "CREATE_FAILED",
    "DELETE_COMPLETE",
    "DELETE_SKIPPED",
    "IMPORT_FAILED",
    "IMPORT_ROLLBACK_COMPLETE",
}

Report = Callable[[str], None]
Change = dict[str, Any]


def _say_nothing(_: str) -> None:
    """Report nothing, where nothing is changed."""


def _accept(_: list[Change]) -> None:
    """Accept every change."""


def stack_name(stage: str, part: str) -> str:
    """Return the name of a stack, like `ru4m-staging-data`."""
    return f"ru4m-{stage}-{part}"


def deploy_command(stage: str, region: str) -> str:
    """Return the command that deploys a stage, as operators read it."""
    return f"`make deploy STAGE={stage} REGION={region}`"


def import_command(stage: str, region: str) -> str:
    """Return the command that imports what exists without its stack (`retained`), as operators read it."""
    return f"`make deploy STAGE={stage} REGION={region} OPTIONS=--import-retained`"


class StackFailed(CommandRefused):
    """A stack operation failed; `events` says what failed and why, and `command` what continues it."""

    def __init__(self, stack: str, status: str, events: list[str]) -> None:
        super().__init__(f"{stack}: {status}")
        self.events = events
        self.command = "it again"


@contextmanager
def _continued_by(command: str) -> Iterator[None]:
    """Name the command that continues what fails."""
    try:
        yield
    except StackFailed as failure:
        failure.command = command
        raise


@dataclass(frozen=True)
class Stacks:
    """The stacks of one account."""

    account: AwsAccount
    report: Report = _say_nothing

    @property
    def _api(self) -> AwsClient:
        return self.account.client("cloudformation")

    def deploy(self, name: str, template_url: str, parameters: dict[str, str]) -> dict[str, str]:
        """Create or update a stack and wait; return its outputs.

        Raises:
            StackFailed: it was rolled back, or the change set was refused.
        """
        hopeless = STILLBORN | {"CREATE_FAILED"}
        return self._change(name, self._request(name, template_url, parameters, hopeless))

    def advance(
        self,
        name: str,
        template_url: str,
        parameters: dict[str, str],
        check: Callable[[list[Change]], None] = _accept,
        seconds: float = 0.0,
    ) -> dict[str, str]:
        """Create or update a stack whose resources are retained, and wait; return its outputs.

        Nothing is rolled back: a rollback would leave the retained resources without a stack. The stack gets
        termination protection.

        Args:
            name: of the stack.
            template_url: of the new template.
            parameters: of the new template.
            check: refuses changes, before any is made, by raising an error.
            seconds: how long the changes may take, if that is more than half an hour.

        Raises:
            StackFailed: it stopped at a failure, or the change set was refused.
        """
        request = self._request(name, template_url, parameters, STILLBORN)
        with _continued_by(deploy_command(parameters["Stage"], self.account.region)):
            self._change(name, request, check, seconds, DisableRollback=True)
            if self.status(name) in STOPPED:  # the change set was empty: no other template was given
                self._retry(name, request, seconds)
        if not self.is_protected(name):
            self._api.update_termination_protection(StackName=name, EnableTerminationProtection=True)
        return self.outputs(name)

    def _retry(self, name: str, request: dict[str, Any], seconds: float) -> None:
        """Create and update what failed, without another template."""
        kept = {key: value for key, value in request.items() if key != "ChangeSetType"}
        started = time.time()
        self._api.update_stack(StackName=name, Capabilities=_MAKES_ROLES, DisableRollback=True, **kept)
        self._wait(name, "UPDATE", started, seconds=seconds)

    def import_resources(
        self, name: str, template: str, parameters: dict[str, str], resources: list[dict[str, Any]]
    ) -> None:
        """Bring resources that exist into a stack, which is created if there is none.

        Args:
            name: of the stack.
            template: has these resources and those of the stack, and no other.
            parameters: of the template.
            resources: type, logical id and identifier of each, as CloudFormation reads them.

        Raises:
            StackFailed: a resource could not be imported, or the change set was refused.
        """
        request = {
            "ChangeSetType": "IMPORT",
            "TemplateBody": template,
            "Parameters": _listed(parameters),
            "ResourcesToImport": resources,
        }
        with _continued_by(import_command(parameters["Stage"], self.account.region)):
            self._change(name, request)

    def _request(
        self, name: str, template_url: str, parameters: dict[str, str], hopeless: set[str]
    ) -> dict[str, Any]:
        """The request of a change set; a stack with a hopeless status is deleted first."""
        status = self.status(name)
        if status in hopeless:
            self.delete(name)
            status = None
        return {
            "ChangeSetType": "UPDATE" if status else "CREATE",
            "TemplateURL": template_url,
            "Parameters": _listed(parameters),
        }

    def reconfigure(self, name: str, changes: dict[str, str]) -> dict[str, str]:
        """Change parameters of an existing stack, keeping its template and code.

        Raises:
            StackFailed: it was rolled back, or the change set was refused.
        """
        kept = [
            {"ParameterKey": key, "UsePreviousValue": True}
            for key in self.parameters(name)
            if key not in changes
        ]
        request = {
            "ChangeSetType": "UPDATE",
            "UsePreviousTemplate": True,
            "Parameters": [*kept, *_listed(changes)],
        }
        return self._change(name, request)

    def _change(
        self,
        name: str,
        request: dict[str, Any],
        check: Callable[[list[Change]], None] = _accept,
        seconds: float = 0.0,
        **execution: bool,
    ) -> dict[str, str]:
        started = time.time()
        if self._execute_changes(name, request, check, execution):
            self._wait(name, request["ChangeSetType"], started, seconds=seconds)
        return self.outputs(name)

    def outputs(self, name: str) -> dict[str, str]:
        """Return the outputs of a stack."""
        stack = self._api.describe_stacks(StackName=name)["Stacks"][0]
        return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}

    def parameters(self, name: str) -> dict[str, str]:
        """Return the parameters of a stack; none if it does not exist."""
        held = (self._found(name) or {}).get("Parameters", ())
        return {p["ParameterKey"]: p["ParameterValue"] for p in held}

    def parameter_of_all(self, parameter: str) -> dict[str, str]:
        """The value of a parameter by the name of each stack of the account and region that has it."""
        return {
            stack["StackName"]: held["ParameterValue"]
            for stack in self.account.listed("cloudformation", "describe_stacks", "Stacks")
            for held in stack.get("Parameters", [])
            if held["ParameterKey"] == parameter and stack["StackStatus"] not in _GONE
        }

    def status(self, name: str) -> str | None:
        """Return the status of a stack; None if it does not exist, or if no change set created it yet."""
        found = self._found(name)
        return found["StackStatus"] if found else None

    def is_complete(self, name: str) -> bool:
        """Return whether a stack has all that its template declares, and nothing changes it now."""
        state = self.status(name) or ""
        return state.endswith("_COMPLETE") and state not in STILLBORN

    def is_protected(self, name: str) -> bool:
        """Return whether a stack has termination protection, which `advance` sets once it is complete."""
        return bool((self._found(name) or {}).get("EnableTerminationProtection"))

    def is_in_review(self, name: str) -> bool:
        """Return whether a change set would create this stack and was never executed."""
        return (self._described(name) or {}).get("StackStatus") == "REVIEW_IN_PROGRESS"

    def template(self, name: str) -> dict[str, Any]:
        """Return the template of a stack; without resources if there is no stack."""
        if not self._found(name):
            return {"Resources": {}}
        body: dict[str, Any] = self._api.get_template(StackName=name)["TemplateBody"]
        return body

    def resources(self, name: str) -> set[str]:
        """Return the logical ids of what a stack has, without what it failed to create or import."""
        if self.status(name) in {None, *STILLBORN}:
            return set()
        listed = self.summaries(name)
        return {one["LogicalResourceId"] for one in listed if one["ResourceStatus"] not in _NOT_OWNED}

    def summaries(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield what CloudFormation lists of each resource of a stack."""
        return self.account.listed(
            "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=name
        )

    def delete(self, name: str) -> None:
        """Delete a stack and wait; resources that the template retains stay.

        Raises:
            StackFailed: a resource could not be deleted.
        """
        api = self._api
        stack = api.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        started = time.time()
        api.delete_stack(StackName=name)
        self._wait(name, "DELETE", started, waits_for=stack)

    def _execute_changes(
        self,
        name: str,
        request: dict[str, Any],
        check: Callable[[list[Change]], None],
        execution: dict[str, bool],
    ) -> bool:
        """Create and execute a change set; return False if it contains no changes."""
        api, change_set = self._api, f"deploy-{time.time_ns()}"
        api.create_change_set(StackName=name, ChangeSetName=change_set, Capabilities=_MAKES_ROLES, **request)
        try:
            api.get_waiter("change_set_create_complete").wait(
                StackName=name, ChangeSetName=change_set, WaiterConfig=self._polls()
            )
        except WaiterError as error:
            reason = error.last_response.get("StatusReason") or str(error)
            api.delete_change_set(StackName=name, ChangeSetName=change_set)
            if any(words in reason for words in _NOTHING_TO_DO):
                self.report(f"{name}: unchanged")
                return False
            raise StackFailed(name, "change set refused", [reason]) from None
        place = {"StackName": name, "ChangeSetName": change_set}
        listed = self.account.listed("cloudformation", "describe_change_set", "Changes", **place)
        changes = [one["ResourceChange"] for one in listed]
        try:
            check(changes)
        except CommandRefused:
            api.delete_change_set(StackName=name, ChangeSetName=change_set)
            raise
        for line in map(_line, changes):
            self.report(f"{name}: {line}")
        api.execute_change_set(StackName=name, ChangeSetName=change_set, **execution)
        return True

    def _wait(
        self,
        name: str,
        operation: str,
        started: float,
        waits_for: str | None = None,
        seconds: float = 0.0,
    ) -> None:
        """Wait until a CREATE, UPDATE or DELETE is complete; a deleted stack has only its ARN left."""
        api, stack = self._api, waits_for or name
        try:
            waiter = api.get_waiter(f"stack_{operation.lower()}_complete")
            waiter.wait(StackName=stack, WaiterConfig=self._polls(seconds))
        except WaiterError as error:
            raise StackFailed(name, _last_status(error), _failures(api, stack, started)) from None
        self.report(f"{name}: {operation}_COMPLETE")

    def _polls(self, seconds: float = 0.0) -> dict[str, float]:
        """How often and how long a waiter polls; an emulator finishes within a second."""
        pause = _PAUSE_ON_EMULATOR if self.account.endpoint else _PAUSE
        return {"Delay": pause, "MaxAttempts": max(seconds, _DEADLINE) // pause}

    def _found(self, name: str) -> dict[str, Any] | None:
        """Describe a stack; None if it does not exist, or if no change set created it yet."""
        found = self._described(name)
        return None if found is None or found["StackStatus"] in _GONE else found

    def _described(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._api.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return found


def _listed(parameters: dict[str, str]) -> list[dict[str, Any]]:
    return [{"ParameterKey": k, "ParameterValue": v} for k, v in sorted(parameters.items())]


def _last_status(error: WaiterError) -> str:
    """What a waiter saw last: the status of the stack, or why that could not be read."""
    if not (stacks := error.last_response.get("Stacks")):
        return str(error)
    status: str = stacks[0]["StackStatus"]
    return f"not finished in time ({status})" if status.endswith("_IN_PROGRESS") else status


def _line(change: Change) -> str:
    replaced = " (replaced)" if change.get("Replacement") == "True" else ""
    return f"{change['Action'].lower()} {change['LogicalResourceId']} [{change['ResourceType']}]{replaced}"


def _failures(api: AwsClient, name: str, started: float) -> list[str]:
    events = api.describe_stack_events(StackName=name)["StackEvents"]
    return [
        f"{e['LogicalResourceId']} {e['ResourceStatus']}: {e.get('ResourceStatusReason', '')}"
        for e in reversed(events)
        if "FAILED" in e["ResourceStatus"] and e["Timestamp"].timestamp() >= started - 1
    ]
