"""Ends memberships that a block or an erasure ends (RGT-3), without a call of Stream.

The function `contacts`, which stores blocks, has no access to Stream.

Erasure may be killed at any point and run again: a membership goes only together with the user's entry in the
conversation. It runs after the user's contacts were deleted, since a conversation that is opened meanwhile
needs a contact. What a late request wrote before that is found here, or by the second pass.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from chalicelib.core import clock
from chalicelib.core.ids import AccountId, ConversationId, UserId
from chalicelib.core.transactions import Write, commit, retry_on
from chalicelib.people.conversations import names, store
from chalicelib.people.conversations.model import Membership, OpenConversation
from chalicelib.people.conversations.store import ConversationMoved

Writes: TypeAlias = Callable[[OpenConversation, OpenConversation], list[Write]]


@dataclass(frozen=True)
class LeftConversations:
    """How many memberships a run ended; whether none is left."""

    number: int
    complete: bool


def leave_conversations(account_id: AccountId, deadline: datetime) -> LeftConversations:
    """End the memberships of an erased user, until a deadline. Each run ends at least one.

    Raises:
        Unavailable: a table does not answer, or a conversation changed in every try.
    """
    number = 0
    for conversation_id in store.memberships_of(account_id):
        if not _leave(account_id, conversation_id, store.writes):
            store.delete_membership(account_id, conversation_id)
        number += 1
        if clock.now() >= deadline:
            return LeftConversations(number, complete=False)
    return LeftConversations(number, complete=True)


def leave_conversations_of_kept(account_id: AccountId, kinds: AbstractSet[str], deadline: datetime) -> bool:
    """Take a user out of conversations whose memberships a hold keeps; return whether nothing is left.

    It is done before the hold moves the memberships, since only they lead to the conversations.

    Raises:
        Unavailable: as for `leave_conversations`.
    """
    if Membership.declaration.kind not in kinds:
        return True
    for conversation_id in store.memberships_of(account_id):
        _leave(account_id, conversation_id, store.writes_keeping_rows)
        if clock.now() >= deadline:
            return False
    return True


@retry_on(ConversationMoved, tries=5)
def _leave(account_id: AccountId, conversation_id: ConversationId, writes: Writes) -> bool:
    """Take a user out of a conversation; return False if it does not list the user."""
    before = store.read(conversation_id)
    if before is None or not before.has(account_id):
        return False
    commit(*writes(before, names.inherited(before.changed(leaving=(account_id,)))))
    return True


@dataclass(frozen=True)
class PairMembership:
    """Whether a user is in the pair with another one, and the writes after which the user is not.

    If the user is not in it, they are the condition that this is still so. Their conflict is
    ConversationMoved.
    """

    exists: bool
    ending: tuple[Write, ...]


def membership_in_pair(account_id: AccountId, user_id: UserId, other: UserId) -> PairMembership:
    """Read the membership of a user in the pair with another one."""
    conversation_id = store.pair_id(user_id, other)
    before = store.read(conversation_id)
    if before is None or not before.has(account_id):
        return PairMembership(exists=False, ending=(store.unchanged(conversation_id, before),))
    after = before.changed(leaving=(account_id,))
    return PairMembership(exists=True, ending=tuple(store.writes(before, after)))
