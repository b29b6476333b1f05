"""Every text that a subject reads exists in English and in Serbian in both scripts (RGT-9).

`make check` runs this file, so that a mistake in a translation is found in seconds (ADR 64).
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import pytest
from pydantic import BaseModel

import chalicelib
from chalicelib.consents.evidence import Event
from chalicelib.core.durations import Duration, Unit
from chalicelib.core.languages import Language
from chalicelib.core.phrases import Catalogue, Phrasebook, to_cyrillic
from chalicelib.core.settings import settings
from chalicelib.messages.letters import Words, short_text
from chalicelib.operations.reports.page import page as year_page
from chalicelib.operations.reports.serbian import YEAR
from chalicelib.privacy import words
from chalicelib.privacy.accountability import Accountability, RepresentedLaw
from chalicelib.privacy.clauses import page, policy, terms
from chalicelib.privacy.clauses.clause import Chapter, Clause
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.declaration import DataSubject
from chalicelib.privacy.periods import Period
from chalicelib.privacy.purposes import Category, ExplainedEnum, LegalBasis, Practice, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.privacy.register import WITHOUT_RECORD
from chalicelib.privacy.remedies import AUTHORITIES, COMPLAINTS_SITE
from chalicelib.privacy.serbian import PRIVACY, reasons, recipients, titles
from chalicelib.privacy.serbian import fields as field_words
from chalicelib.privacy.serbian.periods import PERIODS, length, retentions
from chalicelib.rights.answers.letters import _COPY, _WHAT
from chalicelib.rights.copy.model import CopyKind
from chalicelib.rights.copy.phrases import CHAT, COPY, phrasebook, records
from chalicelib.rights.copy.reader import UnreadableReason
from chalicelib.rights.copy.selection import selection
from chalicelib.rights.erasure.certificates import model as certificate_words
from chalicelib.rights.erasure.certificates.serbian import CERTIFICATE
from chalicelib.rights.request import notes
from chalicelib.rights.request.declaration import RightWords
from chalicelib.rights.request.recipients import WHY
from chalicelib.site.clauses import accessibility
from chalicelib.site.clauses import certificates as certificate_texts
from chalicelib.stream import model as deletion_report
from chalicelib.stream.export import parts
from infra.policy.facts import facts_of
from tests.support.cases import certificates
from tests.support.pages import exports, site
from tests.support.pages.reading import parts_of
from tests.support.pages.year_figures import a_year

pytestmark = pytest.mark.promise("RGT-9")

# Words of these texts that stay Latin in Cyrillic texts. A new one is added here on purpose.
_LATIN = """
RU4M QR PIN GDPR UTC JavaScript Stream Inc Amazon S3 SES SNS SMS ECDSA P256 SHA256 AES256 JSON Schema Web
Services Global Privacy Control EMEA SARL TLS 272B SOC Type II ISO IEC IP Ltd Apple Google Ireland Limited
iPhone Android
"""
LATIN_WORDS = set(_LATIN.split())


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        yield importlib.import_module(found.name)


def pairs_in(value: object) -> Iterator[Mapping[str, Any]]:
    """Each mapping that has a text by language, however deep."""
    if isinstance(value, RightWords):
        yield from pairs_in((value.outcomes, value.nothing_held))
    elif isinstance(value, Clause):
        yield value.words
    elif isinstance(value, Chapter):
        yield from pairs_in((value.words, value.clauses))
    elif isinstance(value, Mapping):
        if value.keys() == {*Language}:  # complete, in each script
            return
        if "en" in value or "sr" in value:
            yield value
        else:
            for inner in value.values():
                yield from pairs_in(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from pairs_in(inner)


def texts_of(value: object) -> list[str]:
    """The texts of one language: of a mail, its subject and paragraphs."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in texts_of(inner)]
    assert isinstance(value, tuple)
    return [text for inner in value for text in texts_of(inner)]


# A catalogue is found by what it contains, so that no name of a module decides what is tested.
_SERBIAN_LETTERS = re.compile("[čćđšž]", re.IGNORECASE)

PAIRS = {
    f"{module.__name__}.{name}.{number}": pair
    for module in modules()
    for name, value in vars(module).items()
    if name.isupper()
    if isinstance(value, RightWords) or getattr(value, "__module__", module.__name__) == module.__name__
    for number, pair in enumerate(pairs_in(value))
}
CATALOGUES: dict[str, Catalogue] = dict(
    {
        id(value): (f"{module.__name__}.{name}", value)
        for module in modules()
        for name, value in vars(module).items()
        if name.isupper()
        and isinstance(value, Mapping)
        and "sr" not in value
        and all(isinstance(text, str) for entry in value.items() for text in entry)
        and any(_SERBIAN_LETTERS.search(text) for text in value.values())
    }.values()
)


# Words, in any script, with a letter of the Latin alphabet of Serbian or English.
_WITH_LATIN = re.compile(r"[^\W_]*[A-Za-zčćđšž][^\W_]*", re.IGNORECASE)
_VALUES = re.compile(r"\{[^{}]*\}|https?://\S+|\S+@\S+|/v1/\S+|\S+\.(?:json|csv|html)\b|\([a-f]\)")


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def latin_words(text: str) -> set[str]:
    """The Latin words of a Cyrillic text, apart from placeholders, links, addresses and points of laws."""
    return set(
        _WITH_LATIN.findall(_VALUES.sub(" ", text).replace("-256", "256").replace("Stream.io", "Stream"))
    )


def test_texts_of_all_kinds_are_found() -> None:
    kinds = {name.rsplit(".", 2)[0] for name in PAIRS}
    assert kinds >= {
        "chalicelib.accounts.challenges.service",
        "chalicelib.consents.announcements",
        "chalicelib.rights.erasure.idle.warnings",
        "chalicelib.rights.answers.words",
        "chalicelib.rights.erasure.letters",
        "chalicelib.rights.answers.letters",
        "chalicelib.rights.erasure.right",
    }
    assert len(PAIRS) > 60
    assert len(CATALOGUES) > 12


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_text_exists_in_both_languages_with_the_same_placeholders(name: str) -> None:
    pair = PAIRS[name]
    assert {"en", "sr"} <= pair.keys() <= {"en", "sr", "sr-Cyrl"}
    english = texts_of(pair["en"])
    for language in pair.keys() - {"en"}:
        serbian = texts_of(pair[language])
        assert list(map(placeholders, serbian)) == list(map(placeholders, english))


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_cyrillic_text_has_only_the_listed_latin_words(name: str) -> None:
    pair = PAIRS[name]
    for text in texts_of(pair.get("sr-Cyrl", pair["sr"])):
        assert latin_words(to_cyrillic(text)) <= LATIN_WORDS
        assert placeholders(to_cyrillic(text)) == placeholders(text)


@pytest.mark.parametrize("name", sorted(CATALOGUES))
def test_phrases_have_the_same_placeholders_and_only_the_listed_latin_words(name: str) -> None:
    for english, serbian in CATALOGUES[name].items():
        assert placeholders(english) == placeholders(serbian), english
        assert latin_words(to_cyrillic(serbian)) <= LATIN_WORDS, english


def wrong_characters(text: str) -> set[str]:
    """The letters of other scripts, and what no reader sees, such as a byte-order mark."""
    return {
        character
        for character in text
        if (character.isalpha() and not unicodedata.name(character).startswith("LATIN "))
        or (unicodedata.category(character).startswith("C") and character != "\n")
    }


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_text_is_in_latin_script_only(name: str) -> None:
    for text in texts_of(PAIRS[name]):
        assert wrong_characters(text) == set(), text


@pytest.mark.parametrize("name", sorted(CATALOGUES))
def test_phrases_are_in_latin_script_only(name: str) -> None:
    for english, serbian in CATALOGUES[name].items():
        assert wrong_characters(english + serbian) == set(), english


def test_phrase_has_the_same_translation_in_each_catalogue_of_a_page() -> None:
    of_privacy = (
        titles.TITLES, field_words.LABELS, titles.KINDS, titles.PURPOSES, reasons.REASONS,
        reasons.LAWS, recipients.RECIPIENTS,
    )  # fmt: skip
    assert len(PRIVACY) == sum(map(len, of_privacy))
    for book in (COPY, CHAT, CERTIFICATE, YEAR):
        shared = book.keys() & (
            PRIVACY.keys() | (COPY.keys() - CERTIFICATE.keys() if book is CHAT else set())
        )
        for phrase in shared:
            assert book[phrase] == {**COPY, **PRIVACY}[phrase]


@cache
def written_in_code() -> tuple[set[str], set[str]]:
    """The texts in the code outside the catalogues, and the names of fields and arguments."""
    texts, names = set[str](), set[str]()
    for path in Path(chalicelib.__path__[0]).rglob("*.py"):
        nodes: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
        while nodes:
            match node := nodes.pop():
                case ast.AnnAssign(annotation=ast.Name(id="Catalogue")):
                    continue
                case ast.Constant(value=str(text)):
                    texts.add(text)
                case ast.AnnAssign(target=ast.Name(id=name)) | ast.keyword(arg=str(name)):
                    names.add(name)
            nodes.extend(ast.iter_child_nodes(node))
    return texts, names


@pytest.mark.parametrize("name", sorted(CATALOGUES))
def test_each_phrase_is_still_said(name: str) -> None:
    texts, names = written_in_code()
    said = {*of_copies(), *of_values(), *of_the_register(), *of_stream(), *texts}
    said |= {words.label(field) for field in (*names, *texts)}
    assert CATALOGUES[name].keys() <= said


@pytest.mark.parametrize(
    ("unit", "forms"),
    [
        (Unit.HOUR, "1 sat, 2 sata, 5 sati, 11 sati, 21 sat, 24 sata"),
        (Unit.DAY, "1 dan, 2 dana, 5 dana, 11 dana, 21 dan, 24 dana"),
        (Unit.MONTH, "1 mesec, 2 meseca, 5 meseci, 11 meseci, 21 mesec, 24 meseca"),
        (Unit.YEAR, "1 godinu, 2 godine, 5 godina, 11 godina, 21 godinu, 24 godine"),
    ],
)
def test_length_has_the_plural_of_its_number(unit: Unit, forms: str) -> None:
    assert ", ".join(length(Duration(count, unit)) for count in (1, 2, 5, 11, 21, 24)) == forms


def test_number_of_records_has_its_plural() -> None:
    say = phrasebook(Language.SERBIAN_LATIN)
    counted = ", ".join(records(count, say) for count in (1, 2, 5, 11, 21))
    assert counted == "1 zapis, 2 zapisa, 5 zapisa, 11 zapisa, 21 zapis"


# --- pages: every phrase has its Serbian


@pytest.fixture
def misses(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The phrases for which no Serbian was found, as they are said."""
    found: set[str] = set()
    said = Phrasebook._serbian

    def spied(self: Phrasebook, english: str) -> str:
        if english and not any(english in book for book in self._catalogues):
            found.add(english)
        return said(self, english)

    monkeypatch.setattr(Phrasebook, "_serbian", spied)
    return found


def of_copies() -> Iterator[str]:
    for part in (part for copy in CopyKind for part in selection(copy).parts.values()):
        section = part.section
        yield from (words.title(section.kind), section.kept)
        yield from (words.label(field.name) for field in section.disclosed)
        for withheld in (*section.withheld, *part.left_out):
            yield from (words.label(withheld.name), withheld.why)


def labels_within(annotation: object) -> Iterator[str]:
    """The labels of the fields of models inside a field."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield words.label(name)
            yield from labels_within(field.annotation)
    for inner in get_args(annotation):
        yield from labels_within(inner)


def of_values() -> Iterator[str]:
    for part in selection(CopyKind.ACCESS).parts.values():
        for field in part.section.disclosed:
            yield from labels_within(part.model.model_fields[field.name].annotation)
    yield from map(words.label, Event.model_fields)
    yield from map(words.label, Purpose)
    yield from ("yes", "no")


def of_the_register() -> Iterator[str]:
    yield from (purpose.plainly for purpose in Purpose)
    yield from map(words.basis, LegalBasis)
    yield from map(words.category, (None, *Category))
    yield from map(words.source, Source)
    yield from (law.plainly for law in RepresentedLaw)
    for data in WITHOUT_RECORD:
        if data.subject is DataSubject.USER:
            yield from (words.title(data.kind), data.plainly)
    for recipient in Recipient:
        entry = recipient.entry
        yield from (entry.label, entry.activity, entry.role.value, entry.country, entry.mechanism.value)
        yield from entry.safeguards
        yield from filter(None, (entry.rights_contact.where,) if entry.rights_contact else ())


def of_stream() -> Iterator[str]:
    explained: tuple[type[ExplainedEnum], ...] = (parts.Ground, parts.StreamReason, UnreadableReason)
    yield from (member.plainly for reason in explained for member in reason)
    for shown in parts.StreamPart.__subclasses__():
        yield from map(words.label, shown.model_fields)
    for withheld in (one for shape in parts.StreamCopyKind for one in parts.withheld(shape)):
        yield words.label(withheld.where)
        if " " in withheld.name:  # ours; the others are Stream's names of fields, which stay
            yield withheld.name


def test_policy_and_terms_have_their_serbian(misses: set[str]) -> None:
    facts = facts_of(settings(), Accountability(), frozenset(Practice))
    for of in (policy.chapters, terms.chapters):
        page.of(of(facts), facts, Language.SERBIAN_LATIN)
    unsaid = {value for key, value in facts.items() if key.startswith(("promise/", "right/", "practice/"))}
    assert misses - unsaid == {CONTROLLER.name, settings().contact_email}


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize("language", [Language.SERBIAN_LATIN, Language.SERBIAN_CYRILLIC])
def test_declared_words_have_their_serbian(misses: set[str], language: Language) -> None:
    say = phrasebook(language)
    said = [say(phrase) for phrase in (*of_copies(), *of_values(), *of_the_register(), *of_stream())]
    assert misses == set()
    if language is Language.SERBIAN_CYRILLIC:
        assert {word for text in said for word in latin_words(text)} <= LATIN_WORDS


@pytest.mark.promise("RGT-1")
def test_retention_of_each_kind_has_its_serbian() -> None:
    assert [english for english, serbian in retentions().items() if english == serbian] == []


@pytest.mark.promise("RGT-2")
def test_reason_why_a_recipient_is_not_notified_has_its_serbian() -> None:
    assert set(WHY.values()) <= PRIVACY.keys()
    assert {recipient.label for recipient in Recipient} <= PRIVACY.keys()


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize("period", Period)
def test_period_has_a_gap_for_its_length_in_serbian_as_in_english(period: Period) -> None:
    assert PERIODS[period].count("{}") == period.words.count("{}")


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize("copy", CopyKind)
@pytest.mark.parametrize("language", Language)
def test_page_of_a_copy_is_in_its_language(misses: set[str], copy: CopyKind, language: Language) -> None:
    about = exports.an_about(copy=copy, language=language)
    page = exports.a_page(about)
    assert f'<html lang="{language}">' in page
    made_up = {file.what for file in about.files} | {"Entry", "Seal"}
    made_up |= {data.what for data in WITHOUT_RECORD if data.kind == "evidence"}
    assert misses <= made_up


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("language", Language)
def test_page_of_a_certificate_is_in_its_language(misses: set[str], language: Language) -> None:
    page = certificates.a_page(language=language)
    assert f'<html lang="{language}">' in page
    assert misses == set()


@pytest.mark.promise("RGT-10")
def test_page_of_yearly_figures_has_its_serbian(misses: set[str]) -> None:
    page = year_page(a_year(last=date(2026, 11, 26)))
    assert [f'lang="{language}" id="{language}"' in page for language in Language] == [True] * 3
    assert misses == set()


@pytest.mark.parametrize("language", [Language.SERBIAN_LATIN, Language.SERBIAN_CYRILLIC])
@pytest.mark.parametrize("path", sorted(site.PAGES))
def test_page_of_the_site_has_its_serbian(misses: set[str], path: str, language: Language) -> None:
    page = site.page(path, language).markup
    assert f'<html lang="{language}">' in page
    values = {
        CONTROLLER.name,
        settings().contact_email,
        *certificate_texts.FILE.values(),
        *accessibility.NAMES.values(),
    }
    assert {one for one in misses - values if not one.isdigit()} == set()


@pytest.mark.promise("RGT-3")
def test_every_word_of_a_certificate_has_its_serbian() -> None:
    lists = (
        notes.DeletionPlace,
        certificate_words.Remaining,
        certificate_words.Reason,
        certificate_words.Ending,
        deletion_report.StreamDataKind,
        deletion_report.StreamReport,
    )
    for one in lists:
        assert {str(member) for member in one} <= CERTIFICATE.keys()


def test_authority_of_serbia_has_its_serbian_name_and_others_their_own() -> None:
    (commissioner,) = CONTROLLER.authorities
    assert {commissioner.name, commissioner.address} <= PRIVACY.keys()
    assert not {authority.name for authority in AUTHORITIES.values()} & PRIVACY.keys()


# --- text messages

SENT_BY_SMS = {name: pair for name, pair in PAIRS.items() if "_TEXT." in name}
# A link as long as that of the public address, and the contact.
VALUES: Words = {
    "contact": "privacy@ru4m.com",
    "code": "123456",
    "complaints": COMPLAINTS_SITE,
    "link": f"https://api.ru4m.com/privacy/request#r_{'x' * 26}.1.{'x' * 43}",
    "until": date(2026, 12, 22),
    "day": date(2026, 12, 22),
}


def test_texts_of_all_text_messages_are_found() -> None:
    assert sorted(name.split(".")[-2] for name in SENT_BY_SMS) == [
        "_ANSWERED_LOCKED_OUT_TEXT",
        "_ANSWERED_TEXT",
        "_CANCELLED_TEXT",
        "_CODE_TEXT",
        "_CONFIRMED_TEXT",
        "_ERASED_EXCEPT_TEXT",
        "_ERASED_TEXT",
        "_EXTENDED_ACCOUNT_TEXT",
        "_EXTENDED_TEXT",
        "_LIFTED_TEXT",
        "_MAILBOX_TEXT",
        "_NUMBER_ASKED_TEXT",
        "_NUMBER_TEXT",
        "_PROOF_TEXT",
        "_RELEASE_TEXT",
        "_TEXT",
        "_WAITING_TEXT",
        "_WARNED_OF_NUMBER_TEXT",
        "_WARNED_TEXT",
    ]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", sorted(SENT_BY_SMS))
def test_text_message_has_one_part_and_more_only_for_a_link_or_an_address(
    name: str, language: Language
) -> None:
    pair = SENT_BY_SMS[name]
    most = 1
    if "{link}" in pair["en"]:
        most = 3 if language is Language.SERBIAN_CYRILLIC else 2
    elif re.search("{contact}|{complaints}", pair["en"]) and language is Language.SERBIAN_CYRILLIC:
        most = 2
    requested = [words["sr" if language.is_serbian else "en"] for words in (_COPY, *_WHAT.values())]
    text = short_text(pair, language, {**VALUES, "what": max(requested, key=len)})
    assert parts_of(text) <= most
    assert not re.search(r"[{}]|\.\.", text)  # a day ends with a dot in Serbian
