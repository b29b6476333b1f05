"""The WebSocket: connecting, the first message, keepalive, pushing events."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import WSMsgType, web

from infra.stream_emulator import house_rules
from infra.stream_emulator.errors import StreamError, as_object, bad_token, needed, too_many
from infra.stream_emulator.hub import Connection
from infra.stream_emulator.users import MANAGED, checked_profile
from infra.stream_emulator.views import own_user
from infra.stream_emulator.wire import Json, encoded, parsed
from infra.stream_emulator.world import World

OPERATION = "Connect"
_NEVER_WRITTEN = ("role", "teams", MANAGED)


def admit(world: World, query: dict[str, str], entry: Json) -> Connection:
    """Check the token and write the user as far as the grants allow.

    Raises:
        StreamError: the client may not connect.
    """
    principal = world.principal(
        query.get("api_key"), query.get("authorization"), query.get("stream-auth-type")
    )
    entry["principal"] = str(principal)
    if world.limits.count(OPERATION, principal).is_over:
        raise too_many(OPERATION)
    described = _described(query)
    details = described.get("user_details") or {}
    user_id = needed(principal.user_id, bad_token(5, "a connection needs a user token"))
    if details.get("id", described.get("user_id")) != user_id:
        raise bad_token(5, "user_id of the token is not the one of the connection")
    world.users.ensure(user_id)
    user = world.active(user_id)
    profile = {
        name: value for name, value in details.items() if name not in ("id", "custom", *_NEVER_WRITTEN)
    } | (details.get("custom") or {})
    if profile and world.may(principal, "update-user-owner"):
        user.write(checked_profile(profile), world.clock.now())
        world.announce("user.updated", user)
    elif profile:
        house_rules.record_profile(world, principal, OPERATION, user_id, profile)
        if world.options.user_details == "refused":
            world.demand(principal, "update-user-owner")
        if "invisible" in profile and world.options.connect_writes_status:
            user.write(checked_profile({"invisible": profile["invisible"]}), world.clock.now())
            world.announce("user.updated", user)
    user.online, user.last_active = True, world.clock.now()
    world.show_presence(user)
    return world.hub.join(user_id)


def _described(query: dict[str, str]) -> Json:
    return as_object(parsed(query.get("json", "")), "json must describe the connection")


async def converse(world: World, request: web.Request, connection: Connection) -> web.StreamResponse:
    """Serve one admitted connection until the client disconnects."""
    socket = web.WebSocketResponse()
    try:
        await socket.prepare(request)
        connection.send(_health(world, connection) | {"me": own_user(world, connection.user_id)})
        pump = asyncio.create_task(_pump(socket, connection))
        try:
            await _listen(world, socket, connection)
        finally:
            pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await pump
    finally:
        user = world.users.known(connection.user_id)
        if world.hub.leave(connection) and user:
            user.online = False
            world.show_presence(user)
    return socket


async def _pump(socket: web.WebSocketResponse, connection: Connection) -> None:
    while True:
        text = await connection.outbox.get()
        with contextlib.suppress(ConnectionResetError):
            await socket.send_str(text)


async def _listen(world: World, socket: web.WebSocketResponse, connection: Connection) -> None:
    async for message in socket:
        # Clients send nothing but keepalives; each gets one back.
        if message.type is WSMsgType.TEXT:
            connection.send(_health(world, connection))


def _health(world: World, connection: Connection) -> Json:
    return {
        "type": "health.check",
        "connection_id": connection.id,
        "cid": "*",
        "created_at": world.clock.now(),
    }


async def turn_away(request: web.Request, error: StreamError) -> web.StreamResponse:
    """Send a client the error over the WebSocket, and close it."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    event = {"type": "connection.error", "connection_id": "", "error": error.body(OPERATION)}
    await socket.send_str(encoded(event))
    await socket.close()
    return socket
