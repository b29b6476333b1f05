"""Builds the certificate of an erasure from the notes that its steps left. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from chalicelib.core.clock import DAY
from chalicelib.core.ids import Pseudonym
from chalicelib.privacy import register
from chalicelib.privacy.declaration import LookupPath, lookup_path
from chalicelib.privacy.periods import After, Period
from chalicelib.retention.backups.model import USUAL, KnownBackups
from chalicelib.retention.model import HoldGround
from chalicelib.rights.erasure.certificates.model import (
    MAX_COUNTED,
    CertifiedStreamDeletion,
    CountPrecision,
    DeletedRecords,
    ErasureCertificate,
    HeldRecords,
    Reason,
    Remaining,
    Remains,
    StreamResult,
    task_id_of,
)
from chalicelib.rights.erasure.model import ErasureInputs
from chalicelib.rights.request.model import KeptData, RightsRequest
from chalicelib.rights.request.notes import DeletedKind, DeletionPlace, ErasureNotes, StreamAnswer
from chalicelib.safety.model import MOST_KEPT
from chalicelib.stream.model import StreamDeletion, StreamReport

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


@dataclass(frozen=True)
class OpenRecords:
    """Until when records about the subject are kept that outlive the account and are not secret.

    Each is None if there is no such record.
    """

    disclosures_until: datetime | None = None
    holds_until: datetime | None = None
    more_at: datetime | None = None  # when the next secrecy ends

    def remains(self) -> Iterator[Remains]:
        """The lines of a certificate about them."""
        if self.disclosures_until:
            yield Remains.of(Remaining.DISCLOSURES, self.disclosures_until)
        if self.holds_until:
            yield Remains.of(Remaining.HOLDS, self.holds_until)


class NotProven(ValueError):
    """A step left no note that a certificate needs; the text names the note."""


def of(
    request: RightsRequest,
    notes: ErasureNotes,
    pseudonym: Pseudonym,
    now: datetime,
    others: OtherRequests = OtherRequests(),
    open_records: OpenRecords = OpenRecords(),
    backups: KnownBackups = USUAL,
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
        open_records: what is kept about disclosures and holds, and may be disclosed.
        backups: what is known about backups.

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
        known=backups,
        request=request.request_id,
        consent_pseudonym=pseudonym,
        requested_at=request.received_at,
        begun_at=begun,
        verified_at=verified,
        key_deleted_at=key_deleted,
        completed_at=completed,
        deleted=deleted,
        stream=stream,
        remains=(
            *_remains(answer, claims_until, completed, others),
            *_hashes(notes, completed),
            *open_records.remains(),
        ),
        held=_held(request.kept_openly(now)),
    )


def reissued(
    before: ErasureCertificate,
    request: RightsRequest,
    notes: ErasureNotes,
    open_records: OpenRecords,
    backups: KnownBackups,
    now: datetime,
) -> ErasureCertificate:
    """The certificate after a hold has lapsed, or after its secrecy has ended.

    Args:
        before: the certificate that it replaces.
        request: the erasure, with what is kept now.
        notes: with what was deleted since.
        open_records: what is kept about disclosures and holds, and may be disclosed now.
        backups: what is known about backups.
        now: when the certificate is issued.

    Raises:
        NotACertificate: the notes contradict each other.
    """
    parts = {name: getattr(before, name) for name in ErasureCertificate.model_fields}
    for name in ("format", "controller", "backups"):
        del parts[name]
    known = {(one.place, one.records): one for one in before.deleted}
    for one in notes.deleted:
        if one.place is DeletionPlace.HELD:
            known[one.place, one.kind] = _deleted(one, before.begun_at)
    changing = {Remaining.DISCLOSURES, Remaining.HOLDS}
    changes = {
        "remains": (*(one for one in before.remains if one.what not in changing), *open_records.remains()),
        "deleted": tuple(known.values()),
        "held": _held(request.kept_openly(now)),
        "completed_at": max(now, before.completed_at),
    }
    return ErasureCertificate.issue(known=backups, before=before, **(parts | changes))


def _held(kept: Iterable[KeptData]) -> tuple[HeldRecords, ...]:
    """What is kept: one part for each kind, ground and end."""
    counts: Counter[tuple[str, HoldGround, datetime]] = Counter()
    for line in kept:
        counts[line.kind, line.ground, line.until] += line.count
    return tuple(
        HeldRecords(records=kind, count=min(count, MAX_COUNTED), why=_GROUNDS[ground], until=until)
        for (kind, ground, until), count in sorted(counts.items(), key=lambda one: (one[0][0], one[0][2]))
    )


_GROUNDS: Mapping[HoldGround, Literal[Reason.LAW, Reason.LEGAL_CLAIMS]] = {
    HoldGround.LAW: Reason.LAW,
    HoldGround.CLAIMS: Reason.LEGAL_CLAIMS,
}


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
    yield Remains.of(Remaining.CHANGE_EVIDENCE, Period.RESTORABLE.ends(now))
    yield Remains.of(Remaining.REQUEST_EVIDENCE, Period.RIGHTS_EVIDENCE.ends(now))
    if others.kept_until:
        yield Remains.of(Remaining.OTHER_REQUESTS, others.kept_until)
    yield Remains.of(Remaining.TOMBSTONE)
    yield Remains.of(Remaining.CLAIM_HASHES, claims_until)
    yield Remains.of(Remaining.EXPIRING_RECORDS, now + _longest_unfindable(now))
    yield Remains.of(Remaining.SENT_MAILS, Period.MAIL_RETURN.ends(now))
    yield Remains.of(Remaining.SMS_OPT_OUT)
    yield Remains.of(Remaining.BLOCK_HASHES)
    # Also if there are none: a certificate must not disclose that there are.
    yield Remains.of(Remaining.REPORTS, now + MOST_KEPT)
    yield Remains.of(Remaining.UNDISCLOSABLE)
    yield Remains.of(Remaining.SEALED_GROUP_NAMES)
    if answer.user is not StreamReport.NO_USER:
        for what in (Remaining.OTHERS_MESSAGES, Remaining.QUOTES, Remaining.GROUP_NAMES):
            yield Remains.of(what)
    if others.exported_at and others.exported_at + STREAM_EXPORTS_KEPT > now:
        yield Remains.of(Remaining.STREAM_EXPORTS, others.exported_at + STREAM_EXPORTS_KEPT)


def _hashes(notes: ErasureNotes, completed: datetime) -> Iterator[Remains]:
    if notes.barred_until:
        yield Remains.of(Remaining.BARRED_NUMBER, max(notes.barred_until, completed))
    if notes.suppressed_until:
        yield Remains.of(Remaining.OBJECTION_HASHES, max(notes.suppressed_until, completed))


def _longest_unfindable(now: datetime) -> timedelta:
    """The longest time until the records end that cannot be found from an account."""
    declared = (record.declaration for record in register.records())
    periods = [
        one.retention.period
        for one in declared
        if lookup_path(one.table) is LookupPath.BY_NOTHING
        and isinstance(one.retention, After)
        and one is not ErasureInputs.declaration  # the procedure deletes it
    ]
    return max(period.ends(now) - now for period in periods)
