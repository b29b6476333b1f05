"""HTTP in and out: bodies of requests, and responses, true ones and falsified ones."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aiohttp import web

from infra.stream_emulator.errors import StreamError
from infra.stream_emulator.faults import Fault
from infra.stream_emulator.wire import Json, encoded, parsed

JSON = "application/json"


@dataclass
class Answer:
    """A response, unless a fault falsifies it."""

    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)


async def read_body(request: web.Request) -> object:
    """The parsed body: `{}` if it is empty, None if it is not JSON."""
    if request.content_type == "multipart/form-data":
        form = await request.post()
        return {name: _part(value) for name, value in form.items()}
    raw = await request.read()
    return parsed(raw) if raw else {}


def _part(value: object) -> object:
    if isinstance(value, web.FileField):
        return {"name": value.filename, "content": value.file.read()}
    return parsed(value) if isinstance(value, str) else None


def true(request: web.Request, answer: Answer) -> web.Response:
    """The true response, in the form of the path's version."""
    text = encoded(answer.body, v2=request.path.startswith("/api/v2/"))
    return web.Response(text=text, status=answer.status, headers=answer.headers, content_type=JSON)


def falsified(request: web.Request, fault: Fault, answer: Answer) -> web.Response:
    """The response with a fault applied; a fault with only a delay changes nothing."""
    if fault.drop_connection:
        if request.transport:
            request.transport.close()
        return web.Response(status=500)
    if not fault.takes_the_answer:
        return true(request, answer)
    status = fault.status if fault.status is not None else answer.status
    headers = answer.headers | (fault.headers or {})
    if fault.body is not None:
        return web.Response(text=fault.body, status=status, headers=headers)
    body = injected(fault).body("Request")
    return web.Response(text=encoded(body), status=status, headers=headers, content_type=JSON)


async def half_of(request: web.Request, content: bytes, media_type: str) -> web.StreamResponse:
    """A response that states its length and is truncated in the middle."""
    answer = web.StreamResponse(headers={"Content-Length": str(len(content)), "Content-Type": media_type})
    await answer.prepare(request)
    await answer.write(content[: len(content) // 2])
    if request.transport:
        request.transport.close()
    return answer


async def delay(fault: Fault) -> None:
    """Wait as long as a fault says."""
    if fault.delay_ms:
        await asyncio.sleep(fault.delay_ms / 1000)


def injected(fault: Fault) -> StreamError:
    """The error of a fault."""
    code = fault.code if fault.code is not None else -1
    return StreamError(fault.status or 500, code, "an injected fault")


def as_json(value: object, status: int = 200) -> web.Response:
    """Any value, in the legacy form."""
    return web.Response(text=encoded(value), status=status, content_type=JSON)


def refusal(operation: str, error: StreamError) -> web.Response:
    """An error outside of the routes."""
    return as_json(error.body(operation), error.status)
