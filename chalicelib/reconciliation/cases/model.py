"""The case of a user who was deleted or deactivated at Stream, but not by us (STR-6)."""

from enum import StrEnum
from typing import Annotated

from chalicelib.core.clock import Instant
from chalicelib.core.ids import AccountId, StreamCaseId, UserId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, NotPersonal, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose


class StreamLoss(StrEnum):
    """What happened at Stream to the user of an active account."""

    DELETED = "deleted"
    DEACTIVATED = "deactivated"


class CaseOutcome(StrEnum):
    """How a case was settled.

    REVERSED: the user is back. The other outcomes are the operator's: its subject asked for it, it was a
    mistake of staff, or a misuse of Stream's dashboard or our secret.
    """

    REQUESTED = "requested"
    MISTAKE = "mistake"
    MISUSE = "misuse"
    REVERSED = "reversed"


class SettledAs(StrEnum):
    """The outcomes that an operator may choose."""

    REQUESTED = CaseOutcome.REQUESTED.value
    MISTAKE = CaseOutcome.MISTAKE.value
    MISUSE = CaseOutcome.MISUSE.value


class StreamCase(
    Record,
    table=Table.ACCOUNTS,
    kind="stream_case",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.STREAM_CASE, since="closed_at"),
):
    """The user of an active account was deleted or deactivated at Stream, but not by us (STR-6)."""

    case_id: Annotated[StreamCaseId, NOT_PERSONAL]
    account_id: Annotated[AccountId, NOT_PERSONAL]
    user_id: Annotated[UserId, NOT_PERSONAL]
    loss: Annotated[StreamLoss, NOT_PERSONAL]
    opened_at: Annotated[Instant, NOT_PERSONAL]
    closed_at: Annotated[Instant | None, NOT_PERSONAL] = None
    outcome: Annotated[CaseOutcome | None, NOT_PERSONAL] = None
    version: Annotated[int, NotPersonal(withheld="counts the changes of the record")] = 1

    @property
    def is_open(self) -> bool:
        """Whether an operator has to settle it."""
        return self.closed_at is None
