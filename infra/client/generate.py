"""Generates what the client has from docs/openapi.json: types, and the routes that it treats differently.

    python -m infra.client.generate

`client.d.mts` are the types of client.mjs for apps in TypeScript, whose compiler reads no JSDoc of a package.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.environments import node_packages
from infra.openapi import PLACE

HERE = Path(__file__).parent
_BEGINNING = "// Generated from docs/openapi.json by `make generate`.\n"
_MERGE_PATCH = "application/merge-patch+json"


def node(program: str, *options: str | Path) -> None:
    """Run a program of the client's packages.

    Raises:
        RuntimeError: there is no Node, or the program failed; the text is its output.
    """
    place = shutil.which("node")
    if place is None:
        raise RuntimeError("Node 20 or newer is needed")
    command = [place, node_packages(HERE) / program, *options]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


def generated() -> Iterator[tuple[str, str]]:
    """Yield each generated file, with its name; the last one is made with those before.

    Raises:
        RuntimeError: client.mjs has wrong types, or a generator failed.
    """
    yield "routes.mjs", _routes(json.loads(PLACE.read_text()))
    with TemporaryDirectory() as folder:
        schema, types = Path(folder, "schema.d.ts"), Path(folder, "client.d.mts")
        node("openapi-typescript/bin/cli.js", PLACE, "--output", schema, "--default-non-nullable=false")
        yield schema.name, schema.read_text()
        node("typescript/bin/tsc", "--outDir", folder)
        yield types.name, types.read_text()


def _routes(document: Mapping[str, Any]) -> str:
    sets: dict[str, list[str]] = {"WITH_SESSION": [], "WITH_KEY": [], "MERGE_PATCH": []}
    for name, operation in _operations(document):
        if operation["security"]:
            sets["WITH_SESSION"].append(name)
        if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ())):
            sets["WITH_KEY"].append(name)
        if _MERGE_PATCH in operation.get("requestBody", {}).get("content", {}):
            sets["MERGE_PATCH"].append(name)
    lines = (f"export const {name} = new Set({json.dumps(of, indent=2)});\n" for name, of in sets.items())
    return _BEGINNING + "".join(lines)


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def main() -> None:
    """Write the files."""
    for name, text in generated():
        (HERE / name).write_text(text)


if __name__ == "__main__":
    main()
