"""Which kinds of record stand in a copy, and which of their fields. Pure; from the declarations alone.

Access (Art. 15 GDPR, RGT-1) shows everything that the plan tells. Portability (Art. 20 GDPR, RGT-8) shows
what the subject provided or we observed, on consent or contract, and with it the instant that a record's
period counts from: what was done in the app says little without when. Nothing else goes along, and it is not
told who received what.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict

from chalicelib.core.chain import ChainEntry
from chalicelib.core.clock import Instant
from chalicelib.core.table import Table
from chalicelib.privacy import register
from chalicelib.privacy.declaration import NOT_PERSONAL, NotPersonal, Personal, personal
from chalicelib.privacy.elsewhere import ELSEWHERE, Elsewhere
from chalicelib.privacy.periods import UntilErasure
from chalicelib.privacy.personal import Record
from chalicelib.privacy.plans import DisclosedField, Section, WithheldField, export_plan
from chalicelib.privacy.purposes import Category, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.privacy.whereabouts import found
from chalicelib.rights import evidence
from chalicelib.rights.export.model import CopyKind

_STAFF_WITHHELD = (
    "their role stands there: they act on our instruction, are no recipients, and have rights of their own "
    "(Art. 15(4) and 29 GDPR)"
)
_NOT_PORTABLE = "made by us, or not held on your consent or a contract with you (Art. 20(1) GDPR)"


class Evidence(BaseModel):
    """An entry of the Ledger about the subject. No record class is kept there, so it is declared here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chain: Annotated[str, NOT_PERSONAL]
    seq: Annotated[int, NOT_PERSONAL]
    at: Annotated[Instant, NOT_PERSONAL]
    event: Annotated[str, NOT_PERSONAL]
    data: Annotated[dict[str, Any], personal(Category.PRIVACY_PREFERENCES, Source.GENERATED)]
    hash: Annotated[str, NOT_PERSONAL]
    kept_until: Annotated[Instant, NOT_PERSONAL]

    @classmethod
    def of(cls, entry: ChainEntry) -> "Evidence":
        """For the subject's own eyes: which history, not under which pseudonym; staff by their role."""
        return cls(
            chain=entry.chain.kind,
            seq=entry.seq,
            at=entry.at,
            event=entry.event,
            data=evidence.without_staff(entry.data),
            hash=entry.hash,
            kept_until=entry.delete_at,
        )


EVIDENCE, REQUEST_EVIDENCE, CHAT = (
    next(entry for entry in ELSEWHERE if entry.kind == kind)
    for kind in ("evidence", "request_evidence", "chat_message")
)


@dataclass(frozen=True)
class CopyPart:
    """One kind of record in a copy: the section tells its fields as they stand in this copy."""

    section: Section
    model: type[BaseModel]
    left_out: tuple[WithheldField, ...] = ()  # what access would show and portability does not

    @property
    def kind(self) -> str:
        """Of the record."""
        return self.section.kind

    @property
    def fields(self) -> frozenset[str]:
        """Names of those that stand in the copy."""
        return frozenset(told.name for told in self.section.told)


@dataclass(frozen=True)
class Selection:
    """What stands in a copy, by kind, and the kinds that are left out of it."""

    copy: CopyKind
    parts: dict[str, CopyPart]
    left_out: tuple[str, ...] = ()


def selection(copy: CopyKind) -> Selection:
    """What a copy consists of."""
    parts = (*_recorded(), *(CopyPart(_evidence(one), Evidence) for one in (EVIDENCE, REQUEST_EVIDENCE)))
    if copy is CopyKind.ACCESS:
        return Selection(copy, {part.kind: part for part in parts})
    portable = {part.kind: part for part in map(_portable, parts) if part.fields}
    return Selection(copy, portable, tuple(part.kind for part in parts if part.kind not in portable))


def categories(copy: CopyKind) -> frozenset[Category]:
    """What kinds of personal data stand in a copy, Stream's part included."""
    parts = selection(copy).parts.values()
    told = {field.category for part in parts for field in part.section.told if field.category}
    return frozenset(told | {Category.CONTENT_PRIVATE})


def received(part: CopyPart, held: Iterable[str]) -> Section:
    """A section with those recipients only who got something: of fields that no record holds, nobody did.

    Of a kind that is withheld whole nobody knows what there is, so all that may have got something are named.
    """
    if not part.section.told:
        return part.section
    held = frozenset(held)
    told = tuple(t if t.name in held else replace(t, recipients=()) for t in part.section.told)
    named = {recipient for field in told for recipient in field.recipients}
    if held:
        named |= {recipient for recipient in part.section.recipients if recipient is Recipient.AWS}
    return replace(part.section, told=told, recipients=tuple(r for r in Recipient if r in named))


def _recorded() -> Iterable[CopyPart]:
    classes: dict[str, type[Record]] = {r.declaration.kind: r for r in register.records()}
    for section in export_plan(classes.values()):
        yield CopyPart(section, classes[section.kind])


def _evidence(of: Elsewhere) -> Section:
    markers: dict[str, Personal | NotPersonal] = {}
    for name, info in Evidence.model_fields.items():
        markers[name] = next(m for m in info.metadata if isinstance(m, Personal | NotPersonal))
    return Section(
        kind=of.kind,
        table=Table.LEDGER,
        found=found(Table.LEDGER),
        purpose=of.purpose,
        basis=of.basis,
        kept=of.plainly,
        period=None,
        recipients=of.recipients,
        told=tuple(
            DisclosedField(name, m.category, m.source, m.correction, of.recipients)
            if isinstance(m, Personal)
            else DisclosedField(name)
            for name, m in markers.items()
        ),
        withheld=(
            WithheldField("salt", "with it, what was written could be guessed back from its hash"),
            WithheldField("names of staff", _STAFF_WITHHELD),
        ),
    )


def _portable(part: CopyPart) -> CopyPart:
    """What of a kind may be taken along; no fields if nothing may."""
    section, since = part.section, _since(part.model)
    personal_ones = {told.name for told in section.told if told.portable}
    kept = personal_ones | ({since} if personal_ones and since else set())
    told = tuple(replace(t, recipients=()) for t in section.told if t.name in kept)
    left_out = tuple(WithheldField(t.name, _NOT_PORTABLE) for t in section.told if t.name not in kept)
    return CopyPart(replace(section, told=told, recipients=()), part.model, left_out)


def _since(model: type[BaseModel]) -> str | None:
    """The instant that says when a record is of."""
    if not issubclass(model, Record) or isinstance(model.declaration.retention, UntilErasure):
        return None
    return model.declaration.retention.since
