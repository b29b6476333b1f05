"""The server of the desk: whom it answers, what a browser shows of it. Pictures: build/pages."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from email.message import Message
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from infra.local.chromium import DESKTOP, PHONE, Browser, Screen, browser
from infra.ops.desk.server import IDLE, DeskServer
from tests.support.cases import breaches
from tests.support.pages.desk import desk_of, served
from tests.support.pages.layout import SCREENS, check_colours, check_print, check_width, findings, submit
from tests.support.world.commands import Wire
from tests.support.world.operators import Operator
from tests.support.world.world import User, World


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user().is_stepped_up()


@pytest.fixture
def server(wire: Wire) -> Iterator[DeskServer]:
    """Serve Alice's desk."""
    with served(desk_of("alice", wire)) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


class Answered(NamedTuple):
    """A response."""

    status: int
    headers: Message
    text: str


def asked(
    server: DeskServer, method: str, path: str, headers: dict[str, str], fields: dict[str, str] | None = None
) -> Answered:
    """Send a request as a program does, with exactly these headers."""
    host = server.link.split("/")[2]
    sent = urlencode(fields) if fields else None
    form = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
    with closing(http.client.HTTPConnection("127.0.0.1", int(host.split(":")[1]), timeout=10)) as connection:
        connection.request(method, path, sent, {"Host": host, **form, **headers})
        reply = connection.getresponse()
        return Answered(reply.status, reply.headers, reply.read().decode())


def entered(server: DeskServer) -> dict[str, str]:
    """Follow the link, and return the cookie that a browser then has."""
    reply = asked(server, "GET", server.link[server.link.index("/enter") :], {})
    assert (reply.status, reply.headers["Location"]) == (303, "/inbox")
    cookie = reply.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    return {"Cookie": cookie.split(";")[0]}


def test_link_opens_the_desk_once(server: DeskServer) -> None:
    link, cookie = server.link[server.link.index("/enter") :], entered(server)
    assert asked(server, "GET", "/inbox", cookie).status == 200
    assert asked(server, "GET", link, {}).status == 403


@pytest.mark.parametrize(
    "headers", [{}, {"Cookie": "desk=x"}, {"Cookie": "desk_1=x"}], ids=["none", "other", "another desk"]
)
def test_request_without_the_cookie_gets_nothing(
    server: DeskServer, wire: Wire, headers: dict[str, str]
) -> None:
    entered(server)
    reply = asked(server, "GET", "/inbox", headers)
    assert (reply.status, wire.sent) == (403, [])


def test_other_host_gets_nothing_also_with_the_cookie(server: DeskServer, wire: Wire) -> None:
    reply = asked(server, "GET", "/inbox", {**entered(server), "Host": "rebound.example"})
    assert (reply.status, wire.sent) == (403, [])


@pytest.mark.parametrize(
    "origin",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "none"},
    ],
    ids=str,
)
def test_form_of_another_origin_changes_nothing(
    server: DeskServer, wire: Wire, origin: dict[str, str]
) -> None:
    headers = entered(server) | origin
    reply = asked(server, "POST", "/holds", headers, {"method": "POST"})
    assert (reply.status, wire.sent) == (403, [])


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Purpose": "prefetch"}],
    ids=str,
)
def test_page_that_another_site_or_a_prefetch_asks_for_is_not_read(
    server: DeskServer, wire: Wire, headers: dict[str, str]
) -> None:
    assert asked(server, "GET", "/inbox", entered(server) | headers).status == 403
    assert wire.sent == []


def test_desk_that_was_idle_for_30_minutes_is_closed(world: World, server: DeskServer, wire: Wire) -> None:
    cookie = entered(server)
    world.advance(IDLE)
    assert asked(server, "GET", "/holds", cookie).status == 200
    world.advance(IDLE + timedelta(seconds=1))
    sent = len(wire.sent)
    assert asked(server, "GET", "/holds", cookie).status == 403
    assert len(wire.sent) == sent


def test_nothing_is_stored_and_nothing_is_loaded_from_elsewhere(server: DeskServer) -> None:
    headers = asked(server, "GET", "/inbox", entered(server)).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "script-src" not in headers["Content-Security-Policy"]


def test_large_form_is_refused(server: DeskServer, wire: Wire) -> None:
    host = server.link.split("/")[2]
    headers = {**entered(server), "Origin": f"http://{host}"}
    reply = asked(server, "POST", "/holds", headers, {"method": "POST", "reason": "x" * 300_000})
    assert (reply.status, wire.sent) == (413, [])


# --- in a browser


def opened(chromium: Browser, server: DeskServer, path: str, screen: Screen = DESKTOP) -> None:
    """Show a page of the desk."""
    chromium.visit(server.link.split("/enter")[0] + path, screen)


@pytest.fixture
def cases(alice: Operator, bob: Operator, mila: User, asked_by_mila: str) -> list[str]:
    """Return the paths of a page of each kind."""
    hold = bob.places_hold(mila.user_id).json["id"]
    breach = breaches.opens(alice)
    breaches.proposes(alice, breach, "high", audience="all", texts=breaches.TEXTS)
    return [
        f"/breaches/{breach}",
        f"/breaches/{breach}/notices",
        "/inbox",
        "/holds",
        f"/holds/{hold}",
        f"/rights-requests/{asked_by_mila}",
        f"/rights-requests/{asked_by_mila}/proposal?method=PUT",
        "/breaches?method=POST",
        "/record",
        f"/subjects/{mila.user_id}",
    ]


@pytest.fixture
def asked_by_mila(mila: User) -> str:
    return str(mila.exercises("access").json["rights_request_id"])


def test_pages_have_no_finding_and_fit_each_screen(
    chromium: Browser, server: DeskServer, cases: list[str]
) -> None:
    chromium.visit(server.link, DESKTOP)
    for path in cases:
        name = re.sub(r"[^a-z]+", "-", re.sub(r"[a-z]+_[0-9a-z]{26}", "one", path)).strip("-")
        for kind in ("phone", "desktop-dark"):
            screen = SCREENS[kind]
            opened(chromium, server, path, screen)
            check_width(chromium, screen)
            check_colours(chromium, screen, f"desk-{name}-{kind}", drawn=0.1)
            assert findings(chromium) == [], (path, kind)


def test_operator_places_a_hold_in_a_browser(
    chromium: Browser, server: DeskServer, mila: User, alice: Operator
) -> None:
    chromium.visit(server.link, PHONE)
    opened(chromium, server, "/holds?method=POST", PHONE)
    chromium.value(f"""
        document.getElementById('user_id').value = '{mila.user_id}'
        document.getElementById('kinds').value = 'usage_event'
        document.getElementById('ground').value = 'legal_obligation'
        for (const name of ['law', 'authority', 'reason'])
            document.getElementById(name).value = 'Order K 12/26'
        document.getElementById('until').value = '2027-03-01T00:00'
        0
    """)
    submit(chromium)
    assert chromium.value("document.querySelector('h1').textContent") == "Done"
    assert alice.calls_holds("GET").json["items"][0]["until"] == "2027-02-28T23:00:00Z"


def test_page_prints_without_its_links(chromium: Browser, server: DeskServer) -> None:
    chromium.visit(server.link, DESKTOP)
    check_print(chromium)
