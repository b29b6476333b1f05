"""Canaries: unique values that a test stores in personal fields and searches for."""

import secrets
from dataclasses import dataclass, field

from tests.support.clouds import cloud


@dataclass
class Canaries:
    """The canaries of one test."""

    values: dict[str, str] = field(default_factory=dict)

    def __call__(self, name: str) -> str:
        """Return the canary of this name, made of letters and digits at its first use."""
        return self.values.setdefault(name, f"canary{secrets.token_hex(8)}")

    def add(self, name: str, value: str) -> str:
        """Use a value with a form of its own (a number, a date) as a canary."""
        self.values[name] = value
        return value

    def in_text(self, text: str) -> list[str]:
        """Return the names of canaries in a text, also without a number's plus sign."""
        return [name for name, value in self.values.items() if value.lstrip("+") in text]

    def in_tables(self) -> list[str]:
        """Return the names of canaries that are readable in the tables, in text or in bytes."""
        return self.in_text(str(cloud.all_items()))
