"""The checks of erased users at Stream, and the state of the job that makes them (STR-5, ADR 35)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from chalicelib.chat.deletion_report import StreamDeletionTask, StreamReport
from chalicelib.core.clock import DAY, Instant
from chalicelib.core.ids import RightsRequestId, UserId
from chalicelib.core.settings import ErasureExtent, settings
from chalicelib.core.table_names import Table
from chalicelib.privacy.gates import BlockedReason
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, NotPersonal, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose

_INNER = NotPersonal(withheld="internal state of our work on the deletion")


class CheckStage(StrEnum):
    """How many days after the erasure a check is due. `REPAIR`: the user was found and is deleted again."""

    FIRST = "1"
    SECOND = "7"
    THIRD = "30"
    LAST = "90"
    REPAIR = "repair"

    def due_at(self, erased_at: datetime) -> datetime:
        """When the check of this stage is due."""
        return erased_at + int(self) * DAY

    def after(self, due_at: datetime) -> "tuple[CheckStage, datetime] | None":
        """The next stage and its instant, from the instant of this one; None after the last."""
        following = _NEXT.get(self)
        return (following, due_at + (int(following) - int(self)) * DAY) if following else None


def deletion_from(at: datetime) -> StreamDeletionTask:
    """A deletion to request. Stream had the user, so "no such user" does not mean that it never did."""
    return StreamDeletionTask(None, at, attempts=2, extent=settings().stream_erasure)


_NEXT: Mapping[CheckStage, CheckStage] = {
    CheckStage.FIRST: CheckStage.SECOND,
    CheckStage.SECOND: CheckStage.THIRD,
    CheckStage.THIRD: CheckStage.LAST,
}


class StreamCheck(
    Record,
    table=Table.RIGHTS,
    kind="stream_check",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.STREAM_CHECK, since="counted_from"),
    key_class=KeyClass.NOTHING_SEALED,
):
    """The next check of one erased user. Its sort key contains the user id, so a check needs no read of it.

    Attributes:
        request_id: the erasure; None for a user that had no account.
        counted_from: when the erasure was complete, or the newest step of a repair.
        reported: what Stream had reported about the user.
        repair_*: the deletion that is under way, if the user was found.
        found: how often the user was found.
    """

    request_id: Annotated[RightsRequestId | None, NOT_PERSONAL] = None
    user_id: Annotated[UserId, NOT_PERSONAL]
    counted_from: Annotated[Instant, NOT_PERSONAL]
    reported: Annotated[StreamReport, _INNER]
    repair_task: Annotated[str | None, _INNER] = None
    repair_at: Annotated[Instant | None, _INNER] = None
    repair_attempts: Annotated[int, _INNER] = 0
    repair_extent: Annotated[ErasureExtent | None, _INNER] = None
    found: Annotated[int, _INNER] = 0
    version: Annotated[int, _INNER] = 1

    @property
    def repair(self) -> StreamDeletionTask | None:
        """The deletion that is under way; None if the user was not found since it was deleted."""
        if self.repair_at is None or self.repair_extent is None:
            return None
        return StreamDeletionTask(self.repair_task, self.repair_at, self.repair_attempts, self.repair_extent)

    def moved(self, repair: StreamDeletionTask | None, **changes: object) -> "StreamCheck":
        """The next version, with this deletion under way."""
        task = {
            "repair_task": repair.task_id if repair else None,
            "repair_at": repair.at if repair else None,
            "repair_attempts": repair.attempts if repair else 0,
            "repair_extent": repair.extent if repair else None,
        }
        return self.model_copy(update={**task, **changes, "version": self.version + 1})


class StreamOrphan(
    Record,
    table=Table.RIGHTS,
    kind="stream_orphan",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.STREAM_CHECK, since="first_seen_at"),
    key_class=KeyClass.NOTHING_SEALED,
):
    """A user of Stream without an account, deactivated since it was first seen."""

    user_id: Annotated[UserId, NOT_PERSONAL]
    first_seen_at: Annotated[Instant, NOT_PERSONAL]


class ReconciliationState(
    Record,
    table=Table.RIGHTS,
    kind="reconciliation_state",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.STREAM_CHECK, since="touched_at"),
    key_class=KeyClass.NOTHING_SEALED,
):
    """The state of the job: its lease, the configuration that a dry run has tried, and what blocks it."""

    touched_at: Annotated[Instant, NOT_PERSONAL]
    leased_until: Annotated[Instant | None, NOT_PERSONAL] = None
    fence: Annotated[int, NOT_PERSONAL] = 0
    app: Annotated[str, NOT_PERSONAL] = ""  # the key of the app at Stream, which is public
    tables: Annotated[str, NOT_PERSONAL] = ""  # the physical names of the tables of accounts
    tried: Annotated[str, NOT_PERSONAL] = ""  # a hash of the configuration that was tried
    blocked: Annotated[BlockedReason | None, NOT_PERSONAL] = None
    # The pass over all users: when it began, and the last id that was compared; None once it has ended.
    pass_began_at: Annotated[Instant | None, NOT_PERSONAL] = None
    pass_after: Annotated[str | None, NOT_PERSONAL] = None
