"""How requests for a copy begin: access and portability (Art. 15 and 20 GDPR)."""

from chalicelib.core.contract_words import ErrorCode
from chalicelib.core.errors import InvalidRequest, fault
from chalicelib.core.outbound import BadTarget, Target
from chalicelib.rights.copy import right
from chalicelib.rights.intake.submission import Beginning, IntakeRule, Submission
from chalicelib.rights.request import procedures
from chalicelib.rights.request.notes import CopyNotes


def _begin(submission: Submission) -> Beginning:
    body = submission.body
    if body.transfer_to:
        _check_target(body.transfer_to)
    steps = procedures.steps_of(body.right, right.HANDED_ON if body.transfer_to else None)
    if until := submission.cools_until:
        return Beginning(procedures.cooled(body.right, steps), CopyNotes(cools_until=until))
    return Beginning(steps, CopyNotes())


def _check_target(address: str) -> None:
    try:
        Target.parse(address)
    except BadTarget as bad:
        wrong = fault("/transfer_to", ErrorCode.INVALID_URL, bad.fault.value)
        raise InvalidRequest(errors=[wrong]) from None


ACCESS = IntakeRule(_begin, wants_step_up=True)
PORTABILITY = IntakeRule(_begin, takes=frozenset({"transfer_to"}), wants_step_up=True)
