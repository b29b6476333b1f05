"""Routes for operators about removals of tables (ADR 76), and their bodies. No subject is shown."""

from collections.abc import Mapping
from functools import partial
from typing import Self

from chalice.app import Blueprint

from chalicelib.core.clock import Instant
from chalicelib.core.errors import InvalidRequest
from chalicelib.core.http import Created, Cursor, Operator, View, route
from chalicelib.core.ids import StaffId, TableRemovalId
from chalicelib.operations.admin.views import PageView
from chalicelib.retention.removals import service as removals
from chalicelib.retention.removals.model import NewTableRemoval, RemovalLapsed, RemovalReason, TableRemoval
from chalicelib.staff import service as staff
from chalicelib.staff.cases import staff_of
from chalicelib.staff.model import OwnProposal


class TableRemovalView(View):
    """A removal of a table, with the staff behind its pseudonyms."""

    id: TableRemovalId
    table_name: str
    reason: RemovalReason
    proposed_by: str
    proposed_at: Instant
    approved_by: str | None = None
    approved_at: Instant | None = None

    @classmethod
    def of(cls, removal: TableRemoval, named: Mapping[StaffId, str]) -> Self:
        """Build the view; `named` has the staff behind the pseudonyms."""
        members = {name: named.get(member, member) for name, member in removal if isinstance(member, StaffId)}
        return cls.showing(removal, id=removal.removal_id, **members)


routes = Blueprint(__name__)

_ALL = "/admin/v1/table-removals"


@route(routes, "GET", _ALL)
def list_table_removals(operator: Operator, cursor: Cursor | None) -> PageView[TableRemovalView]:
    """List the removals, the newest first."""
    page = removals.REMOVALS.list_all(cursor, staff.register(operator.arn))
    named = staff.resolve(staff_of(*page.found))
    return PageView[TableRemovalView].of(page, partial(TableRemovalView.of, named=named))


@route(routes, "POST", _ALL, problems=(InvalidRequest,))
def propose_table_removal(operator: Operator, body: NewTableRemoval) -> Created[TableRemovalView]:
    """Propose to remove a table of the stage. Nothing is removed by the API."""
    return Created(_shown(removals.propose(staff.register(operator.arn), body)), location=_ALL)


@route(routes, "POST", _ALL + "/{removal_id}/approval", problems=(RemovalLapsed, OwnProposal))
def approve_table_removal(operator: Operator, removal_id: TableRemovalId) -> TableRemovalView:
    """Approve the removal that another operator proposed, for seven days."""
    return _shown(removals.approve(removal_id, staff.register(operator.arn)))


def _shown(removal: TableRemoval) -> TableRemovalView:
    return TableRemovalView.of(removal, staff.resolve(staff_of(removal)))
