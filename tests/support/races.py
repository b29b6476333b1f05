"""Deterministic races: another request runs completely at a chosen moment of the first."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


def just_before(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, other: Callable[[], T]) -> list[T]:
    """Run something else just before the next call of a module's function.

    Returns the list that will contain its result. Meanwhile the function is the original one again.
    """
    function = getattr(module, name)
    results: list[T] = []

    def after_the_other(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(module, name, function)
        results.append(other())
        return function(*args, **more)

    monkeypatch.setattr(module, name, after_the_other)
    return results
