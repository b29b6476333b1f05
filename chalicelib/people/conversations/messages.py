"""Deletes a message of the caller at Stream, with its files (STR-12)."""

from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.ids import ConversationId, UserId
from chalicelib.people.conversations.model import SentMessageId, cid_of
from chalicelib.stream import messages
from chalicelib.stream.refusals import StreamRefused, StreamUnavailable


def delete_own(author: UserId, conversation_id: ConversationId, message_id: SentMessageId) -> None:
    """Delete a message for good. Its author need not be a member any more.

    Raises:
        NotFound: there is no such message in this conversation, not any more, or another user sent it.
        Unavailable: Stream does not answer, or refuses.
    """
    try:
        found = messages.find(message_id.at_stream)
        if found is None or found.author != author or found.cid != cid_of(conversation_id):
            raise NotFound
        messages.delete(found)
    except (StreamUnavailable, StreamRefused):
        raise Unavailable from None
