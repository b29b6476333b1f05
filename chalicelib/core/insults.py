"""Words that insult people, in what we show to others: display names, usernames, names of groups (ADR 120).

Only whole words count, so a name that contains one is a name. Words that are names of people are left out.
The English list is a library's; Serbian is not in any that is maintained, so its list is here.
"""

import re
import unicodedata
from functools import cache
from typing import Any

from pydantic_core import PydanticCustomError

from chalicelib.core.contract_words import ErrorCode

# Also names of people: what the English list found among 64,000 first and last names.
_NAMES = (
    "anal ass boner bs butt cock coon cumming dick fuk hoe hooker kike lolita negro poon semen shota xx xxx"
)
_SERBIAN_WORDS = """
drolja drolje droljo govno govna govnar jebac jebaci jebanje jebe jebem jebi jebo jebote kurac kurca kurcina
kurva kurve kurvetina kurvo pederi pedercina picka picke picko pickica pizda pizde pizdo pusikurac
siptar siptari siptaru sranje
"""
_CYRILLIC = "абвгдђежзијклљмнњопрстћуфхцчџш"
_LETTERS = "a b v g d đ e ž z i j k l lj m n nj o p r s t ć u f h c č dž š"
_SERBIAN = frozenset(_SERBIAN_WORDS.split())
_LATIN = str.maketrans(dict(zip(_CYRILLIC, _LETTERS.split(), strict=True)))


def refuse(text: str) -> str:
    """Return a text without an insulting word; for a field of a body.

    Raises:
        PydanticCustomError: a word in it insults people.
    """
    if is_insulting(text):
        raise PydanticCustomError(ErrorCode.INSULTING, "A word in it insults people; choose another one")
    return text


def is_insulting(text: str) -> bool:
    """Return whether a word of a text insults people, in English or Serbian."""
    if not _SERBIAN.isdisjoint(_words(text)):
        return True
    return bool(_english().is_profane(text))


def _words(text: str) -> list[str]:
    """The words of a text in Latin letters without marks, as people also write them."""
    latin = unicodedata.normalize("NFKC", text).casefold().translate(_LATIN)
    plain = "".join(c for c in unicodedata.normalize("NFD", latin.replace("đ", "dj")) if c.isascii())
    return re.findall("[a-z]+", plain)


@cache
def _english() -> Any:  # noqa: ANN401 - the package states no types
    from glin_profanity import Filter  # not at the top: most requests choose no name

    return Filter({"languages": ["english"], "obfuscation": "off", "ignore_words": _NAMES.split()})
