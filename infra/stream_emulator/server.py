"""The HTTP server: dispatches requests to routes, with faults, limits and the journal."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from infra.stream_emulator.backdoor import Backdoor
from infra.stream_emulator.call import Call, Endpoint
from infra.stream_emulator.connect import OPERATION as CONNECT
from infra.stream_emulator.connect import admit, converse, turn_away
from infra.stream_emulator.errors import StreamError, bad_input, not_allowed, not_found, too_many
from infra.stream_emulator.http_messages import Answer, delay, falsified, injected, read_body, true
from infra.stream_emulator.journal import kept_body, kept_query
from infra.stream_emulator.routes import ROUTES
from infra.stream_emulator.tokens import Principal
from infra.stream_emulator.wire import Json
from infra.stream_emulator.world import World

# In the order in which they are tried: fixed paths before those with an id in the same place.
ENDPOINTS = sorted(ROUTES, key=lambda one: [part.startswith("{") for part in one.path.split("/")])
_PREFIX = re.compile(r"^/api/v2(/chat)?(?=/)")
_LARGEST = 100 * 1024 * 1024


class Server:
    """The web application over one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._sockets: set[asyncio.Task[object]] = set()

    def application(self) -> web.Application:
        """All routes: the legacy paths, those of v2, and the emulator's own."""
        application = web.Application(client_max_size=_LARGEST)
        router = application.router
        Backdoor(self.world).mount(router)
        for prefix in ("", "/api/v2"):
            router.add_get(f"{prefix}/connect", self._connect)
        for endpoint in ENDPOINTS:
            nested = "/api/v2/chat" if endpoint.in_chat else "/api/v2"
            for prefix in ("", nested):
                path = prefix + endpoint.path
                router.add_route(endpoint.method, path, self._handler(endpoint))
        router.add_route("*", "/{path:.*}", self._handler(None))
        application.on_shutdown.append(self._close_sockets)
        return application

    def _handler(self, endpoint: Endpoint | None) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._serve(request, endpoint)

        return handle

    async def _serve(self, request: web.Request, endpoint: Endpoint | None) -> web.StreamResponse:
        began, body = time.monotonic(), await read_body(request)
        operation = endpoint.operation if endpoint else "Request"
        entry = self._journal(request, operation, body)
        fault = self.world.faults.take(request.method, entry["path"])
        if fault and not fault.commit:
            await delay(fault)
            if fault.takes_the_answer:
                entry["status"] = fault.status
                headers = self.world.limits.count(operation, None).headers()
                return falsified(request, fault, Answer(500, {}, headers))
        answer = self._answer(request, endpoint, body, entry)
        answer.body["duration"] = f"{(time.monotonic() - began) * 1000:.2f}ms"
        entry["status"] = answer.status
        if fault and fault.commit:
            await delay(fault)
            return falsified(request, fault, answer)
        return true(request, answer)

    def _answer(self, request: web.Request, endpoint: Endpoint | None, body: object, entry: Json) -> Answer:
        """Execute the route without interruption."""
        operation, headers = entry["operation"], {}
        try:
            principal = self._principal(request)
            entry["principal"] = str(principal)
            allowance = self.world.limits.count(operation, principal)
            headers = allowance.headers()
            if allowance.is_over:
                raise too_many(operation)
            call = self._call(request, endpoint, body, principal)
            self.world.tasks.follow_clock()
            found = endpoint.handler(call) if endpoint else {}
        except StreamError as error:
            headers = headers or self.world.limits.count(operation, None).headers()
            return Answer(error.status, error.body(operation), headers)
        return Answer(201 if request.method == "POST" else 200, dict(found), headers)

    def _principal(self, request: web.Request) -> Principal:
        return self.world.principal(
            request.query.get("api_key"),
            request.headers.get("Authorization"),
            request.headers.get("stream-auth-type"),
        )

    def _call(
        self, request: web.Request, endpoint: Endpoint | None, body: object, principal: Principal
    ) -> Call:
        if principal.user_id is not None:
            self.world.active(principal.user_id)
        if endpoint is None:
            raise not_found(f"no route for {request.method} {request.path}")
        if not (endpoint.for_clients or principal.is_server):
            raise not_allowed(f"{endpoint.operation} is for the server only")
        if not isinstance(body, dict):
            raise bad_input("the body must be a JSON object")
        return Call(
            world=self.world,
            operation=endpoint.operation,
            principal=principal,
            params=dict(request.match_info),
            query=dict(request.query),
            body=body,
            base_url=f"{request.scheme}://{request.host}",
        )

    def _journal(self, request: web.Request, operation: str, body: object) -> Json:
        return self.world.journal.record(
            {
                "method": request.method,
                "path": _PREFIX.sub("", request.path),
                "raw_path": request.path,
                "operation": operation,
                "principal": "none",
                "query": kept_query(request.query),
                "body": kept_body(body),
                "status": None,
                "at": self.world.clock.now(),
            }
        )

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        entry = self._journal(request, CONNECT, {})
        fault = self.world.faults.take(request.method, entry["path"])
        if fault:
            await delay(fault)
        if fault and fault.takes_the_answer:
            entry["status"] = fault.status
            if fault.status is None or fault.body is not None:
                return falsified(request, fault, Answer(500, {}))
            return await turn_away(request, injected(fault))
        try:
            connection = admit(self.world, dict(request.query), entry)
        except StreamError as error:
            entry["status"] = error.status
            return await turn_away(request, error)
        entry["status"] = 101
        task = asyncio.current_task()
        if task:
            self._sockets.add(task)
            task.add_done_callback(self._sockets.discard)
        return await converse(self.world, request, connection)

    async def _close_sockets(self, application: web.Application) -> None:
        del application
        for task in list(self._sockets):
            task.cancel()
