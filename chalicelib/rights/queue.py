"""The queues of requests that have work due. A message is a hint: the request says what there is to do.

A message holds the request's id, and how many messages in a row workers have sent about it. A message that
is lost, late or doubled does no harm: the sweep sends another, and each worker reads the request first.

Workers send messages to their own queues. `MOST_HOPS` bounds such a chain of messages: Lambda must not stop
it (`RecursiveLoop: Allow`), since a request has more steps and polls than Lambda's own limit of about 16.
A chain that a bug keeps going ends there, and starts anew with the next sweep, five minutes later.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from chalicelib.core import aws, clock, metrics, observe
from chalicelib.core.aws import AwsBug
from chalicelib.core.clock import MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings

LONGEST_DELAY = 15 * MINUTE  # SQS's own
MOST_HOPS = 50  # several times what the longest plan needs between two sweeps
_NO_LOOP = MINUTE  # a chain that waits so long is no hot one, and counts anew
_MOST_AT_ONCE = 10  # SQS's own


class Destination(Enum):
    """Which worker gets a message."""

    WORK = auto()
    TRANSFERS = auto()  # sends copies to other controllers

    @property
    def url(self) -> str:
        """The queue's address; only functions that send to it have it."""
        return settings().rights_queue() if self is Destination.WORK else settings().transfers_queue()


@dataclass(frozen=True)
class Hint:
    """A message: which request to look at, and its place in a chain of messages."""

    request_id: RightsRequestId
    hops: int = 0


def send(
    request_id: RightsRequestId, at: datetime, to: Destination = Destination.WORK, hops: int = 0
) -> None:
    """Have a worker look at a request at an instant. The sweep does what is too far ahead, or gets lost."""
    delay = max(at - clock.now(), timedelta())
    if delay > LONGEST_DELAY:
        return
    if hops > MOST_HOPS:
        metrics.count(Metric.RIGHTS_RELAY_ENDED)
        return
    chained = hops if delay < _NO_LOOP else 0
    try:
        aws.ask(
            "sqs",
            "send_message",
            QueueUrl=to.url,
            MessageBody=_body(Hint(request_id, chained)),
            DelaySeconds=int(delay.total_seconds()),
        )
    except (Unavailable, AwsBug) as lost:  # what the message is about was done: the sweep sends another
        observe.log_failure("message_not_sent", lost)


def send_all(request_ids: Iterable[RightsRequestId]) -> int:
    """Have requests looked at now; returns how many SQS took. The next sweep sends the others again."""
    wanted, taken = list(request_ids), 0
    for start in range(0, len(wanted), _MOST_AT_ONCE):
        entries = [
            {"Id": str(number), "MessageBody": _body(Hint(one))}
            for number, one in enumerate(wanted[start : start + _MOST_AT_ONCE])
        ]
        answer = aws.ask("sqs", "send_message_batch", QueueUrl=Destination.WORK.url, Entries=entries)
        taken += len(answer.get("Successful", ()))
    return taken


def read(body: str) -> Hint | None:
    """What a message says; None if it is none of ours."""
    try:
        message = json.loads(body)
        named, hops = message["request_id"], message.get("hops", 0)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    request_id = RightsRequestId.parse(named) if isinstance(named, str) else None
    if request_id is None or not isinstance(hops, int):
        return None
    return Hint(request_id, hops)


def _body(hint: Hint) -> str:
    return json.dumps({"request_id": hint.request_id, "hops": hint.hops}, separators=(",", ":"))
