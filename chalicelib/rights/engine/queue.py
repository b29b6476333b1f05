"""The queues of requests that have work due, and the sweep that refills them.

A message is a hint: the request's id, and how many messages in a row workers have sent about it. A lost,
late or duplicate message does no harm: the sweep sends another, and each worker reads the request first.

Workers send messages to their own queues. `MAX_HOPS` bounds such a chain of messages: Lambda must not stop
it (`RecursiveLoop: Allow`), since a request has more steps and polls than Lambda's own limit of about 16.
An endless chain, caused by a bug, ends there, and starts again with the next sweep, five minutes later.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from chalicelib.core import aws, clock, metrics, observe, queues
from chalicelib.core.aws import AwsBug
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.metrics import OTHER, Dimension, Metric
from chalicelib.core.queues import Flaw, MalformedMessage
from chalicelib.core.settings import settings
from chalicelib.rights.request import store
from chalicelib.rights.request.standstill import StuckCounts
from chalicelib.rights.request.terms import Destination

LONGEST_DELAY = 15 * MINUTE  # SQS's own
MAX_HOPS = 50  # several times what the longest procedure needs between two sweeps
_NO_LOOP = MINUTE  # a message delayed at least this long is no tight loop, and restarts the count


@dataclass(frozen=True)
class Hint:
    """A message: the request to look at, and the length of the chain of messages so far."""

    request_id: RightsRequestId
    hops: int = 0


def send(
    request_id: RightsRequestId, at: datetime, to: Destination = Destination.WORK, hops: int = 0
) -> None:
    """Have a worker look at a request at an instant; the sweep handles instants too far ahead.

    Never raises for a failed send: the sweep replaces a lost message.
    """
    delay = max(at - clock.now(), timedelta())
    if delay > LONGEST_DELAY:
        return
    if hops > MAX_HOPS:
        metrics.count(Metric.RIGHTS_RELAY_ENDED)
        return
    chained = hops if delay < _NO_LOOP else 0
    try:
        aws.ask(
            "sqs",
            "send_message",
            QueueUrl=_url(to),
            MessageBody=_body(Hint(request_id, chained)),
            DelaySeconds=int(delay.total_seconds()),
        )
    except (Unavailable, AwsBug) as lost:  # the caller's write is done, and the sweep sends another
        observe.log_failure("message_not_sent", lost)


def send_all(request_ids: Iterable[RightsRequestId]) -> int:
    """Have workers look at requests now; returns how many messages SQS accepted.

    The next sweep sends the others again.
    """
    return queues.send_all(_url(Destination.WORK), (_body(Hint(one)) for one in request_ids))


def parse(body: str) -> Hint:
    """The hint in a message body.

    Raises:
        MalformedMessage: the body has none.
    """
    named, hops = queues.read_body(body, "request_id", "hops")
    request_id = RightsRequestId.parse(named)
    if request_id is None or not hops.isdecimal():
        raise MalformedMessage(Flaw.OTHER_VALUES)
    return Hint(request_id, int(hops))


def _body(hint: Hint) -> str:
    return queues.body_of(request_id=hint.request_id, hops=hint.hops)


# The most requests of a shard that one run sends; the next run, minutes later, sends the rest.
_MAX_PER_SHARD = 500


# The most open requests whose right, age and wait one run reads: 20 calls.
_MAX_READ, _READ_AT_ONCE = 2000, 100
# The ages of open requests, by the names of the metric; older ones are past a month, so extended or late.
_AGES = {"day": DAY, "week": 7 * DAY, "two_weeks": 14 * DAY, "month": 30 * DAY}


@dataclass
class Swept:
    """Counts of one run of the sweep."""

    due: int = 0
    sent: int = 0
    open: int = 0
    overdue: int = 0
    stuck: StuckCounts = field(default_factory=StuckCounts)
    days_to_deadline: int | None = None  # of the most urgent open request; negative once it is late
    by_right: Counter[str] = field(default_factory=Counter)
    by_age: Counter[str] = field(default_factory=Counter)
    by_wait: Counter[str] = field(default_factory=Counter)


def sweep() -> Swept:
    """Send due requests to the worker, and count open ones.

    Raises:
        Unavailable: the table or the queue does not answer; the next run repeats everything.
    """
    swept, now = Swept(), clock.now()
    most_urgent: list[RightsRequestId] = []
    for shard in store.SHARDS:
        due = list(islice(store.due(shard, now), _MAX_PER_SHARD))
        swept.due += len(due)
        swept.sent += send_all(due)
        for request_id, answer_by in store.open_requests(shard):
            most_urgent.append(request_id)
            days = (answer_by - now) // DAY
            swept.open += 1
            swept.overdue += answer_by < now
            known = swept.days_to_deadline
            swept.days_to_deadline = days if known is None else min(days, known)
        for place in store.stuck_places(shard):
            swept.stuck.add(place, now)
    _count_kinds(swept, most_urgent, now)
    return swept


def _count_kinds(swept: Swept, request_ids: Sequence[RightsRequestId], now: datetime) -> None:
    """Count open requests by right, age and wait; those beyond the most that are read count as `other`."""
    for some in batched(request_ids[:_MAX_READ], _READ_AT_ONCE):
        for right, received_at, wait in store.kinds_of(some):
            swept.by_right[right] += 1
            swept.by_age[_age(now - received_at)] += 1
            swept.by_wait[Dimension.WAIT.listed(wait)] += bool(wait)
    beyond = max(0, len(request_ids) - _MAX_READ)
    swept.by_right[OTHER] += beyond
    swept.by_age[OTHER] += beyond
    swept.by_wait[OTHER] += beyond


def _age(age: timedelta) -> str:
    return next((name for name, most in _AGES.items() if age < most), OTHER)


def _url(to: Destination) -> str:
    """The address of a worker's queue; only functions that send to it have it."""
    match to:
        case Destination.WORK:
            return settings().queue("rights")
        case Destination.TRANSFERS:
            return settings().queue("transfers")
        case Destination.ERASURES:
            return settings().queue("erasures")
