"""The register of all record classes, found by importing each concept's model."""

import importlib
import importlib.util
import pkgutil
from functools import cache

import chalicelib
from chalicelib.privacy import personal
from chalicelib.privacy.personal import Record


def records() -> tuple[type[Record], ...]:
    """All record classes, including those of concepts that are not imported yet."""
    _import_models()
    return personal.defined()


@cache
def _import_models() -> None:
    for concept in pkgutil.iter_modules(chalicelib.__path__, "chalicelib."):
        if concept.ispkg and importlib.util.find_spec(f"{concept.name}.model"):
            importlib.import_module(f"{concept.name}.model")
