"""The phrases of a readable page, in the language and the script of its reader.

A page is written with English phrases. A catalogue gives the Serbian of each one, in Latin script. A phrase
that no catalogue has is shown in English, so that it costs no reader the page; a test fails for each one.

    say = Phrasebook(language, CATALOGUE)
    say("Where to complain")    say("{count} records", count=say.number(total))

`to_cyrillic` transliterates Serbian from Latin to Cyrillic script. What stays in Latin script:

- placeholders, links, addresses for mail, paths and code: they are values, no words;
- the letter of a point of an article, as in (f): Cyrillic has its letters in another order;
- a word with a letter that Serbian does not have (q, w, x, y), a digit, or a capital after a small letter:
  it is a foreign name, an id or code, as "Stream.io", "SHA-256" or "JavaScript";
- names and abbreviations that are always written in Latin script (`LATIN`).

Latin lj, nj and dž are one letter each, except where a prefix or a foreign stem ends between them.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

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


IN_ENGLISH = Phrasebook(Language.ENGLISH)


def in_script(serbian: str, language: Language) -> str:
    """Return a Serbian text in the script of a language."""
    return to_cyrillic(serbian) if language is Language.SERBIAN_CYRILLIC else serbian


def in_language(words: Mapping[str, str], language: Language) -> str:
    """Return a text that is written in English ("en") and in Serbian ("sr"), in a language and its script."""
    return in_script(words["sr"], language) if language.is_serbian else words["en"]


# Names of companies, services and formats, and abbreviations without a Serbian form. ZZPL has one: ЗЗПЛ.
LATIN = frozenset(
    {
        "Amazon", "Android", "Apple", "AWS", "CET", "CEST", "Control", "CSV", "DER", "DSA",
        "ECDSA", "EMEA", "FADP", "GDPR", "Global", "Google", "HTTPS", "IEC", "Ireland", "Limited",
        "Inc", "IP", "ISO", "JSON", "KMS", "Ltd", "NAT", "PDF", "PIN", "RU", "SARL", "Schema", "Services",
        "SES", "SMS", "SNS", "SOC", "Stream", "TLS", "UK", "UTC", "Web", "ZIP",
    }
)  # fmt: skip

# Stems in which the two letters are two sounds; each is compared with the beginning of a word.
_SEPARATE = (
    "anjon", "injek", "injunk", "konjug", "konjunk", "nadžanj", "nadždr", "nadživ", "nadžup", "odžal",
    "odžel", "odžive", "panjelin", "podžanr", "tanjug", "vanjezi",
)  # fmt: skip

_DIGRAPHS = {"lj": "љ", "nj": "њ", "dž": "џ"}
_LETTERS = dict(zip("abvgdđežzijklmnoprstćufhcčš", "абвгдђежзијклмнопрстћуфхцчш", strict=True))
_SPAN = re.compile(
    r"\{[^{}]*\}"  # a placeholder
    r"|https?://\S+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|/v1/[\w/-]+|(?:csv|chat)/[\w<>.-]+"  # a path
    r"|\w+(?:\.\w+)*\.(?:json|csv|html|ndjson|io)\b"
    r"|\w+(?:-\w*\d\w*)+"
    r"|\([a-f]\)"  # a point of an article, as in the English text of a law
    r"|\w+"
)
_FOREIGN = re.compile(r"[qwxyQWXY\d_]|[a-zđčćšž][A-ZĐČĆŠŽ]")


@lru_cache(maxsize=4096)
def to_cyrillic(text: str) -> str:
    """Return a Serbian text in Cyrillic script."""
    return _SPAN.sub(lambda found: _span(found[0]), text)


def stays_latin(word: str) -> bool:
    """Return whether a word stays in Latin script."""
    return word in LATIN or bool(_FOREIGN.search(word))


def _span(span: str) -> str:
    return span if not span.isalpha() or stays_latin(span) else _word(span)


def _word(word: str) -> str:
    lower, written, at = word.lower(), [], 0
    separate = lower.startswith(_SEPARATE)
    while at < len(word):
        pair = lower[at : at + 2]
        if pair in _DIGRAPHS and not (separate and at < 5):
            written.append(_cased(_DIGRAPHS[pair], word[at]))
            at += 2
            continue
        written.append(_cased(_LETTERS.get(lower[at], word[at]), word[at]))
        at += 1
    return "".join(written)


def _cased(letter: str, like: str) -> str:
    return letter.upper() if like.isupper() else letter
