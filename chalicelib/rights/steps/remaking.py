"""Makes the copy again if it is too old or gone before it is delivered.

While operators review a request, its plan is suspended, possibly between making the copy and delivering it.
The retention period of a copy counts from when it was made, so the subject could not fetch one that waited.
This is a separate module because the worker that transfers copies must not import the code that makes them.
"""

from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.rights import files, plans
from chalicelib.rights.plans.step import Again, Job
from chalicelib.rights.states import TRANSFER_BEGUN

# A copy older than this is made again before delivery; a copy is kept for five days.
_STALE = DAY
_AGAIN, _MOST_AGAIN = "assembled_again", 3


class KeepsVanishing(Exception):
    """The copy keeps disappearing although it was made again; an operator has to find out why."""


def is_stale(job: Job) -> bool:
    """Whether the copy is so old that the subject would have too little time to fetch it."""
    return clock.now() - datetime.fromisoformat(str(job.notes[files.MADE_AT])) > _STALE


def make_again(job: Job) -> Again:
    """The outcome that restarts the copy from Stream's export.

    Raises:
        KeepsVanishing: the copy was made again `_MOST_AGAIN` times already.
    """
    times = int(job.notes.get(_AGAIN, 0)) + 1
    if times > _MOST_AGAIN:
        raise KeepsVanishing
    begun = {name: note for name, note in job.notes.items() if name == TRANSFER_BEGUN}
    return Again(plans.ASK_STREAM, {**begun, _AGAIN: times})
