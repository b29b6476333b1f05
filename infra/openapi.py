"""Generates docs/openapi.json from the routes: `python -m infra.openapi`.

OpenAPI 3.1. Bodies and views come from the pydantic models, problems from the declaration of each route.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from chalicelib.core.errors import (
    BASE_TYPE,
    Forbidden,
    InternalError,
    PayloadTooLarge,
    Problem,
    TooMany,
    Unavailable,
)
from chalicelib.core.http import contract
from chalicelib.core.http.answers import Created, HtmlPage, PublicPage, Shared, ShortRedirect, Tagged
from chalicelib.core.http.options import QueryOption
from chalicelib.core.http.paging import Cursor, PageSize
from chalicelib.core.http.parameters import Body, RequestError
from chalicelib.core.ids import PathText
from chalicelib.core.schemas import Schemas
from chalicelib.privacy.controller import CONTROLLER
from infra.contract_parts import closed_lists, mark_deprecated
from infra.examples import TEXTS, example_of

if TYPE_CHECKING:
    from chalicelib.core.http.contract import Route
    from chalicelib.core.http.parameters import SignedBody

PLACE = Path(__file__).parent.parent / "docs" / "openapi.json"

# Any route may return these problems. The gateway also returns them itself (infra/packaging/problems).
_ANYWHERE: tuple[type[Problem], ...] = (Forbidden, PayloadTooLarge, TooMany, InternalError, Unavailable)

_REF = "#/components/schemas/{model}"

_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A problem (RFC 9457). `code` is the last part of `type` and never changes.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "pattern": f"^{BASE_TYPE}[a-z_]+$"},
        "title": {"type": "string", "description": "The same for each problem with this code"},
        "status": {"type": "integer", "description": "The status of the response"},
        "code": {"type": "string"},
        "detail": {"type": "string", "description": "What is wrong, for a developer"},
        "request_id": {
            "type": "string",
            "description": "Identifies this request in our logs. Also sent as the header x-amzn-RequestId",
        },
    },
}
_RETRY_AFTER = {
    "description": "Seconds to wait before the next try",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
_ETAG = {
    "description": "Identifies this version for If-Match",
    "required": True,
    "schema": {"type": "string"},
}
_LOCATION = {
    "description": "Path of what was made, or of the list that has it. Not each has a GET",
    "required": True,
    "schema": {"type": "string", "format": "uri-reference"},
}
_SAME = {**_ETAG, "description": "Identifies this content for If-None-Match"}
_CACHING = {"description": "Whether a cache may store the answer", "required": True}
_SEEN = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of what the client has. If it is still so, the answer is 304 without a body.",
    "schema": {"type": "string"},
}


_ACCESS_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": (
        "The `access_token` of a session, for 15 minutes. An app does not read it; the service verifies it "
        "by RFC8725."
    ),
}


class _Tag(NamedTuple):
    """A chapter of the contract, and the first parts of the paths in it."""

    name: str
    description: str
    parts: tuple[str, ...]


_TAGS = (
    _Tag("sign-up", "An account or a session by a number and a code.", ("signup",)),
    _Tag("sessions", "Tokens, sessions, and the confirmation of sensitive calls.", ("sessions",)),
    _Tag("profile", "The caller's profile, number and mailbox.", ("profile",)),
    _Tag(
        "people",
        "Contacts, invitations, blocks, and other users as the caller may see them.",
        ("blocks", "contact-codes", "contacts", "invitations", "users"),
    ),
    _Tag("conversations", "Who is in a conversation. Messages are Stream's.", ("conversations",)),
    _Tag(
        "notifications",
        "Push tokens, choices about pushes, and missed calls.",
        ("calls", "devices", "notifications"),
    ),
    _Tag(
        "reports",
        "Reports of abuse, decisions about them, and appeals.",
        ("reports", "safety-decisions"),
    ),
    _Tag("chat", "Tokens for Stream.", ("chat",)),
    _Tag(
        "notices",
        "Terms and privacy notices, their announcements, and notices of breaches.",
        ("announcements", "breach-notices", "notices"),
    ),
    _Tag("consents", "Decisions about purposes, with their records.", ("consents",)),
    _Tag("usage", "Events of use, in batches.", ("usage",)),
    _Tag(
        "rights",
        "Requests by which people exercise their rights, with and without an account.",
        ("certificate-keys", "rights-receipts", "rights-requests"),
    ),
    _Tag(
        "about",
        "Who is responsible, and whether the service works.",
        ("controller", "health", "openapi.json"),
    ),
    _Tag("pages", "Pages for a browser, and what browsers and programs look for by name.", ()),
    _Tag("hooks", "For Stream only.", ("hooks",)),
)


def document() -> dict[str, Any]:
    """Build the public contract of the imported groups (all, if app has no group setting)."""
    routes = tuple(route for route in contract.routes() if not (route.internal or route.is_form))
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    refs, schemas = _schemas(routes)
    problems = {"Problem": _PROBLEM_SCHEMA, **_problem_schemas(routes)}
    components: dict[str, Any] = {**schemas, **problems, **closed_lists()}
    for route in routes:
        paths[route.path][route.method.lower()] = _operation(route, refs)
    _add_examples(paths, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "RU4M",
            "version": "1",
            "description": (
                "Accounts, chat identity and privacy. Every error response follows RFC 9457. Clients ignore "
                "members, words and headers that they do not know, since new ones come at any time."
            ),
            "contact": {"name": CONTROLLER.name, "url": "https://ru4m.com"},
        },
        "servers": [{"url": "https://api.ru4m.com", "description": "Production", "x-internal": False}],
        "tags": [{"name": one.name, "description": one.description} for one in _TAGS],
        "paths": dict(paths),
        "components": {
            "schemas": components,
            "responses": {problem.__name__: _refusal([problem]) for problem in _ANYWHERE},
            "examples": {
                problem.__name__: {"value": _problem_example(problem, components)}
                for problem in _answered(routes)
            },
            "securitySchemes": {"access_token": _ACCESS_TOKEN},
        },
    }


def text() -> str:
    """Return the document as it is committed."""
    return json.dumps(document(), indent=1, sort_keys=True) + "\n"


def _schemas(routes: tuple[Route, ...]) -> tuple[dict[Any, Any], dict[str, Any]]:
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(RequestError, "serialization")]
    for route in routes:
        models += [(route.body, "validation")] if _is_model(route.body) else []
        models += [(view, "serialization") for _, view in route.answers if view]
    refs, definitions = models_json_schema(models, ref_template=_REF, schema_generator=Schemas)
    return refs, definitions.get("$defs", {})


def _operation(route: Route, refs: dict[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": [_tag_of(route.path)],
        "summary": route.summary,
        "responses": {**_answers(route, refs), **_problems(route)},
    }
    if route.description:
        operation["description"] = route.description
    in_path = (_part("path", name, kind) for name, kind in route.path_parts.items())
    in_query = (_part("query", name, kind) for name, kind in route.query.items())
    if parameters := [*in_path, *_headers(route), *in_query, *_cursor(route), *_size(route)]:
        operation["parameters"] = parameters
    operation["security"] = [{"access_token": []}] if route.caller else []
    if route.body:
        schema = _body_schema(route.body, refs)
        others = route.body.also_as if _is_model(route.body) else ()
        content = {media_type: {"schema": schema} for media_type in (route.body.media_type, *others)}
        operation["requestBody"] = {"required": True, "content": content}
    if route.deprecated:
        mark_deprecated(operation, route.deprecated)
    return operation


def _tag_of(path: str) -> str:
    parts = path.split("/")
    named = [tag.name for tag in _TAGS if parts[1] == "v1" and parts[2] in tag.parts]
    return named[0] if named else "pages"


def _is_model(body: type[Body | SignedBody] | None) -> TypeGuard[type[Body]]:
    return body is not None and issubclass(body, Body)


def _body_schema(body: type[Body | SignedBody], refs: dict[Any, Any]) -> dict[str, Any]:
    if issubclass(body, Body):
        schema: dict[str, Any] = refs[(body, "validation")]
        return schema
    return dict(body.schema)


def _part(where: str, name: str, kind: type[PathText]) -> dict[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": not issubclass(kind, QueryOption),
        "description": (kind.__doc__ or "").strip().partition("\n")[0],
        "schema": {"type": "string", "pattern": f"^{kind.pattern.pattern}$"},
    }


def _headers(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": header.name,
            "in": "header",
            "required": required,
            "description": header.description,
            "schema": header.schema,
        }
        for header, required in route.headers.items()
    ] + [_SEEN.copy() for kind, _ in route.answers if issubclass(kind, Shared | PublicPage)]


def _cursor(route: Route) -> list[dict[str, Any]]:
    description = (
        "Start of this page: the value of `next_cursor` in the previous page. If the list changed between, "
        "an item can come once more, and none is left out"
    )
    schema = {"type": "string", "pattern": f"^{Cursor.pattern.pattern}$"}
    return (
        [{"name": "cursor", "in": "query", "required": False, "description": description, "schema": schema}]
        if route.paged
        else []
    )


def _size(route: Route) -> list[dict[str, Any]]:
    description = "How many items the page has at most. It may have fewer and still not be the last one"
    schema = {"type": "integer", "minimum": 1, "maximum": PageSize.most, "default": PageSize.default}
    return (
        [{"name": "limit", "in": "query", "required": False, "description": description, "schema": schema}]
        if route.sized
        else []
    )


def _answers(route: Route, refs: dict[Any, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for kind, view in route.answers:
        answer: dict[str, Any] = {"description": (kind.__doc__ or "").strip()}
        if view:
            answer["content"] = {"application/json": {"schema": refs[(view, "serialization")]}}
        if issubclass(kind, HtmlPage):
            answer["content"] = {"text/html": {"schema": {"type": "string"}}}
            answer["headers"] = {"Cache-Control": {**_CACHING, "schema": {"const": kind.caching}}}
        if kind is Tagged:
            answer["headers"] = {"ETag": _ETAG}
        if issubclass(kind, Shared | PublicPage):
            answer["headers"] = {
                "Cache-Control": {**_CACHING, "schema": {"const": kind.caching}},
                "ETag": _SAME,
            }
            answers["304"] = {"description": "The client has it already.", "headers": answer["headers"]}
        if issubclass(kind, Created):
            answer["headers"] = {"Location": _LOCATION}
        if issubclass(kind, ShortRedirect):
            answer["headers"] = {
                "Cache-Control": {**_CACHING, "schema": {"const": kind.caching}},
                "Location": {"description": "Where the content is", "schema": {"type": "string"}},
            }
        answers[str(kind.status)] = answer
    return answers


def _problems(route: Route) -> dict[str, Any]:
    by_status: dict[int, list[type[Problem]]] = defaultdict(list)
    for problem in (*route.problems, *_ANYWHERE):
        if problem not in by_status[problem.status]:
            by_status[problem.status].append(problem)
    return {
        str(status): {"$ref": f"#/components/responses/{problems[0].__name__}"}
        if len(problems) == 1 and problems[0] in _ANYWHERE
        else _refusal(problems)
        for status, problems in by_status.items()
    }


def _refusal(problems: list[type[Problem]]) -> dict[str, Any]:
    """Describe one response for all problems of a status; `code` distinguishes them."""
    refs = {p.code: {"$ref": _REF.format(model=_schema_name(p))} for p in problems}
    schema: dict[str, Any] = {"oneOf": list(refs.values())} if len(refs) > 1 else next(iter(refs.values()))
    if len(refs) > 1:
        mapping = {code: ref["$ref"] for code, ref in refs.items()}
        schema["discriminator"] = {"propertyName": "code", "mapping": mapping}
    examples = {p.__name__: {"$ref": f"#/components/examples/{p.__name__}"} for p in problems}
    answer: dict[str, Any] = {
        "description": "; ".join(f"`{p.code}`: {p.title}" for p in problems),
        "content": {"application/problem+json": {"schema": schema, "examples": examples}},
    }
    if all("retry_after" in p.shows for p in problems):
        answer["headers"] = {"Retry-After": _RETRY_AFTER}
    return answer


def _answered(routes: tuple[Route, ...]) -> set[type[Problem]]:
    return {problem for route in routes for problem in (*route.problems, *_ANYWHERE)}


def _problem_schemas(routes: tuple[Route, ...]) -> dict[str, Any]:
    return {_schema_name(problem): _problem_schema(problem) for problem in _answered(routes)}


def _problem_example(problem: type[Problem], components: Mapping[str, Any]) -> dict[str, Any]:
    always = {"type": BASE_TYPE + problem.code, "title": problem.title, "status": problem.status}
    members = {"type": "object", "properties": {**problem.shows, **problem.may_show}}
    name = _schema_name(problem)
    always |= {"code": problem.code, **{key: TEXTS[key] for key in ("detail", "request_id")}}
    return {**example_of(members, components, name), **always}


def _add_examples(paths: Mapping[str, Any], components: Mapping[str, Any]) -> None:
    """Add an example to each body and answer of JSON, and to each parameter."""
    for operations in paths.values():
        for operation in operations.values():
            for one in operation.get("parameters", ()):
                name = f"{operation['operationId']}.{one['name']}"
                one["example"] = example_of(one["schema"], components, name)
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for media_type, content in chain.from_iterable(one.get("content", {}).items() for one in bodies):
                if media_type not in {"application/problem+json", "text/html"}:
                    content["example"] = example_of(content["schema"], components)


def _schema_name(problem: type[Problem]) -> str:
    return f"{problem.__name__}Problem"


def _problem_schema(problem: type[Problem]) -> dict[str, Any]:
    code = {"const": problem.code, "type": "string"}
    schema: dict[str, Any] = {
        "allOf": [{"$ref": _REF.format(model="Problem")}],
        "description": problem.title,
        "properties": {"code": code, **problem.shows, **problem.may_show},
    }
    return schema | ({"required": sorted(problem.shows)} if problem.shows else {})


def main() -> None:
    """Write the document."""
    import app  # noqa: F401 - registers every group's routes

    PLACE.write_text(text())


if __name__ == "__main__":
    main()
