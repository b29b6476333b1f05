"""The record of processing is generated from the declarations and committed up to date."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from datetime import date
from typing import Annotated

import pytest

from chalicelib.core.clock import Instant
from chalicelib.core.table import Table
from chalicelib.privacy import personal, register
from chalicelib.privacy.accountability import Accountability, RepresentedLaw
from chalicelib.privacy.periods import UNTIL_ERASURE
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record
from chalicelib.privacy.personal import personal as marked
from chalicelib.privacy.processing import rows
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.privacy.register import WITHOUT_RECORD
from infra.processing.__main__ import DOCS, FORMS, STAGE_FORMS


@pytest.mark.parametrize("name", sorted(FORMS))
def test_committed_record_equals_the_generated_one(name: str) -> None:
    assert (DOCS / name).read_text() == FORMS[name](rows()), "run `make generate`"


def test_every_record_class_and_external_store_has_a_row() -> None:
    declared = {record.declaration.kind for record in register.records()}
    assert {row.kind for row in rows()} == declared | {entry.kind for entry in WITHOUT_RECORD}


def test_new_record_class_is_in_every_document_without_further_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal, "_records", list(register.records()))

    class Bookmark(
        Record,
        table=Table.ACCOUNTS,
        kind="bookmark",
        purpose=Purpose.SERVICE,
        basis=LegalBasis.CONTRACT,
        retention=UNTIL_ERASURE,
        key_class=KeyClass.SUBJECT,
    ):
        """A place in a chat to come back to."""

        note: Annotated[str, marked(Category.NAME, Source.PROVIDED, to=(Recipient.STREAM,))]
        made_at: Annotated[Instant, NOT_PERSONAL]

    for form in FORMS.values():
        assert "bookmark" in form(rows())
    (row,) = (row for row in rows() if row.kind == "bookmark")
    assert row.what == "A place in a chat to come back to."
    assert row.recipients == (Recipient.AWS, Recipient.STREAM)
    assert [field.name for field in row.fields] == ["note"]


@pytest.mark.promise("RGT-7")
def test_consent_based_record_states_that_it_ends_with_the_consent() -> None:
    kept = {row.kind: row.kept for row in rows()}
    assert kept["usage_event"] == "30 days after the event, and no longer than the consent that it rests on"
    assert kept["diagnostics_event"] == "30 days after the event"
    assert kept["usage_partial"] == "30 days after the event"  # counts that belong to no person


@pytest.mark.promise("SEC-2")
def test_recipient_outside_the_eu_is_listed_with_the_mechanism() -> None:
    account = next(e for e in json.loads(FORMS["record-of-processing.json"](rows()))["processing"]
                   if e["kind"] == "account")  # fmt: skip
    assert account["transfers"] == [
        {
            "to": "sms_carriers",
            "country": Recipient.SMS_CARRIERS.entry.country,
            "mechanism": Recipient.SMS_CARRIERS.entry.mechanism.value,
        }
    ]


@pytest.mark.promise("STR-7")
def test_company_outside_the_eu_is_a_transfer_also_with_servers_in_the_eu() -> None:
    (chat,) = (row for row in rows() if row.kind == "chat_message")
    assert chat.transfers == (Recipient.STREAM,)


def test_table_has_a_line_per_row_and_no_empty_mandatory_column() -> None:
    lines = list(csv.DictReader(io.StringIO(FORMS["record-of-processing.csv"](rows()))))
    assert [line["kind"] for line in lines] == [row.kind for row in rows()]
    asked = ("controller", "purpose", "legal basis", "subjects", "recipients", "kept", "measures")
    assert [line["kind"] for line in lines if not all(line[column] for column in asked)] == []


def test_picture_is_well_formed_and_draws_every_record_and_recipient() -> None:
    picture = ET.fromstring(FORMS["data-map.svg"](rows()))  # noqa: S314 - made here
    drawn = {text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert {row.kind for row in rows()} <= drawn
    assert {recipient.label for recipient in Recipient if recipient is not Recipient.AWS} <= drawn
    lines = list(picture.iter("{http://www.w3.org/2000/svg}path"))
    assert len(lines) == sum(len(set(row.recipients) - {Recipient.AWS}) for row in rows())


@pytest.mark.parametrize("name", sorted(STAGE_FORMS))
def test_record_of_a_stage_names_what_its_settings_arrange(name: str) -> None:
    everywhere = {law.value: "Example GmbH" for law in RepresentedLaw}
    arranged = Accountability(
        everywhere, "dpo@example.org", date(2026, 11, 1), "DPIA 1", {"stream": date(2026, 5, 8)}
    )
    text = STAGE_FORMS[name](rows(), arranged)
    named = ["Art. 14 FADP", "Art. 27 UK GDPR", "Example GmbH", "dpo@example.org"]
    if not name.endswith(".csv"):  # its lines are kinds of data, with the controller and its people
        named += ["2026-11-01", "DPIA 1", "2026-05-08"]
    assert [one for one in named if one not in text] == []
    assert "missing" not in text
