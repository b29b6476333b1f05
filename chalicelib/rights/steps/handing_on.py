"""Sends the copy to the controller that the subject named (Art. 20(2) GDPR, RGT-8).

The start of a transfer is recorded before its first byte is sent. From then on the request can be neither
cancelled nor refused, since the other controller may have received data. If the transfer fails, the answer
says so and is not delayed: the subject gets the copy.

The step has a function, a queue and an IAM role of its own, since it connects to an address that a stranger
may have chosen. The role can access the request, its history and the copy, and no other data of a subject.
"""

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
from chalicelib.rights import files, plans
from chalicelib.rights.engine import Worker
from chalicelib.rights.export import selection
from chalicelib.rights.export.model import CopyKind
from chalicelib.rights.plans.step import WHOLE_RUN, Done, Job, Outcome, Wait
from chalicelib.rights.queue import Destination
from chalicelib.rights.states import TRANSFER_BEGUN, TRANSFER_FAILED
from chalicelib.rights.steps import remaking

PART = "the transfer to the address that you named"
# All waits together last less than eight minutes. Longer ones would delay the subject's own copy.
MOST_ATTEMPTS = 5
_FIRST_WAIT = timedelta(seconds=30)


class Transfer:
    """Send the copy, keyed by the request's id: the receiver can recognise a repetition."""

    name = plans.TRANSFER
    lease = WHOLE_RUN
    waits_for_processor = False

    def run(self, job: Job) -> Outcome:
        """Send the copy; without an answer try again later, at most `MOST_ATTEMPTS` times.

        An attempt is counted before it begins, so one that kills the worker is counted too.
        """
        attempts = int(job.notes.get(TRANSFER_BEGUN, 0))
        if attempts >= MOST_ATTEMPTS:
            return _not_taken(NotTakenReason.TOO_SLOW)
        if remaking.is_stale(job):
            return remaking.make_again(job)
        try:
            with files.open_copy(job.request.request_id) as body:
                job.record("transfer_begun", **{TRANSFER_BEGUN: attempts + 1})
                return _push(job, body)
        except files.CopyGone:
            return remaking.make_again(job)
        except Unreachable as silent:
            if attempts + 1 < MOST_ATTEMPTS:
                return Wait(_FIRST_WAIT * 2**attempts)
            return _not_taken(silent.reason)


def _push(job: Job, body: ByteSource) -> Done:
    try:
        taken = outbound.push(
            _parcel(job, body),
            Target.parse(str(job.request.transfer_to)),
            to=Recipient.NAMED_CONTROLLER,
            purpose=Purpose.LEGAL_OBLIGATION,
            categories=selection.categories(CopyKind.PORTABILITY),
        )
    except TooLarge:
        return _not_taken("too_large")
    except TransferRefused as refused:
        return _not_taken(refused.reason)
    return Done(notes={"transferred": 1}, counts={"answered": taken.status})


def _parcel(job: Job, body: ByteSource) -> Parcel:
    digest = bytes.fromhex(str(job.notes[files.SHA256]))
    return Parcel(body, int(job.notes[files.SIZE]), digest, job.request.request_id)


def _not_taken(reason: str) -> Done:
    return Done(notes={TRANSFER_FAILED: reason}, missing=(PART,))


WORKER = Worker(Destination.TRANSFERS, {Transfer.name: Transfer()})
