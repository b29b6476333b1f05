"""Rounds: a part of the accounts is read several times, page by page, by workers that may be killed.

A part has one progress record, which a worker leases (`leases`). A later round covers accounts that an
earlier one could not see. A round that left accounts out is repeated, and does not count.

    fewer accounts processed than read   the run ended: the next one continues after them
    full page                             more accounts may follow
    last page, accounts were left out     the round is repeated after `until_repeated`
    last page                             the round counts; the next one begins after `until_next`
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.core import clock
from chalicelib.core.ids import AccountId
from chalicelib.privacy import leases

_ROUND_OVER: dict[str, object] = {"after": None, "left_out": False, "leased_until": None}


class RoundProgress(Protocol):
    """The fields of a progress record that the rounds of a part need."""

    @property
    def touched_at(self) -> datetime:
        """When the record was last written."""

    @property
    def leased_until(self) -> datetime | None:
        """When the lease ends; None without one."""

    @property
    def after(self) -> AccountId | None:
        """The last account that was processed; None before the first of a round."""

    @property
    def left_out(self) -> bool:
        """This round left accounts out."""

    @property
    def stuck_since(self) -> datetime | None:
        """When a round first left an account out, if no complete round followed."""

    @property
    def rounds(self) -> int:
        """The number of complete rounds."""

    @property
    def round_ended_at(self) -> datetime | None:
        """When the last complete round ended."""


@dataclass(frozen=True)
class Rounds:
    """The number of rounds, the pauses between them, and the length of a lease."""

    number: int
    until_next: timedelta
    until_repeated: timedelta
    lease: timedelta

    def are_complete(self, progress: RoundProgress) -> bool:
        """Return whether the part needs no further round."""
        return progress.rounds >= self.number

    def is_due(self, progress: RoundProgress, now: datetime) -> bool:
        """Return whether a worker can lease the part and has accounts to process."""
        if self.are_complete(progress) or leases.is_leased(progress.leased_until, now + self.lease):
            return False
        if progress.after is not None or progress.leased_until is not None:
            return True  # a run ended, or was killed, in the middle of a round
        stuck = progress.stuck_since is not None
        paused_at = progress.touched_at if stuck else progress.round_ended_at
        pause = self.until_repeated if stuck else self.until_next
        # One in the future was set by a clock that had jumped ahead.
        return paused_at is None or not paused_at <= now < paused_at + pause


def is_abandoned(progress: RoundProgress, now: datetime) -> bool:
    """Return whether the lease ended by itself: its worker was killed."""
    return progress.leased_until is not None and progress.leased_until <= now


def changes_after(
    progress: RoundProgress, page: Sequence[AccountId], processed: int, *, left_out: bool, maximum: int
) -> dict[str, object]:
    """Return how the progress changes after a page.

    Args:
        progress: as it was before the page.
        page: the accounts that were read, in the order of their ids.
        processed: the number of them that the run reached.
        left_out: one of these has to be processed again.
        maximum: the accounts of a full page.
    """
    now = clock.now()
    left_out = progress.left_out or left_out
    if processed < len(page):
        after = page[processed - 1] if processed else progress.after
        return {"after": after, "left_out": left_out, "leased_until": None}
    if len(page) == maximum:
        return {"after": page[-1], "left_out": left_out}
    if left_out:
        return {**_ROUND_OVER, "stuck_since": min(progress.stuck_since or now, now)}
    return {**_ROUND_OVER, "stuck_since": None, "rounds": progress.rounds + 1, "round_ended_at": now}
