"""Evidence of consent decisions in the Ledger: pseudonymous, no text of subjects (SEC-1).

One entry holds the decisions of one moment. Each event in it describes the decision completely, with the
decision that it replaces. The event of a withdrawal therefore proves the consent as well, and does so for
the whole retention period, even when the entry of the giving has expired.

Rules and reasons: docs/adr/0013-evidence-of-consent.md.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from chalicelib.consents.ages import ReachedAge
from chalicelib.consents.model import Consent, ConsentState, Method, Purposes
from chalicelib.consents.notices.model import NoticeVersion
from chalicelib.core.chain import Chain, ChainEntry, NewEntry
from chalicelib.core.clock import Instant
from chalicelib.core.ids import ConsentRecordId, Pseudonym
from chalicelib.privacy.periods import Period
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.privacy.recipients import Recipient

CHAIN = "consent"  # the kind of the chains
DECIDED = "decided"  # kind of an entry that records a decision
CARRIED_OVER = "carried_over"  # kind of an entry that repeats earlier events before they expire
# Evidence is renewed this long before it expires, which leaves time for a job that is down or far behind.
_AHEAD = timedelta(days=90)

# The data that each consent covers. A record that is kept for one of these purposes holds no other data.
COVERS: dict[Purpose, tuple[Category, ...]] = {
    Purpose.ANALYTICS: (Category.BEHAVIOR, Category.DEVICE),
    Purpose.MARKETING: (Category.NAME, Category.EMAIL, Category.PHONE_NUMBER, Category.LANGUAGE),
    Purpose.PERSONALISED_ADS: (Category.BEHAVIOR, Category.COUNTRY, Category.LANGUAGE),
    Purpose.LOCATION_SHARING: (Category.LOCATION,),
    Purpose.CONTACT_MATCHING: (Category.PHONE_NUMBER, Category.CONTACTS),
    Purpose.SOCIAL_VERIFICATION: (Category.PSEUDONYM,),
    Purpose.MESSAGE_BACKUP: (Category.CONTENT_PRIVATE,),
}


class EvidenceMissing(Exception):
    """A consent is in force without evidence; an operator has to have the app ask for it again."""


class EventState(StrEnum):
    """The kind of decision, in terms of the Data Privacy Vocabulary (W3C DPV 2.3)."""

    GIVEN = "ConsentGiven"
    RENEWED = "RenewedConsentGiven"  # by the subject, under a newer notice
    REFUSED = "ConsentRefused"  # no consent was given before
    WITHDRAWN = "ConsentWithdrawn"

    @classmethod
    def of(cls, before: Consent | None, after: Consent) -> "EventState":
        """The kind of a decision, given the one before it."""
        had_given = before is not None and before.state is ConsentState.GIVEN
        if after.state is ConsentState.GIVEN:
            return cls.RENEWED if had_given else cls.GIVEN
        return cls.WITHDRAWN if had_given else cls.REFUSED


class Replaced(BaseModel, frozen=True):
    """The decision that an event replaces."""

    record_id: ConsentRecordId
    state: ConsentState
    since: Instant
    notice_version: NoticeVersion | None = None
    method: Method


class Event(BaseModel, frozen=True):
    """One decision about one purpose, as an entry holds it.

    Entries are kept for years. Values of our own enums are plain strings here, so that an old entry stays
    readable after an enum has changed. Values of the standard do not change and keep their enum.
    """

    record_id: ConsentRecordId
    purpose: str
    purpose_type: str
    event_type: str = "ExpressedConsent"  # the only type that these purposes take
    event_state: EventState
    event_time: Instant
    method: str
    notice_version: NoticeVersion | None = None
    pii_types: tuple[str, ...]
    recipients: tuple[str, ...]
    replaces: Replaced | None = None
    # Of a consent: the age, in years, that it needs and the subject has reached, and what shows that.
    age_threshold: int | None = None
    age_source: str | None = None

    @property
    def gives(self) -> bool:
        """Return whether it gives consent, which is valid only with evidence."""
        return self.event_state in {EventState.GIVEN, EventState.RENEWED}

    @classmethod
    def of(
        cls, purpose: Purpose, before: Consent | None, after: Consent, age: ReachedAge | None = None
    ) -> "Event":
        """The event of a decision; a withdrawal without a notice takes that of the ended consent."""
        return cls(
            record_id=after.record_id,
            purpose=purpose,
            purpose_type=purpose.use,
            event_state=EventState.of(before, after),
            event_time=after.since,
            method=after.method,
            notice_version=after.notice_version or (before.notice_version if before else None),
            pii_types=COVERS[purpose],
            recipients=tuple(r.label for r in Recipient if purpose in r.purposes),
            replaces=Replaced(**before.model_dump()) if before else None,
            age_threshold=age.threshold if age else None,
            age_source=age.source if age else None,
        )


def chain_of(pseudonym: Pseudonym) -> Chain:
    """The chain that holds a subject's history of consents."""
    return Chain(CHAIN, pseudonym)


def serialized(events: Iterable[Event]) -> tuple[dict[str, Any], ...]:
    """Events in the form in which an entry holds them."""
    return tuple(event.model_dump(mode="json", exclude_none=True) for event in events)


def entry(events: Iterable[dict[str, Any]], at: datetime) -> NewEntry:
    """Build the entry of the decisions of one moment; owed events come first."""
    return NewEntry(DECIDED, {"events": list(events)}, delete_at=Period.CONSENT_EVIDENCE.ends(at))


def carried_over(purposes: Purposes, entries: Iterable[ChainEntry], at: datetime) -> NewEntry:
    """The entry that repeats the event of every consent in force, unchanged from the history.

    Raises:
        EvidenceMissing: the history no longer holds the event of one of them.
    """
    wanted = {consent.record_id for consent in purposes.in_force.values()}
    repeated: list[dict[str, object]] = []
    for found in entries:
        events = [event for event in found.data.get("events", ()) if event["record_id"] in wanted]
        repeated += events
        wanted -= {event["record_id"] for event in events}
        if not wanted:
            return NewEntry(CARRIED_OVER, {"events": repeated}, delete_at=Period.CONSENT_EVIDENCE.ends(at))
    raise EvidenceMissing


def renew_at(purposes: Purposes) -> datetime | None:
    """Return when the job has to process the evidence; None if no evidence has to be kept.

    It is now if an event is owed, else when the oldest evidence of a consent in force must be renewed.
    """
    if purposes.owed:
        return min(consent.since for consent in purposes.consents.values())
    carried = purposes.carried_over_at
    dates = [max(c.since, carried) if carried else c.since for c in purposes.in_force.values()]
    return Period.CONSENT_EVIDENCE.ends(min(dates)) - _AHEAD if dates else None


def job_due_at(purposes: Purposes) -> datetime | None:
    """When the job has to process a subject, for evidence or for a deletion; None if it never has to."""
    return min(filter(None, (renew_at(purposes), purposes.deletion_due)), default=None)


def events_about(purpose: Purpose, entries: list[ChainEntry]) -> list[Event]:
    """The events of one purpose in the order of their entries, newest first.

    An event that was carried over appears once, at the place of its newest copy. Entries without events are
    skipped.
    """
    events: dict[ConsentRecordId, Event] = {}
    for found in entries:
        for data in reversed(found.data.get("events", ())):  # an entry lists owed events before later ones
            if data["purpose"] == purpose:
                event = Event.model_validate(data)
                events[event.record_id] = event
    return list(events.values())
