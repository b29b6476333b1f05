"""The steps that sign the certificate of an erasure, and sign it anew after a hold has ended (ADR 31).

The first certificate is the answer to the request. After it, `await_lapse` waits until the holds that keep
something of the account have ended. Each day, and at the end of each hold or of its secrecy, it deletes what
no reason keeps any more. If the certificate would then state something else, it is issued anew in one
transaction with the request. When no hold keeps anything, the erasure is completed. What only a statutory
period keeps needs no work: it ends by itself.

A hold that was lifted while it was still secret stays in the statement until its secrecy ends, and only then
the certificate lists the deletion: otherwise it would disclose that there was such a hold.

KMS signs by a key of its own. Invariants:

- The signature is over the SHA-256 of the certificate's canonical bytes, and KMS gets the digest only
  (`MessageType=DIGEST`): a message of more than 4,096 bytes is refused as `RAW`.
- `openssl dgst -sha256 -verify` over the same bytes verifies it (docs/certificates.md).
- Signing has no side effect. After a crash, `sign` may be called again and returns another valid signature,
  since ECDSA is randomised. The caller stores the first envelope on condition that none is stored. Only the
  end of a hold replaces it.
- A signature that the public key does not confirm is never returned.
- If KMS does not answer, throttles or fails, `Unavailable` is raised and the step waits. If KMS refuses,
  `AwsBug` is raised for an operator.

Rotation: a new key is added to the vault's template beside the old one, and deployments publish the public
keys of both (infra/template/vault.yaml). The envelope names its key by the SHA-256 of the public key.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from chalicelib.core import aws, clock, metrics, observe
from chalicelib.core.aws import AwsBug
from chalicelib.core.chain import Unreadable
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import RightsRequestId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.core.signatures import PublicKeys, fingerprint_of, pem_of
from chalicelib.core.transactions import Write
from chalicelib.privacy.periods import Period
from chalicelib.retention.backups import service as backups
from chalicelib.retention.holds import service as holds
from chalicelib.rights.engine.step import WHOLE_RUN, Done, ErasureJob, Outcome, Step, Wait
from chalicelib.rights.erasure import right, statement, tombstones
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.erasure.capture import tombstone_of
from chalicelib.rights.erasure.certificates.model import ErasureCertificate
from chalicelib.rights.erasure.inputs import ensure_inputs
from chalicelib.rights.erasure.keep import answer_for, open_records, settle
from chalicelib.rights.erasure.model import ALGORITHM, Envelope, IssuedCertificate, StreamCheck
from chalicelib.rights.erasure.statement import OpenRecords, OtherRequests
from chalicelib.rights.erasure.tombstones import Tombstone
from chalicelib.rights.request import store
from chalicelib.rights.request.model import KeptData, RightsRequest
from chalicelib.rights.request.notes import CopyNotes, DeletionPlace, ErasureNotes
from chalicelib.rights.request.waits import WaitReason
from chalicelib.stream.model import StreamReport


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
    said = statement.of(request, notes, pseudonym, now, _others(request), others, backups.known(now))
    reported = notes.stream_answer.user if notes.stream_answer else StreamReport.UNCONFIRMED
    minutes = max((now - (notes.grace_ends_at or now)) // MINUTE, 0)
    metrics.gauge(Metric.ERASURE_MINUTES_TO_PROOF, minutes)
    metrics.count(Metric.ERASURE_CERTIFIED)
    return Done(
        counts={"minutes_since_grace": minutes},
        answers=answer_for(request.kept),
        also=(
            erasures.keeping_certificate(_issue(request, said, now)),
            *_final_entry(tombstone_of(request, notes)),
            planning_checks(request.request_id, request.user_id, said.completed_at, reported),
        ),
    )


def _issue(request: RightsRequest, said: ErasureCertificate, now: datetime) -> IssuedCertificate:
    document = sign(said).document().decode()
    return IssuedCertificate(request_id=request.request_id, issued_at=now, document=document)


def sign(certificate: ErasureCertificate) -> Envelope:
    """Sign a certificate with the current key.

    Raises:
        NotACertificate: the certificate was made or changed without validation; KMS is not asked.
        Unavailable: KMS does not answer, throttles, or fails.
        AwsBug: KMS refuses, or the signature is not that of its key.
    """
    document = certificate.document()
    # An alias is resolved once, so that the signature and the key id are of the same key.
    key = aws.ask("kms", "get_public_key", KeyId=settings().certificate_key())
    pem = pem_of(key["PublicKey"])
    answer = aws.ask(
        "kms",
        "sign",
        KeyId=key["KeyId"],
        Message=hashlib.sha256(document).digest(),
        MessageType="DIGEST",
        SigningAlgorithm=ALGORITHM,
    )
    envelope = Envelope(fingerprint_of(pem), answer["Signature"], document)
    if not verify(envelope, PublicKeys(pem)):
        raise AwsBug("NotConfirmed")
    return envelope


def verify(envelope: Envelope, keys: PublicKeys) -> bool:
    """Return whether one of these keys signed the certificate's bytes; needs no network."""
    return keys.confirm(envelope.kid, envelope.signature, envelope.certificate)


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
    return Wait(min(min(left) - now, DAY), WaitReason.KEPT_RECORDS) if left else Done()


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
    said = statement.reissued(before, request, notes, others, backups.known(now), now)
    if _content(said) == _content(before):
        return None
    return erasures.replacing_certificate(_issue(request, said, now))


def _content(certificate: ErasureCertificate) -> tuple[object, ...]:
    return certificate.deleted, certificate.remains, certificate.held


def _with_lapsed(
    notes: ErasureNotes, before: Iterable[KeptData], after: Iterable[KeptData], now: datetime
) -> ErasureNotes:
    """The notes with the records of kinds of which nothing is kept any more."""
    left = {line.kind for line in after}
    counts = {line.kind: line.count for line in before if line.hold and line.kind not in left}
    return notes.with_deleted(DeletionPlace.HELD, counts, now) if counts else notes


CERTIFY = Step(right.CERTIFY, _certify)
AWAIT_LAPSE = Step(right.AWAIT_LAPSE, _await_lapse, lease=WHOLE_RUN)
