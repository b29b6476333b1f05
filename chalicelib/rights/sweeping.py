"""The sweep: sends due requests to the worker, and counts open and late ones (RGT-10).

It treats lost messages, crashed workers and long waits alike: in each case the request is in the index `due`.
"""

from dataclasses import dataclass
from itertools import islice

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.rights import queue, store

# The most requests of a shard that one run sends; the next run, minutes later, sends the rest.
_MOST_OF_A_SHARD = 500


@dataclass
class Swept:
    """Counts of one run of the sweep."""

    due: int = 0
    sent: int = 0
    open: int = 0
    overdue: int = 0
    days_to_deadline: int | None = None  # of the most urgent open request; negative once it is late


def sweep() -> Swept:
    """Send due requests to the worker, and count open ones.

    Raises:
        Unavailable: the table or the queue does not answer; the next run repeats everything.
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
