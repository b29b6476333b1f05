"""Each page of the site in a browser: what it stores, asks for, leads to (USE-4). Pictures: build/pages."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from chalicelib.rights.request.terms import Right
from chalicelib.site.pages.registry import NAMES
from infra.local.chromium import PHONE, Browser, browser
from tests.support.pages.layout import SCREENS, check_colours, check_print, check_width, findings, submit
from tests.support.pages.site_server import SiteServer, site_server
from tests.support.pages.visitor import Visitor
from tests.support.world.builders import a_phone
from tests.support.world.world import World

START = "/privacy"
PAGES = (
    START,
    "/privacy/delete",
    "/privacy/request",
    "/privacy/report",
    "/privacy/support",
    "/privacy/versions",
    "/privacy/form",
    *(f"/privacy/{name}" for name in NAMES),
    *(f"/privacy/rights/{right}" for right in Right if right is not Right.ERASURE),
)
HEADERS = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "vary": "Accept-Language",
}
# What a page keeps in the browser: cookies, storage, databases, caches, workers.
STORED = """(async () => [
  document.cookie, localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,
  (await caches.keys()).length, (await navigator.serviceWorker?.getRegistrations() ?? []).length,
])()"""
NOTHING = ["", 0, 0, 0, 0, 0]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def site(world: World) -> Iterator[SiteServer]:
    with site_server(world) as running:
        yield running


def cookies(chromium: Browser) -> list[str]:
    return [one["name"] for one in chromium.call("Network.getCookies")["cookies"]]


def check(chromium: Browser, site: SiteServer, name: str, kind: str) -> None:
    """Check the page that is shown on a screen."""
    screen = SCREENS[kind]
    check_width(chromium, screen)
    check_colours(chromium, screen, f"site-{name}-{kind}", drawn=0.1)
    assert findings(chromium) == [], (name, kind)
    assert chromium.value(STORED) == NOTHING
    assert all(url.startswith(site.url) for url in chromium.asked)


@pytest.mark.promise("USE-4", "USE-9")
def test_pages_store_nothing_ask_no_other_host_and_fit_each_screen(
    chromium: Browser, site: SiteServer
) -> None:
    for path in PAGES:
        name = path.strip("/").replace("/", "-")
        for kind, language in (("phone", "sr-Cyrl"), ("desktop-dark", "en")):
            chromium.visit(f"{site.url}{path}?language={language}", SCREENS[kind])
            check(chromium, site, name, kind)
            assert chromium.value("document.documentElement.lang") == language
    assert cookies(chromium) == []


def test_connection_on_which_nothing_is_sent_delays_no_page(site: SiteServer) -> None:
    place = urlsplit(site.url)
    with socket.create_connection((place.hostname, place.port)):
        assert requests.get(f"{site.url}{START}", timeout=5).status_code == 200


@pytest.mark.promise("USE-4")
def test_each_page_has_its_headers_and_is_small(world: World) -> None:
    for path in PAGES:
        reply = world.call("GET", path)
        assert HEADERS.items() <= reply.headers.items(), path
        assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        kept = "no-store" if path == "/privacy/form" else "public, max-age=300"
        assert reply.headers["cache-control"] == kept, path
        assert "set-cookie" not in reply.headers, path
        assert len(reply.text.encode()) < 60_000, path


def test_each_link_of_the_site_leads_to_a_page(world: World) -> None:
    visitor, seen, waiting = Visitor(world), set[str](), [START]
    while waiting:
        path = waiting.pop()
        visitor.opens(path)
        assert visitor.status == 200, path
        for link in visitor.links.values():
            place = urlsplit(urljoin(visitor.place, link))
            is_ours = place.scheme == "https" and place.hostname == urlsplit(visitor.place).hostname
            if is_ours and place.path not in seen:
                seen.add(place.path)
                waiting.append(place.path)
    assert {*PAGES} - {"/privacy/form"} <= seen


@pytest.mark.promise("USE-4", "RGT-11")
def test_browser_keeps_one_cookie_while_a_form_is_open(
    chromium: Browser, site: SiteServer, world: World
) -> None:
    phone = a_phone()
    chromium.visit(f"{site.url}/privacy/delete", PHONE)
    chromium.value(f"document.getElementById('contact').value = '{phone}'; 0")
    submit(chromium)
    assert cookies(chromium) == ["__Host-form"]
    assert chromium.value("document.cookie") == ""
    check(chromium, site, "code", "phone")
    chromium.value(f"document.getElementById('code').value = '{world.code_for(phone)}'; 0")
    submit(chromium)
    check(chromium, site, "request", "phone")
    submit(chromium, "button[value=close]")
    assert cookies(chromium) == []


def test_page_prints_without_its_menu(chromium: Browser, site: SiteServer) -> None:
    chromium.visit(f"{site.url}/privacy/cookies", SCREENS["desktop"])
    check_print(chromium)
