"""The front of a local cloud: one short address for an app, with the API, the mailbox, and copies.

`/mailbox` shows texts and mails, paths of a bucket of ours go to the emulated S3, and all others to the API.
Where an answer names the emulator of AWS, as the link to a copy does, the app gets the address of the front:
an emulated phone reaches nothing else. S3's links are signed with the emulator's host, which the front sends.

It binds the loopback interface. An emulated phone has another name for that: Android's is 10.0.2.2.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

from infra.local import mailbox
from infra.local.emulator import free_port

LOOPBACK, ANDROID = "127.0.0.1", "10.0.2.2"
USUAL_PORT = 8080
_BUCKETS = "/ru4m-"
_PATIENCE = 60.0  # seconds; the gateway gives up after 29
# Of one connection, or about a body that is sent anew.
_HOP_BY_HOP = {"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"}
_TEXTS = ("application/json", "application/problem+json", "text/")


@contextmanager
def running_front(api_url: str, aws_endpoint: str, host: str = LOOPBACK) -> Iterator[str]:
    """Serve during a `with` block, and yield the address for an app that knows this machine as `host`."""
    server = _server(USUAL_PORT)
    server.api_url, server.aws_endpoint = api_url, aws_endpoint
    server.address = f"http://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, name="front", daemon=True)
    thread.start()
    try:
        yield server.address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Front(ThreadingHTTPServer):
    daemon_threads = True
    api_url = aws_endpoint = address = ""


def _server(port: int) -> _Front:
    """A server at a port, or at any free one if another program has it."""
    try:
        return _Front((LOOPBACK, port), _Request)
    except OSError:
        return _Front((LOOPBACK, free_port()), _Request)


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Front

    def _answer(self) -> None:
        if self.path == "/mailbox":
            self._send_mailbox()
        elif self.path.startswith(_BUCKETS):
            self._pass_on(self.server.aws_endpoint)
        else:
            self._pass_on(self.server.api_url)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer  # noqa: N815 - names of http.server

    def _send_mailbox(self) -> None:
        try:
            shown = mailbox.page(mailbox.newest_first(self.server.aws_endpoint))
        except requests.RequestException:
            self.send_error(HTTPStatus.BAD_GATEWAY, "The emulator of AWS does not answer")
            return
        self._send(HTTPStatus.OK, {"Content-Type": "text/html; charset=utf-8"}, shown.encode())

    def _pass_on(self, to: str) -> None:
        sent = {
            name: value for name, value in self.headers.items() if name.lower() not in {"host", *_HOP_BY_HOP}
        }
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            found = requests.request(
                self.command,
                to + self.path,
                data=body,
                headers=sent,
                timeout=_PATIENCE,
                allow_redirects=False,
            )
        except requests.RequestException:
            self.send_error(HTTPStatus.BAD_GATEWAY, "The local cloud does not answer")
            return
        kept = {name: value for name, value in found.headers.items() if name.lower() not in _HOP_BY_HOP}
        content = found.content
        if kept.get("Content-Type", "").startswith(_TEXTS):
            content = content.replace(self.server.aws_endpoint.encode(), self.server.address.encode())
        if "Location" in kept:
            kept["Location"] = kept["Location"].replace(self.server.aws_endpoint, self.server.address)
        self._send(found.status_code, kept, content)

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing: the functions log each request."""
