"""Messages of queues: sending them in batches, and working on those that Lambda delivers.

A message is a hint. What is due is in a table, so a lost message is sent again by the next run of a schedule,
and a late, duplicate or invalid one changes nothing.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalicelib.core import aws
from chalicelib.core.batches import batched
from chalicelib.core.errors import Unavailable

MAX_PER_BATCH = 10  # SQS's own

# What Lambda expects of a worker of a queue: the messages to deliver again.
Failed = dict[str, list[dict[str, str]]]


def send_all(url: str, bodies: Iterable[str]) -> int:
    """Send messages to a queue; return how many SQS accepted.

    Raises:
        Unavailable: SQS does not answer. Earlier batches may have been sent.
    """
    taken = 0
    for batch in batched(bodies, MAX_PER_BATCH):
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(batch)]
        answer = aws.ask("sqs", "send_message_batch", QueueUrl=url, Entries=entries)
        taken += len(answer.get("Successful", ()))
    return taken


def work_on(event: Mapping[str, Any], work: Callable[[str], object]) -> Failed:
    """Pass the body of each delivered message to a worker; return the messages to deliver again.

    Those are the messages during whose work a service did not answer. Any other error fails the run, and SQS
    delivers all its messages again.
    """
    failed: list[dict[str, str]] = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except Unavailable:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def body_of(**fields: str) -> str:
    """The body of a message with these fields."""
    return json.dumps(fields, separators=(",", ":"))


def read_body(body: str, *names: str) -> tuple[str, ...] | None:
    """The fields of a message in the order of their names; None if the body is invalid."""
    try:
        fields = json.loads(body)
    except ValueError:
        return None
    if not isinstance(fields, dict) or fields.keys() != {*names}:
        return None
    values = tuple(fields[name] for name in names)
    return values if all(isinstance(value, str) for value in values) else None
