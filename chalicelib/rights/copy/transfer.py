"""Sends the copy to the controller that the subject named (Art. 20(2) GDPR, RGT-8).

The start of a transfer is recorded before its first byte is sent. From then on the request can be neither
cancelled nor refused, since the other controller may have received data. If the transfer fails, the answer
says so and is not delayed: the subject gets the copy.

The step has a function, a queue and an IAM role of its own, since it connects to an address that a stranger
may have chosen. The role can access the request, its history and the copy, and no other data of a subject.
"""

from dataclasses import replace
from datetime import timedelta

from chalicelib.core import outbound
from chalicelib.core.outbound import (
    ByteSource,
    NotTakenReason,
    Parcel,
    Target,
    TooLarge,
    TransferRefused,
    Unreachable,
)
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.copy import right, selection
from chalicelib.rights.copy.freshness import is_stale, make_copy_again
from chalicelib.rights.copy.model import CopyKind
from chalicelib.rights.engine.step import WHOLE_RUN, CopyJob, Done, Outcome, Step, Wait
from chalicelib.rights.request import files
from chalicelib.rights.request.notes import MadeCopy
from chalicelib.rights.request.waits import WaitReason

PART = "the transfer to the address that you named"
# All waits together last less than eight minutes. Longer ones would delay the subject's own copy.
MAX_ATTEMPTS = 5
_FIRST_WAIT = timedelta(seconds=30)


def _transfer(job: CopyJob) -> Outcome:
    """Send the copy; without an answer try again later, at most `MAX_ATTEMPTS` times.

    An attempt is counted before it begins, so one that kills the worker is counted too. The parcel is keyed
    by the request's id: the receiver can recognise a repetition.
    """
    attempts = job.notes.transfer_begun
    if attempts >= MAX_ATTEMPTS:
        return _not_taken(job, NotTakenReason.TOO_SLOW)
    copy = job.notes.copy
    if copy is None or is_stale(copy):
        return make_copy_again(job)
    try:
        with files.open_copy(job.request.request_id) as body:
            job.record("transfer_begun", replace(job.notes, transfer_begun=attempts + 1))
            return _push(job, _parcel(job, copy, body))
    except files.CopyNotFound:
        return make_copy_again(job)
    except Unreachable as silent:
        if attempts + 1 < MAX_ATTEMPTS:
            return Wait(_FIRST_WAIT * 2**attempts, WaitReason.CONTROLLER_SILENT)
        return _not_taken(job, silent.reason)


def _push(job: CopyJob, parcel: Parcel) -> Done:
    try:
        taken = outbound.push(
            parcel,
            Target.parse(str(job.request.transfer_to)),
            to=Recipient.NAMED_CONTROLLER,
            purpose=Purpose.LEGAL_OBLIGATION,
            categories=selection.categories(CopyKind.PORTABILITY),
        )
    except TooLarge:
        return _not_taken(job, "too_large")
    except TransferRefused as refused:
        return _not_taken(job, refused.reason)
    return Done(notes=replace(job.notes, transferred=True), counts={"answered": taken.status})


def _parcel(job: CopyJob, copy: MadeCopy, body: ByteSource) -> Parcel:
    return Parcel(body, copy.size, bytes.fromhex(copy.sha256), job.request.request_id)


def _not_taken(job: CopyJob, reason: str) -> Done:
    return Done(notes=replace(job.notes, transfer_failed=str(reason)), missing=(PART,))


TRANSFER = Step(right.TRANSFER, _transfer, lease=WHOLE_RUN)
