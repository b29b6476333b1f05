"""All DynamoDB access of choices about pushes, and of counts.

A#<account>, notification_choices    in Accounts
C#<conversation>, pushed             in Usage: an attribute for each member, the newest message pushed to it
"""

from collections.abc import Collection, Mapping

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId, ConversationId, PushId
from chalicelib.core.needs import Found, Need
from chalicelib.core.table import Attr, Change, Conflict, Item, Key, Table, Write, next_version, partition_of
from chalicelib.privacy import codec
from chalicelib.privacy.subject_keys import SubjectKeys
from chalicelib.push.model import NotificationChoices, PushCount


class ChoicesMoved(Conflict):
    """The choices were changed since they were read."""


class CountedBefore(Conflict):
    """This message, or a newer one of the conversation, was pushed before, or one within the window."""


def account_of(partition: str) -> AccountId | None:
    """The account of a partition key that the stream shows; None if it is the key of no account."""
    return table.owner_of(partition)


def _choices_key(account_id: AccountId) -> Key:
    return Key(Table.ACCOUNTS, partition_of(account_id), NotificationChoices.declaration.kind)


# Needs DATA_KEY as well. None: the user made no choice.
CHOICES = codec.need_of(NotificationChoices, lambda claims: _choices_key(claims.account_id))


def written(after: NotificationChoices, keys: SubjectKeys) -> Write:
    """The write of the next version of choices; its conflict is ChoicesMoved."""
    place = _choices_key(after.account_id)
    return next_version(place, codec.to_item(after, place, keys), ChoicesMoved)


def counts(conversation_id: ConversationId) -> Need[Mapping[PushId, int]]:
    """When the newest message was written that was pushed to each member, in milliseconds since 1970.

    Members stand there by the ids of their pushes, which name no account.
    """

    def read(item: Item | None, _: Found) -> Mapping[PushId, int]:
        return {push_id: value for name, value in (item or {}).items() if (push_id := PushId.parse(name))}

    return Need(lambda _: _counts_key(conversation_id), read)


def count(
    push_id: PushId, conversation_id: ConversationId, at: int, window: int, outdated: Collection[PushId]
) -> None:
    """Count the push of a message to a member, before it is sent.

    Args:
        push_id: the id of the conversation in pushes to this member.
        conversation_id: the conversation.
        at: when the message was written, in milliseconds since 1970.
        window: the least time between two pushed messages, in milliseconds.
        outdated: what is deleted: counts of members who left would stay without end.

    Raises:
        CountedBefore: it is not to be pushed.
        Unavailable: the table does not answer. It may have been counted.
    """
    newest = Attr(push_id)
    due = newest.not_exists() | newest.lte(at - window)
    table.write(_counting(push_id, conversation_id, at, due, outdated))


def uncount(push_id: PushId, conversation_id: ConversationId, at: int, window: int) -> None:
    """Let the push of a message that no provider took be counted again.

    Raises:
        Unavailable: the table does not answer.
    """
    table.try_write(_counting(push_id, conversation_id, at - window, Attr(push_id).eq(at)))


def _counting(
    push_id: PushId,
    conversation_id: ConversationId,
    newest: int,
    only_if: ConditionBase,
    drop: Collection[PushId] = (),
) -> Change:
    place, counted = _counts_key(conversation_id), PushCount(counted_at=clock.now())
    put = codec.to_item(counted, place) | {push_id: newest}
    return Change(place, put=put, drop=tuple(drop), only_if=only_if, conflict=CountedBefore)


def _counts_key(conversation_id: ConversationId) -> Key:
    return Key(Table.USAGE, f"C#{conversation_id}", "pushed")
