"""Compares all channels of Stream with the conversations, page by page, after all users (ADR 35).

It finds what the worker of marks cannot know of (ADR 69): a member whom a late call of a killed worker added
again, and a channel whose conversation is gone.

Invariants:

- Only channels with ids that this system makes are changed. Others are counted.
- A conversation that is marked, or that cannot be read, is not compared.
- Members are removed, and never added: a user who is missing may have left at Stream itself, or a restore
  may have brought an old row back.
- A channel without a conversation loses its members. One that has no members either is deleted with its
  messages. So one that a restore forgot has a whole pass in which it is opened again with its messages.
- The place in the pass is stored before channels without a conversation are closed: a run that repeated
  the page after a kill would delete at once what it had emptied. What a killed run left, the next pass finds.
- If a conversation is changed while members are removed, its row is marked, and the worker sends it.
- The pages are in the order of creation. The last channel of a page is the first of the next answer.
"""

from collections.abc import Iterator, Mapping
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
from chalicelib.people.conversations.model import OpenConversation, cid_of, conversation_of
from chalicelib.privacy.unsent import MarkMoved
from chalicelib.stream import channels
from chalicelib.stream.users.sync import count_refusal


@dataclass(frozen=True)
class ChannelRepair:
    """A channel with members who are none here. Without a conversation all are such, or it has none."""

    conversation_id: ConversationId
    members: frozenset[str] = field(repr=False)
    conversation: OpenConversation | None = field(repr=False)  # as it was read


@dataclass(frozen=True)
class ChannelPage:
    """What a page of Stream's channels needs. `last`: when the last of them was created."""

    last: str
    channels: int
    drifted: tuple[ChannelRepair, ...]
    abandoned: tuple[ChannelRepair, ...]  # without a conversation
    foreign: int  # not an id that we make

    @property
    def to_change(self) -> int:
        """How many channels a repair changes."""
        return len(self.drifted) + len(self.abandoned)


def page_since(last: str) -> ChannelPage | None:
    """Compare the channels that were created after an instant; None if there are no more.

    Raises:
        StreamUnavailable, StreamRefused: Stream does not answer, or not in the order of creation.
        Unavailable: a table does not answer.
    """
    listed = [one for one in channels.list_channels(last) if one.created_at != last]
    if not listed:
        return None
    ours = {found: one.members for one in listed if (found := conversation_of(one.cid))}
    repairs = tuple(_repairs(ours))
    return ChannelPage(
        last=listed[-1].created_at,
        channels=len(listed),
        drifted=tuple(one for one in repairs if one.conversation),
        abandoned=tuple(one for one in repairs if not one.conversation),
        foreign=len(listed) - len(ours),
    )


def _repairs(ours: Mapping[ConversationId, frozenset[str]]) -> Iterator[ChannelRepair]:
    for conversation_id, stored in _stored(list(ours)):
        members = ours[conversation_id]
        if stored is None:
            yield ChannelRepair(conversation_id, members, None)
        elif stored.mark is None and (others := members.difference(stored.conversation.user_ids)):
            yield ChannelRepair(conversation_id, others, stored.conversation)


def _stored(ids: list[ConversationId]) -> Iterator[tuple[ConversationId, UnsentConversation | None]]:
    wanted = {one: channel_sync.unsent_conversation(one) for one in ids}
    rows = needs.read_each((NO_CLAIMS, (need,)) for need in wanted.values())
    for (conversation_id, need), row in zip(wanted.items(), rows, strict=True):
        with skip_unreadable("conversation_unreadable"):
            yield conversation_id, row[need]


def repair(page: ChannelPage) -> None:
    """Remove members who are none here; may be repeated.

    Raises:
        StreamUnavailable: Stream does not answer; the page is compared again.
        Unavailable: a table does not answer.
    """
    metrics.count(Metric.STREAM_CHANNEL_DRIFTED, len(page.drifted))
    for one in page.drifted:
        _repair(one)


def close(page: ChannelPage) -> None:
    """Empty channels without a conversation, and delete those without members; must not be repeated.

    Raises:
        StreamUnavailable: Stream does not answer; the next pass finds the rest of the page.
        Unavailable: a table does not answer.
    """
    metrics.count(Metric.STREAM_CHANNEL_ABANDONED, len(page.abandoned))
    for one in page.abandoned:
        _repair(one)


def _repair(one: ChannelRepair) -> None:
    cid = cid_of(one.conversation_id)
    with count_refusal():
        if one.members:
            channel_sync.remove_members(cid, sorted(one.members))
        else:
            channels.delete(cid)
    with suppress(MarkMoved):  # not changed meanwhile
        commit(channel_sync.new_mark(one.conversation_id, one.conversation))
