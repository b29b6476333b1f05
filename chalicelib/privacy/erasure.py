"""Deletes a subject's records and key, as the steps of an erasure need it (RGT-3).

A procedure calls these functions in the order of `plans.erasure_plan`, after it has frozen the account. Each
of them may be killed at any point and called again. Invariants:

- A deletion takes everything in the subject's partition of a table: also items that no declaration knows,
  that are pinned, or that have expired. It spares kinds that a law or a hold keeps, since they have to be
  moved first (ADR 31). `remaining` counts those too, so that none survives under a deleted key.
- Nothing outside of the subject's partition is read or written.
- What is deleted stays deleted, so the next run continues without a checkpoint.
- At most a page of keys is in memory, however many records there are.

Deletes are unconditional and in batches, because an item must go even if it has changed since it was read.
Two writers could conflict with that. A late write, by a request that began before the account was frozen, may
come after the deletion has passed its key: `remaining` finds it, and the next `delete_records` deletes it.

The caller gets counts page by page, after the page is deleted. A worker that is killed between the two loses
the counts of that page. The sums are therefore lower bounds, and a certificate has to say "at least". They
would be too high only if two workers deleted the same records at the same time, which the account's turn
prevents (privacy/leases).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from chalicelib.core import clock, table
from chalicelib.core.batches import batched
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId
from chalicelib.core.table import (
    WRITES_PER_CALL,
    Conflict,
    Delete,
    Expired,
    Item,
    Key,
    Query,
    Table,
    partition_of,
)
from chalicelib.privacy import register, subject_keys
from chalicelib.privacy.declaration import UNDECLARED, LookupPath, lookup_path
from chalicelib.privacy.plans import Action, TableStep

# The most items of a table that `remaining` counts, so that a steady writer cannot keep it busy.
MAX_REMAINING = 100
# Items per call of `record`: few enough to lose, many enough that recording costs little.
PAGE = 40 * WRITES_PER_CALL
# Pauses after a batch that DynamoDB refused. A partition takes 1,000 units a second, and deleting a full
# bundle of usage takes a hundred.
_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 4, 8))

RecordCounts = Callable[[Mapping[str, int]], object]


class NotDeletable(ValueError):
    """The step is not a deletion of a table that is found by the account."""


class KeyNotDeleted(Exception):
    """The item of the subject's key was not deleted, since it has an end. No code gives it one."""


@dataclass(frozen=True)
class DeletedItems:
    """The number of items that a run deleted, by kind, and whether none is left. A bundle is one item."""

    items: Mapping[str, int]
    complete: bool


def deletable_tables() -> tuple[Table, ...]:
    """The tables from which an erasure deletes partitions: those found by the account, without Keys."""
    return tuple(one for one in Table if lookup_path(one) is LookupPath.BY_ACCOUNT and one is not Table.KEYS)


def delete_records(
    account_id: AccountId,
    step: TableStep,
    deadline: datetime,
    record: RecordCounts,
    sparing: Collection[str] = (),
) -> DeletedItems:
    """Delete a subject's partition of one table, until a deadline of the run.

    Each run deletes at least one batch, so the work ends.

    Args:
        account_id: the subject's account.
        step: a deletion of the plan, which names the table.
        deadline: when this run stops, after the call that is in progress.
        record: adds counts of deleted items by kind to the caller's progress, after each page. If it raises
            an error, the run ends with that error.
        sparing: the kinds that are kept. What is left of them was written after they were moved.

    Raises:
        NotDeletable: the step is no deletion of such a table.
        Unavailable: DynamoDB does not answer, or refuses for several seconds. Deleted items stay deleted, and
            their counts are recorded.
    """
    if step.action is not Action.DELETE or step.table not in deletable_tables():
        raise NotDeletable(step.name)
    kinds = {r.declaration.kind for r in register.records() if r.declaration.table is step.table}
    total: Counter[str] = Counter()
    for page in batched(_stored(account_id, step.table, sparing), PAGE):
        deleted: Counter[str] = Counter()
        try:
            for batch in batched(page, WRITES_PER_CALL):
                _delete_batch([Key(step.table, item["pk"], item["sk"]) for item in batch], deadline)
                deleted.update(_kind_of(item) if _kind_of(item) in kinds else UNDECLARED for item in batch)
                if clock.now() >= deadline:
                    break
        except Unavailable:
            record(deleted)
            raise
        record(deleted)
        total += deleted
        if clock.now() >= deadline:
            return DeletedItems(total, complete=False)
    return DeletedItems(total, complete=True)


def remaining(account_id: AccountId) -> dict[Table, int]:
    """Count what is left of a subject, by table; empty if nothing is left.

    The reads are consistent. They count at most `MAX_REMAINING` items per table. The subject's key is not
    counted, since it is deleted after this check.
    """
    left = {}
    for place in deletable_tables():
        items = islice(_stored(account_id, place), MAX_REMAINING)
        if number := sum(1 for _ in items):
            left[place] = number
    return left


def delete_key(account_id: AccountId) -> None:
    """Delete a subject's wrapped data key, after which none of their sealed records can be opened.

    It is idempotent. Copies of the key stay in backups of Keys for seven days.

    Raises:
        KeyNotDeleted: the item is still there.
        Unavailable: DynamoDB does not answer; the outcome is unknown.
    """
    try:
        table.write(Delete(subject_keys.key(account_id)))
    except Conflict as refused:
        if refused.found is not None:
            raise KeyNotDeleted from None


def _stored(account_id: AccountId, place: Table, sparing: Collection[str] = ()) -> Iterator[Item]:
    """Keys, times and kinds of what is stored in a subject's partition, without spared kinds."""
    stored = Query(place, partition_of(account_id), expired=Expired.INCLUDED, attributes=("kind",))
    return (item for item in table.query(stored) if _kind_of(item) not in sparing)


def _kind_of(item: Item) -> str:
    """The kind of an item; empty if it has none, or one that is no text."""
    kind = item.get("kind")
    return kind if isinstance(kind, str) else ""


def _delete_batch(keys: list[Key], deadline: datetime) -> None:
    """Delete some items, and wait for a partition that is busy with earlier deletes."""
    for pause in _PAUSES:
        try:
            table.delete_all(keys)
        except Unavailable:
            if clock.now() + pause >= deadline:
                raise
            clock.pause(pause)
        else:
            return
    table.delete_all(keys)
