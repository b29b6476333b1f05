"""The record of processing (Art. 30(1) GDPR): one row per record class and kind of other data.

A deployed function returns the record of its own version and periods; `make generate` writes that of the
defaults into docs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chalicelib.core.table_names import Table
from chalicelib.privacy import register, reviews
from chalicelib.privacy.accountability import Accountability, id_of
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.measures import MEASURES
from chalicelib.privacy.personal import KeyClass, Record
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose
from chalicelib.privacy.recipients import Mechanism, Recipient
from chalicelib.privacy.register import WITHOUT_RECORD, DataWithoutRecord

CONTACT = "the address in the response of `GET /v1/controller`, which every stage must configure"

_SEALED = {
    KeyClass.SUBJECT: "sealed under the subject's own key",
    KeyClass.RETAINED: "sealed under the key of its retention class",
    KeyClass.SHARED: "sealed under the key of its kind",
    KeyClass.TRANSIENT: "sealed under the stage's key",
    KeyClass.CLEAR: "not sealed",
    KeyClass.NOTHING_SEALED: (
        "not sealed: only keyed hashes, random ids, states, times and counts, which are pseudonymous "
        "personal data if they relate to one person"
    ),
}

# People who are not users yet also request codes.
_SUBJECTS = {Table.CHALLENGES: ("prospect", "customer")}


@dataclass(frozen=True)
class Field:
    """One personal field."""

    name: str
    category: Category
    source: str
    correction: str
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True)
class Row:
    """One kind of data, with the information that Art. 30(1) requires."""

    kind: str
    what: str
    where: str
    purpose: Purpose  # (b)
    basis: LegalBasis
    subjects: tuple[str, ...]  # (c), fideslang's words
    categories: tuple[Category, ...]  # (c)
    recipients: tuple[Recipient, ...]  # (d), and by their register (e)
    kept: str  # (f)
    period: str | None  # (f) as an ISO 8601 duration; None if an event ends the period
    protected: str  # (g), in addition to the measures for all records
    fields: tuple[Field, ...] = ()

    @property
    def transfers(self) -> tuple[Recipient, ...]:
        """Recipients that need a legal ground, including those with only the company outside the EU."""
        return tuple(r for r in self.recipients if r.entry.mechanism is not Mechanism.NO_TRANSFER)


def rows(records: Iterable[type[Record]] | None = None) -> tuple[Row, ...]:
    """Return all rows, sorted by place and kind, independent of the order of imports."""
    declared = [_of_record(record) for record in (register.records() if records is None else records)]
    found = declared + [_of_data_without_record(entry) for entry in WITHOUT_RECORD]
    return tuple(sorted(found, key=lambda row: (row.where, row.kind)))


def document(rows: Iterable[Row], arranged: Accountability) -> dict[str, Any]:
    """Return the whole record for programs; it has a JSON form.

    Args:
        rows: kinds of data.
        arranged: what the privacy officer arranged for a stage; nothing in the record of all stages.
    """
    return {
        "controller": {
            "name": CONTROLLER.name,
            "address": CONTROLLER.address,
            "country": CONTROLLER.country,
            "contact": CONTACT,
            "representatives": {law.article: named for law, named in arranged.represented()},
            "data_protection_officer": arranged.data_protection_officer or None,
            "supervisory_authorities": [vars(authority) for authority in CONTROLLER.authorities],
        },
        "impact_assessment": {
            "day": str(arranged.impact_assessment_on) if arranged.impact_assessment_on else None,
            "reference": arranged.impact_assessment_reference or None,
        },
        "processing": [_row(row) for row in rows],
        "recipients": [_recipient(recipient, arranged) for recipient in Recipient],
        "measures": [measure.words for measure in MEASURES],
        "reviews": [{"by": str(one.by), "what": one.what} for one in reviews.declared()],
    }


def _of_record(record: type[Record]) -> Row:
    declaration = record.declaration
    fields = tuple(
        Field(name, m.category, m.source.value, m.correction.value, (Recipient.AWS, *m.to))
        for name, m in declaration.personal().items()
    )
    return Row(
        kind=declaration.kind,
        what=_first_sentences(record.__doc__ or ""),
        where=declaration.table.value,
        purpose=declaration.purpose,
        basis=declaration.basis,
        subjects=_SUBJECTS.get(declaration.table, (declaration.subject.value,)),
        # Keyed hashes and random ids also relate to a person (Art. 4(5) GDPR).
        categories=tuple(dict.fromkeys(field.category for field in fields)) or (Category.PSEUDONYM,),
        recipients=declaration.recipients,
        kept=declaration.kept,
        period=declaration.retention.duration,
        protected=": ".join(filter(None, (_SEALED[declaration.key_class], declaration.why_clear))),
        fields=fields,
    )


def _of_data_without_record(entry: DataWithoutRecord) -> Row:
    return Row(
        kind=entry.kind,
        what=entry.what,
        where=entry.where,
        purpose=entry.purpose,
        basis=entry.basis,
        subjects=(entry.subject.value,),
        categories=entry.categories,
        recipients=entry.recipients,
        kept=entry.plainly,
        period=None,
        protected="under a random id or pseudonym",
    )


def _first_sentences(text: str) -> str:
    """Return the first line of a docstring, without the ids of promises."""
    return re.sub(r" \([A-Z]{3,4}-\d+(, [A-Z]{3,4}-\d+)*\)", "", text.strip().splitlines()[0]).replace(
        "`", ""
    )


def _row(row: Row) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "what": row.what,
        "where": row.where,
        "purpose": {"word": row.purpose.value, "plainly": row.purpose.plainly, "fideslang": row.purpose.use},
        "legal_basis": row.basis.value,
        "subjects": list(row.subjects),
        "categories": [category.value for category in row.categories],
        "recipients": [id_of(recipient) for recipient in row.recipients],
        "transfers": [
            {"to": id_of(r), "country": r.country, "mechanism": r.entry.mechanism.value}
            for r in row.transfers
        ],
        "kept": row.kept,
        "period": row.period,
        "protected": row.protected,
        "fields": [
            {
                "name": field.name,
                "category": field.category.value,
                "source": field.source,
                "correction": field.correction,
                "recipients": [id_of(recipient) for recipient in field.recipients],
            }
            for field in row.fields
        ],
    }


def _recipient(recipient: Recipient, arranged: Accountability) -> dict[str, Any]:
    entry = recipient.entry
    signed = arranged.serbian_clauses.get(id_of(recipient))
    agreement, contact = entry.agreement, entry.rights_contact
    return {
        "id": id_of(recipient),
        "name": entry.label,
        "country": entry.country,
        "role": entry.role.value,
        "does": entry.activity,
        "categories": sorted(recipient.categories),
        "collects": sorted(category.value for category in entry.collects),
        "purposes": sorted(recipient.purposes),
        "parts": [{"what": part.what, "legal_basis": part.basis.value} for part in entry.parts],
        "confidentiality": entry.confidentiality,
        "mechanism": entry.mechanism.value,
        "safeguards": list(entry.safeguards),
        "serbian_clauses": str(signed) if signed else None,
        "agreement": {"name": agreement.name, "review_by": str(agreement.review_by)} if agreement else None,
        "certificates": [{"name": one.name, "seen_on": str(one.seen_on)} for one in entry.certificates],
        "rights_contact": contact.where or None if contact else None,
        "rights_contact_looked_for_on": str(contact.looked_for_on) if contact else None,
    }
