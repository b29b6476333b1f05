"""The queue of events: a message has the type and one id, and nothing else of it."""

from datetime import datetime, timedelta

from chalicelib.core import aws, clock, queues
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import UserId
from chalicelib.core.settings import settings
from chalicelib.stream.model import message_id_of
from chalicelib.stream.webhook.events import Hook
from chalicelib.stream.webhook.webhook import HookType

_LONGEST_DELAY = 15 * MINUTE  # SQS's own


def send(hook: Hook, not_before: datetime | None = None) -> None:
    """Send an event to the worker.

    Args:
        hook: the event.
        not_before: the worker passes the message on until then.

    Raises:
        Unavailable: SQS does not answer; the message may have been sent.
    """
    wait = not_before - clock.now() if not_before else timedelta()
    until = str(clock.to_epoch(not_before)) if not_before else ""
    aws.ask(
        "sqs",
        "send_message",
        QueueUrl=settings().queue("hooks"),
        MessageBody=queues.body_of(type=hook.type, id=hook.subject, not_before=until),
        DelaySeconds=int(max(timedelta(), min(wait, _LONGEST_DELAY)).total_seconds()),
    )


def parse(body: str) -> tuple[Hook, datetime | None] | None:
    """The event in a message and its `not_before`; None if the body is invalid."""
    fields = queues.read_body(body, "type", "id", "not_before")
    if fields is None:
        return None
    kind, subject, until = fields
    if kind not in set(HookType) or not _is_subject(HookType(kind), subject):
        return None
    if until and not (until.isdecimal() and int(until) < 2**33):
        return None
    return Hook(HookType(kind), subject), clock.from_epoch(int(until)) if until else None


def _is_subject(kind: HookType, subject: str) -> bool:
    parse_id = message_id_of if kind is HookType.MESSAGE_DELETED else UserId.parse
    return parse_id(subject) is not None
