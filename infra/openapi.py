"""The OpenAPI document, made from the routes: `python -m infra.openapi` writes docs/openapi.json.

OpenAPI 3.1. Bodies and views come from the pydantic models, problems from what each route declares.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from chalicelib.core.errors import BASE_TYPE, InternalError, Problem, Unavailable
from chalicelib.core.http import contract
from chalicelib.core.http.answers import Tagged

if TYPE_CHECKING:
    from chalicelib.core.http.contract import Route

PLACE = Path(__file__).parent.parent / "docs" / "openapi.json"

# Any route may answer these, whatever it does.
_ANYWHERE: tuple[type[Problem], ...] = (InternalError, Unavailable)

_REF = "#/components/schemas/{model}"

_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A problem (RFC 9457). `code` is the last part of `type` and stable.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "pattern": f"^{BASE_TYPE}[a-z_]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "limit": {"type": "string", "description": "429: what was limited"},
        "retry_after": {"type": "integer", "description": "Seconds; also the header Retry-After"},
        "attempts_left": {"type": "integer"},
        "current": {"type": "object", "additionalProperties": {"type": "string"}},
        "missing": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Places and rules; never the rejected value",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    "pointer": {"type": "string", "format": "json-pointer"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}


def document() -> dict[str, Any]:
    """The whole contract of the groups that are imported (all, if app was imported without a group)."""
    routes = contract.routes()
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    refs, schemas = _schemas(routes)
    for route in routes:
        paths[route.path][route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "RU4M",
            "version": "1",
            "description": "Account, chat identity and privacy. Every problem answer follows RFC 9457.",
        },
        "servers": [{"url": "https://api.ru4m.com"}],
        "paths": dict(paths),
        "components": {
            "schemas": {**schemas, "Problem": _PROBLEM_SCHEMA},
            "securitySchemes": {"access_token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def text() -> str:
    """The document as it is committed."""
    return json.dumps(document(), indent=1, sort_keys=True) + "\n"


def _schemas(routes: tuple[Route, ...]) -> tuple[dict[Any, Any], dict[str, Any]]:
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = []
    for route in routes:
        models += [(route.body, "validation")] if route.body else []
        models += [(view, "serialization") for _, view in route.answers if view]
    refs, definitions = models_json_schema(models, ref_template=_REF)
    return refs, definitions.get("$defs", {})


def _operation(route: Route, refs: dict[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.path.split("/")[2] if route.path.startswith("/v1/") else "about"],
        "summary": route.summary,
        "responses": {**_answers(route, refs), **_problems(route)},
    }
    if route.description:
        operation["description"] = route.description
    if parameters := [*_path_parameters(route), *_headers(route)]:
        operation["parameters"] = parameters
    if route.caller:
        operation["security"] = [{"access_token": []}]
    if route.body:
        schema = refs[(route.body, "validation")]
        operation["requestBody"] = {"required": True, "content": {route.body.media_type: {"schema": schema}}}
    return operation


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": f"^{kind.pattern.pattern}$"},
        }
        for name, kind in route.path_parts.items()
    ]


def _headers(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": header.name, "in": "header", "required": required, "schema": header.schema}
        for header, required in route.headers.items()
    ]


def _answers(route: Route, refs: dict[Any, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for kind, view in route.answers:
        answer: dict[str, Any] = {"description": (kind.__doc__ or "").strip()}
        if view:
            answer["content"] = {"application/json": {"schema": refs[(view, "serialization")]}}
        if kind is Tagged:
            answer["headers"] = {"ETag": {"schema": {"type": "string"}}}
        answers[str(kind.status)] = answer
    return answers


def _problems(route: Route) -> dict[str, Any]:
    by_status: dict[int, list[type[Problem]]] = defaultdict(list)
    for problem in (*route.problems, *_ANYWHERE):
        if problem not in by_status[problem.status]:
            by_status[problem.status].append(problem)
    return {
        str(status): {
            "description": "; ".join(f"`{p.code}`: {p.title}" for p in problems),
            "content": {
                "application/problem+json": {
                    "schema": {
                        "allOf": [
                            {"$ref": "#/components/schemas/Problem"},
                            {"properties": {"code": {"enum": sorted(p.code for p in problems)}}},
                        ]
                    }
                }
            },
        }
        for status, problems in by_status.items()
    }


def main() -> None:
    """Write the document."""
    import app  # noqa: F401 - registers every group's routes

    PLACE.write_text(text())


if __name__ == "__main__":
    main()
