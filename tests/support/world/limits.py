"""Figures of the limits, set for one test."""

import pytest

from chalicelib.core.settings import settings


def allow(monkeypatch: pytest.MonkeyPatch, **figures: int) -> None:
    """Set figures of the limits for this test."""
    for name, figure in figures.items():
        monkeypatch.setenv(f"RU4M_LIMIT_{name.upper()}", str(figure))
    settings.cache_clear()
