"""Tests which changes of a stored record are refused, and how items of an earlier shape are read (ADR 79)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from chalicelib.core.clock import Instant
from chalicelib.core.ids import AccountId
from chalicelib.core.sealing import Unfit
from chalicelib.core.table import Key, Table
from chalicelib.privacy import bundles, codec, personal, register, subject_keys
from chalicelib.privacy.declaration import Bundle
from chalicelib.privacy.periods import UNTIL_ERASURE, After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record
from chalicelib.privacy.personal import personal as marked
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from infra import stored_shapes
from tests.support.world.world import NOON, World

MILA = AccountId.new()
PLACE = Key(Table.ACCOUNTS, f"A#{MILA}", "bookmark")
NOTE = marked(Category.NAME, Source.PROVIDED)

Make = Callable[..., type[Record]]


@pytest.fixture
def bookmark(monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return a function that defines a record with these fields, in the place of an earlier definition."""
    known = list(register.records())

    def make(fields: dict[str, Any], **more: Any) -> type[Record]:
        monkeypatch.setattr(personal, "_records", list(known))
        declared = {
            "table": Table.ACCOUNTS, "kind": "bookmark", "purpose": Purpose.SERVICE,
            "basis": LegalBasis.CONTRACT, "retention": UNTIL_ERASURE,
        }  # fmt: skip
        if any(NOTE in getattr(one, "__metadata__", ()) for one, _ in fields.values()):
            declared["key_class"] = KeyClass.SUBJECT
        body = {name: default for name, (_, default) in fields.items() if default is not ...}
        annotations = {name: annotation for name, (annotation, _) in fields.items()}
        namespace = {"__annotations__": annotations, "__module__": __name__, "__doc__": "A place.", **body}
        kind: Any = type(Record)
        made: type[Record] = kind("Bookmark", (Record,), namespace, **{**declared, **more})
        return made

    return make


LESS = "at may accept less than before"


class Spot(BaseModel, extra="forbid"):
    x: int
    y: int = 0


class WiderSpot(BaseModel, extra="forbid"):
    x: int
    y: int = 0
    z: int | None = None


class NarrowerSpot(BaseModel, extra="forbid"):
    x: int
    y: int


def clear(annotation: Any, default: Any = ...) -> tuple[Any, Any]:
    return Annotated[annotation, NOT_PERSONAL], default


def sealed(annotation: Any, default: Any = ...) -> tuple[Any, Any]:
    return Annotated[annotation, NOTE], default


def refusals(make: Make, before: dict[str, Any], after: dict[str, Any], **more: Any) -> list[str]:
    old = stored_shapes.document([make(before)])
    return list(stored_shapes.refused(old, stored_shapes.document([make(after, **more)])))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"more": clear(str | None, None)}),
        ({}, {"more": sealed(int, 3)}),
        ({"at": clear(str)}, {"at": clear(str | None, None)}),
        ({"at": clear(str)}, {"at": clear(str, "x")}),
        ({"at": clear(Literal["a"])}, {"at": clear(Literal["a", "b"])}),
        ({"at": clear(Literal["a", "b"])}, {"at": clear(str)}),
        ({"at": clear(str | None, None)}, {"at": clear(str | int | None, None)}),
        ({"at": clear(Annotated[int, Field(ge=1, le=5)])}, {"at": clear(Annotated[int, Field(ge=0, le=9)])}),
        ({"at": clear(Annotated[str, Field(max_length=5)])}, {"at": clear(str)}),
        ({"at": clear(Annotated[str, Field(pattern="^a$")])}, {"at": clear(str)}),
        ({"at": clear(Spot)}, {"at": clear(WiderSpot)}),
        ({"at": clear(NarrowerSpot)}, {"at": clear(Spot)}),
        ({"at": clear(tuple[Literal["a"], ...])}, {"at": clear(tuple[Literal["a", "b"], ...])}),
        ({"at": clear(dict[str, Spot])}, {"at": clear(dict[str, WiderSpot])}),
    ],
)
def test_change_that_accepts_all_items_of_before_is_admitted(
    bookmark: Make, before: dict[str, Any], after: dict[str, Any]
) -> None:
    kept = {"id": clear(str), "note": sealed(str | None, None)}
    assert refusals(bookmark, kept | before, kept | after) == []


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ({"at": clear(str, "x")}, {}, "at was removed or renamed"),
        ({"at": clear(str)}, {"on": clear(str, "x")}, "at was removed or renamed"),
        ({}, {"more": clear(str)}, "more is required, and was not"),
        ({"at": clear(str, "x")}, {"at": clear(str)}, LESS),
        ({"at": clear(str | None, None)}, {"at": clear(str)}, LESS),
        ({"at": clear(str)}, {"at": clear(int)}, LESS),
        ({"at": clear(str)}, {"at": clear(Literal["a"])}, LESS),
        ({"at": clear(Literal["a", "b"])}, {"at": clear(Literal["a"])}, LESS),
        ({"at": clear(int)}, {"at": clear(Annotated[int, Field(le=9)])}, LESS),
        ({"at": clear(int)}, {"at": clear(Annotated[int, Field(ge=0)])}, LESS),
        ({"at": clear(str)}, {"at": clear(Annotated[str, Field(pattern="^a")])}, LESS),
        ({"at": clear(WiderSpot)}, {"at": clear(Spot)}, LESS),
        ({"at": clear(Spot)}, {"at": clear(NarrowerSpot)}, LESS),
        ({"at": clear(list[int])}, {"at": clear(list[str])}, LESS),
        ({"at": clear(str, "x")}, {"at": sealed(str, "x")}, "at is sealed in one of the two only"),
    ],
)  # fmt: skip
def test_change_that_may_refuse_a_stored_item_is_named(
    bookmark: Make, before: dict[str, Any], after: dict[str, Any], why: str
) -> None:
    kept = {"id": clear(str), "note": sealed(str | None, None)}
    assert f"bookmark: {why}" in refusals(bookmark, kept | before, kept | after)


@pytest.mark.parametrize(
    "more", [{"table": Table.USAGE}, {"key_class": KeyClass.CLEAR, "why_clear": "tried"}]
)
def test_record_in_another_table_or_under_another_key_is_refused(
    bookmark: Make, more: dict[str, Any]
) -> None:
    fields = {"note": sealed(str | None, None)}
    assert refusals(bookmark, fields, fields, **more) != []


def test_upcast_does_not_excuse_another_key(bookmark: Make) -> None:
    """The upcasts get the values of an item that was opened, which another key does not open."""
    fields = {"note": sealed(str | None, None)}
    found = refusals(bookmark, fields, fields, key_class=KeyClass.CLEAR, why_clear="tried", upcasts=(rename,))
    assert found == ["bookmark: key was subject and is in clear"]


def test_first_sealed_attribute_of_a_class_is_refused(bookmark: Make) -> None:
    """The items of before have no sealed attribute, which the class would take for an altered item."""
    found = refusals(bookmark, {"id": clear(str)}, {"id": clear(str), "note": sealed(str | None, None)})
    assert found == ["bookmark: key was nothing sealed and is subject"]


def test_kind_that_no_class_declares_is_refused_unless_it_is_retired(
    bookmark: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored_shapes.document([bookmark({"id": clear(str)})])
    (why,) = stored_shapes.refused(before, {})
    assert why.startswith("bookmark: no class declares this kind")
    monkeypatch.setattr(stored_shapes, "RETIRED", {"bookmark": "the last one expired"})
    assert list(stored_shapes.refused(before, {})) == []


def rename(values: Any) -> dict[str, Any]:
    """Upcast an item in which the clear `at` had the name `on`, and the sealed `note` the name `text`."""
    names = {"on": "at", "text": "note"}
    return {names.get(name, name): value for name, value in values.items()}


OLD = {"on": clear(str), "text": sealed(str | None, None)}
NEW = {"at": clear(str), "note": sealed(str | None, None)}


def test_renamed_attribute_is_admitted_if_the_class_upcasts_the_earlier_shape(bookmark: Make) -> None:
    assert refusals(bookmark, OLD, NEW) != []
    assert refusals(bookmark, OLD, NEW, upcasts=(rename,)) == []


def test_class_that_forgets_an_upcast_is_refused(bookmark: Make) -> None:
    before = stored_shapes.document([bookmark(NEW, upcasts=(rename,))])
    (why,) = stored_shapes.refused(before, stored_shapes.document([bookmark(NEW)]))
    assert why == "bookmark: shape 1 is older than 2"


@pytest.fixture
def keys(world: World) -> subject_keys.SubjectKeys:
    found, _ = subject_keys.new(MILA)
    return found


def test_item_of_an_earlier_shape_is_opened_and_glanced_at(
    bookmark: Make, keys: subject_keys.SubjectKeys
) -> None:
    old = bookmark(OLD)
    item = codec.to_item(old.model_validate({"on": "x", "text": "y"}), PLACE, keys) | PLACE.attributes()
    new = bookmark(NEW, upcasts=(rename,))
    assert codec.opened(new, item, keys).model_dump() == {"at": "x", "note": "y"}
    assert codec.glance(new, item).model_dump()["at"] == "x"


def test_item_is_written_with_its_shape_and_not_upcast_again(
    bookmark: Make, keys: subject_keys.SubjectKeys
) -> None:
    def append(values: Any) -> dict[str, Any]:
        return {**values, "at": values["at"] + "!"}

    kind = bookmark({"at": clear(str)}, upcasts=(append, append))
    item = codec.to_item(kind.model_validate({"at": "x"}), PLACE)
    assert item["shape"] == 3
    assert [codec.opened(kind, item | {"shape": shape}).model_dump()["at"] for shape in (1, 2, 3, 4)] == [
        "x!!",
        "x!",
        "x",
        "x",
    ]


def test_item_of_a_class_with_one_shape_does_not_state_it(bookmark: Make) -> None:
    kind = bookmark({"at": clear(str)})
    assert codec.to_item(kind.model_validate({"at": "x"}), PLACE) == {"kind": "bookmark", "at": "x"}


def test_each_record_of_a_bundle_is_upcast(bookmark: Make) -> None:
    more = {
        "table": Table.USAGE, "purpose": Purpose.ANALYTICS, "basis": LegalBasis.CONSENT,
        "key_class": KeyClass.CLEAR, "why_clear": "tried", "retention": After(Period.USAGE, since="made"),
        "bundle": Bundle((), "number"),
    }  # fmt: skip
    fields = {"made": clear(Instant), "number": clear(int), "who": sealed(str)}
    old = bookmark(fields | {"on": clear(str)}, **more)
    records = [
        old.model_validate({"made": NOON, "number": number, "who": "m", "on": str(number)})
        for number in (1, 2)
    ]
    new = bookmark(fields | {"at": clear(str)}, upcasts=(rename,), **more)
    rows = bundles.unpacked(new, bundles.pack(records) | PLACE.attributes())
    assert [codec.opened(new, row).model_dump()["at"] for row in rows] == ["1", "2"]
    assert (
        bundles.pack([new.model_validate({"made": NOON, "number": 1, "who": "m", "at": "1"})])["shape"] == 2
    )


def test_attributes_of_a_later_version_are_ignored(bookmark: Make, keys: subject_keys.SubjectKeys) -> None:
    later = bookmark({**NEW, "more": clear(int), "deep": sealed(str)})
    record = later.model_validate({"at": "x", "note": "y", "more": 1, "deep": "z"})
    item = codec.to_item(record, PLACE, keys) | PLACE.attributes()
    kind = bookmark(NEW)
    assert codec.opened(kind, item, keys).model_dump() == {"at": "x", "note": "y"}
    assert codec.glance(kind, item).model_dump()["at"] == "x"
    with pytest.raises(Unfit):
        codec.opened(
            later, codec.to_item(codec.opened(kind, item, keys), PLACE, keys) | PLACE.attributes(), keys
        )


def test_committed_document_equals_the_generated_one() -> None:
    assert stored_shapes.PLACE.read_text() == stored_shapes.text(), "run `make generate`"


def test_no_item_of_the_last_release_became_unreadable() -> None:
    assert stored_shapes.main("check") == 0


def test_check_without_a_release_says_so_and_with_one_names_what_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(stored_shapes, "RELEASED", file := tmp_path / "released.json")
    assert stored_shapes.main("check") == 0
    assert "there is no release yet" in capsys.readouterr().out
    released = json.loads(stored_shapes.text())
    file.write_text(json.dumps(released))
    assert stored_shapes.main("check") == 0
    assert capsys.readouterr().out == ""
    released["profile"]["attributes"]["shoe_size"] = {"type": "integer"}
    file.write_text(json.dumps(released))
    assert stored_shapes.main("check") == 1
    assert capsys.readouterr().out == "stored shapes: profile: shoe_size was removed or renamed\n"
