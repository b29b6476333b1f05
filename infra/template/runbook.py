"""Reads docs/runbook.md: a section for each alarm, with four named paragraphs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PARTS = ("Meaning", "First look", "Remedy", "Test")
_SECTION = re.compile(r"^### (\S+)\n(.*?)(?=^#|\Z)", re.DOTALL | re.MULTILINE)
_PART = re.compile(r"^\*\*([A-Z][a-z ]+)\.\*\* (.+?)(?=\n\n|\Z)", re.DOTALL | re.MULTILINE)


class BadSection(ValueError):
    """A section of the runbook lacks a paragraph, or has others."""


@dataclass(frozen=True)
class RunbookSection:
    """What an operator reads about one alarm."""

    name: str
    parts: dict[str, str]

    @property
    def meaning(self) -> str:
        """What is wrong, in one line."""
        return self.parts["Meaning"]


@dataclass(frozen=True)
class Runbook:
    """The sections by the names of their alarms, in the order of the page."""

    sections: dict[str, RunbookSection]

    @classmethod
    def read(cls, page: Path) -> Self:
        """Read the page.

        Raises:
            BadSection: a section lacks one of the four paragraphs, or an alarm has two sections.
        """
        found: dict[str, RunbookSection] = {}
        for name, text in _SECTION.findall(page.read_text(encoding="utf-8")):
            parts = {part: " ".join(words.split()) for part, words in _PART.findall(text)}
            if tuple(parts) != PARTS:
                raise BadSection(f"{name} has the paragraphs {', '.join(parts) or 'none'}")
            if name in found:
                raise BadSection(f"{name} has two sections")
            found[name] = RunbookSection(name, parts)
        return cls(found)
