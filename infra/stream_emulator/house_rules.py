"""RU4M's own rules: what must not reach Stream, although Stream would take it.

Every other refusal in this package is Stream's. A violation is recorded even if the backend swallows the
error. The option `house_rules` switches all of these rules off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.stream_emulator.errors import bad_input

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.stream_emulator.call import Call
    from infra.stream_emulator.tokens import Principal
    from infra.stream_emulator.world import World

# The fields that the server may send, by what they are of.
ALLOWED = {
    "user": frozenset({"id", "name", "image", "invisible"}),
    "member": frozenset({"user_id", "user", "channel_role"}),
    "channel": frozenset({"members", "created_by", "created_by_id", "name"}),
}


def refuse_fields(call: Call, of: str, named: str, sent: Iterable[str], *, also: Iterable[str] = ()) -> None:
    """Refuse all other fields of a user, a member or a channel from the server (STR-1).

    Args:
        call: the request; clients are restricted by grants instead.
        of: what they are of.
        named: whose fields they are, for the record.
        sent: the names of the fields; what v2 nests in `custom` counts like the others.
        also: further fields that this request may carry.
    """
    beyond = sorted(set(sent) - ALLOWED[of] - set(also))
    if call.principal.is_server and beyond:
        _refuse(call, named, beyond, f"STR-1: fields {beyond} of {of} {named} must not reach Stream")


def refuse_push_token(call: Call, user_id: str) -> None:
    """Refuse a push token, from the server and from clients (STR-2)."""
    _refuse(call, user_id, ["push"], "STR-2: push tokens must not reach Stream")


def record_profile(
    world: World, principal: Principal, operation: str, user_id: str, sent: Iterable[str]
) -> None:
    """Record a profile that a client sent when it connected; our apps send the id alone."""
    if world.options.house_rules:
        _record(world, principal, operation, user_id, sorted(sent))


def _refuse(call: Call, user_id: str, fields: list[str], rule: str) -> None:
    if call.world.options.house_rules:
        _record(call.world, call.principal, call.operation, user_id, fields)
        raise bad_input(f"RU4M's own rule {rule}")


def _record(world: World, principal: Principal, operation: str, user_id: str, fields: list[str]) -> None:
    about = {"user_id": user_id, "fields": fields}
    world.journal.violation(principal=str(principal), operation=operation, about=about, at=world.clock.now())
