"""Messages, reactions and files."""

from __future__ import annotations

import uuid

from infra.stream_emulator.call import CHAT, Call
from infra.stream_emulator.channels import CONTENT, Channel, Message, Reaction
from infra.stream_emulator.errors import as_object, bad_input, not_allowed
from infra.stream_emulator.views import channel_event
from infra.stream_emulator.wire import Json
from infra.stream_emulator.world import Upload

_LISTED_IN_HOOKS = 50
_OF_STREAM = (*CONTENT, "id", "user", "user_id", "custom", "type", "html", "cid", "status")


def _shown(call: Call, message: Message, viewer_id: str | None = None) -> Json:
    seen_by = viewer_id or call.principal.user_id
    shown = message.rendered(call.world.view, to_server=call.principal.is_server, viewer_id=seen_by)
    return {"message": shown}


def _send_message_event(call: Call, kind: str, channel: Channel, message: Message, **extra: object) -> None:
    view, author = call.world.view, message.user_id
    about = {"message": message.rendered(view), "user": view(author)}
    event = channel_event(call.world, kind, channel, about | extra)
    own = None if "user" in extra else {"message": message.rendered(view, viewer_id=author)}
    hook = {"members": _first_members(call, channel)} if kind == "message.new" else None
    call.world.hub.send_to_channel(channel, event, to_actor=own, to_hooks=hook)


def _first_members(call: Call, channel: Channel) -> list[Json]:
    members = list(channel.members.values())[:_LISTED_IN_HOOKS]
    return [member.rendered(call.world.view_in_hooks) for member in members]


def _custom(sent: Json) -> Json:
    own = {name: value for name, value in sent.items() if name not in _OF_STREAM}
    return own | (sent.get("custom") or {})


@CHAT.on("POST", "/channels/{type}/{id}/message", "SendMessage", for_clients=True)
def send_message(call: Call) -> Json:
    """Send a message to a channel."""
    channel = call.channel("create-message")
    sent = as_object(call.body.get("message"), "message must be an object")
    author = call.author(sent)
    _refuse_unfit(call, channel, sent)
    bans = call.world.moderation.bans_of(author, channel.cid)
    if any(not ban.shadow for ban in bans):
        _refuse_banned(call)
    now = call.world.clock.now()
    message = Message(
        id=str(sent.get("id") or uuid.uuid4()),
        cid=channel.cid,
        user_id=author,
        text=str(sent.get("text") or ""),
        created_at=now,
        updated_at=now,
        attachments=sent.get("attachments") or [],
        custom=_custom(sent),
        parent_id=sent.get("parent_id"),
        mentioned=_mentioned(call, sent),
        quoted=_quoted(channel, sent),
        shadowed=any(ban.shadow for ban in bans),
    )
    channel.messages.append(message)
    if author in channel.members:
        channel.read_until[author] = now
    _send_message_event(call, "message.new", channel, message)
    return _shown(call, message, viewer_id=author)


def _refuse_banned(call: Call) -> None:
    if call.principal.is_server and call.world.options.server_sends_for_banned == "ok":
        return
    raise not_allowed(
        "Sorry, you do not have access to this feature. Your account is currently suspended from chat."
    )


def _mentioned(call: Call, sent: Json) -> list[str]:
    return [call.world.users.living(str(user_id)).id for user_id in sent.get("mentioned_users") or []]


def _quoted(channel: Channel, sent: Json) -> Message | None:
    quoted_id = sent.get("quoted_message_id")
    if not quoted_id:
        return None
    for message in channel.messages:
        if message.id == quoted_id:
            return message
    raise bad_input(f"message {quoted_id} can't be quoted: it is not in this channel")


def _refuse_unfit(call: Call, channel: Channel, sent: Json) -> None:
    if channel.frozen and not call.principal.is_server:
        raise not_allowed(f"channel {channel.cid} is frozen")
    if not (sent.get("text") or sent.get("attachments")):
        raise bad_input("message text or attachments are required")
    longest = call.world.app.channel_type(channel.type).values["max_message_length"]
    if len(sent.get("text") or "") > longest:
        raise bad_input(f"message text is limited to {longest} characters")
    if any(message.id == sent.get("id") for message in channel.messages):
        raise bad_input(f"a message with id {sent['id']} exists already")


@CHAT.on("GET", "/messages/{id}", "GetMessage", for_clients=True)
def get_message(call: Call) -> Json:
    """One message."""
    return _shown(call, call.message("read-channel")[1])


@CHAT.on("POST", "/messages/{id}", "UpdateMessage", for_clients=True)
def update_message(call: Call) -> Json:
    """Replace the content of a message."""
    channel, message = call.message("update-message", of_author=True)
    sent = call.body.get("message") or {}
    if call.principal.is_server:
        call.author(sent)
    message.text = str(sent.get("text") or "")
    message.attachments = sent.get("attachments") or []
    message.mentioned = _mentioned(call, sent)
    message.custom = _custom(sent)
    message.updated_at = call.world.clock.now()
    _send_message_event(call, "message.updated", channel, message)
    return _shown(call, message)


@CHAT.on("DELETE", "/messages/{id}", "DeleteMessage", for_clients=True)
def delete_message(call: Call) -> Json:
    """Hide a message; with `hard` (server only) remove it."""
    channel, message = call.message("delete-message", of_author=True)
    hard = call.flag("hard")
    if hard and not call.principal.is_server:
        raise not_allowed("hard deletion of messages is for the server")
    message.deleted_at = call.world.clock.now()
    if hard:
        channel.messages.remove(message)
    _send_message_event(call, "message.deleted", channel, message, hard_delete=hard)
    return _shown(call, message)


@CHAT.on("POST", "/messages/{id}/reaction", "SendReaction", for_clients=True)
def send_reaction(call: Call) -> Json:
    """React to a message."""
    channel, message = call.message("create-reaction")
    sent = call.body.get("reaction") or {}
    user_id, kind = call.author(sent), str(sent.get("type"))
    _drop(message, user_id, kind)
    reaction = Reaction(message.id, user_id, kind, call.world.clock.now())
    message.reactions.append(reaction)
    shown = reaction.rendered(call.world.view)
    _send_message_event(call, "reaction.new", channel, message, reaction=shown, user=shown["user"])
    return {**_shown(call, message), "reaction": shown}


@CHAT.on("DELETE", "/messages/{id}/reaction/{type}", "DeleteReaction", for_clients=True)
def delete_reaction(call: Call) -> Json:
    """Remove a reaction."""
    channel, message = call.world.channels.message(call.params["id"])
    user_id = call.author(dict(call.query))
    call.demand("delete-reaction", channel, owner=user_id)
    _drop(message, user_id, call.params["type"])
    _send_message_event(call, "reaction.deleted", channel, message, user=call.world.view(user_id))
    return _shown(call, message)


def _drop(message: Message, user_id: str, kind: str) -> None:
    message.reactions = [
        reaction for reaction in message.reactions if (reaction.user_id, reaction.type) != (user_id, kind)
    ]


@CHAT.on("POST", "/channels/{type}/{id}/file", "UploadFile", for_clients=True)
@CHAT.on("POST", "/channels/{type}/{id}/image", "UploadFile", for_clients=True)
def upload_file(call: Call) -> Json:
    """Upload a file to the CDN, which is part of the emulator."""
    channel = call.channel("upload-attachment")
    sent = as_object(call.body.get("file"), "the request must be multipart with a part named file")
    url = f"{call.base_url}/cdn/{uuid.uuid4()}/{sent['name']}"
    author, now = call.author(call.body), call.world.clock.now()
    call.world.uploads[url] = Upload(url, author, channel.cid, sent["name"], sent["content"], now)
    return {"file": url}


@CHAT.on("DELETE", "/channels/{type}/{id}/file", "DeleteFile", for_clients=True)
@CHAT.on("DELETE", "/channels/{type}/{id}/image", "DeleteFile", for_clients=True)
def delete_file(call: Call) -> Json:
    """Delete a file from the CDN."""
    cid = f"{call.params['type']}:{call.params['id']}"
    channel = call.world.channels.get(cid)
    upload = call.world.uploads.get(call.query.get("url", ""))
    if upload is None or upload.cid != channel.cid:
        raise bad_input("there is no such file in this channel")
    call.demand("delete-attachment", channel, owner=upload.user_id)
    del call.world.uploads[upload.url]
    return {}
