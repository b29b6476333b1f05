"""Checks each response of the api suite against the committed contract."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.core.contract_words import ErrorCode, LimitName
from chalicelib.core.errors import InternalError, Problem, Unavailable
from chalicelib.core.http import contract

DOCUMENT = Path(__file__).parents[3] / "docs" / "openapi.json"
_PAGE = "text/html; charset=utf-8"


@cache
def committed() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return document


def check_documented(method: str, path: str, status: int, text: str, headers: dict[str, str]) -> None:
    if omitted := _omitted(method, path):
        _check_omitted(omitted, status, text, headers)
        return
    operation = _operation(method, path)
    if operation is None:
        return
    answer = operation["responses"].get(str(status))
    assert answer, f"{method} {path} answered an undocumented {status}: {text}"
    documented = answer.get("headers", {}).get("Cache-Control", {"schema": {"const": "no-store"}})
    assert headers.get("cache-control") == documented["schema"]["const"] or status == 401
    if status >= 400 and headers["content-type"] == _PAGE:
        assert _PAGE.partition(";")[0] in operation["responses"]["200"]["content"]
    elif status >= 400:
        assert headers["content-type"] == "application/problem+json"
        _check_problem(resolved(answer), json.loads(text), f"{method} {path}")
    elif status == 201:
        assert headers["location"].startswith("/v1/")
    elif status == 204:
        assert text == ""


def _check_problem(answer: dict[str, Any], problem: dict[str, Any], where: str) -> None:
    """Check that a problem has a documented code, with all members of it and no others."""
    by_code = problems_of(answer)
    assert problem["code"] in by_code, f"{where}: undocumented {problem}"
    schema, always = by_code[problem["code"]], committed()["components"]["schemas"]["Problem"]
    assert {*always["required"], *schema.get("required", ())} <= problem.keys(), (
        f"{where}: members are missing in {problem}"
    )
    assert problem.keys() <= {*always["properties"], *schema["properties"]}, (
        f"{where}: undocumented members in {problem}"
    )
    assert {one["code"] for one in problem.get("errors", ())} <= {*ErrorCode}, f"{where}: {problem}"
    assert problem.get("limit", LimitName.RESEND) in {*LimitName}, f"{where}: {problem}"


def _omitted(method: str, path: str) -> contract.Route | None:
    """The route, if the public contract omits it: one of operators, or of a form."""
    found = (one for one in contract.routes() if (one.internal or one.is_form) and one.method == method)
    return next((one for one in found if _matches(one.path, path)), None)


def _check_omitted(route: contract.Route, status: int, text: str, headers: dict[str, str]) -> None:
    """Check a response against its route."""
    problems: tuple[type[Problem], ...] = (*route.problems, InternalError, Unavailable)
    codes, answers = {problem.code for problem in problems}, {kind.status for kind, _ in route.answers}
    is_document = headers["content-type"] == "application/problem+json"
    declared = json.loads(text)["code"] in codes if is_document else status in answers
    is_page_of_problem = route.is_form and status in {problem.status for problem in problems}
    assert declared or is_page_of_problem, f"{route.name} answered an undeclared {status}: {text}"
    assert status != 201 or headers["location"].startswith("/admin/v1/")


def problems_of(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the schemas of a response's problems by their code."""
    schema = answer["content"]["application/problem+json"]["schema"]
    schemas = [resolved(option) for option in schema.get("oneOf", [schema])]
    return {option["properties"]["code"]["const"]: option for option in schemas}


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """Return what a reference refers to, or the node itself."""
    if "$ref" not in node:
        return node
    found = committed()
    for name in node["$ref"].split("/")[1:]:
        found = found[name]
    return found


def _operation(method: str, path: str) -> dict[str, Any] | None:
    for template, operations in committed()["paths"].items():
        if _matches(template, path) and method.lower() in operations:
            found: dict[str, Any] = operations[method.lower()]
            return found
    return None


def _matches(template: str, path: str) -> bool:
    pattern = re.sub(r"\{[^}]+\}", "[^/]+", re.escape(template).replace(r"\{", "{").replace(r"\}", "}"))
    return re.fullmatch(pattern, path.split("?", maxsplit=1)[0]) is not None
