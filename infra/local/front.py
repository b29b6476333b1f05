"""The front of a local cloud: one short address for an app, with the API, the mailbox, and copies.

`/mailbox` shows texts, mails and pushes. Paths of a bucket of ours go to the emulated S3, all others to the
API. Answers and messages name addresses that an emulated phone does not reach: the emulators, and a host of
the local cloud that does not exist. The app gets others in their place (`translations`). S3's links are
signed with the emulator's host, which the front sends.

It binds the loopback interface. An emulated phone has another name for that: Android's is 10.0.2.2.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType

import requests

from infra.local import mailbox
from infra.local.emulator import free_port

LOOPBACK, ANDROID = "127.0.0.1", "10.0.2.2"
USUAL_PORT = 8080
_BUCKETS = "/ru4m-"
_PATIENCE = 60.0  # seconds; the gateway gives up after 29
# Of one connection, or about a body that is sent anew.
_HOP_BY_HOP = {"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"}
_BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
_TEXTS = ("application/json", "application/problem+json", "text/")


@contextmanager
def running_front(
    api_url: str,
    aws_endpoint: str,
    host: str = LOOPBACK,
    *,
    stream_url: str = "",
    issuer: str = "",
    push_url: str = "",
) -> Iterator[str]:
    """Serve during a `with` block, and yield the address for an app that knows this machine as `host`.

    Args:
        api_url: where the API is.
        aws_endpoint: where the emulator of AWS is.
        host: of this machine, for the app.
        stream_url: where the emulator of Stream is.
        issuer: with which links in messages begin.
        push_url: where the emulator of Apple's and Google's push services is.
    """
    server = _server(USUAL_PORT)
    server.api_url, server.aws_endpoint, server.push_url = api_url, aws_endpoint, push_url
    server.address = f"http://{host}:{server.server_port}"
    shown = {aws_endpoint: server.address, issuer: server.address, stream_url: for_host(stream_url, host)}
    server.translations = {old: new for old, new in shown.items() if old}
    thread = threading.Thread(target=server.serve_forever, name="front", daemon=True)
    thread.start()
    try:
        yield server.address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def for_host(url: str, host: str) -> str:
    """An address of this machine, for an app that knows it as `host`."""
    return url.replace(f"//{LOOPBACK}:", f"//{host}:")


class _Front(ThreadingHTTPServer):
    daemon_threads = True
    api_url = aws_endpoint = push_url = address = ""
    translations: Mapping[str, str] = MappingProxyType({})

    def translated(self, text: str) -> str:
        """A text with the addresses that the app reaches."""
        for old, new in self.translations.items():
            text = text.replace(old, new)
        return text


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
            found = mailbox.newest_first(self.server.aws_endpoint, push_url=self.server.push_url)
            shown = self.server.translated(mailbox.page(found))
        except requests.RequestException:
            self._send(HTTPStatus.BAD_GATEWAY, {}, b"An emulator does not answer\n")
            return
        self._send(HTTPStatus.OK, {"Content-Type": "text/html; charset=utf-8"}, shown.encode())

    def _pass_on(self, to: str) -> None:
        try:
            body = self._body()
        except ValueError:
            self.close_connection = True
            self._send(HTTPStatus.BAD_REQUEST, {}, b"The length of the body is malformed\n")
            return
        sent = dict[str, str]()
        for name, value in self.headers.items():
            if name.lower() not in {"host", *_HOP_BY_HOP}:
                sent[name] = f"{sent[name]},{value}" if name in sent else value
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
            self._send(HTTPStatus.BAD_GATEWAY, {}, b"The local cloud does not answer\n")
            return
        kept = {name: value for name, value in found.headers.items() if name.lower() not in _HOP_BY_HOP}
        content = found.content
        if kept.get("Content-Type", "").startswith(_TEXTS):
            content = self.server.translated(content.decode()).encode()
        if "Location" in kept:
            kept["Location"] = self.server.translated(kept["Location"])
        self._send(found.status_code, kept, content)

    def _body(self) -> bytes:
        """The body of the request, also of one that is sent in chunks (RFC 9112, 7.1).

        Raises:
            ValueError: a length is malformed.
        """
        if "Transfer-Encoding" not in self.headers:
            length = self.headers.get("Content-Length", "0")
            if not length.isdecimal():
                raise ValueError(length)
            return self.rfile.read(int(length))
        parts = list[bytes]()
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(parts)

    def _send(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in _BODILESS and self.command != "HEAD":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if status not in _BODILESS and self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing: the functions log each request."""
