"""Makes channels at Stream match our conversations (ADR 40).

What is sent is the current state, by calls that may be repeated: get or create the channel, compare its
members, add and remove the difference. The table's stream names the conversations that changed, so a route
that was killed after its transaction is made up for.

Invariants:

- A route reads the conversation again after its calls, because another change may have reached Stream
  before them.
- Only the job deletes a channel: it gets the records of one conversation in order.
- A user whom Stream refuses delays no other one. It is counted.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import replace

from chalicelib.core import metrics
from chalicelib.core.batches import batched
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import ConversationId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.people.conversations import store
from chalicelib.people.conversations.model import OpenConversation, cid_of
from chalicelib.people.conversations.store import conversation_of_change
from chalicelib.stream import channels
from chalicelib.stream.model import (
    SYSTEM_USER,
    ChatChannel,
    FoundChannel,
    StreamRefused,
    StreamUnavailable,
    UserBurned,
)
from chalicelib.stream.users import sync

__all__ = ["conversation_of_change", "remove_from_channel", "sync_conversations", "update_channel"]

_TRIES = 3
_AT_ONCE = 100  # of one batched read


def update_channel(conversation: OpenConversation, name: str | None = None) -> OpenConversation | None:
    """Make a channel match its conversation, and its current state if that changed meanwhile.

    Returns the state that the channel has, or None if the last member left.

    Raises:
        Unavailable: Stream or a table does not answer, or the conversation changed every time.
    """
    for _ in range(_TRIES):
        try:
            _match_members(conversation, name)
            current = store.read(conversation.conversation_id)
            if current is None:
                _remove(conversation.cid, conversation.user_ids)
                return None
        except StreamRefused:
            raise Unavailable from None
        if current == conversation:
            return conversation
        conversation = current
    raise Unavailable


def remove_from_channel(conversation_id: ConversationId, user_id: UserId) -> None:
    """End the membership at Stream of a user who left, unless the user is back. The job makes up for it.

    Raises:
        Unavailable: the table does not answer.
    """
    with suppress(StreamUnavailable):
        _remove(cid_of(conversation_id), (user_id,))
    current = store.read(conversation_id)
    if current and user_id in current.user_ids:
        with suppress(Unavailable):
            update_channel(current)


def sync_conversations(conversation_ids: Iterable[ConversationId]) -> list[ConversationId]:
    """Make the channels of changed conversations match them; return those to try again."""
    failed: list[ConversationId] = []
    for some in batched(conversation_ids, _AT_ONCE):
        found = store.read_all(some)
        failed += [one for one in some if not _is_done(one, found.get(one))]
    return failed


def _is_done(conversation_id: ConversationId, current: OpenConversation | None) -> bool:
    """Make the channel of one conversation match it; return whether no call has to be repeated."""
    try:
        if current:
            _match_members(current, name=None)
        else:
            channels.delete(cid_of(conversation_id))
    except UserBurned:
        pass  # there is no such channel
    except StreamRefused:
        metrics.count(Metric.CHAT_PROFILE_REFUSED)
    except StreamUnavailable:
        return False
    return True


def _match_members(conversation: OpenConversation, name: str | None) -> None:
    """Make the channel if there is none, and its members those of the conversation.

    Raises:
        StreamUnavailable: Stream does not answer; call it again.
        StreamRefused: Stream refuses the channel itself.
    """
    found = _opened(conversation, name)
    wanted, cid = conversation.user_ids, conversation.cid
    if missing := [user_id for user_id in wanted if user_id not in found.members]:
        _add(conversation, missing)
    if extra := sorted(found.members - {*wanted}):
        _remove(cid, extra)
    if name and found.name != name:
        channels.rename(cid, name)


def _opened(conversation: OpenConversation, name: str | None) -> FoundChannel:
    """Get or create the channel; without members if Stream refuses one of them."""
    channel = ChatChannel(conversation.cid, SYSTEM_USER, conversation.user_ids, name)
    try:
        return channels.get_or_create(channel)
    except StreamRefused:
        return channels.get_or_create(replace(channel, members=()))


def _add(conversation: OpenConversation, missing: list[UserId]) -> None:
    """Add members. If Stream refuses one of them, send their profiles first, and add each on its own."""
    try:
        channels.add_members(conversation.cid, missing)
    except StreamRefused:
        owners = [one.account_id for one in conversation.members if one.user_id in missing]
        if sync.sync(owners):
            raise StreamUnavailable from None
        for user_id in missing:
            with sync.count_refusal():
                channels.add_members(conversation.cid, [user_id])


def _remove(cid: str, members: Collection[str]) -> None:
    """Remove members; one whom Stream does not know, and a channel that does not exist, are done."""
    try:
        channels.remove_members(cid, members)
    except StreamRefused:
        for member in members:
            with sync.count_refusal():
                channels.remove_members(cid, [member])
