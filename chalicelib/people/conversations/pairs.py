"""The id of a pair, and the writes by which a block ends the blocker's membership.

It makes no call of Stream: the function `contacts` has no access to it.
"""

from dataclasses import dataclass

from chalicelib.core import keyring
from chalicelib.core.ids import AccountId, ConversationId, UserId
from chalicelib.core.transactions import Write
from chalicelib.people.conversations import store
from chalicelib.people.conversations.store import ConversationMoved

__all__ = ["ConversationMoved", "PairMembership", "membership_in_pair", "pair_id"]


def pair_id(one: UserId, other: UserId) -> ConversationId:
    """The id of the conversation of two users, whichever of them opens it."""
    return ConversationId.from_digest(keyring.pair_key().digest("pair", *sorted((one, other))))


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
    conversation_id = pair_id(user_id, other)
    before = store.read(conversation_id)
    if before is None or not before.has(account_id):
        return PairMembership(exists=False, ending=(store.unchanged(conversation_id, before),))
    after = before.changed(leaving=(account_id,))
    return PairMembership(exists=True, ending=tuple(store.writes(before, after)))
