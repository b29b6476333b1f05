"""Plans: what an export or an erasure does with each record class, by the declarations alone.

Pure: a plan reads and writes nothing, so it can be reviewed before it is carried out. Its steps are named and
ordered, and the order stays the same after a crash. Invariants:

- Every record class is in every plan that concerns it as soon as it is defined. Records about staff are in no
  plan: plans are of users' records.
- Records that a law or a hold keeps are moved before any record is deleted, and the subject's key is deleted
  last. A crash before that loses nothing; after it, no record is left that the key could open.
- The Ledger is evidence under a pseudonym that only the account could map to the subject, and requests are
  the subject's evidence of having made them. No plan touches either; both expire.

Data that is in no record class (Stream's copy, the evidence) is described in privacy/register.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.core.table_names import Table
from chalicelib.privacy.declaration import (
    DataSubject,
    Declaration,
    KeyClass,
    LookupPath,
    NotPersonal,
    Personal,
    lookup_path,
)
from chalicelib.privacy.periods import Statutory
from chalicelib.privacy.personal import Record
from chalicelib.privacy.purposes import Category, Correction, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient

Records = Iterable[type[Record]]

_SECRET = "a secret: anyone who has it could sign in as you"  # noqa: S105 - a reason, not a secret
_UNFINDABLE = {
    LookupPath.BY_NOTHING: "it cannot be found from your account; it expires within days",
    LookupPath.BY_ERASURE: "there is none before your account is deleted; the answer to a deletion lists it",
}


# --- export

# Names in a section the records that a copy leaves out, beside the names of withheld fields.
UNDISCLOSED_RECORDS = "some records"


@dataclass(frozen=True)
class DisclosedField:
    """A field that is disclosed in the copy. Ids, states and times have no category or source."""

    name: str
    category: Category | None = None
    source: Source | None = None
    correction: Correction | None = None
    recipients: tuple[Recipient, ...] = ()
    portable: bool = False  # provided or observed, on consent or contract (Art. 20 GDPR, RGT-8)


@dataclass(frozen=True)
class WithheldField:
    """A field that is withheld from the copy, and the reason that is disclosed to the subject."""

    name: str
    why: str


@dataclass(frozen=True)
class Section:
    """One record class in an export: where its records are, and what Art. 15(1) GDPR requires."""

    kind: str
    table: Table
    found: LookupPath
    purpose: Purpose
    basis: LegalBasis
    kept: str
    period: str | None  # ISO 8601; None where an event ends it
    recipients: tuple[Recipient, ...]
    disclosed: tuple[DisclosedField, ...]
    withheld: tuple[WithheldField, ...]


def export_plan(records: Records) -> tuple[Section, ...]:
    """A section per record class, by table and kind."""
    return tuple(_section(declaration) for declaration in _sorted(records))


def _section(declaration: Declaration) -> Section:
    where = lookup_path(declaration.table)
    disclosed: list[DisclosedField] = []
    withheld: list[WithheldField] = []
    for name, marker in declaration.fields.items():
        if why := _UNFINDABLE.get(where) or _withheld(marker):
            withheld.append(WithheldField(name, why))
        else:
            disclosed.append(_disclosed(name, marker, declaration.basis))
    if declaration.undisclosed:
        withheld.append(WithheldField(UNDISCLOSED_RECORDS, declaration.undisclosed))
    return Section(
        kind=declaration.kind,
        table=declaration.table,
        found=where,
        purpose=declaration.purpose,
        basis=declaration.basis,
        kept=declaration.kept,
        period=declaration.retention.duration,
        recipients=declaration.recipients,
        disclosed=tuple(disclosed),
        withheld=tuple(withheld),
    )


def _withheld(marker: Personal | NotPersonal) -> str | None:
    if isinstance(marker, Personal) and marker.category is Category.CREDENTIALS:
        return marker.withheld or _SECRET
    return marker.withheld


_PORTABLE = frozenset({Source.PROVIDED, Source.OBSERVED})  # Art. 20(1) GDPR


def _disclosed(name: str, marker: Personal | NotPersonal, basis: LegalBasis) -> DisclosedField:
    if isinstance(marker, NotPersonal):
        return DisclosedField(name)
    portable = basis in {LegalBasis.CONSENT, LegalBasis.CONTRACT} and marker.source in _PORTABLE
    recipients = (Recipient.AWS, *marker.to)
    return DisclosedField(name, marker.category, marker.source, marker.correction, recipients, portable)


# --- erasure


class NotHoldable(ValueError):
    """Records of this kind cannot be held; the text says why."""


class Action(StrEnum):
    """An action on records, or on a whole table."""

    RELEASE = "claims are released to quarantine"
    KEEP = "moved to the held records, sealed under their key, until the end of the period or hold"
    DELETE = "deleted"
    LAPSE = "left to expire, since they cannot be found from the account"
    DELETE_KEY = "the subject's data key is deleted"
    NEVER = "never touched"


@dataclass(frozen=True)
class TableStep:
    """Something that is done once, in one table, and may be done again.

    A deletion takes the subject's whole partition, so nothing unknown stays: what is kept was moved before.
    """

    action: Action
    table: Table
    kinds: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the step in the evidence of an erasure."""
        return f"{self.action.name.lower()}_{self.table.value}"


@dataclass(frozen=True)
class ErasurePlan:
    """The ordered steps, and the classes that the key makes unreadable."""

    steps: tuple[TableStep, ...]
    unreadable_with_key: tuple[str, ...]  # all copies; those in backups once the backups of Keys have expired


# A sign-out deletes a session and its push token at once, and so does the freeze of an erasure. The security
# log has sign-ins; what was pushed is on no record.
_DELETED_BY_SIGN_OUT = frozenset({"session", "push_devices"})


def holdable(records: Records) -> tuple[str, ...]:
    """The kinds that a hold can keep: those found by the account, without sessions and push tokens."""
    by_account = (d.kind for d in _sorted(records) if lookup_path(d.table) is LookupPath.BY_ACCOUNT)
    return tuple(kind for kind in by_account if kind not in _DELETED_BY_SIGN_OUT)


def erasure_plan(records: Records, held: Iterable[str] = ()) -> ErasurePlan:
    """The plan of a subject's erasure for the records of these classes.

    Args:
        records: the record classes of the system.
        held: the kinds that holds on this subject keep.

    Raises:
        NotHoldable: a hold keeps a kind that is not among the records, or cannot be found from the account.
    """
    declared, held = _sorted(records), set(held)
    if unknown := held - set(holdable(records)):
        raise NotHoldable(f"cannot be held: {', '.join(sorted(unknown))}")
    by_account = [d for d in declared if lookup_path(d.table) is LookupPath.BY_ACCOUNT]
    moved = [d for d in by_account if isinstance(d.retention, Statutory) or d.kind in held]
    steps = (
        *_steps(Action.RELEASE, (d for d in declared if lookup_path(d.table) is LookupPath.BY_CLAIM)),
        *_steps(Action.KEEP, moved),
        *_steps(Action.DELETE, by_account),
        *_steps(Action.LAPSE, (d for d in declared if lookup_path(d.table) is LookupPath.BY_NOTHING)),
        TableStep(Action.DELETE_KEY, Table.KEYS),
        *_steps(Action.NEVER, (d for d in declared if lookup_path(d.table) in _OUTLIVE)),
        *(TableStep(Action.NEVER, table) for table in Table if lookup_path(table) is LookupPath.BY_PSEUDONYM),
    )
    sealed = tuple(d.kind for d in declared if d.key_class is KeyClass.SUBJECT)
    return ErasurePlan(steps, sealed)


# Tables whose records are about accounts that may be erased.
_OUTLIVE = frozenset({LookupPath.BY_INDEX, LookupPath.BY_ERASURE})


def _steps(action: Action, declared: Iterable[Declaration]) -> tuple[TableStep, ...]:
    """One step per table, over its classes."""
    kinds: dict[Table, list[str]] = {}
    for declaration in declared:
        kinds.setdefault(declaration.table, []).append(declaration.kind)
    return tuple(TableStep(action, table, tuple(named)) for table, named in kinds.items())


def _sorted(records: Records) -> list[Declaration]:
    """The declarations about users by table and kind, whatever the order of imports."""
    about_users = (r.declaration for r in records if r.declaration.subject is DataSubject.USER)
    return sorted(about_users, key=lambda d: (d.table, d.kind))
