"""How requests without a session begin (RGT-11, ADR 49).

- What harms nobody begins as in the app: an objection, a restriction, a withdrawal, a correction to review.
- A correction that changes data changes it after the account was warned on every channel, and some days
  later; one by letter too. One proof is enough: its owner can cancel it, and correct the data again.
- A copy or an erasure needs two proofs. With fewer, it waits for them. Its procedure warns the account on
  every channel, and does nothing irreversible for some days.
- An heir can have the account erased, after two operators have checked the authority. Nothing else: data
  protection law ends with a person's life, and other people wrote to that person in confidence.
- A person who named neither a contact nor an account is answered on paper that we can find nothing.
- A person without an account is answered that nothing is stored about them. Their objection to direct
  marketing suppresses the number or mailbox, in the transaction of the request (ADR 47).
"""

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.core import clock
from chalicelib.core.ids import StaffId
from chalicelib.core.transactions import Write
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.model import DIRECT_MARKETING, Addresses
from chalicelib.rights.intake.submission import Beginning, IntakeRule, Submission
from chalicelib.rights.request import declaration, procedures
from chalicelib.rights.request.model import PROOFS_NEEDED, GuestContact, IdentityProof, new_notes
from chalicelib.rights.request.terms import Right, Status


def of_locked_out(
    rule: IntakeRule, proofs: Sequence[IdentityProof], proof_write: Sequence[Write] = ()
) -> IntakeRule:
    """The rule for an account's owner without a session.

    Args:
        rule: the rule of the right outside the app.
        proofs: the proofs that the account's owner gave.
        proof_write: the write that uses a proof up, in the transaction of the request.
    """

    def begin(submission: Submission) -> Beginning:
        begun = rule.begin(submission)
        begun = replace(begun, also=(*begun.also, *proof_write), said={**begun.said, "proofs": list(proofs)})
        if not rule.wants_step_up:
            return begun
        begun = replace(begun, steps=procedures.recovered(submission.body.right, begun.steps))
        if len(proofs) >= PROOFS_NEEDED:
            return begun
        notes = replace(begun.notes, identity_asked_at=submission.at)
        return replace(begun, notes=notes, status=Status.AWAITING_VERIFICATION)

    return replace(rule, begin=begin)


def of_heirs(rule: IntakeRule, right: Right, seen_by: StaffId) -> IntakeRule:
    """The rule for an heir of the account's owner.

    The operator who saw the authority is the first of the two who check it.
    """

    def begin(submission: Submission) -> Beginning:
        if right is not Right.ERASURE:
            return Beginning((), new_notes(right), answer=Status.REFUSED)
        begun = rule.begin(submission)
        notes = replace(begun.notes, identity_checked_by=seen_by)
        steps = procedures.recovered(submission.body.right, begun.steps)
        return replace(begun, steps=steps, notes=notes, status=Status.AWAITING_VERIFICATION)

    return replace(rule, begin=begin)


def of_stranger(right: Right, contact: GuestContact, proof_write: Sequence[Write] = ()) -> Beginning:
    """How the request of a person without an account begins; it can be repeated.

    Args:
        right: an objection to direct marketing has an effect; the other rights find nothing to change.
        contact: the number or mailbox that no account has.
        proof_write: the write that uses a proof up, in the transaction of the request.
    """
    said: dict[str, object] = {"without_account": 1}
    writes = list(proof_write)
    if right is Right.MARKETING_OBJECTION:
        unwanted = Addresses(contact.phone, contact.email)
        writes += suppressions.placing_without_account(unwanted, clock.now())
        said["objected"] = list(DIRECT_MARKETING)
    return Beginning(declaration.WITHOUT_ACCOUNT, new_notes(right), also=writes, said=said)


def of_unnamed(right: Right) -> Beginning:
    """How the request of a person begins who named nothing by which we find data; it is answered at once."""
    said: dict[str, object] = {"without_account": 1, "on_paper": 1}
    return Beginning((), new_notes(right), said=said, answer=Status.COMPLETED)
