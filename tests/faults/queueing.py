"""Simulates the queues of rights and of shards, and the schedule of the sweep, in the time of the world.

The emulator's queues delay by real time, so they are not used. The messages are those that the watch saw
SQS accept. Each is due when its delay has passed, is delivered again after a failure, and is moved to the
dead-letter queue after the last delivery.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core import aws, clock
from chalicelib.core.settings import settings
from chalicelib.core.table import Table
from infra.template import load
from tests.support.faults.crash import Call

_QUEUE = load("service/rights")["Resources"]["RightsQueue"]["Properties"]
VISIBILITY = timedelta(seconds=_QUEUE["VisibilityTimeout"])
_MAX_RECEIVES = _QUEUE["RedrivePolicy"]["maxReceiveCount"]
_SHARDS_QUEUE = load("service/shards")["Resources"]["AnnouncementsQueue"]["Properties"]
SHARDS_VISIBILITY = timedelta(seconds=_SHARDS_QUEUE["VisibilityTimeout"])
_PUSHES_QUEUE = load("service/push")["Resources"]["PushesQueue"]["Properties"]
PUSHES_VISIBILITY = timedelta(seconds=_PUSHES_QUEUE["VisibilityTimeout"])
_SWEEPS = timedelta(minutes=5)


@dataclass(frozen=True)
class Message:
    """A message in the queue."""

    due_at: datetime
    queue: str
    body: str
    received: int = 0

    def event(self) -> dict[str, Any]:
        """Return the message as Lambda passes it."""
        return {"Records": [{"messageId": "a-message", "body": self.body}]}


@dataclass
class Queue:
    """The waiting messages."""

    waiting: list[Message] = field(default_factory=list)
    dead_letters: list[Message] = field(default_factory=list)  # in the dead-letter queue, which has an alarm
    _seen: int = 0

    def collect(self, calls: Sequence[Call]) -> None:
        """Add the messages that were sent since the last call."""
        for call in calls[self._seen :]:
            if call.name.startswith("sqs.SendMessage"):
                entries: Iterable[dict[str, Any]] = call.asked.get("Entries") or (call.asked,)
                for entry in entries:
                    delay = timedelta(seconds=entry.get("DelaySeconds", 0))
                    name = call.asked["QueueUrl"].rpartition("-")[2]
                    self.waiting.append(Message(clock.now() + delay, name, entry["MessageBody"]))
        self._seen = len(calls)

    def lose(self, calls: Sequence[Call]) -> None:
        """Lose the messages that were sent so far."""
        self.collect(calls)
        self.waiting.clear()

    def next_due(self) -> datetime | None:
        """Return the time when the next message is due."""
        return min((message.due_at for message in self.waiting), default=None)

    def take(self) -> Message:
        """Remove and return the message that is due first."""
        first = min(self.waiting, key=lambda message: message.due_at)
        self.waiting.remove(first)
        return first

    def return_message(self, message: Message, at: datetime) -> None:
        """Make a message that was not processed due again, or move it to the dead letters."""
        if message.received + 1 < _MAX_RECEIVES:
            self.waiting.append(replace(message, due_at=at, received=message.received + 1))
        else:
            self.dead_letters.append(message)

    def copy(self, message: Message, at: datetime) -> None:
        """Deliver a processed message once more."""
        if message.received == 0:
            self.waiting.append(replace(message, due_at=at, received=1))


def next_sweep(last: datetime) -> datetime | None:
    """Return the time of the next sweep that will find work; None if no request will be due."""
    client, name = aws.client("dynamodb"), settings().table(Table.RIGHTS)
    requests = (i for i in client.scan(TableName=name)["Items"] if i["kind"]["S"] == "rights_request")
    wakes = [request["due_at"]["S"] for request in requests if "due_at" in request]
    if not wakes:
        return None
    due = max(datetime.fromisoformat(min(wakes)), last + _SWEEPS)
    return last - (last - due) // _SWEEPS * _SWEEPS
