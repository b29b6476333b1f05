"""What a rights request needs of an operator, and by when."""

from collections.abc import Iterator
from functools import partial

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import StaffId
from chalicelib.operations.inbox.model import WITHIN, DueBy, Needed, Waiting, signature
from chalicelib.rights.request import procedures, recipients, restraints, standstill
from chalicelib.rights.request.model import PROOFS_NEEDED, RightsRequest
from chalicelib.rights.request.standstill import Standstill
from chalicelib.rights.request.terms import Status


def needs_of(request: RightsRequest, by: StaffId | None = None) -> Iterator[Waiting]:
    """Yield what a request needs of an operator; `by` None: of any operator.

    An open request has at most one entry for its answer. What waits for its subject or a service has none.
    """
    entry, request_id = partial(Waiting, request.right, request.request_id), request.request_id
    stuck, show = standstill.of(request), f"rights show {request_id}"
    if request.is_open:
        yield from _of_open(request, by)
    elif stuck and stuck.why is Standstill.STOPPED:
        yield entry(stuck.at, DueBy.OUR_RULE, Needed.RETRY, f"rights retry {request_id}")
    if owed := [one.owed_since for one in recipients.pending_tasks(request.notes.recipients)]:
        due = min(owed) + recipients.LATE_AFTER
        yield entry(due, DueBy.OUR_RULE, Needed.NOTICE, f"rights recipients {request_id}")
    if lifting := standstill.unapproved_lifting(request):
        yield entry(lifting.at + WITHIN, DueBy.OUR_RULE, signature(lifting.by, by), show)


def _of_open(request: RightsRequest, by: StaffId | None) -> Iterator[Waiting]:
    """Yield the next thing that an open request needs, if it is an operator's."""
    now, request_id, stuck = clock.now(), request.request_id, standstill.of(request)
    objection = restraints.restraint_of(request)
    is_weighed = objection is not None and bool(objection.weighed)
    answer = (request.clock.due_at(now), DueBy.LAW)
    if is_weighed:
        answer = min(answer, (restraints.weighing_ends(request), DueBy.OUR_RULE))
    entry, show = partial(Waiting, request.right, request_id), f"rights show {request_id}"
    if request.proposal:
        yield entry(*answer, signature(request.proposal.by, by), show)
    elif request.status is Status.AWAITING_VERIFICATION:
        if needed := _identity_check(request, by):
            yield entry(*answer, needed, f"rights identity-came {request_id}")
    elif extension := request.notes.proposed_extension:
        same = f"--days {extension.days} --reason {extension.reason}"
        yield entry(*answer, signature(extension.by, by), f"rights extend {request_id} {same}")
    elif until := procedures.unwarned_until(request, now):
        yield entry(until, DueBy.OUR_RULE, Needed.CHANNEL, show)
    elif stuck and stuck.why is Standstill.STOPPED:
        yield entry(*answer, Needed.RETRY, f"rights retry {request_id}")
    elif is_weighed or request.run_at is None:
        yield entry(*answer, Needed.WEIGHING if is_weighed else Needed.DECISION, show)
    elif stuck and stuck.why is Standstill.UNPROVEN:
        yield entry(stuck.at + DAY, DueBy.OUR_RULE, Needed.LOOK, f"erasures show {request_id}")


def _identity_check(request: RightsRequest, by: StaffId | None) -> Needed | None:
    """The check that operators owe; None while the subject's own proof is awaited."""
    if first := request.notes.identity_checked_by:
        return signature(first, by)
    for_operators = request.received_by.is_entered or len(request.proofs) >= PROOFS_NEEDED
    return Needed.IDENTITY_CHECK if for_operators and procedures.is_unproven(request) else None
