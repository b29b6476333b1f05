"""The records of a breach, and its problems.

Invariants:

- A fact, an assessment and a notification of an authority are added, never replaced. `Breach` refers to
  its facts by number, and its `version` fences every write.
- What a schedule needs is in clear: states, deadlines, countries. Texts are sealed.
- The notices to people carry texts that two operators approved, and no text about one person.
- When a problem is raised, the breach is unchanged.
"""

from enum import StrEnum
from typing import Annotated, ClassVar

from chalicelib.core.clock import Instant
from chalicelib.core.errors import ConflictingRequest, Schemas
from chalicelib.core.ids import AccountId, BreachId, StaffId
from chalicelib.core.table_names import Table
from chalicelib.messages.campaigns.model import PartProgress
from chalicelib.operations.breaches.clocks import AuthorityClock, DeadlineRule
from chalicelib.operations.breaches.words import (
    Assessment,
    Audience,
    AuthorityReport,
    BreachRisk,
    BreachWords,
    Conclusion,
    PeopleAffected,
)
from chalicelib.privacy.periods import After, Period, Statutory
from chalicelib.privacy.personal import NOT_PERSONAL, DataSubject, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient

_LAW = "Art. 33(5) GDPR and Art. 52 ZZPL: every breach is documented, so that the authority can check it"
_TEXT = personal(
    Category.PRIVACY_PREFERENCES,
    Source.GENERATED,
    to=(Recipient.BELGRADE_OFFICE,),
    withheld="our record of a breach, which concerns many people; those affected get a notice of their own",
)


class BreachStatus(StrEnum):
    """Whether a breach has open duties; the words sort so that open breaches are listed first."""

    CLOSED = "closed"
    OPEN = "open"


class Breach(
    Record,
    table=Table.RIGHTS,
    kind="breach",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=Statutory(Period.BREACH, law=_LAW, since="opened_at"),
    key_class=KeyClass.RETAINED,
    subject=DataSubject.STAFF,
):
    """A breach of personal data, and which operator did what about it.

    Attributes:
        findings: how many are recorded.
        lists: how many lists of affected users are recorded.
        risk: of the newest approved assessment.
        audience: whom that assessment says to notify.
        notices_from: when notifying the people began; accounts created later are not affected.
        notices_done_at: when everyone had been notified.
        lists_done: how many lists were complete then.
    """

    breach_id: Annotated[BreachId, NOT_PERSONAL]
    version: Annotated[int, NOT_PERSONAL] = 1
    status: Annotated[BreachStatus, NOT_PERSONAL] = BreachStatus.OPEN
    opened_by: Annotated[StaffId, NOT_PERSONAL]
    opened_at: Annotated[Instant, NOT_PERSONAL]
    discovered_at: Annotated[Instant, NOT_PERSONAL]
    clocks: Annotated[tuple[AuthorityClock, ...], NOT_PERSONAL]
    findings: Annotated[int, NOT_PERSONAL] = 1
    lists: Annotated[int, NOT_PERSONAL] = 0
    risk: Annotated[BreachRisk | None, NOT_PERSONAL] = None
    audience: Annotated[Audience | None, NOT_PERSONAL] = None
    country: Annotated[str | None, NOT_PERSONAL] = None
    notices_from: Annotated[Instant | None, NOT_PERSONAL] = None
    notices_done_at: Annotated[Instant | None, NOT_PERSONAL] = None
    lists_done: Annotated[int, NOT_PERSONAL] = 0
    closed_at: Annotated[Instant | None, NOT_PERSONAL] = None

    proposal: Annotated[Assessment | None, _TEXT] = None
    assessments: Annotated[tuple[Assessment, ...], _TEXT] = ()
    reports: Annotated[tuple[AuthorityReport, ...], _TEXT] = ()
    conclusions: Annotated[tuple[Conclusion, ...], _TEXT] = ()

    @property
    def is_open(self) -> bool:
        """Return whether a duty may be open."""
        return self.status is BreachStatus.OPEN

    @property
    def has_to_notify(self) -> bool:
        """Return whether the people affected have to be notified and are not yet."""
        if self.risk is not BreachRisk.HIGH:
            return False
        return self.notices_done_at is None or self.lists_done < self.lists

    @property
    def running(self) -> tuple[AuthorityClock, ...]:
        """The clocks whose authority is still to be notified; an unlikely risk stops the general ones."""
        unlikely = self.risk is not None and not self.risk.needs_authority
        return tuple(
            one
            for one in self.clocks
            if one.deadline
            and not (unlikely and one.rule is DeadlineRule.GENERAL and one.notified_at is None)
        )


class BreachFact(
    Record,
    table=Table.RIGHTS,
    kind="breach_fact",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=Statutory(Period.BREACH, law=_LAW, since="opened_at"),
    key_class=KeyClass.RETAINED,
    subject=DataSubject.STAFF,
):
    """One finding about a breach; it is written once. `opened_at` is that of the breach."""

    breach_id: Annotated[BreachId, NOT_PERSONAL]
    number: Annotated[int, NOT_PERSONAL]
    opened_at: Annotated[Instant, NOT_PERSONAL]
    found_by: Annotated[StaffId, NOT_PERSONAL]
    found_at: Annotated[Instant, NOT_PERSONAL]
    what: Annotated[str, _TEXT]
    categories: Annotated[tuple[Category, ...], NOT_PERSONAL] = ()
    people: Annotated[tuple[PeopleAffected, ...], NOT_PERSONAL] = ()
    people_count: Annotated[int | None, NOT_PERSONAL] = None
    record_count: Annotated[int | None, NOT_PERSONAL] = None
    consequences: Annotated[str | None, _TEXT] = None
    measures: Annotated[str | None, _TEXT] = None
    countries: Annotated[tuple[str, ...], NOT_PERSONAL] = ()


class AffectedList(
    Record,
    table=Table.RIGHTS,
    kind="affected_list",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.BREACH, since="opened_at"),
):
    """Some of the accounts affected by a breach, by their random ids, in the order of the ids.

    The ids are deleted once everyone was notified; `listed` stays. `unknown` counts the user ids without an
    account: erased, or never there.
    """

    breach_id: Annotated[BreachId, NOT_PERSONAL]
    number: Annotated[int, NOT_PERSONAL]
    opened_at: Annotated[Instant, NOT_PERSONAL]
    account_ids: Annotated[tuple[AccountId, ...], NOT_PERSONAL]
    listed: Annotated[int, NOT_PERSONAL]
    unknown: Annotated[int, NOT_PERSONAL] = 0


class BreachLetter(
    Record,
    table=Table.RIGHTS,
    kind="breach_letter",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.BREACH, since="opened_at"),
):
    """The approved texts of the notice, by language: the same for everyone, about no single person."""

    breach_id: Annotated[BreachId, NOT_PERSONAL]
    opened_at: Annotated[Instant, NOT_PERSONAL]
    discovered_at: Annotated[Instant, NOT_PERSONAL]
    texts: Annotated[dict[str, BreachWords], NOT_PERSONAL]


class BreachProgress(
    PartProgress,
    Record,
    table=Table.RIGHTS,
    kind="breach_progress",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.BREACH, since="opened_at"),
):
    """The progress of notifying the accounts of one shard or list."""

    breach_id: Annotated[BreachId, NOT_PERSONAL]
    opened_at: Annotated[Instant, NOT_PERSONAL]


class BreachClosed(ConflictingRequest):
    """The breach is closed; a fact that is found later opens it again."""

    title = "The breach is closed; record the new fact first, which opens it again"


class BreachUnfinished(ConflictingRequest):
    """A breach cannot be closed while a duty is open; `open` names the duties."""

    title = "The breach has open duties, so it cannot be closed"
    shows: ClassVar[Schemas] = {"open": {"type": "array", "items": {"type": "string"}}}


class AssessedOtherwise(ConflictingRequest):
    """People are notified only after an approved assessment that says so."""

    title = "No approved assessment says that the people affected are to be notified"


class RenderingChanged(ConflictingRequest):
    """The notice differs from the one that was proposed: a new version of the service changed its words."""

    title = "The notice would be sent in other words than those that were proposed; propose it again"


class NoticesBegun(ConflictingRequest):
    """The notices to the people affected are on their way, so their texts and audience are final."""

    title = "The people affected are being notified; the assessment is final"


class TooManyParts(ConflictingRequest):
    """The record has reached a limit: facts, notifications, assessments or lists of users."""

    title = "The record of this breach is full; open another breach that refers to it"
