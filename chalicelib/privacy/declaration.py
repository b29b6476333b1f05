"""The types of a declaration: what a record class declares about itself and its fields.

It does not declare how the records of one subject are found: the table determines it (`lookup_path`). Export
and erasure use that: a record class in a table that is found by the account is covered by both as soon as it
is defined.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import Retention
from chalicelib.privacy.purposes import Category, Correction, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient


class DeclarationError(TypeError):
    """A record class is declared incompletely or inconsistently; the text says what to change."""


class KeyClass(StrEnum):
    """The key under which the personal fields are sealed."""

    SUBJECT = "subject"  # the account's data key; deleting it makes every copy unreadable
    RETAINED = "retained"  # one key per retention class, for records that a hold or a statute keeps
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


@dataclass(frozen=True)
class Declaration:
    """The declaration of a record class."""

    table: Table
    kind: str
    purpose: Purpose
    basis: LegalBasis
    retention: Retention
    key_class: KeyClass
    fields: dict[str, Personal | NotPersonal]
    types: Mapping[str, object]  # the fields' annotations
    why_clear: str | None = None
    bundle: Bundle | None = None  # None: one item per record
    subject: DataSubject = DataSubject.USER
    # Which records a copy leaves out and why, in words for their subject; see Record.undisclosed_until.
    undisclosed: str | None = None

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
