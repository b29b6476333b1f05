"""The readable page of a certificate, as text; tests/infra/test_certificate_page.py tests its layout."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.core.languages import Language
from chalicelib.core.page import POLICY, STYLE
from chalicelib.privacy import words
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.declaration import UNDECLARED
from chalicelib.rights.erasure.certificates import page as module
from chalicelib.rights.erasure.certificates.model import CountPrecision, NotACertificate, Reason, Remaining
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
    assert "Deletion began23 November 2026, 09:05 CET" in shown
    assert "Deletion was complete23 November 2026, 09:29 CET" in shown
    assert shown.count("CET") == 2


def test_page_states_days_where_the_minute_says_nothing() -> None:
    shown = of().shown
    assert "Erasure opened on16 November 2026Deletion" in shown
    assert "Encrypted data30 November 2026Random" in shown
    assert "The search that ended on 23 November 2026 found" in shown


@pytest.mark.promise("RET-3")
@pytest.mark.parametrize(
    ("end", "last"),
    [
        (datetime(2036, 12, 31, 23, tzinfo=UTC), "31 December 2036"),  # midnight in Belgrade
        (datetime(2037, 1, 1, tzinfo=UTC), "1 January 2037"),  # 01:00 in Belgrade: an hour of the day is kept
        (datetime(2037, 1, 1, 12, tzinfo=UTC), "1 January 2037"),
    ],
)
def test_end_of_held_records_is_the_last_day_on_which_they_are_kept(end: datetime, last: str) -> None:
    (held,) = certificates.held_records()
    shown = of(held=(held.model_copy(update={"until": end}),)).shown
    assert f"A law requires us to keep it (Art. 17(3)(b) GDPR){last}" in shown


@pytest.mark.promise("RET-3")
def test_page_names_what_is_kept_before_all_else() -> None:
    (held,) = certificates.held_records()
    claim = held.model_copy(update={"records": "profile", "why": Reason.LEGAL_CLAIMS})
    shown = of(held=(held, claim)).shown
    lead = "We keep two things, because a law requires it or because of possible legal claims."
    place = [shown.index(text) for text in (lead, "(2), moved to locked storage", "table accounts", "CET")]
    assert place == sorted(place)


def test_page_without_held_records_denies_none_since_one_may_be_secret() -> None:
    shown = of().shown
    assert "We deleted your account and your data, except what this page lists first" in shown
    assert "We keep" not in shown
    assert "locked storage" not in shown


def test_page_states_held_records_and_their_backups_only_if_there_are_some() -> None:
    assert not re.search(r"\blocked\b", of().shown)
    shown = of(held=certificates.held_records()).shown
    assert "Terms and notices that you accepted (2), moved to locked storage" in shown
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
