"""Exports of users and channels, and the tasks that make them."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from infra.local.stream.call import Call, Table
from infra.local.stream.errors import bad_input, not_allowed
from infra.local.stream.wire import encoded

if TYPE_CHECKING:
    from infra.local.stream.channels import Channel
    from infra.local.stream.wire import Json
    from infra.local.stream.world import World

exports, channel_exports = Table(), Table(in_chat=True)
MOST = 25
_MOST_MESSAGES = 10_000
_LIFETIME = 24 * 3600


@exports.on("GET", "/users/{id}/export", "ExportUser")
def export_user(call: Call) -> Json:
    """Everything of one user, unless it is more than 10,000 messages or reactions."""
    content = _of_user(call.world, call.world.users.living(call.params["id"]).id)
    for name in ("messages", "reactions"):
        if len(content[name]) > _MOST_MESSAGES:
            raise bad_input(f"the user has more than {_MOST_MESSAGES} {name}")
    return content


@exports.on("POST", "/export/users", "ExportUsers")
def export_users(call: Call) -> Json:
    """A file about up to 25 users, made by a task."""
    ids = call.ids("user_ids", MOST)
    for user_id in ids:
        call.world.users.living(user_id)

    def work() -> Json:
        return {"lines": [encoded(_of_user(call.world, user_id)) for user_id in ids]}

    return {"task_id": call.world.tasks.start("export_users", work).id}


@channel_exports.on("POST", "/export_channels", "ExportChannels")
def export_channels(call: Call) -> Json:
    """A file about up to 25 channels, made by a task."""
    named = call.body.get("channels")
    if not isinstance(named, list) or not 0 < len(named) <= MOST:
        raise bad_input(f"channels must be a list of 1 to {MOST}")
    found = [call.world.channels.get(str(one.get("type")), str(one.get("id"))) for one in named]

    def work() -> Json:
        return {"lines": [encoded(_of_channel(call.world, channel)) for channel in found]}

    return {"task_id": call.world.tasks.start("export_channels", work).id}


@exports.on("GET", "/tasks/{id}", "GetTask")
def get_task(call: Call) -> Json:
    """Where a task stands; a finished export gets a fresh link at each asking."""
    task = call.world.tasks.polled(call.params["id"])
    shown = task.rendered()
    if task.result and "lines" in task.result:
        expires = int(call.world.clock.seconds()) + _LIFETIME
        signature = _signature(call.world, task.id, expires)
        link = f"{call.base_url}/exports/users/{task.id}?expires={expires}&signature={signature}"
        rest = {name: value for name, value in task.result.items() if name != "lines"}
        shown["result"] = {"url": link, **rest}
    return shown


@channel_exports.on("GET", "/export_channels/{id}", "GetExportChannelsStatus")
def get_export_channels_status(call: Call) -> Json:
    """The older way to ask for a task."""
    return get_task(call)


def exported_file(world: World, task_id: str, query: dict[str, str]) -> str:
    """The lines behind an export's link, which works without a token for a day.

    Raises:
        StreamError: 403 or 404; the link is forged or too old, or there is no such export.
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
    for task in world.tasks:
        if task.id == task_id and task.result:
            return "".join(f"{line}\n" for line in task.result["lines"])
    raise bad_input("the export is not there")


def _signature(world: World, task_id: str, expires: int) -> str:
    signed = f"{task_id}.{expires}".encode()
    return hmac.new(world.secret.encode(), signed, hashlib.sha256).hexdigest()


def _of_user(world: World, user_id: str) -> Json:
    written = [
        message for channel in world.channels for message in channel.messages if message.user_id == user_id
    ]
    reactions = [
        reaction
        for channel in world.channels
        for message in channel.messages
        for reaction in message.reactions
        if reaction.user_id == user_id
    ]
    return {
        "user": world.view(user_id),
        "messages": [one.rendered(world.view, to_server=True) for one in written],
        "reactions": [one.rendered(world.view) for one in reactions],
    }


def _of_channel(world: World, channel: Channel) -> Json:
    messages = [one.rendered(world.view, to_server=True) for one in channel.messages]
    members = [one.rendered(world.view) for one in channel.members.values()]
    about = {"id": channel.id, "type": channel.type, "cid": channel.cid, **channel.custom}
    return {"channel": about, "members": members, "messages": messages}
