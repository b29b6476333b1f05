"""Stream's clean-up of old messages, and the control that makes messages and policies older.

Stream deletes in the background, hours or days after a message has reached the age of the policy, and begins
a day after the policy was set or changed. Here a clean-up runs only when a test asks for it.
"""

from __future__ import annotations

from datetime import timedelta

from infra.stream_emulator.channels import Channel, Message
from infra.stream_emulator.errors import bad_input
from infra.stream_emulator.wire import Json
from infra.stream_emulator.world import World

OLD_MESSAGES, INACTIVE_CHANNELS = "old-messages", "inactive-channels"
GRACE = timedelta(hours=24)


def clean_up(world: World) -> None:
    """Delete all messages that are older than the policy allows; none on its first day."""
    policy, now = world.app.retention.get(OLD_MESSAGES), world.clock.now()
    if policy is None or now < policy["enabled_at"] + GRACE:
        return
    kept_from = now - timedelta(hours=policy["config"]["max_age_hours"])
    for channel, message in list(world.channels.messages()):
        if message.created_at < kept_from:
            _delete(world, channel, message)


def make_older(world: World, body: Json) -> None:
    """Move the instants of messages and policies back by `seconds`.

    Raises:
        StreamError: there is no such message or policy; then nothing has changed.
    """
    past = timedelta(seconds=float(body.get("seconds", 0)))
    messages = [world.channels.message(message_id)[1] for message_id in body.get("messages", ())]
    names = body.get("policies", ())
    if unknown := set(names) - world.app.retention.keys():
        raise bad_input(f"no such policy: {sorted(unknown)}")
    for message in messages:
        message.created_at -= past
        message.updated_at -= past
    for name in names:
        world.app.retention[name]["enabled_at"] -= past


def _delete(world: World, channel: Channel, message: Message) -> None:
    """Remove a message with its reactions, and the files of the channel that its attachments name."""
    for attachment in message.attachments:
        for url in attachment.values():
            upload = world.uploads.get(url) if isinstance(url, str) else None
            if upload and upload.cid == channel.cid:
                del world.uploads[upload.url]
    channel.messages.remove(message)
    message.forget_content()  # for those who quoted it
