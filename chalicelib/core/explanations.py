"""Closed lists of words of which people see the meaning: a word for machines, an explanation for people."""

from enum import StrEnum
from typing import Self


class ExplainedEnum(StrEnum):
    """Members are `(word, explanation)`; a subclass with more parts takes them in `__init__`."""

    plainly: str

    def __new__(cls, word: str, plainly: str, *_more: object) -> Self:
        """Create a member whose value is its word."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.plainly = plainly
        return member
