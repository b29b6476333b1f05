"""Chooses random mutations: one inside each of some functions that marked tests execute.

What only an import executes does not count, and neither do places whose change is no change of behaviour:
docstrings, annotations, decorators, defaults of parameters, log lines.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from infra.mutants.model import Mutant

Position = tuple[int, int]  # line from 1, column from 0

_LOGS = re.compile(r"(observe\.log\w*|logger\.\w+)\(")

# Enums, None and small integers are one object each, so `==` and `is` seldom differ.
_IDENTITY = re.compile(r"Comparison\w*_(Is|IsNot)$|ComparisonOperator_(Is|IsNot)_")
_KEPT = re.compile(r"_(Is_IsNot|IsNot_Is)$")


@dataclass(frozen=True)
class Extent:
    """A statement, or the head of one that has a body; and the marked tests that execute it."""

    start: Position
    end: Position
    tests: frozenset[str]


@dataclass(frozen=True)
class ExecutedFunction:
    """A function with its statements that marked tests execute."""

    path: str
    name: str
    extents: tuple[Extent, ...]

    @property
    def tests(self) -> frozenset[str]:
        """Return the marked tests that execute it."""
        return frozenset().union(*(extent.tests for extent in self.extents))


@dataclass(frozen=True)
class Mutation:
    """A change that the tool can make; `occurrence` counts the places of its operator in the module."""

    operator: str
    occurrence: int
    start: Position
    end: Position


@dataclass(frozen=True)
class RandomMutant:
    """A chosen mutation with the module's text before and after it."""

    function: ExecutedFunction
    mutation: Mutation
    tests: frozenset[str]  # they execute the changed statement
    before: str
    after: str

    @property
    def mutant(self) -> Mutant:
        """Return it in the form that is tried. No promise is known that it breaks."""
        return Mutant(
            name=f"{self.function.path}:{self.mutation.start[0]} {self.function.name}",
            promise="", place=self.function.path, find=self.before, replace=self.after,
            harm="unknown: a random change",
        )  # fmt: skip


class Tool(Protocol):
    """Knows the mutations of modules."""

    def mutations(self, paths: Iterable[str], /) -> Mapping[str, Sequence[Mutation]]:
        """Return all mutations of each module."""

    def applied(self, wanted: Sequence[tuple[str, Mutation]], /) -> Sequence[tuple[str, str | None]]:
        """Return the text of each module before and after a mutation; None if it cannot be made."""


def executed_functions(
    path: str, source: str, lines: Mapping[int, Iterable[str]]
) -> Iterator[ExecutedFunction]:
    """Yield the functions of a module of which tests execute a statement; `lines` has the tests by line."""
    texts = source.splitlines(keepends=True)
    for name, function in _functions(ast.parse(source).body, ""):
        found = []
        for start, end, last in _places(function.body):
            tests = {test for line in range(start[0], last + 1) for test in lines.get(line, ())}
            if tests:
                found.append(
                    Extent(_in_characters(start, texts), _in_characters(end, texts), frozenset(tests))
                )
        if found:
            yield ExecutedFunction(path, name, tuple(found))


def chosen(
    functions: Iterable[ExecutedFunction], tool: Tool, seed: int, count: int
) -> Iterator[RandomMutant]:
    """Yield mutants of `count` different functions, fewer if no more can be changed.

    Each function is equally likely, then each place in it, then each change of that place: so a function
    with many numbers, or a place with eleven other operators, counts no more than any other.
    """
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    order = sorted(functions, key=lambda one: (one.path, one.extents[0].start))
    chance.shuffle(order)
    while order and count > 0:
        some, order = order[: 2 * count], order[2 * count :]
        listed = tool.mutations(sorted({one.path for one in some}))
        picked = [(one, pick) for one in some if (pick := _picked(one, listed[one.path], chance))]
        texts = tool.applied([(one.path, mutation) for one, (mutation, _) in picked])
        made = [
            RandomMutant(one, mutation, extent.tests, before, after)
            for (one, (mutation, extent)), (before, after) in zip(picked, texts, strict=True)
            if after is not None
        ]
        yield from made[:count]
        count -= len(made)


def _picked(
    function: ExecutedFunction, mutations: Sequence[Mutation], chance: random.Random
) -> tuple[Mutation, Extent] | None:
    """Return one mutation in the executed statements of a function; None if it has none."""
    by_place: dict[Position, list[tuple[Mutation, Extent]]] = {}
    for mutation in mutations:
        if _IDENTITY.search(mutation.operator) and not _KEPT.search(mutation.operator):
            continue
        for extent in function.extents:
            if extent.start <= mutation.start and mutation.end <= extent.end:
                by_place.setdefault(mutation.start, []).append((mutation, extent))
    return chance.choice(by_place[chance.choice(sorted(by_place))]) if by_place else None


def _functions(
    body: Sequence[ast.AST], prefix: str
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield functions and methods with their qualified names, also those inside others."""
    for node in body:
        name = prefix
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{node.name}."
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield name[:-1], node
        yield from _functions(_inside(node), name)


def _inside(node: ast.AST) -> list[ast.AST]:
    """Return the statements that are part of a statement; a case of `match` counts as one."""
    parts = ast.stmt | ast.excepthandler | ast.match_case
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, parts)]


def _places(body: Sequence[ast.AST]) -> Iterator[tuple[Position, Position, int]]:
    """Yield where each statement begins and ends, and its last line; of one with a body, only its head."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if inside := _inside(node):
            start, end = _start(node), _start(inside[0])
            yield start, end, max(start[0], end[0] - 1)
            yield from _places(inside)
        elif (what := _changeable(node)) is not None:
            last = what.end_lineno or what.lineno
            yield _start(what), (last, what.end_col_offset or 0), last


def _changeable(node: ast.AST) -> ast.stmt | ast.expr | None:
    """Return the part of a simple statement whose change is a change of behaviour."""
    if isinstance(node, ast.AnnAssign):
        return node.value
    if isinstance(node, ast.Expr) and (
        isinstance(node.value, ast.Constant) or _LOGS.match(ast.unparse(node))
    ):
        return None
    return node if isinstance(node, ast.stmt) else None


def _start(node: ast.AST) -> Position:
    """Return where a statement begins, with its decorators."""
    if isinstance(node, ast.match_case):
        node = node.pattern
    node = next(iter(getattr(node, "decorator_list", [])), node)
    assert isinstance(node, ast.stmt | ast.expr | ast.excepthandler | ast.pattern)  # noqa: S101 - for mypy
    return node.lineno, node.col_offset


def _in_characters(position: Position, lines: Sequence[str]) -> Position:
    """Return a position of `ast`, whose columns are bytes, as the tool counts: in characters."""
    line, column = position
    return line, len(lines[line - 1].encode()[:column].decode())
