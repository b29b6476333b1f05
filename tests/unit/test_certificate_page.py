"""The readable page of a certificate, as text; tests/infra/test_certificate_page.py tests its layout."""

import re
from datetime import timedelta

import pytest

from chalicelib.core.languages import Language
from chalicelib.core.page import POLICY, STYLE
from chalicelib.privacy import words
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.declaration import UNDECLARED
from chalicelib.rights.erasure.certificates import page as module
from chalicelib.rights.erasure.certificates.model import CountPrecision, NotACertificate, Remaining
from chalicelib.rights.erasure.certificates.page import page
from chalicelib.rights.erasure.model import Envelope
from chalicelib.rights.request.notes import DeletionPlace
from chalicelib.stream.model import StreamReport
from tests.support.cases import certificates
from tests.support.cases.certificates import DONE, KID, a_certificate, a_page, deleted
from tests.support.pages.reading import Read, read

pytestmark = pytest.mark.promise("RGT-3")


def of(**changes: object) -> Read:
    return read(a_page(a_certificate(**changes)))


def test_page_permits_only_its_own_style_and_loads_nothing() -> None:
    found = of()
    policies = [
        given["content"] for name, given in found.elements if name == "meta" and "http-equiv" in given
    ]
    assert policies == [POLICY]
    assert f"<style>{STYLE}</style>" in a_page()
    assert not {name for name, _ in found.elements} & {"script", "img", "link", "iframe", "form", "base"}
    beyond = {href for href in found.attributes("href") if href[0] != "#"}
    assert beyond == {"mailto:privacy@test.example", CONTROLLER.authorities[0].url}


def test_every_link_of_the_contents_leads_to_a_chapter() -> None:
    found = of()
    assert {href[1:] for href in found.attributes("href") if href[0] == "#"} <= {*found.attributes("id")}
    assert found.attributes("aria-labelledby") == ["contents", *(place for place, _ in module._CHAPTERS)]


def test_page_names_each_kind_with_its_count_and_place() -> None:
    shown, certificate = of().shown, a_certificate()
    for one in certificate.deleted:
        assert words.title(one.records) in shown
        assert one.place[1:] in shown
    assert "at least 4,218" in shown


def test_records_without_a_declaration_are_named_in_words() -> None:
    other = deleted(UNDECLARED, DeletionPlace.ACCOUNTS, 1, CountPrecision.EXACTLY)
    shown = of(deleted=(other,)).shown
    assert "Other records of your account" in shown
    assert UNDECLARED not in shown.lower()


def test_page_states_all_that_remains_with_reason_and_end() -> None:
    certificate = a_certificate()
    shown = of().shown
    for one in certificate.remains:
        assert one.what[1:] in shown
        assert one.why[1:] in shown
        assert one.until or one.ends[1:] in shown
    assert {one.what for one in certificate.remains} == {*Remaining}


def test_page_states_what_stream_reported() -> None:
    shown = of().shown
    assert StreamReport.DELETED in shown
    assert certificates.TASK in shown
    assert "Task at Stream" not in of(stream=certificates.stream(task_id=None)).shown


def test_page_states_the_times_in_belgrade_time() -> None:
    shown = of().shown
    assert "Erasure opened on16 November 2026, 09:05 CET" in shown
    assert "Deletion was complete23 November 2026, 09:29 CET" in shown
    assert "Encrypted data30 November 2026, 09:28 CET" in shown


def test_page_states_held_records_and_their_backups_only_if_there_are_some() -> None:
    assert not re.search(r"\blocked\b", of().shown)
    shown = of(held=certificates.held_records()).shown
    assert "Terms and notices that you accepted (2), locked" in shown
    assert f"{(DONE + timedelta(days=3685)):%B %Y}" in shown


def test_page_names_request_key_controller_and_authority() -> None:
    shown = of().shown
    for text in (certificates.REQUEST, certificates.PSEUDONYM, KID, CONTROLLER.name, "Commissioner"):
        assert text in shown


def test_values_of_the_caller_become_no_markup() -> None:
    hostile = '"><script>alert(1)</script>'
    shown = page(Envelope(hostile, b"", a_certificate().document()), hostile, Language.ENGLISH, None)
    assert [name for name, _ in read(shown).elements] == [name for name, _ in of().elements]
    assert not re.search(r"<script", shown)


def test_envelope_without_a_certificate_has_no_page() -> None:
    with pytest.raises(NotACertificate):
        page(Envelope(KID, b"", b"{}"), "privacy@test.example", Language.ENGLISH, None)
