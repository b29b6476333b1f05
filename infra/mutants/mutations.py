"""A program in cosmic-ray's environment: lists the mutations of modules, or applies some of them.

Standard input and output are JSON. For each path, `list` answers `[operator, occurrence, start, end]` of each
mutation. `apply` takes `[path, operator, occurrence]` and answers the changed text of each, or null if the
tool cannot make it, if it is no Python, or if it means the same.
"""

from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

Position = tuple[int, int]  # line from 1, column from 0


def _listed(path: str) -> Iterator[tuple[str, int, Position, Position]]:
    """Yield the mutations of a module; an occurrence counts the places of its operator, as the tool does."""
    classes = {name: get_operator(name) for name in operator_names()}
    operators = {name: one() for name, one in classes.items() if not one.arguments()}
    seen: Counter[str] = Counter()
    for node in ast_nodes(get_ast(Path(path).read_text())):
        for name, operator in operators.items():
            for start, end in operator.mutation_positions(node):
                yield name, seen[name], start, end
                seen[name] += 1


def _applied(path: str, operator: str, occurrence: int) -> str | None:
    before = Path(path).read_text()
    try:
        after: str | None = mutate_code(before, get_operator(operator)(), occurrence)
        same = after is None or ast.dump(ast.parse(after)) == ast.dump(ast.parse(before))
    except (
        AssertionError,
        AttributeError,
        IndexError,
        SyntaxError,
    ):  # a form that the operator does not know
        return None
    return None if same else after


def main() -> None:
    """Answer one request."""
    request: list[Any] = json.load(sys.stdin)
    if sys.argv[1] == "list":
        json.dump({path: list(_listed(path)) for path in request}, sys.stdout)
    else:
        json.dump([_applied(*one) for one in request], sys.stdout)


if __name__ == "__main__":
    main()
