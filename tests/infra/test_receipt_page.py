"""The page of a receipt in a browser: its states, the cancellation, failures. Pictures: build/pages."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.core.clock import beginning_of
from chalicelib.core.ids import StaffId
from chalicelib.retention.model import HoldGround
from chalicelib.rights.answers.receipt_page import TEXTS
from chalicelib.rights.request import declaration
from chalicelib.rights.request.deadline import Extension, ExtensionReason
from chalicelib.rights.request.model import KeptData, RightsRequest, StepState
from chalicelib.rights.request.notes import ErasureNotes, Lifting, RestraintNotes
from chalicelib.rights.request.terms import RefusalReason, Right, Status, StepStatus
from infra.local.chromium import DESKTOP, PHONE, Browser, Screen
from tests.support.cases.certificates import REQUEST
from tests.support.pages.layout import SCREENS, SMALL_PHONE, check_colours, check_width
from tests.support.pages.receipts import (
    CERTIFICATE_PAGE,
    CONTACT,
    PATH,
    RECEIPT,
    ReceiptServer,
    a_request,
    buttons,
    click,
    closed,
    receipt_server,
    seen,
    speak,
    visit,
)

pytestmark = pytest.mark.promise("RGT-3")

EN, SR, CYRILLIC = TEXTS["en-GB"], TEXTS["sr-Latn"], TEXTS["sr-Cyrl"]

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LONGER = Extension(60, ExtensionReason.COMPLEXITY, NOON)
WARNED = (StepState(name=declaration.WARN, status=StepStatus.DONE),)
INVOICES = KeptData(
    kind="invoice", count=2, law="a law on tax", ground=HoldGround.LAW, until=datetime(2037, 1, 1, tzinfo=UTC)
)
# Operators write the end of a hold as a day; it ends at the first second of that day in Belgrade.
A_HOLD = {"law": "a dispute", "ground": HoldGround.CLAIMS, "until": beginning_of(date(2027, 6, 1))}
LIFTED = RestraintNotes(since=NOON, lifting=Lifting(StaffId.new(), NOON, ends_at=NOON))


@pytest.fixture
def server() -> Iterator[ReceiptServer]:
    with receipt_server() as running:
        yield running


@pytest.fixture(autouse=True)
def in_english(chromium: Browser) -> None:
    speak(chromium, "en-GB")


def test_open_erasure_is_shown_with_its_dates_and_can_be_cancelled(
    chromium: Browser, server: ReceiptServer
) -> None:
    server.request = a_request(notes=ErasureNotes(grace_ends_at=NOON + timedelta(days=7)))
    shown = visit(chromium, server.link)
    assert EN["erasure"] in shown
    assert EN["erasure_cancellable"] in shown
    assert "Opened\n24 November 2026\n" in shown
    assert "earliest\n1 December 2026 at 13:00 CET\n" in shown
    assert "due by\n24 December 2026\n" in shown
    assert CONTACT in shown
    assert buttons(chromium) == [EN["cancel_erasure"]]
    assert server.asked == [("GET", "", RECEIPT)]


@pytest.mark.promise("SEC-1")
def test_receipt_leaves_the_address_bar_and_is_in_no_request_line(
    chromium: Browser, server: ReceiptServer
) -> None:
    visit(chromium, server.link)
    assert chromium.value("location.href") == f"{server.url}/api/privacy/request"
    assert chromium.value("document.documentElement.outerHTML.includes('Rec-ipt_')") is False
    assert [url.partition("#")[0] for url in chromium.asked] == [
        f"{server.url}/api/privacy/request",
        f"{server.url}{PATH}",
    ]


@pytest.mark.promise("RGT-10")
def test_click_cancels_the_deletion_and_the_page_says_so(chromium: Browser, server: ReceiptServer) -> None:
    visit(chromium, server.link)
    shown = click(chromium, EN["cancel_erasure"])
    assert server.asked[1:] == [("POST", "/cancel", RECEIPT)]
    assert EN["erasure_cancelled"] in shown
    assert buttons(chromium) == []
    assert chromium.value("document.activeElement.id") == "heading"


def test_cancellation_that_is_too_late_shows_the_new_state(chromium: Browser, server: ReceiptServer) -> None:
    visit(chromium, server.link)
    server.refusals[("POST", "/cancel")] = (409, "too_late")
    server.request = closed(Status.COMPLETED)
    shown = click(chromium, EN["cancel_erasure"])
    assert EN["too_late"] in shown
    assert EN["erasure_done"] in shown
    assert EN["cancel_erasure"] not in buttons(chromium)


@pytest.mark.parametrize(("status", "code"), [(429, "too_many_requests"), (503, "unavailable"), (500, "")])
def test_busy_service_is_explained_and_the_cancellation_can_be_repeated(
    chromium: Browser, server: ReceiptServer, status: int, code: str
) -> None:
    visit(chromium, server.link)
    server.refusals[("POST", "/cancel")] = (status, code)
    assert EN["busy"] in click(chromium, EN["cancel_erasure"])
    server.refusals.clear()
    assert EN["erasure_cancelled"] in click(chromium, EN["again"])


def test_lost_connection_is_explained_and_the_cancellation_can_be_repeated(
    chromium: Browser, server: ReceiptServer
) -> None:
    visit(chromium, server.link)
    server.broken = True
    assert EN["unreachable"] in click(chromium, EN["cancel_erasure"])
    server.broken = False
    assert EN["erasure_cancelled"] in click(chromium, EN["again"])


def test_unknown_request_is_explained_without_a_button(chromium: Browser, server: ReceiptServer) -> None:
    server.refusals[("GET", "")] = (404, "not_found")
    assert EN["unknown"].replace("{contact}", CONTACT) in visit(chromium, server.link)
    assert buttons(chromium) == []


@pytest.mark.parametrize("fragment", ["", "#", f"#{REQUEST}", f"#{REQUEST}.", "#r_1.1.x", "#deleted"])
def test_incomplete_link_asks_nothing(chromium: Browser, server: ReceiptServer, fragment: str) -> None:
    shown = visit(chromium, f"{server.url}/api/privacy/request{fragment}")
    assert EN["incomplete"] in shown
    assert server.asked == []


def test_certificate_of_a_done_erasure_is_read_on_the_page(chromium: Browser, server: ReceiptServer) -> None:
    server.request = closed(Status.COMPLETED)
    assert EN["erasure_done"] in visit(chromium, server.link)
    assert buttons(chromium) == [EN["download"], EN["read"]]
    shown = click(chromium, EN["read"])
    assert "The deletion of your data at RU4M" in shown
    assert "at least 4,218" in shown
    assert server.asked[1:] == [("GET", CERTIFICATE_PAGE, RECEIPT)]
    assert EN["erasure_done"] in click(chromium, EN["back"])


@pytest.mark.promise("RET-3")
def test_page_lists_what_a_law_keeps_and_until_when(chromium: Browser, server: ReceiptServer) -> None:
    server.request = closed(Status.COMPLETED, kept=(INVOICES, INVOICES.model_copy(update=A_HOLD)))
    shown = visit(chromium, server.link)
    assert shown.startswith(f"{EN['erasure']}\n\nWe deleted your account. We keep one thing, because")
    assert "Your invoices (a law on tax), until 1 January 2037\n" in shown
    assert "Your invoices (a dispute), until 31 May 2027\n" in shown
    assert shown.index("(a dispute)") < shown.index("Opened")
    speak(chromium, "sr-RS")
    assert "poslednji dan: 1. januar 2037.\n" in visit(chromium, server.link)


@pytest.mark.promise("RET-3")
def test_page_of_a_secret_hold_neither_names_nor_denies_it(chromium: Browser, server: ReceiptServer) -> None:
    secret = INVOICES.model_copy(update={"secret_until": INVOICES.until})
    server.request = closed(Status.COMPLETED, kept=(secret,))
    shown = visit(chromium, server.link)
    assert shown.startswith(f"{EN['erasure']}\n\nWe deleted your account and your data (Art. 17")
    assert "We keep" not in shown
    assert "what stays and why" in shown


def test_links_inside_of_the_certificate_do_not_leave_it(chromium: Browser, server: ReceiptServer) -> None:
    server.request = closed(Status.COMPLETED)
    visit(chromium, server.link)
    click(chromium, EN["read"])
    chromium.value("document.querySelector('nav a').click()")
    assert "The deletion of your data at RU4M" in seen(chromium)
    assert EN["erasure_done"] in click(chromium, EN["back"])


def test_signed_file_is_downloaded_under_the_name_that_the_guide_uses(
    chromium: Browser, server: ReceiptServer
) -> None:
    server.request = closed(Status.COMPLETED)
    visit(chromium, server.link)
    chromium.value("""
        window.saved = []
        HTMLAnchorElement.prototype.click = function () {
          window.saved.push(fetch(this.href).catch(() => 0) && this.download)
        }
        const made = URL.createObjectURL
        URL.createObjectURL = blob => { blob.text().then(text => window.saved.push(text)); return made(blob) }
    """)
    click(chromium, EN["download"])
    assert set(chromium.value("saved")) == {"signed-certificate.json", '{"algorithm":"ECDSA_SHA_256"}'}


@pytest.mark.parametrize(
    ("request_", "state", "offered"),
    [
        (a_request(right=Right.ACCESS), EN["open"], [EN["cancel"]]),
        (a_request(right=Right.ACCESS, status=Status.AWAITING_VERIFICATION), CONTACT, [EN["cancel"]]),
        (closed(Status.COMPLETED, right=Right.ACCESS), EN["done"], []),
        (closed(Status.CANCELLED, right=Right.ACCESS), EN["cancelled"], []),
        (
            closed(Status.REFUSED, right=Right.ACCESS, refusal=RefusalReason.IDENTITY_FAILURE),
            "we could not verify that the request came from you",
            [],
        ),
        (a_request(right=Right.ACCESS, extension=LONGER), EN["complex"], [EN["cancel"]]),
        (closed(Status.COMPLETED, right=Right.ACCESS, steps=WARNED), EN["answered"], [EN["copy"]]),
        (closed(Status.COMPLETED, right=Right.RESTRICTION, notes=LIFTED, lifting_text="Done."), "Done.", []),
    ],
    ids=["open", "proof", "done", "cancelled", "refused", "extended", "without a session", "lifted"],
)
def test_request_for_a_copy_is_shown_with_its_status(
    chromium: Browser, server: ReceiptServer, request_: RightsRequest, state: str, offered: list[str]
) -> None:
    server.request = request_
    shown = visit(chromium, server.link)
    assert EN["request"] in shown
    assert state in shown
    assert buttons(chromium) == offered


@pytest.mark.parametrize(
    ("spoken", "language", "heading"),
    [
        ("sr-RS,en", "sr-Latn", SR["erasure"]),
        ("sr-Cyrl-RS,en", "sr-Cyrl", CYRILLIC["erasure"]),
        ("hr", "sr-Latn", SR["erasure"]),
        ("bs-Cyrl", "sr-Cyrl", CYRILLIC["erasure"]),
        ("de,sr", "sr-Latn", SR["erasure"]),
        ("de", "en-GB", EN["erasure"]),
    ],
)
def test_page_speaks_the_language_of_its_reader(
    chromium: Browser, server: ReceiptServer, spoken: str, language: str, heading: str
) -> None:
    speak(chromium, spoken)
    assert heading in visit(chromium, server.link)
    assert chromium.value("document.documentElement.lang") == language


@pytest.mark.promise("RGT-9")
@pytest.mark.parametrize("screen", [PHONE, DESKTOP, SMALL_PHONE], ids=lambda s: str(s.width))
@pytest.mark.parametrize(
    ("language", "court"),
    [("en-GB", "go to court"), ("sr-Latn", "obratite sudu"), ("sr-Cyrl", "обратите суду")],
)
def test_answer_and_certificate_are_in_the_language_of_the_page(
    chromium: Browser, server: ReceiptServer, language: str, court: str, screen: Screen
) -> None:
    speak(chromium, language)
    server.request = closed(Status.COMPLETED)
    assert court in visit(chromium, server.link, screen)
    check_width(chromium, screen)
    assert court in click(chromium, TEXTS[language]["read"])
    check_width(chromium, screen)
    assert chromium.value("document.querySelector('main').lang") == language.removesuffix("-GB")


def test_reader_without_javascript_gets_the_contact(chromium: Browser, server: ReceiptServer) -> None:
    chromium.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        chromium.visit(server.link, PHONE)
        text = chromium.call("Accessibility.getFullAXTree")["nodes"]
    finally:
        chromium.call("Emulation.setScriptExecutionDisabled", value=False)
    names = " ".join(node.get("name", {}).get("value", "") for node in text)
    assert names.count(CONTACT) >= 2
    assert server.asked == []


def test_screen_reader_hears_the_news_and_finds_the_parts(chromium: Browser, server: ReceiptServer) -> None:
    visit(chromium, server.link)
    roles = {node["role"]["value"] for node in chromium.call("Accessibility.getFullAXTree")["nodes"]}
    assert {"heading", "main", "status", "button", "region"} <= roles


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize("status", [Status.IN_PROGRESS, Status.COMPLETED], ids=["open", "done"])
def test_page_is_drawn_in_the_colours_that_the_reader_prefers(
    chromium: Browser, server: ReceiptServer, status: Status, name: str
) -> None:
    if status is Status.COMPLETED:
        server.request = closed(status)
    visit(chromium, server.link, SCREENS[name])
    check_width(chromium, SCREENS[name])
    check_colours(chromium, SCREENS[name], f"receipt-{status.value}-{name}", drawn=0.05)


@pytest.mark.parametrize("screen", [SMALL_PHONE, replace(DESKTOP, dark=True)], ids=["phone", "desktop"])
def test_certificate_on_the_page_fits_the_screen(
    chromium: Browser, server: ReceiptServer, screen: Screen
) -> None:
    server.request = closed(Status.COMPLETED)
    visit(chromium, server.link, screen)
    click(chromium, EN["read"])
    check_width(chromium, screen)
    check_colours(chromium, screen, f"receipt-certificate-{screen.width}")
