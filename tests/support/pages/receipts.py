"""The page of a receipt: a server on this machine with the routes that its script calls, and a reader.

The reader opens the link in a browser, reads, and clicks.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from chalicelib.core.http import PublicPage
from chalicelib.core.http.answers import respond
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.languages import Language, preferred
from chalicelib.rights.answers.receipt_page import RECEIPT_POLICY, receipt_page
from chalicelib.rights.answers.views import RequestView
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Right, Status
from infra.local.chromium import PHONE, Browser, Screen
from tests.support.cases import certificates
from tests.support.cases.certificates import REQUEST

CONTACT = "privacy@test.example"
RECEIPT = "1." + "Rec-ipt_" * 5 + "123"
PATH = "/api/v1/rights-receipts/" + REQUEST
CERTIFICATE_PAGE = "/api/privacy/certificate?rights_request_id=" + REQUEST
ACCOUNT, USER = AccountId.new(), UserId.new()


def a_request(**changes: Any) -> RightsRequest:
    """Return a request for an erasure in its time of waiting."""
    given: dict[str, Any] = {
        "request_id": REQUEST,
        "account_id": ACCOUNT,
        "user_id": USER,
        "right": Right.ERASURE,
        "received_at": datetime(2026, 11, 24, 12, tzinfo=UTC),
        "status": Status.IN_PROGRESS,
        **changes,
    }
    return RightsRequest(**given)


def closed(status: Status, **changes: Any) -> RightsRequest:
    at = datetime(2026, 12, 1, 12, tzinfo=UTC)
    return a_request(status=status, decided_at=at, closed_at=at, **changes)


@dataclass
class ReceiptServer:
    """What the server answers, and what it was asked."""

    url: str = ""
    request: RightsRequest = field(default_factory=a_request)
    # By method and path: a status and a problem's code, instead of the answer.
    refusals: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    broken: bool = False  # closes each connection without a response
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)  # with the receipt

    @property
    def link(self) -> str:
        return f"{self.url}/api/privacy/request#{REQUEST}.{RECEIPT}"

    def answer(
        self, method: str, path: str, receipt: str | None, accepted: str | None = None
    ) -> tuple[int, dict[str, str], str]:
        language = preferred(accepted or "")
        if (method, path) == ("GET", "/api/privacy/request"):
            page = respond(PublicPage(markup=receipt_page(CONTACT), policy=RECEIPT_POLICY), "-")
            return 200, {name: str(value) for name, value in page.headers.items()}, page.body
        self.asked.append((method, path.removeprefix(PATH), receipt))
        if refused := self.refusals.get((method, path.removeprefix(PATH))):
            return refused[0], {"Content-Type": "application/problem+json"}, f'{{"code":"{refused[1]}"}}'
        as_json = {"Content-Type": "application/json"}
        match method, path.removeprefix(PATH):
            case "GET", "/certificate":
                return 200, as_json, '{"algorithm":"ECDSA_SHA_256"}'
            case "GET", path if path == CERTIFICATE_PAGE:
                return (
                    200,
                    {"Content-Type": "text/html; charset=utf-8"},
                    certificates.a_page(language=language or Language.ENGLISH),
                )
            case "POST", "/cancel":
                self.request = closed(Status.CANCELLED)
        return 200, as_json, RequestView.of(self.request, language).model_dump_json(exclude_none=True)


@contextmanager
def receipt_server() -> Iterator[ReceiptServer]:
    """Serve until the end of the block, under a base path as on AWS."""
    state = ReceiptServer()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            if state.broken:
                self.close_connection = True
                return
            status, headers, text = state.answer(
                self.command, self.path, self.headers["Rights-Receipt"], self.headers["Accept-Language"]
            )
            body = text.encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _serve  # noqa: N815 - names of the standard library

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


# Settles when the page waits for its reader: no button is disabled, and nothing is being loaded.
_READY = """
new Promise(done => {
  const look = () => document.querySelector('button:disabled')
    || document.getElementById('news')?.textContent.endsWith('…') ? setTimeout(look, 5) : done(true)
  setTimeout(look, 5)
})
"""


def speak(chromium: Browser, languages: str) -> None:
    agent = chromium.value("navigator.userAgent")
    chromium.call("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=languages)


def visit(chromium: Browser, url: str, screen: Screen = PHONE) -> str:
    """Open a link in a fresh document; return what is seen once the page has loaded the request."""
    chromium.visit("about:blank", screen)
    chromium.visit(url, screen)
    return seen(chromium)


def seen(chromium: Browser) -> str:
    chromium.value(_READY)
    return str(chromium.value("document.body.innerText"))


def buttons(chromium: Browser) -> list[str]:
    found: list[str] = chromium.value("[...document.querySelectorAll('button')].map(one => one.innerText)")
    return found


def click(chromium: Browser, label: str) -> str:
    chromium.value(
        f"[...document.querySelectorAll('button')].find(one => one.innerText === '{label}').click()"
    )
    return seen(chromium)
