"""The shape of the public contract: one name per meaning, and one form per kind of answer.

Each rule is also shown a document that breaks it, so that none of them passes whatever it reads.
"""

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.rights.request.terms import Right
from tests.support.world.contract import committed

Document = dict[str, Any]
Rule = Callable[[Document], Iterator[str]]

# Instants whose name is older than this contract: our promise to subjects, and terms of ISO/IEC TS 27560.
_OTHER_INSTANTS = {"cancellable_until", "event_time"}
_OLD_NAMES = re.compile(r"id|next|since|until|at|.+_(since|until|from|after)|open_request_id")
_NO_INSTANTS = {"retry_after"}  # seconds, as in the header of this name


def operations(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, by_method in document["paths"].items():
        for method, operation in by_method.items():
            yield f"{method.upper()} {path}", operation


def properties(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield all properties of schemas: the schema's name, their own name, and their schema."""
    for schema, described in document["components"]["schemas"].items():
        for name, of in described.get("properties", {}).items():
            yield schema, name, of


def codes(document: Document) -> Iterator[tuple[str, str]]:
    """Yield the status and the code of each problem that an operation answers."""
    schemas, shared = document["components"]["schemas"], document["components"]["responses"]
    for _, operation in operations(document):
        for status, answer in operation["responses"].items():
            whole = shared[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
            for media, content in whole.get("content", {}).items():
                if media == "application/problem+json":
                    for option in content["schema"].get("oneOf", [content["schema"]]):
                        problem = schemas[option["$ref"].rpartition("/")[2]]
                        yield status, problem["properties"]["code"]["const"]


def shown_by(operation: dict[str, Any], status: str = "200") -> str:
    """Return the name of the schema of a JSON answer, or ""."""
    content = operation["responses"].get(status, {}).get("content", {}).get("application/json", {})
    return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]


def ids_say_what_they_identify(document: Document) -> Iterator[str]:
    for schema, name, _ in properties(document):
        if _OLD_NAMES.fullmatch(name) and name not in _OTHER_INSTANTS | _NO_INSTANTS:
            yield f"{schema}.{name}"
        if name == "request_id" and schema != "Problem":
            yield f"{schema}.{name} is not the id of a call"
    for named, operation in operations(document):
        if bad := re.findall(r"\{(id|request_id)\}", named):
            yield f"{named}: {bad[0]}"
        bad_query = {"id", "request_id"} & {one["name"] for one in operation.get("parameters", ())}
        yield from (f"{named}: {name}" for name in bad_query)


def instants_end_in_at(document: Document) -> Iterator[str]:
    for schema, name, of in properties(document):
        is_instant = of.get("format") == "date-time" or {"format": "date-time", "type": "string"} in of.get(
            "anyOf", ()
        )
        if is_instant and not name.endswith("_at") and name not in _OTHER_INSTANTS:
            yield f"{schema}.{name}"


def codes_say_what_can_be_repeated(document: Document) -> Iterator[str]:
    for status, code in codes(document):
        if code.startswith("too_many_") is not (status == "429"):
            yield f"{status} {code}"
        if code.endswith("_limit_reached") and status != "422":
            yield f"{status} {code}"
        if code in {"gone", "conflict"}:
            yield f"{status} {code}: no meaning of its own"


def what_is_made_has_a_place(document: Document) -> Iterator[str]:
    for named, operation in operations(document):
        made = operation["responses"].get("201")
        if made is not None and not made.get("headers", {}).get("Location", {}).get("required"):
            yield named


def lists_have_one_form(document: Document) -> Iterator[str]:
    for schema, described in document["components"]["schemas"].items():
        fields = described.get("properties", {}).keys()
        if ("items" in fields) is not schema.endswith("List"):
            yield f"{schema}: items"
        if schema.endswith("List") and not fields <= {"items", "next_cursor"}:
            yield f"{schema}: more than items"
    for named, operation in operations(document):
        fields = document["components"]["schemas"].get(shown_by(operation), {}).get("properties", {}).keys()
        taken = {
            one["name"]: one["schema"] for one in operation.get("parameters", ()) if one["in"] == "query"
        }
        if {"next_cursor"} & fields:
            bounds = taken.get("limit", {}).get("minimum"), taken.get("limit", {}).get("maximum")
            if "cursor" not in taken or bounds != (1, 100):
                yield f"{named}: pages without cursor and limit"
        elif {"cursor", "limit"} & taken.keys():
            yield f"{named}: does not page"


def no_two_bodies_are_equal(document: Document) -> Iterator[str]:
    seen: dict[str, str] = {}
    for named, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            name = content["schema"].get("$ref", "").rpartition("/")[2]
            body = document["components"]["schemas"].get(name)
            if body and "properties" in body:
                first = seen.setdefault(repr(sorted(body["properties"].items())), name)
                if first != name:
                    yield f"{named}: {name} is {first}"


def pages_stand_apart(document: Document) -> Iterator[str]:
    for named, operation in operations(document):
        kinds = {kind for answer in operation["responses"].values() for kind in answer.get("content", {})}
        if ("text/html" in kinds) is named.partition(" ")[2].startswith(("/v1/", "/.well-known/")):
            yield named


# Its proof has no id: the same call is repeated, with the nonce from the push (ADR 109).
_PROVES_A_TOKEN = "PUT /v1/devices/push"


def only_a_post_starts_a_challenge(document: Document) -> Iterator[str]:
    for named, operation in operations(document):
        if "202" in operation["responses"] and not named.startswith("POST ") and named != _PROVES_A_TOKEN:
            yield named


def each_right_has_a_form(document: Document) -> Iterator[str]:
    for body in ("NewRequest", "GuestRequest"):
        schema = document["components"]["schemas"][body]
        mapping = schema.get("discriminator", {}).get("mapping", {})
        if schema.get("discriminator", {}).get("propertyName") != "right" or mapping.keys() != {*Right}:
            yield f"{body}: forms"
        for right, ref in mapping.items():
            form = document["components"]["schemas"][ref.rpartition("/")[2]]
            if form["properties"]["right"].get("const") != right or form["additionalProperties"] is not False:
                yield f"{body}: {right}"


def platforms_are_those_with_an_app(document: Document) -> Iterator[str]:
    if document["components"]["schemas"]["Platform"]["enum"] != ["ios", "android"]:
        yield "Platform"


def no_text_names_a_promise(document: Document) -> Iterator[str]:
    for named, operation in operations(document):
        texts = f"{operation['summary']} {operation.get('description', '')}"
        yield from (f"{named}: {found}" for found in re.findall(r"\b[A-Z]{3,4}-\d+\b", texts))


def languages_need_not_be_named(document: Document) -> Iterator[str]:
    for named, operation in operations(document):
        for one in operation.get("parameters", ()):
            if one["name"] == "Accept-Language" and one["required"]:
                yield named


def words_of_refusals_are_closed_lists(document: Document) -> Iterator[str]:
    """A rule, a limit and a field are named by a word of a list, which says that it may grow."""
    schemas = document["components"]["schemas"]
    for schema, name, of in properties(document):
        is_word = name in {"limit", "field"} or (schema, name) == ("RequestError", "code")
        listed = schemas.get(of.get("$ref", "").rpartition("/")[2], {})
        if is_word and not ("enum" in listed and "Later releases may add words" in listed["description"]):
            yield f"{schema}.{name}"
    for problem in schemas.values():
        errors = problem.get("properties", {}).get("errors")
        if errors and errors["items"] != {"$ref": "#/components/schemas/RequestError"}:
            yield f"{problem['description']}: errors"


def _rename(schema: str, old: str, new: str) -> Callable[[Document], None]:
    def spoil(document: Document) -> None:
        fields = document["components"]["schemas"][schema]["properties"]
        fields[new] = fields.pop(old)

    return spoil


def _recode(problem: str, code: str) -> Callable[[Document], None]:
    def spoil(document: Document) -> None:
        document["components"]["schemas"][problem]["properties"]["code"]["const"] = code

    return spoil


def _move(old: str, new: str) -> Callable[[Document], None]:
    def spoil(document: Document) -> None:
        document["paths"][new] = document["paths"].pop(old)

    return spoil


def _change(*places: str, to: object) -> Callable[[Document], None]:
    def spoil(document: Document) -> None:
        found: Any = document
        for place in places[:-1]:
            found = found[place]
        found[places[-1]] = to

    return spoil


_ONE_REQUEST = "/v1/rights-requests/{rights_request_id}"
_BAD_BODY = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/TwinBody"}}}}


def _twin(document: Document) -> None:
    schemas = document["components"]["schemas"]
    schemas["TwinBody"] = schemas["CodeBody"]
    document["paths"]["/v1/profile/email/{challenge_id}/verify"]["post"]["requestBody"] = _BAD_BODY


# Each rule with documents that break it.
RULES: dict[Rule, list[Callable[[Document], None]]] = {
    ids_say_what_they_identify: [
        _rename("RequestView", "rights_request_id", "id"),
        _rename("ErasureView", "rights_request_id", "request_id"),
        _rename("ContactList", "next_cursor", "next"),
        _rename("RestraintView", "began_at", "since"),
        _rename("AnnouncementView", "applies_at", "applies_from"),
        _rename("ChallengeView", "resend_at", "resend_after"),
        _rename("AlreadyOpenProblem", "open_rights_request_id", "open_request_id"),
        _move(_ONE_REQUEST, "/v1/rights-requests/{request_id}"),
    ],
    instants_end_in_at: [_rename("StepView", "changed_at", "moment")],
    codes_say_what_can_be_repeated: [
        _recode("ContactLimitReachedProblem", "too_many_contacts"),
        _recode("TooManyCodesProblem", "code_limit_reached"),
        _recode("ExportDeletedProblem", "gone"),
    ],
    what_is_made_has_a_place: [
        _change("paths", "/v1/contacts", "post", "responses", "201", "headers", to={}),
    ],
    lists_have_one_form: [
        _rename("SessionList", "items", "sessions"),
        _change("components", "schemas", "SessionList", "properties", "next_cursor", to={}),
        _change("paths", "/v1/blocks", "get", "parameters", to=[]),
    ],
    no_two_bodies_are_equal: [_twin],
    pages_stand_apart: [_move("/c", "/v1/contact")],
    only_a_post_starts_a_challenge: [
        _change("paths", "/v1/profile/phone", "put", to={"responses": {"202": {}}}),
    ],
    each_right_has_a_form: [
        _change("components", "schemas", "NewRequest", to={"properties": {}}),
        _change("components", "schemas", "AccessRequest", "additionalProperties", to=True),
    ],
    words_of_refusals_are_closed_lists: [
        _change("components", "schemas", "TooManyProblem", "properties", "limit", to={"type": "string"}),
        _change("components", "schemas", "RequestError", "properties", "code", to={"type": "string"}),
        _change("components", "schemas", "NotFoundProblem", "properties", "field", to={"type": "string"}),
        _change("components", "schemas", "LimitName", "description", to="The limit that was reached."),
        _change("components", "schemas", "InvalidRequestProblem", "properties", "errors", "items", to={}),
    ],
    platforms_are_those_with_an_app: [
        _change("components", "schemas", "Platform", "enum", to=["ios", "android", "web"]),
    ],
    no_text_names_a_promise: [
        _change("paths", "/v1/breach-notices", "get", "summary", to="List the notices (SEC-4)."),
    ],
    languages_need_not_be_named: [
        _change(
            "paths",
            "/privacy/certificate",
            "get",
            "parameters",
            to=[{"name": "Accept-Language", "in": "header", "required": True}],
        ),
    ],
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_contract_keeps_the_rule(rule: Rule) -> None:
    assert list(rule(committed())) == []


@pytest.mark.parametrize(
    ("rule", "spoil"),
    [(rule, spoil) for rule, spoils in RULES.items() for spoil in spoils],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_rule_finds_what_breaks_it(rule: Rule, spoil: Callable[[Document], None]) -> None:
    document = copy.deepcopy(committed())
    spoil(document)
    assert list(rule(document)) != []
