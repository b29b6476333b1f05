"""Users of Stream without an account, and the state of reconciliation (STR-5, ADR 35)."""

from datetime import datetime
from typing import Annotated

from chalicelib.core.clock import Instant
from chalicelib.core.ids import UserId
from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.privacy.gates import BlockedReason
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose
from chalicelib.stream.model import StreamDeletionTask


def deletion_from(at: datetime) -> StreamDeletionTask:
    """A deletion to request. Stream had the user, so "no such user" does not mean that it never did."""
    return StreamDeletionTask(None, at, attempts=2, extent=settings().stream_erasure)


class StreamOrphan(
    Record,
    table=Table.RIGHTS,
    kind="stream_orphan",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.STREAM_CHECK, since="first_seen_at"),
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
    # After the users: when the last channel that was compared was created; None once the pass has ended.
    channels_since: Annotated[str | None, NOT_PERSONAL] = None
