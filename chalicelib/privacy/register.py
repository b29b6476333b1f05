"""The register of all record classes, found by importing each concept's model."""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache

import chalicelib
from chalicelib.privacy import personal
from chalicelib.privacy.declaration import DataSubject
from chalicelib.privacy.elsewhere import ELSEWHERE
from chalicelib.privacy.personal import Record


def records() -> tuple[type[Record], ...]:
    """All record classes, including those of concepts that are not imported yet."""
    _import_models()
    return personal.defined()


def kinds_about_users() -> frozenset[str]:
    """The kinds of data about users, in record classes and elsewhere."""
    of_users = (record.declaration for record in records() if record.declaration.subject is DataSubject.USER)
    elsewhere = (entry for entry in ELSEWHERE if entry.subject is DataSubject.USER)
    return frozenset((*(one.kind for one in of_users), *(one.kind for one in elsewhere)))


@cache
def _import_models() -> None:
    for concept in _packages(chalicelib.__path__, "chalicelib."):
        path = importlib.import_module(concept).__path__
        for package in (concept, *_packages(path, f"{concept}.")):
            if importlib.util.find_spec(f"{package}.model"):
                importlib.import_module(f"{package}.model")


def _packages(path: Iterable[str], prefix: str) -> Iterator[str]:
    """The names of the packages directly below a path."""
    return (found.name for found in pkgutil.iter_modules(path, prefix) if found.ispkg)
