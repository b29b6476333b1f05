"""Settings of the service and figures of its limits, set for one test."""

from chalicelib.core.settings import settings
from tests.support import patches


def configure(**variables: str) -> None:
    """Set variables of the functions for this test, named without `RU4M_`."""
    for name, value in variables.items():
        patches.current().setenv(f"RU4M_{name}", value)
    settings.cache_clear()


def allow(**figures: int) -> None:
    """Set figures of the limits for this test."""
    configure(**{f"LIMIT_{name.upper()}": str(figure) for name, figure in figures.items()})
