"""`python -m infra.ops notices`: versions of the notices, and how far their announcements are."""

from __future__ import annotations

from typing import Any

import typer
from rich.table import Table

from infra.ops.internal_api import connected
from infra.ops.operator_console import emit
from infra.ops.options import Endpoint, Region, Stage

app = typer.Typer(help="Notices: versions, and how far their announcements are.")


@app.callback()
def _group() -> None:
    """Notices: versions, and how far their announcements are."""


@app.command("list")
def list_versions(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List the published versions, newest first, with the progress of their announcement."""
    with connected(stage, region, endpoint) as api:
        found = api.call("GET", "/notices").body
        emit(found, _table(found["items"]))


def _table(notices: list[dict[str, Any]]) -> Table:
    table = Table("version", "published", "takes effect", "in effect", "announced", title="notices")
    for one in notices:
        table.add_row(
            one["version"],
            one["published_at"][:10],
            one["effective_at"][:10],
            "yes" if one["in_effect"] else "not yet",
            _progress(one.get("announcement")),
        )
    return table


def _progress(standing: dict[str, int] | None) -> str:
    """Return how many shards of the accounts got the announcement."""
    if standing is None:
        return "not announced: the first version, or a replaced one"
    waiting = f", {standing['waiting_for_mail']} wait for SES" if standing["waiting_for_mail"] else ""
    return f"{standing['announced']} of {standing['shards']} shards, {standing['begun']} begun{waiting}"
