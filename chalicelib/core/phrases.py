"""The phrases of a readable page, in the language of its reader.

A page is written with English phrases. A catalogue gives the Serbian of each one, in Latin script. A phrase
that no catalogue has is shown in English, so that it costs no reader the page; a test fails for each one.

    say = Phrasebook(language, CATALOGUE)
    say("Where to complain")    say("{count} records", count=say.number(total))
"""

from collections.abc import Mapping

from chalicelib.core.cyrillic import to_cyrillic
from chalicelib.core.languages import Language

Catalogue = Mapping[str, str]  # the Serbian phrase by the English one


class Phrasebook:
    """Says English phrases in a language. Values of placeholders are inserted as they are."""

    def __init__(self, language: Language, *catalogues: Catalogue) -> None:
        self.language = language
        self._catalogues = catalogues

    def __call__(self, english: str, **words: str) -> str:
        """Say a phrase."""
        said = self._serbian(english) if self.language.is_serbian else english
        return said.format(**words) if words else said

    def _serbian(self, english: str) -> str:
        found = next((book[english] for book in self._catalogues if english in book), None)
        return english if found is None else in_script(found, self.language)

    def number(self, value: int) -> str:
        """Write a number with separated thousands."""
        return f"{value:,}".replace(",", "." if self.language.is_serbian else ",")


def in_script(serbian: str, language: Language) -> str:
    """Return a Serbian text in the script of a language."""
    return to_cyrillic(serbian) if language is Language.SERBIAN_CYRILLIC else serbian


IN_ENGLISH = Phrasebook(Language.ENGLISH)
