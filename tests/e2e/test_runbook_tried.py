"""Tries the commands of docs/runbook.md, each under the role that its section names (ADR 95)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from chalicelib.core import clock
from infra.deployment.account import AwsAccount
from infra.local.cloud import STAGE, LocalCloud
from infra.ops.__main__ import app
from infra.ops.profiles import OperatorRole, sign_in
from infra.ops.refusals import DENIED
from tests.infra.test_ops_commands import ALL, word_for
from tests.support import runbook
from tests.support.runbook import ADMINISTRATOR, PAGE, TWO, AwsCommand

pytestmark = pytest.mark.proof

# Runs that change what other tests of this cloud find, and what needs the same permissions.
IN_PLACE_OF = {
    "reconcile release": "reconcile run --dry-run",
    "reconcile run": "reconcile run --dry-run",
    "idle-accounts release": "idle-accounts run --dry-run",
    "idle-accounts run": "idle-accounts run --dry-run",
}
PLACEHOLDERS = {
    "ARN": "arn:aws:dynamodb:eu-central-1:000000000000:table/ru4m-local-keys/backup/01489602797149-73d8d5bc",
    "DOMAIN": "local.ru4m.example", "NAME": f"ru4m-{STAGE}-privacy", "TABLE": f"ru4m-{STAGE}-usage",
    "UUID": "00000000-0000-4000-8000-000000000000",
}  # fmt: skip
_A_TEST = "alarms test rights-overdue"


def _tried() -> Iterator[str]:
    """Yield the commands of operations once each; an administrator may run anything."""
    every = {IN_PLACE_OF.get(one, one) for one in runbook.ops_commands(PAGE)}
    for one in sorted(every):
        is_test = one.startswith("alarms test") and one != _A_TEST
        if runbook.role_of(one) != ADMINISTRATOR and not is_test and runbook.name_of(one, ALL):
            yield one


class Tried:
    """The local cloud, with an operator for each role."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._keys = {role: sign_in(cloud.account, "ivana", role) for role in OperatorRole}

    def account(self, role: str) -> AwsAccount:
        here = self._cloud.account
        return AwsAccount(here.region, here.endpoint, *self._keys[OperatorRole(role)])

    def run(self, role: str, command: str, folder: Path) -> str:
        """Run a command with made-up words for what it requires, and return all that it prints."""
        name = runbook.name_of(command, ALL)
        given = [one for one in command.removeprefix(name).split() if not one.isupper()]
        words = [*name.split(), *given]
        for parameter in ALL[name].params:
            is_option = parameter.param_type_name == "option"
            if parameter.name == "yes":
                words.append("--yes")
            elif (
                parameter.required
                and parameter.name not in {"stage", "region"}
                and not (given and not is_option)
            ):
                words += [*([parameter.opts[0]] if is_option else []), word_for(parameter, folder)]
        account = self.account(role)
        place = ("--stage", STAGE, "--region", account.region, "--endpoint-url", str(account.endpoint))
        is_on_stage = any(parameter.name == "stage" for parameter in ALL[name].params)
        keys = {"AWS_ACCESS_KEY_ID": account.access_key, "AWS_SECRET_ACCESS_KEY": account.secret_key}
        done = CliRunner().invoke(
            app, [*words, *(place if is_on_stage else ())], env=keys, input="+381601234567\n"
        )
        assert done.exit_code != 2, done.output  # the words are wrong
        return str(done.output)

    def is_denied(self, role: str, command: AwsCommand) -> bool:
        """Run a command of the AWS CLI; return whether IAM refuses it."""
        client = self.account(role).client(command.service)
        shape = client.meta.service_model.operation_model(command.operation).input_shape
        named = {member.lower(): member for member in (shape.members if shape else ())}
        given: dict[str, Any] = {
            named[option.replace("-", "")]: PLACEHOLDERS.get(value, value.replace("STAGE", STAGE))
            for option, value in command.options.items()
            if option != "since"
        }
        if command.operation == "GetMetricData":
            given = {"MetricDataQueries": [], "StartTime": clock.now(), "EndTime": clock.now()}
        try:
            getattr(client, xform_name(command.operation))(**given)
        except ClientError as error:
            return error.response["Error"]["Code"] in DENIED
        return False


@pytest.fixture(scope="module")
def tried(cloud: LocalCloud) -> Tried:
    return Tried(cloud)


def role_for(command: str) -> str:
    role = runbook.role_of(command)
    return OperatorRole.OPERATOR if role == TWO else role


def is_denied(output: str) -> bool:
    return "AWS denies" in output or "Your role needs" in output or "refused: 403" in output


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("command", list(_tried()))
def test_command_of_the_runbook_is_not_refused_to_its_role(
    command: str, tried: Tried, tmp_path: Path
) -> None:
    output = tried.run(role_for(command), command, tmp_path)
    assert not is_denied(output), output


@pytest.mark.promise("SEC-1")
def test_aws_commands_of_the_runbook_are_not_refused_to_their_roles(tried: Tried) -> None:
    commands = {one.action: one for one in runbook.aws_commands(PAGE)}  # one of each action
    tries = [(OperatorRole.ON_CALL, one) for one in commands.values() if one.reads]
    tries.append((OperatorRole.DEPLOYMENT, commands["lambda:UpdateEventSourceMapping"]))
    # The emulator takes it for GetFunction, which also gives the code.
    assert {one.action for role, one in tries if tried.is_denied(role, one)} == {
        "lambda:GetFunctionRecursionConfig"
    }


@pytest.mark.promise("SEC-1")
def test_person_on_call_reads_the_log_of_each_function(tried: Tried) -> None:
    logs = tried.account(OperatorRole.ON_CALL).client("logs")
    for group in (f"/aws/lambda/ru4m-{STAGE}-sweep_rights", f"/ru4m/{STAGE}/api-access"):
        assert "events" in logs.filter_log_events(logGroupName=group)


@pytest.mark.promise("SEC-1")
def test_commands_of_other_roles_are_refused_to_the_person_on_call(tried: Tried, tmp_path: Path) -> None:
    for command in ("rights list", "ledger verify", "chat-settings diff"):
        assert is_denied(tried.run(OperatorRole.ON_CALL, command, tmp_path))
    deletes, *_ = (one for one in runbook.aws_commands(PAGE) if one.operation == "DeleteBackup")
    assert tried.is_denied(OperatorRole.ON_CALL, deletes)
