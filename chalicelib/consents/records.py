"""Consent records of ISO/IEC TS 27560:2023, in terms of the W3C Data Privacy Vocabulary.

Each is made from an event of the Ledger. Categories, recipients and notice are those of the decision; the
controller, the authorities to which the subject can complain, and the court are the current ones (RGT-9).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from chalicelib.consents.evidence import Event
from chalicelib.consents.notices import frozen
from chalicelib.consents.notices.model import Notice, NoticeKind
from chalicelib.core.clock import Instant
from chalicelib.core.http import View
from chalicelib.core.ids import ConsentRecordId, UserId
from chalicelib.core.languages import Language
from chalicelib.core.phrases import Phrasebook
from chalicelib.core.settings import settings
from chalicelib.privacy import remedies
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.recipients import Recipient
from chalicelib.privacy.serbian import PRIVACY

_GDPR = "https://w3id.org/dpv/legal/eu/gdpr#"
# Withdrawal, access, rectification, erasure, restriction, portability, complaint.
_RIGHTS = tuple(f"{_GDPR}{article}" for article in ("A7-3", "A15", "A16", "A17", "A18", "A20", "A77"))


class Party(View):
    """A party to the consent, and its contact details."""

    party_id: str
    party_name: str
    party_address: str
    party_role: str
    party_contact: str


class PiiInformation(View):
    """A kind of personal data, by its key in the fideslang taxonomy."""

    pii_type: str


class RecordHeader(View):
    """The identity of the record and of its subject."""

    schema_version: str = "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"
    record_id: ConsentRecordId
    pii_principal_id: UserId


class RecordProcessing(View):
    """The processing that the consent covers."""

    privacy_notice: str
    language: str = "en"  # of the published notices
    purpose: str
    purpose_type: str
    lawful_basis: str = f"{_GDPR}A6-1-a"
    pii_information: tuple[PiiInformation, ...]
    pii_controllers: tuple[Party, ...]
    storage_locations: tuple[str, ...] = (Recipient.AWS.country,)
    retention_period: str
    jurisdiction: tuple[str, ...] = ("EU", CONTROLLER.country)
    recipient_third_parties: tuple[str, ...]
    withdrawal_method: str
    privacy_rights: tuple[str, ...] = _RIGHTS
    authority_party: tuple[Party, ...] = Field(
        description="The controller's authority, and that of the country that the subject declared"
    )
    remedy: str = Field(
        description="Our extension: where the subject can complain, and the right to go to court"
    )


class RecordEvent(View):
    """The decision. Our extensions: `method` is `explicit`, or `gpc` for a browser signal.

    Of a consent, `age_threshold` is the age in years that it needs, and `age_source` shows that the subject
    has reached it: `statement` or `date_of_birth`.
    """

    event_time: Instant
    validity_duration: str = "until it is replaced by another decision"
    entity_id: UserId
    event_type: str
    event_state: str
    method: str
    age_threshold: int | None = None
    age_source: str | None = None


class ConsentRecord(View):
    """One decision about consent."""

    header: RecordHeader
    processing: RecordProcessing
    event: RecordEvent


class RecordList(View):
    """Records of the decisions about one purpose, newest first."""

    items: tuple[ConsentRecord, ...]
    next_cursor: str | None = None


@dataclass(frozen=True)
class RecordReader:
    """The subject of a record, as its reader.

    Attributes:
        user_id: the public id.
        country: as the subject declared it; None if it is not known.
        language: in which the subject reads.
    """

    user_id: UserId
    country: str | None
    language: Language


def record(event: Event, reader: RecordReader, published: Sequence[Notice]) -> ConsentRecord:
    """The record of an event, for its subject: with the user id, never the pseudonym.

    Args:
        event: The event as the Ledger holds it.
        reader: Its subject.
        published: All published notices, newest first.
    """
    return ConsentRecord(
        header=RecordHeader(record_id=event.record_id, pii_principal_id=reader.user_id),
        processing=_processing(event, _notice_of(event, published), reader),
        event=RecordEvent(
            event_time=event.event_time,
            entity_id=reader.user_id,
            event_type=event.event_type,
            event_state=event.event_state,
            method=event.method,
            age_threshold=event.age_threshold,
            age_source=event.age_source,
        ),
    )


def _processing(event: Event, notice: str, reader: RecordReader) -> RecordProcessing:
    say = Phrasebook(reader.language, PRIVACY)
    place = f"{settings().issuer}/v1/consents/{event.purpose}"
    return RecordProcessing(
        privacy_notice=notice,
        purpose=event.purpose,
        purpose_type=event.purpose_type,
        pii_information=tuple(PiiInformation(pii_type=key) for key in event.pii_types),
        pii_controllers=(_controller(),),
        retention_period=f"each kind of record for its own period, see {settings().issuer}/v1/controller",
        recipient_third_parties=event.recipients,
        withdrawal_method=f'the switch in the app, or PUT {place} with {{"state": "withdrawn"}}',
        authority_party=tuple(
            Party(
                party_id=authority.url,
                party_name=say(authority.name),
                party_address=say(authority.address),
                party_role="supervisory authority",
                party_contact=authority.phone,
            )
            for authority in remedies.authorities_for(reader.country)
        ),
        remedy=remedies.in_words(reader.country, reader.language),
    )


def _controller() -> Party:
    return Party(
        party_id=f"{settings().issuer}/v1/controller",
        party_name=CONTROLLER.name,
        party_address=CONTROLLER.address,
        party_role="controller",
        party_contact=settings().contact_email,
    )


def _notice_of(event: Event, published: Sequence[Notice]) -> str:
    """The address of the notice that was shown, or of the one in effect at the time if none was shown.

    If this release lacks the version that was shown, the name of that version: no other text was shown.
    """
    ours = [notice for notice in published if notice.kind is NoticeKind.PRIVACY]
    if named := event.notice_version:
        return next((frozen.url_of(notice) for notice in ours if notice.version == named), named)
    return frozen.url_of(next(notice for notice in ours if notice.effective_at <= event.event_time))
