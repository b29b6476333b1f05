"""Bodies and queries of incoming requests."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aiohttp import web

from infra.stream_emulator.wire import Json

_IN_JSON = ("json", "payload")
_NOT_KEPT = ("authorization", "api_key")


async def read_body(request: web.Request) -> object:
    """The parsed body: `{}` if it is empty, None if it is not JSON."""
    if request.content_type == "multipart/form-data":
        form = await request.post()
        return {name: _part(value) for name, value in form.items()}
    raw = await request.read()
    return parsed(raw) if raw else {}


def parsed(text: str | bytes) -> object:
    """The JSON value of a text, or None if it is not JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _part(value: object) -> object:
    if isinstance(value, web.FileField):
        return {"name": value.filename, "content": value.file.read()}
    return parsed(value) if isinstance(value, str) else None


def kept_query(query: Mapping[str, str]) -> Json:
    """The query as the journal stores it: readable, and without the token."""
    return {
        name: (parsed(text) if name in _IN_JSON else None) or text
        for name, text in query.items()
        if name not in _NOT_KEPT
    }


def kept_body(body: object) -> object:
    """The body as the journal stores it: of a file only its name."""
    if isinstance(body, dict) and isinstance(body.get("file"), dict):
        return {**body, "file": {"name": body["file"]["name"]}}
    return body
