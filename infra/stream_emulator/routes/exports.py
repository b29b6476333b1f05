"""Exports of users and channels, and the tasks that make them.

An export holds more data of a user than the rest of the API: actions of moderators, devices, calls. No route
here creates most of those, so tests add them (`planted`).
"""

from __future__ import annotations

import hashlib
import hmac

from infra.stream_emulator.call import CHAT, TOP, Call
from infra.stream_emulator.channels import Channel, Message
from infra.stream_emulator.errors import StreamError, bad_input, not_allowed, not_found
from infra.stream_emulator.views import member_object
from infra.stream_emulator.wire import Json, WithCustom, encoded
from infra.stream_emulator.world import World

MAX_PER_EXPORT = 25
_COUNTED = ("messages", "reactions")
_LINK_LIFE = 24 * 3600
_FILE_LIFE = 60 * 24 * 3600


@TOP.on("GET", "/users/{id}/export", "ExportUser")
def export_user(call: Call) -> Json:
    """Everything of one user, unless it is more than 10,000 messages or reactions."""
    content = _of_user(call.world, call.world.users.living(call.params["id"]).id)
    if too_many := _too_many(call.world, content):
        raise too_many
    return content


@TOP.on("POST", "/export/users", "ExportUsers")
def export_users(call: Call) -> Json:
    """A file about up to 25 users, made by a task."""
    world, ids = call.world, call.ids("user_ids", MAX_PER_EXPORT)
    contents = [_of_user(world, world.users.living(user_id).id) for user_id in ids]
    over = next(filter(None, (_too_many(world, content) for content in contents)), None)
    if over and world.options.over_most_exported == "refused":
        raise over

    def work() -> Json:
        return {"lines": [encoded(_cut(world, _of_user(world, user_id))) for user_id in ids]}

    task = world.tasks.start("export_users", work)
    if over and world.options.over_most_exported == "task_failed":
        task.failure = {"type": "bad_input", "description": over.message}
    return {"task_id": task.id}


@CHAT.on("POST", "/export_channels", "ExportChannels")
def export_channels(call: Call) -> Json:
    """A file about up to 25 channels, made by a task."""
    named = call.body.get("channels")
    if not isinstance(named, list) or not 0 < len(named) <= MAX_PER_EXPORT:
        raise bad_input(f"channels must be a list of 1 to {MAX_PER_EXPORT}")
    found = [call.world.channels.get(f"{channel.get('type')}:{channel.get('id')}") for channel in named]

    def work() -> Json:
        return {"lines": [encoded(_of_channel(call.world, channel)) for channel in found]}

    return {"task_id": call.world.tasks.start("export_channels", work).id}


@TOP.on("GET", "/tasks/{id}", "GetTask")
def get_task(call: Call) -> Json:
    """The state of a task; a finished export gets a fresh link at each request."""
    task = call.world.tasks.polled(call.params["id"])
    shown = task.rendered()
    if task.result and "lines" in task.result:
        expires = int(call.world.clock.seconds()) + _LINK_LIFE
        signature = _signature(call.world, task.id, expires)
        link = f"{call.base_url}/exports/users/{task.id}?expires={expires}&signature={signature}"
        rest = {name: value for name, value in task.result.items() if name != "lines"}
        shown["result"] = {"url": link, **rest}
    return shown


@CHAT.on("GET", "/export_channels/{id}", "GetExportChannelsStatus")
def get_export_channels_status(call: Call) -> Json:
    """The older route for the state of a task."""
    return get_task(call)


def exported_file(world: World, task_id: str, query: dict[str, str]) -> str:
    """The file of an export, by its link: valid for a day without a token; the file for 60.

    Raises:
        StreamError: 403 or 404; the link is forged or expired, or the file does not exist.
    """
    try:
        expires = int(query.get("expires", ""))
    except ValueError:
        raise not_allowed("the link is not valid") from None
    wanted = _signature(world, task_id, expires)
    if not hmac.compare_digest(wanted, query.get("signature", "")):
        raise not_allowed("the link is not valid")
    if expires <= world.clock.seconds():
        raise not_allowed("the link has expired")
    try:
        return kept_files(world)[task_id]
    except KeyError:
        raise not_found("the export is not there") from None


def kept_files(world: World) -> dict[str, str]:
    """The files of all exports that have not expired, by task."""
    oldest = world.clock.seconds() - _FILE_LIFE
    return {
        task.id: "".join(f"{line}\n" for line in task.result["lines"])
        for task in world.tasks
        if task.result and "lines" in task.result and task.updated_at.timestamp() > oldest
    }


def _signature(world: World, task_id: str, expires: int) -> str:
    signed = f"{task_id}.{expires}".encode()
    return hmac.new(world.secret.encode(), signed, hashlib.sha256).hexdigest()


def _too_many(world: World, content: Json) -> StreamError | None:
    most = world.options.most_exported
    over = next((name for name in _COUNTED if len(content[name]) > most), None)
    return bad_input(f"the user has more than {most} {over}") if over else None


def _cut(world: World, content: Json) -> Json:
    return content | {name: content[name][: world.options.most_exported] for name in _COUNTED}


def _of_user(world: World, user_id: str) -> Json:
    planted = world.planted.get(user_id, {})
    user, held = world.view(user_id), world.moderation
    own: Json = {
        "mutes": [mute.rendered(world.view) for mute in held.mutes_of(user_id)],
        "channel_mutes": [mute.rendered(world.view) for mute in held.channel_mutes_of(user_id)],
        "blocked_user_ids": [block.blocked_id for block in held.blocks_of(user_id)],
    }
    own = {name: value for name, value in own.items() if value}
    messages = list(world.channels.messages())
    return {
        "user": WithCustom(user.fields | own | planted.get("user", {}), user.custom),
        "messages": [
            _written(world, channel, message, planted.get("message", {}))
            for channel, message in messages
            if message.user_id == user_id
        ],
        "reactions": [
            reaction.rendered(world.view)
            for _, message in messages
            for reaction in message.reactions
            if reaction.user_id == user_id
        ],
        "calls": planted.get("calls", []),
    }


def _written(world: World, channel: Channel, message: Message, planted: Json) -> WithCustom:
    shown = message.rendered(world.view, to_server=True)
    about = {"channel": WithCustom(_about(channel), dict(channel.custom))}
    return WithCustom(shown.fields | about | planted, shown.custom)


def _of_channel(world: World, channel: Channel) -> Json:
    messages = [message.rendered(world.view, to_server=True) for message in channel.messages]
    members = [member_object(world, channel, member) for member in channel.members.values()]
    return {"channel": _about(channel) | channel.custom, "members": members, "messages": messages}


def _about(channel: Channel) -> Json:
    return {"id": channel.id, "type": channel.type, "cid": channel.cid}
