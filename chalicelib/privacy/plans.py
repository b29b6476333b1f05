"""Plans: what an export, an erasure or a hold does with each record class, by the declarations alone.

Pure: a plan reads and writes nothing, so it can be reviewed before it is carried out. Its steps are named and
ordered, and the order stays the same after a crash. Invariants:

- Every record class is in every plan that concerns it as soon as it is defined. Records about staff are in no
  plan: plans are of users' records.
- Records that a law or a hold keeps are sealed again before any record is deleted, and the subject's key is
  deleted last. A crash before that loses nothing; after it, no record is left that the key could open.
- The Ledger is evidence under a pseudonym that only the account could map to the subject, and requests are
  the subject's evidence of having made them. No plan touches either; both expire.

Data that is in no record class (Stream's copy, the evidence) is described in privacy/elsewhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.core.table_names import Table
from chalicelib.privacy import codec
from chalicelib.privacy.declaration import DataSubject, Declaration, KeyClass, NotPersonal, Personal
from chalicelib.privacy.periods import Statutory
from chalicelib.privacy.personal import Record
from chalicelib.privacy.purposes import Category, Correction, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.privacy.whereabouts import LookupPath, found

Records = Iterable[type[Record]]

_SECRET = "a secret: anyone who has it could sign in as you"  # noqa: S105 - a reason, not a secret
_UNFINDABLE = "it cannot be found from your account; it expires within days"


# --- export


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
    where = found(declaration.table)
    disclosed: list[DisclosedField] = []
    withheld: list[WithheldField] = []
    for name, marker in declaration.fields.items():
        if why := _UNFINDABLE if where is LookupPath.BY_NOTHING else _withheld(marker):
            withheld.append(WithheldField(name, why))
        else:
            disclosed.append(_disclosed(name, marker, declaration.basis))
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


def _disclosed(name: str, marker: Personal | NotPersonal, basis: LegalBasis) -> DisclosedField:
    if isinstance(marker, NotPersonal):
        return DisclosedField(name)
    portable = basis in {LegalBasis.CONSENT, LegalBasis.CONTRACT} and marker.source is not Source.GENERATED
    recipients = (Recipient.AWS, *marker.to)
    return DisclosedField(name, marker.category, marker.source, marker.correction, recipients, portable)


# --- holds


class NotHoldable(ValueError):
    """A hold has no law, reason or end, or its records cannot be found; the text says which."""


@dataclass(frozen=True)
class Hold:
    """Why a subject's records are kept despite erasure (Art. 17(3) GDPR, RET-3), and until when."""

    law: str
    reason: str
    until: datetime

    def __post_init__(self) -> None:
        if not self.law.strip() or not self.reason.strip() or self.until.tzinfo is None:
            raise NotHoldable("a hold names its law, its reason and the instant of its end")


class Action(StrEnum):
    """An action on records, or on a whole table."""

    RELEASE = "claims are released to quarantine"
    RESEAL = "sealed again under the key of their retention class, and locked until their end"
    LOCK = "locked until their end"
    DELETE = "deleted"
    LAPSE = "left to expire, since they cannot be found from the account"
    DELETE_KEY = "the subject's data key is deleted"
    NEVER = "never touched"


@dataclass(frozen=True)
class Kept:
    """A record class that outlives its subject; its action precedes the deletion of the key.

    A locked record is invisible at once (`expires_at`) and stored until its end (`delete_at`).
    """

    kind: str
    table: Table
    found: LookupPath
    action: Action
    law: str
    reason: str
    until: datetime | Statutory  # with Statutory, each record has an end of its own

    def ends(self, record: Record) -> datetime | None:
        """Return when a record is no longer kept; None while its statutory period has not begun."""
        return self.until if isinstance(self.until, datetime) else codec.expires_at(record)


def hold_plan(records: Records, hold: Hold) -> tuple[Kept, ...]:
    """The records of these classes that a hold keeps.

    Raises:
        NotHoldable: the records of a class cannot be found from the account.
    """
    return tuple(_held(declaration, hold) for declaration in _sorted(records))


def _held(declaration: Declaration, hold: Hold) -> Kept:
    if found(declaration.table) is LookupPath.BY_NOTHING:
        raise NotHoldable(f"{declaration.kind} can't be held: {found(declaration.table).value}")
    return _kept(declaration, hold.law, hold.reason, hold.until)


def _kept(declaration: Declaration, law: str, reason: str, until: datetime | Statutory) -> Kept:
    action = Action.RESEAL if declaration.key_class is KeyClass.SUBJECT else Action.LOCK
    where = found(declaration.table)
    return Kept(declaration.kind, declaration.table, where, action, law, reason, until)


# --- erasure


@dataclass(frozen=True)
class TableStep:
    """Something that is done once, in one table, and may be done again."""

    action: Action
    table: Table
    kinds: tuple[str, ...] = ()
    # A deletion takes all of the subject's partition but these, so nothing unknown stays.
    sparing: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the step in the evidence of an erasure."""
        return f"{self.action.name.lower()}_{self.table.value}"


@dataclass(frozen=True)
class ErasurePlan:
    """The ordered steps, what is kept and why, and the classes that the key makes unreadable."""

    steps: tuple[TableStep, ...]
    kept: tuple[Kept, ...]
    unreadable_with_key: tuple[str, ...]  # all copies; those in backups once the backups of Keys have expired


def erasure_plan(records: Records, held: Iterable[Kept] = ()) -> ErasurePlan:
    """The plan of a subject's erasure for the records of these classes.

    Args:
        records: the record classes of the system.
        held: what the holds on this subject keep, as given by `hold_plan`.

    Raises:
        NotHoldable: a hold keeps a class that is not among the records.
    """
    declared = _sorted(records)
    kept = (*held, *(k for k in map(_by_statute, declared) if k))
    if unknown := {k.kind for k in kept} - {d.kind for d in declared}:
        raise NotHoldable(f"no such record: {', '.join(sorted(unknown))}")
    steps = (
        *_steps(Action.RELEASE, (d for d in declared if found(d.table) is LookupPath.BY_CLAIM), kept),
        *_keeping(Action.RESEAL, kept),
        *_keeping(Action.LOCK, kept),
        *_steps(Action.DELETE, (d for d in declared if found(d.table) is LookupPath.BY_ACCOUNT), kept),
        *_steps(Action.LAPSE, (d for d in declared if found(d.table) is LookupPath.BY_NOTHING)),
        TableStep(Action.DELETE_KEY, Table.KEYS),
        *_steps(Action.NEVER, (d for d in declared if found(d.table) is LookupPath.BY_INDEX)),
        *(TableStep(Action.NEVER, table) for table in Table if found(table) is LookupPath.BY_PSEUDONYM),
    )
    sealed = tuple(d.kind for d in declared if d.key_class is KeyClass.SUBJECT)
    return ErasurePlan(steps, kept, sealed)


def _by_statute(declaration: Declaration) -> Kept | None:
    retention = declaration.retention
    if not isinstance(retention, Statutory):
        return None
    kept = _kept(declaration, retention.law, retention.plainly, retention)
    return replace(kept, action=Action.NEVER) if kept.found is LookupPath.BY_INDEX else kept


def _keeping(action: Action, kept: tuple[Kept, ...]) -> tuple[TableStep, ...]:
    """One step per table. A class that several reasons keep is sealed again or locked once."""
    chosen = {k.kind: k.table for k in kept if k.action is action}
    return tuple(
        TableStep(action, table, tuple(sorted(kind for kind, where in chosen.items() if where is table)))
        for table in sorted(set(chosen.values()))
    )


def _steps(
    action: Action, declared: Iterable[Declaration], kept: tuple[Kept, ...] = ()
) -> tuple[TableStep, ...]:
    """One step per table, over its classes that nothing keeps."""
    kinds: dict[Table, list[str]] = {}
    for declaration in declared:
        kinds.setdefault(declaration.table, []).append(declaration.kind)
    spared = {k.kind for k in kept}
    return tuple(
        TableStep(
            action, table, tuple(k for k in named if k not in spared), tuple(k for k in named if k in spared)
        )
        for table, named in kinds.items()
    )


def _sorted(records: Records) -> list[Declaration]:
    """The declarations about users by table and kind, whatever the order of imports."""
    about_users = (r.declaration for r in records if r.declaration.subject is DataSubject.USER)
    return sorted(about_users, key=lambda d: (d.table, d.kind))
