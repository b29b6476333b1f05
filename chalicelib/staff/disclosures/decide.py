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
from chalicelib.core.errors import ChangedMeanwhile, does_not_apply
from chalicelib.core.http import IfMatch
from chalicelib.core.ids import DisclosureId, StaffId
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
from chalicelib.staff.disclosures.service import DisclosureMove, apply_move, etag
from chalicelib.staff.model import NothingProposed, OwnProposal, ProposedAlready

DECIDE_WITHIN = 30 * DAY


def approve(disclosure_id: DisclosureId, by: StaffId, shown: IfMatch, assessment: str | None) -> Disclosure:
    """Approve another operator's proposal: its data may go out.

    Raises:
        DecidedAlready: it was decided, not by this operator's approval.
        OwnProposal: this operator made the proposal.
        ChangedMeanwhile: it changed since the operator saw it.
        ProposalLapsed: the proposal is older than 30 days.
        InvalidRequest: a voluntary disclosure comes without an assessment.
    """
    return apply_move(disclosure_id, by, lambda found: _approval(found, by, shown, assessment, clock.now()))


def refuse(disclosure_id: DisclosureId, by: StaffId, assessment: str) -> Disclosure:
    """Refuse another operator's proposal.

    Raises:
        DecidedAlready: it was decided, not by this operator's refusal.
        OwnProposal: this operator made the proposal, and can withdraw it.
    """
    return apply_move(disclosure_id, by, lambda found: _refusal(found, by, assessment, clock.now()))


def withdraw(disclosure_id: DisclosureId, by: StaffId) -> Disclosure:
    """Withdraw a proposal or an approved disclosure, the operator's own or another's.

    Raises:
        DecidedAlready: it was refused, or its data went out.
    """
    return apply_move(disclosure_id, by, _withdrawal)


def record_given(disclosure_id: DisclosureId, by: StaffId, at: datetime | None) -> Disclosure:
    """Record that the data of an approved disclosure went out, at an instant (None: now).

    Raises:
        NotApproved: it is not approved.
        DecidedAlready: it is on record that the data went out at another instant.
        InvalidRequest: the instant is in the future or before the approval.
    """
    return apply_move(disclosure_id, by, lambda found: _giving(found, by, at, clock.now()))


def _approval(
    found: Disclosure, by: StaffId, shown: IfMatch, assessment: str | None, now: datetime
) -> DisclosureMove | None:
    if (found.status, found.reviewed_by) == (DisclosureStatus.APPROVED, by):
        return None
    _check_reviewer(found, by)
    if not shown.allows(etag(found)):
        raise ChangedMeanwhile
    if now > found.proposed_at + DECIDE_WITHIN:
        raise ProposalLapsed
    if found.ground.kind is DisclosureKind.VOLUNTARY and assessment is None:
        raise does_not_apply("assessment", "A voluntary disclosure needs one of each of two operators")
    after = _reviewed(found, DisclosureStatus.APPROVED, by, assessment, now)
    return DisclosureMove(after, "approved", {"proposed_by": found.proposed_by, "ground": found.ground})


def _refusal(found: Disclosure, by: StaffId, assessment: str, now: datetime) -> DisclosureMove | None:
    if (found.status, found.reviewed_by) == (DisclosureStatus.REFUSED, by):
        return None
    _check_reviewer(found, by)
    after = _reviewed(found, DisclosureStatus.REFUSED, by, assessment, now)
    return DisclosureMove(after, "refused", {"proposed_by": found.proposed_by, "ground": found.ground})


def _check_reviewer(found: Disclosure, by: StaffId) -> None:
    if found.status is not DisclosureStatus.PROPOSED:
        raise DecidedAlready
    if found.proposed_by == by:
        raise OwnProposal


def _reviewed(
    found: Disclosure, status: DisclosureStatus, by: StaffId, assessment: str | None, now: datetime
) -> Disclosure:
    return found.model_copy(
        update={"status": status, "review": assessment, "reviewed_by": by, "reviewed_at": now}
    )


def _withdrawal(found: Disclosure) -> DisclosureMove | None:
    if found.status is DisclosureStatus.WITHDRAWN:
        return None
    if found.status is DisclosureStatus.REFUSED or found.disclosed_at:
        raise DecidedAlready
    after = found.model_copy(update={"status": DisclosureStatus.WITHDRAWN, "secrecy_proposal": None})
    return DisclosureMove(after, "withdrawn", {"was": found.status})


def _giving(found: Disclosure, by: StaffId, at: datetime | None, now: datetime) -> DisclosureMove | None:
    if found.status is not DisclosureStatus.APPROVED or found.reviewed_at is None:
        raise NotApproved
    if found.disclosed_at:
        if at in {None, found.disclosed_at}:
            return None
        raise DecidedAlready
    at = at or now
    if not found.reviewed_at <= at <= now:
        raise does_not_apply("disclosed_at", "After the approval, now at the latest")
    after = found.model_copy(update={"given_by": by, "disclosed_at": at})
    return DisclosureMove(after, "disclosed", {"at": clock.to_text(at)})


def propose_secrecy(
    disclosure_id: DisclosureId, by: StaffId, until: datetime | None, reference: str
) -> Disclosure:
    """Propose that the secrecy lasts until an instant, or that it ends (None).

    Raises:
        NotApproved: the disclosure is not approved.
        ProposedAlready: another change waits.
        InvalidRequest: the end is past or too late, no authority requested the data, or nothing is secret.
    """
    return apply_move(
        disclosure_id, by, lambda found: _secrecy_proposal(found, by, until, reference, clock.now())
    )


def approve_secrecy(disclosure_id: DisclosureId, by: StaffId, shown: IfMatch) -> Disclosure:
    """Approve another operator's change.

    Raises:
        NothingProposed: no change waits.
        OwnProposal: this operator proposed it.
        ChangedMeanwhile: the disclosure changed since the operator saw it.
        InvalidRequest: the end is past.
    """
    return apply_move(disclosure_id, by, lambda found: _secrecy_approval(found, by, shown, clock.now()))


def withdraw_secrecy(disclosure_id: DisclosureId, by: StaffId) -> Disclosure:
    """Withdraw a proposed change, the operator's own or another's."""
    return apply_move(disclosure_id, by, _secrecy_withdrawal)


def _secrecy_proposal(
    found: Disclosure, by: StaffId, until: datetime | None, reference: str, now: datetime
) -> DisclosureMove | None:
    if found.status is not DisclosureStatus.APPROVED:
        raise NotApproved
    if waiting := found.secrecy_proposal:
        if (waiting.by, waiting.until, waiting.reference) == (by, until, reference):
            return None
        raise ProposedAlready
    _check_open(found, until, now)
    change = SecrecyProposal(until=until, reference=reference, by=by, at=now)
    after = found.model_copy(update={"secrecy_proposal": change})
    return DisclosureMove(after, "secrecy_proposed", _said(until))


def _secrecy_approval(found: Disclosure, by: StaffId, shown: IfMatch, now: datetime) -> DisclosureMove:
    change = found.secrecy_proposal
    if change is None:
        raise NothingProposed
    if change.by == by:
        raise OwnProposal
    if not shown.allows(etag(found)):
        raise ChangedMeanwhile
    _check_open(found, change.until, now)
    after = found.model_copy(
        update={
            "secret_until": change.until,
            "secrecy_reference": change.reference,
            "secrecy_proposal": None,
        }
    )
    return DisclosureMove(after, "secrecy_changed", {"proposed_by": change.by, **_said(change.until)})


def _secrecy_withdrawal(found: Disclosure) -> DisclosureMove | None:
    if found.secrecy_proposal is None:
        return None
    after = found.model_copy(update={"secrecy_proposal": None})
    return DisclosureMove(after, "secrecy_withdrawn", {})


def _check_open(found: Disclosure, until: datetime | None, now: datetime) -> None:
    if until is not None:
        service.check_secrecy(found.ground, until, found.proposed_at, now)
    elif found.secret_until is None:
        raise does_not_apply("secret_until", "The disclosure is not secret")


def _said(until: datetime | None) -> dict[str, object]:
    return {"until": clock.to_text(until)} if until else {"lifted": 1}
