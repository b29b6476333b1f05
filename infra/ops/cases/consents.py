"""`python -m infra.ops consents`: the decisions of a subject, and whether the Ledger proves them.

The command calls the internal API, as those of `infra.ops.cases.requests` do, which counts and records each
look.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer
from rich.table import Table

from infra.ops.cases import tables
from infra.ops.internal_api import InternalApi, api_command
from infra.ops.operator_console import emit
from infra.ops.options import Subject
from infra.ops.refused import NOT_IN_ORDER

app = typer.Typer(name="consents", help="Consents of a subject, and their evidence.")

_PROOFS = {
    "proven": "proven",
    "owed": "recorded once the history is repaired",
    "missing": "no evidence",
    "uncertain": "uncertain: the history was altered, or is too long to be read",
}


@api_command(app)
def show(api: InternalApi, user: Subject) -> None:
    """Show the decisions of a subject with their evidence. Exit status 3: not all of them are proven."""
    found = api.call("GET", f"/subjects/{user}/consents")
    emit(found, _table(found), _verdict(found))
    proven = all(one["proof"] == "proven" for one in found["items"])
    sys.exit(0 if found["intact"] and proven else NOT_IN_ORDER)


def _table(found: dict[str, Any]) -> Table:
    columns = ("purpose", "state", "since", "method", "notice", "evidence")
    return tables.table_of("decisions", columns, map(_row, found["items"]))


def _row(one: dict[str, Any]) -> Sequence[object]:
    notice, proof = one.get("notice_version", ""), _PROOFS[one["proof"]]
    return one["purpose"], one["state"], one["since"], one["method"], notice, proof


def _verdict(found: dict[str, Any]) -> str:
    if not found["readable"]:
        return "The decisions cannot be read, because they were altered: restore the item from before that."
    if not found["intact"]:
        return "The history was altered. `ledger verify --since N` compares it with the signed checkpoints."
    return f"What was read of the history is intact: {found['entries']} entries follow one another."
