"""Breaches as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from infra.ops import cases

Row = dict[str, Any]

_FACTS = (
    "status", "discovered_at", "opened_at", "opened_by", "risk", "audience", "country", "lists",
    "notices_from", "notices_done_at", "closed_at", "version",
)  # fmt: skip
_FINDING = (
    "number", "found_at", "found_by", "what", "categories", "people", "people_count", "record_count",
    "consequences", "measures", "countries",
)  # fmt: skip


def line(one: Row) -> str:
    """Return the status of a breach in one line, with its open duties."""
    duties = ", ".join(one["open_duties"])
    needs = f"  needs: {duties}" if duties else ""
    return f"{one['id']}  {one['status']}  version {one['version']}{needs}"


def audience(one: Row) -> str:
    """Return the accounts that are notified, as the assessment says."""
    match one.get("audience"):
        case "all":
            return "all accounts"
        case "country":
            return f"all accounts that declared {one.get('country', 'the country')}"
        case "listed":
            return "the listed accounts"
        case _:
            return "no account, since no approved assessment names an audience"


def listed(breaches: list[Row]) -> Table:
    """Return a table with one row per breach."""
    table = Table(title=f"{len(breaches)} breaches")
    table.add_column("breach", no_wrap=True)
    for name in ("status", "discovered", "risk", "hours left", "needs"):
        table.add_column(name)
    for one in breaches:
        left = [clock["hours_left"] for clock in one["clocks"] if "hours_left" in clock]
        table.add_row(
            one["id"],
            one["status"],
            one["discovered_at"],
            one.get("risk", ""),
            str(min(left)) if left else "",
            ", ".join(one["open_duties"]),
        )
    return table


def whole(one: Row) -> Iterator[Table]:
    """Return all tables about one breach."""
    one = cases.with_names(one, one["staff"])
    yield _pairs(one["id"], one, _FACTS)
    yield _deadlines(one["clocks"])
    for fact in one["facts"]:
        yield _pairs(f"finding {fact['number']}", fact, _FINDING)
    for title in ("proposal", "assessments", "reports", "conclusions"):
        for part in _parts(one.get(title)):
            yield _pairs(title, part, tuple(part))
    yield _pairs("notices to people", one["notices"], tuple(one["notices"]))
    yield cases.evidence_table(one.get("evidence"), "ledger verify")


def _parts(found: Row | list[Row] | None) -> list[Row]:
    return found if isinstance(found, list) else [found] if found else []


def _deadlines(clocks: list[Row]) -> Table:
    table = Table(
        "country", "authority", "rule", "due", "notified", "follow-up due", "hours left", title="authorities"
    )
    for one in clocks:
        texts = (one.get(name, "") for name in ("notified_at", "follow_up_due_at", "hours_left"))
        table.add_row(
            one["country"],
            f"{one['authority']}, {one['url']}",
            one["rule"],
            one["due_at"],
            *map(str, texts),
        )
    return table


def _pairs(title: str, fields: Row, names: tuple[str, ...]) -> Table:
    table = Table(show_header=False, title=title)
    for name in names:
        if name in fields and fields[name] not in ([], None):
            value = fields[name]
            table.add_row(name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
    return table
