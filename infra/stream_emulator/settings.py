"""Named settings with defaults, and the checks of their values."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from infra.stream_emulator.errors import bad_input
from infra.stream_emulator.permissions import KNOWN, Grants
from infra.stream_emulator.wire import Json


@dataclass(frozen=True)
class Settings:
    """The settings that a caller may change; a value has the type of its default."""

    defaults: Json
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def checked(self, changes: Json, *, unknown: str) -> Json:
        """The changes, with null as the default.

        Args:
            changes: values by the names of settings.
            unknown: "refused" or "ignored", for a name that is not a setting.

        Raises:
            StreamError: an unknown name, a wrong type, or none of the choices.
        """
        strange = sorted(set(changes) - set(self.defaults))
        if strange and unknown == "refused":
            raise bad_input(f"unknown settings {strange}")
        return {name: self._checked(name, value) for name, value in changes.items() if name not in strange}

    def _checked(self, name: str, value: object) -> Any:  # noqa: ANN401 - each setting's own type
        default = self.defaults[name]
        if value is None:
            return deepcopy(default)
        if default is not None and type(value) is not type(default):
            raise bad_input(f"{name} must be of type {type(default).__name__}")
        if name in self.choices and value not in self.choices[name]:
            raise bad_input(f"{name} must be one of {self.choices[name]}")
        return value


def merged_grants(now: Grants, changes: object, stock: Grants) -> Grants:
    """The grants after a change: a listed role is replaced, and null resets all roles to stock.

    Raises:
        StreamError: no map of roles to permissions, or a permission that Stream does not document.
    """
    if changes is None:
        return stock
    if not isinstance(changes, dict):
        raise bad_input("grants map roles to permissions")
    for granted in changes.values():
        if not isinstance(granted, list | None):
            raise bad_input("grants map roles to lists of permissions")
        unknown = set(granted or []) - KNOWN
        if unknown:
            raise bad_input(f"unknown permissions {sorted(unknown)}")
    return now | {role: list(granted or []) for role, granted in changes.items()}
