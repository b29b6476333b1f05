"""Tests that the contract bounds what a request may have, and names the 401 of each route with a token."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.world.contract import committed, resolved

OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in committed()["paths"].items()
    for method, operation in operations.items()
}
_BOUNDS = {
    "string": [{"maxLength"}, {"pattern"}, {"format"}],
    "array": [{"maxItems"}],
    "integer": [{"minimum", "maximum"}, {"minimum", "exclusiveMaximum"}],
}
_VERIFIED_FIRST = {
    "POST /v1/hooks/stream"
}  # Stream's own form, read after its signature; the size is bounded


def unbounded(schema: dict[str, Any], where: str) -> Iterator[str]:
    """Yield the place of each value without a bound, in a schema and what it refers to."""
    known = resolved(schema)
    kinds = _BOUNDS.get(known.get("type", ""), [])
    if kinds and not ({"const", "enum"} & known.keys() or any(kind <= known.keys() for kind in kinds)):
        yield where
    inner = [*known.get("properties", {}).items(), *known.get("patternProperties", {}).items()]
    inner += [("", one) for several in ("anyOf", "oneOf", "allOf") for one in known.get(several, ())]
    inner += [("[]", known["items"])] if "items" in known else []
    for name, one in inner:
        yield from unbounded(one, f"{where}/{name}")


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_text_list_and_number_of_a_request_has_a_bound(name: str) -> None:
    operation = OPERATIONS[name]
    # The gateway bounds headers: 10,240 bytes of all together.
    named = [one for one in operation.get("parameters", ()) if one["in"] != "header"]
    found = [place for one in named for place in unbounded(one["schema"], one["name"])]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        found += unbounded(content["schema"], "body")
    assert found == []


def test_body_of_any_form_is_admitted_only_after_its_signature_was_verified() -> None:
    free = {
        name
        for name, operation in OPERATIONS.items()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        if content["schema"] == {"type": "object"}
    }
    assert free == _VERIFIED_FIRST


def test_each_route_with_a_token_has_a_401() -> None:
    with_token = {name for name, operation in OPERATIONS.items() if operation["security"]}
    assert {name for name, operation in OPERATIONS.items() if "401" in operation["responses"]} >= with_token


def test_each_tag_is_described_and_used() -> None:
    described = {tag["name"] for tag in committed()["tags"] if tag["description"]}
    assert described == {tag for operation in OPERATIONS.values() for tag in operation["tags"]}
