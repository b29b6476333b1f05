"""Operations with the calls, units and bytes that tests count: operations.csv.

tests/budget/test_operation_units.py plays each operation and compares it with its row.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

FILE = Path(__file__).with_suffix(".csv")


class CountedOperation(BaseModel, extra="forbid", frozen=True):
    """A row of the file."""

    operation: str
    function: str
    call_texts: str  # `dynamodb.PutItem=1 sns.Publish=1`
    reads: float  # units of DynamoDB
    writes: float
    stored: int  # bytes that it leaves in tables and indexes
    backed_up: int  # those of them in tables with point-in-time recovery
    response: int  # bytes of the answer

    @property
    def calls(self) -> Mapping[str, int]:
        """Calls to AWS by name."""
        pairs = (text.split("=") for text in self.call_texts.split())
        return {name: int(number) for name, number in pairs}


def idle(job: str) -> str:
    """The operation that is a run of a scheduled job with nothing to do."""
    return f"idle: {job}"


def _read(path: Path) -> dict[str, CountedOperation]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["operation"]: CountedOperation.model_validate(row) for row in csv.DictReader(file)}


COUNTED: Mapping[str, CountedOperation] = _read(FILE)
