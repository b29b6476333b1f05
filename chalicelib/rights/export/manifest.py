"""What a package says of itself: manifest.json and the head of data.json. Shapes only.

Both stand in the published schema (schema). The manifest comes last in the ZIP: its hashes are of the files
that were written.
"""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.core.clock import Instant
from chalicelib.core.ids import UserId
from chalicelib.core.settings import settings
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.plans import DisclosedField, Section, WithheldField
from chalicelib.privacy.purposes import Category, Correction, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Mechanism, Recipient, Role
from chalicelib.rights.export.cells import COMPUTED, GUARD
from chalicelib.rights.export.model import CopyKind

SCHEMA = "https://ru4m.com/schemas/export-1.json"


class DocumentPart(BaseModel):
    """Part of a document of the package; what has no value is left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)

    @classmethod
    def all(cls) -> "Iterator[type[DocumentPart]]":
        """Every shape that there is."""
        for shape in cls.__subclasses__():
            yield shape
            yield from shape.all()


class AuthorityShape(DocumentPart):
    """Where to complain (Art. 77 GDPR, Art. 82 ZZPL)."""

    name: str
    address: str
    phone: str
    url: str


class ControllerShape(DocumentPart):
    """Who is responsible, and how to reach us."""

    name: str
    address: str
    country: Annotated[str, Field(description="ISO 3166-1 alpha-2")]
    contact: str

    @classmethod
    def ours(cls) -> Self:
        """The controller of this stage."""
        return cls(
            name=CONTROLLER.name,
            address=CONTROLLER.address,
            country=CONTROLLER.country,
            contact=settings().contact_email,
        )


class MissingFromCopy(DocumentPart):
    """Something that is held, or may be, and does not stand in the copy; not because it was withheld."""

    what: Annotated[str, Field(description="The kind of record, or the file")]
    reason: Annotated[str, Field(description="A word for programs")]
    text: Annotated[str, Field(description="The same in plain words")]
    count: Annotated[
        int, Field(description="How many of them; a part that is missing whole counts as one")
    ] = 1


class Head(DocumentPart):
    """What data.json and manifest.json begin with."""

    schema_id: Annotated[str, Field(alias="schema")] = SCHEMA
    right: CopyKind
    request_id: str
    subject: Annotated[UserId | None, Field(description="The public id; missing without an account")] = None
    controller: ControllerShape
    asked_at: Annotated[Instant, Field(description="When the request was received, by whatever channel")]
    as_of: Annotated[
        Instant,
        Field(
            description="What stood then is in the copy, also if it ended since; what came or was changed "
            "later is as it was when the copy was made"
        ),
    ]
    made_at: Instant


class WithheldShape(DocumentPart):
    """A field that is not in the copy, and why."""

    name: str
    why: str

    @classmethod
    def of(cls, withheld: WithheldField) -> Self:
        """As the plan tells it."""
        return cls(name=withheld.name, why=withheld.why)


class FieldShape(DocumentPart):
    """A field of a kind. Ids, states and times have no category and no source."""

    name: str
    category: Annotated[Category | None, Field(description="A key of the fideslang taxonomy")] = None
    source: Source | None = None
    correction: Correction | None = None
    recipients: Annotated[tuple[str, ...], Field(description="Who got a value; keys of `recipients`")] = ()

    @classmethod
    def of(cls, told: DisclosedField) -> Self:
        """As the section tells it."""
        return cls(
            name=told.name,
            category=told.category,
            source=told.source,
            correction=told.correction,
            recipients=tuple(recipient.name for recipient in told.recipients),
        )


class KindShape(DocumentPart):
    """A kind of record: what Art. 15(1) GDPR tells of it."""

    kind: str
    records: Annotated[int, Field(description="How many are in the copy")]
    file: Annotated[str | None, Field(description="The CSV with all of them")] = None
    purpose: Purpose
    why: str
    basis: LegalBasis
    kept: str
    period: Annotated[str | None, Field(description="ISO 8601; missing where an event ends it")] = None
    recipients: Annotated[
        tuple[str, ...],
        Field(
            description="Who got records of this kind, or gets them where all of it is withheld; keys of "
            "`recipients` of the manifest"
        ),
    ] = ()
    fields: tuple[FieldShape, ...]
    withheld: tuple[WithheldShape, ...] = ()
    left_out: Annotated[
        tuple[WithheldShape, ...], Field(description="What a copy for taking along leaves")
    ] = ()

    @classmethod
    def of(
        cls, section: Section, records: int, file: str | None, left_out: tuple[WithheldField, ...]
    ) -> Self:
        """As the section tells it."""
        return cls(
            kind=section.kind,
            records=records,
            file=file,
            purpose=section.purpose,
            why=section.purpose.plainly,
            basis=section.basis,
            kept=section.kept,
            period=section.period,
            recipients=tuple(recipient.name for recipient in section.recipients),
            fields=tuple(FieldShape.of(told) for told in section.told),
            withheld=tuple(map(WithheldShape.of, section.withheld)),
            left_out=tuple(map(WithheldShape.of, left_out)),
        )


class SectionShape(DocumentPart):
    """What stands beside the records of a kind in data.json."""

    why: str
    basis: LegalBasis
    kept: str

    @classmethod
    def of(cls, section: Section) -> Self:
        """As the section tells it."""
        return cls(why=section.purpose.plainly, basis=section.basis, kept=section.kept)


class LeftOut(DocumentPart):
    """What of the chat is not in the copy, and why."""

    what: str
    reason: str
    text: str
    count: int


class ChatShape(DocumentPart):
    """What Stream holds of the subject: in a file of its own, one JSON object on each line."""

    file: str | None = None
    records: Annotated[dict[str, int], Field(description="How many, by `kind`")]
    left_out: tuple[LeftOut, ...] = ()
    withheld: tuple[WithheldShape, ...] = ()
    missing: tuple[MissingFromCopy, ...] = ()


class RecipientShape(DocumentPart):
    """Somebody who got something (Art. 15(1)(c) and (2) GDPR)."""

    name: str
    country: str
    role: Role
    does: str
    mechanism: Mechanism
    safeguards: tuple[str, ...]

    @classmethod
    def of(cls, recipient: Recipient) -> Self:
        """From the register."""
        entry = recipient.entry
        return cls(
            name=entry.label,
            country=entry.country,
            role=entry.role,
            does=entry.told,
            mechanism=entry.mechanism,
            safeguards=entry.safeguards,
        )


class FileShape(DocumentPart):
    """A file of the package, as it is when it is unpacked."""

    path: str
    media_type: str
    size: Annotated[int, Field(description="Bytes")]
    sha256: str


class CsvShape(DocumentPart):
    """How the CSV files are written, and how what they hold is read back exactly."""

    form: str = "RFC 4180; UTF-8 with a byte order mark; lines end with CR LF; the first row names the fields"
    absent: str = "an empty cell: the record does not hold this field"
    texts: str = (
        "As they are. One that is empty, or begins with one of `begins_with`, has `guard` before it, so that "
        "no spreadsheet takes it for a formula: take one away from every text that begins with it"
    )
    others: str = "numbers, true, false, lists and objects are JSON; which field is what, the schema says"
    guard: str = GUARD
    begins_with: tuple[str, ...] = COMPUTED


class Manifest(Head):
    """manifest.json."""

    authorities: Annotated[
        tuple[AuthorityShape, ...],
        Field(description="Ours, and the one of the country that the subject declared"),
    ]
    files: tuple[FileShape, ...]
    kinds: tuple[KindShape, ...]
    kinds_left_out: Annotated[
        tuple[str, ...],
        Field(description="Kinds that a copy for taking along leaves out whole (Art. 20 GDPR)"),
    ] = ()
    chat: ChatShape
    recipients: dict[str, RecipientShape] = Field(default_factory=dict)
    automated_decisions: Annotated[
        str | None, Field(description="Art. 15(1)(h) GDPR; only in a copy that answers Art. 15")
    ] = None
    csv: CsvShape = CsvShape()
    errors: tuple[MissingFromCopy, ...] = ()
