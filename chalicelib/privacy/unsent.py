"""Marks of rows whose state Stream may not have (ADR 69).

The write that changes what Stream should have sets the mark in the same item, so no change is lost:

    due, due_at    in the index `due`: a list, `unsent#<list>#<shard>`, and from when on the row is tried
    unsent         a token of the change, when it was made, and how often Stream did not take it

A worker removes the mark on condition of its token, once Stream has the state.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.core import clock, shards, table
from chalicelib.core.batches import in_turn
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import AccountId, ConversationId
from chalicelib.core.needs import Claims, Need
from chalicelib.core.table import (
    Attr,
    Between,
    Change,
    Conflict,
    Index,
    Item,
    Key,
    Query,
    Table,
    changed_key,
    owner_of,
    visible,
)

SHARDS = shards.names(8)
# The sort keys of rows that Stream gets.
SENT = frozenset({"account", "profile", "avatar", "blocks", "conversation"})
CONVERSATION = "C#"  # before the id, in the partition keys of conversations
_MARK = (Index.DUE.pk, Index.DUE.sk, "unsent")
_PAGE = 25  # rows of a shard in memory
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=15), 15 * MINUTE
_EARLIEST = clock.to_text(clock.from_epoch(0))

# What a marked row is about.
Subject: TypeAlias = AccountId | ConversationId


class MarkMoved(Conflict):
    """The row was changed or deleted since it was read, or another worker removed its mark."""


class UnsentList(StrEnum):
    """The lists of marked rows."""

    NEW = "new"
    AGAIN = "again"  # Stream did not take them


@dataclass(frozen=True)
class UnsentMark:
    """The mark of a row. `due_at`: from when on it is tried; `since`: when the row was changed."""

    place: Key
    token: str
    since: datetime
    due_at: datetime
    tries: int

    @property
    def is_due(self) -> bool:
        """Whether Stream was never tried, or the wait after the last attempt is over."""
        return self.tries == 0 or self.due_at <= clock.now()


def new_mark(place: Key, token: str | None = None) -> Item:
    """The attributes that mark a row as changed now. A token must not be used for two changes of a row."""
    now = clock.to_text(clock.now())
    return {
        **_listed(place, UnsentList.NEW, now),
        "unsent": {"token": token or secrets.token_hex(8), "since": now, "tries": 0},
    }


def mark_of(place: Callable[[Claims], Key]) -> Need[UnsentMark | None]:
    """The need of a row's mark, to be read together with the row; None without a mark."""
    return Need(place, lambda item, _: mark_in(item) if item else None)


def mark_in(item: Item) -> UnsentMark | None:
    """The mark of a stored item; None without one."""
    if not (found := item.get("unsent")):
        return None
    return UnsentMark(
        Key(Table.ACCOUNTS, item["pk"], item["sk"]),
        found["token"],
        datetime.fromisoformat(found["since"]),
        datetime.fromisoformat(item[Index.DUE.sk]),
        found["tries"],
    )


def removal(mark: UnsentMark, only_if: ConditionBase | None = None) -> Change:
    """The write that removes a mark, on condition of its token; its conflict is MarkMoved."""
    same = is_marked(mark.token)
    return Change(
        mark.place,
        drop=_MARK,
        only_if=visible() & (same & only_if if only_if else same),
        conflict=MarkMoved,
    )


def postponement(mark: UnsentMark) -> Change:
    """The write after which a row is tried again, later each time; its conflict is MarkMoved."""
    wait = min(_FIRST_WAIT * 2 ** min(mark.tries, 10), _LONGEST_WAIT)
    due_at, since = clock.to_text(clock.now() + wait), clock.to_text(mark.since)
    put = {
        **_listed(mark.place, UnsentList.AGAIN, due_at),
        "unsent": {"token": mark.token, "since": since, "tries": mark.tries + 1},
    }
    return Change(mark.place, put=put, only_if=visible() & is_marked(mark.token), conflict=MarkMoved)


def replacement(place: Key, only_if: ConditionBase | None = None) -> Change:
    """The write of a new mark, whether or not the row has one; its conflict is MarkMoved.

    Who sent a state that may be older than Stream's uses it. Another mark is not enough: who sent the newer
    state before may remove that one afterwards.
    """
    condition = visible() & only_if if only_if else visible()
    return Change(place, put=new_mark(place), only_if=condition, conflict=MarkMoved)


def is_marked(token: str) -> ConditionBase:
    """The condition that a row has a mark with a token."""
    return Attr("unsent.token").eq(token)


def due(which: UnsentList, by: datetime) -> Iterator[Subject]:
    """Yield what the rows of a list are about that are due, the oldest first, of each shard in turn.

    The index lags by a moment, and the subject of several rows comes several times.
    """
    until = Between(_EARLIEST, clock.to_text(by))
    rows = (
        table.query(Query(Table.ACCOUNTS, _partition(which, shard), until, index=Index.DUE, page=_PAGE))
        for shard in SHARDS
    )
    return filter(None, (_subject_of(row["pk"]) for row in in_turn(*rows)))


def subject_of_change(change: Mapping[str, Any]) -> Subject | None:
    """What the row is about that a record of the table's stream names; None if Stream gets nothing of it."""
    place = changed_key(change)
    return _subject_of(place.pk) if place.sk in SENT else None


def _subject_of(pk: str) -> Subject | None:
    if pk.startswith(CONVERSATION):
        return ConversationId.parse(pk.removeprefix(CONVERSATION))
    return owner_of(pk)


def _listed(place: Key, which: UnsentList, due_at: str) -> Item:
    shard = shards.shard_of(place.pk, SHARDS)
    return {Index.DUE.pk: _partition(which, shard), Index.DUE.sk: due_at}


def _partition(which: UnsentList, shard: str) -> str:
    return f"unsent#{which}#{shard}"
