"""A new record class needs its declaration and no other line anywhere (RET-1)."""

import csv
import io
import types
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest

from chalicelib.core.clock import Instant
from chalicelib.core.ids import AccountId
from chalicelib.core.languages import Language
from chalicelib.core.table import Item, Key, Table
from chalicelib.privacy import codec, register, rewrites
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, DeclarationError, KeyClass, Record
from chalicelib.privacy.personal import personal as marked
from chalicelib.privacy.plans import Action, erasure_plan, export_plan
from chalicelib.privacy.processing import rows
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.privacy.subject_keys import SubjectKeys
from chalicelib.site.about.api import Controller
from infra.processing import texts

pytestmark = pytest.mark.usefixtures("forget_test_records")

HERE = Key(Table.ACCOUNTS, "A#1", "search#1")
KEYS = SubjectKeys(1, {1: b"k" * 32}.get, AccountId.new())
LINE: dict[str, Any] = {
    "table": Table.ACCOUNTS,
    "kind": "search",
    "purpose": Purpose.SERVICE,
    "basis": LegalBasis.CONTRACT,
    "retention": After(Period.USAGE, since="made_at"),
    "key_class": KeyClass.SUBJECT,
}
MADE_AT = Annotated[Instant, NOT_PERSONAL]
TEXT = Annotated[str, marked(Category.BEHAVIOR, Source.PROVIDED)]


def define(words: dict[str, Any], **fields: Any) -> Any:
    """Define a record class as a class statement does."""
    namespace = {"__annotations__": fields, "__module__": __name__, "__doc__": "What a user looked for."}
    return types.new_class("Search", (Record,), words, lambda ns: ns.update(namespace))


@pytest.mark.promise("RET-1")
def test_record_class_without_a_classification_cannot_be_defined() -> None:
    with pytest.raises(DeclarationError, match=r"Search\.text: annotate it with personal"):
        define(LINE, text=str, made_at=MADE_AT)
    for word in LINE:
        with pytest.raises(DeclarationError, match=f"Search: add {word}"):
            define({name: said for name, said in LINE.items() if name != word}, text=TEXT, made_at=MADE_AT)
    assert "search" not in {record.declaration.kind for record in register.records()}


def stored() -> Item:
    search = register.records()[-1]
    made: Any = search.model_validate({"text": "canary", "made_at": datetime(2026, 1, 31, tzinfo=UTC)})
    assert "canary" not in repr(made)
    return codec.to_item(made, HERE, KEYS)


def it_is_sealed() -> None:
    item = stored()
    assert "canary" not in str(item)
    assert (
        codec.opened(register.records()[-1], item | HERE.attributes(), KEYS).model_dump()["text"] == "canary"
    )


def it_is_dated() -> None:
    item = stored()
    assert item["expires_at"] == item["delete_at"] == datetime(2026, 3, 2, tzinfo=UTC).timestamp()


def it_is_in_the_export_plan() -> None:
    (section,) = (part for part in export_plan(register.records()) if part.kind == "search")
    assert [(field.name, field.portable) for field in section.disclosed] == [
        ("text", True),
        ("made_at", False),
    ]


def it_is_in_the_erasure_plan() -> None:
    plan = erasure_plan(register.records())
    (step,) = (step for step in plan.steps if "search" in step.kinds)
    assert (step.action, step.table) == (Action.DELETE, Table.ACCOUNTS)
    assert "search" in plan.unreadable_with_key


def it_can_be_held() -> None:
    plan = erasure_plan(register.records(), ["search"])
    assert "search" in {kind for step in plan.steps if step.action is Action.KEEP for kind in step.kinds}


def it_can_be_redated() -> None:
    assert rewrites.find_redatable("search") is register.records()[-1]


def it_is_listed_by_the_controller() -> None:
    kept = {line.what: line.kept for line in Controller.of_stage(Language.ENGLISH).retention}
    assert kept["Search"] == "30 days after the event"


def it_is_in_the_record_of_processing() -> None:
    (line,) = (e for e in csv.DictReader(io.StringIO(texts.as_csv(rows()))) if e["kind"] == "search")
    assert (line["what"], line["kept"]) == ("What a user looked for.", "30 days after the event")
    assert line["recipients"] == Recipient.AWS.label


FOLLOWS: tuple[Callable[[], None], ...] = (
    it_is_sealed,
    it_is_dated,
    it_is_in_the_export_plan,
    it_is_in_the_erasure_plan,
    it_can_be_held,
    it_can_be_redated,
    it_is_listed_by_the_controller,
    it_is_in_the_record_of_processing,
)


@pytest.mark.promise("RET-1", "RGT-1", "RGT-3")
@pytest.mark.parametrize("follows", FOLLOWS, ids=lambda follows: follows.__name__)
def test_everything_follows_from_the_declaration(follows: Callable[[], None]) -> None:
    define(LINE, text=TEXT, made_at=MADE_AT)
    follows()
