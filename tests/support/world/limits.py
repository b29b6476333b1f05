"""Figures of the limits, set for one test."""

from chalicelib.core.settings import settings
from tests.support import patches


def allow(**figures: int) -> None:
    """Set figures of the limits for this test."""
    for name, figure in figures.items():
        patches.current().setenv(f"RU4M_LIMIT_{name.upper()}", str(figure))
    settings.cache_clear()
