"""What the worker of pushes needs of conversations, without what sends them to Stream."""

from chalicelib.core import keyring
from chalicelib.core.ids import AccountId, ConversationId, PushId
from chalicelib.people.conversations.store import conversation

__all__ = ["conversation", "push_id"]


def push_id(account_id: AccountId, conversation_id: ConversationId) -> PushId:
    """The id of a conversation in the pushes to one member: to Apple and Google it links no two members."""
    return PushId.from_digest(keyring.pair_key().digest("push", account_id, conversation_id))
