"""Histories of jobs: a chain for each day (UTC), which the next checkpoint signs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.core import observe
from chalicelib.core.chain.entries import Chain, ChainEntry, NewEntry, Unreadable
from chalicelib.core.chain.log import append, head


@dataclass(frozen=True)
class DailyHistory:
    """The chains of one job.

    Attributes:
        kind: the kind of the chains, and the first word of the log line about an entry that was not recorded.
    """

    kind: str

    def chain_of(self, day: datetime) -> Chain:
        """The chain of a day."""
        return Chain(self.kind, f"{day.astimezone(UTC):%Y-%m-%d}")

    def newest(self, day: datetime) -> ChainEntry | None:
        """The newest entry of a day; None if there is none, or if it was altered."""
        try:
            return head(self.chain_of(day))
        except Unreadable:
            return None

    def record(self, day: datetime, event: str, said: Mapping[str, object], delete_at: datetime) -> None:
        """Append an entry to the chain of a day.

        After an altered entry nothing is appended: the checkpoint reports it, and the job goes on.

        Raises:
            Unavailable: the Ledger does not answer.
        """
        try:
            append(self.chain_of(day), NewEntry(event, said, delete_at))
        except Unreadable as altered:
            observe.log_failure(f"{self.kind}_not_recorded", altered)
