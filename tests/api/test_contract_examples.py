"""Tests the examples of the contract: each is valid, and the service reads those of requests."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import jsonschema_rs
import pytest

from infra import examples
from tests.support.world.contract import committed, resolved
from tests.support.world.world import World

OPERATIONS = [
    (method.upper(), path, operation)
    for path, operations in committed()["paths"].items()
    for method, operation in operations.items()
]
_IDS = [f"{method} {path}" for method, path, _ in OPERATIONS]
# What an example may meet: its ids and codes are made up. None of these says that the request is malformed.
_WITH_OWN_CURSOR = "list_rights_requests"  # it names a request of the caller
_MALFORMED = {"invalid_request", "unsupported_media", "payload_too_large"}


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in (operation.get("requestBody", {}), *map(resolved, operation["responses"].values())):
        yield from one.get("content", {}).items()


def whole(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with the components that it refers to."""
    return {**schema, "components": committed()["components"]}


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=_IDS)
def test_each_body_answer_and_parameter_has_an_example_that_its_schema_allows(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    for media_type, content in contents(operation):
        if media_type == "text/html":
            continue
        shown = content.get("examples", {"": {"value": content.get("example")}})
        assert shown
        for one in map(resolved, shown.values()):
            jsonschema_rs.validate(whole(content["schema"]), one["value"])
    for one in operation.get("parameters", ()):
        jsonschema_rs.validate(whole(one["schema"]), one["example"])


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [one for one in OPERATIONS if "requestBody" in one[2]],
    ids=[name for name, one in zip(_IDS, OPERATIONS, strict=True) if "requestBody" in one[2]],
)
def test_service_reads_the_example_of_each_request(
    world: World, method: str, path: str, operation: dict[str, Any]
) -> None:
    caller = world.a_user().authorization if operation["security"] else {}
    named = {one["name"]: str(one["example"]) for one in operation.get("parameters", ())}
    headers = {
        one["name"]: named[one["name"]] for one in operation.get("parameters", ()) if one["in"] == "header"
    }
    media_type, content = next(iter(operation["requestBody"]["content"].items()))
    form = "&".join(f"{key}={value}" for key, value in content["example"].items())
    raw = form if "form" in media_type else json.dumps(content["example"])
    reply = world.call(
        method,
        path.format(**named),
        raw=raw.encode(),
        headers={**headers, **caller, "content-type": media_type},
    )
    assert reply.problem not in _MALFORMED, reply.text


@pytest.mark.parametrize(
    ("path", "operation"),
    [(path, operation) for method, path, operation in OPERATIONS if method == "GET"],
    ids=[path for method, path, _ in OPERATIONS if method == "GET"],
)
def test_service_reads_the_example_of_each_query(world: World, path: str, operation: dict[str, Any]) -> None:
    caller = world.a_user().authorization if operation["security"] else {}
    by_place: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}}
    for one in operation.get("parameters", ()):
        by_place[one["in"]][one["name"]] = str(one["example"])
    if operation["operationId"] == _WITH_OWN_CURSOR:
        del by_place["query"]["cursor"]
    place = path.format(**by_place["path"]) + (
        "?" + urlencode(by_place["query"]) if by_place["query"] else ""
    )
    reply = world.call("GET", place, headers={**by_place["header"], **caller})
    assert reply.problem not in _MALFORMED, reply.text


def test_each_text_of_the_list_of_examples_is_used() -> None:
    used = set[str]()

    class Watched(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            used.add(name) if name in self else None
            return super().get(name, default)

        def __getitem__(self, name: str) -> str:
            used.add(name)
            return super().__getitem__(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examples, "TEXTS", Watched(examples.TEXTS))
        for name, schema in committed()["components"]["schemas"].items():
            examples.example_of(schema, committed()["components"]["schemas"], f"{name}.")
        for _, _, operation in OPERATIONS:
            for one in operation.get("parameters", ()):
                examples.example_of(one["schema"], {}, f"{operation['operationId']}.{one['name']}")
    assert used == examples.TEXTS.keys()
    assert examples.WHOLE.keys() <= committed()["components"]["schemas"].keys()


def test_text_without_an_example_is_refused_by_its_name() -> None:
    with pytest.raises(examples.NoExample, match=r"^Person\.motto needs an example"):
        examples.example_of(
            {"$ref": "#/Person"}, {"Person": {"type": "object", "properties": {"motto": {"type": "string"}}}}
        )
