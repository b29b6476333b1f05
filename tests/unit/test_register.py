"""Tests that the register has every record class: what it lacks leaves copies and erasures unnoticed."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from chalicelib.privacy import register

ROOT = Path(__file__).parents[2]


@cache
def classes() -> tuple[tuple[str, str, frozenset[str]], ...]:
    """Return module, name and names of the bases of each class in chalicelib, at any depth of its folders."""
    return tuple(_classes())


def _classes() -> Iterator[tuple[str, str, frozenset[str]]]:
    for path in (ROOT / "chalicelib").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                bases = (ast.unparse(base).partition("[")[0] for base in node.bases)
                yield module, node.name, frozenset(base.rpartition(".")[2] for base in bases)


def record_classes() -> set[tuple[str, str]]:
    """Read the classes below `Record` from the source, also those in modules that nothing imports."""
    known, found = {"Record"}, set[tuple[str, str]]()
    while more := {(m, name) for m, name, bases in classes() if bases & known and name not in known}:
        found |= more
        known |= {name for _, name in more}
    return found


def test_register_has_each_record_class_of_the_source() -> None:
    registered = {(record.__module__, record.__name__) for record in register.records()}
    assert len(registered) > 60
    assert record_classes() == {one for one in registered if one[0].startswith("chalicelib.")}


def test_record_classes_stand_only_in_modules_named_model() -> None:
    assert {module for module, _ in record_classes() if not module.endswith(".model")} == set()
