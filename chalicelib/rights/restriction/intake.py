"""How a restriction begins (Art. 18 GDPR, ADR 48): what it names stops in the transaction of the request."""

from dataclasses import replace

from chalicelib.core import clock
from chalicelib.core.contract_words import ErrorCode
from chalicelib.core.errors import InvalidRequest, fault
from chalicelib.privacy.purposes import OUTLASTS_RESTRICTION, Purpose
from chalicelib.privacy.restraint import Ground, Restraint, RestraintKind
from chalicelib.rights.intake.submission import (
    Beginning,
    ClosingEffect,
    IntakeRule,
    Submission,
    invalid,
    named_purposes,
)
from chalicelib.rights.request import procedures, restraints
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import RestraintNotes
from chalicelib.rights.request.restraints import Decided
from chalicelib.rights.request.terms import Status
from chalicelib.rights.restriction import right

# The service cannot be used in parts: to stop it, a subject restricts all.
RESTRICTABLE = tuple(
    purpose for purpose in Purpose if purpose not in OUTLASTS_RESTRICTION and purpose is not Purpose.SERVICE
)


def _begin(submission: Submission) -> Beginning:
    body, subject = submission.body, submission.subject
    purposes = named_purposes(body.purposes, _check) if body.purposes is not None else ()
    ground = _given(body.ground)
    restraint = Restraint(
        kind=RestraintKind.RESTRICTION, since=submission.at, purposes=purposes, ground=ground
    )
    found = Decided(subject.account, subject.purposes, subject.keys)
    covers_all, preserves = restraint.covers_all, restraint.preserves
    return Beginning(
        procedures.steps_of(body.right, _variant(restraint)),
        RestraintNotes(since=submission.at, purposes=purposes, ground=ground),
        also=restraints.placing(found, submission.request_id, restraint),
        said={"ground": ground, "purposes": list(purposes) or "all"},
        answer=None if covers_all or preserves else Status.COMPLETED,
    )


def _variant(restraint: Restraint) -> str | None:
    if restraint.covers_all:
        return None if restraint.preserves else right.WHOLLY
    return right.PRESERVING if restraint.preserves else right.IN_PART


def _given(ground: Ground | None) -> Ground:
    if ground is None:
        raise InvalidRequest(errors=[fault("/ground", ErrorCode.MISSING, "Required for a restriction")])
    return ground


def _check(purpose: Purpose) -> None:
    if purpose in OUTLASTS_RESTRICTION:
        raise invalid(ErrorCode.NOT_RESTRICTABLE, "A restriction does not stop this (Art. 18(2) GDPR)")
    if purpose not in RESTRICTABLE:
        raise invalid(ErrorCode.NOT_SEPARABLE, "Only all of it can be restricted: leave out `purposes`")


def _close(request: RightsRequest, status: Status) -> ClosingEffect:
    """A cancellation ends the restriction at once. After a refusal, a step ends it once it was announced."""
    notes = request.notes
    if status is not Status.CANCELLED or not isinstance(notes, RestraintNotes) or not notes.is_in_force:
        return ClosingEffect(notes)
    ended = replace(notes, ended_at=clock.now())
    return ClosingEffect(ended, restraints.ending(request.account_id, request.request_id))


RESTRICTION = IntakeRule(_begin, takes=frozenset({"ground", "purposes", "reason"}), closing=_close)
