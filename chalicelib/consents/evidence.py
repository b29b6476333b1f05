"""What the Ledger says of a decision: whose it is by pseudonym only, and in words of ours (SEC-1).

One entry holds what was decided at one moment. Each event in it tells all that was true then, what it
replaces included: so the evidence of a consent outlasts the entry of its giving, for the whole period from
its withdrawal. The rules, and why: docs/adr/0013-evidence-of-consent.md.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from chalicelib.consents.model import Consent, ConsentState, Method, Purposes
from chalicelib.core.chain import Chain, ChainEntry, NewEntry
from chalicelib.core.clock import Instant
from chalicelib.core.ids import ConsentRecordId, Pseudonym
from chalicelib.notices.model import NoticeVersion
from chalicelib.privacy.periods import Period
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.privacy.recipients import Recipient

DECIDED = "decided"  # the word of entries that record a decision
CARRIED_OVER = "carried_over"  # of entries that repeat what stands, before it lapses; nothing happened then
# So long before evidence would lapse it is renewed: time for a job that is down, or has very much to do.
_AHEAD = timedelta(days=90)

# What each consent is about. A record that is kept for one of these purposes holds nothing else.
COVERS: dict[Purpose, tuple[Category, ...]] = {
    Purpose.ANALYTICS: (Category.BEHAVIOR, Category.DEVICE),
    Purpose.MARKETING: (Category.NAME, Category.EMAIL, Category.PHONE_NUMBER, Category.LANGUAGE),
    Purpose.PERSONALISED_ADS: (Category.BEHAVIOR, Category.COUNTRY, Category.LANGUAGE),
    Purpose.LOCATION_SHARING: (Category.LOCATION,),
    Purpose.CONTACT_MATCHING: (Category.PHONE_NUMBER, Category.CONTACTS),
    Purpose.SOCIAL_VERIFICATION: (Category.PSEUDONYM,),
    Purpose.MESSAGE_BACKUP: (Category.CONTENT_PRIVATE,),
}


class EvidenceGone(Exception):
    """A consent is in force that nothing shows any more; somebody has to have it asked for anew."""


class EventState(StrEnum):
    """What happened, in terms of the Data Privacy Vocabulary (W3C DPV 2.3)."""

    GIVEN = "ConsentGiven"
    RENEWED = "RenewedConsentGiven"  # by the subject, under a newer notice
    REFUSED = "ConsentRefused"  # nothing was given before
    WITHDRAWN = "ConsentWithdrawn"

    @classmethod
    def of(cls, before: Consent | None, after: Consent) -> "EventState":
        """What a decision was, seen from what stood before it."""
        had_given = before is not None and before.state is ConsentState.GIVEN
        if after.state is ConsentState.GIVEN:
            return cls.RENEWED if had_given else cls.GIVEN
        return cls.WITHDRAWN if had_given else cls.REFUSED


class Replaced(BaseModel):
    """The decision that stood before."""

    model_config = ConfigDict(frozen=True)

    record_id: ConsentRecordId
    state: ConsentState
    since: Instant
    notice_version: NoticeVersion | None = None
    method: Method


class Event(BaseModel):
    """One decision about one purpose, as it stands in an entry.

    Our own words, which may change in the years that it is kept, are texts here: what was written stays
    readable. Those of the standard stay as they are.
    """

    model_config = ConfigDict(frozen=True)

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

    @property
    def gives(self) -> bool:
        """Whether it is a consent, which rests on being shown."""
        return self.event_state in {EventState.GIVEN, EventState.RENEWED}

    @classmethod
    def of(cls, purpose: Purpose, before: Consent | None, after: Consent) -> "Event":
        """What a decision leaves on record. A withdrawal without a notice ends what was given under one."""
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
        )


def chain_of(pseudonym: Pseudonym) -> Chain:
    """A subject's history of consents."""
    return Chain("consent", pseudonym)


def told(events: Iterable[Event]) -> tuple[dict[str, Any], ...]:
    """Events as they stand in an entry."""
    return tuple(event.model_dump(mode="json", exclude_none=True) for event in events)


def entry(events: Iterable[dict[str, Any]], at: datetime) -> NewEntry:
    """The entry of what was decided at one moment, and before it of what was owed."""
    return NewEntry(DECIDED, {"events": list(events)}, delete_at=Period.CONSENT_EVIDENCE.ends(at))


def carried_over(purposes: Purposes, entries: Iterable[ChainEntry], at: datetime) -> NewEntry:
    """The entry that repeats the event of every consent in force, word for word as the history has it.

    Raises:
        EvidenceGone: the history does not tell of one of them any more.
    """
    wanted = {consent.record_id for consent in purposes.in_force.values()}
    told: list[dict[str, object]] = []
    for found in entries:
        events = [event for event in found.data.get("events", ()) if event["record_id"] in wanted]
        told += events
        wanted -= {event["record_id"] for event in events}
        if not wanted:
            return NewEntry(CARRIED_OVER, {"events": told}, delete_at=Period.CONSENT_EVIDENCE.ends(at))
    raise EvidenceGone


def renew_at(purposes: Purposes) -> datetime | None:
    """When the job has to see to the evidence; None where there is nothing to keep alive.

    That is at once where something is owed, else when the oldest evidence of a consent in force has to be
    renewed.
    """
    if purposes.owed:
        return min(consent.since for consent in purposes.consents.values())
    carried = purposes.carried_over_at
    told = [max(c.since, carried) if carried else c.since for c in purposes.in_force.values()]
    return Period.CONSENT_EVIDENCE.ends(min(told)) - _AHEAD if told else None


def events_about(purpose: Purpose, entries: list[ChainEntry]) -> list[Event]:
    """The events of one purpose in the order of their entries, newest first.

    What was carried over is told once, by its oldest entry here. What else the chain holds is passed over.
    """
    events: dict[ConsentRecordId, Event] = {}
    for found in entries:
        for told in reversed(found.data.get("events", ())):  # what was owed comes before what follows it
            if told["purpose"] == purpose:
                event = Event.model_validate(told)
                events[event.record_id] = event
    return list(events.values())
