"""Routes under /_emulator for tests and the tour, and files that need no token.

GET state, GET requests, GET exports; POST faults (a list, see faults.Fault), DELETE faults; POST reset;
POST clock `{advance_seconds}`; POST age `{seconds, messages?, policies?}` to make these older; POST cleanup
to run the clean-up of old messages; POST options (see options.Options); POST hosts
`{address: address on this machine}`; POST tasks
`{times, failure?, results?}` to spoil the next tasks; POST plant `{user_id, user?, message?, calls?}` to add
to a user's exports. control.Emulator calls them. A fault may meet a download too; with `commit` and
`drop_connection` half of the file arrives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from infra.stream_emulator.channels import Channel
from infra.stream_emulator.errors import StreamError, bad_input, not_found
from infra.stream_emulator.http_messages import Answer, as_json, delay, falsified, half_of, read_body, refusal
from infra.stream_emulator.routes.exports import exported_file, kept_files
from infra.stream_emulator.routes.retention import clean_up, make_older
from infra.stream_emulator.tasks import Spoiling
from infra.stream_emulator.views import channel_object
from infra.stream_emulator.wire import Json
from infra.stream_emulator.world import World

NDJSON = "application/x-ndjson"


class Backdoor:
    """The routes outside of Stream's API."""

    def __init__(self, world: World) -> None:
        self.world = world

    def mount(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        router.add_get("/_emulator/{shown}", self._show)
        router.add_delete("/_emulator/faults", self._clear_faults)
        router.add_post("/_emulator/{order}", self._steer)
        router.add_get("/exports/users/{id}", self._export)
        router.add_get("/cdn/{id}/{name}", self._cdn)

    async def _show(self, request: web.Request) -> web.Response:
        shown = _SHOWN.get(request.match_info["shown"])
        return as_json(shown(self.world)) if shown else web.Response(status=404)

    async def _clear_faults(self, request: web.Request) -> web.Response:
        del request
        self.world.faults.clear()
        return as_json({})

    async def _steer(self, request: web.Request) -> web.Response:
        try:
            _steer(self.world, request.match_info["order"], await read_body(request))
        except StreamError as error:
            return refusal("Emulator", error)
        return as_json({})

    async def _export(self, request: web.Request) -> web.StreamResponse:
        self._note_download(request)
        fault = self.world.faults.take("GET", request.path)
        if fault and not fault.commit:
            await delay(fault)
            if fault.takes_the_answer:
                return falsified(request, fault, Answer(200, {}))
        try:
            text = exported_file(self.world, request.match_info["id"], dict(request.query))
        except StreamError as error:
            return refusal("Export", error)
        if fault and fault.drop_connection:
            return await half_of(request, text.encode(), NDJSON)
        return web.Response(text=text, content_type=NDJSON)

    def _note_download(self, request: web.Request) -> None:
        """Record the names of headers: a download by link should carry no credentials."""
        entry: Json = {"method": "GET", "path": request.path, "operation": "Download", "principal": "link"}
        headers = sorted(name.lower() for name in request.headers)
        self.world.journal.record(entry | {"headers": headers, "at": self.world.clock.now()})

    async def _cdn(self, request: web.Request) -> web.Response:
        upload = self.world.uploads.get(f"{request.scheme}://{request.host}{request.path}")
        return web.Response(body=upload.content) if upload else web.Response(status=404)


def _state(world: World) -> Json:
    """All data of the emulated app."""
    world.tasks.follow_clock()
    users = {}
    for user in world.users:
        shown = world.view(user.id)
        users[user.id] = shown.custom | shown.fields | {"state": user.state}
    return {
        "users": users,
        "channels": {channel.cid: _of_channel(world, channel) for channel in world.channels},
        "tasks": {
            task.id: task.rendered() | {"kind": task.kind, "result": _kept(task.result)}
            for task in world.tasks
        },
        "calls": {user_id: world.calls_of(user_id) for user_id in world.planted},
        "files": {url: upload.rendered() for url, upload in world.uploads.items()},
        "app": world.app.rendered(),
        "retention": world.app.retention,
        "moderation": world.moderation.stored(),
        "hooks": world.webhooks.deliveries,
        "violations": world.journal.violations,
    }


def _kept(result: Json | None) -> Json | None:
    return {"url": "made when asked"} if result and "lines" in result else result


def _of_channel(world: World, channel: Channel) -> Json:
    shown = channel_object(world, channel)
    messages = [message.rendered(world.view, to_server=True) for message in channel.messages]
    plain = {
        "members": list(channel.members),
        "messages": messages,
        "watchers": world.hub.watchers(channel.cid),
    }
    return shown.custom | shown.fields | plain


def _steer(world: World, order: str, body: object) -> None:
    """Execute one command of a test.

    Raises:
        StreamError: the command is unknown or malformed.
    """
    if order not in _ORDERS:
        raise not_found(order)
    if order != "faults" and not isinstance(body, dict):
        raise bad_input("the body must be an object")
    _ORDERS[order](world, body)


def _spoil_tasks(world: World, body: Json) -> None:
    world.tasks.spoil(Spoiling(body.get("times", 1), body.get("failure"), body.get("results") or {}))


_SHOWN: dict[str, Callable[[World], Json]] = {
    "state": _state,
    "requests": lambda world: {"requests": list(world.journal.requests)},
    "exports": lambda world: {"exports": kept_files(world)},
}
_ORDERS: dict[str, Callable[[World, Any], None]] = {
    "age": make_older,
    "cleanup": lambda world, _: clean_up(world),
    "clock": lambda world, body: world.clock.advance(float(body.get("advance_seconds", 0))),
    "faults": lambda world, body: world.faults.add(body),  # a list
    "hosts": lambda world, body: world.webhooks.resolved.update(body),
    "options": World.choose,
    "plant": World.plant,
    "reset": lambda world, _: world.reset(),
    "tasks": _spoil_tasks,
}
