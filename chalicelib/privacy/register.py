"""The register of all record classes, found by importing each module named `model`, at any depth."""

import importlib
import pkgutil
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
    for found in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        if found.name.endswith(".model"):
            importlib.import_module(found.name)
