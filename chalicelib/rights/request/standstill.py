"""Requests that make no progress, and why. Pure, and a function of the stored request only.

Each write of a request stores the result in the sparse index of stuck requests. So it does not depend on the
current time: an erasure counts as unproven from the write in which the duty records that.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.core import clock
from chalicelib.rights.request import recipients
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import ErasureNotes, Lifting, RestraintNotes
from chalicelib.rights.request.terms import StepStatus


class Standstill(StrEnum):
    """Why a request makes no progress; the most urgent first."""

    STOPPED = "stopped"  # nothing happens before an operator acts
    UNPROVEN = "unproven"  # an erasure that has no certificate a day after its point of no return
    UNREACHABLE = "unreachable"  # a service that the next step needs does not respond
    UNNOTIFIED = "unnotified"  # operators have to notify a recipient
    UNLIFTED = "unlifted"  # a second operator has to approve the end of a restriction

    @property
    def rank(self) -> int:
        """Its place in lists, from 0."""
        return tuple(Standstill).index(self)


@dataclass(frozen=True)
class StuckSince:
    """Why a request makes no progress, and since when.

    `unproven`: it is an erasure without a certificate a day after its point of no return, also if it stopped.
    """

    why: Standstill
    at: datetime
    unproven: bool = False

    @property
    def place(self) -> str:
        """Its place in the index of stuck requests, with a mark if it is unproven."""
        return place(self.why.rank, self.at) + (_UNPROVEN if self.unproven else "")


_UNPROVEN = "#unproven"


def place(rank: int, at: datetime) -> str:
    """The first place in the index of stuck requests for a reason and a time."""
    return f"{rank}#{clock.to_text(at)}"


def read_place(text: str) -> tuple[int, datetime]:
    """The rank of the reason, and since when."""
    rank, at = text.removesuffix(_UNPROVEN).split("#")
    return int(rank), datetime.fromisoformat(at)


@dataclass
class StuckCounts:
    """How many requests make no progress."""

    stopped: int = 0
    unproven: int = 0
    recipients_late: int = 0  # with a recipient that operators did not notify in time

    def add(self, text: str, now: datetime) -> None:
        """Count a request by its place in the index."""
        rank, since = read_place(text)
        self.stopped += rank == Standstill.STOPPED.rank
        self.recipients_late += rank == Standstill.UNNOTIFIED.rank and since < now - recipients.LATE_AFTER
        self.unproven += text.endswith(_UNPROVEN)


def of(request: RightsRequest) -> StuckSince | None:
    """Why a request makes no progress; None if it does. Steps after its answer count too."""
    step, unproven_since = request.next_step, _unproven_since(request)
    if step is None:
        return _for_operators(request)
    if step.status is StepStatus.STOPPED:
        stopped_at = step.at or request.received_at
        return StuckSince(Standstill.STOPPED, stopped_at, unproven_since is not None)
    if unproven_since:
        return StuckSince(Standstill.UNPROVEN, unproven_since, unproven=True)
    if request.unreachable_since:
        return StuckSince(Standstill.UNREACHABLE, request.unreachable_since)
    return _for_operators(request)


def _for_operators(request: RightsRequest) -> StuckSince | None:
    """What operators still have to do for a request whose steps go on, or are done."""
    if since := [notice.owed_since for notice in recipients.pending_tasks(request.notes.recipients)]:
        return StuckSince(Standstill.UNNOTIFIED, min(since))
    lifting = unapproved_lifting(request)
    return StuckSince(Standstill.UNLIFTED, lifting.at) if lifting else None


def unapproved_lifting(request: RightsRequest) -> Lifting | None:
    """The end of a restriction that one operator proposed and another has to approve."""
    notes = request.notes
    lifting = notes.lifting if isinstance(notes, RestraintNotes) and notes.is_in_force else None
    return lifting if lifting and lifting.approved_by is None else None


def _unproven_since(request: RightsRequest) -> datetime | None:
    """The point of no return of an erasure that the duty recorded as unproven."""
    notes = request.notes
    if request.is_open and isinstance(notes, ErasureNotes) and notes.reported_unproven_at:
        return notes.captured_at
    return None
