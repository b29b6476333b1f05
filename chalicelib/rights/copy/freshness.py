"""Decides whether a copy is made again before it is delivered or transferred.

The worker that transfers copies imports this module, and no code that makes copies.
"""

from dataclasses import fields
from datetime import timedelta

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.rights.copy import right
from chalicelib.rights.engine.step import Again, CopyJob
from chalicelib.rights.request.notes import CopyNotes, MadeCopy, RequestNotes

# A copy older than this is made again before delivery: its retention period counts from when it was made, so
# the subject could not fetch a copy that waited for a review. A copy is kept for five days.
STALE: timedelta = DAY
_MAX_COPIES = 3


class CopyKeepsDisappearing(Exception):
    """The copy is missing again although it was made again; an operator has to find out why."""


def is_stale(copy: MadeCopy) -> bool:
    """Return whether a copy is so old that the subject would have too little time to fetch it."""
    return clock.now() - copy.made_at > STALE


def make_copy_again(job: CopyJob) -> Again:
    """Return the outcome that restarts the copy from Stream's export.

    Raises:
        CopyKeepsDisappearing: the copy was made again `_MAX_COPIES` times already.
    """
    times = job.notes.made_again + 1
    if times > _MAX_COPIES:
        raise CopyKeepsDisappearing
    of_request = {note.name: getattr(job.notes, note.name) for note in fields(RequestNotes)}
    kept = CopyNotes(**of_request, transfer_begun=job.notes.transfer_begun, made_again=times)
    return Again(right.ASK_STREAM, kept)
