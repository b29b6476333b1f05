"""The page of a receipt as text; tests/infra/test_receipt_page.py tests it in a browser."""

import base64
import hashlib
import re

import pytest

from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.answers.receipt_page import RECEIPT_POLICY, SCRIPT, TEXTS, WITHOUT_SCRIPT, receipt_page
from tests.support.pages.reading import read

pytestmark = pytest.mark.promise("RGT-3")

CONTACT = "privacy@test.example"


def source(inline: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"


def inline(element: str) -> list[str]:
    return re.findall(rf"<{element}>(.*?)</{element}>", receipt_page(CONTACT), re.DOTALL)


def test_policy_allows_the_pages_own_script_and_styles_and_its_own_api_only() -> None:
    (script,), styles = inline("script"), inline("style")
    assert RECEIPT_POLICY.split("; ") == [
        "default-src 'none'",
        f"script-src {source(script)}",
        "connect-src 'self'",
        f"style-src {' '.join(map(source, styles))}",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_page_declares_its_policy_and_loads_nothing() -> None:
    found = read(receipt_page(CONTACT))
    policies = [
        given["content"] for name, given in found.elements if name == "meta" and "http-equiv" in given
    ]
    assert policies == [RECEIPT_POLICY]
    assert not {name for name, _ in found.elements} & {"img", "link", "iframe", "form", "base", "a"}
    assert not [name for _, given in found.elements for name in given if name in {"src", "href", "style"}]
    assert not [name for _, given in found.elements for name in given if name.startswith("on")]


def test_script_names_no_host_and_stores_nothing() -> None:
    assert not re.search(
        r"https?:|//[a-z]|localStorage|sessionStorage|document\.cookie|innerHTML|eval\(", SCRIPT
    )


def test_script_sends_the_receipt_in_a_header_only() -> None:
    uses = re.findall(r".*\breceipt\b.*", SCRIPT)
    assert [use.strip() for use in uses if not use.strip().startswith("//")] == [
        "let id, receipt, request, certificate",
        "headers: { 'Rights-Receipt': receipt, 'Accept-Language': language },",
        ";[, id, receipt] = link",
    ]


def test_script_accepts_the_ids_of_requests() -> None:
    assert "r_[0-9a-z]{26}" in SCRIPT
    assert re.fullmatch("r_[0-9a-z]{26}", RightsRequestId.new())


def test_each_language_has_the_same_texts() -> None:
    assert list(TEXTS) == ["en-GB", "sr-Latn", "sr-Cyrl"]
    for texts in TEXTS.values():
        assert texts.keys() == TEXTS["en-GB"].keys()
        for name, english in TEXTS["en-GB"].items():
            assert english.count("{contact}") == texts[name].count("{contact}") <= 1


def test_script_uses_each_text_and_no_other() -> None:
    named = set(re.findall(r"named\('(\w+)'\)", SCRIPT))
    used = set(re.findall(r"'([a-z_]+)'", SCRIPT)) | {f"erasure_{name}" for name in named}
    assert TEXTS["en-GB"].keys() <= used
    asked = set(re.findall(r"text\('([a-z_]+)'\)", SCRIPT)) | named | {f"erasure_{name}" for name in named}
    assert asked <= TEXTS["en-GB"].keys()


def test_reader_without_javascript_gets_the_contact_in_each_language() -> None:
    shown = receipt_page(CONTACT).partition("<noscript>")[2].partition("</noscript>")[0]
    assert shown.count(CONTACT) == len(WITHOUT_SCRIPT)
    assert re.findall(r'lang="([^"]*)"', shown) == ["en", "sr-Latn", "sr-Cyrl"]


def test_contact_becomes_no_markup() -> None:
    hostile = "</script><script>alert(1)</script>{0}"
    elements = [name for name, _ in read(receipt_page(hostile)).elements]
    assert elements == [name for name, _ in read(receipt_page(CONTACT)).elements]


def test_page_is_the_same_for_everyone() -> None:
    assert receipt_page(CONTACT) == receipt_page(CONTACT)
