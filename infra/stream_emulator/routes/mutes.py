"""Mutes of users and of channels."""

from __future__ import annotations

from datetime import timedelta

from infra.stream_emulator.call import CHAT, TOP, Call
from infra.stream_emulator.channels import Channel
from infra.stream_emulator.moderation import ChannelMute, UserMute
from infra.stream_emulator.views import own_user
from infra.stream_emulator.wire import Json

_BATCH = 100
_MINUTE, _MILLISECOND = timedelta(minutes=1), timedelta(milliseconds=1)


@TOP.on("POST", "/moderation/mute", "Mute", for_clients=True)
def mute(call: Call) -> Json:
    """Mute one user by `target_id`, or several by `target_ids`, of whom unknown ones are listed."""
    world = call.world
    call.demand("mute-user")
    muter, ends = call.author(call.body), call.end_of("timeout", _MINUTE)
    targets, unknown = _targets(call, muter)
    made = [UserMute(muter, target, world.clock.now(), ends) for target in targets]
    world.moderation.mutes |= {(muter, mute.target_id): mute for mute in made}
    _send_mutes_event(call, "notification.mutes_updated", muter)
    shown = [mute.rendered(world.view) for mute in made]
    answer: Json = {"mutes": shown, "own_user": own_user(world, muter)}
    answer |= {"mute": shown[0]} if len(shown) == 1 else {}
    return answer | ({"non_existing_users": unknown} if unknown else {})


@TOP.on("POST", "/moderation/unmute", "Unmute", for_clients=True)
def unmute(call: Call) -> Json:
    """End mutes of users."""
    world = call.world
    call.demand("mute-user")
    muter = call.author(call.body)
    targets, unknown = _targets(call, muter)
    for target in targets:
        call.refuse_absent(is_there=(muter, target) in world.moderation.mutes)
    for target in targets:
        world.moderation.mutes.pop((muter, target), None)
    _send_mutes_event(call, "notification.mutes_updated", muter)
    return {"non_existing_users": unknown} if unknown else {}


def _targets(call: Call, muter: str) -> tuple[list[str], list[str]]:
    """The existing targets and the unknown ones; a single target has to exist."""
    if "target_ids" not in call.body:
        return [call.another_user(muter, call.body.get("target_id"))], []
    ids = call.ids("target_ids", _BATCH)
    unknown = [user_id for user_id in ids if call.world.users.known(user_id) is None]
    return [call.another_user(muter, user_id) for user_id in ids if user_id not in unknown], unknown


@CHAT.on("POST", "/moderation/mute/channel", "MuteChannel", for_clients=True)
def mute_channel(call: Call) -> Json:
    """Mute channels, for `expiration` milliseconds or until unmuted."""
    world = call.world
    muter, ends = call.author(call.body), call.end_of("expiration", _MILLISECOND)
    channels = _channels(call)
    made = [ChannelMute(muter, channel.cid, world.clock.now(), ends) for channel in channels]
    world.moderation.channel_mutes |= {(muter, mute.cid): mute for mute in made}
    _send_mutes_event(call, "notification.channel_mutes_updated", muter)
    shown = [mute.rendered(world.view) for mute in made]
    answer: Json = {"channel_mutes": shown, "own_user": own_user(world, muter)}
    return answer | ({"channel_mute": shown[0]} if len(shown) == 1 else {})


@CHAT.on("POST", "/moderation/unmute/channel", "UnmuteChannel", for_clients=True)
def unmute_channel(call: Call) -> Json:
    """End mutes of channels."""
    muter, held = call.author(call.body), call.world.moderation.channel_mutes
    channels = _channels(call)
    for channel in channels:
        call.refuse_absent(is_there=(muter, channel.cid) in held)
    for channel in channels:
        held.pop((muter, channel.cid), None)
    _send_mutes_event(call, "notification.channel_mutes_updated", muter)
    return {}


def _channels(call: Call) -> list[Channel]:
    """The channels that the body names, each of which the caller may mute."""
    single = call.body.get("channel_cid")
    cids = [str(single)] if single else call.ids("channel_cids", _BATCH)
    found = [call.world.channels.get(cid) for cid in cids]
    for channel in found:
        call.demand("mute-channel", channel)
    return found


def _send_mutes_event(call: Call, kind: str, muter: str) -> None:
    me = own_user(call.world, muter)
    event = {"type": kind, "me": me, "created_at": call.world.clock.now()}
    call.world.hub.send_to_users(event, [muter])
