"""What the policy files of functions allow in DynamoDB.

tests/infra/test_roles.py compares the files with the roles of the built template.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from tests.support.roles.access import ACTIONS, Access, place

_CHALICE = Path(__file__).parents[3] / ".chalice"
_ARN = re.compile(r"\$\{(\w+)TableArn\}(?:/index/(\w+))?")

# The keys of conditions that are judged here, and what an access has for them; None if the key is missing.
_KEYS: dict[str, Callable[[Access], frozenset[str] | None]] = {
    "dynamodb:LeadingKeys": lambda access: access.keys,
    "dynamodb:Attributes": lambda access: access.attributes or None,
}
_OPERATORS = frozenset({"ForAllValues:StringLike", "Null"})


class NotJudged(Exception):
    """A policy contains what is not judged here, and may not pass for that reason."""


@dataclass(frozen=True)
class Condition:
    """One key of a condition under one operator."""

    operator: str
    key: str
    values: tuple[str, ...]

    def holds(self, access: Access) -> bool:
        """Judge as IAM does, which takes a missing key for a set whose values all match."""
        found = _KEYS[self.key](access)
        if self.operator == "Null":
            return (found is None) == (self.values == ("true",))
        return all(any(_is_like(one, value) for value in self.values) for one in found or ())

    def used_by(self, access: Access) -> Iterator[str]:
        """Yield the values that match something of an access."""
        found = _KEYS[self.key](access) or ()
        return (value for value in self.values if any(_is_like(one, value) for one in found))


@dataclass(frozen=True)
class Statement:
    """One Allow of a function's policy."""

    function: str
    name: str
    actions: frozenset[str]
    places: frozenset[str]
    conditions: tuple[Condition, ...]

    def allows(self, access: Access) -> bool:
        """Return whether the statement alone allows an access."""
        return (
            access.action in self.actions
            and access.place in self.places
            and all(condition.holds(access) for condition in self.conditions)
        )

    @cached_property
    def patterns(self) -> frozenset[str]:
        """The parts of the statement: actions, tables and indexes, and the values of conditions."""
        return self.actions.union(self.places, *(condition.values for condition in self._of_values()))

    def used_by(self, access: Access) -> Iterator[str]:
        """Yield the patterns that an allowed access uses."""
        yield access.action
        yield access.place
        for condition in self._of_values():
            yield from condition.used_by(access)

    def _of_values(self) -> Iterator[Condition]:
        return (condition for condition in self.conditions if condition.operator != "Null")


@cache
def policies() -> dict[str, tuple[Statement, ...]]:
    """The statements about DynamoDB in the policy file of each function.

    Raises:
        NotJudged: a statement cannot be judged.
    """
    configured = json.loads((_CHALICE / "config.json").read_text())["lambda_functions"]
    return {
        name: tuple(statements(name, json.loads((_CHALICE / own["iam_policy_file"]).read_text())))
        for name, own in configured.items()
    }


def statements(function: str, policy: dict[str, Any]) -> Iterator[Statement]:
    """Yield the statements about items.

    Raises:
        NotJudged: one is no Allow, or has a resource, a condition or a pattern that is not judged here.
    """
    for one in policy["Statement"]:
        named = [str(action) for action in one["Action"]]
        actions = ACTIONS & {action.removeprefix("dynamodb:") for action in named}
        if any("*" in action for action in named) or (actions and one["Effect"] != "Allow"):
            raise NotJudged(one)
        if not actions:  # of another service, or of Lambda, which reads streams for a function
            continue
        yield Statement(
            function,
            one["Sid"],
            actions,
            frozenset(_place(resource) for resource in one["Resource"]),
            tuple(_conditions(one.get("Condition", {}))),
        )


def _place(resource: dict[str, str]) -> str:
    found = _ARN.fullmatch(resource["Fn::Sub"])
    if found is None:
        raise NotJudged(resource)
    return place(found[1].lower(), found[2])


def _conditions(stated: dict[str, dict[str, Any]]) -> Iterator[Condition]:
    for operator, by_key in stated.items():
        for key, given in by_key.items():
            values = tuple(given) if isinstance(given, list) else (given,)
            # A variable of the policy, or a character that IAM takes literally and `_is_like` does not.
            odd = [value for value in values if not isinstance(value, str) or {*value} & {*"$["}]
            if operator not in _OPERATORS or key not in _KEYS or odd:
                raise NotJudged(operator, key, values)
            yield Condition(operator, key, values)


def _is_like(value: str, pattern: str) -> bool:
    return _pattern(pattern)(value) is not None


@cache
def _pattern(text: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(fnmatch.translate(text)).match
