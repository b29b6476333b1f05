"""Answers objections to bars of numbers; a bar is lifted in the transaction of the answer (ADR 116)."""

from functools import partial

from chalicelib.accounts.bars import service as bars
from chalicelib.core import clock
from chalicelib.core.ids import StaffId
from chalicelib.core.transactions import Perform, commit
from chalicelib.safety.model import DecidedBefore, Work
from chalicelib.safety.numbers.model import (
    BarAnswer,
    NumberObjection,
)
from chalicelib.safety.numbers.store import OBJECTIONS
from chalicelib.safety.store import all_in
from chalicelib.staff.cases import CaseMove, Cases, staff_move

CASES = Cases(OBJECTIONS)


@staff_move(CASES.apply)
def answer(found: NumberObjection, by: StaffId, said: BarAnswer) -> CaseMove[NumberObjection]:
    """Lift the bar or keep it; the person gets a text message.

    Raises:
        DecidedBefore: it was answered.
    """
    if found.decided_at:
        raise DecidedBefore
    now, is_lifted = clock.now(), said.because is not None
    after = found.model_copy(
        update={
            "lifted": is_lifted,
            "lifted_until": bars.barred_until(found.phone) if is_lifted else None,
            "because": said.because,
            "reason": said.reason,
            "decided_by": by,
            "decided_at": now,
            "kept_since": now,
            "work": Work(due_at=now, notify=True),
        }
    )
    also = bars.deletions(found.phone) if is_lifted else []
    return CaseMove(after, "answered", {"lifted": int(is_lifted)}, also)


def lift_again(perform: Perform) -> int:
    """Lift the bars of a restored table whose objections were upheld; return how many objections there are.

    Raises:
        Unavailable: a table does not answer.
    """
    upheld = [one for one in all_in(OBJECTIONS) if one.lifted]
    for one in upheld:
        perform(partial(_lift, one))
    return len(upheld)


def _lift(upheld: NumberObjection) -> None:
    """Lift the bar that an objection was about; a later one of the number stays."""
    until = bars.barred_until(upheld.phone)
    if until and upheld.lifted_until and until <= upheld.lifted_until:
        commit(*bars.deletions(upheld.phone))
