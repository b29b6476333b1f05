"""A copy that waited too long, or is gone, is made anew before it is handed out.

A plan stands still between making a copy and delivering it while operators look at the request. The days of a
copy count from when it was made, so the subject could not fetch one that waited. A module of its own, since
the worker that transfers copies imports nothing of what makes them.
"""

from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.rights import files, plans
from chalicelib.rights.plans.step import Again, Job
from chalicelib.rights.states import TRANSFER_BEGUN

# Of the five days that a copy is kept.
_STALE = DAY
_AGAIN, _MOST_AGAIN = "assembled_again", 3


class KeepsVanishing(Exception):
    """The copy was made anew as often as it may be; a person has to look why it does not stay."""


def is_stale(job: Job) -> bool:
    """Whether the copy waited so long that too little of its days would be left."""
    return clock.now() - datetime.fromisoformat(str(job.notes[files.MADE_AT])) > _STALE


def make_again(job: Job) -> Again:
    """Have the copy made anew, Stream's part included.

    Raises:
        KeepsVanishing: it was made anew several times already.
    """
    times = int(job.notes.get(_AGAIN, 0)) + 1
    if times > _MOST_AGAIN:
        raise KeepsVanishing
    begun = {name: note for name, note in job.notes.items() if name == TRANSFER_BEGUN}
    return Again(plans.ASK_STREAM, {**begun, _AGAIN: times})
