"""The app as a WSGI application, for tools that need one."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from tests.support.world.contract import DOCUMENT
from tests.support.world.world import World

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Stage:
    """Serves the current world, or only the contract if there is no world.

    Every response is also checked against the contract, as in the other tests.
    """

    world: World | None = None

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if self.world is None:
            start_response("200 OK", [("content-type", "application/json")])
            return [DOCUMENT.read_bytes()]
        reply = self.world.call(
            environ["REQUEST_METHOD"], _path(environ), raw=_body(environ), headers=_headers(environ)
        )
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", list(reply.headers.items()))
        return [reply.text.encode()]


def _path(environ: dict[str, Any]) -> str:
    path = quote(environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"))
    return f"{path}?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else path


def _body(environ: dict[str, Any]) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return body


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    return {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }
