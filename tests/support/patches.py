"""The patches of the test that runs, which pytest undoes at its end.

A helper that patches something takes them from here, so tests do not pass `monkeypatch` on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
