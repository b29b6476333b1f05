"""The sweep: what is due is sent to the worker, and how near the deadlines are is told in figures (RGT-10).

It is what makes a lost message, a crashed worker and a long wait the same thing: a due row.
"""

from dataclasses import dataclass
from itertools import islice

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.rights import queue, store

# So many of a shard in one run; the next one, minutes later, takes up those that are left.
_MOST_OF_A_SHARD = 500


@dataclass
class Swept:
    """What a run found."""

    due: int = 0
    sent: int = 0
    open: int = 0
    overdue: int = 0
    days_to_deadline: int | None = None  # of the most urgent one; negative once it is late


def sweep() -> Swept:
    """Send what is due to the worker, and count what is open.

    Raises:
        Unavailable: the table or the queue does not answer; the next run does all of it.
    """
    swept, now = Swept(), clock.now()
    for shard in store.SHARDS:
        due = list(islice(store.due(shard, now), _MOST_OF_A_SHARD))
        swept.due += len(due)
        swept.sent += queue.send_all(due)
        for _, answer_by in store.open_requests(shard):
            days = (answer_by - now) // DAY
            swept.open += 1
            swept.overdue += answer_by < now
            known = swept.days_to_deadline
            swept.days_to_deadline = days if known is None else min(days, known)
    return swept
