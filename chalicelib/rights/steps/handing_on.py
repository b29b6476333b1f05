"""The copy goes to the controller that the subject named (Art. 20(2) GDPR, RGT-8).

That a transfer begins goes on record before its first byte leaves. From then on the request can neither be
cancelled nor refused: nobody could say any more what the other side has. If the transfer fails, the answer
says so and is not held up: the subject has the copy.

It has a function, a queue and a role of its own, since it connects to an address that a stranger may have
chosen. Its role reaches the request and its history, the copy, and no other data of a subject.
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

PART = "handing it on to the address that you named"
# Under eight minutes, all waits together. Longer would keep the subject from its own copy.
MOST_ATTEMPTS = 5
_FIRST_WAIT = timedelta(seconds=30)


class Transfer:
    """Send the copy, under the request's id: the other side knows by it what it has already."""

    name = plans.TRANSFER
    lease = WHOLE_RUN
    waits_for_processor = False

    def run(self, job: Job) -> Outcome:
        """Send it once. A controller that does not answer gets it again, a bounded number of times.

        An attempt is counted before it is made, so one that kills the worker is counted too.
        """
        attempts = int(job.notes.get(TRANSFER_BEGUN, 0))
        if attempts >= MOST_ATTEMPTS:
            return _not_taken(NotTakenReason.TOO_SLOW)
        if remaking.is_stale(job):
            return remaking.make_again(job)
        try:
            with files.opened(job.request.request_id) as body:
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
