"""The job that sends each change of a user, of their blocks and conversations to Stream."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from chalice.app import Blueprint, DynamoDBEvent

from chalicelib.accounts import service as accounts
from chalicelib.accounts.blocks import service as blocks
from chalicelib.accounts.profiles import service as profiles
from chalicelib.core import clock, metrics
from chalicelib.core.ids import AccountId, ConversationId, Id
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.people.conversations import channel_sync
from chalicelib.stream.users import resync, sync

AnyId = TypeVar("AnyId", bound=Id)

sync_jobs = Blueprint(__name__)

# The template sets the real stream; Chalice needs a placeholder for packaging.
_STREAM = os.environ.get("RU4M_ACCOUNTS_STREAM", "arn:aws:dynamodb:eu-central-1:0:table/a/stream/b")


@sync_jobs.on_dynamodb_record(stream_arn=_STREAM, batch_size=100)
@observed
def sync_chat_profiles(event: DynamoDBEvent) -> dict[str, list[dict[str, str]]]:
    """Update changed users, their blocks and conversations at Stream; return the records to deliver again.

    Accounts that fail go to the queue resync, so that they delay no other one. Conversations, which need the
    order of the stream, are delivered again, and so is an account that the queue did not accept. DynamoDB
    delivers again from the first failed record on, which is harmless: each run sends the current state.
    """
    changed, blocking = _Changes[AccountId](), _Changes[AccountId]()
    talking = _Changes[ConversationId]()
    for record in event.to_dict()["Records"]:
        change = record["dynamodb"]
        changed.add(profiles.owner_of_change(change), change)
        # Also after a change of the account: an account that was frozen may be active again.
        blocking.add(blocks.owner_of_change(change) or accounts.owner_of_change(change), change)
        talking.add(channel_sync.conversation_of_change(change), change)
    unsent, unblocked = sync.sync(list(changed.first)), sync.sync_blocks(blocking.first)
    queued = resync.queue(dict.fromkeys([*unsent, *unblocked]))
    failed = changed.records_of(one for one in unsent if one not in queued)
    failed += blocking.records_of(one for one in unblocked if one not in queued)
    failed += talking.records_of(channel_sync.sync_conversations(talking.first))
    if records := event.to_dict()["Records"]:
        metrics.gauge(Metric.CHAT_SYNC_LAG, _seconds_since_first(records))
    return {"batchItemFailures": [{"itemIdentifier": record} for record in dict.fromkeys(failed)]}


def _seconds_since_first(records: Sequence[Mapping[str, Any]]) -> int:
    """Return the age of a batch's oldest change, once Stream has it or did not take it; 0 without any."""
    now = clock.to_epoch(clock.now())
    made = (int(record["dynamodb"]["ApproximateCreationDateTime"]) for record in records)
    return max(0, now - min(made, default=now))


@dataclass
class _Changes(Generic[AnyId]):
    """The first record about each account or conversation."""

    first: dict[AnyId, str] = field(default_factory=dict)

    def add(self, of: AnyId | None, change: Mapping[str, Any]) -> None:
        if of:
            self.first.setdefault(of, change["SequenceNumber"])

    def records_of(self, failed: Iterable[AnyId]) -> list[str]:
        return [self.first[one] for one in failed]
