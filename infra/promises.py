"""The page of promises: `python -m infra.promises` writes docs/promises.md.

Made from docs/promises.yaml (the promises in our words, and the code that keeps them) and from the
marks in the tests. A test that proves a promise carries `@pytest.mark.promise("ACC-1")`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "docs" / "promises.yaml"
PAGE = ROOT / "docs" / "promises.md"

_HEAD = """# The promises, what keeps them, what proves them

Made by `make generate` from docs/promises.yaml and the marks in the tests; do not edit.

Core promises are marked with a star. *Not kept yet* means that no code claims to keep it. *Kept in part* says
what is done so far and what is missing.
"""


def listed() -> dict[str, dict[str, Any]]:
    """All promises by id."""
    groups: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(SOURCE.read_text())
    return {name: promise for group in groups.values() for name, promise in group.items()}


def proofs() -> dict[str, list[str]]:
    """The tests that prove each promise, as `path::name`, in the order of their files."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                for name in _marks(node):
                    found[name].append(f"{path.relative_to(ROOT)}::{node.name}")
    return found


def _marks(function: ast.FunctionDef) -> list[str]:
    return [
        str(call.args[0].value)
        for call in function.decorator_list
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) == "pytest.mark.promise"
        and isinstance(call.args[0], ast.Constant)
    ]


def page() -> str:
    """The page as it is committed."""
    groups: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(SOURCE.read_text())
    proven = proofs()
    parts = [_HEAD]
    for title, promises in groups.items():
        parts.append(f"\n## {title}\n")
        parts += [_entry(name, promise, proven.get(name, [])) for name, promise in promises.items()]
    return "\n".join(parts)


def _entry(name: str, promise: dict[str, Any], tests: list[str]) -> str:
    code = promise.get("code", [])
    star = " *" if promise.get("core") else ""
    lines = [f"### {name}{star}\n", f"{promise['text']}\n"]
    if so_far := promise.get("so_far"):
        lines.append(f"*Kept in part, so far:* {so_far}\n")
    lines.append(f"Kept by: {', '.join(f'`{c}`' for c in code)}\n" if code else "*Not kept yet.*\n")
    lines += ["Proven by:\n", *(f"- `{test}`" for test in tests), ""] if tests else []
    return "\n".join(lines)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
