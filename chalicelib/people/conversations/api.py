"""Routes of conversations."""

from chalice.app import Blueprint

from chalicelib.accounts.sessions.caller import Caller
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import ChangedMeanwhile, IdempotencyMismatch, NotFound, Unavailable
from chalicelib.core.http import (
    Created,
    Cursor,
    DailyLimit,
    IfMatch,
    NoContent,
    Ok,
    PageSize,
    Tagged,
    Unlimited,
    route,
)
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ConversationId
from chalicelib.core.settings import settings
from chalicelib.people.conversations import service
from chalicelib.people.conversations.model import (
    ConversationChange,
    ConversationLeft,
    ConversationList,
    ConversationView,
    FixedMembers,
    MemberChange,
    MemberLimitReached,
    NewConversation,
    NotAGroup,
    NotLongestMember,
    SentMessageId,
    UnknownMember,
)
from chalicelib.privacy.subject_keys import DATA_KEY

conversations = Blueprint(__name__)

_OPENED = DailyLimit(LimitName.CONVERSATIONS, lambda: settings().limits.conversations_day)
_CHANGED = DailyLimit(LimitName.CONVERSATION_CHANGES, lambda: settings().limits.conversation_changes_day)
_NAMED = DailyLimit(LimitName.GROUP_NAMES, lambda: settings().limits.group_names_day)
_DELETED = DailyLimit(LimitName.MESSAGE_DELETIONS, lambda: settings().limits.message_deletions_day)


@route(conversations, "GET", "/v1/conversations")
def list_conversations(caller: Caller, cursor: Cursor | None, size: PageSize) -> ConversationList:
    """List the caller's conversations, in the order of their ids."""
    return service.listed(caller.account, cursor, size)


@route(
    conversations,
    "POST",
    "/v1/conversations",
    limit=_OPENED,
    problems=(UnknownMember, MemberLimitReached, IdempotencyMismatch, ConversationLeft, Unavailable),
)
def open_conversation(
    caller: Caller, body: NewConversation, key: IdempotencyKey | None
) -> Created[ConversationView] | Ok[ConversationView]:
    """Open a conversation with contacts, here and at Stream.

    One member and no name: the conversation of these two users, of which there is one. Opening it again
    returns it, and makes both members again. Otherwise a new group. A user who is unknown, hidden, blocked,
    blocking, or no contact gets the same 404.
    """
    opened, is_new = service.open_conversation(caller.account, body, key)
    view = service.view_of(caller.account, opened)
    place = f"/v1/conversations/{view.conversation_id}"
    return Created(view, location=place) if is_new else Ok(view)


@route(conversations, "GET", "/v1/conversations/{conversation_id}", problems=(NotFound,))
def read_conversation(caller: Caller, conversation_id: ConversationId) -> Tagged[ConversationView]:
    """Get one of the caller's conversations, with the ETag that renaming requires."""
    found = service.shown(caller.account, conversation_id)
    return Tagged(service.view_of(caller.account, found), etag=found.conversation.etag)


@route(
    conversations,
    "PATCH",
    "/v1/conversations/{conversation_id}",
    needs=(DATA_KEY,),
    limit=_NAMED,
    problems=(NotFound, NotAGroup, ChangedMeanwhile, Unavailable),
)
def rename_conversation(
    caller: Caller, conversation_id: ConversationId, body: ConversationChange, expected: IfMatch
) -> Tagged[ConversationView]:
    """Give a group another name. Every member may.

    A request whose answer was lost may be sent again as it was.
    """
    found = service.rename(caller.account, caller[DATA_KEY], conversation_id, body, expected)
    return Tagged(service.view_of(caller.account, found), etag=found.conversation.etag)


@route(
    conversations,
    "POST",
    "/v1/conversations/{conversation_id}/members",
    limit=_CHANGED,
    problems=(UnknownMember, FixedMembers, NotLongestMember, MemberLimitReached, Unavailable),
)
def change_members(caller: Caller, conversation_id: ConversationId, body: MemberChange) -> ConversationView:
    """Add contacts to a group, or remove members from it.

    Every member may add contacts. Only the user who has been a member for the longest time may remove others.
    """
    changed = service.change_members(caller.account, conversation_id, body)
    return service.view_of(caller.account, changed)


@route(
    conversations,
    "DELETE",
    "/v1/conversations/{conversation_id}/members/me",
    limit=Unlimited("It ends a membership, and the requests that make memberships are limited"),
    problems=(Unavailable,),
)
def leave_conversation(caller: Caller, conversation_id: ConversationId) -> NoContent:
    """Leave a conversation. Leaving again changes nothing."""
    service.leave(caller.account, conversation_id)
    return NoContent()


@route(
    conversations,
    "DELETE",
    "/v1/conversations/{conversation_id}/messages/{message_id}",
    limit=_DELETED,
    problems=(NotFound, Unavailable),
)
def delete_message(caller: Caller, conversation_id: ConversationId, message_id: SentMessageId) -> NoContent:
    """Delete one's own message and its files for good, also after leaving the conversation.

    A message that does not exist, not any more, or that another user sent gets 404.
    """
    service.delete_own_message(caller.account.user_id, conversation_id, message_id)
    return NoContent()
