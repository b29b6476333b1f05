"""All DynamoDB access of the last uses of accounts.

A#<account>, last_use    in Accounts; the index `due` has it in one of the lists of `UseList`

Only jobs and the sign-up write the attributes of the index. A use leaves them as they are, so a row may be
due before its account is idle, never after.
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
    Index,
    Item,
    Key,
    Present,
    Query,
    Table,
    account_of,
    partition_of,
    visible,
)
from chalicelib.privacy import codec, record_needs

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
    """The account was used since an instant."""


@dataclass(frozen=True)
class Placed:
    """In which list a record is, and when it is due there."""

    list: UseList
    due_at: datetime


def _key(account_id: AccountId) -> Key:
    return Key(Table.ACCOUNTS, partition_of(account_id), LastUse.declaration.kind)


LAST_USE = record_needs.opened(LastUse, lambda claims: _key(claims.account_id))


def first_use(account_id: AccountId) -> Change:
    """The write that records the sign-up, and lets the job find the account later; it never conflicts."""
    use = LastUse(account_id=account_id, used_at=clock.now())
    listed = _attributes(account_id, Placed(UseList.IDLE, use.warnable_from))
    return Change(_key(account_id), put=codec.to_item(use, _key(account_id)) | listed, only_if=ALWAYS)


def use(account_id: AccountId) -> Change:
    """The write that records that an account is used now; it never conflicts."""
    used = LastUse(account_id=account_id, used_at=clock.now())
    return Change(_key(account_id), put=codec.to_item(used, _key(account_id)), only_if=ALWAYS)


def read(account_id: AccountId) -> LastUse | None:
    """The last use of one account; None if it has no record, or does not exist.

    Raises:
        SealingError: the stored record is not one that this code wrote.
    """
    item = table.get(_key(account_id))
    return codec.opened(LastUse, item) if item else None


def watch(known: LastUse) -> bool:
    """Record a last use that was found otherwise, unless the account has a listed record; whether it did."""
    place, listed = _key(known.account_id), _attributes(known.account_id, idle(known))
    try:
        table.write(Create(place, codec.to_item(known, place) | listed, conflict=LastUseMoved))
    except LastUseMoved:
        return _list_unlisted(known.account_id)
    return True


def _list_unlisted(account_id: AccountId) -> bool:
    """List the record that a use made, before the account was watched."""
    item = table.get(_key(account_id))
    if item is None or Index.DUE.pk in item:
        return False
    listed = _attributes(account_id, idle(codec.opened(LastUse, item)))
    unlisted = visible() & Attr(Index.DUE.pk).not_exists()
    try:
        table.write(Change(_key(account_id), put=listed, only_if=unlisted, conflict=LastUseMoved))
    except LastUseMoved:
        return False
    return True


def idle(known: LastUse) -> Placed:
    """The place of a record without warnings."""
    return Placed(UseList.IDLE, known.warnable_from)


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


def look_again(account_id: AccountId, at: datetime) -> None:
    """Let a record that cannot be read be due later, without a change of what it says.

    Raises:
        LastUseMoved: there is none any more.
    """
    put = _attributes(account_id, Placed(UseList.IDLE, at))
    table.write(Change(_key(account_id), put=put, conflict=LastUseMoved))


def unused_since(account_id: AccountId, since: datetime) -> Present:
    """The condition that an account was not used since an instant; its conflict is UsedAgain."""
    unused = Attr("used_at").lt(clock.to_text(since))
    return Present(_key(account_id), only_if=unused, conflict=UsedAgain)


def _attributes(account_id: AccountId, to: Placed) -> Item:
    shard = shards.shard_of(account_id, SHARDS)
    return {Index.DUE.pk: _partition(to.list, shard), Index.DUE.sk: clock.to_text(to.due_at)}


def _partition(which: UseList, shard: str) -> str:
    return f"{which}#{shard}"
