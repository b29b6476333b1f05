"""Removals of tables of the stage: proposed by one operator, approved by another (ADR 76)."""

from chalicelib.core import clock
from chalicelib.core.errors import does_not_apply
from chalicelib.core.ids import StaffId, TableRemovalId
from chalicelib.core.settings import settings
from chalicelib.core.transactions import commit
from chalicelib.retention.removals import store
from chalicelib.retention.removals.model import LASTS, NewTableRemoval, RemovalLapsed, TableRemoval
from chalicelib.staff.cases import CaseMove, Cases, check_second, staff_move

REMOVALS = Cases(store.REMOVALS)


def propose(by: StaffId, new: NewTableRemoval) -> TableRemoval:
    """Propose to remove a table of this stage.

    Raises:
        InvalidRequest: the table is another stage's.
    """
    if not new.table_name.startswith(prefix := f"ru4m-{settings().stage}-"):
        raise does_not_apply("table_name", f"A table of this stage: {prefix}...")
    proposed = TableRemoval(
        removal_id=TableRemovalId.new(), **dict(new), proposed_by=by, proposed_at=clock.now()
    )
    commit(*store.REMOVALS.creation(proposed, "proposed", by, _said(proposed)))
    return proposed


@staff_move(REMOVALS.apply)
def approve(removal: TableRemoval, by: StaffId) -> CaseMove[TableRemoval] | None:
    """Approve the removal that another operator proposed. It may be carried out for seven days.

    Raises:
        OwnProposal: this operator proposed it.
        RemovalLapsed: the proposal is older than seven days.
    """
    check_second(by, removal.proposed_by)
    if removal.approved_by:
        return None
    now = clock.now()
    if now > removal.proposed_at + LASTS:
        raise RemovalLapsed
    after = removal.model_copy(update={"approved_by": by, "approved_at": now})
    return CaseMove(after, "approved", _said(removal))


def _said(removal: TableRemoval) -> dict[str, object]:
    return {"table_name": removal.table_name, "reason": removal.reason}
