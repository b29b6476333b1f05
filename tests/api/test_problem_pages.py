"""Pages of problems, and headers of pages: their tags, and what a program gets instead (ADR 99)."""

from __future__ import annotations

import pytest

from chalicelib.core.http.problem_pages import SAID
from chalicelib.core.phrases import to_cyrillic
from chalicelib.site.forms import steps
from tests.support import patches
from tests.support.cases.site_forms import asks, requests
from tests.support.pages.visitor import Visitor
from tests.support.world.builders import a_phone
from tests.support.world.world import Reply, World

pytestmark = pytest.mark.promise("RGT-11")

PUBLIC = ["/privacy", "/privacy/delete", "/privacy/rights/access", "/privacy/request", "/privacy/support"]
POSTS = ["/privacy/rights/access", "/privacy/request", "/privacy/form"]
BROWSER, PROGRAM = {"Accept": "text/html,*/*;q=0.8"}, {"Accept": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PROBLEM = "application/problem+json"


def check_page(reply: Reply) -> None:
    """Check that no site may frame a page, and that it sends its address nowhere."""
    headers = reply.headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert headers["content-security-policy"].endswith("; frame-ancestors 'none'")
    assert (headers["referrer-policy"], headers["x-content-type-options"]) == ("no-referrer", "nosniff")
    assert headers["vary"] == "Accept-Language"


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("path", PUBLIC)
def test_page_that_is_the_same_for_everyone_has_a_tag(world: World, path: str) -> None:
    first = world.call("GET", path, headers=BROWSER)
    check_page(first)
    assert first.headers["cache-control"] == "public, max-age=300"
    again = world.call("GET", path, headers={**BROWSER, "If-None-Match": first.headers["etag"]})
    assert (again.status, again.text) == (304, "")
    other = world.call("GET", f"{path}?language=sr-Latn", headers={"If-None-Match": first.headers["etag"]})
    assert other.status == 200


@pytest.mark.promise("SEC-1")
def test_page_of_an_open_form_is_kept_by_no_cache(world: World) -> None:
    visitor = Visitor(world)
    for step in (asks, requests):
        step(visitor, "access", contact=a_phone())
        assert visitor.reply is not None
        check_page(visitor.reply)
        assert visitor.reply.headers["cache-control"] == "no-store"
        assert "etag" not in visitor.reply.headers
        assert "script-src" not in visitor.reply.headers["content-security-policy"]


@pytest.mark.promise("SEC-1")
def test_page_of_a_refused_form_is_kept_by_no_cache(world: World) -> None:
    visitor = asks(Visitor(world), "access", contact="x")
    assert visitor.reply is not None
    check_page(visitor.reply)
    assert visitor.reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("GET", "/privacy/rights/everything", b"", 404),
        ("GET", "/privacy/nothing", b"", 404),
        ("GET", "/privacy/form/copy", b"", 404),
        ("POST", "/privacy/rights/access", b"ground=z", 400),
        ("POST", "/privacy/rights/access", b"purpose=%3Cscript%3E", 400),
        ("POST", "/privacy/rights/access", b"reason=" + b"x" * 10_001, 400),
        ("POST", "/privacy/rights/access", b"reason=" + b"x" * 33_000, 413),
        ("POST", "/privacy/form", b"token=x", 400),
        ("POST", "/privacy/form", b"do=erase", 400),
    ],
)
def test_problem_is_a_page_for_a_browser_and_a_document_for_a_program(
    world: World, method: str, path: str, sent: bytes, status: int
) -> None:
    kind = FORM if method == "POST" else {}
    page = world.call(method, path, raw=sent, headers={**BROWSER, **kind})
    assert page.status == status
    check_page(page)
    assert SAID.get(status, SAID[400])["en"] in page.text
    assert page.headers["cache-control"] == "no-store"
    document = world.call(method, path, raw=sent, headers={**PROGRAM, **kind})
    assert (document.status, document.headers["content-type"]) == (status, PROBLEM)
    assert document.json["status"] == status


def test_failure_of_ours_is_a_page_that_says_so(world: World) -> None:
    patches.fail_at(steps, "current", RuntimeError("secret"))
    page = world.call("GET", "/privacy/form", headers=BROWSER)
    assert page.status == 500
    assert SAID[503]["en"] in page.text
    assert "secret" not in page.text + world.log.getvalue()


@pytest.mark.promise("RGT-9")
@pytest.mark.parametrize("sent", [{"Accept-Language": "sr-Cyrl"}, {}])
def test_page_of_a_problem_is_in_the_language_of_its_reader(world: World, sent: dict[str, str]) -> None:
    path = "/privacy/rights/everything" + ("" if sent else "?language=sr-Cyrl")
    page = world.call("GET", path, headers={**BROWSER, **sent}).text
    assert to_cyrillic(SAID[404]["sr"]) in page


@pytest.mark.parametrize("path", [*PUBLIC, *POSTS])
@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE"])
def test_other_methods_of_a_page_are_not_there(world: World, method: str, path: str) -> None:
    assert world.call(method, path, headers=BROWSER).status in {403, 404, 405}


@pytest.mark.parametrize("site", ["same-origin", "none", None])
def test_form_of_our_own_page_or_of_an_old_browser_is_read(world: World, site: str | None) -> None:
    headers = {**BROWSER, **FORM, **({"Sec-Fetch-Site": site} if site else {})}
    reply = world.call("POST", "/privacy/rights/access", raw=b"contact=x", headers=headers)
    assert reply.status == 422


def test_multipart_form_is_read_too(world: World) -> None:
    phone = a_phone()
    sent = f'--x\r\nContent-Disposition: form-data; name="contact"\r\n\r\n{phone}\r\n--x--\r\n'
    headers = {**BROWSER, "Content-Type": "multipart/form-data; boundary=x"}
    assert world.call("POST", "/privacy/rights/access", raw=sent.encode(), headers=headers).status == 303
    assert len(world.messages_to(phone)) == 1


@pytest.mark.parametrize(
    "path", ["/privacy?language=de", "/privacy/delete?fbclid=x&utm_source=y", "/terms?gclid=1"]
)
def test_page_ignores_parameters_that_links_get_on_their_way(world: World, path: str) -> None:
    assert world.call("GET", path).status == 200
