"""Runs the linters of the public contract, docs/openapi.json."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from infra.environments import node_packages
from infra.guards.findings import Finding, GuardFailed, parsed, run

_JS = Path(__file__).with_name("js")
_METHODS = {"delete", "get", "patch", "post", "put"}


def lint_contract(document: Path) -> list[Finding]:
    """Run Spectral, with its own rules and those for OWASP's list, and Redocly.

    Raises:
        GuardFailed: there is no Node, or a linter printed no result.
    """
    spectral = _linter(
        "@stoplight/spectral-cli/dist/index.js",
        "--quiet",
        "--format=json",
        f"--ruleset={_JS / 'spectral.yaml'}",
    )
    redocly = _linter("@redocly/cli/bin/cli.js", "--format=json", f"--config={_JS / 'redocly.yaml'}")
    return [
        *(
            Finding("spectral", one["code"], _part(one["path"]), one["message"])
            for one in parsed(run([*spectral, str(document)]))
        ),
        *(
            Finding("redocly", one["ruleId"], _part(_pointed(one["location"][0])), one["message"])
            for one in parsed(run([*redocly, str(document)]))["problems"]
        ),
    ]


def _linter(program: str, *options: str) -> list[str]:
    node = shutil.which("node")
    if node is None:
        raise GuardFailed("Node 20 or newer is needed")
    return [node, str(node_packages(_JS) / program), "lint", *options]


def _pointed(location: dict[str, str]) -> list[str]:
    parts = location["pointer"].removeprefix("#/").split("/")
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]


def _part(path: Sequence[str | int]) -> str:
    """The part of the document that a path is in: an operation, a component or a section."""
    match path:
        case ["paths", str(where), str(method), *_] if method in _METHODS:
            return f"{method.upper()} {where}"
        case ["paths", str(where), *_]:
            return where
        case ["components", _, name, *_]:
            return str(name)
    return ".".join(map(str, path[:1]))
