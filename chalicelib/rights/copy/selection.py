"""Which kinds of record and which fields a copy contains.

Pure; derived from the declarations.

Access (Art. 15 GDPR, RGT-1) contains everything that the plan discloses. Portability (Art. 20 GDPR, RGT-8)
contains what the subject provided or we observed, on the basis of consent or contract, and the instant from
which a record's retention counts, because an action in the app means little without its time. It contains
nothing else and names no recipients.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import BaseModel

from chalicelib.core.chain import ChainEntry
from chalicelib.core.clock import Instant
from chalicelib.core.http import View
from chalicelib.core.table_names import Table
from chalicelib.privacy import register
from chalicelib.privacy.declaration import NOT_PERSONAL, NotPersonal, Personal, lookup_path, personal
from chalicelib.privacy.periods import UntilErasure, UntilInstant
from chalicelib.privacy.personal import Record
from chalicelib.privacy.plans import DisclosedField, Section, WithheldField, export_plan
from chalicelib.privacy.purposes import Category, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.privacy.register import WITHOUT_RECORD, DataWithoutRecord
from chalicelib.rights.copy.model import CopyKind
from chalicelib.rights.request import evidence

_STAFF_WITHHELD = (
    "the entry names their role instead. Our staff act on our instructions, so they are not recipients, and "
    "they have rights of their own (Art. 15(4) and 29 GDPR, Art. 26 and 46 ZZPL)"
)
_NOT_PORTABLE = (
    "created by us, or not processed on the basis of your consent or of a contract with you (Art. 20(1) "
    "GDPR, Art. 36 ZZPL)"
)


class Evidence(View, frozen=True, extra="forbid"):
    """An entry of the Ledger about the subject.

    The Ledger has no record class, so it is declared here.
    """

    chain: Annotated[str, NOT_PERSONAL]
    seq: Annotated[int, NOT_PERSONAL]
    at: Annotated[Instant, NOT_PERSONAL]
    event: Annotated[str, NOT_PERSONAL]
    data: Annotated[dict[str, Any], personal(Category.PRIVACY_PREFERENCES, Source.GENERATED)]
    hash: Annotated[str, NOT_PERSONAL]
    kept_until: Annotated[Instant, NOT_PERSONAL]

    @classmethod
    def of(cls, entry: ChainEntry) -> "Evidence":
        """Build it for the subject: it names the history but no pseudonym, and staff only by role."""
        said = evidence.without_staff(entry.data)
        return cls.showing(entry, chain=entry.chain.kind, data=said, kept_until=entry.delete_at)


EVIDENCE, REQUEST_EVIDENCE, CHAT = (
    next(entry for entry in WITHOUT_RECORD if entry.kind == kind)
    for kind in ("evidence", "request_evidence", "chat_message")
)


@dataclass(frozen=True)
class CopyPart:
    """One kind of record in a copy; its section describes the fields of this copy."""

    section: Section
    model: type[BaseModel]
    left_out: tuple[WithheldField, ...] = ()  # fields that access contains and portability does not

    @property
    def kind(self) -> str:
        """The kind of the record."""
        return self.section.kind

    @property
    def fields(self) -> frozenset[str]:
        """The names of the fields in the copy."""
        return frozenset(field.name for field in self.section.disclosed)


@dataclass(frozen=True)
class Selection:
    """The parts of a copy by kind, and the kinds that are left out of it."""

    copy: CopyKind
    parts: dict[str, CopyPart]
    left_out: tuple[str, ...] = ()


def selection(copy: CopyKind) -> Selection:
    """Return what a kind of copy consists of."""
    parts = (
        *_recorded(),
        *(CopyPart(_evidence(section), Evidence) for section in (EVIDENCE, REQUEST_EVIDENCE)),
    )
    if copy is CopyKind.ACCESS:
        return Selection(copy, {part.kind: part for part in parts})
    portable = {part.kind: part for part in map(_portable, parts) if part.fields}
    return Selection(copy, portable, tuple(part.kind for part in parts if part.kind not in portable))


def categories(copy: CopyKind) -> frozenset[Category]:
    """Return the categories of personal data in a copy, including Stream's part and the picture."""
    parts = selection(copy).parts.values()
    disclosed = {field.category for part in parts for field in part.section.disclosed if field.category}
    return frozenset(disclosed | {Category.CONTENT_PRIVATE, Category.SELF_IMAGE})


def received(part: CopyPart, held: Iterable[str]) -> Section:
    """Return a section with only those recipients that received a value.

    No recipient received a field that has no value. For a kind that is withheld entirely, it is unknown which
    fields have values, so all possible recipients are named.
    """
    if not part.section.disclosed:
        return part.section
    held = frozenset(held)
    disclosed = tuple(t if t.name in held else replace(t, recipients=()) for t in part.section.disclosed)
    named = {recipient for field in disclosed for recipient in field.recipients}
    if held:
        named |= {recipient for recipient in part.section.recipients if recipient is Recipient.AWS}
    return replace(part.section, disclosed=disclosed, recipients=tuple(r for r in Recipient if r in named))


def _recorded() -> Iterable[CopyPart]:
    classes: dict[str, type[Record]] = {r.declaration.kind: r for r in register.records()}
    for section in export_plan(classes.values()):
        yield CopyPart(section, classes[section.kind])


def _evidence(of: DataWithoutRecord) -> Section:
    markers: dict[str, Personal | NotPersonal] = {}
    for name, info in Evidence.model_fields.items():
        markers[name] = next(m for m in info.metadata if isinstance(m, Personal | NotPersonal))
    return Section(
        kind=of.kind,
        table=Table.LEDGER,
        found=lookup_path(Table.LEDGER),
        purpose=of.purpose,
        basis=of.basis,
        kept=of.plainly,
        period=None,
        recipients=of.recipients,
        disclosed=tuple(
            DisclosedField(name, m.category, m.source, m.correction, of.recipients)
            if isinstance(m, Personal)
            else DisclosedField(name)
            for name, m in markers.items()
        ),
        withheld=(
            WithheldField("salt", "with it, the content of an entry could be guessed from its hash"),
            WithheldField("names of staff", _STAFF_WITHHELD),
        ),
    )


def _portable(part: CopyPart) -> CopyPart:
    """Return the portable fields of a kind; no fields if none are portable."""
    section, since = part.section, _since(part.model)
    personal_ones = {field.name for field in section.disclosed if field.portable}
    kept = personal_ones | ({since} if personal_ones and since else set())
    disclosed = tuple(replace(t, recipients=()) for t in section.disclosed if t.name in kept)
    left_out = tuple(WithheldField(t.name, _NOT_PORTABLE) for t in section.disclosed if t.name not in kept)
    return CopyPart(replace(section, disclosed=disclosed, recipients=()), part.model, left_out)


def _since(model: type[BaseModel]) -> str | None:
    """Return the field with the instant from which a record's retention counts."""
    if not issubclass(model, Record) or isinstance(model.declaration.retention, UntilErasure | UntilInstant):
        return None
    return model.declaration.retention.since
