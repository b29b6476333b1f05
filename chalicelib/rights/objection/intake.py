"""How objections begin: what can stop stops in the transaction of the request (Art. 21 GDPR, ADR 48).

Security and the defence of claims go on while a person weighs an objection (Art. 18(2) GDPR).

An objection to direct marketing is unconditional and answered at once: no step-up, no review, no refusal
(Art. 21(2) and (3)). It objects to marketing and to the profiling for it, withdraws the consents to both, and
suppresses the account's number and mailbox.
"""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.accounts.service import unchanged
from chalicelib.consents import service as consents
from chalicelib.core import clock
from chalicelib.core.contract_words import ErrorCode
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.model import DIRECT_MARKETING, Addresses
from chalicelib.privacy.purposes import LegalBasis, Purpose
from chalicelib.privacy.restraint import Restraint, RestraintKind
from chalicelib.rights.intake.submission import (
    Beginning,
    ClosingEffect,
    IntakeRule,
    Subject,
    Submission,
    invalid,
    is_completed,
    named_purposes,
)
from chalicelib.rights.request import procedures, restraints
from chalicelib.rights.request.model import RightsRequest, new_notes
from chalicelib.rights.request.notes import RestraintNotes
from chalicelib.rights.request.restraints import Decided
from chalicelib.rights.request.terms import Right, Status

OBJECTIONABLE = tuple(purpose for purpose in Purpose if purpose.basis is LegalBasis.LEGITIMATE_INTERESTS)


def _begin(submission: Submission) -> Beginning:
    subject = submission.subject
    named = submission.body.purposes
    purposes = OBJECTIONABLE if named is None else named_purposes(named, _check)
    objection = Restraint(kind=RestraintKind.OBJECTION, since=submission.at, purposes=purposes)
    found = Decided(subject.account, subject.purposes, subject.keys)
    return Beginning(
        procedures.steps_of(Right.OBJECTION),
        RestraintNotes(since=submission.at, purposes=purposes),
        also=restraints.placing(found, submission.request_id, objection),
        said={"purposes": list(purposes), "weighed": list(objection.weighed)},
        repeats=lambda request: _has_stopped(request, purposes),
    )


def _has_stopped(request: RightsRequest, purposes: Iterable[Purpose]) -> bool:
    """Whether an answered objection stops these purposes now."""
    objection, notes = restraints.restraint_of(request), request.notes
    if request.is_open or objection is None or not isinstance(notes, RestraintNotes):
        return False
    return notes.is_in_force and notes.upheld and set(purposes) <= set(objection.stopped)


def _check(purpose: Purpose) -> None:
    if purpose in DIRECT_MARKETING:
        raise invalid(ErrorCode.OTHER_RIGHT, "Use the right `marketing_objection`, which is never weighed")
    if purpose not in OBJECTIONABLE:
        raise invalid(ErrorCode.OTHER_BASIS, "It does not rest on legitimate interests; other rights apply")


def _close(request: RightsRequest, status: Status) -> ClosingEffect:
    """The effect of a cancellation or decision.

    A cancellation ends the objection. If it is upheld, what was weighed stops too. If it is upheld in part,
    what was weighed goes on. After a refusal, a step ends the objection once the decision was announced.
    """
    notes, objection = request.notes, restraints.restraint_of(request)
    if objection is None or not isinstance(notes, RestraintNotes) or not notes.is_in_force:
        return ClosingEffect(notes)
    if status is Status.CANCELLED:
        ended = replace(notes, ended_at=clock.now())
        return ClosingEffect(ended, restraints.ending(request.account_id, request.request_id))
    found = restraints.read(request.account_id)
    if found is None or status is Status.REFUSED:
        return ClosingEffect(notes)
    stays = objection.stopped if status is Status.PARTIALLY_COMPLETED else objection.purposes
    decided = objection.model_copy(update={"purposes": stays, "upheld": True})
    return ClosingEffect(
        replace(notes, purposes=stays, upheld=True),
        restraints.placing(found, request.request_id, decided),
    )


OBJECTION = IntakeRule(_begin, takes=frozenset({"purposes", "reason"}), closing=_close)


def addresses_of(subject: Subject) -> Addresses:
    """The number and mailbox of a subject; without the mailbox if the profile cannot be read."""
    return Addresses(subject.account.phone, subject.profile.email if subject.profile else None)


def _begin_at_once(submission: Submission) -> Beginning:
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


MARKETING_OBJECTION = IntakeRule(_begin_at_once, is_limited=False)
