"""Builds the certificate of an erasure from the notes that its steps left. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from chalicelib.certificates.model import (
    MAX_COUNTED,
    CertifiedStreamDeletion,
    DeletedRecords,
    ErasureCertificate,
    Remains,
    StreamResult,
    task_id_of,
)
from chalicelib.certificates.words import CountPrecision, Remaining
from chalicelib.chat.deletion_report import StreamDeletion, StreamReport
from chalicelib.core.clock import DAY
from chalicelib.core.ids import Pseudonym
from chalicelib.privacy import register
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.whereabouts import LookupPath, found
from chalicelib.rights.model import ErasureInputs, RightsRequest
from chalicelib.rights.notes import DeletedKind, ErasureNotes, StreamAnswer

T = TypeVar("T")

# How long Stream keeps the file of an export, as it documents.
STREAM_EXPORTS_KEPT = 60 * DAY


@dataclass(frozen=True)
class OtherRequests:
    """What a certificate says of the subject's other requests.

    Attributes:
        exported_at: when Stream last made a file with the subject's data; None if it never did.
        kept_until: until when the last of them is kept; None if there is no other.
    """

    exported_at: datetime | None = None
    kept_until: datetime | None = None


class NotProven(ValueError):
    """A step left no note that a certificate needs; the text names the note."""


def of(
    request: RightsRequest,
    notes: ErasureNotes,
    pseudonym: Pseudonym,
    now: datetime,
    others: OtherRequests = OtherRequests(),
) -> ErasureCertificate:
    """The certificate of an erasure whose steps are done.

    Instants are in the order of the steps. If a worker's clock jumped back, its instant is stated as that of
    the step before.

    Args:
        request: the erasure.
        notes: what its steps left.
        pseudonym: names the subject's evidence of consents.
        now: when the certificate is issued.
        others: what is known of the subject's other requests.

    Raises:
        NotProven: a step has not run.
        NotACertificate: the notes contradict each other.
    """
    answer = _needed(notes.stream_answer, "stream_answer")
    begun = max(_needed(notes.captured_at, "captured_at"), request.received_at)
    deleted = tuple(
        _deleted(one, begun) for one in sorted(notes.deleted, key=lambda d: (d.place.name, d.kind))
    )
    stream = _stream(answer, begun)
    done = max([begun, stream.reported_at, *(one.last_at for one in deleted)])
    verified = max(_needed(notes.verified_at, "verified_at"), done)
    key_deleted = max(_needed(notes.key_deleted_at, "key_deleted_at"), verified)
    completed = max(now, key_deleted)
    claims_until = max(_needed(notes.claims_until, "claims_until"), completed)
    return ErasureCertificate.issue(
        request=request.request_id,
        consent_pseudonym=pseudonym,
        requested_at=request.received_at,
        begun_at=begun,
        verified_at=verified,
        key_deleted_at=key_deleted,
        completed_at=completed,
        deleted=deleted,
        stream=stream,
        remains=tuple(_remains(answer, claims_until, completed, others)),
        held=(),
    )


def _deleted(one: DeletedKind, begun: datetime) -> DeletedRecords:
    return DeletedRecords(
        records=one.kind,
        place=one.place,
        counted=CountPrecision.AT_LEAST,
        count=min(one.count, MAX_COUNTED),
        first_at=max(one.first_at, begun),
        last_at=max(one.last_at, begun),
    )


def _needed(note: T | None, name: str) -> T:
    if note is None:
        raise NotProven(name)
    return note


def _stream(answer: StreamAnswer, begun: datetime) -> CertifiedStreamDeletion:
    asked_at = max(answer.asked_at, begun)
    by_kind = StreamDeletion(answer.user, answer.extent).by_kind
    return CertifiedStreamDeletion(
        task_id=task_id_of(answer.task_id),
        asked_at=asked_at,
        reported_at=max(answer.reported_at, asked_at),
        results=tuple(StreamResult(data=kind, report=report) for kind, report in by_kind.items()),
    )


def _remains(
    answer: StreamAnswer, claims_until: datetime, now: datetime, others: OtherRequests
) -> Iterator[Remains]:
    yield Remains.of(Remaining.CONSENT_EVIDENCE, Period.CONSENT_EVIDENCE.ends(now))
    yield Remains.of(Remaining.REQUEST_EVIDENCE, Period.RIGHTS_EVIDENCE.ends(now))
    if others.kept_until:
        yield Remains.of(Remaining.OTHER_REQUESTS, others.kept_until)
    yield Remains.of(Remaining.TOMBSTONE)
    yield Remains.of(Remaining.CLAIM_HASHES, claims_until)
    yield Remains.of(Remaining.EXPIRING_RECORDS, now + _longest_unfindable(now))
    yield Remains.of(Remaining.SENT_MAILS, Period.MAIL_RETURN.ends(now))
    yield Remains.of(Remaining.SMS_OPT_OUT)
    if answer.user is not StreamReport.NO_USER:
        for what in (Remaining.OTHERS_MESSAGES, Remaining.QUOTES, Remaining.GROUP_NAMES):
            yield Remains.of(what)
    if others.exported_at and others.exported_at + STREAM_EXPORTS_KEPT > now:
        yield Remains.of(Remaining.STREAM_EXPORTS, others.exported_at + STREAM_EXPORTS_KEPT)


def _longest_unfindable(now: datetime) -> timedelta:
    """The longest time until the records end that cannot be found from an account."""
    declared = (record.declaration for record in register.records())
    periods = [
        one.retention.period
        for one in declared
        if found(one.table) is LookupPath.BY_NOTHING
        and isinstance(one.retention, After)
        and one is not ErasureInputs.declaration  # the procedure deletes it
    ]
    return max(period.ends(now) - now for period in periods)
