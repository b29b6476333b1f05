"""Tests the text of the page of a copy; tests/infra/test_export_page.py tests its layout."""

import base64
import hashlib
import re
import weakref
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import pytest

from chalicelib.core.clock import beginning_of
from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, tag
from chalicelib.core.page import DARK, LIGHT, STYLE
from chalicelib.core.phrases import IN_ENGLISH, Phrasebook
from chalicelib.privacy import plans, register, words
from chalicelib.privacy.controller import CONTROLLER, SupervisoryAuthority
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.copy import contents, page
from chalicelib.rights.copy.model import ROWS, CopyKind, FieldView, SectionView
from chalicelib.rights.request.terms import Right
from tests.support.pages import exports
from tests.support.pages.reading import Read, read

PLAIN = tuple(f"harmless {number}" for number in range(len(exports.HOSTILE)))


def of(view: SectionView) -> Read:
    return read("".join(page.section(view, IN_ENGLISH)))


def a_view(**changes: object) -> SectionView:
    given: dict[str, object] = {
        "kind": "bookmark", "title": "Bookmarks", "why": "to provide the service", "basis": "the contract",
        "kept": "until the account is deleted", "rows": (), "total": 0,
        "fields": (
            FieldView("note", "Note", "what you wrote", "from you", (Recipient.AWS, Recipient.STREAM)),
            FieldView("announced_at", "Announced", "number, state or time", "made by the service", ()),
        ),
    }  # fmt: skip
    return SectionView(**(given | changes))  # type: ignore[arg-type] # a field's own type


# --- self-contained


@pytest.mark.promise("USE-9")
def test_policy_permits_only_the_pages_own_style() -> None:
    policies = [a["content"] for t, a in read(exports.a_page()).elements if t == "meta" and "http-equiv" in a]
    own = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    assert policies == [f"default-src 'none'; style-src 'sha256-{own}'; base-uri 'none'; form-action 'none'"]
    assert f"<style>{STYLE}</style>" in exports.a_page()


@pytest.mark.promise("USE-9")
def test_page_runs_no_script_and_loads_nothing() -> None:
    found = read(exports.a_page())
    assert not {t for t, _ in found.elements} & {"script", "img", "link", "iframe", "form", "object", "base"}
    assert not [n for _, given in found.elements for n in given if n in {"src", "style"} or n[:2] == "on"]
    assert not re.search(r"url\(|@import|@font-face", STYLE)
    beyond = [href for href in found.attributes("href") if href[0] != "#"]
    assert {*beyond} == {"mailto:privacy@test.example", "https://www.poverenik.rs"}


# --- values


def test_markup_in_a_value_is_escaped() -> None:
    hostile, plain = exports.a_page(), exports.a_page(hostile=PLAIN)
    assert [t for t, _ in read(hostile).elements] == [t for t, _ in read(plain).elements]
    assert exports.SCRIPT in read(hostile).shown


@pytest.mark.parametrize("value", exports.HOSTILE)
def test_quotes_in_the_value_of_an_attribute_are_escaped(value: str) -> None:
    ((element, given),) = read(tag("p", title=value)).elements
    assert (element, [*given]) == ("p", ["title"])


@pytest.mark.parametrize("odd", ["\u202e", "\u2066", "\x00", "\x1b", "\x85", "\ud800", "\uffff"])
def test_characters_that_reorder_or_cannot_be_shown_appear_as_their_numbers(odd: str) -> None:
    assert Html.escape(f"a{odd}b") == f"a⟨U+{ord(odd):04X}⟩b"


@pytest.mark.parametrize("usual", ["two\nlines\tand", "čćžšđ", "سلام", "e\u0301", "👩\u200d🔬", "a\u200eb"])
def test_ordinary_text_is_shown_unchanged(usual: str) -> None:
    assert Html.escape(usual) == usual


def test_page_can_always_be_encoded_as_utf_8() -> None:
    assert exports.a_page().encode("utf-8")


def test_very_long_value_is_cut_and_marked() -> None:
    shown = of(a_view(rows=({"note": "x" * 5_000},), total=1)).shown
    assert "x" * page.LONGEST + "… (cut after 2,000 of 5,000 characters)" in shown


# --- information


@pytest.mark.promise("NOT-4")
def test_page_names_the_controller_and_its_contact() -> None:
    shown = read(exports.a_page()).shown
    assert f"{CONTROLLER.name}, {CONTROLLER.address}" in shown
    assert "Contactprivacy@test.example" in shown


@pytest.mark.promise("RGT-1")
def test_page_states_when_it_was_requested_and_the_time_of_its_data() -> None:
    shown = read(exports.a_page()).shown
    assert "You asked on20 November 2026Data as of20 November 2026, 10:30 CET" in shown
    assert "Copy made on20 November 2026Request" in shown
    assert "Times on this page are in Belgrade time" in shown


@pytest.mark.promise("RGT-1")
def test_page_of_a_request_by_letter_shows_its_day_of_receipt() -> None:
    shown = read(exports.a_page(exports.an_about(received_at=beginning_of(date(2026, 11, 20))))).shown
    assert "You asked on20 November 2026Data as of20 November 2026, 00:00 CET" in shown
    assert "19 November" not in shown


def test_instant_of_a_record_is_shown_in_belgrade_time() -> None:
    assert contents.shown("2026-11-19T23:00:00Z", IN_ENGLISH) == "2026-11-20 00:00:00 CET"
    assert contents.shown("2026-07-01T22:30:00Z", IN_ENGLISH) == "2026-07-02 00:30:00 CEST"


@pytest.mark.parametrize(
    ("language", "shown"), [(Language.ENGLISH, "9.90 EUR"), (Language.SERBIAN_LATIN, "9,90 EUR")]
)
def test_amount_of_an_invoice_is_in_the_unit_of_its_currency(language: Language, shown: str) -> None:
    row = contents.row('{"amount_minor": 990, "currency": "EUR"}', Phrasebook(language))
    assert row["amount_minor"] == shown


@pytest.mark.promise("RGT-1")
def test_page_lists_each_right_and_how_to_exercise_it() -> None:
    (in_app,) = read(exports.a_page()).shown.split("You can exercise")[1:]
    assert in_app.startswith(" these rights in the app, or by writing to")
    said = {
        Right.ACCESS: "Art. 15", Right.RECTIFICATION: "Art. 16", Right.ERASURE: "Art. 17",
        Right.RESTRICTION: "Art. 18", Right.PORTABILITY: "Art. 20", Right.OBJECTION: "Art. 21(1)",
        Right.MARKETING_OBJECTION: "Art. 21(2)", Right.CONSENT_WITHDRAWAL: "withdraw a consent at any time",
    }  # fmt: skip
    assert said.keys() == set(Right)
    assert [right for right, words in said.items() if words not in in_app] == []


@pytest.mark.promise("RGT-1")
def test_page_states_whether_decisions_are_automated() -> None:
    assert "Automated decisionsPrograms alone decide this: " in read(exports.a_page()).shown
    taken_along = exports.a_page(exports.an_about(copy=CopyKind.PORTABILITY))
    assert "Automated decisions" not in taken_along


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize("section", plans.export_plan(register.records()), ids=lambda s: s.kind)
def test_each_kind_shows_its_purpose_basis_period_and_recipients(
    section: plans.Section,
) -> None:
    shown = of(SectionView.of(section, IN_ENGLISH)).shown
    assert f"Why{section.purpose.plainly}" in shown
    assert f"{section.basis.value} GDPR" in shown
    assert f"How long we keep it{section.kept}" in shown
    assert all(recipient.label in shown for recipient in section.recipients)


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize("section", plans.export_plan(register.records()), ids=lambda s: s.kind)
def test_each_field_shows_its_source_and_recipients(section: plans.Section) -> None:
    shown = of(SectionView.of(section, IN_ENGLISH)).shown
    for disclosed in section.disclosed:
        assert disclosed.name in shown
        assert words.category(disclosed.category) in shown
        assert words.source(disclosed.source) in shown
        assert all(recipient.label in shown for recipient in disclosed.recipients)


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize("section", plans.export_plan(register.records()), ids=lambda s: s.kind)
def test_withheld_field_is_shown_with_its_ground(section: plans.Section) -> None:
    shown = of(SectionView.of(section, IN_ENGLISH)).shown
    assert all(field.why in shown for field in section.withheld)
    if section.disclosed:
        assert all(words.label(field.name) in shown for field in section.withheld)
    else:
        assert "not in this copy" in shown


def test_page_shows_the_first_rows_and_names_the_file_with_all() -> None:
    rows = tuple({"note": f"note {number}.", "announced_at": f"{number}"} for number in range(ROWS + 1))
    found = of(a_view(rows=rows, total=4_218, rest="csv/bookmark.csv"))
    assert "note 99." in found.shown
    assert "note 100." not in found.shown
    assert "This page shows the first 100 of 4,218. All of them are in csv/bookmark.csv." in found.shown


def test_value_common_to_all_rows_is_shown_once() -> None:
    rows = tuple({"note": "the same", "announced_at": f"{number}"} for number in range(5))
    found = of(a_view(rows=rows, total=5))
    assert found.shown.count("the same") == 1
    assert "The same in all of these records" in found.shown


def test_kind_that_may_have_secret_records_is_not_said_to_have_none() -> None:
    assert "Bookmarksno records in this copy" in of(a_view()).shown


@pytest.mark.promise("RGT-1")
def test_kinds_without_records_stand_in_one_folded_list() -> None:
    found = read("".join(page.page(exports.an_about(none=("invoice", "contact")), [a_view()])))
    assert [name for name, _ in found.elements].count("details") == 1
    assert "We have none of these2 kinds of data" in found.shown
    assert "it is being deletedYour invoicesYour contacts" in found.shown.replace(".", "")


def test_page_on_which_each_kind_has_records_has_no_folded_list() -> None:
    found = read(exports.a_page(exports.an_about(none=())))
    assert "details" not in {name for name, _ in found.elements}
    assert "#none" not in found.attributes("href")


@pytest.mark.promise("RGT-1")
def test_records_come_before_what_is_said_about_the_copy() -> None:
    chapters = ["records", "apart", "missing", "about", "files", "recipients", "rights"]
    places = read(exports.a_page()).attributes("id")
    assert [place for place in places if place in chapters] == chapters


@pytest.mark.promise("RGT-1")
def test_kinds_that_no_copy_has_stand_together_after_the_others() -> None:
    sections = [a_view(), a_view(kind="secret", copied=False), a_view(kind="other", copied=False)]
    found = read("".join(page.page(exports.an_about(), sections)))
    places = [place for place in found.attributes("id") if place in {"kind-bookmark", "apart", "kind-secret"}]
    assert places == ["kind-bookmark", "apart", "kind-secret"]
    assert found.attributes("id").count("apart") == 1


@pytest.mark.promise("RGT-1")
def test_kind_without_a_list_of_fields_is_missing_and_not_withheld() -> None:
    left_out = (plans.WithheldField("Messages of others (3)", "they are theirs"),)
    shown = of(a_view(fields=(), missing=("1 record could not be included.",), withheld=left_out)).shown
    assert "Bookmarksmissing" in shown
    assert "Messages of others (3): they are theirs" in shown


@pytest.mark.promise("RGT-1")
def test_missing_data_is_stated_with_its_kind_and_again_at_the_end() -> None:
    sentence = "3 records could not be opened."
    found = read("".join(page.page(exports.an_about(), [a_view(missing=(sentence,))])))
    assert f"Missing: {sentence}" in found.shown
    assert f"Bookmarks: {sentence}" in found.shown
    assert "Nothing. We could read" not in found.shown
    assert "no records in this copy" not in found.shown


def test_page_of_a_complete_copy_states_that_no_data_is_missing() -> None:
    assert "Nothing. We could read everything that we looked for." in "".join(
        page.page(exports.an_about(), [a_view()])
    )


@pytest.mark.promise("RGT-1")
def test_each_recipient_of_data_is_described() -> None:
    found = read("".join(page.page(exports.an_about(), [a_view()])))
    ids = [place for place in found.attributes("id") if place.startswith("recipient-")]
    assert ids == ["recipient-aws", "recipient-stream"]
    assert Recipient.STREAM.entry.mechanism.value in found.shown


@pytest.mark.promise("RGT-9")
def test_page_names_the_authorities_and_the_court() -> None:
    other = SupervisoryAuthority("Datatilsynet", "Oslo", "+47 22 39 69 00", "https://www.datatilsynet.no")
    about = exports.an_about(authorities=(*CONTROLLER.authorities, other))
    shown = read(exports.a_page(about)).shown
    for authority in (*CONTROLLER.authorities, other):
        assert authority.name in shown
        assert authority.url in shown
    assert "You can also go to court, without complaining first (Art. 79 GDPR, Art. 84 ZZPL)" in shown
    assert "complain to a supervisory authority (Art. 77 GDPR, Art. 82 ZZPL)" in shown


def test_portable_copy_is_named_as_such() -> None:
    shown = read(exports.a_page(exports.an_about(copy=CopyKind.PORTABILITY))).shown
    assert "Your data for another service" in shown
    assert "Art. 20 GDPR" in shown


# --- accessibility


def test_headings_skip_no_level_and_each_id_is_unique() -> None:
    found = read(exports.a_page())
    levels = [int(t[1]) for t, _ in found.elements if re.fullmatch(r"h[1-6]", t)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    places = found.attributes("id")
    assert len(places) == len({*places})
    assert {href[1:] for href in found.attributes("href") if href[0] == "#"} <= {*places}
    assert {*found.attributes("aria-labelledby")} <= {*places}
    assert found.attributes("lang") == ["en"]


def luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
              for c in (byte / 255 for byte in bytes.fromhex(colour[1:]))]  # fmt: skip
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "card"])
@pytest.mark.parametrize("ink", ["text", "quiet", "link", "warn"])
def test_every_text_has_the_contrast_that_wcag_requires(
    colours: dict[str, str], ground: str, ink: str
) -> None:
    darker, lighter = sorted(luminance(colours[name]) for name in (ink, ground))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_kind_or_field_without_a_label_is_shown_by_its_name() -> None:
    assert words.title("parking_ticket") == "Parking ticket"
    assert [words.label(name) for name in ("seat_row", "parked_at", "ticket_id")] == [
        "Seat row", "Parked", "Ticket ID",
    ]  # fmt: skip


# --- memory


def test_memory_holds_one_kind_at_a_time() -> None:
    taken: list[weakref.ref[SectionView]] = []

    def endless() -> Iterator[SectionView]:
        while True:
            view = a_view()
            taken.append(weakref.ref(view))
            yield view
            del view

    pieces = page.page(exports.an_about(), endless())
    while len(taken) < 50:
        next(pieces)
    assert sum(ref() is not None for ref in taken) <= 2
