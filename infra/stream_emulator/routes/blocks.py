"""Blocks: a user wants no conversation of two with another."""

from __future__ import annotations

from infra.stream_emulator.call import TOP, Call
from infra.stream_emulator.errors import bad_input
from infra.stream_emulator.moderation import Block
from infra.stream_emulator.wire import Json


@TOP.on("POST", "/users/block", "BlockUsers", for_clients=True)
def block(call: Call) -> Json:
    """Block a user, which hides the conversations of two with that user."""
    blocker = call.author(call.body)
    target = call.another_user(blocker, call.body.get("blocked_user_id"))
    made = Block(blocker, target, call.world.clock.now())
    call.world.moderation.blocks[blocker, target] = made
    return {"blocked_by_user_id": blocker, "blocked_user_id": target, "created_at": made.created_at}


@TOP.on("POST", "/users/unblock", "UnblockUsers", for_clients=True)
def unblock(call: Call) -> Json:
    """End a block; the messages sent meanwhile become visible."""
    blocker = call.author(call.body)
    target = call.body.get("blocked_user_id")
    if not isinstance(target, str) or not target:
        raise bad_input("blocked_user_id must be the id of a user")
    call.refuse_absent(is_there=call.world.moderation.has_blocked(blocker, target))
    call.world.moderation.blocks.pop((blocker, target), None)
    return {}


@TOP.on("GET", "/users/block", "GetBlockedUsers", for_clients=True)
def get_blocked_users(call: Call) -> Json:
    """The users whom a user blocks."""
    blocker = call.author(dict(call.query))
    found = call.world.moderation.blocks_of(blocker)
    return {"blocks": [block.rendered(call.world.view) for block in found]}
