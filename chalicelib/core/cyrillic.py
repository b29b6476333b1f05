"""Transliterates Serbian from Latin to Cyrillic script.

What stays in Latin script:

- placeholders, links, addresses for mail, paths and code: they are values, no words;
- the letter of a point of an article, as in (f): Cyrillic has its letters in another order;
- a word with a letter that Serbian does not have (q, w, x, y), a digit, or a capital after a small letter:
  it is a foreign name, an id or code, as "Stream.io", "SHA-256" or "JavaScript";
- names and abbreviations that are always written in Latin script (`LATIN`).

Latin lj, nj and dž are one letter each, except where a prefix or a foreign stem ends between them.
"""

import re
from functools import lru_cache

# Names of companies, services and formats, and abbreviations without a Serbian form. ZZPL has one: ЗЗПЛ.
LATIN = frozenset(
    {
        "Amazon", "AWS", "CET", "CEST", "CSV", "DER", "ECDSA", "EMEA", "GDPR", "HTTPS", "IEC", "Inc", "IP",
        "ISO", "JSON", "KMS", "Ltd", "NAT", "PDF", "PIN", "RU", "SARL", "Schema", "Services", "SES", "SMS",
        "SNS", "SOC", "Stream", "TLS", "UTC", "Web", "ZIP",
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
