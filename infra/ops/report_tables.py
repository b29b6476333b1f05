"""What the report commands print for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table

from chalicelib.operations.reports.figures import BREACHES, Published, YearFigures
from chalicelib.operations.reports.hidden_cells import TOTAL

_HIDDEN = "-"


def of_pack(made: Mapping[str, Any]) -> Iterator[str]:
    """Return the lines about a pack."""
    yield f"{made['file']}: {made['requests']} requests, report {made['report']}"
    yield f"SHA-256 of its manifest, which the Ledger has: {made['manifest_sha256']}"
    findings = made["findings"]
    yield "The Ledger has no findings." if not findings else f"The Ledger has {len(findings)} findings:"
    yield from (f"  {finding}" for finding in findings)


def of_verification(name: str, faults: Sequence[str], facts: Mapping[str, Any]) -> Iterator[str]:
    """Return the lines about a verified pack: its faults, or that there are none."""
    yield from faults
    if not faults:
        yield f"{name}: no fault. SHA-256 of its manifest: {facts['manifest_sha256']}"
        if "key" in facts:
            yield _proven(facts)


def of_proof(name: str, faults: Sequence[str], facts: Mapping[str, Any]) -> Iterator[str]:
    """Return the lines about a proof that was written."""
    yield from faults
    if not faults:
        yield f"{name}: {_proven(facts)}"


def _proven(facts: Mapping[str, Any]) -> str:
    return (
        f"It existed by {facts['existed_by']}: checkpoint {facts['checkpoint']}, signed by the key "
        f"{facts['key']}. Compare this key with the one that the controller gave you."
    )


def of_year(figures: YearFigures) -> Iterator[RenderableType]:
    """Return the tables of a year."""
    until = "" if figures.is_whole else f", up to {figures.last}"
    yield f"{figures.year}{until}. {_HIDDEN}: not published, see docs/operations.md."
    yield _table("right", figures.requests)
    days = Table("right", "median days", "mean days", box=box.SIMPLE)
    for name, of in figures.days.items():
        days.add_row(str(name), *(_HIDDEN if one is None else f"{one:g}" for one in (of.median, of.mean)))
    yield days
    yield _table("ground of a disclosure", figures.disclosures)
    yield _table("", {cell: count for cell, count in figures.breaches.items() if cell[0] == BREACHES})


def _table(head: str, cells: Published) -> Table:
    rows, columns = (tuple(dict.fromkeys(str(cell[place]) for cell in cells)) for place in (0, 1))
    ordered = (TOTAL, *(column for column in columns if column != TOTAL))
    names = {(str(row), str(column)): count for (row, column), count in cells.items()}
    table = Table(head, *ordered, box=box.SIMPLE)
    for row in rows:
        counts = (names[row, column] for column in ordered)
        table.add_row(row, *(_HIDDEN if count is None else f"{count:,}" for count in counts))
    return table
