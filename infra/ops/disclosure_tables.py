"""Disclosures as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from infra.ops import cases

Row = dict[str, Any]

_FACTS = (
    "user_id", "kind", "ground", "status", "recipient", "reference", "extract", "reason", "notice",
    "proposed_by", "proposed_at", "assessment", "reviewed_by", "reviewed_at", "given_by", "disclosed_at",
    "secret_until", "secrecy_reference", "version",
)  # fmt: skip


def line(one: Row) -> str:
    """Return the status of a disclosure in one line."""
    return f"{one['id']}  {one['ground']}  {state(one)}  version {one['version']}"


def state(one: Row) -> str:
    """Return the status; `given` once the data went out."""
    return "given" if "disclosed_at" in one else str(one["status"])


def listed(disclosures: list[Row]) -> Table:
    """Return a table with one row per disclosure."""
    table = Table(title=f"{len(disclosures)} disclosures")
    table.add_column("disclosure", no_wrap=True)
    for name in ("ground", "state", "proposed", "secret until", "needs"):
        table.add_column(name)
    for one in disclosures:
        secret = one["secret_until"] if one["secret"] else ""
        table.add_row(one["id"], one["ground"], state(one), one["proposed_at"], secret, _needed_action(one))
    return table


def whole(one: Row) -> Iterator[Table]:
    """Return all tables about one disclosure."""
    one = cases.with_names(one, one["staff"])
    table = Table(show_header=False, title=one["id"])
    for name in _FACTS:
        if name in one:
            table.add_row(name, str(one[name]))
    table.add_row("scope", ", ".join(one["scope"]))
    if change := one.get("secrecy_proposal"):
        until = f"until {change['until']}" if "until" in change else "lifted"
        table.add_row("secrecy proposed", f"{until} by {change['by']}: {change['reference']}")
    yield table
    yield cases.evidence_table(one.get("evidence"), "ledger verify")


def _needed_action(one: Row) -> str:
    """Return the action that an operator must take, or ""."""
    if one["status"] == "proposed":
        return "approval"
    return "approval of the secrecy" if one["secrecy_proposed"] else ""
