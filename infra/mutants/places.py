"""Where a mutant changes the code, and the changed text."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

from infra.mutants.model import Mutant


class NoSuchText(Exception):
    """A mutant names a place that does not exist, text that is not there exactly once, or no change."""


def path_of(mutant: Mutant, root: Path) -> Path:
    """Return the file that a mutant changes.

    Raises:
        NoSuchText: there is no such file.
    """
    module, colon, _ = mutant.place.partition(":")
    name = module.replace(".", "/")
    names = (f"{name}.py", f"{name}/__init__.py") if colon else (mutant.place,)
    for path in (root / name for name in names):
        if path.is_file():
            return path
    raise NoSuchText(f"{mutant.promise} {mutant.name}: no file {names[0]}")


def mutated(mutant: Mutant, root: Path) -> bytes:
    """Return the content of the mutant's file with the change.

    Raises:
        NoSuchText: the place does not exist, the text is not there exactly once, or the change is none.
        SyntaxError: the changed text is no Python.
    """
    path = path_of(mutant, root)
    source = path.read_text()
    start, end = _extent(mutant, source)
    count = source[start:end].count(mutant.find)
    if count != 1 or mutant.find == mutant.replace:
        raise NoSuchText(f"{mutant.promise} {mutant.name}: {count} times in {mutant.place}: {mutant.find!r}")
    changed = source[:start] + source[start:end].replace(mutant.find, mutant.replace) + source[end:]
    if path.suffix == ".py":
        compile(changed, str(path), "exec", dont_inherit=True)
    return changed.encode()


def _extent(mutant: Mutant, source: str) -> tuple[int, int]:
    """Return where the symbol begins and ends in the source, with its decorators; else the whole file."""
    symbol = mutant.place.partition(":")[2]
    if not symbol:
        return 0, len(source)
    body: Sequence[ast.stmt] = ast.parse(source).body
    node: ast.stmt | None = None
    for name in symbol.split("."):
        node = next((one for one in body if name in _names(one)), None)
        if node is None:
            raise NoSuchText(f"{mutant.promise} {mutant.name}: no {mutant.place}")
        body = getattr(node, "body", [])
    assert node is not None  # noqa: S101 - a symbol has at least one part
    lines = source.splitlines(keepends=True)
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
    start = sum(map(len, lines[: first - 1]))
    return start, start + sum(map(len, lines[first - 1 : node.end_lineno]))


def _names(node: ast.stmt) -> set[str]:
    """Return the names that a statement defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {ast.unparse(target) for target in node.targets}
    return {ast.unparse(node.target)} if isinstance(node, ast.AnnAssign) else set()
