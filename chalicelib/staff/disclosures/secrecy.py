"""The secrecy of an approved disclosure: two operators place, renew or lift it.

An order that comes with the request is part of the proposal. This module is for later orders. While a change
waits for its approval, the secrecy is as it was: if it ends meanwhile, the subject's copy has the disclosure.
"""

from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.errors import ChangedMeanwhile, does_not_apply
from chalicelib.core.http import IfMatch
from chalicelib.core.ids import DisclosureId, StaffId
from chalicelib.staff.disclosures import proposal
from chalicelib.staff.disclosures.model import Disclosure, DisclosureStatus, SecrecyProposal
from chalicelib.staff.disclosures.moves import DisclosureMove, apply_move, etag
from chalicelib.staff.disclosures.problems import NotApproved
from chalicelib.staff.model import NothingProposed, OwnProposal, ProposedAlready


def propose(disclosure_id: DisclosureId, by: StaffId, until: datetime | None, reference: str) -> Disclosure:
    """Propose that the secrecy lasts until an instant, or that it ends (None).

    Raises:
        NotApproved: the disclosure is not approved.
        ProposedAlready: another change waits.
        InvalidRequest: the end is past or too late, no authority requested the data, or nothing is secret.
    """
    return apply_move(disclosure_id, by, lambda found: _proposal(found, by, until, reference, clock.now()))


def approve(disclosure_id: DisclosureId, by: StaffId, shown: IfMatch) -> Disclosure:
    """Approve another operator's change.

    Raises:
        NothingProposed: no change waits.
        OwnProposal: this operator proposed it.
        ChangedMeanwhile: the disclosure changed since the operator saw it.
        InvalidRequest: the end is past.
    """
    return apply_move(disclosure_id, by, lambda found: _approval(found, by, shown, clock.now()))


def withdraw(disclosure_id: DisclosureId, by: StaffId) -> Disclosure:
    """Withdraw a proposed change, the operator's own or another's."""
    return apply_move(disclosure_id, by, _withdrawal)


def _proposal(
    found: Disclosure, by: StaffId, until: datetime | None, reference: str, now: datetime
) -> DisclosureMove | None:
    if found.status is not DisclosureStatus.APPROVED:
        raise NotApproved
    if waiting := found.secrecy_proposal:
        if (waiting.by, waiting.until, waiting.reference) == (by, until, reference):
            return None
        raise ProposedAlready
    _check(found, until, now)
    change = SecrecyProposal(until=until, reference=reference, by=by, at=now)
    after = found.model_copy(update={"secrecy_proposal": change})
    return DisclosureMove(after, "secrecy_proposed", _said(until))


def _approval(found: Disclosure, by: StaffId, shown: IfMatch, now: datetime) -> DisclosureMove:
    change = found.secrecy_proposal
    if change is None:
        raise NothingProposed
    if change.by == by:
        raise OwnProposal
    if not shown.allows(etag(found)):
        raise ChangedMeanwhile
    _check(found, change.until, now)
    after = found.model_copy(
        update={
            "secret_until": change.until,
            "secrecy_reference": change.reference,
            "secrecy_proposal": None,
        }
    )
    return DisclosureMove(after, "secrecy_changed", {"proposed_by": change.by, **_said(change.until)})


def _withdrawal(found: Disclosure) -> DisclosureMove | None:
    if found.secrecy_proposal is None:
        return None
    after = found.model_copy(update={"secrecy_proposal": None})
    return DisclosureMove(after, "secrecy_withdrawn", {})


def _check(found: Disclosure, until: datetime | None, now: datetime) -> None:
    if until is not None:
        proposal.check_secrecy(found.ground, until, found.proposed_at, now)
    elif found.secret_until is None:
        raise does_not_apply("secret_until", "The disclosure is not secret")


def _said(until: datetime | None) -> dict[str, object]:
    return {"until": clock.to_text(until)} if until else {"lifted": 1}
