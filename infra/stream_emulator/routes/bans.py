"""Bans of users, in the whole app or in one channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from infra.stream_emulator.call import CHAT, TOP, Call
from infra.stream_emulator.channels import Channel
from infra.stream_emulator.errors import as_object, bad_input
from infra.stream_emulator.filters import a_page, matches, wanted_values
from infra.stream_emulator.moderation import Ban
from infra.stream_emulator.routes.deletion import Erasure
from infra.stream_emulator.views import channel_event, channel_object
from infra.stream_emulator.wire import Json


@TOP.on("POST", "/moderation/ban", "Ban", for_clients=True)
def ban(call: Call) -> Json:
    """Ban a user until the ban is removed or expires.

    A banned user cannot post. With `shadow` they can, and the messages are marked as shadowed for all others.
    """
    world, channel = call.world, _scope(call, call.body)
    by = call.author({"user": _named_moderator(call.body)})
    target = call.another_user(by, call.body.get("target_user_id"))
    if channel and target not in channel.members:
        raise bad_input(f"user {target} is not a member of {channel.cid}")
    if call.body.get("ban_from_future_channels"):
        raise bad_input("the emulator does not implement ban_from_future_channels")
    erasure = Erasure.parsed({"messages": call.body.get("delete_messages") or None})
    new = Ban(
        target_id=target,
        banned_by=by,
        cid=channel.cid if channel else None,
        shadow=call.body.get("shadow") is True,
        reason=str(call.body.get("reason") or ""),
        created_at=world.clock.now(),
        expires=call.end_of("timeout", timedelta(minutes=1)),
    )
    world.moderation.bans[target, new.cid] = new
    if erasure.messages:
        for affected in [channel] if channel else list(world.channels):
            erasure.apply_to(world, affected, world.users.living(target))
    more = {"reason": new.reason, "created_by": world.view(by), "expiration": new.expires}
    _send_ban_event(call, "user.banned", new, channel, more)
    return {}


@TOP.on("DELETE", "/moderation/ban", "Unban", for_clients=True)
def unban(call: Call) -> Json:
    """Remove a ban. A ban in a channel and a ban in the whole app are removed separately."""
    channel = _scope(call, call.query)
    target = call.world.users.living(call.query.get("target_user_id", "")).id
    removed = call.world.moderation.bans.pop((target, channel.cid if channel else None), None)
    call.refuse_absent(is_there=removed is not None)
    if removed:
        _send_ban_event(call, "user.unbanned", removed, channel, {})
    return {}


def _scope(call: Call, sent: Mapping[str, object]) -> Channel | None:
    """Return the channel that a ban applies to, or None for the whole app.

    Raises:
        StreamError: 403; the caller may not ban there.
    """
    if not (sent.get("type") or sent.get("id")):
        call.demand("ban-user")
        return None
    return call.channel("ban-channel-member", sent)


def _named_moderator(body: Json) -> object:
    names = ("banned_by", "banned_by_id", "user", "user_id")
    return next((body[name] for name in names if body.get(name)), None)


def _send_ban_event(call: Call, kind: str, about: Ban, channel: Channel | None, more: Json) -> None:
    """Send an event to the channel's watchers, or to the user and all who share a channel with them."""
    shown = {"user": call.world.view(about.target_id), "shadow": about.shadow} | more
    if channel:
        call.world.hub.send_to_channel(channel, channel_event(call.world, kind, channel, shown))
        return
    event = {"type": kind, "created_at": call.world.clock.now()} | shown
    call.world.hub.send_to_users(event, call.world.neighbours(about.target_id))


@CHAT.on("GET", "/query_banned_users", "QueryBannedUsers", for_clients=True)
def query_banned_users(call: Call) -> Json:
    """Find bans. A client must name the channels, and needs the permission to ban in each."""
    payload, world = call.payload(), call.world
    conditions = as_object(payload.get("filter_conditions"), "filter_conditions is required")
    call.demand_in_channels("ban-channel-member", wanted_values(conditions, "channel_cid"))
    found = {
        (ban.target_id, ban.cid): ban.searchable()
        for ban in world.moderation.bans.values()
        if not payload.get("exclude_expired_bans") or world.moderation.holds(ban)
    }
    fitting = [ban for ban in found.values() if matches(ban, conditions)]
    page = a_page(fitting, payload, usual=[{"field": "created_at", "direction": -1}])
    return {"bans": [_render_ban(call, ban["user_id"], ban["channel_cid"]) for ban in page]}


def _render_ban(call: Call, user_id: str, cid: str | None) -> Json:
    found = call.world.moderation.bans[user_id, cid]
    channel = call.world.channels.find(cid or "")
    return found.rendered(call.world.view, channel_object(call.world, channel) if channel else None)
