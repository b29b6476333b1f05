"""What the readable page of an export shows. Texts only: nothing here reads or decides anything.

Whoever assembles a package makes one `About`, and one `SectionView` after the other while it reads, so the
page never holds more than one of them. Values are shown as given (the page escapes them): instants as
"2026-11-24 21:37:05 CET", lists joined, "yes" and "no". A row may leave out what the record does not hold.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.privacy.controller import CONTROLLER, SupervisoryAuthority
from chalicelib.privacy.elsewhere import Elsewhere
from chalicelib.privacy.plans import Section, WithheldField
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.export import words

# Art. 15(1)(h) GDPR. Limits against abuse count calls and codes, end by themselves and decide nothing else.
AUTOMATED_DECISIONS = (
    "None: no decision that has legal effects for you, or affects you as much, is made by automated means "
    "alone, and no profile of you is made (Art. 22 GDPR)"
)

ROWS = 100  # of a kind on the page; all of them are in the file that `SectionView.rest` names

Row = dict[str, str]  # by the field's name


class CopyKind(StrEnum):
    """Which right the package answers; the word is the one of the request."""

    ACCESS = "access"
    PORTABILITY = "portability"


@dataclass(frozen=True)
class File:
    """A file of the package: its name in the ZIP, and in a few words what it is."""

    name: str
    what: str


@dataclass(frozen=True)
class About:
    """What stands above and below the records."""

    copy: CopyKind
    request_id: str
    received_at: datetime  # the copy shows what was held then
    made_at: datetime
    contact: str  # the settings' contact_email
    kinds: tuple[str, ...]  # of the sections that follow, in their order: the table of contents
    files: tuple[File, ...]  # the package's other files, in the order in which they are listed
    # The controller's, and the one of the country that the subject declared, if that is another.
    authorities: tuple[SupervisoryAuthority, ...] = CONTROLLER.authorities


@dataclass(frozen=True)
class FieldView:
    """A field as the page explains it."""

    name: str  # as in the files
    label: str
    category: str
    source: str
    recipients: tuple[Recipient, ...]  # who got it, besides the subject; none for ids, states and times


@dataclass(frozen=True)
class SectionView:
    """One kind of record: what Art. 15(1) GDPR tells of it, the first records, what is not there and why."""

    kind: str
    title: str
    why: str
    basis: str
    kept: str
    fields: tuple[FieldView, ...]
    rows: tuple[Row, ...]  # the first `ROWS`
    total: int
    withheld: tuple[WithheldField, ...] = ()
    rest: str | None = None  # the file with all of them
    note: str | None = None  # one more sentence
    recipients: tuple[Recipient, ...] = ()  # of the kind as a whole
    missing: tuple[str, ...] = ()  # what should be there and is not, and why; each a sentence
    copied: bool = True  # whether the copy has records of this kind at all, were there any

    @classmethod
    def of(
        cls,
        section: Section,
        rows: Iterable[Row] = (),
        total: int = 0,
        rest: str | None = None,
        missing: tuple[str, ...] = (),
    ) -> "SectionView":
        """A section of an export plan, with its first records."""
        return cls(
            kind=section.kind,
            title=words.title(section.kind),
            why=section.purpose.plainly,
            basis=words.basis(section.basis),
            kept=section.kept,
            fields=tuple(
                FieldView(
                    told.name,
                    words.label(told.name),
                    words.category(told.category),
                    words.source(told.source),
                    told.recipients,
                )
                for told in section.told
            ),
            rows=tuple(rows),
            total=total,
            withheld=section.withheld,
            rest=rest,
            recipients=section.recipients,
            missing=missing,
            copied=bool(section.told),
        )

    @classmethod
    def of_elsewhere(
        cls,
        data: Elsewhere,
        labels: Iterable[str],
        rows: Iterable[Row] = (),
        total: int = 0,
        rest: str | None = None,
        withheld: tuple[WithheldField, ...] = (),
        missing: tuple[str, ...] = (),
    ) -> "SectionView":
        """What no record class holds (Stream's copy, evidence); `labels` are the rows' fields in order."""
        categories = ", ".join(words.category(category) for category in data.categories)
        return cls(
            kind=data.kind,
            title=words.title(data.kind),
            why=data.purpose.plainly,
            basis=words.basis(data.basis),
            kept=data.plainly,
            fields=tuple(
                FieldView(name, words.label(name), categories, "", data.recipients) for name in labels
            ),
            rows=tuple(rows),
            total=total,
            withheld=withheld,
            rest=rest,
            note=data.what,
            recipients=data.recipients,
            missing=missing,
        )
