"""The language of a text that an operator wrote, compared with the one in which it will be read.

No library guesses it. A text with more Cyrillic than Latin letters is Serbian in Cyrillic script. Else the
words decide that are frequent in one of the two languages and do not exist in the other; a word with one of
the letters of Serbian that English lacks counts as Serbian. A text with as many words of both, or with none,
is not recognised: the command says so and goes on.
"""

from __future__ import annotations

import re
from typing import Annotated

import typer

from chalicelib.core.languages import Language
from infra.ops.operator_console import complain, confirm_unless

OtherLanguage = Annotated[
    bool,
    typer.Option("--other-language", help="do not ask if a text is in another language than its readers'"),
]
_IN_SERBIAN = """
je se na da su što koji koje nije smo ste vaš vaše vas vam vaši za od iz sa ili ne ali kao bi će ovo taj kada
podaci podatke zahtev nalog
"""
_IN_ENGLISH = """
the of and is are was were be been your you we our us not this that these it its with for from by at as has
have had will can cannot which because when account request data
"""
_SERBIAN, _ENGLISH = frozenset(_IN_SERBIAN.split()), frozenset(_IN_ENGLISH.split())
_CYRILLIC, _LATIN = re.compile("[\u0400-\u04ff]"), re.compile("[a-zčćđšž]")
_NAMES = {
    Language.ENGLISH: "English",
    Language.SERBIAN_LATIN: "Serbian in Latin script",
    Language.SERBIAN_CYRILLIC: "Serbian in Cyrillic script",
}


def written_language(text: str) -> Language | None:
    """Return the language of a text; None if it is not recognised."""
    lower = text.lower()
    if len(_CYRILLIC.findall(lower)) > len(_LATIN.findall(lower)):
        return Language.SERBIAN_CYRILLIC
    words = re.findall(r"\w+", lower)
    english = sum(word in _ENGLISH for word in words)
    serbian = sum(word in _SERBIAN or bool(re.search("[čćđšž]", word)) for word in words)
    if english == serbian:
        return None
    return Language.ENGLISH if english > serbian else Language.SERBIAN_LATIN


# The language that readers have of each part of a letter in two languages.
OF_LETTERS = {"en": Language.ENGLISH, "sr": Language.SERBIAN_LATIN}


def other_language(wanted: str, text: str, what: str) -> str:
    """Return in words that a text is in another language than its reader's; "" if not, or not recognised."""
    found = written_language(text)
    if found is None or found == wanted:
        return ""
    return f"{what} is in {_NAMES[Language(wanted)]}, and the text in {_NAMES[found]}"


def confirm_language(wanted: str, text: str, what: str = "The case", *, yes: bool) -> None:
    """Ask the operator if a text is in another language than the one in which it will be read.

    Args:
        wanted: the language of the reader.
        text: the text.
        what: what is in the language that is wanted.
        yes: the call has `--other-language`: nothing is asked.

    Raises:
        NotConfirmed: the answer is no, or there is none.
    """
    if written_language(text) is None:
        name = _NAMES[Language(wanted)]
        complain.print(f"The language of the text is not recognised. {what} is in {name}: check the text.")
    elif other := other_language(wanted, text, what):
        confirm_unless(yes, f"{other}. Send it so?", "--other-language")
