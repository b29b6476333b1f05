"""The generated parts of docs/limits.md: what acts need, the costs of a month, and what ends first."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from infra.acts import table as acts
from infra.build import ROOT
from infra.costs import bill, model
from infra.costs.ceilings import ceilings
from infra.costs.operations import COUNTED
from infra.costs.prices import PRICES
from infra.costs.stage import StageParts

PAGE: Path = ROOT / "docs" / "limits.md"
SIZES = (1_000, 100_000, 1_000_000)
TEN_MILLION = 10_000_000
_MARK, _END = "<!-- {}: written by make generate, do not edit -->", "<!-- {}: end -->"


def written(text: str, stage: StageParts) -> str:
    """The page with its generated parts."""
    parts = {"acts": acts(), "costs": _costs(stage), "month": _month(), "ceilings": _ceilings(stage)}
    for name, part in parts.items():
        before, begin, rest = text.partition(_MARK.format(name))
        _, end, after = rest.partition(_END.format(name))
        text = f"{before}{begin}\n\n{part}\n\n{end}{after}"
    return text


def _costs(stage: StageParts) -> str:
    lines = bill.lines(stage)
    sums = [bill.services(lines, users) for users in SIZES]
    rows = [(name, *(_dollars(of[name]) for of in sums)) for name in sums[0]]
    whole = ("in all", *(_dollars(sum(of.values())) for of in sums))
    assumed = [price for price in PRICES.values() if not price.is_verified]
    note = f"{len(assumed)} of {len(PRICES)} prices are unverified."
    return f"{_table(('dollars a month', *map(_count, SIZES)), [*rows, whole])}\n\n{note}"


def _month() -> str:
    head = ("operation", "a month", "why", "reads", "writes", "bytes left", "kept for")
    rows = (
        (
            one.operation,
            f"{one.a_month:g}",
            one.basis,
            *(f"{units:g}" for units in (of.reads, of.writes)),
            _count(of.stored),
            f"`{one.kept}`",
        )
        for one in model.ACTIVITIES
        for of in [COUNTED[one.operation]]
    )
    return _table(head, rows)


def _ceilings(stage: StageParts) -> str:
    head = ("what ends", "limit", "unit", "needed at ten million", "reached at, users", "raise")
    rows = (
        (
            one.what,
            _count(one.limit),
            one.unit,
            _rounded(TEN_MILLION * one.per_user),
            _rounded(one.users),
            one.remedy,
        )
        for one in ceilings(stage)
    )
    return _table(head, rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(_row(cells) for cells in (head, ("---",) * len(head), *rows))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _dollars(dollars: float) -> str:
    return f"{dollars:,.2f}" if dollars < 1000 else f"{dollars:,.0f}"


def _rounded(number: float) -> str:
    """Two digits: the figures are estimates."""
    if number >= 1e9:
        return "more than a billion"
    return f"{float(f'{number:.1e}'):,.{0 if number >= 10 else 1 if number >= 1 else 2}f}"
