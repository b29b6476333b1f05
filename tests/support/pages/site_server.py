"""The site that is served on this machine over the world of a test, below a base path as a stage has one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.world.world import Reply, World

BASE = "/api"
_PASSED = ("accept", "accept-language", "content-type", "cookie", "if-none-match", "sec-fetch-site")


@dataclass
class SiteServer:
    """A server, what it was asked, and what it answered.

    It answers one request after the other, since a world has one time and one set of patches.

    Attributes:
        url: of the first page of the API.
        answered: the reply to each request, by its line.
        failed: what a check of the world raised while it answered.
    """

    world: World
    url: str = ""
    answered: list[tuple[str, Reply]] = field(default_factory=list)
    failed: list[BaseException] = field(default_factory=list)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str, headers: dict[str, str], sent: bytes) -> Reply:
        """Answer a request as the stage does."""
        with self._turn:
            try:
                reply = self.world.call(method, path.removeprefix(BASE), raw=sent, headers=headers)
            except BaseException as error:
                self.failed.append(error)
                raise
            self.answered.append((f"{method} {path}", reply))
            return reply


@contextmanager
def site_server(world: World) -> Iterator[SiteServer]:
    """Serve the site until the block ends, and then raise what failed.

    Each connection has a thread: a browser opens some ahead and sends nothing on them for minutes.
    """
    site = SiteServer(world)

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            passed = {name: value for name in _PASSED if (value := self.headers.get(name))}
            reply = site.answer(self.command, self.path, passed, sent)
            body = reply.text.encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _serve  # noqa: N815 - named by the library

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.block_on_close = False  # connections that were opened ahead end with the browser
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}{BASE}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    if site.failed:
        raise site.failed[0]
