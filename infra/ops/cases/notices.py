"""`python -m infra.ops notices`: versions of the notices, and how far their announcements are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer
from rich.table import Table

from infra.ops.cases import tables
from infra.ops.internal_api import InternalApi, api_command
from infra.ops.operator_console import emit

app = typer.Typer(name="notices", help="Notices: versions, and how far their announcements are.")


@api_command(app, "list")
def list_versions(api: InternalApi) -> None:
    """List the published versions, newest first, with the progress of their announcement."""
    found = api.call("GET", "/notices")
    emit(found, _table(found["items"]))


def _table(notices: list[dict[str, Any]]) -> Table:
    columns = ("version", "published", "takes effect", "in effect", "announced")
    return tables.table_of("notices", columns, map(_row, notices))


def _row(one: dict[str, Any]) -> Sequence[object]:
    published, effective = one["published_at"][:10], one["effective_at"][:10]
    in_effect = "yes" if one["in_effect"] else "not yet"
    return one["version"], published, effective, in_effect, _progress(one.get("announcement"))


def _progress(standing: dict[str, int] | None) -> str:
    """Return how many shards of the accounts got the announcement."""
    if standing is None:
        return "not announced: the first version, or a replaced one"
    waiting = f", {standing['waiting_for_mail']} wait for SES" if standing["waiting_for_mail"] else ""
    return f"{standing['announced']} of {standing['shards']} shards, {standing['begun']} begun{waiting}"
