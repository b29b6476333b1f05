"""Concurrent requests in a fixed order: another request runs completely during the first."""

from collections.abc import Callable
from typing import Any, TypeVar

from chalicelib.core import table
from tests.support import patches
from tests.support.roles.judge import calls_of

T = TypeVar("T")


def just_before(module: Any, name: str, other: Callable[[], T]) -> list[T]:
    """Run another function just before the next call of a module's function.

    Returns the list that will contain its result. The other function calls the unpatched function.
    """
    patch, function = patches.current(), getattr(module, name)
    results: list[T] = []

    def after_the_other(*args: Any, **more: Any) -> Any:
        patch.setattr(module, name, function)
        with calls_of(None):
            results.append(other())
        return function(*args, **more)

    patch.setattr(module, name, after_the_other)
    return results


def before_the_commit(other: Callable[[], T]) -> list[T]:
    """Run another request between the reads and the transaction of the next one."""
    return just_before(table, "transact", other)
