"""Whom an action of a user or moderator concerns, and how long it lasts."""

from __future__ import annotations

from datetime import datetime, timedelta

from infra.stream_emulator.call import Call
from infra.stream_emulator.errors import bad_input, not_found


def another_user(call: Call, actor_id: str, target: object) -> str:
    """The id of an existing user other than the actor.

    Raises:
        StreamError: 400, no id or the actor's own (see Options); 404, no such user.
    """
    if not isinstance(target, str) or not target:
        raise bad_input("the target must be the id of a user")
    if target == actor_id and call.world.options.action_on_oneself == "refused":
        raise bad_input("users can't do this to themselves")
    return call.world.users.living(target).id


def end_of(call: Call, name: str, unit: timedelta) -> datetime | None:
    """When an action ends, by a field of the body that counts units; None if it lasts.

    Raises:
        StreamError: 400; no positive whole number.
    """
    wanted = call.body.get(name)
    if wanted is None:
        return None
    if not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 1:
        raise bad_input(f"{name} must be a positive number")
    return call.world.clock.now() + wanted * unit


def refuse_absent(call: Call, *, is_there: bool) -> None:
    """Refuse to undo what was not done, if the options say so.

    Raises:
        StreamError: 404 with code 16.
    """
    if not is_there and call.world.options.undo_of_nothing == "not_found":
        raise not_found("there is nothing to undo")
