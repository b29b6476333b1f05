"""Channels as the API shows them, seen by one principal."""

from __future__ import annotations

from infra.stream_emulator.channels import Channel, Member
from infra.stream_emulator.tokens import Principal
from infra.stream_emulator.wire import Json, WithCustom
from infra.stream_emulator.world import World

MAX_MESSAGES = 300
_USUAL_MESSAGES = 25

# Capabilities of a client in a channel, as the SDKs name them, by the permission that grants each.
_CAPABILITIES = {
    "send-message": "create-message",
    "send-reaction": "create-reaction",
    "send-links": "add-links",
    "upload-file": "upload-attachment",
    "update-own-message": "update-message-owner",
    "delete-own-message": "delete-message-owner",
    "update-channel": "update-channel",
    "update-channel-members": "update-channel-members",
    "delete-channel": "delete-channel",
    "leave-channel": "remove-own-channel-membership",
    "flag-message": "flag-message",
    "mute-channel": "mute-channel",
    "send-custom-events": "send-custom-event",
    "read-events": "read-channel",
    "send-typing-events": "read-channel",
    "typing-events": "read-channel",
    "connect-events": "read-channel",
    "search-messages": "read-channel",
}


def channel_object(world: World, channel: Channel, viewer: Principal | None = None) -> WithCustom:
    """The channel itself; `own_capabilities` are the viewer's."""
    is_hidden = bool(viewer and viewer.user_id and world.moderation.hides(channel, viewer.user_id))
    fields: Json = {
        "id": channel.id,
        "type": channel.type,
        "cid": channel.cid,
        "created_by": world.view(channel.created_by),
        "created_at": channel.created_at,
        "updated_at": channel.updated_at,
        "frozen": channel.frozen,
        "disabled": False,
        "hidden": is_hidden,
        "member_count": len(channel.members),
        "config": world.app.channel_type(channel.type).config(),
    }
    optional = {
        "last_message_at": channel.last_message_at,
        "truncated_at": channel.truncated_at,
        "deleted_at": channel.deleted_at,
    }
    fields |= {name: value for name, value in optional.items() if value}
    if is_hidden:
        fields["blocked"] = True
    if viewer is not None:
        fields["own_capabilities"] = [
            capability for capability, need in _CAPABILITIES.items() if world.may(viewer, need, channel)
        ]
    return WithCustom(fields, dict(channel.custom))


def channel_state(world: World, channel: Channel, viewer: Principal, body: Json) -> Json:
    """The channel with its members, latest messages, reads and watchers."""
    wanted = (body.get("messages") or {}).get("limit", body.get("message_limit"))
    count = _USUAL_MESSAGES if wanted is None else min(int(wanted), MAX_MESSAGES)
    latest = channel.messages[-count:] if count else []
    watchers = world.hub.watchers(channel.cid)
    shown: Json = {
        "channel": channel_object(world, channel, viewer),
        "members": [member_object(world, channel, member) for member in channel.members.values()],
        "messages": [
            message.rendered(world.view, to_server=viewer.is_server, viewer_id=viewer.user_id)
            for message in latest
        ],
        "pinned_messages": [],
        "pending_messages": [],
        "threads": [],
        "read": [_read_state(world, channel, user_id) for user_id in channel.members],
        "watchers": [world.view(user_id) for user_id in watchers],
        "watcher_count": len(watchers),
        "hidden": bool(viewer.user_id and world.moderation.hides(channel, viewer.user_id)),
    }
    if viewer.user_id in channel.members:
        shown["membership"] = member_object(world, channel, channel.members[viewer.user_id])
    return shown


def member_object(world: World, channel: Channel, member: Member) -> Json:
    """A member, with the fields that show a ban in this channel."""
    return member.rendered(world.view) | world.moderation.standing(member.user_id, channel.cid)


def _read_state(world: World, channel: Channel, user_id: str) -> Json:
    return {
        "user": world.view(user_id),
        "last_read": channel.read_until.get(user_id, channel.created_at),
        "unread_messages": channel.unread(user_id),
    }


def channel_event(world: World, kind: str, channel: Channel, extra: Json) -> Json:
    """An event about a channel."""
    return {
        "type": kind,
        "cid": channel.cid,
        "channel_type": channel.type,
        "channel_id": channel.id,
        "channel_member_count": len(channel.members),
        "channel": channel_object(world, channel),
        "created_at": world.clock.now(),
        **extra,
    }


def own_user(world: World, user_id: str) -> Json:
    """The connected user, as the first event describes it to its own client."""
    shown = world.view(user_id)
    held = world.moderation
    unread = [
        channel.unread(user_id)
        for channel in world.channels.of_member(user_id)
        if not held.hides(channel, user_id)
    ]
    return (
        shown.custom
        | shown.fields
        | {
            "devices": list(world.users.living(user_id).devices.values()),
            "mutes": [mute.rendered(world.view) for mute in held.mutes_of(user_id)],
            "channel_mutes": [mute.rendered(world.view) for mute in held.channel_mutes_of(user_id)],
            "blocked_user_ids": [block.blocked_id for block in held.blocks_of(user_id)],
            "shadow_banned": False,
            "unread_count": sum(unread),
            "total_unread_count": sum(unread),
            "unread_channels": sum(1 for count in unread if count),
            "unread_threads": 0,
            "roles": [],
        }
    )
