"""Recognizes device models and versions, in forms that exclude numbers and names of persons.

Manufacturers spell models freely, so no pattern covers all of them. A value that does not match is left out
and its event is kept: an unusual phone is no reason to drop its events. ADR 15 describes what can still pass.
"""

import re

# National numbers have eight digits or more. The longest models that are mostly digits, Xiaomi's, have
# eight.
_MAX_DIGITS = 8
_LONGEST = 40

# "SM-G991B", "moto g(30)", "iPhone17,1", "Nokia 3.4", "Redmi Note 13 Pro+ 5G": up to six short words.
# A period or a comma has a digit on both sides, so no host, mailbox or dotted name matches.
_WORD = r"\(?[A-Za-z0-9]{1,14}(?:(?<=[0-9])[.,][0-9]{1,3})?\+?\)?"
_MODEL = re.compile(rf"{_WORD}(?:(?:[ _/-]|(?=\()){_WORD}){{0,5}}", re.ASCII)
# A model without a digit is one word or begins with a known family; other pairs of words may be a person's
# name.
_FAMILIES = re.compile(
    r"(iPhone|iPad|iPod|Mac|Pixel|Nexus|Galaxy|moto|Redmi|Mi|Surface|Windows|Android)\b", re.IGNORECASE
)
# "18.1.1", "12L", "4.4W.2", "10_15_7", "2.4.0-beta+117", "2.4.0 (117)", "1.0.0-rc.1".
_STAGE = "alpha|beta|rc|build|canary|debug|dev|internal|nightly|preview|release|snapshot"
_VERSION = re.compile(
    rf"v?[0-9]{{1,5}}(?:[._][0-9]{{1,5}}){{0,3}}[A-Z]?(?:[ .+_-]\(?(?:{_STAGE})?\.?[0-9]{{0,5}}\)?){{0,2}}",
    re.ASCII | re.IGNORECASE,
)


def is_model(text: str) -> bool:
    """Return whether it looks like the model of a device."""
    if len(text) > _LONGEST or not _MODEL.fullmatch(text) or _digits(text) > _MAX_DIGITS:
        return False
    return bool(_digits(text) or " " not in text or _FAMILIES.match(text))


def is_version(text: str) -> bool:
    """Return whether it looks like the version of an operating system or of an app."""
    return bool(_VERSION.fullmatch(text)) and _digits(text) <= _MAX_DIGITS


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)
