"""All DynamoDB access of the last uses of accounts.

A#<account>, last_use    in Accounts; the index `due` has it in one of the lists of `UseList`

Only jobs and the sign-up write the attributes of the index. A use leaves them as they are, so a row may be
due before its account is idle. After a shorter period is configured, rows are late until `watch` moves them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.accounts.model import LastUse
from chalicelib.core import clock, shards, table
from chalicelib.core.ids import AccountId
from chalicelib.core.table import (
    ALWAYS,
    Attr,
    Between,
    Change,
    Conflict,
    Create,
    Delete,
    Index,
    Item,
    Key,
    Present,
    Query,
    Table,
    Write,
    account_of,
    partition_of,
    visible,
)
from chalicelib.privacy import codec

SHARDS = shards.names(16)
_EARLIEST = clock.to_text(clock.from_epoch(0))
_PAGE = 500  # rows of an index in memory
_OPTIONAL = tuple(name for name, field in LastUse.model_fields.items() if not field.is_required())


class UseList(StrEnum):
    """The lists of the index."""

    IDLE = "idle"  # to be warned, or used since
    CLOSE = "close"  # warned; the account is closed next
    CLOSING = "closing"  # an erasure is open


class LastUseMoved(Conflict):
    """The account was used, or another run changed the record, since it was read."""


class UsedAgain(Conflict):
    """The account was used since its owner was warned, or has no record of a warning."""


@dataclass(frozen=True)
class Placed:
    """In which list a record is, and when it is due there."""

    which: UseList
    due_at: datetime


def _key(account_id: AccountId) -> Key:
    return Key(Table.ACCOUNTS, partition_of(account_id), LastUse.declaration.kind)


LAST_USE = codec.need_of(LastUse, lambda claims: _key(claims.account_id))


def first_use(account_id: AccountId) -> Change:
    """The write that records the sign-up, and lets the job find the account later; it never conflicts."""
    use = LastUse(account_id=account_id, used_at=clock.now())
    return Change(_key(account_id), put=codec.to_item(use, _key(account_id)) | _unwarned(use), only_if=ALWAYS)


def use_now(account_id: AccountId) -> Change:
    """The write that records that an account is used now; it never conflicts."""
    used = LastUse(account_id=account_id, used_at=clock.now())
    return Change(_key(account_id), put=codec.to_item(used, _key(account_id)), only_if=ALWAYS)


def read(account_id: AccountId) -> LastUse | None:
    """The last use of one account; None if it has no record, or does not exist.

    Raises:
        SealingError: the stored record is not one that this code wrote.
    """
    return codec.read(LastUse, _key(account_id))


def watch(known: LastUse, exists: Write) -> bool:
    """List an account that has no listed record, or one that is due too late; return whether this was needed.

    Args:
        known: the last use, as far as it is known otherwise. A record that a use made is not replaced.
        exists: the condition that the account exists and is not being erased.

    Raises:
        Conflict: `exists` does not hold; nothing was written.
        SealingError: the stored record is not one that this code wrote.
    """
    write = _listing(known)
    if write is None:
        return False
    try:
        table.transact([write, exists])
    except LastUseMoved:
        return False
    return True


def needs_watching(known: LastUse) -> bool:
    """Return whether `watch` would list an account; nothing is written.

    Raises:
        SealingError: the stored record is not one that this code wrote.
    """
    return _listing(known) is not None


def _listing(known: LastUse) -> Write | None:
    """The write that lists an account; None if it is listed, and soon enough."""
    key = _key(known.account_id)
    item = table.get(key)
    if item is None:
        listed = _unwarned(known)
        return Create(key, codec.to_item(known, key) | listed, conflict=LastUseMoved)
    stored, due_at = codec.opened(LastUse, item), item.get(Index.DUE.sk)
    listed = _unwarned(stored)
    if due_at and (stored.stage or due_at <= listed[Index.DUE.sk]):
        return None
    as_read = Attr(Index.DUE.sk).eq(due_at) if due_at else Attr(Index.DUE.sk).not_exists()
    return Change(key, put=listed, only_if=visible() & as_read, conflict=LastUseMoved)


def _unwarned(known: LastUse) -> Item:
    """The attributes that list a record without warnings."""
    return _attributes(known.account_id, Placed(UseList.IDLE, known.warnable_from))


def due(which: UseList, by: datetime, shard: str) -> Iterator[AccountId]:
    """Yield the accounts of a shard that are due in a list, the longest due first."""
    until = Between(_EARLIEST, clock.to_text(by))
    wanted = Query(Table.ACCOUNTS, _partition(which, shard), until, index=Index.DUE, page=_PAGE)
    for row in table.query(wanted):
        yield account_of(row["pk"])


def moving(before: LastUse, after: LastUse, to: Placed) -> Change:
    """The write of a change by a job, over the record that was read; its conflict is LastUseMoved."""
    after = after.model_copy(update={"version": (before.version or 0) + 1})
    put = codec.to_item(after, _key(after.account_id)) | _attributes(after.account_id, to)
    used_at = Attr("used_at").eq(clock.to_text(before.used_at))
    version = Attr("version").eq(before.version) if before.version else Attr("version").not_exists()
    return Change(
        _key(after.account_id),
        put=put,
        drop=tuple(name for name in _OPTIONAL if name not in put),
        only_if=visible() & used_at & version,
        conflict=LastUseMoved,
    )


def move(before: LastUse, after: LastUse, to: Placed) -> None:
    """Write a change by a job.

    Raises:
        LastUseMoved: the account was used, or another run changed the record.
    """
    table.write(moving(before, after, to))


def look_again(account_id: AccountId, at: Placed) -> None:
    """Let a record that cannot be processed be due later, without a change of what it says.

    Raises:
        LastUseMoved: there is none any more.
    """
    table.write(Change(_key(account_id), put=_attributes(account_id, at), conflict=LastUseMoved))


def forget(account_id: AccountId) -> None:
    """Delete the record of an account that does not exist.

    Raises:
        LastUseMoved: there is none any more.
    """
    table.write(Delete(_key(account_id), conflict=LastUseMoved))


def unused(account_id: AccountId) -> Present:
    """The condition that an account was not used since its owner was warned; its conflict is UsedAgain."""
    return Present(_key(account_id), Attr("used_at").eq(Attr("warned_for")), conflict=UsedAgain)


def _attributes(account_id: AccountId, to: Placed) -> Item:
    shard = shards.shard_of(account_id, SHARDS)
    return {Index.DUE.pk: _partition(to.which, shard), Index.DUE.sk: clock.to_text(to.due_at)}


def _partition(which: UseList, shard: str) -> str:
    return f"{which}#{shard}"
