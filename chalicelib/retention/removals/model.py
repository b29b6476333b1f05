"""The record of a removal that two operators decide, its body and its problem."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.core.clock import DAY, Instant
from chalicelib.core.errors import ConflictingRequest
from chalicelib.core.http import Body
from chalicelib.core.ids import StaffId, TableRemovalId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, DataSubject, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose

# From the proposal to its approval, and from the approval to the removal: the state of the table may change.
LASTS = 7 * DAY

TableName = Annotated[
    str,
    StringConstraints(pattern=r"^ru4m-[a-z0-9-]{3,100}$"),
    Field(description="The name of the table at DynamoDB"),
]


class RemovalReason(StrEnum):
    """Why a table of the stage is removed."""

    REPLACED = "replaced"  # functions use a restored one
    STAGE_ENDS = "stage_ends"


class TableRemoval(
    Record,
    table=Table.RIGHTS,
    kind="table_removal",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.AUDIT, since="proposed_at"),
    subject=DataSubject.STAFF,
):
    """The removal of a table, and which operators decided on it."""

    removal_id: Annotated[TableRemovalId, NOT_PERSONAL]
    version: Annotated[int, NOT_PERSONAL] = 1
    table_name: Annotated[TableName, NOT_PERSONAL]
    reason: Annotated[RemovalReason, NOT_PERSONAL]
    proposed_by: Annotated[StaffId, NOT_PERSONAL]
    proposed_at: Annotated[Instant, NOT_PERSONAL]
    approved_by: Annotated[StaffId | None, NOT_PERSONAL] = None
    approved_at: Annotated[Instant | None, NOT_PERSONAL] = None

    def allows(self, table_name: str, at: datetime) -> bool:
        """Return whether a second operator approved the removal of a table, and not too long ago."""
        if self.approved_at is None or self.table_name != table_name:
            return False
        return at < self.approved_at + LASTS


class NewTableRemoval(Body):
    """A removal as an operator proposes it."""

    table_name: TableName
    reason: RemovalReason


class RemovalLapsed(ConflictingRequest):
    """The proposal waited for too long."""

    title = "The proposal is older than seven days; propose the removal again"
