"""Deleting and restoring users."""

from __future__ import annotations

import uuid
from typing import Literal

from pydantic import BaseModel, ValidationError

from infra.stream_emulator.call import TOP, Call
from infra.stream_emulator.channels import Channel
from infra.stream_emulator.errors import StreamError, bad_input, burned, not_found
from infra.stream_emulator.users import User, UserState
from infra.stream_emulator.wire import Json
from infra.stream_emulator.world import World

_BATCH = 100
_STATES = {
    "soft": UserState.SOFT_DELETED,
    "pruning": UserState.PRUNED,
    "hard": UserState.HARD_DELETED,
}
_UNUSED = {"user_ids", "new_call_owner_id"}  # read elsewhere, and of no effect here


class Erasure(BaseModel, extra="forbid", strict=True, frozen=True):
    """The data to delete of a user; a class whose mode is None is kept."""

    user: Literal["soft", "pruning", "hard"] | None = None
    messages: Literal["soft", "pruning", "hard"] | None = None
    conversations: Literal["soft", "hard"] | None = None
    calls: Literal["soft", "hard"] | None = None
    files: bool = False
    new_channel_owner_id: str | None = None

    @classmethod
    def parsed(cls, body: Json) -> Erasure:
        """From the body of POST /users/delete.

        Raises:
            StreamError: an unknown mode, or a combination that Stream refuses.
        """
        try:
            erasure = cls.model_validate({name: body[name] for name in body.keys() - _UNUSED})
        except ValidationError as error:
            raise bad_input(str(error)) from None
        if erasure.user == "hard" and {erasure.messages, erasure.conversations} != {"hard"}:
            raise bad_input("hard deletion of users needs messages and conversations to be hard")
        return erasure

    def mark(self, world: World, user: User) -> None:
        """Hide the user from the API, which takes effect at once."""
        if self.user:
            now = world.clock.now()
            user.deleted_at, user.updated_at, user.deletion = now, now, UserState.SOFT_DELETED
            user.is_unfinished = True

    def finish(self, world: World, user: User) -> None:
        """Delete the data, which a worker does later."""
        for channel in world.channels:
            self.apply_to(world, channel, user)
        if self.files:
            world.uploads = {
                url: upload for url, upload in world.uploads.items() if upload.user_id != user.id
            }
        if self.calls:
            world.delete_calls(user.id, hard=self.calls == "hard")
        if not self.user:
            return
        user.is_unfinished = False
        if self.user == "soft":  # clients get no event of it, webhooks do
            world.report("user.deleted", user, hard_delete=False)
        else:
            world.announce("user.deleted", user)
            user.forget_profile()
            user.devices.clear()
            world.forget_planted(user.id)
            world.moderation.forget(user.id, about=world.options.deletion_removes == "all")
        user.deletion = _STATES[self.user]
        for channel in world.channels:
            channel.leave(user.id)
            world.hub.stop_watching(channel.cid, [user.id])

    def apply_to(self, world: World, channel: Channel, user: User) -> None:
        """Delete the user's data in one channel."""
        if self.conversations and user.id in channel.members and len(channel.members) == 2:
            event = {"type": "channel.deleted", "cid": channel.cid, "channel_id": channel.id}
            world.hub.send_to_channel(channel, event | {"created_at": world.clock.now()})
            world.channels.delete(channel, hard=self.conversations == "hard")
        if self.messages == "hard":
            for message in channel.messages:
                if message.user_id == user.id:
                    message.forget_content()  # for those who quoted it
            channel.messages = [message for message in channel.messages if message.user_id != user.id]
            for message in channel.messages:
                message.reactions = [
                    reaction for reaction in message.reactions if reaction.user_id != user.id
                ]
        for message in channel.messages:
            if self.messages and message.user_id == user.id:
                message.deleted_at = message.deleted_at or world.clock.now()
                if self.messages == "pruning":
                    message.forget_content()
        if self.user == "hard" and channel.created_by == user.id:
            heir = self.new_channel_owner_id or f"delete-user-{uuid.uuid4().hex[:16]}"
            channel.created_by = world.users.ensure(heir).id


@TOP.on("POST", "/users/delete", "DeleteUsers")
def delete_users(call: Call) -> Json:
    """Delete up to 100 users: marked at once, the rest by a task with a result for each id."""
    ids, erasure = call.ids("user_ids", _BATCH), Erasure.parsed(call.body)
    world, results = call.world, {}
    for user_id in ids:
        refusal, choice = _refusal(world, user_id)
        if refusal and choice == "not_found":
            raise refusal
        if refusal and choice == "bad_input":
            raise bad_input(refusal.message)
        results[user_id] = {"status": "ok"}
        if refusal and choice == "task_error":
            results[user_id] = {"status": "error", "error": refusal.message}
    known = filter(None, (world.users.known(user_id) for user_id in ids))
    targets = [user for user in known if not _refusal(world, user.id)[0]]
    for user in targets:
        erasure.mark(world, user)
    left = world.tasks.failing()

    def work() -> Json:
        for user in targets:
            if user.id not in left:
                erasure.finish(world, user)
        return results

    return {"task_id": world.tasks.start("delete_users", work).id}


def _refusal(world: World, user_id: str) -> tuple[StreamError | None, str]:
    """Why Stream does not delete a user, and the option that decides how it says so."""
    user, options = world.users.known(user_id), world.options
    if user is None:
        return not_found(f"user with id {user_id} doesn't exist"), options.unknown_delete
    if not user.deletion or (user.is_unfinished and options.unfinished_delete == "finished"):
        return None, ""
    return burned(user_id), options.repeated_delete


@TOP.on("DELETE", "/users/{id}", "DeleteUser")
def delete_user(call: Call) -> Json:
    """Delete a user synchronously: an old route that SDKs still call."""
    hard, marks = call.flag("hard_delete"), call.flag("mark_messages_deleted")
    if hard and not marks:
        raise bad_input("hard_delete needs mark_messages_deleted")
    mode: Literal["hard", "soft"] = "hard" if hard else "soft"
    erasure = Erasure(
        user=mode,
        messages=mode if marks else None,
        conversations=mode if call.flag("delete_conversation_channels") else None,
    )
    user = call.world.users.living(call.params["id"])
    erasure.mark(call.world, user)
    erasure.finish(call.world, user)
    return {"user": call.world.view(user.id)}


@TOP.on("POST", "/users/restore", "RestoreUsers")
def restore_users(call: Call) -> Json:
    """Restore softly deleted users, without their memberships and messages."""
    found = []
    for user_id in call.ids("user_ids", _BATCH):
        user = call.world.users.known(user_id)
        if user is None or user.deletion is not UserState.SOFT_DELETED:
            raise bad_input(f"user {user_id} is not softly deleted")
        found.append(user)
    for user in found:
        user.deleted_at = user.deletion = None
        user.updated_at = call.world.clock.now()
    return {}
