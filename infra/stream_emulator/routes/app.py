"""The app's settings, channel types, permissions, limits; guests."""

from __future__ import annotations

from infra.stream_emulator.app_settings import MAX_CHANNEL_TYPES, ChannelType
from infra.stream_emulator.call import CHAT, TOP, Call
from infra.stream_emulator.errors import bad_input, not_allowed
from infra.stream_emulator.permissions import KNOWN, ROLES, described, stock_channel_type
from infra.stream_emulator.wire import Json


@TOP.on("GET", "/app", "GetApp", for_clients=True)
def get_app(call: Call) -> Json:
    """All settings for the server; clients see the app's name only."""
    shown = call.world.app.rendered()
    if not call.principal.is_server:
        shown = {"name": shown["name"]}
    return {"app": shown}


@TOP.on("PATCH", "/app", "UpdateApp")
def update_app(call: Call) -> Json:
    """Change settings."""
    call.world.app.update(call.body, unknown=call.world.options.unknown_settings)
    return {}


@TOP.on("GET", "/permissions", "ListPermissions")
def list_permissions(call: Call) -> Json:
    """Every permission that grants may name."""
    del call
    return {"permissions": [described(permission) for permission in sorted(KNOWN)]}


@TOP.on("GET", "/roles", "ListRoles")
def list_roles(call: Call) -> Json:
    """The built-in roles."""
    at = {"created_at": call.world.clock.now(), "updated_at": call.world.clock.now()}
    return {"roles": [{"name": role, "custom": False, "scopes": [], **at} for role in ROLES]}


@TOP.on("GET", "/rate_limits", "GetRateLimits")
def get_rate_limits(call: Call) -> Json:
    """Return the server's allowances at the requested endpoints."""
    asked = [name for name in call.query.get("endpoints", "").split(",") if name]
    names = asked or list(call.world.options.limits)
    return {"server_side": {name: call.world.limits.server_allowance(name).rendered() for name in names}}


@TOP.on("POST", "/guest", "CreateGuest", for_clients=True)
def create_guest(call: Call) -> Json:
    """Refused: our baseline turns guests off, and the emulator supports none."""
    if call.world.app.values["guest_user_creation_disabled"]:
        raise not_allowed("guest user creation is disabled")
    raise bad_input("the emulator makes no guests")


@CHAT.on("GET", "/channeltypes", "ListChannelTypes")
def list_channel_types(call: Call) -> Json:
    """All channel types by name."""
    found = call.world.app.channel_types.items()
    return {"channel_types": {name: channel_type.rendered() for name, channel_type in found}}


@CHAT.on("POST", "/channeltypes", "CreateChannelType")
def create_channel_type(call: Call) -> Json:
    """A new type, with messaging's stock grants."""
    name = call.body.get("name")
    if not isinstance(name, str) or not name or name in call.world.app.channel_types:
        raise bad_input("a channel type needs a name of its own")
    if len(call.world.app.channel_types) >= MAX_CHANNEL_TYPES:
        raise bad_input(f"an app has at most {MAX_CHANNEL_TYPES} channel types")
    made = ChannelType(name, stock_channel_type(name), call.world.clock.now())
    settings = {key: value for key, value in call.body.items() if key != "name"}
    made.update(settings, unknown=call.world.options.unknown_settings)
    call.world.app.channel_types[name] = made
    return made.rendered()


@CHAT.on("GET", "/channeltypes/{name}", "GetChannelType")
def get_channel_type(call: Call) -> Json:
    """One channel type with its grants."""
    return call.world.app.channel_type(call.params["name"]).rendered()


@CHAT.on("PUT", "/channeltypes/{name}", "UpdateChannelType")
def update_channel_type(call: Call) -> Json:
    """Change flags and grants of a channel type."""
    found = call.world.app.channel_type(call.params["name"])
    found.update(call.body, unknown=call.world.options.unknown_settings)
    return found.rendered()


@CHAT.on("DELETE", "/channeltypes/{name}", "DeleteChannelType")
def delete_channel_type(call: Call) -> Json:
    """Remove a channel type that no channel has."""
    name = call.world.app.channel_type(call.params["name"]).name
    if any(channel.type == name and not channel.deleted_at for channel in call.world.channels):
        raise bad_input(f"there are channels of type {name}")
    del call.world.app.channel_types[name]
    return {}
