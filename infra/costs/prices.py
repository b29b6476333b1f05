"""Prices of AWS in eu-central-1: prices.csv.

A row names the page that states its price for this region or for all regions, and the day on which it was
read. Without such a page it says `unverified`: the price is an assumption. The price of a text is the mean of
the countries to which a stage sends by default (infra/deployment/text_routes). Prices are those of the first
tier, and the free tier is not subtracted.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from typing import Literal

from pydantic import BaseModel, Field

from infra.deployment import text_routes
from infra.deployment.text_routes import UNVERIFIED

FILE = Path(__file__).with_suffix(".csv")

Unit = Literal[
    "each",
    "metric",
    "thousand",
    "ten thousand",
    "million",
    "million units",
    "GB",
    "GB and month",
    "GB-second",
]
_SIZES: Mapping[str, float] = {
    "thousand": 1e3,
    "ten thousand": 1e4,
    "million": 1e6,
    "million units": 1e6,
    "GB": 1e9,
    "GB and month": 1e9,
}


class Price(BaseModel, extra="forbid", frozen=True):
    """A row of the file: the price of a unit in dollars."""

    item: str
    unit: Unit
    dollars: float = Field(gt=0)
    source: str
    read_on: str

    @property
    def of_one(self) -> float:
        """The price of one request, byte, unit or thing."""
        return self.dollars / _SIZES.get(self.unit, 1)

    @property
    def is_verified(self) -> bool:
        """Whether a page was found that states the price."""
        return self.source != UNVERIFIED


def _read(path: Path) -> dict[str, Price]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["item"]: Price.model_validate(row) for row in csv.DictReader(file)}


def _text() -> Price:
    free = [text_routes.ROUTES[country] for country in text_routes.FREE]
    sources = {route.price_source for route in free}
    source = UNVERIFIED if UNVERIFIED in sources else "infra/deployment/text_routes.csv"
    dollars = mean(route.dollars for route in free)
    return Price(item="texts", unit="each", dollars=dollars, source=source, read_on="")


PRICES: Mapping[str, Price] = {**_read(FILE), "texts": _text()}
