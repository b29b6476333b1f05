"""The page on which a receipt is shown as text; tests/infra/test_receipt_links.py opens it in a browser."""

import base64
import hashlib
import re

import pytest

from chalicelib.core.languages import Language
from chalicelib.site.forms import start
from chalicelib.site.forms.model import ReceiptForm
from chalicelib.site.forms.start import OPEN_SCRIPT, RECEIPT_POLICY
from chalicelib.site.layout import Reader
from tests.support.cases.certificates import REQUEST
from tests.support.pages.reading import read

pytestmark = pytest.mark.promise("RGT-3")

ID, RECEIPT = REQUEST, "1." + "Rec-ipt_" * 5 + "123"


def page(pasted: str = "", language: Language = Language.ENGLISH) -> str:
    return start.of_receipt(Reader("/privacy/request", language), ReceiptForm(receipt=pasted))


def source(inline: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"


def inline(element: str) -> list[str]:
    return re.findall(rf"<{element}>(.*?)</{element}>", page(), re.DOTALL)


@pytest.mark.promise("SEC-1")
def test_policy_allows_the_pages_own_script_and_styles_and_its_own_form_only() -> None:
    (script,), styles = inline("script"), inline("style")
    assert RECEIPT_POLICY.split("; ") == [
        "default-src 'none'",
        f"script-src {source(script)}",
        "connect-src 'self'",
        f"style-src {' '.join(map(source, styles))}",
        "base-uri 'none'",
        "form-action 'self'",
    ]


def test_page_declares_its_policy_and_loads_nothing() -> None:
    found = read(page())
    declared = [given["content"] for _, given in found.elements if "http-equiv" in given]
    assert declared == [RECEIPT_POLICY]
    assert not {name for name, _ in found.elements} & {"img", "link", "iframe", "base"}
    attributes = [name for _, given in found.elements for name in given]
    assert not [name for name in attributes if name in {"src", "style"} or name.startswith("on")]


@pytest.mark.promise("SEC-1")
def test_script_names_no_host_and_stores_nothing() -> None:
    forbidden = r"https?:|//[a-z]|localStorage|sessionStorage|document\.cookie|innerHTML|eval\(|fetch\("
    assert not re.search(forbidden, OPEN_SCRIPT)


@pytest.mark.promise("SEC-1")
def test_receipt_is_sent_in_the_body_of_a_form_only() -> None:
    forms = [given for name, given in read(page()).elements if name == "form"]
    assert [(one["method"], one["action"]) for one in forms] == [("post", "../privacy/request")]


@pytest.mark.parametrize(
    "pasted",
    [
        f"https://api.ru4m.example/privacy/request#{ID}.{RECEIPT}",
        f"{ID}.{RECEIPT}",
        f"  {ID}.{RECEIPT}\n",
        f"Your receipt: {ID}.{RECEIPT} Keep it.",
    ],
)
def test_receipt_is_found_in_what_a_person_pastes(pasted: str) -> None:
    assert ReceiptForm(receipt=pasted).found == (ID, RECEIPT)


@pytest.mark.parametrize("pasted", ["", "#", ID, f"{ID}.", f"{ID}.1.x", "r_1.1.x", RECEIPT, "deleted"])
def test_incomplete_receipt_is_none(pasted: str) -> None:
    assert ReceiptForm(receipt=pasted).found is None


def test_script_sends_what_looks_like_an_id_of_a_request() -> None:
    (pattern,) = re.findall(r"/(\^\w+)/\.test", OPEN_SCRIPT)
    assert re.match(pattern, ID)


def test_pasted_text_becomes_no_markup() -> None:
    hostile = '"></form><script>alert(1)</script>{0}'
    elements = [name for name, _ in read(page(hostile)).elements]
    assert elements == [name for name, _ in read(page()).elements]
