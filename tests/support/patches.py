"""The patches of the test that runs, which pytest undoes at its end.

A helper that patches something takes them from here, so tests do not pass `monkeypatch` on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest

_used: list[pytest.MonkeyPatch] = []


@contextmanager
def used(patch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let helpers use these patches during a block."""
    _used.append(patch)
    try:
        yield patch
    finally:
        _used.pop()


def current() -> pytest.MonkeyPatch:
    """Return the patches that helpers use now."""
    return _used[-1]


def fail_at(place: Any, name: str, error: BaseException | type[BaseException]) -> None:
    """Let each call of a function raise an error, until the test ends."""
    current().setattr(place, name, _raising(error))


@contextmanager
def failing_at(place: Any, name: str, error: BaseException | type[BaseException]) -> Iterator[None]:
    """Let each call of a function raise an error during a block."""
    with current().context() as patch:
        patch.setattr(place, name, _raising(error))
        yield


def _raising(error: BaseException | type[BaseException]) -> Callable[..., NoReturn]:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail
