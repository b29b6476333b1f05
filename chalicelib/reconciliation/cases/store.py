"""All DynamoDB access of cases.

A#<account>, stream_case    in Accounts; while it is open, in the index `due` under its shard and its place
"""

import heapq
from collections.abc import Iterable, Iterator
from operator import itemgetter

from chalicelib.core import clock, shards, table
from chalicelib.core.batches import batched
from chalicelib.core.ids import AccountId
from chalicelib.core.table import (
    Attr,
    Change,
    Conflict,
    Create,
    Index,
    Item,
    Key,
    KeysAfter,
    Query,
    Table,
    account_of,
    partition_of,
    visible,
)
from chalicelib.core.transactions import Write
from chalicelib.privacy import codec
from chalicelib.reconciliation.cases.model import StreamCase

SHARDS = shards.names(4)  # a mass deletion at Stream opens many cases in a minute
_AT_ONCE = 100  # of a batched read


class CaseMoved(Conflict):
    """Another writer opened, changed or closed the case since it was read."""


def read(account_id: AccountId) -> StreamCase | None:
    """The case of an account, open or closed; None if there is none."""
    return codec.read(StreamCase, _key(account_id))


def read_open(account_ids: Iterable[AccountId]) -> list[StreamCase]:
    """The open cases of accounts. One that cannot be read is omitted and counted."""
    batches = (table.batch_get(map(_key, some)) for some in batched(account_ids, _AT_ONCE))
    found = (case for items in batches for case in codec.open_readable(StreamCase, items.values()))
    return [case for case in found if case.is_open]


def open_cases(after: str = "", maximum: int | None = None) -> Iterator[tuple[str, AccountId]]:
    """Yield the places of open cases after a place, each with its account, the oldest case first.

    The index is eventually consistent. `maximum`: at least so many, if there are.
    """
    later = KeysAfter(after) if after else None
    queries = (
        Query(Table.ACCOUNTS, _partition(shard), later, index=Index.DUE, limit=maximum) for shard in SHARDS
    )
    for row in heapq.merge(*map(table.query, queries), key=itemgetter(Index.DUE.sk)):
        yield row[Index.DUE.sk], account_of(row["pk"])


def opening(case: StreamCase) -> Write:
    """The write that opens a case, over one that was closed; its conflict is CaseMoved."""
    closed = Attr("closed_at").exists()
    return Create(_key(case.account_id), _item(case), conflict=CaseMoved, or_over=closed)


def moving(after: StreamCase) -> Write:
    """The write of the next version of a case; its conflict is CaseMoved."""
    same = Attr("version").eq(after.version - 1) & Attr("case_id").eq(after.case_id)
    unlisted = () if after.is_open else (Index.DUE.pk, Index.DUE.sk)
    return Change(
        _key(after.account_id), put=_item(after), drop=unlisted, only_if=visible() & same, conflict=CaseMoved
    )


def _item(case: StreamCase) -> Item:
    item = codec.to_item(case, _key(case.account_id))
    return item | _listed(case) if case.is_open else item


def _listed(case: StreamCase) -> Item:
    shard = shards.shard_of(case.account_id, SHARDS)
    place = f"{clock.to_epoch(case.opened_at)}-{case.case_id}"  # unique, since many cases open in a second
    return {Index.DUE.pk: _partition(shard), Index.DUE.sk: place}


def _partition(shard: str) -> str:
    return f"stream_case#{shard}"


def _key(account_id: AccountId) -> Key:
    return Key(Table.ACCOUNTS, partition_of(account_id), StreamCase.declaration.kind)
