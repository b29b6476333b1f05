"""Bodies that are no JSON object of the contract's form: each route answers 400 and changes nothing."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.clouds import cloud
from tests.support.world.builders import a_fault
from tests.support.world.contract import committed
from tests.support.world.world import Reply, User, World

_JSON = {"application/json", "application/merge-patch+json"}
OPERATIONS = [
    (method.upper(), path, operation, media_type, content["example"])
    for path, operations in committed()["paths"].items()
    for method, operation in operations.items()
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
    if media_type in _JSON and operation["tags"] != ["hooks"]
]


def in_place_of_each_value(bad: object) -> Callable[[dict[str, Any]], Iterator[str]]:
    def bodies(example: dict[str, Any]) -> Iterator[str]:
        return (json.dumps(example | {name: bad}) for name in example)

    return bodies


def deep(example: dict[str, Any]) -> Iterator[str]:
    name = json.dumps(next(iter(example)))
    yield "[" * 7_000 + "]" * 7_000
    yield f"{{{name}: " * 600 + "1" + "}" * 600


def doubled(example: dict[str, Any]) -> Iterator[str]:
    """The example with its first member twice: once equal, once with another value first."""
    first, whole = next(iter(example)), json.dumps(example)[1:]
    for value in (example[first], None):
        yield f"{{{json.dumps(first)}: {json.dumps(value)}, {whole}"


def in_place_of_numbers(example: dict[str, Any]) -> Iterator[str]:
    for number in (str(2**53 + 1), "1e999", "9" * 5_000, "NaN", "-Infinity"):
        yield from (json.dumps(example | {name: "@"}).replace('"@"', number) for name in example)


BAD: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "deep": deep,
    "doubled": doubled,
    "numbers": in_place_of_numbers,
    "a lone surrogate": in_place_of_each_value("\ud800"),
    "a lone surrogate among others": in_place_of_each_value("a\udfff\U0001f600"),
    "no object": lambda _: iter(("null", "[]", "7", '""', "", "{", "{}{}")),
    "another encoding": lambda _: iter(("\x00", "\ufeff{}")),
}


@pytest.fixture
def mila(world: World) -> User:
    """Return a user whose token is stepped up, so that every route reads the body."""
    return world.a_user().is_stepped_up()


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    ("method", "path", "operation", "media_type", "example"),
    OPERATIONS,
    ids=[f"{method} {path}" for method, path, *_ in OPERATIONS],
)
def test_body_that_is_not_of_the_contract_changes_nothing(
    mila: User, method: str, path: str, operation: dict[str, Any], media_type: str, example: Any, bad: str
) -> None:
    def send(raw: bytes) -> Reply:
        named = {one["name"]: str(one["example"]) for one in operation.get("parameters", ())}
        needed = {
            one["name"]: named[one["name"]]
            for one in operation.get("parameters", ())
            if one["in"] == "header" and one["required"]
        }
        headers = {"content-type": media_type, **needed}
        return mila.calls(method, path.format(**named), raw=raw, headers=headers)

    before = cloud.all_items()
    for raw in BAD[bad](example):
        reply = send(raw.encode("utf-8", "surrogatepass"))
        assert reply.status == 400, (raw[:200], reply.text)
        if bad == "doubled":
            assert [one["code"] for one in reply.json["errors"]] in (["repeated"], ["wrong_type"])
    assert cloud.all_items() == before


def submit_one(mila: User, event: str) -> Reply:
    device = '{"device_id": "8e03978e-40d5-43e8-bc93-6894a57f9324", "platform": "ios"}'
    raw = f'{{"events": [{event}], "device": {device}}}'.encode()
    return mila.calls("POST", "/v1/usage", raw=raw, headers={"content-type": "application/json"})


@pytest.mark.parametrize("number", [str(2**53 + 1), "9" * 4_300, "1e999", "NaN", "1.0"])
def test_number_that_a_field_does_not_take_drops_its_event_only(mila: User, number: str) -> None:
    event = json.dumps(a_fault(duration_ms="@")).replace('"@"', number)
    reply = submit_one(mila, event)
    assert (reply.status, reply.json["dropped"]) == (202, {"invalid": 1})
    assert [one["pointer"] for one in reply.json["invalid"]] == ["/events/0/duration_ms"]


def test_member_that_is_doubled_inside_a_list_refuses_the_body(mila: User) -> None:
    reply = submit_one(mila, json.dumps(a_fault())[:-1] + ', "name": "b"}')
    assert reply.json["errors"] == [
        {"pointer": "", "code": "repeated", "message": "An object has two members with one name"}
    ]


@pytest.mark.parametrize("key", ["", " ", '""', '"'])
def test_empty_idempotency_key_is_refused_and_changes_nothing(mila: User, key: str) -> None:
    before = cloud.all_items()
    for path, body in (("/v1/contact-codes", None), ("/v1/rights-requests", {"right": "access"})):
        reply = mila.calls("POST", path, {"Idempotency-Key": key}, body=body)
        assert (reply.status, reply.problem) == (400, "invalid_request")
    assert cloud.all_items() == before
