"""The server of the desk: on 127.0.0.1 only, for one browser, until it is idle for 30 minutes (ADR 97).

It refuses a request before it reads anything of the stage, unless

- the host is its own address and port, so no page of a domain that resolves to this machine is answered
  (DNS rebinding);
- it has the cookie that the link of the command sets, once;
- what changes something comes from its own pages (`Sec-Fetch-Site`, or `Origin`).

Nothing is stored on disk, also not by the browser.
"""

from __future__ import annotations

import asyncio
import hmac
from secrets import token_urlsafe
from socket import create_server

from aiohttp import web

from chalicelib.core import clock
from chalicelib.core.clock import MINUTE
from chalicelib.core.markup import tag
from infra.ops.desk import pages
from infra.ops.desk.desk import Desk, DeskPage
from infra.ops.internal_api import InternalApi
from infra.ops.operator_console import note

IDLE = 30 * MINUTE
_LONGEST = 256 * 1024  # bytes of a form
_HEADERS = {
    "Content-Security-Policy": pages.POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class DeskServer:
    """One desk, its address, and the secrets of its only browser."""

    def __init__(self, desk: Desk, port: int) -> None:
        self._desk, self._host = desk, f"127.0.0.1:{port}"
        # Cookies are shared by all ports of a host, and another desk may run.
        self._cookie, self._secret = f"desk_{port}", token_urlsafe(32)
        self._entry: str | None = token_urlsafe(32)
        self._used_at = clock.now()

    @property
    def link(self) -> str:
        """The link that opens the desk, in the first browser that follows it."""
        return f"http://{self._host}/enter/{self._entry}"

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request."""
        if refusal := self._refusal(request):
            return refusal
        self._used_at = clock.now()
        if request.path == "/":
            return _response(DeskPage(status=303, location="/inbox"))
        if request.method == "POST":
            typed = await request.post()
            fields = {name: "\n".join(map(str, typed.getall(name))) for name in typed}
            return _response(await asyncio.to_thread(self._desk.act, request.path, fields))
        return _response(await asyncio.to_thread(self._desk.open, request.path, dict(request.query)))

    def _refusal(self, request: web.Request) -> web.Response | None:
        """Return the response to a request that is not this browser's, or that is its first one."""
        for is_wrong, reason in (
            (request.host != self._host, "This is not the address of the desk."),
            (request.method not in {"GET", "POST"}, "The desk has no such method."),
            (self._is_foreign(request), "This is not a page or a form of the desk."),
            (clock.now() - self._used_at > IDLE, "The desk was idle for 30 minutes. Run `ops desk` again."),
        ):
            if is_wrong:
                return _refused(reason)
        if self._entry and _same(request.path, f"/enter/{self._entry}"):
            self._entry = None
            entered = _response(DeskPage(status=303, location="/inbox"))
            entered.set_cookie(self._cookie, self._secret, httponly=True, samesite="Strict", path="/")
            return entered
        if not _same(request.cookies.get(self._cookie, ""), self._secret):
            return _refused("Open the link that `ops desk` printed. It works once, in one browser.")
        return None

    def _is_foreign(self, request: web.Request) -> bool:
        """Whether another site asks, or a browser reads ahead. Without a referrer, `Origin` may be null."""
        site = request.headers.get("Sec-Fetch-Site", "none")
        if request.method == "POST":
            return site != "same-origin" and request.headers.get("Origin") != f"http://{self._host}"
        return site in {"same-site", "cross-site"} or "Sec-Purpose" in request.headers


def serve(api: InternalApi) -> None:
    """Serve the same as pages on this machine, for one browser, and print the link. Ctrl-C ends it."""
    socket = create_server(("127.0.0.1", 0))
    server = DeskServer(Desk(api), socket.getsockname()[1])
    note(f"{server.link}\nOpen this link in a browser on this machine; it works once. Ctrl-C ends the desk.")
    web.run_app(application(server), sock=socket, print=None, access_log=None)


def application(server: DeskServer) -> web.Application:
    """Return the web application, in which the server answers each request."""
    app = web.Application(client_max_size=_LONGEST)
    app.router.add_route("*", "/{path:.*}", server.answer)
    return app


def _response(shown: DeskPage) -> web.Response:
    more = {"Location": shown.location} if shown.location else {}
    headers = {**_HEADERS, **more}
    return web.Response(text=shown.html, status=shown.status, content_type="text/html", headers=headers)


def _refused(reason: str) -> web.Response:
    return _response(DeskPage(pages.document("RU4M desk", (), tag("p", reason, role="alert")), 403))


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode(), secret.encode())
