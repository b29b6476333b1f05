"""What a record class declares about itself and its fields, and which declarations contradict themselves.

It does not declare how the records of one subject are found: the table determines it (`lookup_path`). Export
and erasure use that: a record class in a table that is found by the account is covered by both as soon as it
is defined.

The text of a contradiction states what the developer of the class has to change. A contradiction breaks
either the law or a mechanism of this package: a legal basis that the purpose does not have, data that would
outlive its consent, a record that erasure would not find, a start of retention that is no time.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from chalicelib.core.durations import Duration, Unit
from chalicelib.core.table_names import END_NAMES, Table
from chalicelib.privacy.periods import After, Retention, Statutory, UntilErasure, UntilInstant
from chalicelib.privacy.purposes import Category, Correction, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient


class DeclarationError(TypeError):
    """A record class is declared incompletely or inconsistently; the text says what to change."""


class KeyClass(StrEnum):
    """The key under which the personal fields are sealed."""

    SUBJECT = "subject"  # the account's data key; deleting it makes every copy unreadable
    RETAINED = "retained"  # one key per retention class, for records that a hold or a statute keeps
    SHARED = (
        "shared"  # one key for the kind: its subjects may have no account, and an erasure deletes the items
    )
    TRANSIENT = "transient"  # the stage's key, for challenges, which TTL deletes within days
    CLEAR = "in clear"  # not sealed, for the reason in `why_clear`
    NOTHING_SEALED = "nothing sealed"  # no personal field


@dataclass(frozen=True)
class Personal:
    """The marker of a personal field."""

    category: Category
    source: Source
    correction: Correction = Correction.ON_REQUEST
    to: tuple[Recipient, ...] = ()  # the recipients besides our cloud provider
    withheld: str | None = None  # why it is not disclosed (Art. 15(4) GDPR); credentials need no reason


@dataclass(frozen=True)
class NotPersonal:
    """The marker of a field without personal data: ids, states, versions, times."""

    withheld: str | None = None  # why it is not disclosed in the subject's copy


# The kind under which items are counted that no declaration describes. Their own text may be anything.
UNDECLARED = "undeclared"


class DataSubject(StrEnum):
    """The kind of person that a record is about, in the terms of fideslang."""

    USER = "customer"
    STAFF = "employee"


personal = Personal
NOT_PERSONAL = NotPersonal()


@dataclass(frozen=True)
class Bundle:
    """Declares that one item holds several records of the class (privacy/bundles, ADR 22).

    Attributes:
        shared: the fields that all records of an item have in common; they are stored once.
        distinct: the field by which a record that was stored twice is recognised.
    """

    shared: tuple[str, ...]
    distinct: str


# Makes values of one shape from those of the shape before (ADR 79).
Upcast = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class Declaration:
    """The declaration of a record class."""

    table: Table
    kind: str
    purpose: Purpose
    basis: LegalBasis
    retention: Retention
    fields: dict[str, Personal | NotPersonal]
    types: Mapping[str, object]  # the fields' annotations
    key_class: KeyClass = KeyClass.NOTHING_SEALED
    why_clear: str | None = None
    bundle: Bundle | None = None  # None: one item per record
    subject: DataSubject = DataSubject.USER
    # Which records a copy leaves out and why, in words for their subject; see Record.undisclosed_until.
    undisclosed: str | None = None
    upcasts: tuple[Upcast, ...] = ()  # from each earlier shape to the next one, the oldest first

    @property
    def kept(self) -> str:
        """The retention in words for people; consent limits it further (ADR 28)."""
        goes_with_consent = self.basis is LegalBasis.CONSENT and self.personal_fields()
        until = ", and no longer than the consent that it rests on" if goes_with_consent else ""
        return f"{self.retention.plainly}{until}"

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """Our cloud provider, and every recipient of one of the fields."""
        named = {recipient for marker in self.personal().values() for recipient in marker.to}
        return (Recipient.AWS, *(recipient for recipient in Recipient if recipient in named))

    def personal(self) -> dict[str, Personal]:
        """The markers of the personal fields by name."""
        return {name: marker for name, marker in self.fields.items() if isinstance(marker, Personal)}

    def personal_fields(self) -> tuple[str, ...]:
        """Names of the personal fields."""
        return tuple(self.personal())

    def sealed_fields(self) -> tuple[str, ...]:
        """Names of the sealed fields: the personal ones, unless the class is in clear."""
        return () if self.key_class is KeyClass.CLEAR else self.personal_fields()


class LookupPath(StrEnum):
    """The way in which records are found from an account."""

    BY_ACCOUNT = "one partition under the account's id"
    BY_CLAIM = "keyed hashes of the claimed values, computed from the account's own values"
    BY_INDEX = "an index by the account, since requests outlive accounts"
    BY_PSEUDONYM = "chains under the account's pseudonym"
    BY_ERASURE = "a random id that only the request for erasure names; there are none before the erasure"
    BY_NOTHING = "random ids or keyed hashes that cannot be found from the account; all expire within days"


def lookup_path(table: Table) -> LookupPath:
    """Return how the records of a subject are found in a table."""
    match table:
        case Table.ACCOUNTS | Table.KEYS | Table.USAGE | Table.BILLING:
            return LookupPath.BY_ACCOUNT
        case Table.CLAIMS:
            return LookupPath.BY_CLAIM
        case Table.RIGHTS:
            return LookupPath.BY_INDEX
        case Table.LEDGER:
            return LookupPath.BY_PSEUDONYM
        case Table.HELD:
            return LookupPath.BY_ERASURE
        case Table.CHALLENGES:
            return LookupPath.BY_NOTHING


# Attributes of items that are not fields of records.
RESERVED = frozenset(
    {"pk", "sk", "kind", "shape", "sealed", "rows", "unsent", "expires_at", "delete_at", *END_NAMES}
)

# The longest retention in a table in which neither export nor erasure can find records.
MAX_TRANSIENT_PERIOD = Duration(7, Unit.DAY)

Check = Callable[[Declaration], Iterator[str]]


def contradictions(declaration: Declaration) -> Iterator[str]:
    """All contradictions of a declaration."""
    for check in _CHECKS:
        yield from check(declaration)


def _names(declaration: Declaration) -> Iterator[str]:
    if taken := RESERVED & declaration.fields.keys():
        yield f"rename {', '.join(sorted(taken))}; every item has attributes with these names"


def _keys(declaration: Declaration) -> Iterator[str]:
    has_personal = bool(declaration.personal_fields())
    if has_personal is (declaration.key_class is not KeyClass.NOTHING_SEALED):
        return
    if has_personal:
        yield "add key_class to the class statement: SUBJECT, RETAINED or TRANSIENT"
    else:
        yield "leave out key_class: no field is personal"


def _clear(declaration: Declaration) -> Iterator[str]:
    """Clear data stays readable in backups after its subject's erasure, so it needs a reason."""
    is_clear, why = declaration.key_class is KeyClass.CLEAR, declaration.why_clear
    if is_clear and not (why or "").strip():
        yield "say in why_clear why the class can't be sealed, or seal it"
    if not is_clear and why is not None:
        yield "why_clear belongs to KeyClass.CLEAR alone; this class is sealed"


def _bundle(declaration: Declaration) -> Iterator[str]:
    """An item of several records has the times of its oldest one, and nothing in it is sealed."""
    bundle, retention = declaration.bundle, declaration.retention
    if bundle is None:
        return
    if declaration.key_class is not KeyClass.CLEAR:
        yield "leave out bundle: only a class in clear has several records in one item"
    if unknown := {*bundle.shared, bundle.distinct} - declaration.fields.keys():
        yield f"bundle names {', '.join(sorted(unknown))}, which is no field of the class"
    if not isinstance(retention, After):
        yield "retention has to be After(period, since): an item of several records expires with its oldest"
    elif {retention.since, bundle.distinct} & set(bundle.shared):
        yield f"{retention.since} and {bundle.distinct} differ between records, so bundle can't share them"


def _basis(declaration: Declaration) -> Iterator[str]:
    """Processing is allowed or not by the purpose's basis, so the class must have the same."""
    purpose = declaration.purpose
    if declaration.basis is not purpose.basis:
        yield f"basis has to be {purpose.basis.name}, that of {purpose.name}; or name another purpose"


def _consent(declaration: Declaration) -> Iterator[str]:
    """Records that are based on a consent are deleted when it ends (privacy/lapses)."""
    if declaration.basis is not LegalBasis.CONSENT:
        return
    if not isinstance(declaration.retention, After):
        yield "retention has to be After(period, since): a consent may end long before the account does"
    if lookup_path(declaration.table) is not LookupPath.BY_ACCOUNT:
        yield "choose a table that is found by the account: records based on a consent are deleted with it"


def _place(declaration: Declaration) -> Iterator[str]:
    """Data of a subject has to be where export and erasure find it, or expire within days."""
    table, key_class = declaration.table, declaration.key_class
    if table is Table.LEDGER:
        yield "choose another table: only core/chain writes to the Ledger"
    if table is Table.KEYS:
        yield "choose another table: Keys holds data keys and nothing else"
    unfindable = lookup_path(table) is LookupPath.BY_NOTHING
    if unfindable and key_class in {KeyClass.SUBJECT, KeyClass.RETAINED}:
        yield f"choose another table: neither export nor erasure finds records in {table.name}"
    if lookup_path(table) is LookupPath.BY_INDEX and key_class is KeyClass.SUBJECT:
        yield f"key_class has to be RETAINED: records in {table.name} outlive their subject's key"
    if lookup_path(table) is LookupPath.BY_ERASURE and key_class is not KeyClass.RETAINED:
        yield f"key_class has to be RETAINED: records in {table.name} outlive their subject's key"
    if key_class is KeyClass.TRANSIENT and not unfindable:
        yield "key_class has to be SUBJECT: in backups of this table TRANSIENT records would stay readable"


def _staff(declaration: Declaration) -> Iterator[str]:
    """Records about staff are not in the plans of users, so they must not be in users' tables."""
    about_staff = declaration.subject is DataSubject.STAFF
    if about_staff and lookup_path(declaration.table) is not LookupPath.BY_INDEX:
        yield f"choose another table: all records in {declaration.table.name} are about users"


def _transience(declaration: Declaration) -> Iterator[str]:
    retention, table = declaration.retention, declaration.table
    if lookup_path(table) is not LookupPath.BY_NOTHING:
        return
    if not isinstance(retention, After):
        yield f"retention has to be After(period, since): every record in {table.name} expires"
    elif not retention.period.bounds.maximum <= MAX_TRANSIENT_PERIOD:
        yield f"choose a period of at most {MAX_TRANSIENT_PERIOD.plainly}, or a table that erasure reads"
    elif NoneType in get_args(declaration.types.get(retention.since)):
        yield f"{retention.since}: it can't be None, or the record would never expire"


def _retained(declaration: Declaration) -> Iterator[str]:
    """Records that outlive their subject's key name a law, and have an end."""
    retention, retained = declaration.retention, declaration.key_class is KeyClass.RETAINED
    if isinstance(retention, UntilInstant):
        if lookup_path(declaration.table) is not LookupPath.BY_ERASURE:
            yield "retention UntilInstant is for what is kept of erased accounts, in the table HELD"
        return
    if retained and not isinstance(retention, Statutory):
        yield "retention has to be Statutory(period, law, since): a RETAINED class names its law and its end"
    if declaration.key_class is KeyClass.SHARED and not isinstance(retention, After):
        yield "retention has to be After(period, since): a SHARED record may have no account to delete it"
    if not isinstance(retention, Statutory):
        return
    if declaration.key_class is KeyClass.SUBJECT:
        yield "key_class has to be RETAINED: the subject's key is deleted before the statutory period ends"
    if declaration.basis is not LegalBasis.LEGAL_OBLIGATION:
        yield "purpose has to be LEGAL_OBLIGATION: no other purpose is Statutory"
    by_account = lookup_path(declaration.table) is LookupPath.BY_ACCOUNT
    if by_account and NoneType in get_args(declaration.types.get(retention.since)):
        yield f"{retention.since}: it can't be None, or an erasure could not say until when it is kept"
    if not retention.law.strip():
        yield "say in Statutory(law=...) which law requires the retention"


def _since(declaration: Declaration) -> Iterator[str]:
    retention = declaration.retention
    if isinstance(retention, UntilErasure):
        return
    field = retention.until if isinstance(retention, UntilInstant) else retention.since
    if not _may_be_instant(declaration.types.get(field)):
        yield f"retention counts from a field Instant {field!r}; add it"
    elif isinstance(declaration.fields[field], Personal):
        yield f"{field}: mark it NOT_PERSONAL, since retention needs it in clear"


def _may_be_instant(annotation: object) -> bool:
    """Return whether a type is `Instant`, or `Instant | None`."""
    if get_origin(annotation) is Annotated:
        return _may_be_instant(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        return all(part is NoneType or _may_be_instant(part) for part in get_args(annotation))
    return annotation is datetime


def _correction(declaration: Declaration) -> Iterator[str]:
    for name, marker in declaration.personal().items():
        if marker.correction is Correction.SELF_SERVICE and marker.source is not Source.PROVIDED:
            yield f"{name}: correction has to be ON_REQUEST, since the subject did not provide it"


def _recipients(declaration: Declaration) -> Iterator[str]:
    purpose = declaration.purpose
    for name, marker in declaration.personal().items():
        for recipient in marker.to:
            if not recipient.may_get(marker.category, purpose):
                what = f"{marker.category.value} and {purpose.value}"
                yield f"{name}: {recipient.name} is not registered for {what}; see privacy/recipients"


_CHECKS: tuple[Check, ...] = (
    _names,
    _keys,
    _clear,
    _bundle,
    _basis,
    _consent,
    _place,
    _staff,
    _transience,
    _retained,
    _since,
    _correction,
    _recipients,
)
