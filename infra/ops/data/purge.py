"""`python -m infra.ops purge`: run the purge now, and show its last proof in the Ledger."""

from __future__ import annotations

from typing import Any

import typer
from rich.table import Table

from infra.ops import scheduled
from infra.ops.commands import DeployedStage, stage_command
from infra.ops.internal_api import InternalApi, api_command
from infra.ops.operator_console import emit
from infra.ops.options import DryRun

app = typer.Typer(name="purge", help="The purge: run it now, and its last proof.")


@stage_command(app)
def run(deployed: DeployedStage, *, dry_run: DryRun = False) -> None:
    """Run the purge now, beside its schedule, and print its counts. It may take 13 minutes."""
    counts = scheduled.run(*deployed, "purge_expired", {"dry_run": dry_run})
    emit(counts, _text_of(counts))


@api_command(app)
def status(api: InternalApi) -> None:
    """Show the newest proof of the last seven days: what a run found, or that it found nothing."""
    found = api.call("GET", "/purge")
    emit(found, _proof(found))


def _text_of(counts: dict[str, int]) -> str:
    figures = "{found} found, {deleted} deleted, {spared} kept for longer".format_map(counts)
    oldest = f"; the oldest was {counts['oldest_minutes']} minutes past its end" if counts["found"] else ""
    rest = "" if counts["complete"] else "; not all that is due was read, run it again"
    return figures + oldest + rest


def _proof(found: dict[str, Any]) -> Table:
    table = Table(show_header=False, title=f"{found['chain']}, entry {found['seq']}")
    table.add_row("recorded at", found["at"])
    table.add_row("outcome", found["event"].replace("_", " "))
    for name, value in found["said"].items():
        if name != "tables":
            table.add_row(name.replace("_", " "), str(value))
    for place, figures in found["said"].get("tables", {}).items():
        table.add_row(place, ", ".join(f"{number} {name}" for name, number in figures.items()))
    return table
