"""How a withdrawal of consent takes effect (Art. 7(3) GDPR).

It has the effect and the evidence of a withdrawal by `PUT /v1/consents`, and is answered at once. A purpose
without a consent in force stays as it is, and the request is answered all the same. If nothing changes, the
app gets an earlier answer.
"""

from collections.abc import Iterator

from chalicelib.accounts.service import not_erasing
from chalicelib.consents import service as consents
from chalicelib.consents.model import ASKED_FOR, ConsentPurpose
from chalicelib.core.contract_words import ErrorCode
from chalicelib.core.errors import InvalidRequest, fault
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.intake.submission import Beginning, IntakeRule, Submission, is_completed
from chalicelib.rights.request import procedures
from chalicelib.rights.request.model import new_notes
from chalicelib.rights.request.terms import Status


def _begin(submission: Submission) -> Beginning:
    subject, right = submission.subject, submission.body.right
    made = consents.of_withdrawal(subject.account, subject.purposes, subject.keys, _asked(submission))
    return Beginning(
        procedures.steps_of(right),
        new_notes(right),
        also=[not_erasing(subject.account.account_id), *made.writes] if made.writes else (),
        said={"withdrawn": list(made.withdrawn)},
        counts=made.counts,
        answer=Status.COMPLETED,
        repeats=None if made.writes else is_completed,
    )


def _asked(submission: Submission) -> tuple[Purpose, ...]:
    """The purposes whose consent is withdrawn: all without a list.

    Raises:
        InvalidRequest: names those that need no consent, so that none can be withdrawn.
    """
    names = submission.body.purposes
    if names is None:
        return ASKED_FOR
    if wrong := list(_unknown(names)):
        raise InvalidRequest(errors=wrong)
    return tuple(ConsentPurpose(name).purpose for name in names)


def _unknown(names: tuple[str, ...]) -> Iterator[dict[str, str]]:
    for number, name in enumerate(names):
        if ConsentPurpose.parse(name) is None:
            message = "Not a purpose that needs consent"
            yield fault(f"/purposes/{number}", ErrorCode.NOT_A_CHOICE, message)


CONSENT_WITHDRAWAL = IntakeRule(_begin, takes=frozenset({"purposes"}), is_limited=False)
