"""Step `certify`: signs the certificate of an erasure, which is the answer to the request."""

from datetime import datetime

from chalicelib.core import clock, metrics, observe
from chalicelib.core.chain import Unreadable
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import RightsRequestId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import Write
from chalicelib.privacy.periods import Period
from chalicelib.retention.holds import service as holds
from chalicelib.rights.engine.step import Done, ErasureJob, Outcome, Step
from chalicelib.rights.erasure import right, statement, tombstones
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.erasure.capture import tombstone_of
from chalicelib.rights.erasure.certificates import signing
from chalicelib.rights.erasure.inputs import ensure_inputs
from chalicelib.rights.erasure.keep import answer_for, open_records, settle
from chalicelib.rights.erasure.model import IssuedCertificate, StreamCheck
from chalicelib.rights.erasure.statement import OtherRequests
from chalicelib.rights.erasure.tombstones import Tombstone
from chalicelib.rights.request import store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import CopyNotes
from chalicelib.stream.deletion.model import StreamReport


def _certify(job: ErasureJob) -> Outcome:
    """Sign the certificate, and store it in the transaction that closes the request.

    A run that is killed before that transaction leaves nothing; the next one signs again.
    """
    notes, now = job.notes, clock.now()
    pseudonym = ensure_inputs(job.request).pseudonym
    known = holds.of_subject(job.request.account_id).holds
    if notes.held:  # a hold may have lapsed, or may have been lifted, since the records were moved
        job.request = job.request.model_copy(update={"kept": settle(notes.held, known, now)})
    request, others = job.request, open_records(job.request.account_id, known, now)
    said = statement.of(request, notes, pseudonym, now, _others(request), others)
    document = signing.sign(said).document().decode()
    issued = IssuedCertificate(request_id=request.request_id, issued_at=now, document=document)
    reported = notes.stream_answer.user if notes.stream_answer else StreamReport.UNCONFIRMED
    minutes = max((now - (notes.grace_ends_at or now)) // MINUTE, 0)
    metrics.gauge(Metric.ERASURE_MINUTES_TO_PROOF, minutes)
    metrics.count(Metric.ERASURE_CERTIFIED)
    return Done(
        counts={"minutes_since_grace": minutes},
        answers=answer_for(request.kept),
        also=(
            erasures.keeping_certificate(issued),
            *_final_entry(tombstone_of(job)),
            planning_checks(request.request_id, request.user_id, said.completed_at, reported),
        ),
    )


def planning_checks(
    request_id: RightsRequestId, user_id: UserId, erased_at: datetime, reported: StreamReport
) -> Write:
    """The write that plans the checks of an erased user, for the transaction that completes the erasure."""
    return erasures.planning_checks(
        StreamCheck(request_id=request_id, user_id=user_id, counted_from=erased_at, reported=reported)
    )


def _final_entry(tombstone: Tombstone) -> list[Write]:
    """The final tombstone in the Ledger. If the pending one was altered, only the locked bucket has one."""
    try:
        return [tombstones.final_write(tombstone)]
    except Unreadable as altered:
        observe.log_failure("tombstone_altered", altered)
        metrics.count(Metric.RIGHTS_EVIDENCE_OWED)
        return []


def _others(request: RightsRequest) -> OtherRequests:
    """Read what the certificate says of the subject's other requests."""
    last_export, kept_until = None, None
    for one in store.all_of(request.account_id):
        asked = one.notes.stream_asked_at if isinstance(one.notes, CopyNotes) else None
        last_export = max(filter(None, (last_export, asked)), default=None)
        if one.request_id != request.request_id:
            ends = Period.RIGHTS_EVIDENCE.ends(one.closed_at or clock.now())
            kept_until = max(kept_until, ends) if kept_until else ends
    return OtherRequests(last_export, kept_until)


CERTIFY = Step(right.CERTIFY, _certify)
