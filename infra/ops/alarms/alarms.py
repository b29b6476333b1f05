"""`python -m infra.ops alarms`: the alarms of a stage and their receivers; docs/runbook.md explains each."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.table import Table

from infra.deployment import alarms, receivers
from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Stacks, stack_name
from infra.ops.operator_console import confirm_unless, emit
from infra.ops.options import Endpoint, Region, Stage, Yes
from infra.ops.refused import NOT_IN_ORDER, CommandRefused
from infra.template.alarm_table import ALARMS, COMPOSITE

app = typer.Typer(help="Alarms: their states, and whether their receivers work.")

_CONFIRMED = "A receiver of alarms is confirmed. `alarms test` shows that it gets a notification."
_REMEDY = (
    "is confirmed: open the link in AWS's mail, or deploy with --alarm-email ADDRESS to get another one."
)
_BREAKS = {row.name: row.breaks for row in ALARMS}


class NotTestable(CommandRefused):
    """The state of the alarm cannot be set."""


@app.command("list")
def list_alarms(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List all alarms, those in ALARM first. Exit status 3: at least one is."""
    found = alarms.states(AwsAccount(region, endpoint), stage)
    table = Table(title=f"{sum(one.state == 'ALARM' for one in found)} of {len(found)} in ALARM")
    for name in ("alarm", "state", "since", "promise", "runbook"):
        table.add_column(name, no_wrap=name == "alarm")
    for one in found:
        since = one.since.strftime("%Y-%m-%d %H:%M")
        table.add_row(one.name, one.state, since, _BREAKS.get(one.name, ""), f"docs/runbook.md#{one.name}")
    items = [
        {
            "name": one.name,
            "state": one.state,
            "since": one.since.isoformat(),
            "promise": _BREAKS.get(one.name, ""),
        }
        for one in found
    ]
    emit({"items": items}, table)
    sys.exit(NOT_IN_ORDER if any(one.state == "ALARM" for one in found) else 0)


def _known(name: str) -> str:
    if name != COMPOSITE and name not in _BREAKS:
        raise typer.BadParameter("no alarm has this name; `alarms list` shows them")
    return name


@app.command("test")
def notify_receivers(
    name: Annotated[str, typer.Argument(help="name of the alarm, as in the list", callback=_known)],
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
    *,
    yes: Yes = False,
) -> None:
    """Set an alarm to ALARM, so that its receivers get a notification. CloudWatch sets it back."""
    account = AwsAccount(region, endpoint)
    if name == COMPOSITE:
        raise NotTestable("CloudWatch does not set a composite back; test one of its alarms")
    confirm_unless(yes, f"Notify the receivers of alarms of {stage} that {name} is tested?")
    account.client("cloudwatch").set_alarm_state(
        AlarmName=alarms.prefix(stage) + name,
        StateValue="ALARM",
        StateReason="TEST by an operator (ops alarms test). Nothing is wrong.",
    )
    emit(
        {"name": name, "state": "ALARM"},
        f"{name} is in ALARM. Each receiver gets the reason 'TEST by an operator'.",
        "CloudWatch sets the state back when it judges the alarm next. CloudTrail records this call.",
    )


@app.command()
def check(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Check that a receiver confirmed its subscription. Exit status 3: none did."""
    account = AwsAccount(region, endpoint)
    given = Stacks(account, lambda _: None).parameters(stack_name(stage, "service"))
    other = given.get("OtherAlarmTopic", "")
    topic = receivers.topic_of(account, stage)
    confirmed = receivers.is_confirmed(account, topic, *filter(None, [other]))
    emit({"confirmed": confirmed}, _CONFIRMED if confirmed else f"No receiver of alarms of {stage} {_REMEDY}")
    sys.exit(0 if confirmed else NOT_IN_ORDER)
