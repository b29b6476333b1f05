"""The copy goes to the controller that the subject named (Art. 20(2) GDPR, RGT-8).

That it could not be handed on is told with the answer, and does not hold it up: the subject has the copy.
"""

from chalicelib.core import outbound
from chalicelib.core.errors import Unavailable
from chalicelib.core.outbound import Parcel, Refused, Target, TooLarge, Unreachable
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights import files, plans
from chalicelib.rights.export import selection
from chalicelib.rights.export.model import Copy
from chalicelib.rights.plans.step import WHOLE_RUN, Done, Job, Outcome
from chalicelib.rights.steps.packing import SHA256, SIZE

PART = "handing it on to the address that you named"
# Under eight minutes, all waits together. Longer would keep the subject from its own copy.
_TRIES = 5


class Transfer:
    """Send the copy, under the request's id: the other side knows by it what it has already."""

    name = plans.TRANSFER
    lease = WHOLE_RUN
    waits_for_processor = False

    def run(self, job: Job) -> Outcome:
        """Send it once. Whoever does not answer is asked again a few times."""
        request = job.request
        target = Target.parse(str(request.transfer_to))
        try:
            with files.opened(request.request_id) as body:
                taken = outbound.push(
                    Parcel(
                        body, int(job.notes[SIZE]), bytes.fromhex(str(job.notes[SHA256])), request.request_id
                    ),
                    target,
                    to=Recipient.NAMED_CONTROLLER,
                    purpose=Purpose.LEGAL_OBLIGATION,
                    categories=selection.categories(Copy.PORTABILITY),
                )
        except TooLarge:
            return _not_taken("too_large")
        except Refused as refused:
            return _not_taken(refused.reason)
        except Unreachable as silent:
            if request.tries + 1 < _TRIES:
                raise Unavailable from None
            return _not_taken(silent.reason)
        return Done(notes={"transferred": 1}, counts={"answered": taken.status})


def _not_taken(reason: str) -> Done:
    return Done(notes={"transfer_failed": reason}, missing=(PART,))
