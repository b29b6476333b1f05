"""What looks like a device's model or like a version, and has no room for a number or the name of a person.

Makers spell models as they like, so no pattern knows them all. What does not look like one is left out and
the event is kept: a strange phone is no reason to refuse what it tells. What remains possible is said in
ADR 15.
"""

import re

# National numbers have eight digits or more; the longest models that are digits mostly, Xiaomi's, have eight.
_MOST_DIGITS = 8
_LONGEST = 40

# "SM-G991B", "moto g(30)", "iPhone17,1", "Nokia 3.4", "Redmi Note 13 Pro+ 5G": up to six short words. A point
# or a comma stands between digits only, so no host, no mailbox, no name with a point.
_WORD = r"\(?[A-Za-z0-9]{1,14}(?:(?<=[0-9])[.,][0-9]{1,3})?\+?\)?"
_MODEL = re.compile(rf"{_WORD}(?:(?:[ _/-]|(?=\()){_WORD}){{0,5}}", re.ASCII)
# Models without a digit are one word, or of a family: two words more are how a person is called.
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
    """Whether it looks like what makers call their devices."""
    if len(text) > _LONGEST or not _MODEL.fullmatch(text) or _digits(text) > _MOST_DIGITS:
        return False
    return bool(_digits(text) or " " not in text or _FAMILIES.match(text))


def is_version(text: str) -> bool:
    """Whether it looks like the version of an operating system or of an app."""
    return bool(_VERSION.fullmatch(text)) and _digits(text) <= _MOST_DIGITS


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)
