"""Channels: creating, watching, querying, members, reads, deletion."""

from __future__ import annotations

from infra.stream_emulator import house_rules
from infra.stream_emulator.call import CHAT, Call
from infra.stream_emulator.channels import Channel, distinct_id
from infra.stream_emulator.errors import StreamError, bad_input
from infra.stream_emulator.filters import a_page, matches
from infra.stream_emulator.permissions import ROLES
from infra.stream_emulator.views import channel_event, channel_object, channel_state, member_object
from infra.stream_emulator.wire import Json

_BATCH = 100
_MEMBER = "channel_member"
_CREATOR = ("created_by", "created_by_id")
_OF_STREAM = ("id", "type", "cid", "members", "invites", "config", "own_capabilities", "team")


@CHAT.on("POST", "/channels", "QueryChannels", for_clients=True)
def query_channels(call: Call) -> Json:
    """Find channels. A client needs a filter, and finds only channels that it may read."""
    conditions = call.body.get("filter_conditions") or {}
    narrows = isinstance(conditions, dict) and {"members", "cid", "id", "$and"} & set(conditions)
    if not call.principal.is_server and not narrows:
        raise StreamError(403, 70, "QueryChannels needs a filter on members, cid or id")
    connection = call.connection()
    found = [
        channel.searchable() | {"hidden": _is_hidden(call, channel)}
        for channel in call.world.channels
        if not channel.deleted_at and call.world.may(call.principal, "read-channel", channel)
    ]
    if "hidden" not in conditions:
        found = [channel for channel in found if not channel["hidden"]]
    found = [channel for channel in found if matches(channel, conditions)]
    usual = [{"field": "last_updated", "direction": -1}]
    found = a_page(found, call.body, limit=30, default=10, usual=usual)
    shown = [call.world.channels.get(channel["cid"]) for channel in found]
    call.follow(connection, {channel.cid for channel in shown})
    states = [channel_state(call.world, channel, call.principal, call.body) for channel in shown]
    return {"channels": states}


def _is_hidden(call: Call, channel: Channel) -> bool:
    """Whether the caller sees the channel only if it asks for hidden ones."""
    user_id = call.principal.user_id
    return user_id is not None and call.world.moderation.hides(channel, user_id)


@CHAT.on("POST", "/channels/delete", "DeleteChannels")
def delete_channels(call: Call) -> Json:
    """Delete up to 100 channels by a task."""
    found = {cid: call.world.channels.get(cid) for cid in call.ids("cids", _BATCH)}

    def work() -> Json:
        for channel in found.values():
            _delete(call, channel, hard=bool(call.body.get("hard_delete")))
        return {cid: {"status": "ok"} for cid in found}

    return {"task_id": call.world.tasks.start("delete_channels", work).id}


@CHAT.on("POST", "/channels/{type}/query", "GetOrCreateChannel", for_clients=True)
@CHAT.on("POST", "/channels/{type}/{id}/query", "GetOrCreateChannel", for_clients=True)
def get_or_create_channel(call: Call) -> Json:
    """Get a channel by its id, or the one that exactly these members share; create it if needed."""
    channel_type = call.world.app.channel_type(call.params["type"]).name
    data = call.body.get("data") or {}
    members = dict(_member(call, member) for member in data.get("members") or [])
    if "id" not in call.params and not members:
        raise bad_input("a channel without an id needs members")
    channel_id = call.params.get("id") or distinct_id(members)
    house_rules.refuse_fields(call, "channel", f"{channel_type}:{channel_id}", data)
    channel = call.world.channels.find(f"{channel_type}:{channel_id}")
    connection = call.connection()
    if channel is None:
        call.world.demand(call.principal, "create-channel", channel_type=channel_type)
        channel = _created(call, channel_type, channel_id, members)
    else:
        call.demand("read-channel", channel)
    call.follow(connection, {channel.cid})
    return channel_state(call.world, channel, call.principal, call.body)


def _member(call: Call, raw: object) -> tuple[str, str]:
    """Id and role of a member given as an id or as `{user_id, channel_role}`."""
    if not isinstance(raw, dict):
        return call.named_user(raw), _MEMBER
    house_rules.refuse_fields(call, "member", str(raw.get("user_id")), raw)
    role = raw.get("channel_role") or _MEMBER
    if role not in ROLES:
        raise bad_input(f"role {role} doesn't exist")
    return call.named_user(raw.get("user") or raw.get("user_id")), str(role)


def _created(call: Call, channel_type: str, channel_id: str, members: dict[str, str]) -> Channel:
    data = call.body.get("data") or {}
    for user_id in members:
        call.world.users.refuse_burned(user_id)
        if call.world.users.known(user_id) is None:
            raise bad_input(f"users {user_id} are involved in channel creation but don't exist")
    creator = call.principal.user_id
    if creator is None:
        named = data.get("created_by") or data.get("created_by_id")
        if named is None:
            raise bad_input("either created_by or created_by_id is needed with server side auth")
        creator = call.world.users.ensure(call.named_user(named)).id
    channel = call.world.channels.create(channel_type, channel_id, creator)
    _write(channel, data)
    _add(call, channel, members)
    return channel


def _write(channel: Channel, data: Json) -> None:
    own = {name: value for name, value in data.items() if name not in (*_OF_STREAM, *_CREATOR)}
    own |= own.pop("custom", None) or {}
    channel.frozen = bool(own.pop("frozen", channel.frozen))
    channel.custom |= own


def _add(call: Call, channel: Channel, members: dict[str, str]) -> None:
    """Add members by id and role, except those who block the caller."""
    now, held = call.world.clock.now(), call.world.moderation
    wanted = {
        user_id: role
        for user_id, role in members.items()
        if not held.has_blocked(user_id, call.principal.user_id)
    }
    added = [user_id for user_id, role in wanted.items() if channel.join(user_id, now, role)]
    for user_id in added:
        member = member_object(call.world, channel, channel.members[user_id])
        _send_member_event(call, channel, "added", "added_to", member)


def _remove(call: Call, channel: Channel, members: list[str]) -> None:
    for user_id in members:
        if user_id in channel.members:
            member = member_object(call.world, channel, channel.members[user_id])
            channel.leave(user_id)
            _send_member_event(call, channel, "removed", "removed_from", member)
            call.world.hub.stop_watching(channel.cid, [user_id])


def _send_member_event(call: Call, channel: Channel, what: str, notice: str, member: Json) -> None:
    """Send an event to the channel, and the notification of it to the member."""
    event = channel_event(call.world, f"member.{what}", channel, {"member": member})
    call.world.hub.send_to_channel(channel, event | {"user": member["user"]})
    event["type"] = f"notification.{notice}_channel"
    call.world.hub.send_to_users(event, [member["user_id"]])


@CHAT.on("POST", "/channels/{type}/{id}", "UpdateChannel", for_clients=True)
def update_channel(call: Call) -> Json:
    """Add and remove members, replace the channel's own data."""
    channel, world = _named(call), call.world
    added = dict(_member(call, member) for member in call.body.get("add_members") or [])
    removed = [_member(call, member)[0] for member in call.body.get("remove_members") or []]
    if max(len(added), len(removed)) > _BATCH:
        raise bad_input(f"at most {_BATCH} members can be added or removed at once")
    house_rules.refuse_fields(call, "channel", channel.cid, call.body.get("data") or {})
    if added or (removed and removed != [call.principal.user_id]):
        call.demand("update-channel-members", channel)
    elif removed and not world.may(call.principal, "update-channel-members", channel):
        call.demand("remove-own-channel-membership", channel)
    for user_id in added:
        world.users.living(user_id)
    if "data" in call.body:
        call.demand("update-channel", channel)
        channel.custom.clear()
        _write(channel, call.body["data"] or {})
    _add(call, channel, added)
    _remove(call, channel, removed)
    channel.updated_at = world.clock.now()
    event = channel_event(world, "channel.updated", channel, {})
    world.hub.send_to_channel(channel, event)
    members = [member_object(world, channel, member) for member in channel.members.values()]
    return {"channel": channel_object(world, channel, call.principal), "members": members}


@CHAT.on("PATCH", "/channels/{type}/{id}", "UpdateChannelPartial", for_clients=True)
def update_channel_partial(call: Call) -> Json:
    """Set and unset single fields of the channel's own data."""
    channel, world = call.channel("update-channel"), call.world
    house_rules.refuse_fields(call, "channel", channel.cid, call.body.get("set") or {})
    _write(channel, call.body.get("set") or {})
    for name in call.body.get("unset") or []:
        channel.custom.pop(name, None)
    channel.updated_at = world.clock.now()
    world.hub.send_to_channel(channel, channel_event(world, "channel.updated", channel, {}))
    return {"channel": channel_object(world, channel, call.principal)}


@CHAT.on("DELETE", "/channels/{type}/{id}", "DeleteChannel", for_clients=True)
def delete_channel(call: Call) -> Json:
    """Hide a channel, or with `hard_delete` (server only) remove it."""
    channel = call.channel("delete-channel")
    shown = channel_object(call.world, channel)
    _delete(call, channel, hard=call.flag("hard_delete") and call.principal.is_server)
    return {"channel": shown}


def _delete(call: Call, channel: Channel, *, hard: bool) -> None:
    event = channel_event(call.world, "channel.deleted", channel, {})
    call.world.hub.send_to_channel(channel, event)
    call.world.channels.delete(channel, hard=hard)


@CHAT.on("POST", "/channels/{type}/{id}/truncate", "TruncateChannel", for_clients=True)
def truncate_channel(call: Call) -> Json:
    """Remove all messages."""
    channel, world = call.channel("truncate-channel"), call.world
    channel.messages.clear()
    channel.truncated_at = world.clock.now()
    world.hub.send_to_channel(channel, channel_event(world, "channel.truncated", channel, {}))
    return {"channel": channel_object(world, channel)}


@CHAT.on("POST", "/channels/{type}/{id}/read", "MarkRead", for_clients=True)
def mark_read(call: Call) -> Json:
    """Record that a member has read all messages."""
    channel, world = call.channel("read-channel"), call.world
    user_id = call.author(call.body)
    if user_id not in channel.members:
        raise bad_input(f"user {user_id} is not a member of {channel.cid}")
    channel.read_until[user_id] = world.clock.now()
    extra = {"user": world.view(user_id)}
    event = channel_event(world, "message.read", channel, extra)
    world.hub.send_to_channel(channel, event)
    notice = {"type": "notification.mark_read", "unread_count": 0, "unread_channels": 0}
    world.hub.send_to_users(event | notice, [user_id])
    return {"event": event}


@CHAT.on("POST", "/channels/{type}/{id}/event", "SendEvent", for_clients=True)
def send_event(call: Call) -> Json:
    """Pass on a typing or custom event."""
    channel, world = _named(call), call.world
    sent = call.body.get("event") or {}
    kind = str(sent.get("type"))
    usual = kind.startswith("typing.")
    call.demand("read-channel" if usual else "send-custom-event", channel)
    extra = {"user": world.view(call.author(sent))}
    own = {name: value for name, value in sent.items() if name not in ("user", "user_id")}
    event = channel_event(world, kind, channel, own | extra)
    world.hub.send_to_channel(channel, event)
    return {"event": event}


@CHAT.on("POST", "/channels/{type}/{id}/stop-watching", "StopWatching", for_clients=True)
def stop_watching(call: Call) -> Json:
    """Stop sending events of a channel to this connection."""
    connection = call.world.hub.connection(call.query.get("connection_id"), call.client_id)
    connection.watching.discard(f"{call.params['type']}:{call.params['id']}")
    return {}


@CHAT.on("GET", "/members", "QueryMembers", for_clients=True)
def query_members(call: Call) -> Json:
    """The members of one channel."""
    payload = call.payload()
    channel = call.channel("read-channel-members", payload)
    found: list[Json] = []
    for member in channel.members.values():
        shown = call.world.view(member.user_id)
        record = {"id": member.user_id, "user_id": member.user_id, "created_at": member.created_at}
        record |= {"name": shown.fields.get("name"), "channel_role": member.role}
        if matches(record, payload.get("filter_conditions", {})):
            found.append(record)
    page = a_page(found, payload, usual=[{"field": "created_at", "direction": 1}])
    members = [member_object(call.world, channel, channel.members[member["user_id"]]) for member in page]
    return {"members": members}


def _named(call: Call) -> Channel:
    return call.world.channels.get(f"{call.params['type']}:{call.params['id']}")
