"""Tests selection: declarations alone decide the contents of an access and a portable copy."""

import types
from typing import Annotated, Any

import pytest

from chalicelib.core.clock import Instant
from chalicelib.core.table import Table
from chalicelib.privacy import register
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, DataSubject, KeyClass, Record
from chalicelib.privacy.personal import personal as marked
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.copy.model import CopyKind
from chalicelib.rights.copy.selection import CopyPart, received, selection

pytestmark = pytest.mark.usefixtures("forget_test_records")

LINE: dict[str, Any] = {
    "table": Table.ACCOUNTS,
    "kind": "search",
    "purpose": Purpose.SERVICE,
    "basis": LegalBasis.CONTRACT,
    "retention": After(Period.USAGE, since="made_at"),
    "key_class": KeyClass.SUBJECT,
}
MADE_AT = Annotated[Instant, NOT_PERSONAL]
WORDS = Annotated[str, marked(Category.BEHAVIOR, Source.PROVIDED)]


def define(basis: LegalBasis = LegalBasis.CONTRACT, **fields: Any) -> None:
    namespace = {"__annotations__": {"made_at": MADE_AT, **fields}, "__module__": __name__}
    purposes = {LegalBasis.CONTRACT: Purpose.SERVICE, LegalBasis.LEGITIMATE_INTERESTS: Purpose.SECURITY}
    words = LINE | {"basis": basis, "purpose": purposes[basis]}
    types.new_class("Search", (Record,), words, lambda ns: ns.update(namespace))


def portable(kind: str) -> CopyPart:
    return selection(CopyKind.PORTABILITY).parts[kind]


@pytest.mark.promise("RGT-1")
def test_access_has_every_kind_of_record_and_the_evidence() -> None:
    declared = [record.declaration for record in register.records()]
    kinds = {declaration.kind for declaration in declared if declaration.subject is DataSubject.USER}
    assert selection(CopyKind.ACCESS).parts.keys() == kinds | {"evidence", "request_evidence"}
    assert selection(CopyKind.ACCESS).left_out == ()


@pytest.mark.promise("RGT-1")
def test_new_kind_of_record_is_in_the_copy_without_further_code() -> None:
    define(text=WORDS)
    assert selection(CopyKind.ACCESS).parts["search"].fields == {"text", "made_at"}


@pytest.mark.promise("RGT-8")
def test_data_provided_or_observed_on_contract_is_portable_with_its_time() -> None:
    define(
        text=WORDS,
        shown=Annotated[str, marked(Category.BEHAVIOR, Source.OBSERVED)],
        guess=Annotated[str, marked(Category.BEHAVIOR, Source.GENERATED)],
        number=Annotated[int, NOT_PERSONAL],
    )
    assert portable("search").fields == {"text", "shown", "made_at"}
    assert {left_out.name for left_out in portable("search").left_out} == {"guess", "number"}


@pytest.mark.promise("RGT-8")
@pytest.mark.parametrize(
    ("basis", "source"),
    [(LegalBasis.LEGITIMATE_INTERESTS, Source.PROVIDED), (LegalBasis.CONTRACT, Source.GENERATED)],
    ids=["another basis", "made by us"],
)
def test_kind_without_portable_data_is_not_in_the_portable_copy(basis: LegalBasis, source: Source) -> None:
    define(basis, text=Annotated[str, marked(Category.BEHAVIOR, source)])
    assert "search" not in selection(CopyKind.PORTABILITY).parts
    assert "search" in selection(CopyKind.PORTABILITY).left_out


@pytest.mark.promise("RGT-8")
def test_every_portable_field_is_in_the_plan_or_is_the_time_of_its_record() -> None:
    access = selection(CopyKind.ACCESS).parts
    for kind, part in selection(CopyKind.PORTABILITY).parts.items():
        plan = {field.name for field in access[kind].section.disclosed if field.portable}
        others = part.fields - plan
        assert plan
        assert len(others) <= 1
        assert all(name.endswith("at") for name in others)


@pytest.mark.promise("RGT-8")
def test_portable_copy_names_no_recipient() -> None:
    for part in selection(CopyKind.PORTABILITY).parts.values():
        assert received(part, part.fields).recipients == ()


@pytest.mark.promise("RGT-1")
def test_only_recipients_of_a_disclosed_value_are_named() -> None:
    profile = selection(CopyKind.ACCESS).parts["profile"]
    shown = received(profile, {"account_id", "name"})
    assert shown.recipients == (Recipient.AWS,)
    assert {field.name for field in shown.disclosed if field.recipients} == {"name"}
    assert received(profile, {"display_name"}).recipients == (Recipient.AWS, Recipient.STREAM)
    assert received(profile, ()).recipients == ()


@pytest.mark.promise("RGT-1")
def test_recipients_of_a_withheld_kind_are_named() -> None:
    codes = received(selection(CopyKind.ACCESS).parts["challenge"], ())
    assert codes.disclosed == ()
    assert codes.recipients == (Recipient.AWS, Recipient.SMS_CARRIERS, Recipient.MAIL_PROVIDERS)


@pytest.mark.promise("RGT-1")
def test_aws_is_a_recipient_of_records_without_a_personal_field() -> None:
    accepted = received(selection(CopyKind.ACCESS).parts["acceptance"], {"version"})
    assert {field.recipients for field in accepted.disclosed} == {()}
    assert accepted.recipients == (Recipient.AWS,)


@pytest.mark.promise("RGT-1")
def test_withheld_fields_of_the_evidence_are_listed() -> None:
    (evidence,) = (
        part.section for kind, part in selection(CopyKind.ACCESS).parts.items() if kind == "evidence"
    )
    stored = {"salt", "names of staff"}
    assert {field.name for field in evidence.withheld} >= stored
    assert not stored & {field.name for field in evidence.disclosed}
