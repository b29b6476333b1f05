"""Tests that a migration stores items of an earlier shape in the current one, and can be killed (ADR 79)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest

from chalicelib.core import table
from chalicelib.core.clock import Instant
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Change, Create, Item, Key, Table
from chalicelib.privacy import bundles, codec, personal, register, rewrites, subject_keys
from chalicelib.privacy.declaration import Bundle
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record
from chalicelib.privacy.personal import personal as marked
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.rewrites import NotMigratable, Progress
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.world.world import NOON, World

WORDS: dict[str, Any] = {
    "table": Table.USAGE,
    "kind": "bookmark",
    "purpose": Purpose.ANALYTICS,
    "basis": LegalBasis.CONSENT,
    "retention": After(Period.USAGE, since="at"),
}
NOTE = marked(Category.NAME, Source.PROVIDED)
MILA, VERA = AccountId.new(), AccountId.new()


def rename(values: Any) -> dict[str, Any]:
    names = {"place": "spot", "text": "note"}
    return {names.get(name, name): value for name, value in values.items()}


Classes = tuple[type[Record], type[Record]]


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Classes]:
    """Return a function that declares a record in its first and in its second shape."""
    known = list(register.records())

    def declare(**more: Any) -> Classes:
        words = {**WORDS, "key_class": KeyClass.SUBJECT, **more}
        monkeypatch.setattr(personal, "_records", list(known))

        class FirstBookmark(Record, **words):
            at: Annotated[Instant, NOT_PERSONAL]
            id: Annotated[int, NOT_PERSONAL]
            place: Annotated[int, NOT_PERSONAL]
            text: Annotated[str | None, NOTE] = None

        monkeypatch.setattr(personal, "_records", list(known))

        class SecondBookmark(Record, **words, upcasts=(rename,)):
            at: Annotated[Instant, NOT_PERSONAL]
            id: Annotated[int, NOT_PERSONAL]
            spot: Annotated[int, NOT_PERSONAL]
            note: Annotated[str | None, NOTE] = None

        return FirstBookmark, SecondBookmark

    return declare


@pytest.fixture
def classes(declared: Callable[..., Classes]) -> Classes:
    return declared()


def key(account_id: AccountId, number: int) -> Key:
    return Key(Table.USAGE, table.partition_of(account_id), f"bookmark#{number}")


def a_subject(account_id: AccountId) -> subject_keys.SubjectKeys:
    keys, write = subject_keys.new(account_id)
    table.write(write)
    return keys


def put(first: type[Record], account_id: AccountId, number: int, keys: Any, **more: Any) -> None:
    record = first.model_validate({"at": NOON, "id": 0, "place": number, "text": f"note {number}"})
    item = codec.to_item(record, key(account_id, number), keys) | more
    table.write(Create(key(account_id, number), item))


def stored() -> list[Item]:
    return [table.items.plain(item) for item in cloud.records("bookmark")]


def last(kind: type[Record], **more: Any) -> Progress:
    """Run a migration, and return its last progress."""
    return [*rewrites.migrate(kind, **more)][-1]


def test_items_of_the_first_shape_are_stored_in_the_second(world: World, classes: Classes) -> None:
    first, second = classes
    keys = a_subject(MILA)
    for number in range(3):
        put(first, MILA, number, keys, due="of an index")
    before = {item["sk"]: item for item in stored()}
    assert last(second) == Progress(seen=3, moved=3)
    for item in stored():
        old = before[item["sk"]]
        assert item["shape"] == 2
        assert item.keys() == (old.keys() - {"place"}) | {"shape", "spot"}
        assert {name: item[name] for name in ("due", "expires_at", "delete_at", "ends")} == {
            name: old[name] for name in ("due", "expires_at", "delete_at", "ends")
        }
        assert codec.opened(second, item, keys).model_dump() == {
            "at": NOON, "id": 0, "spot": old["place"], "note": f"note {old['place']}",
        }  # fmt: skip
    assert last(second) == Progress(seen=3)


def test_killed_migration_continues_after_its_last_page(world: World, classes: Classes) -> None:
    first, second = classes
    for number in range(5):
        put(first, MILA, number, a_subject(MILA) if not number else keys_of(MILA))
    done = next(rewrites.migrate(second, page=2))
    assert (done.moved, done.last is not None) == (2, True)
    assert last(second, after=done.last).moved == 3
    assert last(second) == Progress(seen=5)


def keys_of(account_id: AccountId) -> subject_keys.SubjectKeys:
    return subject_keys.from_item(account_id, table.get(subject_keys.key(account_id)))


def test_item_that_changes_meanwhile_is_left_to_the_next_run(world: World, classes: Classes) -> None:
    first, second = classes
    put(first, MILA, 1, a_subject(MILA))

    def change() -> None:
        table.write(Change(key(MILA, 1), put={"place": 7}))

    just_before(codec, "upcast", change)
    assert last(second) == Progress(seen=1, overtaken=1)
    assert last(second) == Progress(seen=1, moved=1)
    (item,) = stored()
    assert item["spot"] == 7


def test_held_item_keeps_both_its_times(world: World, classes: Classes) -> None:
    first, second = classes
    put(first, MILA, 1, a_subject(MILA))
    table.write(Change(key(MILA, 1), put={"delete_at": 4_000_000_000}))
    (before,) = stored()
    assert last(second).moved == 1
    (item,) = stored()
    assert (item["expires_at"], item["delete_at"]) == (before["expires_at"], 4_000_000_000)


def test_item_that_cannot_be_opened_stays_and_stops_no_other(world: World, classes: Classes) -> None:
    first, second = classes
    put(first, MILA, 1, a_subject(MILA))
    put(first, VERA, 1, subject_keys.new(VERA)[0])  # her key is deleted
    assert last(second) == Progress(seen=2, moved=1, unreadable=1)
    assert sorted(item.get("shape", 1) for item in stored()) == [1, 2]


def test_item_of_a_later_shape_is_not_changed(world: World, classes: Classes) -> None:
    first, second = classes
    put(first, MILA, 1, a_subject(MILA), shape=3)
    assert last(second) == Progress(seen=1)


def test_dry_run_counts_and_changes_nothing(world: World, classes: Classes) -> None:
    first, second = classes
    put(first, MILA, 1, a_subject(MILA))
    before = stored()
    assert last(second, apply=lambda _: None) == Progress(seen=1, moved=1)
    assert stored() == before


def test_all_records_of_a_bundle_are_migrated(world: World, declared: Callable[..., Classes]) -> None:
    first, second = declared(
        key_class=KeyClass.CLEAR, why_clear="tried", bundle=Bundle(shared=(), distinct="id")
    )
    records = [
        first.model_validate({"at": NOON, "id": number, "place": number, "text": "said"}) for number in (1, 2)
    ]
    table.write(Create(key(MILA, 1), bundles.pack(records)))
    assert last(second) == Progress(seen=1, moved=1)
    (item,) = stored()
    assert item["shape"] == 2
    assert "place" not in item["rows"]
    rows = [codec.opened(second, row).model_dump() for row in bundles.unpacked(second, item)]
    assert [(row["spot"], row["note"]) for row in rows] == [(1, "said"), (2, "said")]


def test_kind_without_an_earlier_shape_is_refused(world: World, classes: Classes) -> None:
    with pytest.raises(NotMigratable, match="account has had one shape only"):
        rewrites.find_migratable("account")
    with pytest.raises(NotMigratable, match="invented is not a kind of record"):
        rewrites.find_migratable("invented")
    assert rewrites.find_migratable("bookmark") is classes[1]
