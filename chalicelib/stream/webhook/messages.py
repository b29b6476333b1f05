"""New messages, as Stream reports them, and the queue to the worker that pushes them (ADR 110).

Only ids, a time, and which members are online are read from an event. No text of a message leaves this
function. The event can only leave recipients out, by that list. Our own rows decide who gets a push.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from chalicelib.core import aws
from chalicelib.core.ids import ConversationId, UserId
from chalicelib.core.settings import settings
from chalicelib.stream.model import CHANNEL_TYPES

# Messages of other types come from Stream itself or from commands, report errors, or are deleted.
_TYPES = frozenset({"regular", "reply"})
_MOST_LISTED = 100


class NewMessage(BaseModel, frozen=True, extra="forbid"):
    """A message that a user wrote, as the queue of pushes has it (push/queue).

    Attributes:
        conversation_id: the conversation in which it was written.
        sender: the user who wrote it.
        at: the time of the event, in milliseconds since 1970.
        online: members who Stream says are connected.
    """

    type: Literal["message"] = "message"
    conversation_id: ConversationId
    sender: UserId
    at: int
    online: tuple[UserId, ...] = ()


def read_event(event: Mapping[str, Any], at: datetime | None) -> NewMessage | None:
    """The message of an event; None if it is none that is pushed."""
    message, user = event.get("message"), event.get("user")
    if at is None or not isinstance(message, dict) or not isinstance(user, dict):
        return None
    if message.get("type") not in _TYPES or message.get("silent") is True or message.get("shadowed") is True:
        return None
    channel_type, _, channel_id = str(event.get("cid")).partition(":")
    conversation_id = ConversationId.parse(channel_id) if channel_type in CHANNEL_TYPES else None
    sender = UserId.parse(str(user.get("id")))
    if conversation_id is None or sender is None:
        return None
    online = tuple(_online(event.get("members")))
    at_milliseconds = int(at.timestamp() * 1000)
    return NewMessage(conversation_id=conversation_id, sender=sender, at=at_milliseconds, online=online)


def _online(members: object) -> Iterable[UserId]:
    for member in members[:_MOST_LISTED] if isinstance(members, list) else ():
        user = member.get("user") if isinstance(member, dict) else None
        if not isinstance(user, dict) or user.get("online") is not True:
            continue
        if user_id := UserId.parse(str(user.get("id"))):
            yield user_id


def send(message: NewMessage) -> None:
    """Send a message to the worker of pushes.

    Raises:
        Unavailable: SQS does not answer; the message may have been sent.
    """
    body = message.model_dump_json()
    aws.ask("sqs", "send_message", QueueUrl=settings().queue("pushes"), MessageBody=body)
