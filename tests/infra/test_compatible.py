"""The comparison with released contracts: what breaks an app is named, and what is new passes (ADR 84)."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from infra.build import ROOT
from infra.guards.compatible import changes, check_contract, place_of
from tests.support.world.contract import committed

Document = dict[str, Any]
DAY = date(2026, 12, 1)
# How rows abbreviate the beginning of a path in the document.
SHORT = {
    "LIST": "paths /v1/contacts get",
    "ADD": "paths /v1/contacts post",
    "SIGNUP": "paths /v1/signup post",
    "paths": "paths",
    "CHAT": "paths /v1/chat/token post",
    "OTHERS": "paths /v1/contacts post responses 400 content application/problem+json schema oneOf",
}

# Changes that break an app: the kind and the place by which each is found, and the change. `:` sets a value,
# `x` deletes, `+` adds to a list, `-` removes from it. Other paths begin at the schemas.
BREAKING = """
removed | GET /v1/contacts | x LIST
renamed | GET /v1/contacts | : LIST operationId = "x"
narrower | POST /v1/signup | : SIGNUP security = [{"access_token": []}]
required | contacts query q | + LIST parameters = {"name": "q", "in": "query", "required": true, "schema": {}}
required | contacts query cursor | : LIST parameters 1 required = true
removed | contacts query cursor | x LIST parameters 1
narrower | contacts query limit | : LIST parameters 2 schema maximum = 50
narrower | contacts query limit | : LIST parameters 2 schema default = 50
required | token body | : CHAT requestBody = {"content": {}}
removed | signup body | x SIGNUP requestBody
narrower | rights-requests body | x NewRequest oneOf 0
removed | signup body/device/model | x Device properties model
required | signup body/phone | + NewSignup required = "phone"
required | signup body/x | + NewSignup required = "x"
retyped | signup body/device | : NewSignup properties device = {"type": "string"}
narrower | device/model | x Device properties model anyOf 1
narrower | device/model | : Device properties model anyOf 0 maxLength = 9
narrower | device/model | : Device properties model anyOf 0 minLength = 2
narrower | device/model | : Device properties model anyOf 0 pattern = "x"
narrower | device/model | : Device properties model anyOf 0 format = "uri"
narrower | device/model | : Device properties model anyOf 0 enum = ["x"]
narrower | body/ground | - OwnRestrictionRequest properties ground enum = "d"
narrower | usage body/events | : UsageBatch properties events maxItems = 9
narrower | body/changes | : CorrectedValues maxProperties = 1
narrower | {purpose} body | : ConsentDecision then required = ["x"]
narrower | {token} body | : OneClick additionalProperties = false
removed | POST /v1/contacts 201 | x ADD responses 201
status | POST /v1/contacts 202 | : ADD responses 202 = {}
status | POST /v1/contacts 402 | : ADD responses 402 = {}
removed | GET /v1/contacts 200 | : LIST responses 200 content = {}
removed | 201 Location | x ADD responses 201 headers Location
removed | 201 Location | x ADD responses 201 headers Location required
removed | 200/items/*/user_id | x PublicProfile properties user_id
optional | 200/items/*/user_id | - PublicProfile required = "user_id"
retyped | 200/items/*/user_id | : PublicProfile properties user_id type = "integer"
retyped | user_id | : PublicProfile properties user_id = {"anyOf": [{"type": "string"}, {"type": "null"}]}
retyped | 200/items/*/decided_at | x ConsentView properties decided_at format
retyped | 429/retry_after | : TooManyProblem properties retry_after minimum = 0
removed | health 200/status | : Health properties status const = "fine"
removed | health 200/status | x Health properties status const
removed | code=not_found | : NotFoundProblem properties code const = "x"
removed | 429/limit | x TooManyProblem properties limit
"""

ADDITIVE = """
: paths /v1/new = {"get": {"responses": {}}}
+ LIST parameters = {"name": "q", "in": "query", "required": false, "schema": {}}
: LIST parameters 2 schema maximum = 200
x LIST parameters 1 schema pattern
: LIST security = []
: NewSignup properties x = {"type": "string"}
- Device required = "platform"
: Device properties model anyOf 0 maxLength = 99
: CodeBody properties code = {"anyOf": [{"type": "string"}, {"type": "null"}]}
x NewSignup additionalProperties
+ NewRequest oneOf = {"type": "object", "properties": {"right": {"const": "x"}}}
+ Platform enum = "web"
: Health properties status = {"type": "string", "enum": ["ok", "slow"]}
: Health properties x = {"type": "string"}
+ ConsentView required = "decided_at"
: ConsentView properties notice_version maxLength = 999
: PublicProfile properties user_id pattern = "x"
+ OTHERS = {"properties": {"code": {"const": "other"}}, "type": "object"}
x OTHERS 1
x ADD responses 415
: LIST responses 200 headers = {"X": {"required": true}}
: Device description = "x"
: Device properties model deprecated = true
: Device x-later = {"pin": {"type": "string"}}
: SessionEndedProblem x-later = true
: LIST deprecated = true
"""


def of_rows() -> Document:
    """The operations that rows change: all of them would take seven times as long to compare."""
    named = {
        "contacts",
        "invitations",
        "signup",
        "chat",
        "rights-requests",
        "usage",
        "consents",
        "unsubscribe",
        "health",
    }
    paths = committed()["paths"].items()
    kept = {path: methods for path, methods in paths if named & set(path.split("/")) and "guest" not in path}
    return {**committed(), "paths": kept}


def edited(change: str) -> Document:
    """Return that part with a change of a row."""
    document = copy.deepcopy(of_rows())
    how, _, rest = change.partition(" ")
    place, _, value = rest.partition(" = ")
    first, *others = place.split()
    path = [*SHORT.get(first, f"components schemas {first}").split(), *others]
    found: Any = document
    for part in path[:-1]:
        found = found[int(part) if isinstance(found, list) else part]
    last: Any = int(path[-1]) if isinstance(found, list) else path[-1]
    match how:
        case "x":
            del found[last]
        case ":":
            found[last] = json.loads(value)
        case "+":
            found[last].append(json.loads(value))
        case "-":
            found[last].remove(json.loads(value))
    return document


def changed(change: str) -> list[tuple[str, str, str]]:
    return list(changes(of_rows(), edited(change)))


@pytest.mark.parametrize("row", BREAKING.strip().splitlines())
def test_change_that_breaks_an_app_is_named_with_its_place(row: str) -> None:
    kind, place, change = row.split(" | ")
    found = changed(change)
    assert {one[0] for one in found} == {kind}, found
    assert any(one[1].endswith(place) for one in found), found
    assert not [one for one in found if "\n" in "".join(one)]


@pytest.mark.parametrize("change", ADDITIVE.strip().splitlines())
def test_additive_change_passes(change: str) -> None:
    assert edited(change) != of_rows()
    assert changed(change) == []


def test_contract_keeps_what_each_release_promised() -> None:
    assert list(check_contract(ROOT, committed(), date.today())) == []  # noqa: DTZ011 - the day of this run


def release(root: Path, **documents: Document) -> None:
    """Write a changelog and the documents of releases `v1`, `v10`: 0.1.0 and 0.10.0."""
    versions = {f"0.{name[1:]}.0": document for name, document in documents.items()}
    titles = "".join(f"## {version} (2026-11-30)\n\n" for version in versions)
    (root / "CHANGELOG.md").write_text(f"# Changelog\n\n## Unreleased\n\n{titles}### 0.99.0 (x)\n")
    for version, document in versions.items():
        (root / place_of(version)).parent.mkdir(parents=True)
        (root / place_of(version)).write_text(json.dumps(document))


def test_document_is_compared_with_each_release(tmp_path: Path) -> None:
    release(tmp_path, v10=edited(': ADD operationId = "old"'), v9=edited(': LIST operationId = "old"'))
    assert [(one.resource, one.text) for one in check_contract(tmp_path, committed(), DAY)] == [
        ("POST /v1/contacts", "operationId was old, since 0.10.0"),
        ("GET /v1/contacts", "operationId was old, since 0.9.0"),
    ]


# What is found without one operation: itself, and the problem that no other answers.
GONE = ["POST /v1/contacts", "code=wrong_contact_code"]


@pytest.mark.parametrize(("sunset", "found"), [("2026-11-30", []), ("2026-12-01", GONE * 2)])
def test_operation_may_go_after_the_day_of_its_sunset(tmp_path: Path, sunset: str, found: list[str]) -> None:
    """Also for apps of an earlier release, when it was not deprecated yet."""
    release(tmp_path, v2=edited(f': ADD x-sunset = "{sunset}"'), v1=of_rows())
    assert [one.resource for one in check_contract(tmp_path, edited("x ADD"), DAY)] == found
