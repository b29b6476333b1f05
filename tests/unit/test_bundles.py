"""Tests bundles: the shared fields and times of records in one item, and duplicates."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts.challenges.model import Limit
from chalicelib.accounts.model import Platform
from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId
from chalicelib.core.sealing import Unfit
from chalicelib.core.table import Change, Item, Key, Table
from chalicelib.privacy import bundles, codec
from chalicelib.privacy.bundles import Distinct, NotBundled
from chalicelib.privacy.rewrites import Progress, find_redatable, redate
from chalicelib.usage import store
from chalicelib.usage.model import Diagnostics, DiagnosticsEvent, DiagnosticsFault, UsageEvent
from tests.support.clouds import cloud
from tests.support.world.usage import stored_events, stored_items
from tests.support.world.world import NOON, World

MILA, VUK = AccountId.new(), AccountId.new()
PLACE = Key(Table.USAGE, f"A#{MILA}", "2026-11-24T12#0").attributes()
DAY = timedelta(days=1)


def used(number: int = 1, at: datetime = NOON, account_id: AccountId = MILA, **more: Any) -> UsageEvent:
    return UsageEvent(
        account_id=account_id, event_id=UUID(int=number), at=at, name="opened", platform=Platform.IOS, **more
    )


def failed(number: int = 1, **more: Any) -> DiagnosticsEvent:
    fields = used(number).model_dump() | {"diagnostics": Diagnostics(kind=DiagnosticsFault.CRASH)} | more
    return DiagnosticsEvent(**fields)


def opened(kind: Any, item: Item) -> list[Any]:
    return [codec.opened(kind, row) for row in bundles.unpacked(kind, item | PLACE)]


@pytest.mark.promise("RGT-1")
@given(st.lists(st.integers(0, 86_399), min_size=1, max_size=5), st.sampled_from([None, "2.4.0"]))
def test_records_read_from_an_item_equal_those_that_were_stored(
    seconds: list[int], version: str | None
) -> None:
    midnight = NOON.replace(hour=0)
    events = [
        failed(number, at=midnight + timedelta(seconds=at), app_version=version)
        for number, at in enumerate(seconds)
    ]
    assert opened(DiagnosticsEvent, bundles.pack(events)) == events


def test_shared_fields_are_stored_once() -> None:
    item = bundles.pack([failed(1, model="Pixel 8"), failed(2, model="Pixel 8")])
    assert (item["model"], item["platform"]) == ("Pixel 8", "ios")
    assert "Pixel 8" not in item["rows"]
    assert [row["event_id"] for row in json.loads(item["rows"])] == [str(UUID(int=n)) for n in (1, 2)]


@pytest.mark.promise("RET-2")
def test_item_has_the_times_of_its_oldest_record() -> None:
    item = bundles.pack([used(1, NOON), used(2, NOON - DAY), used(3, NOON + DAY)])
    assert item["expires_at"] == item["delete_at"] == clock.to_epoch(NOON + 29 * DAY)
    assert item["at"] == clock.to_text(NOON - DAY)


@pytest.mark.parametrize(
    "others",
    [[used(2, account_id=VUK)], [failed(2)]],
    ids=["another account", "another class"],
)
def test_records_without_shared_fields_are_not_packed(others: list[Any]) -> None:
    with pytest.raises(NotBundled):
        bundles.pack([used(1), *others])


def test_records_of_a_class_without_bundle_are_not_packed() -> None:
    with pytest.raises(NotBundled):
        bundles.pack([Limit(began_at=NOON)])
    assert list(bundles.unpacked(Limit, {"kind": "limit"})) == [{"kind": "limit"}]


BROKEN: dict[str, Any] = {
    "gone": None, "a number": 7, "no JSON": "[{", "no list": '{"at": 1}', "empty": "[]", "no objects": "[1]"
}  # fmt: skip


@pytest.mark.parametrize("rows", BROKEN.values(), ids=BROKEN.keys())
def test_item_with_malformed_rows_is_unfit(rows: object) -> None:
    with pytest.raises(Unfit):
        bundles.unpacked(UsageEvent, {**bundles.pack([used()]), "rows": rows})


def test_malformed_row_does_not_affect_other_rows() -> None:
    item = bundles.pack([used(1), used(2)])
    rows = json.loads(item["rows"])
    del rows[0]["name"]
    first, second = bundles.unpacked(UsageEvent, item | PLACE | {"rows": json.dumps(rows)})
    with pytest.raises(Unfit):
        codec.opened(UsageEvent, first)
    assert codec.opened(UsageEvent, second) == used(2)


def test_row_with_the_id_of_another_account_is_rejected() -> None:
    item = bundles.pack([used(1)])
    rows = [{**row, "account_id": VUK, "pk": f"A#{VUK}"} for row in json.loads(item["rows"])]
    (row,) = bundles.unpacked(UsageEvent, item | PLACE | {"rows": json.dumps(rows)})
    assert (row["pk"], codec.opened(UsageEvent, row).account_id) == (f"A#{MILA}", MILA)


# --- duplicate records


def test_record_is_admitted_once_per_kind_and_day() -> None:
    distinct = Distinct()
    events = [used(1), used(2), used(1), failed(1), failed(1), used(1, NOON + DAY), used(1, NOON + DAY)]
    assert [distinct.admits(event) for event in events] == [True, True, False, True, False, True, False]


def test_records_of_a_class_without_bundle_are_all_admitted() -> None:
    distinct, limit = Distinct(), Limit(began_at=NOON)
    assert [distinct.admits(limit), distinct.admits(limit)] == [True, True]


def test_known_records_are_bounded_and_no_record_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Distinct, "MAX_REMEMBERED", 3)
    distinct = Distinct()
    assert [distinct.admits(used(number)) for number in range(10)] == [True] * 10
    assert max(map(len, distinct._known.values())) <= 3


# --- changed periods


@pytest.mark.promise("RET-1")
def test_item_gets_the_times_of_a_new_period_from_its_oldest_record(world: World) -> None:
    store.put(store.items_of([used(1, NOON), used(2, NOON - timedelta(hours=3))]))
    cloud.new_container(PERIODS="usage=P14D")
    *_, last = redate(find_redatable("usage_event"))
    assert last == Progress(seen=1, moved=1)
    (item,) = stored_items()
    assert item["expires_at"] == item["delete_at"] == clock.to_epoch(NOON + 14 * DAY - timedelta(hours=3))
    *_, again = redate(find_redatable("usage_event"))
    assert again == Progress(seen=1)


def test_held_item_is_not_redated(world: World) -> None:
    store.put(store.items_of([used(1, NOON)]))
    (item,) = stored_items()
    table.write(Change(Key(Table.USAGE, item["pk"], item["sk"]), put={"delete_at": item["delete_at"] + 9}))
    cloud.new_container(PERIODS="usage=P14D")
    *_, last = redate(find_redatable("usage_event"))
    assert last == Progress(seen=1, held=1)


def test_stored_events_equal_the_events_that_were_put(world: World) -> None:
    store.put(store.items_of([used(1), used(2), used(3, account_id=VUK), failed(4)]))
    assert sorted(event["event_id"] for event in stored_events()) == [str(UUID(int=n)) for n in (1, 2, 3, 4)]
    assert len(stored_items()) == 3
