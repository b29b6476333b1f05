"""What each country does with the sender of a text, and what a text costs there: text_routes.csv.

The file has a row for each country, with the source of its rule and of its price, and the day on which the
source was read. Without a source both say `unverified`: the rule is then not known, and the price of a text
in dollars is an assumption. AWS's own tables could not be read, so most sources are pages of other companies.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, Field

FILE = Path(__file__).with_suffix(".csv")
UNVERIFIED = "unverified"


class SenderRule(StrEnum):
    """What a country does with a sender id."""

    FREE = "free"  # it is shown as it is
    REGISTERED = "registered"  # it is blocked, labelled or replaced unless it is registered
    NUMBER = "number"  # it is always blocked or replaced
    UNVERIFIED = UNVERIFIED


class TextRoute(BaseModel, extra="forbid", frozen=True):
    """A row of the file; a source is an address, and a day is empty without one."""

    country: str
    rule: SenderRule
    rule_source: str
    rule_on: str
    dollars: float = Field(gt=0)
    price_source: str
    price_on: str


def _read(path: Path) -> dict[str, TextRoute]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["country"]: TextRoute.model_validate(row) for row in csv.DictReader(file)}


ROUTES: Mapping[str, TextRoute] = _read(FILE)
# The countries whose texts need no registration. A stage serves these unless its settings name others.
FREE = tuple(sorted(country for country, route in ROUTES.items() if route.rule is SenderRule.FREE))
