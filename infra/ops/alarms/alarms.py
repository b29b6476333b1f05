"""`python -m infra.ops alarms`: the alarms of a stage and their receivers; docs/runbook.md explains each."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
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
from infra.template.alarm_rows import AlarmSeverity
from infra.template.alarm_table import ALARMS, COMPOSITE
from infra.template.alarms import RUNBOOK, read_runbook

app = typer.Typer(name="alarms", help="Alarms: their states, and whether their receivers work.")

_CONFIRMED = "A receiver of alarms is confirmed. `alarms test` shows that it gets a notification."
_REMEDY = (
    "is confirmed: open the link in AWS's mail, or deploy with --alarm-email ADDRESS to get another one."
)
_ROWS = {row.name: row for row in ALARMS}
_STATES = ("ALARM", "INSUFFICIENT_DATA", "OK")


class NotTestable(CommandRefused):
    """The state of the alarm cannot be set."""


@stage_command(app, "list")
def list_alarms(deployed: DeployedStage) -> None:
    """List all alarms: those in ALARM first, by severity, then by promise. Exit status 3: one is in ALARM."""
    found = _listed(alarms.states(*deployed))
    firing = sum(one.state == "ALARM" for one in found)
    columns = ("alarm", "severity", "state", "since", "promise", "meaning")
    table = table_of(f"{firing} of {len(found)} in ALARM", columns, map(_row, found))
    emit({"items": list(map(asdict, found))}, table, "docs/runbook.md has the remedy of each.")
    sys.exit(NOT_IN_ORDER if firing else 0)


@dataclass(frozen=True)
class _ListedAlarm:
    """An alarm as the list shows it; `promise` is each promise that is broken while it is in ALARM."""

    name: str
    severity: AlarmSeverity
    state: str
    since: str
    promise: str
    meaning: str  # the first sentence of its section
    needs: str  # the roles of its section


def _row(one: _ListedAlarm) -> Sequence[object]:
    since, meaning = local_time(one.since), f"{one.meaning}. Needs: {one.needs}"
    is_explained = one.needs and one.state != "OK"
    return one.name, one.severity, one.state, since, one.promise, meaning if is_explained else ""


def _listed(found: Iterable[FoundAlarm]) -> list[_ListedAlarm]:
    """The most urgent first. The composite has the promises, and the severity, of the alarms that fire."""
    states, urgency, runbook = list(found), list(AlarmSeverity).index, read_runbook(RUNBOOK)
    firing = {one.name for one in states if one.state == "ALARM"}
    broken = [row for row in ALARMS if row.breaks and row.name in firing]
    promises = ", ".join(sorted({row.breaks for row in broken}))
    gravest = min((row.severity for row in broken), key=urgency, default=AlarmSeverity.TODAY)

    def listed(one: FoundAlarm) -> _ListedAlarm:
        row, is_composite = _ROWS.get(one.name), one.name == COMPOSITE  # another release has other alarms
        of_row = (row.severity, row.breaks) if row else (AlarmSeverity.TODAY, "")
        severity, promise = (gravest, promises) if is_composite else of_row
        section = runbook.get(row.section if row else one.name, {})
        meaning = section.get("Meaning", "").partition(". ")[0].removesuffix(".")
        needs, since = section.get("Needs", "").removesuffix("."), one.since.isoformat()
        return _ListedAlarm(
            one.name, severity, one.state, since, promise, meaning, needs[:1].lower() + needs[1:]
        )

    def order(one: _ListedAlarm) -> tuple[object, ...]:
        return (
            _STATES.index(one.state), urgency(one.severity), not one.promise, one.promise,
            one.name != COMPOSITE, one.name,
        )  # fmt: skip

    return sorted(map(listed, states), key=order)


def _known(name: str) -> str:
    if name != COMPOSITE and name not in _ROWS:
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
