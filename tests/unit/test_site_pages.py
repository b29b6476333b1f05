"""The public pages as text: true by the facts, complete, and without anything from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from chalicelib.consents.model import GPC_REFUSES
from chalicelib.consents.notices import versions
from chalicelib.core import clock
from chalicelib.core.http import ShownLanguage
from chalicelib.core.languages import Language
from chalicelib.core.settings import ErasureExtent, SettingsError, settings
from chalicelib.privacy import register
from chalicelib.privacy.plans import Action, erasure_plan
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.answers.words import REASONS
from chalicelib.rights.erasure.statement import STREAM_EXPORTS_KEPT
from chalicelib.rights.intake.submission import rule_of
from chalicelib.rights.request import declaration
from chalicelib.rights.request.terms import Right
from chalicelib.site.clauses.titles import path_of
from chalicelib.site.forms import open_form
from chalicelib.site.pages import deletion, notices_api, stated, year
from chalicelib.site.pages.verify import POLICY, SCRIPT
from tests.support import patches
from tests.support.pages import site
from tests.support.pages.reading import Read, read
from tests.support.world.limits import configure

EVERY = sorted(site.PAGES)
# Pages of other modules of the site and of the API.
ELSEWHERE = {
    "/privacy/policy", "/privacy/report", "/privacy/request", "/privacy/support", "/privacy/versions",
}  # fmt: skip
AUTHORITY = "https://www.poverenik.rs"


@pytest.fixture(autouse=True)
def settings_of_the_test() -> Iterator[None]:
    yield
    settings.cache_clear()


def shown(path: str, language: Language = Language.ENGLISH) -> str:
    return without_inputs(path, language).shown


def without_inputs(path: str, language: Language = Language.ENGLISH) -> Read:
    return read(re.sub("<input [^>]*>", "", site.page(path, language).markup))


def in_force(day: date) -> None:
    """Let the instant be the noon of a day."""
    noon = clock.beginning_of(day) + timedelta(hours=12)
    patches.current().setattr(clock, "now", lambda: noon)


@pytest.mark.parametrize("path", EVERY)
def test_page_is_small_and_has_nothing_from_elsewhere(path: str) -> None:
    markup = site.page(path, Language.SERBIAN_CYRILLIC).markup
    assert len(markup.encode()) < 60_000
    found = without_inputs(path)
    assert not {name for name, _ in found.elements} & {"img", "link", "iframe", "form", "base", "object"}
    assert found.attributes("src") == found.attributes("style") == []
    hosts = {link for link in found.attributes("href") if ":" in link and not link.startswith("mailto:")}
    assert hosts <= {AUTHORITY}


def test_only_the_checker_of_certificates_has_a_script_and_a_way_without() -> None:
    with_scripts = [path for path in EVERY if "<script" in site.page(path).markup]
    assert with_scripts == ["/privacy/verify"]
    assert "openssl dgst -sha256 -verify" in shown("/privacy/verify")
    assert ("div", "hidden") in {
        (name, value) for name, given in without_inputs("/privacy/verify").elements for value in given
    }


@pytest.mark.parametrize("path", EVERY)
def test_each_link_leads_to_a_page(path: str) -> None:
    links = {link for link in without_inputs(path).attributes("href") if ":" not in link}
    up = "../" * (path.count("/") - 1)
    paths = {"/" + link.partition("#")[0].removeprefix(up) for link in links if link[:1] not in "#?"}
    assert paths <= site.PAGES.keys() | ELSEWHERE
    assert {"/privacy/versions", "/privacy/imprint"} <= paths


@pytest.mark.promise("NOT-1")
@pytest.mark.parametrize("path", EVERY)
def test_page_is_true_by_the_facts_of_each_version_of_the_policy(path: str) -> None:
    for notice in versions.FROZEN:
        in_force(notice.effective_at.date() + timedelta(days=1))
        site.page(path)


def test_version_with_facts_is_stated_by_them_and_not_by_the_settings() -> None:
    configure(PERIODS="export=P4D")
    assert "download the file for 4 days" in shown("/privacy/rights/access")
    in_force(date(2027, 1, 16))
    assert "download the file for 5 days" in shown("/privacy/rights/access")


# --- rights


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("right", Right)
def test_page_names_each_reason_for_which_the_right_may_be_refused(right: Right) -> None:
    text, possible = shown(path_of(right)), declaration.of(right).refusals
    assert {reason for reason, words in REASONS.items() if words["en"] in text} == possible
    assert ("takes effect without an assessment" in text) == (not possible)


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("right", Right)
def test_page_asks_for_two_codes_where_the_intake_wants_a_second_proof(right: Right) -> None:
    assert ("two codes" in shown(path_of(right))) == rule_of(right).wants_step_up


@pytest.mark.promise("RGT-10")
def test_waits_are_those_of_the_settings() -> None:
    configure(ERASURE_GRACE_HOURS="240", ERASURE_RECOVERY_HOURS="100", CHOICE_LIFTING_NOTICE_HOURS="48")
    assert "as a rule 10 days after it" in shown("/privacy/delete")
    assert "wait 100 hours" in shown("/privacy/rights/access")
    assert "we announce that 2 days ahead" in shown("/privacy/rights/restriction")
    assert stated._STREAM_EXPORTS_KEPT == STREAM_EXPORTS_KEPT


@pytest.mark.promise("RGT-9")
@pytest.mark.parametrize("path", [*map(path_of, Right), "/privacy/imprint"])
def test_page_says_where_to_complain(path: str) -> None:
    for language, court in ((Language.ENGLISH, "the Higher Court"), (Language.SERBIAN_LATIN, "Višem sudu")):
        text = shown(path, language)
        assert court in text
        assert AUTHORITY in text


# --- the erasure


def deleted_kinds() -> set[str]:
    """The kinds that an erasure deletes: those of the plan, and those without a record that are ours."""
    steps = erasure_plan(register.records()).steps
    planned = {kind for step in steps if step.action is Action.DELETE for kind in step.kinds}
    kept = {kind for step in steps if step.action is Action.KEEP for kind in step.kinds}
    others = {one.kind for one in register.WITHOUT_RECORD if one.where != "ledger"}
    return (planned - kept) | (others - set(deletion.AT_STREAM))


@pytest.mark.promise("RGT-3")
def test_page_says_of_no_kind_that_it_goes_unless_the_plan_deletes_it() -> None:
    facts = stated.facts()
    goes = set(deletion.goes(facts))
    assert goes <= deleted_kinds()
    assert set(deletion.STAYS).isdisjoint(deleted_kinds())
    assert {*deletion.STAYS, *deletion.EXPIRES, *deletion.AT_STREAM} <= register.kinds_about_users()


@pytest.mark.promise("RGT-3")
def test_page_of_an_erasure_names_the_law_and_the_period_of_what_stays() -> None:
    configure(PERIODS="rights_evidence=P4Y")
    text = shown("/privacy/delete")
    assert "10 years after the end of the year of the invoice (the laws of Serbia on value added tax" in text
    assert "4 years after the request was closed" in text


@pytest.mark.promise("STR-5")
@pytest.mark.parametrize(
    ("extent", "words"),
    [
        (ErasureExtent.KEEP_CONVERSATIONS, "What other people wrote stays with them"),
        (ErasureExtent.EVERYTHING, "your conversations of two as a whole"),
    ],
)
def test_page_of_an_erasure_says_what_others_keep_as_configured(extent: ErasureExtent, words: str) -> None:
    configure(STREAM_ERASURE=extent)
    assert words in shown("/privacy/delete")


# --- about us


@pytest.mark.promise("SEC-2")
def test_each_recipient_has_its_country_and_what_protects_the_data() -> None:
    text = shown("/privacy/recipients")
    for recipient in Recipient:
        entry = recipient.entry
        said = (entry.label, entry.country, entry.role, entry.activity, entry.mechanism, *entry.safeguards)
        assert [one for one in said if one not in text] == []


@pytest.mark.promise("NOT-4")
def test_imprint_has_the_company_and_whom_the_stage_names() -> None:
    configure(
        COMPANY_NUMBER="87654321", TAX_NUMBER="987654321", REPRESENTATIVES="", DATA_PROTECTION_OFFICER=""
    )
    text = shown("/privacy/imprint")
    for part in ("RU4M Ltd", "Tosin bunar 272B", "87654321", "987654321", "privacy@test.example"):
        assert part in text
    assert not re.search("Representatives|Data protection officer", text)
    configure(REPRESENTATIVES="eu=Example GmbH, Berlin", DATA_PROTECTION_OFFICER="dpo@example.org")
    named = shown("/privacy/imprint", Language.SERBIAN_LATIN)
    assert "Evropska unija (čl. 27. GDPR)" in named
    assert "Example GmbH, Berlin" in named
    assert "dpo@example.org" in named


@pytest.mark.promise("NOT-4")
def test_imprint_without_the_numbers_of_the_company_is_refused() -> None:
    configure(TAX_NUMBER="")
    with pytest.raises(SettingsError, match="RU4M_TAX_NUMBER"):
        site.page("/privacy/imprint")


def test_page_of_child_safety_has_the_contact_and_the_ages() -> None:
    text = shown("/privacy/children")
    assert settings().contact_email in text
    assert "15 years in Serbia, 13 to 16 elsewhere, and 16 where we know of no rule" in text


@pytest.mark.promise("USE-4")
def test_page_of_cookies_names_our_cookie_and_what_the_signal_refuses() -> None:
    text = shown("/privacy/cookies")
    assert open_form.NO_FORM.partition("=")[0] in text
    assert GPC_REFUSES == (Purpose.MARKETING, Purpose.PERSONALISED_ADS)
    assert "it refuses marketing and personalised advertisements" in text


@pytest.mark.promise("NOT-1")
@pytest.mark.parametrize(("day", "announced"), [(date(2026, 12, 20), 2), (date(2027, 1, 16), 0)])
def test_versions_are_marked_as_in_effect_or_announced(day: date, announced: int) -> None:
    in_force(day)
    found = read(notices_api.get_versions_page(None, ShownLanguage(Language.SERBIAN_LATIN)).markup)
    assert (found.shown.count("Važi sada"), found.shown.count("Najavljena")) == (2, announced)
    in_english = [text for tag, given, text in found.pieces if tag == "p" and given.get("lang") == "en"]
    assert sorted(in_english) == sorted(one.changes for one in versions.PUBLISHED)


# --- the year, and certificates


@pytest.mark.promise("RGT-10")
def test_year_shows_what_was_published_and_before_that_what_comes(tmp_path: Path) -> None:
    assert "The figures of 2026 are the first." in shown("/privacy/year")
    patches.current().setattr(year, "FOLDER", tmp_path)
    for number in (2026, 2027):
        year.file_of(number, Language.ENGLISH).write_text(f"<p>Privacy at RU4M in {number}</p>")
    text = shown("/privacy/year")
    assert text.index("RU4M in 2027") < text.index("RU4M in 2026")
    assert "the first" not in text


@pytest.mark.promise("RGT-3")
def test_script_names_no_host_and_stores_and_sends_nothing() -> None:
    assert not re.search(
        r"https?:|//[a-z]|localStorage|sessionStorage|document\.cookie|innerHTML|eval\(|method|body:", SCRIPT
    )
    assert re.findall(r"fetch\(([^,]*),", SCRIPT) == ["'../v1/certificate-keys'"]
    assert "script-src 'sha256-" in POLICY
