"""The input of the readable page of a copy: texts only, no I/O, no decisions.

A package is assembled from one `About` and a sequence of `SectionView`, of which only one is in memory at a
time. Values are texts as the page shows them (it escapes them): instants as "2026-11-24 21:37:05 CET", lists
joined, "yes" and "no". The texts of a view are in the language of the page. A row may lack fields for which
its record has no value.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.core.languages import Language
from chalicelib.core.phrases import Phrasebook
from chalicelib.privacy import words
from chalicelib.privacy.controller import CONTROLLER, SupervisoryAuthority
from chalicelib.privacy.plans import Section, WithheldField
from chalicelib.privacy.purposes import AUTOMATED
from chalicelib.privacy.recipients import Recipient
from chalicelib.privacy.register import DataWithoutRecord

# Art. 15(1)(h) GDPR. Limits against abuse only count calls and codes, and they expire.
_DECISIONS = (
    "Programs alone decide this: {decisions}. You can ask for a person to decide, and say why. We create no "
    "profile of you (Art. 22 GDPR, Art. 38 ZZPL)"
)

ROWS = 100  # records of a kind on the page; the file `SectionView.rest` has all of them

Row = dict[str, str]  # by the field's name


class CopyKind(StrEnum):
    """The right that the package answers; the values are those of the request."""

    ACCESS = "access"
    PORTABILITY = "portability"


def automated_decisions(say: Phrasebook) -> str:
    """Say what programs decide alone, as the privacy policy does."""
    return say(_DECISIONS, decisions="; ".join(map(say, AUTOMATED.values())))


@dataclass(frozen=True)
class File:
    """A file of the package: its name in the ZIP and a short description."""

    name: str
    what: str


@dataclass(frozen=True)
class About:
    """The content above and below the records."""

    copy: CopyKind
    request_id: str
    received_at: datetime  # the copy shows the data as of this time
    made_at: datetime
    contact: str  # the settings' contact_email
    kinds: tuple[str, ...]  # of the sections with records, in their order: the table of contents
    files: tuple[File, ...]  # the package's other files, in the order of the list
    # The controller's authority, and that of the country the subject declared, if it is another.
    authorities: tuple[SupervisoryAuthority, ...] = CONTROLLER.authorities
    language: Language = Language.ENGLISH  # of the page
    none: tuple[str, ...] = ()  # the kinds of which there is certainly no record; they have no section


@dataclass(frozen=True)
class FieldView:
    """A field as the page explains it."""

    name: str  # as in the files
    label: str
    category: str
    source: str
    recipients: tuple[Recipient, ...]  # other than the subject; none for ids, states and times


@dataclass(frozen=True)
class SectionView:
    """One kind of record: information of Art. 15(1) GDPR, first records, missing data."""

    kind: str
    title: str
    why: str
    basis: str
    kept: str
    fields: tuple[FieldView, ...]
    rows: tuple[Row, ...]  # the first `ROWS`
    total: int
    withheld: tuple[WithheldField, ...] = ()
    rest: str | None = None  # the file with all records
    note: str | None = None  # an additional sentence
    recipients: tuple[Recipient, ...] = ()  # of the kind as a whole
    missing: tuple[str, ...] = ()  # sentences about data that could not be included
    copied: bool = True  # whether this copy would contain records of this kind

    @classmethod
    def of(
        cls,
        section: Section,
        say: Phrasebook,
        rows: Iterable[Row] = (),
        total: int = 0,
        rest: str | None = None,
        missing: tuple[str, ...] = (),
    ) -> "SectionView":
        """Build it from a section of an export plan and its first records."""
        return cls(
            kind=section.kind,
            title=say(words.title(section.kind)),
            why=say(section.purpose.plainly),
            basis=say(words.basis(section.basis)),
            kept=say(section.kept),
            fields=tuple(
                FieldView(
                    field.name,
                    say(words.label(field.name)),
                    say(words.category(field.category)),
                    say(words.source(field.source)),
                    field.recipients,
                )
                for field in section.disclosed
            ),
            rows=tuple(rows),
            total=total,
            withheld=tuple(
                WithheldField(say(words.label(field.name)), say(field.why)) for field in section.withheld
            ),
            rest=rest,
            recipients=section.recipients,
            missing=missing,
            copied=bool(section.disclosed),
        )

    @classmethod
    def of_data_without_record(
        cls,
        data: DataWithoutRecord,
        say: Phrasebook,
        rows: Iterable[Row] = (),
        total: int = 0,
        rest: str | None = None,
        withheld: tuple[WithheldField, ...] = (),
        missing: tuple[str, ...] = (),
    ) -> "SectionView":
        """Build it for data without a record class; its fields are those of the rows."""
        rows = tuple(rows)
        names = dict.fromkeys(name for row in rows for name in row)
        categories = ", ".join(say(words.category(category)) for category in data.categories)
        return cls(
            kind=data.kind,
            title=say(words.title(data.kind)),
            why=say(data.purpose.plainly),
            basis=say(words.basis(data.basis)),
            kept=say(data.plainly),
            fields=tuple(
                FieldView(name, say(words.label(name)), categories, "", data.recipients) for name in names
            ),
            rows=rows,
            total=total,
            withheld=withheld,
            rest=rest,
            note=say(data.what),
            recipients=data.recipients,
            missing=missing,
        )
