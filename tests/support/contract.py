"""Holds every answer of the api suite against the committed contract: no undocumented status or code."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"


@cache
def committed() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return document


def check_documented(method: str, path: str, status: int, text: str, headers: dict[str, str]) -> None:
    operation = _operation(method, path)
    if operation is None:
        return  # not ours: the gateway answers
    answer = operation["responses"].get(str(status))
    assert answer, f"{method} {path} answered an undocumented {status}: {text}"
    assert headers.get("cache-control") == "no-store" or status == 401
    if status >= 400:
        assert headers["content-type"] == "application/problem+json"
        schema = answer["content"]["application/problem+json"]["schema"]
        codes = schema["allOf"][1]["properties"]["code"]["enum"]
        assert json.loads(text)["code"] in codes, f"{method} {path}: undocumented {text}"
    elif status == 204:
        assert text == ""


def _operation(method: str, path: str) -> dict[str, Any] | None:
    for template, operations in committed()["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", re.escape(template).replace(r"\{", "{").replace(r"\}", "}"))
        if re.fullmatch(pattern, path.split("?", maxsplit=1)[0]) and method.lower() in operations:
            found: dict[str, Any] = operations[method.lower()]
            return found
    return None
