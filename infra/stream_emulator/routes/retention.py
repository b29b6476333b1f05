"""Policies by which Stream deletes old messages and channels without activity.

Stream deletes in the background, hours or days after a message has reached the age of the policy, and begins
a day after the policy was set or changed. Here a clean-up runs only when a test asks for it, and another
control makes messages and policies older.
"""

from __future__ import annotations

from datetime import timedelta

from infra.stream_emulator.call import CHAT, Call
from infra.stream_emulator.channels import Channel, Message
from infra.stream_emulator.errors import bad_input
from infra.stream_emulator.wire import Json
from infra.stream_emulator.world import World

OLD_MESSAGES, INACTIVE_CHANNELS = "old-messages", "inactive-channels"
GRACE = timedelta(hours=24)
POLICIES = (OLD_MESSAGES, INACTIVE_CHANNELS)
_SHORTEST, _LONGEST = 24, 43_800  # hours


@CHAT.on("GET", "/retention_policy", "GetRetentionPolicy")
def get_retention_policy(call: Call) -> Json:
    """All policies that are set."""
    return {"policies": list(call.world.app.retention.values())}


@CHAT.on("POST", "/retention_policy", "SetRetentionPolicy")
def set_retention_policy(call: Call) -> Json:
    """Create or replace a policy."""
    policy, hours = _policy(call), call.body.get("max_age_hours")
    if not isinstance(hours, int) or isinstance(hours, bool) or not _SHORTEST <= hours <= _LONGEST:
        raise bad_input(f"max_age_hours must be between {_SHORTEST} and {_LONGEST}")
    made = {
        "app_pk": 1,
        "policy": policy,
        "config": {"max_age_hours": hours},
        "enabled_at": call.world.clock.now(),
    }
    call.world.app.retention[policy] = made
    return {"policy": made}


@CHAT.on("POST", "/retention_policy/delete", "DeleteRetentionPolicy")
def delete_retention_policy(call: Call) -> Json:
    """Remove a policy."""
    call.world.app.retention.pop(_policy(call), None)
    return {}


def _policy(call: Call) -> str:
    policy = call.body.get("policy")
    if not isinstance(policy, str) or policy not in POLICIES:
        raise bad_input(f"policy must be one of {POLICIES}")
    return policy


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
