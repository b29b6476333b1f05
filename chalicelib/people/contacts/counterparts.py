"""Deletes the rows about an erased user that are under other accounts, each with the user's own row (RGT-3).

It may be killed at any point and run again: a row of the user goes only together with its counterpart, so
what is left shows what is still to do. A row that a hold keeps loses its counterpart before it is moved.
"""

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from chalicelib.accounts.blocks import service as blocks
from chalicelib.accounts.blocks.model import BlockedBy, BlockList
from chalicelib.core import clock
from chalicelib.core.ids import AccountId, UserId
from chalicelib.people.contacts import store
from chalicelib.people.contacts.codes import service as codes
from chalicelib.people.contacts.model import Contact, ContactCode, Invitation, SentInvitation

_PAIRED = frozenset(record.declaration.kind for record in (Contact, Invitation, SentInvitation))


@dataclass(frozen=True)
class LeftOthers:
    """How many rows of the user were deleted with their counterparts, by kind; whether none is left."""

    items: Mapping[str, int]
    complete: bool


def leave_others(account_id: AccountId, user_id: UserId, deadline: datetime) -> LeftOthers:
    """Delete the contacts, invitations, blocks and the code of an erased user at others, until a deadline.

    Each run deletes at least one pair, so the work ends. The hash of the user's number stays in the lists of
    those who block it.

    Raises:
        Unavailable: a table does not answer. What is deleted stays deleted.
    """
    deleted: Counter[str] = Counter()
    for pair in store.counterparts(account_id, user_id):
        store.remove(pair)
        deleted[pair.kind] += 1
        if clock.now() >= deadline:
            return LeftOthers(deleted, complete=False)
    for number in blocks.leave_lists(account_id, user_id):
        deleted["blocked_by"] += number
        if clock.now() >= deadline:
            return LeftOthers(deleted, complete=False)
    blocks.delete_reverse_rows(account_id)
    codes.delete_code(account_id)
    return LeftOthers(deleted, complete=True)


def leave_others_of_kept(
    account_id: AccountId, user_id: UserId, kinds: AbstractSet[str], deadline: datetime
) -> bool:
    """Delete what `leave_others` would, for rows of some kinds that stay; return whether nothing is left.

    It is done before a hold moves these rows, since only they lead to their counterparts.

    Raises:
        Unavailable: a table does not answer. What is deleted stays deleted.
    """
    for pair in store.counterparts(account_id, user_id) if _PAIRED & kinds else ():
        if pair.kind in kinds:
            store.remove(pair, keeping_own=True)
            if clock.now() >= deadline:
                return False
    if BlockedBy.declaration.kind in kinds:
        for _ in blocks.leave_lists(account_id, user_id, keeping_rows=True):
            if clock.now() >= deadline:
                return False
    if BlockList.declaration.kind in kinds:
        blocks.delete_reverse_rows(account_id)
    if ContactCode.declaration.kind in kinds:
        codes.delete_code(account_id)
    return True
