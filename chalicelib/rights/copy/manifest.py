"""The models of manifest.json and of the head of data.json.

Both are part of the published schema (`schema`). The manifest is written last in the ZIP, because it contains
the hashes of the files written before.
"""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field

from chalicelib.core.clock import Instant
from chalicelib.core.http import View
from chalicelib.core.ids import UserId
from chalicelib.core.settings import settings
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.plans import DisclosedField, Section, WithheldField
from chalicelib.privacy.purposes import Category, Correction, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Mechanism, Recipient, Role
from chalicelib.rights.copy.model import CopyKind
from chalicelib.rights.copy.spreadsheet import COMPUTED, GUARD

SCHEMA = "https://ru4m.com/schemas/export-1.json"


class DocumentPart(View, frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True):
    """Part of a document of the package. Fields without a value are left out."""

    @classmethod
    def all(cls) -> "Iterator[type[DocumentPart]]":
        """Return all shapes."""
        for shape in cls.__subclasses__():
            yield shape
            yield from shape.all()


class AuthorityShape(DocumentPart):
    """A supervisory authority that handles complaints (Art. 77 GDPR, Art. 82 ZZPL)."""

    name: str
    address: str
    phone: str
    url: str


class ControllerShape(DocumentPart):
    """The controller and its contact."""

    name: str
    address: str
    country: Annotated[str, Field(description="ISO 3166-1 alpha-2")]
    contact: str

    @classmethod
    def ours(cls) -> Self:
        """Return the controller with the contact of this stage."""
        return cls.showing(CONTROLLER, contact=settings().contact_email)


class MissingFromCopy(DocumentPart):
    """Data that is or may be stored but could not be included. Not for data that is withheld."""

    what: Annotated[str, Field(description="The kind of record, or the file")]
    reason: Annotated[str, Field(description="The reason, for programs")]
    text: Annotated[str, Field(description="The reason in plain words")]
    count: Annotated[
        int, Field(description="How many are missing. A part that is missing entirely counts as one")
    ] = 1


class Head(DocumentPart):
    """The first fields of data.json and manifest.json."""

    schema_id: Annotated[str, Field(alias="schema")] = SCHEMA
    right: CopyKind
    request_id: str
    subject: Annotated[UserId | None, Field(description="The user id; absent if there is no account")] = None
    controller: ControllerShape
    asked_at: Annotated[Instant, Field(description="When the request was received, by any channel")]
    as_of: Annotated[
        Instant,
        Field(
            description="The copy contains the data stored at this time, including data that has since "
            "expired. Data that was added or changed later is as it was when the copy was made"
        ),
    ]
    made_at: Instant


class WithheldShape(DocumentPart):
    """A field that is not in the copy, and the reason."""

    name: str
    why: str


class FieldShape(DocumentPart):
    """A field of a kind. Ids, states and times have no category and no source."""

    name: str
    category: Annotated[Category | None, Field(description="A key of the fideslang taxonomy")] = None
    source: Source | None = None
    correction: Correction | None = None
    recipients: Annotated[
        tuple[str, ...], Field(description="Recipients of values; keys of `recipients`")
    ] = ()

    @classmethod
    def of(cls, field: DisclosedField) -> Self:
        """Build it from a field of a section."""
        return cls.showing(field, recipients=tuple(recipient.name for recipient in field.recipients))


class KindShape(DocumentPart):
    """A kind of record, with the information that Art. 15(1) GDPR requires."""

    kind: str
    records: Annotated[int, Field(description="Number of records in the copy")]
    file: Annotated[str | None, Field(description="The CSV file with all records")] = None
    purpose: Purpose
    why: str
    basis: LegalBasis
    kept: str
    period: Annotated[
        str | None, Field(description="ISO 8601 duration; absent if an event ends the retention")
    ] = None
    recipients: Annotated[
        tuple[str, ...],
        Field(
            description="Recipients of records of this kind, or possible recipients if the kind is withheld "
            "entirely; keys of `recipients` in the manifest"
        ),
    ] = ()
    fields: tuple[FieldShape, ...]
    withheld: tuple[WithheldShape, ...] = ()
    left_out: Annotated[
        tuple[WithheldShape, ...], Field(description="Fields that a portability copy leaves out")
    ] = ()

    @classmethod
    def of(
        cls, section: Section, records: int, file: str | None, left_out: tuple[WithheldField, ...]
    ) -> Self:
        """Build it from a section."""
        return cls.showing(
            section,
            records=records,
            file=file,
            why=section.purpose.plainly,
            recipients=tuple(recipient.name for recipient in section.recipients),
            fields=tuple(map(FieldShape.of, section.disclosed)),
            left_out=left_out,
        )


class SectionShape(DocumentPart):
    """The description of a kind in data.json."""

    why: str
    basis: LegalBasis
    kept: str

    @classmethod
    def of(cls, section: Section) -> Self:
        """Build it from a section."""
        return cls.showing(section, why=section.purpose.plainly)


class LeftOut(DocumentPart):
    """Chat data that was left out of this copy, and the reason."""

    what: str
    reason: str
    text: str
    count: int


class ChatShape(DocumentPart):
    """The subject's data at Stream: a file with one JSON object per line."""

    file: str | None = None
    records: Annotated[dict[str, int], Field(description="Number of objects by `kind`")]
    left_out: tuple[LeftOut, ...] = ()
    withheld: tuple[WithheldShape, ...] = ()
    missing: tuple[MissingFromCopy, ...] = ()


class RecipientShape(DocumentPart):
    """A recipient of the subject's data (Art. 15(1)(c) and (2) GDPR)."""

    name: str
    country: str
    role: Role
    does: str
    mechanism: Mechanism
    safeguards: tuple[str, ...]

    @classmethod
    def of(cls, recipient: Recipient) -> Self:
        """Build it from the register."""
        entry = recipient.entry
        return cls.showing(entry, name=entry.label, does=entry.activity)


class FileShape(DocumentPart):
    """A file of the package; size and hash are of the unpacked file."""

    path: str
    media_type: str
    size: Annotated[int, Field(description="Bytes")]
    sha256: str


class CsvShape(DocumentPart):
    """The format of the CSV files, and how to restore the exact values from them."""

    form: str = "RFC 4180; UTF-8 with a byte order mark; lines end with CR LF; the first row names the fields"
    absent: str = "an empty cell: the record has no value for this field"
    texts: str = (
        "Unchanged, except that `guard` is put before a text that is empty or begins with one of "
        "`begins_with`, so that no spreadsheet runs it as a formula. To restore the texts, remove one "
        "`guard` from every text that begins with it"
    )
    others: str = "numbers, true, false, lists and objects are JSON; the schema gives the type of each field"
    guard: str = GUARD
    begins_with: tuple[str, ...] = COMPUTED


class Manifest(Head):
    """The content of manifest.json."""

    authorities: Annotated[
        tuple[AuthorityShape, ...],
        Field(description="The controller's authority, and that of the country the subject declared"),
    ]
    files: tuple[FileShape, ...]
    kinds: tuple[KindShape, ...]
    kinds_left_out: Annotated[
        tuple[str, ...],
        Field(description="Kinds that a portability copy leaves out entirely (Art. 20 GDPR)"),
    ] = ()
    chat: ChatShape
    recipients: dict[str, RecipientShape] = Field(default_factory=dict)
    automated_decisions: Annotated[
        str | None, Field(description="Art. 15(1)(h) GDPR; only in an access copy")
    ] = None
    csv: CsvShape = CsvShape()
    errors: tuple[MissingFromCopy, ...] = ()
