"""All DynamoDB access of conversations.

In Accounts:

    C#<conversation id>, conversation                   the members, in the order of joining, the sealed name,
                                                        and the mark of what Stream does not have
                                                        (privacy/unsent)
    A#<account id>, conversation#<conversation id>      the membership of one account

Both change in one transaction, whose condition is the version of the first. A conversation whose last member
left keeps its row without members until its channel is deleted; it counts as no conversation.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from boto3.dynamodb.conditions import ConditionBase
from pydantic import ValidationError

from chalicelib.core import clock, keyring, table
from chalicelib.core.ids import AccountId, ConversationId, ConversationRequestId, UserId
from chalicelib.core.needs import Found, Need
from chalicelib.core.sealing import Unfit, skip_unreadable
from chalicelib.core.table import (
    ALWAYS,
    Absent,
    Attr,
    Conflict,
    Create,
    Delete,
    Expired,
    Item,
    Key,
    Prefix,
    Present,
    Query,
    Remove,
    Replace,
    Table,
    Write,
    partition_of,
)
from chalicelib.people.conversations.model import ConversationRequest, Member, Membership, OpenConversation
from chalicelib.privacy import codec, unsent
from chalicelib.privacy.unsent import MarkMoved, UnsentMark

KIND = "conversation"
_MEMBERSHIP = "conversation#"
_ENDED = Attr("members").size().eq(0)


class ConversationMoved(Conflict):
    """The conversation was changed, created or ended since it was read."""


class OpeningSeen(Conflict):
    """A request with this Idempotency-Key opened a conversation before."""


def pair_id(one: UserId, other: UserId) -> ConversationId:
    """The id of the conversation of two users, whichever of them opens it."""
    return ConversationId.from_digest(keyring.pair_key().digest("pair", *sorted((one, other))))


def key(conversation_id: ConversationId) -> Key:
    """The key of a conversation."""
    return Key(Table.ACCOUNTS, f"{unsent.CONVERSATION}{conversation_id}", KIND)


def membership_key(account_id: AccountId, conversation_id: ConversationId) -> Key:
    """The key of a membership under its account."""
    return Key(Table.ACCOUNTS, partition_of(account_id), f"{_MEMBERSHIP}{conversation_id}")


def _request_key(request_id: ConversationRequestId) -> Key:
    return Key(Table.CHALLENGES, f"conversation_request#{request_id}")


# --- reads


def conversation(conversation_id: ConversationId) -> Need[OpenConversation | None]:
    """A conversation, to be read in one batch with other items."""

    def opened(item: Item | None, _: Found) -> OpenConversation | None:
        return _conversation(item) if item else None

    return Need(lambda _: key(conversation_id), opened)


def request(request_id: ConversationRequestId) -> Need[ConversationRequest | None]:
    """A request with an Idempotency-Key, to be read in one batch with other items."""
    return codec.need_of(ConversationRequest, lambda _: _request_key(request_id))


def read(conversation_id: ConversationId) -> OpenConversation | None:
    """Read a conversation.

    Raises:
        Unfit: the stored row is not one that this code wrote.
    """
    place = key(conversation_id)
    found = table.batch_get([place]).get(place)
    return _conversation(found) if found else None


def read_readable(conversation_ids: Iterable[ConversationId]) -> dict[ConversationId, OpenConversation]:
    """Read those of at most 100 conversations that exist, in one call; skip and count unreadable ones."""
    found = dict[ConversationId, OpenConversation]()
    for item in table.batch_get(key(one) for one in conversation_ids).values():
        with skip_unreadable("conversation_unreadable"):
            if one := _conversation(item):
                found[one.conversation_id] = one
    return found


@dataclass(frozen=True)
class UnsentConversation:
    """A stored conversation, perhaps without members, and its mark."""

    conversation: OpenConversation
    mark: UnsentMark | None


def unsent_conversation(conversation_id: ConversationId) -> Need[UnsentConversation | None]:
    """A conversation with its mark, to be read in one batch with other items; None without a row.

    Its read raises Unfit if the stored row is not one that this code wrote.
    """

    def stored(item: Item | None, _: Found) -> UnsentConversation | None:
        return UnsentConversation(_stored(item), unsent.mark_in(item)) if item else None

    return Need(lambda _: key(conversation_id), stored)


def memberships_of(account_id: AccountId) -> Iterator[ConversationId]:
    """The conversations of which an account has a membership."""
    rows = Query(Table.ACCOUNTS, partition_of(account_id), Prefix(_MEMBERSHIP), expired=Expired.INCLUDED)
    return (ConversationId(item["sk"].removeprefix(_MEMBERSHIP)) for item in table.query(rows))


def page_of(account_id: AccountId, after: ConversationId | None, limit: int) -> list[ConversationId]:
    """The next conversations of which an account has a membership, in the order of their ids."""
    rows = Query(
        Table.ACCOUNTS,
        partition_of(account_id),
        Prefix(_MEMBERSHIP),
        limit=limit,
        after=membership_key(account_id, after).attributes() if after else None,
        attributes=("kind",),
    )
    return [ConversationId(item["sk"].removeprefix(_MEMBERSHIP)) for item in table.query(rows)]


def _conversation(item: Item) -> OpenConversation | None:
    found = _stored(item)
    return found if found.members else None


def _stored(item: Item) -> OpenConversation:
    values = {name: item[name] for name in OpenConversation.model_fields if name in item}
    try:
        return OpenConversation.model_validate(values)
    except ValidationError:  # its text quotes the value
        raise Unfit(KIND) from None


# --- writes


def writes(before: OpenConversation | None, after: OpenConversation) -> list[Write]:
    """The writes of a changed conversation and its memberships; their conflict is ConversationMoved.

    If nothing changes, they are the condition that it is as it was read.
    """
    if after is before:
        return [unchanged(after.conversation_id, before)]
    old = before.members if before else ()
    joined = [member for member in after.members if member not in old]
    gone = [member for member in old if member not in after.members]
    rows = [membership_key(member.account_id, after.conversation_id) for member in gone]
    return [
        _write(before, after),
        *(_creation(member, after.conversation_id) for member in joined),
        *(Remove(row, only_if=ALWAYS, conflict=ConversationMoved) for row in rows),
    ]


def writes_keeping_rows(before: OpenConversation, after: OpenConversation) -> list[Write]:
    """The write of a conversation that members left; their memberships stay, since a hold keeps them."""
    return [_write(before, after)]


def _write(before: OpenConversation | None, after: OpenConversation) -> Write:
    place = key(after.conversation_id)
    item = _item(after) | unsent.new_mark(place, _token(after))
    if before is None:
        return Create(place, item, conflict=ConversationMoved, or_over=_ENDED)
    return Replace(place, item, only_if=_is_as(before), conflict=ConversationMoved)


def _item(conversation: OpenConversation) -> Item:
    return {"kind": KIND, **conversation.model_dump(mode="json", exclude_none=True)}


def _token(conversation: OpenConversation) -> str:
    """The token of the change that made a version, by which a route knows the mark of its own change."""
    return str(conversation.version)


def settle(sent: OpenConversation) -> OpenConversation | None:
    """Remove the mark of a change that Stream has; return the conversation as it is now.

    If it was changed meanwhile, it gets a new mark, since Stream may have got the older state last.

    Raises:
        Unavailable: the table does not answer; the worker sends the change again.
    """
    place = key(sent.conversation_id)
    only_if = unsent.is_marked(_token(sent))
    try:
        table.write(Replace(place, _item(sent), only_if=only_if, conflict=ConversationMoved))
    except ConversationMoved as moved:
        current = _stored(moved.found) if moved.found else None
        if current != sent:
            table.try_write(_new_mark(current) if current else burial(sent))
        return current if current and current.members else None
    return sent


def _new_mark(current: OpenConversation) -> Write:
    """The write of a new mark; a change since `current` has its own mark, and is sent after this."""
    place = key(current.conversation_id)
    item = _item(current) | unsent.new_mark(place)
    return Replace(place, item, only_if=_is_as(current), conflict=ConversationMoved)


def sent(found: UnsentConversation, mark: UnsentMark) -> Write:
    """The removal of a mark; the row of a conversation without members goes. Its conflict is MarkMoved."""
    if found.conversation.members:
        return unsent.removal(mark)
    return Delete(mark.place, only_if=unsent.is_marked(mark.token), conflict=MarkMoved)


def burial(gone: OpenConversation) -> Write:
    """The write after which the channel of a conversation that has no row is deleted again.

    It conflicts, with MarkMoved, if the conversation was opened again.
    """
    place = key(gone.conversation_id)
    ended = gone.model_copy(update={"members": (), "name": None})
    return Create(place, _item(ended) | unsent.new_mark(place), conflict=MarkMoved)


def is_other_than(read_before: OpenConversation) -> ConditionBase:
    """The condition that a conversation was changed since it was read."""
    return Attr("version").ne(read_before.version)


def _is_as(read_before: OpenConversation) -> ConditionBase:
    return Attr("version").eq(read_before.version)


def _creation(member: Member, conversation_id: ConversationId) -> Write:
    place = membership_key(member.account_id, conversation_id)
    row = Membership(conversation_id=conversation_id, joined_at=member.joined_at)
    return Create(place, codec.to_item(row, place), or_over=ALWAYS)


def unchanged(conversation_id: ConversationId, before: OpenConversation | None) -> Write:
    """The condition that a conversation is as it was read; its conflict is ConversationMoved."""
    place = key(conversation_id)
    if before is None:
        return Absent(place, conflict=ConversationMoved, or_over=_ENDED)
    return Present(place, only_if=_is_as(before), conflict=ConversationMoved)


def request_creation(request_id: ConversationRequestId, fingerprint: str) -> Write:
    """The write of a request with an Idempotency-Key; its conflict is OpeningSeen."""
    place = _request_key(request_id)
    sent = ConversationRequest(fingerprint=fingerprint, sent_at=clock.now())
    return Create(place, codec.to_item(sent, place), conflict=OpeningSeen)


def delete_membership(account_id: AccountId, conversation_id: ConversationId) -> None:
    """Delete the row of a membership whose conversation does not list the account; may be repeated."""
    table.delete_all([membership_key(account_id, conversation_id)])
