"""What an event of Stream asks for, and the queue to its worker.

Only a type and one id are read from an event, and a message of the queue has nothing else of it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.consents.notices import versions
from chalicelib.core import aws, clock, queues
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import UserId
from chalicelib.core.queues import Flaw, MalformedMessage
from chalicelib.core.settings import settings
from chalicelib.privacy.purposes import Practice
from chalicelib.stream import answers
from chalicelib.stream.model import CHANNEL_TYPES, MESSAGE_NEW, HookType, message_id_of
from chalicelib.stream.webhook import messages
from chalicelib.stream.webhook.messages import NewMessage


@dataclass(frozen=True)
class Hook:
    """An event that needs work: its type, and the id of its user or message."""

    type: HookType
    subject: str


@dataclass(frozen=True)
class StreamEvent:
    """A genuine event.

    Attributes:
        at: when it happened; None if that cannot be read.
        digest: the hash of its body, which recognises a repeated event.
        hook: None if the event needs no work.
        message: of an event that may be pushed to phones.
    """

    at: datetime | None
    digest: str
    hook: Hook | None
    message: NewMessage | None = None


def read(content: bytes) -> StreamEvent | None:
    """Read a body; None if it is not an event."""
    try:
        event = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        return None
    digest, at = hashlib.sha256(content).hexdigest(), _instant(event.get("created_at"))
    if event["type"] == MESSAGE_NEW:
        return StreamEvent(at, digest, hook=None, message=messages.read_event(event, at))
    return StreamEvent(at, digest, _hook(event))


def _hook(event: Mapping[str, Any]) -> Hook | None:
    try:
        kind = HookType(event["type"])
    except ValueError:
        return None
    subject = _SUBJECTS[kind](event)
    return Hook(kind, subject) if subject else None


def _instant(value: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return instant if instant and instant.tzinfo else None


def _user(event: Mapping[str, Any]) -> UserId | None:
    """The user that an event is about, if the id is one that this system makes."""
    user = event.get("user")
    found = user.get("id") if isinstance(user, dict) else None
    return UserId.parse(found) if isinstance(found, str) else None


def _user_with_other_fields(event: Mapping[str, Any]) -> UserId | None:
    """The same, if the event has a field that is neither ours nor Stream's: our own writes cause most.

    While users can hide their status, so is one that does not say that the user is shown as offline: a client
    may have shown them. A client that hides a visible user discloses nothing, so the pass repairs that.
    """
    user_id = _user(event)
    if user_id is None:
        return None
    user = event["user"]
    may_show = versions.describes(Practice.HIDING_STATUS) and not answers.shows_hidden(user)
    return user_id if may_show or answers.has_other_fields(user) or answers.push_tokens(user) else None


def _hidden_message(event: Mapping[str, Any]) -> str | None:
    """The message that an event says to be deleted softly, in a channel of a type of ours."""
    message = event.get("message")
    if not isinstance(message, dict) or event.get("hard_delete") is True:
        return None
    channel_type = str(event.get("cid") or message.get("cid")).partition(":")[0]
    return message_id_of(message.get("id")) if channel_type in CHANNEL_TYPES else None


_SUBJECTS: Mapping[HookType, Callable[[Mapping[str, Any]], str | None]] = {
    HookType.USER_UPDATED: _user_with_other_fields,
    HookType.USER_DELETED: _user,
    HookType.USER_DEACTIVATED: _user,
    HookType.MESSAGE_DELETED: _hidden_message,
}


_LONGEST_DELAY = 15 * MINUTE  # SQS's own


def send_hook(hook: Hook, not_before: datetime | None = None) -> None:
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


def read_message(body: str) -> tuple[Hook, datetime | None]:
    """The event in a message and its `not_before`.

    Raises:
        MalformedMessage: the body has none.
    """
    kind, subject, until = queues.read_body(body, "type", "id", "not_before")
    if kind not in set(HookType) or not _is_subject(HookType(kind), subject):
        raise MalformedMessage(Flaw.OTHER_VALUES)
    if until and not (until.isdecimal() and int(until) < 2**33):
        raise MalformedMessage(Flaw.OTHER_VALUES)
    return Hook(HookType(kind), subject), clock.from_epoch(int(until)) if until else None


def _is_subject(kind: HookType, subject: str) -> bool:
    parse_id = message_id_of if kind is HookType.MESSAGE_DELETED else UserId.parse
    return parse_id(subject) is not None
