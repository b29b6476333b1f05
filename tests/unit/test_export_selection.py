"""What stands in a copy for access, and in one for taking along, from the declarations alone."""

import types
from typing import Annotated, Any

import pytest

from chalicelib.core.clock import Instant
from chalicelib.core.table import Table
from chalicelib.privacy import personal, register
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, DataSubject, KeyClass, Record
from chalicelib.privacy.personal import personal as marked
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.export.model import CopyKind
from chalicelib.rights.export.selection import CopyPart, received, selection

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


@pytest.fixture(autouse=True)
def forget_test_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """Classes that tests define do not stay in the register."""
    monkeypatch.setattr(personal, "_records", list(register.records()))


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
    kinds = {one.kind for one in declared if one.subject is DataSubject.USER}
    assert selection(CopyKind.ACCESS).parts.keys() == kinds | {"evidence", "request_evidence"}
    assert selection(CopyKind.ACCESS).left_out == ()


@pytest.mark.promise("RGT-1")
def test_a_new_kind_of_record_is_in_the_copy_the_moment_it_exists() -> None:
    define(text=WORDS)
    assert selection(CopyKind.ACCESS).parts["search"].fields == {"text", "made_at"}


@pytest.mark.promise("RGT-8")
def test_what_was_provided_or_observed_on_contract_may_be_taken_along_with_its_time() -> None:
    define(
        text=WORDS,
        guess=Annotated[str, marked(Category.BEHAVIOR, Source.GENERATED)],
        number=Annotated[int, NOT_PERSONAL],
    )
    assert portable("search").fields == {"text", "made_at"}
    assert {left_out.name for left_out in portable("search").left_out} == {"guess", "number"}


@pytest.mark.promise("RGT-8")
@pytest.mark.parametrize(
    ("basis", "source"),
    [(LegalBasis.LEGITIMATE_INTERESTS, Source.PROVIDED), (LegalBasis.CONTRACT, Source.GENERATED)],
    ids=["another basis", "made by us"],
)
def test_a_kind_of_which_nothing_may_be_taken_along_is_left_out_whole(
    basis: LegalBasis, source: Source
) -> None:
    define(basis, text=Annotated[str, marked(Category.BEHAVIOR, source)])
    assert "search" not in selection(CopyKind.PORTABILITY).parts
    assert "search" in selection(CopyKind.PORTABILITY).left_out


@pytest.mark.promise("RGT-8")
def test_each_field_that_is_taken_along_is_one_that_the_plan_calls_portable_or_its_time() -> None:
    access = selection(CopyKind.ACCESS).parts
    for kind, part in selection(CopyKind.PORTABILITY).parts.items():
        plan = {told.name for told in access[kind].section.disclosed if told.portable}
        others = part.fields - plan
        assert plan
        assert len(others) <= 1
        assert all(name.endswith("at") for name in others)


@pytest.mark.promise("RGT-8")
def test_a_copy_for_taking_along_names_nobody_who_received_anything() -> None:
    for part in selection(CopyKind.PORTABILITY).parts.values():
        assert received(part, part.fields).recipients == ()


@pytest.mark.promise("RGT-1")
def test_only_who_got_a_value_is_told_as_a_recipient() -> None:
    profile = selection(CopyKind.ACCESS).parts["profile"]
    told = received(profile, {"account_id", "name"})
    assert told.recipients == (Recipient.AWS,)
    assert {field.name for field in told.disclosed if field.recipients} == {"name"}
    assert received(profile, {"display_name"}).recipients == (Recipient.AWS, Recipient.STREAM)
    assert received(profile, ()).recipients == ()


@pytest.mark.promise("RGT-1")
def test_whoever_gets_a_kind_that_is_withheld_whole_is_named() -> None:
    codes = received(selection(CopyKind.ACCESS).parts["challenge"], ())
    assert codes.disclosed == ()
    assert codes.recipients == (Recipient.AWS, Recipient.SMS_CARRIERS, Recipient.MAIL_PROVIDERS)


@pytest.mark.promise("RGT-1")
def test_our_cloud_is_a_recipient_of_records_without_a_personal_field() -> None:
    accepted = received(selection(CopyKind.ACCESS).parts["acceptance"], {"version"})
    assert {field.recipients for field in accepted.disclosed} == {()}
    assert accepted.recipients == (Recipient.AWS,)


@pytest.mark.promise("RGT-1")
def test_what_of_the_evidence_is_withheld_is_told() -> None:
    (evidence,) = (
        part.section for kind, part in selection(CopyKind.ACCESS).parts.items() if kind == "evidence"
    )
    stored = {"salt", "names of staff"}
    assert {one.name for one in evidence.withheld} >= stored
    assert not stored & {field.name for field in evidence.disclosed}
