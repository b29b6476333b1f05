"""A local cloud whose alarms are watched: its metrics are forwarded, and commands run as operators."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from typer.testing import CliRunner

from infra.deployment import alarms
from infra.deployment.account import AwsAccount
from infra.local.cloud import STAGE, LocalCloud
from infra.local.emf import Forwarder
from infra.local.waiting import until
from infra.ops.__main__ import app
from infra.template.alarm_table import ALARMS, COMPOSITE
from tests.support.runbook import SECTIONS, ops_commands

BROKEN = frozenset(row.name for row in ALARMS if row.breaks)


@dataclass
class AlarmedCloud:
    """A cloud, and what operators of it see and do."""

    cloud: LocalCloud
    operators: dict[str, AwsAccount]  # by name, each with a policy of the template
    _forwarder: Forwarder = field(init=False)

    def __post_init__(self) -> None:
        self._forwarder = Forwarder(self.cloud.account)

    def states(self) -> dict[str, str]:
        """Return the state of each alarm, after all metrics in the logs were forwarded."""
        self._forwarder.forward()
        return {one.name: one.state for one in alarms.states(self.cloud.account, STAGE)}

    def firing(self) -> set[str]:
        """Return the alarms in ALARM that mean a broken promise, and the composite if it is."""
        return {name for name, state in self.states().items() if state == "ALARM"} & (BROKEN | {COMPOSITE})

    def wait_until_firing(self, *names: str) -> None:
        """Wait until exactly these alarms on broken promises are in ALARM, with the composite, or none."""
        expected = {*names, COMPOSITE} if names else set[str]()
        until(lambda: self.firing() == expected, f"{', '.join(names) or 'no alarm'} to fire", 60.0)

    def ops(self, operator: str, *words: str) -> Any:
        """Run a command of operations as an operator, who confirms it."""
        account = self.operators[operator]
        os.environ.update(
            AWS_ACCESS_KEY_ID=str(account.access_key), AWS_SECRET_ACCESS_KEY=str(account.secret_key)
        )
        place = ("--stage", STAGE, "--region", account.region, "--endpoint-url", str(account.endpoint))
        return CliRunner().invoke(app, [*words, *place], input="y\n")

    def ops_succeeds(self, operator: str, *words: str) -> str:
        """Run a command that must end with status 0, and return its output."""
        done = self.ops(operator, *words)
        assert done.exit_code == 0, done.output
        return str(done.output)

    def follow_remedy(self, operator: str, alarm: str) -> str:
        """Run the commands that the runbook's remedy of an alarm has, as it stands; return their output."""
        commands = list(ops_commands(SECTIONS[alarm]["Remedy"]))
        assert commands
        return "\n".join(self.ops_succeeds(operator, *one.split()) for one in commands)


def with_operators(cloud: LocalCloud, policies: dict[str, str]) -> dict[str, AwsAccount]:
    """Create IAM users, each with the policy that an output of the stack names; root too."""
    iam, found = cloud.account.client("iam"), {"root": cloud.account}
    for name, output in policies.items():
        iam.create_user(UserName=name)
        iam.attach_user_policy(UserName=name, PolicyArn=cloud.deployment.outputs[output])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        found[name] = AwsAccount(
            cloud.account.region, cloud.account.endpoint, key["AccessKeyId"], key["SecretAccessKey"]
        )
    return found
