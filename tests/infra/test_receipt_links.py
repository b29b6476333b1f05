"""The link with a receipt in a browser, over the routes of the site. Pictures: build/pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.core.languages import Language
from chalicelib.rights.request.terms import Right, Status
from infra.local.chromium import DESKTOP, PHONE, Browser
from tests.support.cases.erasure_parts import StoredErasure, an_erasure
from tests.support.pages.layout import SCREENS, SMALL_PHONE, check_colours, check_print, check_width
from tests.support.pages.receipt_links import buttons, click, follow, speak, visit
from tests.support.pages.receipts import UNPROVEN, a_request, closed, markup_of
from tests.support.pages.site_server import SiteServer, site_server
from tests.support.world.world import World

pytestmark = pytest.mark.promise("RGT-3")

CANCELLABLE = "Your account and your data will be deleted"
CANCELLED = "The deletion was cancelled. Your account and its data stay."


@pytest.fixture
def server(world: World) -> Iterator[SiteServer]:
    with site_server(world) as running:
        yield running


@pytest.fixture
def erasure(world: World) -> StoredErasure:
    return an_erasure(world.a_user())


def link(server: SiteServer, request: StoredErasure) -> str:
    return f"{server.url}/privacy/request#{request.request_id}.{request.receipt}"


@pytest.fixture(autouse=True)
def in_english(chromium: Browser) -> None:
    speak(chromium, "en-GB")
    chromium.call("Network.clearBrowserCookies")


@pytest.mark.promise("RGT-10", "SEC-1")
def test_link_shows_the_request_and_its_receipt_is_in_no_request_line(
    chromium: Browser, server: SiteServer, erasure: StoredErasure
) -> None:
    assert CANCELLABLE in visit(chromium, link(server, erasure))
    assert chromium.value("location.href") == f"{server.url}/privacy/form"
    assert CANCELLED in click(chromium, "Cancel the deletion")
    assert buttons(chromium) == ["Close the form"]
    lines = [line for line, _ in server.answered]
    assert not [line for line in lines if erasure.receipt in line]
    posts = [line for line in lines if line.startswith("POST")]
    assert posts == ["POST /api/privacy/request", "POST /api/privacy/form"]


def test_second_link_in_the_same_tab_shows_the_second_request(
    chromium: Browser, server: SiteServer, world: World, erasure: StoredErasure
) -> None:
    visit(chromium, link(server, erasure))
    click(chromium, "Cancel the deletion")
    second = an_erasure(world.a_user())
    assert "Another form is open." in follow(chromium, link(server, second))
    assert CANCELLABLE in click(chromium, "Show my request")
    assert chromium.value("document.querySelector('p#receipt').innerText").endswith(second.receipt)


def test_link_in_a_tab_that_waits_for_a_receipt_shows_the_request(
    chromium: Browser, server: SiteServer, erasure: StoredErasure
) -> None:
    chromium.visit(f"{server.url}/privacy/request", PHONE)
    assert CANCELLABLE in follow(chromium, link(server, erasure))


def test_page_of_a_request_fits_each_screen_in_each_language(chromium: Browser, tmp_path: Path) -> None:
    page = tmp_path / "request.html"
    for language in Language:
        for request in (closed(Status.COMPLETED), UNPROVEN):
            page.write_text(markup_of(request, language))
            for screen in (PHONE, DESKTOP, SMALL_PHONE):
                chromium.show(page, screen)
                check_width(chromium, screen)


def test_page_is_drawn_in_the_colours_that_the_reader_prefers(chromium: Browser, tmp_path: Path) -> None:
    page = tmp_path / "request.html"
    page.write_text(markup_of(a_request(right=Right.ACCESS)))
    for name, screen in SCREENS.items():
        chromium.show(page, screen)
        check_colours(chromium, screen, f"request-{name}", drawn=0.05)
    check_print(chromium)
