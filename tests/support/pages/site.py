"""The pages of the site as their readers get them, and a server of them under a base path as on AWS."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chalicelib.core.http import PublicPage
from chalicelib.core.http.answers import respond
from chalicelib.core.languages import Language
from chalicelib.rights.request.terms import Right
from chalicelib.site import layout
from chalicelib.site.clauses.titles import TITLES, path_of
from chalicelib.site.forms import start, start_api
from chalicelib.site.forms.model import StartForm
from chalicelib.site.layout import SITE_POLICY, Reader
from chalicelib.site.pages import notices_api, registry, rights

BASE = "/api"
# Every page that this package builds, by its path.
PAGES = {
    "/privacy": registry.START,
    **{f"/privacy/{name}": name for name in registry.NAMES},
    **{path_of(right): right for right in Right},
}
# The other pages of the site, by the views of their routes.
OTHERS: Mapping[str, Callable[[None, None], PublicPage]] = {
    "/privacy/request": start_api.get_receipt_page,
    "/privacy/report": start_api.get_report_page,
    "/privacy/support": start_api.get_support_page,
    "/privacy/versions": notices_api.get_versions_page,
}
SERVED = sorted({*PAGES, *OTHERS})


def page(path: str, language: Language = Language.ENGLISH) -> PublicPage:
    """Return a page; that of a right without its form."""
    reader, named = Reader(path, language), PAGES[path]
    if not isinstance(named, Right):
        return registry.page(named, reader)
    parts = rights.about(reader, named)
    return PublicPage(markup=layout.page(reader, reader.say(TITLES[named]), *parts), policy=SITE_POLICY)


def served(path: str) -> PublicPage:
    """Return a page as it is served: with the form that begins on it."""
    if path in OTHERS:
        return OTHERS[path](None, None)
    named = PAGES[path]
    if isinstance(named, Right):
        markup = start.of_right(Reader(path, Language.ENGLISH), named, StartForm())
        return PublicPage(markup=markup, policy=SITE_POLICY)
    return page(path)


@dataclass
class SiteServer:
    """Where the pages are, and the response with the keys of certificates; None: none comes."""

    url: str = ""
    keys: str | None = '{"keys":[]}'

    def answer(self, path: str) -> tuple[int, Mapping[str, str], str]:
        if path.removeprefix(BASE) in SERVED:
            found = respond(served(path.removeprefix(BASE)), "-")
            return 200, {name: str(value) for name, value in found.headers.items()}, found.body
        if path == f"{BASE}/v1/certificate-keys" and self.keys is not None:
            return 200, {"Content-Type": "application/json"}, self.keys
        return 503, {}, json.dumps({"code": "unavailable"})


@contextmanager
def site_server() -> Iterator[SiteServer]:
    """Serve the pages until the end of the block."""
    state = SiteServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, text = state.answer(self.path.partition("?")[0])
            body = text.encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}{BASE}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
