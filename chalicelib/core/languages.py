"""The languages in which subjects read our texts, and which of them a reader understands.

There are three: English, and Serbian in the Latin and in the Cyrillic script. Serbian texts are written once,
in Latin script; `phrases` transliterates them (ADR 44).

Serbian without a script is shown in Latin script, although Unicode's CLDR assumes Cyrillic: each reader of
Serbian reads both, the app is written in Latin script, and a text message in it costs half as much. A phone
that is set to Cyrillic names the script (`sr-Cyrl`).

Readers of Bosnian, Croatian, Montenegrin and Serbo-Croatian get Serbian, which they understand, in the script
that they name. All other languages get English. Macedonian and Slovenian do too: they are other languages.
"""

import re
from datetime import date
from enum import StrEnum


class Language(StrEnum):
    """A language and its script, as BCP 47 writes it."""

    ENGLISH = "en"
    SERBIAN_LATIN = "sr-Latn"
    SERBIAN_CYRILLIC = "sr-Cyrl"

    @property
    def is_serbian(self) -> bool:
        """Return whether it is Serbian, in either script."""
        return self is not Language.ENGLISH


# `me` is no language of BCP 47, but some devices write it for Montenegrin (`cnr`).
_SERBIAN = frozenset({"sr", "sh", "bs", "hr", "cnr", "me"})
_MONTHS = (
    "januara", "februara", "marta", "aprila", "maja", "juna",
    "jula", "avgusta", "septembra", "oktobra", "novembra", "decembra",
)  # fmt: skip
_WEIGHTED = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")


def language_of(locale: str | None) -> Language:
    """Return the language that a reader with this locale (BCP 47, `-` or `_`) understands."""
    return _known(locale or "") or Language.ENGLISH


def _known(tag: str) -> Language | None:
    spoken, *parts = re.split("[-_]", tag.lower())
    if spoken in _SERBIAN:
        return Language.SERBIAN_CYRILLIC if "cyrl" in parts else Language.SERBIAN_LATIN
    return Language.ENGLISH if spoken == "en" else None


def preferred(accepted: str) -> Language | None:
    """Return the first of our languages in an Accept-Language header; None if it names none of them."""
    found = [match for part in accepted.split(",")[:20] if (match := _WEIGHTED.fullmatch(part))]
    for match in sorted(found, key=lambda match: -float(match[2] or 1)):
        if float(match[2] or 1) and (known := _known(match[1])):
            return known
    return None


def day_in_words(day: date, language: Language) -> str:
    """Write a day. The Serbian one is a genitive, as it follows "od" or "do", and has no dot at its end."""
    if language.is_serbian:
        return f"{day.day}. {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.day} {day:%B %Y}"


def counted(count: int, one: str, few: str, many: str) -> str:
    """Return the form of a Serbian noun after a number: 1 mesec, 2 meseca, 5 meseci."""
    if count % 10 == 1 and count % 100 != 11:
        return one
    return few if count % 10 in {2, 3, 4} and count % 100 not in {12, 13, 14} else many
