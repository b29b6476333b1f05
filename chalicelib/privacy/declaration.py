"""The words of a declaration: what a record class says of itself and of its fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.core.table import Table
from chalicelib.privacy.periods import Retention
from chalicelib.privacy.purposes import Category, Correction, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient


class DeclarationError(TypeError):
    """A record class is not fully or not consistently declared; the text says what to add."""


class KeyClass(StrEnum):
    """Under which key the personal fields are sealed, if they are."""

    SUBJECT = "subject"  # the account's own data key: erasing the key erases every copy
    RETAINED = "retained"  # one key per retention class: what a hold or a statute keeps
    TRANSIENT = "transient"  # the stage's key: challenges, gone within days by TTL
    CLEAR = "in clear"  # not sealed, for the reason that the class gives in `why_clear`
    NOTHING_SEALED = "nothing sealed"  # no personal field


@dataclass(frozen=True)
class Personal:
    """The marker of a personal field."""

    category: Category
    source: Source
    correction: Correction = Correction.ON_REQUEST
    to: tuple[Recipient, ...] = ()  # who gets it besides our own cloud
    withheld: str | None = (
        None  # why the subject gets no copy (Art. 15(4) GDPR); credentials say it themselves
    )


@dataclass(frozen=True)
class NotPersonal:
    """The marker of a field that says nothing about a person: ids, states, versions, times."""

    withheld: str | None = None  # why it does not stand in the subject's copy beside the personal ones


class DataSubject(StrEnum):
    """Whom a record is about, in the words of fideslang."""

    USER = "customer"
    STAFF = "employee"


personal = Personal
NOT_PERSONAL = NotPersonal()


@dataclass(frozen=True)
class Bundle:
    """A class of which one item holds several records (privacy/bundles, ADR 22).

    Attributes:
        shared: fields that all records of an item have in common; they stand once.
        distinct: the field by which a record that was stored twice is known.
    """

    shared: tuple[str, ...]
    distinct: str


@dataclass(frozen=True)
class Declaration:
    """What a record class declares."""

    table: Table
    kind: str
    purpose: Purpose
    basis: LegalBasis
    retention: Retention
    key_class: KeyClass
    fields: dict[str, Personal | NotPersonal]
    types: Mapping[str, object]  # the fields' annotations
    why_clear: str | None = None
    bundle: Bundle | None = None  # None: an item for each record
    subject: DataSubject = DataSubject.USER

    @property
    def kept(self) -> str:
        """How long it is kept, in words for people; what rests on a consent goes with it (ADR 28)."""
        goes_with_consent = self.basis is LegalBasis.CONSENT and self.personal_fields()
        until = ", and no longer than the consent that it rests on" if goes_with_consent else ""
        return f"{self.retention.plainly}{until}"

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """Our own cloud, and whoever gets one of the fields."""
        named = {recipient for marker in self.personal().values() for recipient in marker.to}
        return (Recipient.AWS, *(recipient for recipient in Recipient if recipient in named))

    def personal(self) -> dict[str, Personal]:
        """The markers of the personal fields by name."""
        return {name: marker for name, marker in self.fields.items() if isinstance(marker, Personal)}

    def personal_fields(self) -> tuple[str, ...]:
        """Names of the personal fields."""
        return tuple(self.personal())

    def sealed_fields(self) -> tuple[str, ...]:
        """Names of the fields that are sealed: the personal ones, unless the class stands in clear."""
        return () if self.key_class is KeyClass.CLEAR else self.personal_fields()
