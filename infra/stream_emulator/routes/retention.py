"""Policies by which Stream deletes old messages and channels without activity."""

from __future__ import annotations

from infra.stream_emulator.call import CHAT, Call
from infra.stream_emulator.cleanup import INACTIVE_CHANNELS, OLD_MESSAGES
from infra.stream_emulator.errors import bad_input
from infra.stream_emulator.wire import Json

POLICIES = (OLD_MESSAGES, INACTIVE_CHANNELS)
_SHORTEST, _LONGEST = 24, 43_800  # hours


@CHAT.on("GET", "/retention_policy", "GetRetentionPolicy")
def get_retention_policy(call: Call) -> Json:
    """All policies that are set."""
    return {"policies": list(call.world.app.retention.values())}


@CHAT.on("POST", "/retention_policy", "SetRetentionPolicy")
def set_retention_policy(call: Call) -> Json:
    """Create or replace a policy."""
    policy, hours = _policy(call), call.body.get("max_age_hours")
    if not isinstance(hours, int) or isinstance(hours, bool) or not _SHORTEST <= hours <= _LONGEST:
        raise bad_input(f"max_age_hours must be between {_SHORTEST} and {_LONGEST}")
    made = {
        "app_pk": 1,
        "policy": policy,
        "config": {"max_age_hours": hours},
        "enabled_at": call.world.clock.now(),
    }
    call.world.app.retention[policy] = made
    return {"policy": made}


@CHAT.on("POST", "/retention_policy/delete", "DeleteRetentionPolicy")
def delete_retention_policy(call: Call) -> Json:
    """Remove a policy."""
    call.world.app.retention.pop(_policy(call), None)
    return {}


def _policy(call: Call) -> str:
    policy = call.body.get("policy")
    if not isinstance(policy, str) or policy not in POLICIES:
        raise bad_input(f"policy must be one of {POLICIES}")
    return policy
