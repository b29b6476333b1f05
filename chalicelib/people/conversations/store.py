"""All DynamoDB access of conversations.

In Accounts:

    C#<conversation id>, conversation                   the members, in the order of joining
    A#<account id>, conversation#<conversation id>      the membership of one account

Both change in one transaction, whose condition is the version of the first.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.core import clock, keyring, table
from chalicelib.core.ids import AccountId, ConversationId, ConversationRequestId, UserId
from chalicelib.core.needs import Found, Need
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
    changed_key,
    partition_of,
)
from chalicelib.people.conversations.model import ConversationRequest, Member, Membership, OpenConversation
from chalicelib.privacy import codec

KIND = "conversation"
_PARTITION, _MEMBERSHIP = "C#", "conversation#"


class ConversationMoved(Conflict):
    """The conversation was changed, created or ended since it was read."""


class OpeningSeen(Conflict):
    """A request with this Idempotency-Key opened a conversation before."""


def pair_id(one: UserId, other: UserId) -> ConversationId:
    """The id of the conversation of two users, whichever of them opens it."""
    return ConversationId.from_digest(keyring.pair_key().digest("pair", *sorted((one, other))))


def key(conversation_id: ConversationId) -> Key:
    """The key of a conversation."""
    return Key(Table.ACCOUNTS, f"{_PARTITION}{conversation_id}", KIND)


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
    """Read a conversation."""
    return read_all([conversation_id]).get(conversation_id)


def read_all(conversation_ids: Iterable[ConversationId]) -> dict[ConversationId, OpenConversation]:
    """Read those of at most 100 conversations that exist, in one call."""
    found = table.batch_get(key(one) for one in conversation_ids)
    return {one.conversation_id: one for one in map(_conversation, found.values())}


def memberships_of(account_id: AccountId) -> Iterator[ConversationId]:
    """The conversations of which an account has a membership."""
    rows = Query(Table.ACCOUNTS, partition_of(account_id), Prefix(_MEMBERSHIP), expired=Expired.INCLUDED)
    return (ConversationId(item["sk"].removeprefix(_MEMBERSHIP)) for item in table.query(rows))


def conversation_of_change(change: Mapping[str, Any]) -> ConversationId | None:
    """The conversation that a record of the table's stream is about; None for any other item."""
    place = changed_key(change)
    found = ConversationId.parse(place.pk.removeprefix(_PARTITION))
    return found if found and place == key(found) else None


def _conversation(item: Item) -> OpenConversation:
    return OpenConversation.model_validate({name: item[name] for name in OpenConversation.model_fields})


# --- writes


def writes(before: OpenConversation | None, after: OpenConversation) -> list[Write]:
    """The writes of a changed conversation and its memberships; their conflict is ConversationMoved.

    If nothing changes, they are the condition that it is as it was read. Without members it is deleted.
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
    item = {"kind": KIND, **after.model_dump(mode="json")}
    if before is None:
        return Create(place, item, conflict=ConversationMoved)
    if not after.members:
        return Delete(place, only_if=_is_as(before), conflict=ConversationMoved)
    return Replace(place, item, only_if=_is_as(before), conflict=ConversationMoved)


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
        return Absent(place, conflict=ConversationMoved)
    return Present(place, only_if=_is_as(before), conflict=ConversationMoved)


def request_creation(request_id: ConversationRequestId, fingerprint: str) -> Write:
    """The write of a request with an Idempotency-Key; its conflict is OpeningSeen."""
    place = _request_key(request_id)
    sent = ConversationRequest(fingerprint=fingerprint, sent_at=clock.now())
    return Create(place, codec.to_item(sent, place), conflict=OpeningSeen)


def delete_membership(account_id: AccountId, conversation_id: ConversationId) -> None:
    """Delete the row of a membership whose conversation does not list the account; may be repeated."""
    table.delete_all([membership_key(account_id, conversation_id)])
