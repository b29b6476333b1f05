"""`python -m infra.ops`: commands of operations on a deployed stage."""

from __future__ import annotations

import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from chalicelib.core.table_names import Table
from infra.build import ROOT
from infra.ops import standing_in
from infra.ops.alarms import alarms, chat_settings, logs, queues
from infra.ops.cases import (
    abuse,
    breaches,
    complaints,
    disclosures,
    erasures,
    histories,
    holds,
    inbox,
    invoices,
    recipients,
    stream_cases,
    subjects,
    support,
)
from infra.ops.cases import requests as rights
from infra.ops.commands import DeployedStage, stage_command
from infra.ops.data import gated_jobs, removals, restores, retention, upkeep
from infra.ops.internal_api import InternalApi, api_command
from infra.ops.keys import commands as keys
from infra.ops.operator_console import choose_format, console, emit
from infra.ops.profiles import OperatorRole, apply_local, apply_profile
from infra.ops.refusals import OperatorGroup
from infra.ops.reports import commands as report
from infra.ops.reports import plots as pictures

app = typer.Typer(
    cls=OperatorGroup,
    help=__doc__,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
ledger = typer.Typer(name="ledger", help="The Ledger and its checkpoints.")
_DAILY, _CASES, _ON_CALL = "Each day", "Cases", "On call"
_KEYS, _REPORTS = "Keys, tables and records", "Notices and reports"
for panel, groups in {
    _CASES: (
        subjects.app, subjects.consents, rights.app, erasures.app, abuse.app, complaints.app, disclosures.app,
        breaches.app, holds.app, invoices.app, stream_cases.app, support.app,
    ),
    _ON_CALL: (
        alarms.app, queues.app, upkeep.purge, gated_jobs.reconcile, gated_jobs.idle_accounts,
        chat_settings.app,
    ),
    _KEYS: (ledger, keys.app, removals.app, retention.app, retention.records),
    _REPORTS: (upkeep.notices, recipients.app, report.app),
}.items():  # fmt: skip
    for group in groups:
        app.add_typer(group, rich_help_panel=panel)
api_command(app, "inbox", _DAILY)(inbox.show)
api_command(ledger)(histories.show)
stage_command(app, "logs", _ON_CALL)(logs.show)


@api_command(app, panel=_DAILY)
def desk(api: InternalApi) -> None:
    """Show the same on pages, from a server on this machine, for one browser. Ctrl-C ends it."""
    from infra.ops.desk.server import serve  # it loads all routes

    serve(api)


stage_command(app, "replay-erasures", _KEYS)(restores.replay_restored)
stage_command(app, "switch-tables", _KEYS)(restores.switch_tables)


def version_of_project() -> str:
    """Return the version in pyproject.toml; no package of this name is installed."""
    written = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(written["project"]["version"])


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - the callback of an option
    if wanted:
        console.print(version_of_project())
        raise typer.Exit


@app.callback()
def prepare(
    profile: Annotated[
        str | None, typer.Option(help="table in ~/.config/ru4m/ops.toml with stage and region")
    ] = None,
    operator: Annotated[str, typer.Option("--as", help="with --local: the operator's name")] = "operator",
    role: Annotated[OperatorRole | None, typer.Option(help="with --local: the operator's only role")] = None,
    *,
    local: Annotated[bool, typer.Option("--local", help="use the local cloud that `make run` keeps")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of tables")] = False,
    version: Annotated[  # noqa: ARG001 - its callback ends the program
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Commands of operations on a deployed stage. docs/operations.md walks through the cases."""
    choose_format(as_json=as_json)
    if local:
        apply_local(operator, role)
    else:
        apply_profile(profile)


@stage_command(app, panel=_REPORTS)
def plots(
    deployed: DeployedStage,
    days: Annotated[int, typer.Option(min=1, max=100)] = 30,
    to: Annotated[Path, typer.Option(help="file to write")] = Path("build/usage.svg"),
) -> None:
    """Draw the published figures of usage."""
    table = standing_in.table_names(*deployed)[Table.USAGE]
    found = pictures.published(deployed.account, table, datetime.now(UTC).date(), days)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(pictures.as_svg(found), encoding="utf-8")
    emit({"published_days": len(found), "file": str(to)}, f"{len(found)} published days: {to}")


@stage_command(ledger, "verify")
def verify_chains(
    deployed: DeployedStage,
    chain: Annotated[str | None, typer.Option(help="one chain; default: all changed since --since")] = None,
    since: Annotated[int, typer.Option(min=1, help="number of the first checkpoint to use")] = 1,
) -> None:
    """Verify chains of the Ledger; print errors and the last entry covered by a checkpoint.

    Exit status 3: something is wrong. 1: a chain does not exist.
    """
    from infra.ops.data.ledger import verify

    sys.exit(verify(*deployed, [chain] if chain else None, since))


if __name__ == "__main__":
    app()
