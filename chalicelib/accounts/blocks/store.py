"""All DynamoDB access of blocks: one list per account, and a row under each blocked account."""

from collections.abc import Iterable, Iterator

from chalicelib.accounts.blocks.model import BlockedBy, BlockList
from chalicelib.core import table
from chalicelib.core.ids import AccountId
from chalicelib.core.table import (
    ALWAYS,
    Absent,
    Attr,
    Conflict,
    Create,
    Delete,
    Expired,
    Key,
    Prefix,
    Present,
    Query,
    Remove,
    Table,
    Write,
    next_version,
    partition_of,
)
from chalicelib.privacy import codec, unsent
from chalicelib.privacy.subject_keys import SubjectKeys

_REVERSE = "blocked_by#"


class BlocksMoved(Conflict):
    """A list of blocks has changed since it was read."""


class ReverseMoved(Conflict):
    """The reverse row of a block was deleted since it was read."""


def key(account_id: AccountId) -> Key:
    """The key of an account's list of blocks."""
    return Key(Table.ACCOUNTS, partition_of(account_id), "blocks")


def reverse_key(blocked: AccountId, by: AccountId) -> Key:
    """The key of the reverse row under a blocked account."""
    return Key(Table.ACCOUNTS, partition_of(blocked), f"{_REVERSE}{by}")


# Needs DATA_KEY as well, because the blocks are sealed.
BLOCKS = codec.need_of(BlockList, lambda claims: key(claims.account_id))
BLOCKS_MARK = unsent.mark_of(BLOCKS.key)
BLOCKS_GLANCE = codec.glance_of(BlockList, lambda claims: key(claims.account_id))


def written(after: BlockList, keys: SubjectKeys) -> Write:
    """The write of the next version of a list; its conflict is BlocksMoved."""
    place = key(after.account_id)
    return next_version(place, codec.to_item(after, place, keys) | unsent.new_mark(place), BlocksMoved)


def unchanged(account_id: AccountId, read: BlockList | None) -> Write:
    """The condition that a list is as it was read; its conflict is BlocksMoved."""
    place = key(account_id)
    if read is None or read.version == 0:
        return Absent(place, conflict=BlocksMoved)
    return Present(place, only_if=Attr("version").eq(read.version), conflict=BlocksMoved)


def reverse_rows(blocked: Iterable[AccountId], by: AccountId) -> frozenset[AccountId]:
    """Which of at most 100 blocked accounts have the reverse row of a list."""
    places = {reverse_key(account_id, by): account_id for account_id in blocked}
    return frozenset(places[found] for found in table.batch_get(places))


def reverse_creation(blocked: AccountId, by: AccountId) -> Write:
    """The write of a reverse row, which may be there already."""
    place = reverse_key(blocked, by)
    return Create(place, codec.to_item(BlockedBy(account_id=by), place), or_over=ALWAYS)


def reverse_deletion(blocked: AccountId, by: AccountId) -> Write:
    """The write that deletes a stored reverse row; its conflict is ReverseMoved."""
    return Delete(reverse_key(blocked, by), conflict=ReverseMoved)


def reverse_removal(blocked: AccountId, by: AccountId) -> Write:
    """The same for an erasure, which also deletes what is invisible."""
    return Remove(reverse_key(blocked, by), only_if=ALWAYS, conflict=ReverseMoved)


def blockers_of(account_id: AccountId) -> Iterator[AccountId]:
    """The accounts that block an account."""
    rows = Query(Table.ACCOUNTS, partition_of(account_id), Prefix(_REVERSE), expired=Expired.INCLUDED)
    return (AccountId(item["sk"].removeprefix(_REVERSE)) for item in table.query(rows))


def delete_reverse_rows(blocked: Iterable[AccountId], by: AccountId) -> None:
    """Delete the reverse rows of a list; may be repeated.

    Raises:
        Unavailable: not all of them are deleted.
    """
    table.delete_all([reverse_key(account_id, by) for account_id in dict.fromkeys(blocked)])


def delete_reverse_row(blocked: AccountId, by: AccountId) -> None:
    """Delete one reverse row; may be repeated."""
    delete_reverse_rows([blocked], by)
