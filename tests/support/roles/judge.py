"""Judges the calls of DynamoDB that functions make in this process by the functions' policies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pytest

from tests.support.roles.access import Access, Parameters, accesses
from tests.support.roles.policies import policies

# Function, statement and pattern (`Statement.patterns`).
Pattern = tuple[str, str, str]

_running: ContextVar[str | None] = ContextVar("running", default=None)
_used: set[Pattern] = set()
_refused: list[str] = []


@contextmanager
def calls_of(function: str | None) -> Iterator[None]:
    """Judge the calls of this block by the policy of a function; None: they are a test's own."""
    before = _running.set(function)
    try:
        yield
    finally:
        _running.reset(before)


def judge(operation: str, parameters: Parameters) -> None:
    """Fail the test if the running function may not make a call, and note the patterns that it uses."""
    function = _running.get()
    if function is not None:
        for access in accesses(operation, parameters):
            _judge(function, access)


def _judge(function: str, access: Access) -> None:
    allowing = [statement for statement in policies()[function] if statement.allows(access)]
    if not allowing:
        _refused.append(f"no statement of {function} allows {access}")
        pytest.fail(_refused[-1])
    for statement in allowing:
        _used.update((function, statement.name, pattern) for pattern in statement.used_by(access))


def take_refused() -> list[str]:
    """Return the refused calls, also those whose failure the test caught, and forget them."""
    taken = _refused.copy()
    _refused.clear()
    return taken


def used() -> set[Pattern]:
    """The patterns used so far; those that other processes used may be added."""
    return _used


def unused() -> list[Pattern]:
    """Return the patterns that no call used."""
    stated = {
        (function, statement.name, pattern)
        for function, policy in policies().items()
        for statement in policy
        for pattern in statement.patterns
    }
    return sorted(stated - _used)
