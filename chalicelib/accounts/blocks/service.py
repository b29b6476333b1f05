"""Judges whether two users keep each other away, and changes lists of blocks.

Invariants: a list and its reverse rows change in one transaction, and two users who keep each other away see
the same of each other, whichever of the two blocks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chalicelib.accounts.blocks import store
from chalicelib.accounts.blocks.model import BlockedUserList, BlockLimitReached, BlockList, BlockView
from chalicelib.accounts.blocks.store import (  # noqa: F401 - offered to other rooms
    BLOCKS,
    BLOCKS_GLANCE,
    BLOCKS_MARK,
    BlocksMoved,
    ReverseMoved,
    unchanged,
)
from chalicelib.accounts.model import Account
from chalicelib.accounts.service import OPEN_ACCOUNT, OPEN_STORED_ACCOUNT
from chalicelib.core import clock, needs
from chalicelib.core.errors import SessionEnded, existing
from chalicelib.core.http import Cursor, PageSize
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.needs import Found, Wanted
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.settings import settings
from chalicelib.core.transactions import Write, commit, retry_on
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys

_LIST = "b"  # in cursors

# What has to be read of an account to judge who is kept away from it.
PEER: tuple[Wanted[Any], ...] = (OPEN_ACCOUNT, DATA_KEY, BLOCKS)


@dataclass(frozen=True, repr=False)
class Peer:
    """An opened account with its blocks."""

    account: Account
    blocks: BlockList | None
    keys: SubjectKeys

    @property
    def is_active(self) -> bool:
        """Return whether others may meet this user."""
        return self.account.is_active

    def is_kept_from(self, other: "Peer") -> bool:
        """Return whether the other user blocks this one, by id or number."""
        return other.blocks is not None and other.blocks.has(self.account.user_id, self.account.phone)


def peer_of(found: Found) -> Peer | None:
    """The opened account and its blocks, read with the needs of PEER; None if the account is erased.

    Raises:
        SealingError: the account or its list cannot be opened, so nobody may meet this user.
    """
    account = found[OPEN_ACCOUNT]
    return Peer(account, found[BLOCKS], found[DATA_KEY]) if account else None


def require_peer(found: Found) -> Peer:
    """The opened account and its blocks of a caller, read with the needs of PEER.

    Raises:
        SessionEnded: the account is being erased.
        SealingError: as for `peer_of`.
    """
    return existing(peer_of(found), SessionEnded)


def keep_apart(one: Peer, other: Peer) -> bool:
    """Return whether one of two users blocks the other. For a group, every pair has to be judged."""
    return one.is_kept_from(other) or other.is_kept_from(one)


def adding(blocker: Peer, user_id: UserId, account_id: AccountId | None, phone: str | None) -> list[Write]:
    """The writes that add a block; none if it is there already.

    Raises:
        BlockLimitReached: the list is full.
    """
    before = blocker.blocks or BlockList.empty(blocker.account.account_id)
    after = before.with_block(user_id, account_id, phone, clock.now())
    if len(after.blocks) > max(settings().limits.blocks_most, len(before.blocks)):
        raise BlockLimitReached
    return _writes(blocker, before, after)


def lifting(blocker: Peer, user_id: UserId) -> list[Write]:
    """The writes that lift the block of an id; none if there is no such block."""
    if blocker.blocks is None:
        return []
    return _writes(blocker, blocker.blocks, blocker.blocks.without(user_id))


def _writes(blocker: Peer, before: BlockList, after: BlockList) -> list[Write]:
    """The writes of a changed list and of the reverse rows that change with it."""
    if after is before:
        return []
    owner = blocker.account.account_id
    gone = {*before.blocked_accounts} - {*after.blocked_accounts}
    new = {*after.blocked_accounts} - {*before.blocked_accounts}
    stored = store.reverse_rows(gone, owner) if gone else frozenset()
    return [
        store.written(after, blocker.keys),
        *(store.reverse_creation(account_id, owner) for account_id in new),
        *(store.reverse_deletion(account_id, owner) for account_id in stored),
    ]


def listed(blocks: BlockList | None, cursor: Cursor | None, size: PageSize) -> BlockedUserList:
    """A page of a list of blocks, newest first; the cursor has the number of blocks that were left.

    Raises:
        InvalidRequest: the cursor is none of this list.
    """
    found = [BlockView(**dict(block)) for block in reversed(blocks.blocks if blocks else ())]
    if cursor is not None:
        found = found[-cursor.number(_LIST) :]
    left = len(found) - size
    return BlockedUserList(
        items=tuple(found[:size]), next_cursor=Cursor.numbered(_LIST, left) if left > 0 else None
    )


def wanted_at_stream(blocks: BlockList | None) -> frozenset[UserId]:
    """The blocked users whom Stream may know: those whose account exists."""
    links = blocks.links if blocks else {}
    return frozenset(user_id for user_id, link in links.items() if link.account_id)


def leave_lists(account_id: AccountId, user_id: UserId, *, keeping_rows: bool = False) -> Iterable[int]:
    """Take an erased user off the lists of blocks of others; yields 1 for each list.

    The number's hash stays there, and that of the last number if it was changed. A reverse row goes with the
    change of its list, so a killed run continues. With `keeping_rows` it stays, for a hold that keeps it.

    Raises:
        Unavailable: a table does not answer, or a list was changed in every try.
    """
    phone = _last_number(account_id)
    for blocker in store.blockers_of(account_id):
        _leave_list(blocker, account_id, user_id, phone, keeping_row=keeping_rows)
        yield 1


def _last_number(account_id: AccountId) -> str | None:
    """The number that an erased account has; None if the account is deleted already, or cannot be opened."""
    (row,) = needs.read_accounts([account_id], (OPEN_STORED_ACCOUNT, DATA_KEY))
    with skip_unreadable("account_unreadable"):
        account = row[OPEN_STORED_ACCOUNT]
        return account.phone if account else None
    return None


@retry_on(BlocksMoved, ReverseMoved, tries=5)
def _leave_list(
    blocker: AccountId, account_id: AccountId, user_id: UserId, phone: str | None, *, keeping_row: bool
) -> None:
    (row,) = needs.read_accounts([blocker], (BLOCKS, DATA_KEY))
    before = None
    with skip_unreadable("blocks_unreadable"):
        before = row[BLOCKS]
    after = before.without_name(user_id, account_id, phone) if before else None
    if before is None or after is None or after is before:
        if not keeping_row:
            store.delete_reverse_row(account_id, blocker)
        return
    own = () if keeping_row else (store.reverse_removal(account_id, blocker),)
    commit(store.written(after, row[DATA_KEY]), *own)


def delete_reverse_rows(account_id: AccountId) -> None:
    """Delete the reverse rows of an erased user's own list; may be repeated.

    Raises:
        Unavailable: not all of them are deleted.
    """
    (row,) = needs.read_accounts([account_id], (BLOCKS_GLANCE,))
    with skip_unreadable("blocks_unreadable"):
        if own := row[BLOCKS_GLANCE]:
            store.delete_reverse_rows(own.blocked_accounts, account_id)
