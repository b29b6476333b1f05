"""The page of a request: its states, its dates, what its reader can do, and its languages."""

from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.core.clock import beginning_of
from chalicelib.core.ids import StaffId
from chalicelib.core.languages import Language
from chalicelib.retention.model import HoldGround
from chalicelib.rights.request import declaration, receipts
from chalicelib.rights.request.deadline import Extension, ExtensionReason
from chalicelib.rights.request.model import KeptData, RightsRequest, StepState
from chalicelib.rights.request.notes import ErasureNotes, Lifting, RestraintNotes
from chalicelib.rights.request.terms import ReceivedBy, RefusalReason, Right, Status, StepStatus
from tests.support.pages.reading import Read
from tests.support.pages.receipts import CONTACT, NOON, UNPROVEN, a_request, closed, page_of

pytestmark = pytest.mark.promise("RGT-3")

CANCELLABLE = "Your account and your data will be deleted, except what we have to keep by law"
LINK = "https://test.ru4m.example/privacy/request#r.1"
LONGER = Extension(60, ExtensionReason.COMPLEXITY, NOON)
MORE = Extension(60, ExtensionReason.HIGH_VOLUME, NOON)
WARNED = (StepState(name=declaration.WARN, status=StepStatus.DONE),)
INVOICES = KeptData(
    kind="invoice", count=2, law="a law on tax", ground=HoldGround.LAW, until=datetime(2037, 1, 1, tzinfo=UTC)
)
# Operators write the end of a hold as a day; it ends at the first second of that day in Belgrade.
A_HOLD = {"law": "a dispute", "ground": HoldGround.CLAIMS, "until": beginning_of(date(2027, 6, 1))}
LIFTED = RestraintNotes(since=NOON, lifting=Lifting(StaffId.new(), NOON, ends_at=NOON))
DONE_ERASURE = ["Download the signed file", "Read the certificate", "Check a certificate"]


@pytest.fixture(autouse=True)
def _link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "link", lambda _: LINK)


def offered(page: Read) -> list[str]:
    """What the reader can do in the card of the request: its buttons, and links that look like one."""
    shown_as = ((name, (given.get("class") or "").split(), text) for name, given, text in page.pieces)
    found = [text for name, classes, text in shown_as if name == "button" or "button" in classes]
    return [text for text in found if text not in {"Send me a code", "Close the form"}]


def test_open_erasure_is_shown_with_its_dates_and_can_be_cancelled() -> None:
    page = page_of(a_request(notes=ErasureNotes(grace_ends_at=NOON + timedelta(days=7))))
    assert "Deletion of your account" in page.shown
    assert CANCELLABLE in page.shown
    assert "Received24 November 2026" in page.shown
    assert "earliest1 December 2026, 13:00 CET" in page.shown
    assert "due by24 December 2026" in page.shown
    assert f"write to {CONTACT}." in page.shown
    assert offered(page) == ["Cancel the deletion"]


def test_erasure_past_its_point_of_no_return_offers_nothing() -> None:
    page = page_of(a_request(notes=ErasureNotes(captured_at=NOON)))
    assert "cannot be stopped any more" in page.shown
    assert offered(page) == []


def test_cancelled_or_refused_erasure_says_that_the_account_stays() -> None:
    assert "Your account and its data stay." in page_of(closed(Status.CANCELLED)).shown
    refused = closed(Status.REFUSED, refusal=RefusalReason.IDENTITY_FAILURE)
    assert "We did not delete your account." in page_of(refused).shown


def test_done_erasure_offers_its_file_under_the_name_that_the_guide_uses() -> None:
    page = page_of(closed(Status.COMPLETED))
    assert offered(page) == DONE_ERASURE
    assert page.attributes("download") == ["signed-certificate.json"]
    assert "/form/signed-certificate.json" in "".join(page.attributes("href"))


@pytest.mark.promise("RET-3")
def test_page_lists_what_a_law_keeps_and_until_when() -> None:
    request = closed(Status.COMPLETED, kept=(INVOICES, INVOICES.model_copy(update=A_HOLD)))
    shown = page_of(request).shown
    assert "We deleted your account. We keep one thing, because" in shown
    assert "Your invoices (a law on tax), until 1 January 2037" in shown
    assert "Your invoices (a dispute), until 31 May 2027" in shown
    assert shown.index("(a dispute)") < shown.index("Received")
    assert "poslednji dan: 1. januara 2037." in page_of(request, Language.SERBIAN_LATIN).shown


@pytest.mark.promise("RET-3")
def test_page_of_a_secret_hold_neither_names_nor_denies_it() -> None:
    secret = INVOICES.model_copy(update={"secret_until": INVOICES.until})
    shown = page_of(closed(Status.COMPLETED, kept=(secret,))).shown
    assert "We deleted your account and your data (Art. 17" in shown
    assert "We keep" not in shown
    assert "what stays and why" in shown


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize(
    ("request_", "state", "actions"),
    [
        (a_request(right=Right.ACCESS), "We are working on your request.", ["Cancel the request"]),
        (
            a_request(right=Right.ACCESS, status=Status.AWAITING_VERIFICATION),
            "we need a further proof that the request came from you",
            ["Cancel the request"],
        ),
        (closed(Status.COMPLETED, right=Right.ACCESS), "only in the app of the account", []),
        (closed(Status.CANCELLED, right=Right.ACCESS), "The request was cancelled.", []),
        (
            closed(Status.REFUSED, right=Right.ACCESS, refusal=RefusalReason.IDENTITY_FAILURE),
            "we could not verify that the request came from you",
            [],
        ),
        (a_request(right=Right.ACCESS, extension=LONGER), "it is complex", ["Cancel the request"]),
        (a_request(right=Right.ACCESS, extension=MORE), "there are many requests", ["Cancel the request"]),
        (
            closed(Status.COMPLETED, right=Right.ACCESS, steps=WARNED),
            "We have answered your request.",
            ["Download the copy"],
        ),
        (
            closed(Status.COMPLETED, right=Right.PORTABILITY, received_by=ReceivedBy.GUEST),
            "We have answered your request.",
            ["Download the copy"],
        ),
        (
            closed(Status.COMPLETED, right=Right.ACCESS, without_account=True),
            "We have answered your request.",
            [],
        ),
        (closed(Status.COMPLETED, right=Right.RESTRICTION, notes=LIFTED, lifting_text="Done."), "Done.", []),
    ],
    ids=[
        "open", "proof", "done", "cancelled", "refused", "complex", "many", "without a session", "guest",
        "no account", "lifted",
    ],
)  # fmt: skip
def test_request_is_shown_with_its_status(request_: RightsRequest, state: str, actions: list[str]) -> None:
    page = page_of(request_)
    assert "Your request" in page.shown
    assert state in page.shown
    assert offered(page) == actions


@pytest.mark.promise("RGT-11")
def test_request_that_waits_for_a_proof_names_those_given_and_the_last_day() -> None:
    shown = page_of(UNPROVEN).shown
    assert "Proven so far: the number, the device." in shown
    assert "Without it, we refuse the request on" in shown
    assert f"You have no other one? Write to {CONTACT}." in shown


def test_request_whose_identity_staff_checks_names_the_mailbox_to_write_to() -> None:
    page = page_of(a_request(right=Right.ACCESS, status=Status.AWAITING_VERIFICATION))
    assert f"To give it, write to {CONTACT}." in page.shown
    assert "input" not in {name for name, given in page.elements if given.get("type") != "hidden"}


def test_text_of_an_operator_becomes_no_markup() -> None:
    hostile = INVOICES.model_copy(update={"law": "</li><script>alert(1)</script>"})
    page = page_of(closed(Status.COMPLETED, kept=(hostile,)))
    assert "script" not in [name for name, _ in page.elements]
    assert "(</li><script>alert(1)</script>)" in page.shown


def test_page_shows_the_link_with_the_receipt_and_when_the_form_ends() -> None:
    page = page_of(a_request())
    assert LINK in page.attributes("href")
    assert "This form ends at 24 November 2026, 13:30 CET" in page.shown


@pytest.mark.promise("RGT-9")
@pytest.mark.parametrize(
    ("language", "court"),
    [
        (Language.ENGLISH, "go to court"),
        (Language.SERBIAN_LATIN, "obratite sudu"),
        (Language.SERBIAN_CYRILLIC, "обратите суду"),
    ],
)
def test_answer_is_in_the_language_of_the_page(language: Language, court: str) -> None:
    page = page_of(closed(Status.COMPLETED, language=Language.ENGLISH), language)
    assert court in page.shown
    assert page.attributes("lang")[0] == language


def test_each_control_has_a_label_and_the_page_has_its_parts() -> None:
    page = page_of(UNPROVEN)
    named = {given["for"] for name, given in page.elements if name == "label"}
    fields = {given["id"] for name, given in page.elements if name == "input" and "id" in given}
    assert fields == named != set()
    assert {"main", "header", "nav", "h1"} <= {name for name, _ in page.elements}
