"""All DynamoDB access of missed calls.

A#<account that was called>, missed_call#<minute>#<missed call id>    in Accounts
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from chalicelib.core import clock, keyring, table
from chalicelib.core.ids import AccountId, MissedCallId, UserId
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.table import (
    ALWAYS,
    Conflict,
    Create,
    Item,
    Key,
    Prefix,
    Query,
    Remove,
    Table,
    Write,
    partition_of,
)
from chalicelib.privacy import codec
from chalicelib.privacy.subject_keys import SubjectKeys
from chalicelib.push.calls.model import MissedCall

_CALL = "missed_call#"


class ReportedBefore(Conflict):
    """The same call was reported in this minute."""


class CallsMoved(Conflict):
    """A call that makes room for another one was deleted since it was read."""


def creation(called: AccountId, caller: UserId, at: datetime, keys: SubjectKeys) -> Write:
    """The write of a missed call; its conflict is ReportedBefore."""
    minute = clock.from_epoch(clock.to_epoch(at) // 60 * 60)
    text = clock.to_text(minute)
    call_id = MissedCallId.from_digest(keyring.pair_key().digest("missed_call", called, caller, text))
    place = Key(Table.ACCOUNTS, partition_of(called), f"{_CALL}{text}#{call_id}")
    call = MissedCall(missed_call_id=call_id, user_id=caller, missed_at=minute)
    return Create(place, codec.to_item(call, place, keys), conflict=ReportedBefore)


def items_of(called: AccountId) -> list[Item]:
    """The missed calls of an account as they are stored, oldest first."""
    return list(table.query(Query(Table.ACCOUNTS, partition_of(called), Prefix(_CALL))))


def is_stored(called: AccountId, sort_key: str) -> bool:
    """Return whether a missed call is there."""
    return table.get(Key(Table.ACCOUNTS, partition_of(called), sort_key)) is not None


def removal(item: Item) -> Write:
    """The write that deletes a missed call; its conflict is CallsMoved."""
    return Remove(Key(Table.ACCOUNTS, item["pk"], item["sk"]), only_if=ALWAYS, conflict=CallsMoved)


def open_readable(items: Iterable[Item], keys: SubjectKeys) -> Iterator[MissedCall]:
    """Open missed calls of the owner of keys; skip those that cannot be opened."""
    for item in items:
        with skip_unreadable("missed_call_unreadable"):
            yield codec.opened(MissedCall, item, keys)
