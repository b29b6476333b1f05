"""Decisions about disclosures and their secrecy: one operator proposes, another approves (NOT-3, NOT-5).

Invariants:

- The approver is never the proposer, names the version that they saw, and assesses a voluntary disclosure in
  writing too.
- A proposal is approved within 30 days or not at all: what was assessed may have changed.
- Data goes out only after the approval. An approved disclosure can be withdrawn until then, by any operator.
- A refusal, a withdrawal and the statement that data went out are final.

Two operators place, renew or lift the secrecy of an approved disclosure after a later order; an order that
comes with the request is part of the proposal. While a change waits for its approval, the secrecy is as it
was: if it ends meanwhile, the subject's copy has the disclosure.
"""

from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.errors import does_not_apply
from chalicelib.core.http import IfMatch
from chalicelib.core.ids import StaffId
from chalicelib.staff.cases import CaseMove, check_second, check_shown, staff_move
from chalicelib.staff.disclosures import service
from chalicelib.staff.disclosures.model import (
    DecidedAlready,
    Disclosure,
    DisclosureKind,
    DisclosureStatus,
    NotApproved,
    ProposalLapsed,
    SecrecyProposal,
)
from chalicelib.staff.disclosures.service import DISCLOSURES
from chalicelib.staff.model import NothingProposed, ProposedAlready

DECIDE_WITHIN = 30 * DAY

_Move = CaseMove[Disclosure] | None


@staff_move(DISCLOSURES.apply)
def approve(found: Disclosure, by: StaffId, shown: IfMatch, assessment: str | None) -> _Move:
    """Approve another operator's proposal: its data may go out.

    Raises:
        DecidedAlready: it was decided, not by this operator's approval.
        OwnProposal: this operator made the proposal.
        ChangedMeanwhile: it changed since the operator saw it.
        ProposalLapsed: the proposal is older than 30 days.
        InvalidRequest: a voluntary disclosure comes without an assessment.
    """
    if (found.status, found.reviewed_by) == (DisclosureStatus.APPROVED, by):
        return None
    _check_reviewer(found, by)
    check_shown(found, shown)
    if clock.now() > found.proposed_at + DECIDE_WITHIN:
        raise ProposalLapsed
    if found.ground.kind is DisclosureKind.VOLUNTARY and assessment is None:
        raise does_not_apply("assessment", "A voluntary disclosure needs one of each of two operators")
    return _review(found, DisclosureStatus.APPROVED, by, assessment)


@staff_move(DISCLOSURES.apply)
def refuse(found: Disclosure, by: StaffId, assessment: str) -> _Move:
    """Refuse another operator's proposal.

    Raises:
        DecidedAlready: it was decided, not by this operator's refusal.
        OwnProposal: this operator made the proposal, and can withdraw it.
    """
    if (found.status, found.reviewed_by) == (DisclosureStatus.REFUSED, by):
        return None
    _check_reviewer(found, by)
    return _review(found, DisclosureStatus.REFUSED, by, assessment)


@staff_move(DISCLOSURES.apply)
def withdraw(found: Disclosure, _by: StaffId) -> _Move:
    """Withdraw a proposal or an approved disclosure, the operator's own or another's.

    Raises:
        DecidedAlready: it was refused, or its data went out.
    """
    if found.status is DisclosureStatus.WITHDRAWN:
        return None
    if found.status is DisclosureStatus.REFUSED or found.disclosed_at:
        raise DecidedAlready
    after = found.model_copy(update={"status": DisclosureStatus.WITHDRAWN, "secrecy_proposal": None})
    return CaseMove(after, "withdrawn", {"was": found.status})


@staff_move(DISCLOSURES.apply)
def record_given(found: Disclosure, by: StaffId, at: datetime | None) -> _Move:
    """Record that the data of an approved disclosure went out, at an instant (None: now).

    Raises:
        NotApproved: it is not approved.
        DecidedAlready: it is on record that the data went out at another instant.
        InvalidRequest: the instant is in the future or before the approval.
    """
    if found.status is not DisclosureStatus.APPROVED or found.reviewed_at is None:
        raise NotApproved
    if found.disclosed_at:
        if at in {None, found.disclosed_at}:
            return None
        raise DecidedAlready
    now = clock.now()
    at = at or now
    if not found.reviewed_at <= at <= now:
        raise does_not_apply("disclosed_at", "After the approval, now at the latest")
    after = found.model_copy(update={"given_by": by, "disclosed_at": at})
    return CaseMove(after, "disclosed", {"at": clock.to_text(at)})


def _check_reviewer(found: Disclosure, by: StaffId) -> None:
    if found.status is not DisclosureStatus.PROPOSED:
        raise DecidedAlready
    check_second(by, found.proposed_by)


def _review(found: Disclosure, status: DisclosureStatus, by: StaffId, assessment: str | None) -> _Move:
    after = found.model_copy(
        update={"status": status, "review": assessment, "reviewed_by": by, "reviewed_at": clock.now()}
    )
    return CaseMove(after, status.value, {"proposed_by": found.proposed_by, "ground": found.ground})


@staff_move(DISCLOSURES.apply)
def propose_secrecy(found: Disclosure, by: StaffId, until: datetime | None, reference: str) -> _Move:
    """Propose that the secrecy lasts until an instant, or that it ends (None).

    Raises:
        NotApproved: the disclosure is not approved.
        ProposedAlready: another change waits.
        InvalidRequest: the end is past or too late, no authority requested the data, or nothing is secret.
    """
    if found.status is not DisclosureStatus.APPROVED:
        raise NotApproved
    if waiting := found.secrecy_proposal:
        if (waiting.by, waiting.until, waiting.reference) == (by, until, reference):
            return None
        raise ProposedAlready
    now = clock.now()
    _check_open(found, until, now)
    change = SecrecyProposal(until=until, reference=reference, by=by, at=now)
    after = found.model_copy(update={"secrecy_proposal": change, "secrecy_approved_by": None})
    return CaseMove(after, "secrecy_proposed", _said(until))


@staff_move(DISCLOSURES.apply)
def approve_secrecy(found: Disclosure, by: StaffId, shown: IfMatch) -> _Move:
    """Approve another operator's change.

    Raises:
        NothingProposed: no change waits, and this operator did not approve the last one.
        OwnProposal: this operator proposed it.
        ChangedMeanwhile: the disclosure changed since the operator saw it.
        InvalidRequest: the end is past.
    """
    change = found.secrecy_proposal
    if change is None:
        if found.secrecy_approved_by == by:
            return None
        raise NothingProposed
    check_second(by, change.by)
    check_shown(found, shown)
    _check_open(found, change.until, clock.now())
    after = found.model_copy(
        update={
            "secret_until": change.until,
            "secrecy_reference": change.reference,
            "secrecy_proposal": None,
            "secrecy_approved_by": by,
        }
    )
    return CaseMove(after, "secrecy_changed", {"proposed_by": change.by, **_said(change.until)})


@staff_move(DISCLOSURES.apply)
def withdraw_secrecy(found: Disclosure, _by: StaffId) -> _Move:
    """Withdraw a proposed change, the operator's own or another's."""
    if found.secrecy_proposal is None:
        return None
    return CaseMove(found.model_copy(update={"secrecy_proposal": None}), "secrecy_withdrawn")


def _check_open(found: Disclosure, until: datetime | None, now: datetime) -> None:
    if until is not None:
        service.check_secrecy(found.ground, until, found.proposed_at, now)
    elif found.secret_until is None:
        raise does_not_apply("secret_until", "The disclosure is not secret")


def _said(until: datetime | None) -> dict[str, object]:
    return {"until": clock.to_text(until)} if until else {"lifted": 1}
