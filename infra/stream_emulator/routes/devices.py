"""Push tokens of devices. The house rules let none of them in."""

from __future__ import annotations

from infra.stream_emulator import house_rules
from infra.stream_emulator.call import TOP, Call
from infra.stream_emulator.errors import bad_input, not_found
from infra.stream_emulator.wire import Json

_PROVIDERS = ("apn", "firebase", "huawei", "xiaomi")
_MAX_DEVICES = 25


@TOP.on("POST", "/devices", "CreateDevice", for_clients=True)
def create_device(call: Call) -> Json:
    """Register a push token for a user, who has at most 25."""
    house_rules.refuse_push_token(call, str(call.principal.user_id or call.body.get("user_id")))
    owner, token = call.author(call.body), call.body.get("id")
    if not isinstance(token, str) or not token:
        raise bad_input("a device needs an id")
    if call.body.get("push_provider") not in _PROVIDERS:
        raise bad_input(f"push_provider must be one of {_PROVIDERS}")
    held = call.world.users.living(owner).devices
    if token not in held and len(held) >= _MAX_DEVICES:
        raise bad_input(f"a user has at most {_MAX_DEVICES} devices")
    held[token] = {
        "id": token,
        "push_provider": call.body["push_provider"],
        "push_provider_name": call.body.get("push_provider_name", ""),
        "user_id": owner,
        "created_at": call.world.clock.now(),
    }
    return {}


@TOP.on("GET", "/devices", "ListDevices", for_clients=True)
def list_devices(call: Call) -> Json:
    """The devices of a user."""
    return {"devices": list(call.world.users.living(call.author(dict(call.query))).devices.values())}


@TOP.on("DELETE", "/devices", "DeleteDevice", for_clients=True)
def delete_device(call: Call) -> Json:
    """Remove a push token."""
    held = call.world.users.living(call.author(dict(call.query))).devices
    if held.pop(call.query.get("id", ""), None) is None:
        raise not_found("device does not exist")
    return {}
