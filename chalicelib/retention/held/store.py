"""All DynamoDB access of held records: the table Held, and the items that are moved to it.

    K#<held id>, <kind>#<record id>     one record, or the records of a bundle, sealed under the class's key

Invariants of a move:

- It is one transaction: the record is in exactly one of the two places, whenever a worker is killed.
- An item that was changed since it was read is not moved; the next run reads it again.
- The held record names neither account nor user in clear. Only the request and the tombstone refer to its
  `held_id`.
- A record that was altered cannot be kept: it is deleted and counted. One that only this container cannot
  open is not touched. One that was due for deletion already is deleted.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.core import clock, table
from chalicelib.core.batches import batched
from chalicelib.core.ids import AccountId, HeldId, HeldRecordId
from chalicelib.core.sealing import KeyNotFound, SealBroken
from chalicelib.core.table import (
    WRITES_PER_CALL,
    Attr,
    Conflict,
    Create,
    Expired,
    Item,
    Key,
    Query,
    Remove,
    Table,
    Write,
    partition_of,
)
from chalicelib.privacy import bundles, codec
from chalicelib.privacy.personal import KeyClass, Record
from chalicelib.privacy.subject_keys import SubjectKeys
from chalicelib.retention.held.model import HeldRecord, KeepReasons

# The attributes that a glance needs: documents may have hundreds of kilobytes.
_CLEAR = tuple(HeldRecord.model_fields.keys() - set(HeldRecord.declaration.sealed_fields()))
# Moves per transaction. DynamoDB allows 4 MB in one; a bundle of usage may have 100 KB, its copy some more.
_MOVES = 8


class ItemMoved(Conflict):
    """The item was changed, moved or deleted since it was read."""


@dataclass(frozen=True)
class KeepRun:
    """The outcome of a run.

    Attributes:
        moved: how many items were moved, by table and kind.
        unreadable: how many could not be opened and were deleted.
        complete: whether nothing that has to be kept is left in the subject's partitions.
    """

    moved: Mapping[tuple[Table, str], int]
    unreadable: int
    complete: bool


def keep(
    account_id: AccountId,
    held_id: HeldId,
    reasons: Mapping[str, KeepReasons],
    keys: SubjectKeys,
    deadline: datetime,
    known: Collection[str] = (),
) -> KeepRun:
    """Move a subject's records that have to be kept, until the deadline of the run.

    It is idempotent. Each run moves at least one batch, so the work ends.

    Args:
        account_id: the subject's account, which no other writer uses any more.
        held_id: the id under which they are kept.
        reasons: why each kind is kept.
        keys: the subject's keys, which open the records.
        deadline: when this run stops, after the transaction that is in progress.
        known: the digests of what is held already (`digests`). What came back of it by a restore is deleted.

    Raises:
        KeyNotFound, Unfit: a record that only this container cannot open; what was moved stays moved.
        Unavailable: a table does not answer; what was moved stays moved.
    """
    moved, unreadable, left = Counter[tuple[Table, str]](), 0, False
    for place in dict.fromkeys(one.kind.declaration.table for one in reasons.values()):
        for batch in batched(_kept_items(account_id, place, reasons), _MOVES):
            moves, again, gone = list[_Move](), list[Key](), list[Key]()
            for item in batch:
                kind, key = str(item["kind"]), Key(place, item["pk"], item["sk"])
                if _digest(kind, item["sk"]) in known:
                    again.append(key)
                elif held := _held(item, held_id, reasons[kind], keys):
                    moves.append(_Move(kind, _writes(held, key, _unchanged(reasons[kind].kind, item))))
                else:
                    gone.append(key)
            table.delete_all([*gone, *again])
            unreadable += len(gone)
            done = _commit(moves)
            moved.update((place, kind) for kind in done)
            left = left or len(done) < len(moves)
            if clock.now() >= deadline:
                return KeepRun(moved, unreadable, complete=False)
    return KeepRun(moved, unreadable, complete=not left)


def _digest(kind: str, source: str) -> str:
    """The digest that recognises a record which is held already, perhaps in a later version."""
    return hashlib.sha256(f"{kind} {source}".encode()).hexdigest()


def digests(held_id: HeldId) -> frozenset[str]:
    """The digests of all that is held under an id.

    Raises:
        SealingError: a held record was altered.
    """
    stored = (codec.opened(HeldRecord, item) for item in table.query(Query(Table.HELD, _pk(held_id))))
    return frozenset(_digest(held.of, held.source) for held in stored)


def _kept_items(account_id: AccountId, place: Table, reasons: Mapping[str, KeepReasons]) -> Iterator[Item]:
    """The items of kept kinds in a partition. Those that are past both times are deleted on the way."""
    now = clock.to_epoch(clock.now())
    past: list[Key] = []
    for item in table.query(Query(place, partition_of(account_id), expired=Expired.INCLUDED)):
        kind = item.get("kind")
        if not isinstance(kind, str) or kind not in reasons:
            continue
        if item.get("delete_at", now + 1) > now:
            yield item
        else:
            past.append(Key(place, item["pk"], item["sk"]))
            if len(past) == WRITES_PER_CALL:
                table.delete_all(past)
                past.clear()
    table.delete_all(past)


def _held(item: Item, held_id: HeldId, why: KeepReasons, keys: SubjectKeys) -> HeldRecord | None:
    """What is held of an item; None if it was altered, or if its subject's key does not exist any more.

    Raises:
        KeyNotFound, Unfit: this container is older or newer than the record, so it has to be tried again.
    """
    try:
        records = [codec.opened(why.kind, row, keys) for row in bundles.unpacked(why.kind, item)]
    except SealBroken:
        return None
    except KeyNotFound:
        if why.kind.declaration.key_class is KeyClass.SUBJECT and keys.current == 0:
            return None
        raise
    ends = why.ends(records)
    return HeldRecord(
        held_id=held_id,
        record_id=HeldRecordId.new(),
        of=why.kind.declaration.kind,
        ground=why.ground,
        holds=why.hold_ids,
        statutory_until=ends.statutory,
        until=ends.latest,
        source=item["sk"],
        document=json.dumps([record.model_dump(mode="json", exclude_none=True) for record in records]),
    )


@dataclass(frozen=True)
class _Move:
    """The two writes that move an item of a kind."""

    kind: str
    writes: tuple[Write, Write]


def _writes(held: HeldRecord, key: Key, unchanged: ConditionBase) -> tuple[Write, Write]:
    to = Key(Table.HELD, _pk(held.held_id), f"{held.of}#{held.record_id}")
    return (
        Create(to, codec.to_item(held, to), conflict=ItemMoved),
        Remove(key, only_if=unchanged, conflict=ItemMoved),
    )


def _unchanged(kind: type[Record], item: Item) -> ConditionBase:
    """The condition that an item has the content that was read; a pin may have moved its end."""
    names = (*kind.model_fields, "sealed", bundles.ROWS)
    return reduce(
        and_, (Attr(name).eq(item[name]) if name in item else Attr(name).not_exists() for name in names)
    )


def _commit(moves: list[_Move]) -> list[str]:
    """Do the moves together; if one conflicts, each by itself. Return the kinds of those that were done."""
    if not moves:
        return []
    try:
        table.transact([write for move in moves for write in move.writes])
    except ItemMoved:
        return [move.kind for move in moves if _is_done(move)]
    return [move.kind for move in moves]


def _is_done(move: _Move) -> bool:
    try:
        table.transact(move.writes)
    except ItemMoved:
        return False
    return True


def held_records(held_id: HeldId) -> Iterator[HeldRecord]:
    """What is stored under an id, also past its end: the clear fields of each record."""
    for item in table.query(Query(Table.HELD, _pk(held_id), expired=Expired.INCLUDED, attributes=_CLEAR)):
        yield codec.glance(HeldRecord, item)


def delete(records: list[HeldRecord]) -> None:
    """Delete held records; it may be repeated.

    Raises:
        Unavailable: not all of them are deleted.
    """
    table.delete_all([Key(Table.HELD, _pk(one.held_id), f"{one.of}#{one.record_id}") for one in records])


def _pk(held_id: HeldId) -> str:
    return f"K#{held_id}"
