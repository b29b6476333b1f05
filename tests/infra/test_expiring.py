"""Tests which items the TTL of the local cloud deletes: those that DynamoDB's would."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from infra.local.expiring import delete_expired

NOW = 2_000_000_000.0
YEAR = 365 * 86_400


class Stored:
    """The part of the emulator's DynamoDB that TTL uses, with one table."""

    def __init__(self, **items: dict[str, Any]) -> None:
        self.table = {"items": {name: {"": item} for name, item in items.items()}}
        self._tables = {"claims": self.table}
        self._stream_records: dict[str, list[dict[str, Any]]] = {"claims": [{"eventName": "INSERT"}]}

    def _remove_item(self, table: Any, partition: str, sort: str) -> Any:
        return table["items"][partition].pop(sort)

    def _emit_stream_event(self, name: str, event: str, before: Any, _after: None) -> None:
        self._stream_records[name].append({"eventName": event, "old": before})

    @property
    def left(self) -> set[str]:
        return {name for name, within in self.table["items"].items() if within}


def at(seconds: float) -> dict[str, Any]:
    return {"delete_at": {"N": str(NOW + seconds)}}


def test_ttl_deletes_what_has_ended_and_nothing_else() -> None:
    stored = Stored(ended=at(-1), now=at(0), later=at(1), without={"pk": {"S": "x"}})
    delete_expired(stored, "claims", "delete_at", NOW)
    assert stored.left == {"later", "without"}


@pytest.mark.parametrize("value", [{"S": "1"}, {"NULL": True}])
def test_ttl_ignores_a_time_that_is_no_number(value: dict[str, Any]) -> None:
    stored = Stored(other={"delete_at": value})
    delete_expired(stored, "claims", "delete_at", NOW)
    assert stored.left == {"other"}


def test_ttl_leaves_what_ended_more_than_five_years_ago() -> None:
    stored = Stored(older=at(-5 * YEAR - 1), old=at(-5 * YEAR + 1))
    delete_expired(stored, "claims", "delete_at", NOW)
    assert stored.left == {"older"}


def test_deletion_by_ttl_is_in_the_stream_under_the_service() -> None:
    stored = Stored(ended=at(-1))
    delete_expired(stored, "claims", "delete_at", NOW)
    before, record = stored._stream_records["claims"]
    assert "userIdentity" not in before
    assert (record["eventName"], record["old"]) == ("REMOVE", at(-1))
    assert record["userIdentity"]["principalId"] == "dynamodb.amazonaws.com"


def test_ttl_of_a_deleted_table_does_nothing() -> None:
    delete_expired(SimpleNamespace(_tables={}), "claims", "delete_at", NOW)
