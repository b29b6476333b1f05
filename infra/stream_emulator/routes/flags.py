"""Flags: reports of users and of messages to the moderators."""

from __future__ import annotations

from infra.stream_emulator.call import CHAT, TOP, Call
from infra.stream_emulator.errors import StreamError, bad_input
from infra.stream_emulator.filters import a_page, matches, wanted_values
from infra.stream_emulator.moderation import Flag
from infra.stream_emulator.wire import Json

# The newer form of a request names its target by a type and an id.
_ENTITIES = {"stream:user": "target_user_id", "stream:chat:v1:message": "target_message_id"}


@TOP.on("POST", "/moderation/flag", "Flag", for_clients=True)
def flag(call: Call) -> Json:
    """Report a user or a message; it has no effect on the chat."""
    made, held = _described(call), call.world.moderation.flags
    key = (made.reporter_id, made.target_id, made.message_id)
    if key in held and call.world.options.repeated_flag == "bad_input":
        raise bad_input("flag already exists")
    held[key] = made
    item = f"{made.reporter_id}:{made.message_id or made.target_id}"
    return {"flag": made.rendered(call.world.view), "item_id": item}


@TOP.on("POST", "/moderation/unflag", "Unflag", for_clients=True)
def unflag(call: Call) -> Json:
    """Withdraw a report."""
    named, held = _described(call), call.world.moderation.flags
    removed = held.pop((named.reporter_id, named.target_id, named.message_id), None)
    call.refuse_absent(is_there=removed is not None)
    return {"flag": (removed or named).rendered(call.world.view)}


def _described(call: Call) -> Flag:
    """The flag that the body describes, which the caller may set."""
    body, world = call.body, call.world
    if entity := _ENTITIES.get(str(body.get("entity_type"))):
        body = {**body, entity: body.get("entity_id")}
    if bool(body.get("target_user_id")) is bool(body.get("target_message_id")):
        raise bad_input("either target_user_id or target_message_id must be provided")
    message_id, cid, target = None, None, body.get("target_user_id")
    if body.get("target_message_id"):
        channel, message = world.channels.message(str(body["target_message_id"]))
        call.demand("flag-message", channel)
        message_id, cid, target = message.id, channel.cid, message.user_id
    else:
        call.demand("flag-user")
    reporter = call.author(body)
    if message_id is None:
        target = call.another_user(reporter, target)
    return Flag(
        reporter_id=reporter,
        target_id=str(target),
        message_id=message_id,
        cid=cid,
        reason=str(body.get("reason") or ""),
        custom=body.get("custom") or {},
        created_at=world.clock.now(),
    )


@CHAT.on("GET", "/moderation/flags/message", "QueryMessageFlags", for_clients=True)
def query_message_flags(call: Call) -> Json:
    """Find flagged messages, latest first; a client only in channels that it names."""
    payload = call.payload()
    conditions = payload.get("filter_conditions") or {}
    call.demand_in_channels("read-message-flags", wanted_values(conditions, "channel_cid"))
    held = sorted(call.world.moderation.flags.values(), key=lambda flag: flag.created_at, reverse=True)
    found = [
        shown for flag in held if matches(_searchable(flag), conditions) and (shown := _shown(call, flag))
    ]
    return {"flags": a_page(found, payload)}


def _searchable(found: Flag) -> Json:
    about = {"channel_cid": found.cid, "user_id": found.target_id, "reason": found.reason}
    return about | {"is_reviewed": False, "team": ""}


def _shown(call: Call, found: Flag) -> Json | None:
    """The flag with its message, or None for a user's flag and for a message that is gone."""
    if found.message_id is None:
        return None
    try:
        _, message = call.world.channels.message(found.message_id)
    except StreamError:
        return None
    shown = {"message": message.rendered(call.world.view, to_server=call.principal.is_server)}
    return found.rendered(call.world.view) | shown
