"""Deletes messages for good that were deleted softly, that is hidden (STR-12).

An event gives only the id. Whether the message is deleted, in which channel it is and which files it has is
read from Stream. A deletion that was undone meanwhile is left undone.
"""

from chalicelib.core import metrics
from chalicelib.core.metrics import Metric
from chalicelib.stream import channels
from chalicelib.stream.model import CHANNEL_TYPES, MessageId


def delete_for_good(message_id: MessageId) -> None:
    """Delete a message and its files, if it is deleted softly and in a channel of ours.

    Raises:
        StreamUnavailable, StreamRefused: as for `messages.find` and `messages.delete`.
    """
    found = channels.find_message(message_id)
    if found is None or not found.is_deleted or found.channel_type not in CHANNEL_TYPES:
        return
    channels.delete_message(found)
    metrics.count(Metric.STREAM_MESSAGE_DELETED)
