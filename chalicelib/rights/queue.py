"""The queue of requests that have something to be done. A message is a hint: what counts is the request.

It holds the request's id and nothing else. A message that is lost, late or doubled does no harm: the
sweep sends another, and whoever gets one looks at the request first.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from chalicelib.core import aws, clock
from chalicelib.core.clock import MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.settings import settings

LONGEST_DELAY = 15 * MINUTE  # SQS's own
_MOST_AT_ONCE = 10  # likewise


def send(request_id: RightsRequestId, at: datetime) -> None:
    """Have a request looked at at an instant; what lies too far ahead, or gets lost, is the sweep's."""
    delay = max(at - clock.now(), timedelta())
    if delay > LONGEST_DELAY:
        return
    with suppress(Unavailable):
        aws.ask(
            "sqs",
            "send_message",
            QueueUrl=settings().rights_queue(),
            MessageBody=_body(request_id),
            DelaySeconds=int(delay.total_seconds()),
        )


def send_all(request_ids: Iterable[RightsRequestId]) -> int:
    """Have requests looked at now; returns how many SQS took. The next sweep sends the others again."""
    wanted, taken = list(request_ids), 0
    for start in range(0, len(wanted), _MOST_AT_ONCE):
        entries = [
            {"Id": str(number), "MessageBody": _body(one)}
            for number, one in enumerate(wanted[start : start + _MOST_AT_ONCE])
        ]
        answer = aws.ask("sqs", "send_message_batch", QueueUrl=settings().rights_queue(), Entries=entries)
        taken += len(answer.get("Successful", ()))
    return taken


def read(body: str) -> RightsRequestId | None:
    """The request that a message is about; None if it is none of ours."""
    try:
        named = json.loads(body)["request_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return RightsRequestId.parse(named) if isinstance(named, str) else None


def _body(request_id: RightsRequestId) -> str:
    return json.dumps({"request_id": request_id}, separators=(",", ":"))
