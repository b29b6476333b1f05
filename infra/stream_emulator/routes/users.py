"""Users: writing, querying, deactivating."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from infra.stream_emulator.call import TOP, Call
from infra.stream_emulator.channels import Message
from infra.stream_emulator.errors import bad_input, not_allowed
from infra.stream_emulator.filters import a_page, matches
from infra.stream_emulator.users import MANAGED, User, checked_id
from infra.stream_emulator.wire import Json, WithCustom

_BATCH = 100
_KEYSET = {"id_gt": "$gt", "id_gte": "$gte", "id_lt": "$lt", "id_lte": "$lte"}


def _answer(call: Call, changed: list[User]) -> Json:
    shown = {user.id: call.world.view(user.id) for user in changed}
    return {"users": shown, "membership_deletion_task_id": ""}


def _only_oneself(call: Call, user_id: str) -> None:
    if call.principal.is_server:
        return
    call.demand("update-user-owner")
    if user_id != call.principal.user_id:
        raise not_allowed("clients write their own user only")


@TOP.on("POST", "/users", "UpdateUsers", for_clients=True)
def upsert_users(call: Call) -> Json:
    """Create or fully replace up to 100 users; one bad user fails all."""
    sent = call.body.get("users")
    if not isinstance(sent, dict) or not sent:
        raise bad_input("users must map ids to users")
    if len(sent) > _BATCH:
        raise bad_input(f"at most {_BATCH} users per request")
    checked = []
    for user_id, raw in sent.items():
        if not isinstance(raw, dict) or raw.get("id") != user_id:
            raise bad_input("each user must carry the id that it stands under")
        _only_oneself(call, checked_id(user_id))
        checked.append(call.sent_fields(user_id, raw))
        call.world.users.refuse_burned(user_id)
    changed = [call.world.users.replace(fields, clears=_cleared(call)) for fields in checked]
    for user in changed:
        call.world.announce("user.updated", user)
    return _answer(call, changed)


def _cleared(call: Call) -> list[str]:
    """The fields beyond the profile that a full replace by this caller drops."""
    options = call.world.options
    if not call.principal.is_server:
        return []
    lost = {
        MANAGED: options.upsert_clears_revocation,
        "role": options.upsert_resets_role,
        "invisible": options.upsert_shows_user,
    }
    return [name for name, is_lost in lost.items() if is_lost]


@TOP.on("PATCH", "/users", "UpdateUsersPartial", for_clients=True)
def update_users_partial(call: Call) -> Json:
    """Set and unset single fields of up to 100 existing users."""
    sent = call.body.get("users")
    if not isinstance(sent, list) or not 0 < len(sent) <= _BATCH:
        raise bad_input(f"users must be a list of 1 to {_BATCH} changes")
    planned = [_planned(call, change) for change in sent]
    now = call.world.clock.now()
    for user, fields in planned:
        user.write(fields, now)
        call.world.announce("user.updated", user)
    return _answer(call, [user for user, _ in planned])


def _planned(call: Call, raw: object) -> tuple[User, Json]:
    if not isinstance(raw, dict):
        raise bad_input("each change is an object")
    user_id = checked_id(raw.get("id"))
    _only_oneself(call, user_id)
    user = call.world.users.living(user_id)
    if user.deactivated_at and call.world.options.deactivated_update == "bad_input":
        raise bad_input(f"user {user_id} is deactivated")
    fields, dropped = raw.get("set") or {}, raw.get("unset") or []
    if "id" in fields or "id" in dropped:
        raise bad_input("the id can't be changed")
    call.demand_fields(dropped)
    return user, call.sent_fields(user_id, fields, managed=True) | dict.fromkeys(dropped)


@TOP.on("GET", "/users", "QueryUsers", for_clients=True)
def query_users(call: Call) -> Json:
    """Find users by filter, at most 100 a page and 1000 deep; deleted ones are hidden (see Options)."""
    call.demand("search-user")
    _refuse_disallowed_role(call)
    payload = call.payload()
    if "filter_conditions" not in payload:
        raise bad_input("filter_conditions is required")
    keyset = {op: payload[name] for name, op in _KEYSET.items() if name in payload}
    conditions = {"$and": [payload["filter_conditions"], {"id": keyset}]}
    usual = [{"field": "id", "direction": -1}]
    if not keyset:
        usual.insert(0, {"field": "created_at", "direction": -1})
    shown = payload.get("include_deactivated_users", False)
    deleted = call.world.options.deleted_in_queries == "shown"
    found = [
        _searchable(call, user)
        for user in call.world.users
        if (not user.deletion or deleted) and (shown or not user.deactivated_at)
    ]
    found = [user for user in found if matches(user, conditions)]
    return {"users": [_shown_to(call, user["id"]) for user in a_page(found, payload, usual=usual)]}


def _shown_to(call: Call, user_id: str) -> WithCustom:
    """A user as the principal sees it: only the server sees push tokens."""
    shown = call.world.view(user_id)
    if not call.principal.is_server:
        return shown
    user = call.world.users.known(user_id)
    return replace(shown, fields=shown.fields | {"devices": list(user.devices.values()) if user else []})


def _refuse_disallowed_role(call: Call) -> None:
    if call.principal.user_id is not None:
        role = call.world.active(call.principal.user_id).role
        if role in call.world.app.values["user_search_disallowed_roles"]:
            raise not_allowed(f"role {role} is not allowed to search for users")


def _searchable(call: Call, user: User) -> Json:
    shown = call.world.view(user.id)
    return shown.custom | shown.fields


@TOP.on("POST", "/users/deactivate", "DeactivateUsers")
def deactivate_users(call: Call) -> Json:
    """Deactivate up to 100 users by a task."""
    hides = bool(call.body.get("mark_messages_deleted"))
    return _start(call, "deactivate_users", lambda user: _deactivate(call, user, hides_messages=hides))


@TOP.on("POST", "/users/reactivate", "ReactivateUsers")
def reactivate_users(call: Call) -> Json:
    """Reactivate up to 100 users by a task."""
    restores = bool(call.body.get("restore_messages"))
    return _start(call, "reactivate_users", lambda user: _reactivate(call, user, restores_messages=restores))


def _start(call: Call, kind: str, change: Callable[[User], object]) -> Json:
    """Start a task that changes the users that the call names; refuse it if one of them is gone."""
    ids = call.ids("user_ids", _BATCH)
    for user_id in ids:
        call.world.users.living(user_id)

    def work() -> Json:
        for user_id in ids:
            change(call.world.users.living(user_id))
        return {"users": [call.world.view(user_id) for user_id in ids]}

    return {"task_id": call.world.tasks.start(kind, work).id}


@TOP.on("POST", "/users/{id}/deactivate", "DeactivateUser")
def deactivate_user(call: Call) -> Json:
    """Keep a user from connecting and sending; reversible."""
    user = call.world.users.living(call.params["id"])
    if user.deactivated_at and call.world.options.repeated_deactivate == "bad_input":
        raise bad_input(f"user {user.id} is already deactivated")
    _deactivate(call, user, hides_messages=bool(call.body.get("mark_messages_deleted")))
    return {"user": call.world.view(user.id)}


@TOP.on("POST", "/users/{id}/reactivate", "ReactivateUser")
def reactivate_user(call: Call) -> Json:
    """Undo a deactivation."""
    user = call.world.users.living(call.params["id"])
    if not user.deactivated_at and call.world.options.repeated_reactivate == "bad_input":
        raise bad_input(f"user {user.id} is not deactivated")
    if "name" in call.body:
        fields = call.sent_fields(user.id, {"name": call.body["name"]})
        user.write(fields, call.world.clock.now())
    _reactivate(call, user, restores_messages=bool(call.body.get("restore_messages")))
    return {"user": call.world.view(user.id)}


def _deactivate(call: Call, user: User, *, hides_messages: bool) -> None:
    now = call.world.clock.now()
    user.deactivated_at = user.updated_at = now
    call.world.report("user.deactivated", user)
    if hides_messages:
        for message in _messages_of(call, user):
            message.deleted_at = message.deleted_at or now


def _reactivate(call: Call, user: User, *, restores_messages: bool) -> None:
    user.deactivated_at, user.updated_at = None, call.world.clock.now()
    call.world.report("user.reactivated", user)
    if restores_messages:
        for message in _messages_of(call, user):
            message.deleted_at = None


def _messages_of(call: Call, user: User) -> list[Message]:
    return [message for _, message in call.world.channels.messages() if message.user_id == user.id]
