"""Requests that make no progress, and why. Pure, and a function of the stored request only.

Each write of a request stores the result in the sparse index of stuck requests. So it does not depend on the
current time: an erasure counts as unproven from the write in which the duty records that.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.rights.model import RightsRequest, StepStatus
from chalicelib.rights.notes import ErasureNotes


class Standstill(StrEnum):
    """Why a request makes no progress; the most urgent first."""

    STOPPED = "stopped"  # nothing happens before an operator acts
    UNPROVEN = "unproven"  # an erasure that has no certificate a day after its point of no return
    UNREACHABLE = "unreachable"  # a service that the next step needs does not respond

    @property
    def rank(self) -> int:
        """Its place in lists, from 0."""
        return tuple(Standstill).index(self)


@dataclass(frozen=True)
class StuckSince:
    """Why a request makes no progress, and since when."""

    why: Standstill
    at: datetime


def of(request: RightsRequest) -> StuckSince | None:
    """Why a request makes no progress; None if it does. Steps after its answer count too."""
    step, notes = request.next_step, request.notes
    if step is None:
        return None
    if step.status is StepStatus.STOPPED:
        return StuckSince(Standstill.STOPPED, step.at or request.received_at)
    if (
        request.is_open
        and isinstance(notes, ErasureNotes)
        and notes.captured_at
        and notes.reported_unproven_at
    ):
        return StuckSince(Standstill.UNPROVEN, notes.captured_at)
    if request.unreachable_since:
        return StuckSince(Standstill.UNREACHABLE, request.unreachable_since)
    return None
