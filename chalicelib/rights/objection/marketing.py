"""How an objection to direct marketing takes effect (Art. 21(2) and (3) GDPR).

It is unconditional and answered at once: no step-up, no review, no refusal. It objects to marketing and to
the profiling for it, withdraws the consents to both, and suppresses the account's number and mailbox.
"""

from chalicelib.accounts.service import unchanged
from chalicelib.consents import service as consents
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.model import DIRECT_MARKETING, Addresses
from chalicelib.rights.intake.submission import Beginning, IntakeRule, Subject, Submission, is_completed
from chalicelib.rights.request import procedures
from chalicelib.rights.request.model import new_notes
from chalicelib.rights.request.terms import Status


def addresses_of(subject: Subject) -> Addresses:
    """The number and mailbox of a subject; without the mailbox if the profile cannot be read."""
    return Addresses(subject.account.phone, subject.profile.email if subject.profile else None)


def _begin(submission: Submission) -> Beginning:
    subject, right = submission.subject, submission.body.right
    made = consents.of_objection(subject.account, subject.purposes, subject.keys, DIRECT_MARKETING)
    writes = [*made.writes, *suppressions.placing(addresses_of(subject), submission.at)]
    return Beginning(
        procedures.steps_of(right),
        new_notes(right),
        also=[unchanged(subject.account), *writes] if writes else (),  # it has the suppressed number
        said={"objected": list(DIRECT_MARKETING), "withdrawn": list(made.withdrawn)},
        counts=made.counts,
        answer=Status.COMPLETED,
        repeats=None if writes else is_completed,
    )


MARKETING_OBJECTION = IntakeRule(_begin, is_limited=False)
