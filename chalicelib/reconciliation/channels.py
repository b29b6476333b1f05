"""Compares all channels of Stream with the conversations, page by page, after all users (ADR 35).

It finds what the worker of marks cannot know of (ADR 69): a member whom a late call of a killed worker added
again, and a channel whose conversation is gone. The row of a conversation that differs is marked, so the
worker makes its channel match it.

Invariants:

- Only channels with ids that this system makes are changed. Others are counted.
- A conversation that is marked, or that cannot be read, is not compared.
- A channel without a conversation loses its members, and is deleted with its messages if the next pass finds
  it without both. A restore may have lost the conversation: opened again in between, it has its messages.
- If a conversation is opened while its channel is emptied, its row is marked.
- The pages are in the order of creation. The last channel of a page is the first of the next one.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from chalicelib.core import metrics, needs
from chalicelib.core.ids import ConversationId
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import NO_CLAIMS
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.transactions import commit
from chalicelib.people.conversations import channel_sync
from chalicelib.people.conversations.channel_sync import UnsentConversation
from chalicelib.people.conversations.model import conversation_of
from chalicelib.privacy.unsent import MarkMoved
from chalicelib.stream import channels
from chalicelib.stream.model import ListedChannel
from chalicelib.stream.users.sync import count_refusal


@dataclass(frozen=True)
class ChannelPage:
    """What a page of Stream's channels needs. `last`: when the last of them was created."""

    last: str
    channels: int
    differing: tuple[ConversationId, ...]
    abandoned: dict[ConversationId, ListedChannel] = field(repr=False)  # without a conversation
    foreign: int  # not an id that we make

    @property
    def to_change(self) -> int:
        """How many channels a repair changes."""
        return len(self.differing) + len(self.abandoned)


def page_since(last: str) -> ChannelPage | None:
    """Compare the channels that were created at an instant or later; None if there are no more.

    Raises:
        StreamUnavailable, StreamRefused: Stream does not answer, or not in the order of creation.
        Unavailable: a table does not answer.
    """
    listed = channels.list_channels(last)
    if not listed or listed[-1].created_at == last:
        return None
    ours = {found: one for one in listed if (found := conversation_of(one.cid))}
    differing, abandoned = list[ConversationId](), dict[ConversationId, ListedChannel]()
    for conversation_id, stored in _stored(list(ours)):
        channel = ours[conversation_id]
        if stored is None:
            abandoned[conversation_id] = channel
        elif stored.mark is None and channel.members != {*stored.conversation.user_ids}:
            differing.append(conversation_id)
    return ChannelPage(
        last=listed[-1].created_at,
        channels=sum(one.created_at != last for one in listed),
        differing=tuple(differing),
        abandoned=abandoned,
        foreign=len(listed) - len(ours),
    )


def _stored(ids: list[ConversationId]) -> Iterator[tuple[ConversationId, UnsentConversation | None]]:
    wanted = {one: channel_sync.unsent_conversation(one) for one in ids}
    rows = needs.read_each((NO_CLAIMS, (need,)) for need in wanted.values())
    for (conversation_id, need), row in zip(wanted.items(), rows, strict=True):
        with skip_unreadable("conversation_unreadable"):
            yield conversation_id, row[need]


def repair(page: ChannelPage) -> None:
    """Mark the conversations that differ, and empty or delete channels without one.

    Raises:
        StreamUnavailable: Stream does not answer; the page is compared again.
        Unavailable: a table does not answer.
    """
    metrics.count(Metric.STREAM_CHANNEL_DRIFTED, len(page.differing))
    metrics.count(Metric.STREAM_CHANNEL_ABANDONED, len(page.abandoned))
    for conversation_id in page.differing:
        with suppress(MarkMoved):  # changed meanwhile, so it is due
            commit(channel_sync.renewal(conversation_id))
    for conversation_id, channel in page.abandoned.items():
        with count_refusal():
            _close(channel)
        with suppress(MarkMoved):  # still without a conversation
            commit(channel_sync.replacement(conversation_id))


def _close(channel: ListedChannel) -> None:
    if channel.members:
        channels.remove_members(channel.cid, channel.members)
    else:
        channels.delete(channel.cid)
