"""`python -m infra.ops alarms`: the alarms of a stage and their receivers; docs/runbook.md explains each."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from infra.deployment import alarms, receivers
from infra.deployment.alarms import FoundAlarm
from infra.deployment.stacks import Stacks, stack_name
from infra.ops.cases.tables import local_time, table_of
from infra.ops.commands import DeployedStage, stage_command
from infra.ops.operator_console import confirm_unless, emit
from infra.ops.options import Yes
from infra.ops.refused import NOT_IN_ORDER, CommandRefused
from infra.template.alarm_table import ALARMS, COMPOSITE

app = typer.Typer(name="alarms", help="Alarms: their states, and whether their receivers work.")

_CONFIRMED = "A receiver of alarms is confirmed. `alarms test` shows that it gets a notification."
_REMEDY = (
    "is confirmed: open the link in AWS's mail, or deploy with --alarm-email ADDRESS to get another one."
)
_BREAKS = {row.name: row.breaks for row in ALARMS}
_SECTIONS = {row.name: row.section for row in ALARMS}


class NotTestable(CommandRefused):
    """The state of the alarm cannot be set."""


@stage_command(app, "list")
def list_alarms(deployed: DeployedStage) -> None:
    """List all alarms, those in ALARM first. Exit status 3: at least one is."""
    found = alarms.states(*deployed)
    firing = sum(one.state == "ALARM" for one in found)
    columns = ("alarm", "state", "since", "promise", "runbook")
    table = table_of(f"{firing} of {len(found)} in ALARM", columns, map(_row, found))
    emit({"items": list(map(_item, found))}, table)
    sys.exit(NOT_IN_ORDER if firing else 0)


def _row(one: FoundAlarm) -> Sequence[object]:
    since, runbook = local_time(one.since), f"docs/runbook.md#{_SECTIONS.get(one.name, one.name)}"
    return one.name, one.state, since, _BREAKS.get(one.name, ""), runbook


def _item(one: FoundAlarm) -> dict[str, str]:
    since, promise = one.since.isoformat(), _BREAKS.get(one.name, "")
    return {"name": one.name, "state": one.state, "since": since, "promise": promise}


def _known(name: str) -> str:
    if name != COMPOSITE and name not in _BREAKS:
        raise typer.BadParameter("no alarm has this name; `alarms list` shows them")
    return name


@stage_command(app, "test")
def notify_receivers(
    deployed: DeployedStage,
    name: Annotated[str, typer.Argument(help="name of the alarm, as in the list", callback=_known)],
    *,
    yes: Yes = False,
) -> None:
    """Set an alarm to ALARM, so that its receivers get a notification. CloudWatch sets it back."""
    if name == COMPOSITE:
        raise NotTestable("CloudWatch does not set a composite back; test one of its alarms")
    confirm_unless(yes, f"Notify the receivers of alarms of {deployed.stage} that {name} is tested?")
    deployed.account.client("cloudwatch").set_alarm_state(
        AlarmName=alarms.prefix(deployed.stage) + name,
        StateValue="ALARM",
        StateReason="TEST by an operator (ops alarms test). Nothing is wrong.",
    )
    emit(
        {"name": name, "state": "ALARM"},
        f"{name} is in ALARM. Each receiver gets the reason 'TEST by an operator'.",
        "CloudWatch sets the state back when it judges the alarm next.",
        "CloudTrail keeps this call for 90 days.",
    )


@stage_command(app)
def check(deployed: DeployedStage) -> None:
    """Check that a receiver confirmed its subscription. Exit status 3: none did."""
    account, stage = deployed
    given = Stacks(account).parameters(stack_name(stage, "service"))
    confirmed = receivers.is_confirmed(account, stage, given.get("OtherAlarmTopic", ""))
    emit({"confirmed": confirmed}, _CONFIRMED if confirmed else f"No receiver of alarms of {stage} {_REMEDY}")
    sys.exit(0 if confirmed else NOT_IN_ORDER)
