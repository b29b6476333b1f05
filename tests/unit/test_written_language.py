"""The language of a text that an operator wrote is recognised by its script and its frequent words."""

import pytest

from chalicelib.core.languages import Language
from chalicelib.core.phrases import to_cyrillic
from infra.ops.cases.written_language import written_language

SERBIAN = "Odbili smo zahtev jer smo na njega odgovorili prošle nedelje."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We answered your request last week.", Language.ENGLISH),
        (SERBIAN, Language.SERBIAN_LATIN),
        ("Podaci su tacni, nalog je ugasen.", Language.SERBIAN_LATIN),
        (to_cyrillic(SERBIAN), Language.SERBIAN_CYRILLIC),
        ("Нисмо нашли Ваше податке код Amazon Web Services.", Language.SERBIAN_CYRILLIC),
        ("We answered Đorđe and Ćira, because they asked us for the data.", Language.ENGLISH),
        ("", None),
        ("OK 117/2026", None),
    ],
)
def test_language_follows_from_script_and_frequent_words(text: str, language: Language | None) -> None:
    assert written_language(text) is language
