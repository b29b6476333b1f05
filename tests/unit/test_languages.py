"""The language of a reader, and the transliteration of Serbian."""

from datetime import date

import pytest

from chalicelib.core.languages import Language, counted, day_in_words, language_of, preferred
from chalicelib.core.phrases import Phrasebook, to_cyrillic

EN, LATIN, CYRILLIC = Language


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("sr", LATIN),
        ("sr-RS", LATIN),
        ("sr-Latn", LATIN),
        ("sr-Latn-RS", LATIN),
        ("sr_Latn_RS", LATIN),
        ("sr-Cyrl", CYRILLIC),
        ("sr-Cyrl-RS", CYRILLIC),
        ("sr_Cyrl_BA", CYRILLIC),
        ("SR-CYRL", CYRILLIC),
        ("sh", LATIN),
        ("hr", LATIN),
        ("hr-HR", LATIN),
        ("bs", LATIN),
        ("bs-Latn-BA", LATIN),
        ("bs-Cyrl-BA", CYRILLIC),
        ("cnr", LATIN),
        ("cnr-Cyrl-ME", CYRILLIC),
        ("me", LATIN),
        ("en", EN),
        ("en-GB", EN),
        ("mk", EN),
        ("sl-SI", EN),
        ("ru-RU", EN),
        ("ru-Cyrl", EN),
        ("src", EN),
        ("de", EN),
        ("", EN),
        (None, EN),
    ],
)
def test_locale_gives_the_language_that_its_reader_understands(
    locale: str | None, language: Language
) -> None:
    assert language_of(locale) is language


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("sr-RS,sr;q=0.9,en;q=0.8", LATIN),
        ("sr-Cyrl-RS, en", CYRILLIC),
        ("de,en;q=0.5", EN),
        ("en;q=0.5, sr-Cyrl;q=0.9", CYRILLIC),
        ("sr;q=0, en;q=0.1", EN),
        ("hr", LATIN),
        ("de, fr", None),
        ("*", None),
        ("", None),
        ("sr;q=2", None),
        (";;;q=,,", None),
        ("de," * 1000 + "sr", None),
    ],
)
def test_first_of_our_languages_in_a_header_is_preferred(accepted: str, language: Language | None) -> None:
    assert preferred(accepted) is language


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("Ljubav Njegoš džep LJUBAV NJEGOŠ DŽEP Džep", "Љубав Његош џеп ЉУБАВ ЊЕГОШ ЏЕП Џеп"),
        ("konj polje odžak čađ ćuk šešir žaba", "коњ поље оџак чађ ћук шешир жаба"),
        ("konjugacija injekcija nadživeti nadživljavanje", "конјугација инјекција надживети надживљавање"),
        ("Tanjug podžanr konjunkcija odžaliti vanjezički", "Танјуг поджанр конјункција оджалити ванјезички"),
        ("abvgdđežzijklmnoprstćufhcčš", "абвгдђежзијклмнопрстћуфхцчш"),
        ("ABVGDĐEŽZIJKLMNOPRSTĆUFHCČŠ", "АБВГДЂЕЖЗИЈКЛМНОПРСТЋУФХЦЧШ"),
    ],
)
def test_words_are_transliterated_with_their_digraphs(latin: str, cyrillic: str) -> None:
    assert to_cyrillic(latin) == cyrillic


@pytest.mark.parametrize(
    "span",
    [
        "{link}",
        "{contact}",
        "https://www.poverenik.rs/sr-yu/o-nama.html",
        "privacy@ru4m.com",
        "/v1/certificate-keys",
        "RU4M",
        "GDPR",
        "SHA-256",
        "P-256",
        "JavaScript",
        "Stream.io",
        "data.schema.json",
        "csv/account.csv",
        "u_7h2k9d3m5p8q",
        "2016/679",
        "(b)",
        "123456",
    ],
)
def test_span_that_is_no_serbian_word_stays_latin(span: str) -> None:
    assert to_cyrillic(f"podaci {span} naloga") == f"подаци {span} налога"


def test_law_of_serbia_is_abbreviated_in_the_script_of_the_text() -> None:
    assert to_cyrillic("čl. 26. ZZPL i čl. 15. GDPR") == "чл. 26. ЗЗПЛ и чл. 15. GDPR"


def test_day_is_written_in_the_language() -> None:
    assert day_in_words(date(2026, 12, 2), EN) == "2 December 2026"
    assert day_in_words(date(2026, 12, 2), LATIN) == "2. decembra 2026"


@pytest.mark.parametrize(
    ("count", "form"),
    [
        (1, "one"),
        (2, "few"),
        (4, "few"),
        (5, "many"),
        (11, "many"),
        (12, "many"),
        (21, "one"),
        (24, "few"),
        (112, "many"),
    ],
)
def test_noun_after_a_number_has_the_form_of_the_number(count: int, form: str) -> None:
    assert counted(count, "one", "few", "many") == form


def test_phrase_without_serbian_is_shown_in_english() -> None:
    say = Phrasebook(CYRILLIC, {"Data": "Podaci"})
    assert (say("Data"), say("Unknown phrase")) == ("Подаци", "Unknown phrase")


def test_value_of_a_placeholder_is_not_transliterated() -> None:
    say = Phrasebook(CYRILLIC, {"Of {name}": "Od {name}"})
    assert say("Of {name}", name="Mila {contact}") == "Од Mila {contact}"
