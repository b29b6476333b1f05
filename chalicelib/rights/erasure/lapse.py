"""Step `await_lapse`: waits until the holds that keep something of an erased account have ended (ADR 31).

It runs after the answer. Each day, and at the end of each hold or of its secrecy, it deletes what no reason
keeps any more. If the certificate would then state something else, it is issued anew in one transaction with
the request. When no hold keeps anything, the erasure is completed. What only a statutory period keeps needs
no work: it ends by itself.

A hold that was lifted while it was still secret stays in the statement until its secrecy ends, and only then
the certificate lists the deletion: otherwise it would disclose that there was such a hold.
"""

from collections.abc import Iterable
from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.transactions import Write
from chalicelib.retention.holds import service as holds
from chalicelib.rights.engine.step import WHOLE_RUN, Done, ErasureJob, Outcome, Step, Wait
from chalicelib.rights.erasure import right, statement
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.erasure.certificates import signing
from chalicelib.rights.erasure.certificates.model import ErasureCertificate
from chalicelib.rights.erasure.keep import answer_for, open_records, settle
from chalicelib.rights.erasure.model import IssuedCertificate
from chalicelib.rights.erasure.statement import OpenRecords
from chalicelib.rights.request.model import KeptData, RightsRequest
from chalicelib.rights.request.notes import DeletionPlace, ErasureNotes


def _await_lapse(job: ErasureJob) -> Outcome:
    """Wait for the next end; delete what has lapsed, and state that."""
    request, held_id, now = job.request, job.notes.held, clock.now()
    if held_id is None:
        return Done()
    known = holds.of_subject(request.account_id).holds
    others, current = open_records(request.account_id, known, now), settle(held_id, known, now)
    kept = (*current, *_undisclosed(request.kept, current, now))
    _state(job, kept, others, now)
    instants = [at for line in kept if line.hold for at in (line.until, line.secret_until)]
    left = [at for at in (*instants, others.more_at) if at and at > now]
    return Wait(min(min(left) - now, DAY)) if left else Done()


def _undisclosed(
    before: Iterable[KeptData], current: Iterable[KeptData], now: datetime
) -> tuple[KeptData, ...]:
    """The lines of holds that have ended and are still secret."""
    in_force = {line.hold for line in current}
    return tuple(line for line in before if line.hold and line.hold not in in_force and line.is_secret(now))


def _state(job: ErasureJob, kept: tuple[KeptData, ...], others: OpenRecords, now: datetime) -> None:
    """Store what is kept now, and a new certificate if it states something else than the stored one.

    There may be no certificate: it expires before the request does, and a restored table may lack it.
    """
    request = job.request
    notes = _with_lapsed(job.notes, request.kept, kept, now)
    after = request.model_copy(update={"kept": kept, "notes": notes, "status": answer_for(kept)})
    if certificate := _certificate(after, notes, others, now):
        job.move(after, "certified_again", certificate, kept=len(kept))
    elif after != request:
        job.move(after, "lapsed", kept=len(kept))


def _certificate(
    request: RightsRequest, notes: ErasureNotes, others: OpenRecords, now: datetime
) -> Write | None:
    """The write of a new certificate; None if it would state the same, or if there is none."""
    stored = erasures.certificate_of(request.request_id)
    if stored is None:
        return None
    before = ErasureCertificate.read(stored.certificate)
    said = statement.reissued(before, request, notes, others, now)
    if _content(said) == _content(before):
        return None
    document = signing.sign(said).document().decode()
    issued = IssuedCertificate(request_id=request.request_id, issued_at=now, document=document)
    return erasures.replacing_certificate(issued)


def _content(certificate: ErasureCertificate) -> tuple[object, ...]:
    return certificate.deleted, certificate.remains, certificate.held


def _with_lapsed(
    notes: ErasureNotes, before: Iterable[KeptData], after: Iterable[KeptData], now: datetime
) -> ErasureNotes:
    """The notes with the records of kinds of which nothing is kept any more."""
    left = {line.kind for line in after}
    counts = {line.kind: line.count for line in before if line.hold and line.kind not in left}
    return notes.with_deleted(DeletionPlace.HELD, counts, now) if counts else notes


AWAIT_LAPSE = Step(right.AWAIT_LAPSE, _await_lapse, lease=WHOLE_RUN)
