"""Tests that generated input gets documented responses only, and no 5xx.

The seed is fixed, so a failure is reproducible. `make test` sends a few requests of a user to each route,
`make proof` some, and some of a stranger, `make proof-all` many.
"""

from typing import Any, cast
from weakref import WeakKeyDictionary

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chalicelib.core.clock import MINUTE
from chalicelib.privacy.purposes import Practice
from infra.stream_emulator import Emulator
from infra.stream_emulator.server import ENDPOINTS
from tests.support.sample import tried
from tests.support.world.builders import PRIVACY, TERMS, a_phone
from tests.support.world.practices import describe
from tests.support.world.world import User, World
from tests.support.world.wsgi import Stage

SHAPES = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CHECKS = [*SHAPES, negative_data_rejection]

Case = schemathesis.Case[Any]

# Why the service refuses requests that its schemas allow, by the code of the problem and of an error.
STATE = "generated ids, codes, tokens and versions name nothing that exists"
EXPLAINED: dict[tuple[str, str | None], str] = {
    **{
        (code, None): STATE
        for code in (
            "not_found", "unknown_member", "wrong_contact_code", "challenge_expired", "contact_code_replaced",
            "session_ended", "invalid_signature", "terms_outdated", "notice_outdated", "changed_meanwhile",
        )
    },
    ("step_up_required", None): "the session is not stepped up",
    ("purpose_not_permitted", None): "the user consented to no matching",
    ("already_open", None): "a generated request of this right is open",
    ("link_expired", None): "no link has a generated secret",
    ("not_waiting", None): "the session has its full scope",
    ("invalid_request", "does_not_apply"): "the device of the session has one platform",
    ("idempotency_mismatch", None): "two bodies were generated under one key",
    ("precondition_required", None): "an empty If-Match counts as valid, and names no version",
    ("invalid_request", None): "an empty key counts as valid, and no schema says which cursors we made",
    ("invalid_request", "one_contact"): "a number and an address exclude each other",
    ("invalid_request", "wrong_type"): "1.0 is an integer for JSON Schema, and none for us",
    ("invalid_request", "too_short"): "a text of white space is empty",
    ("invalid_request", "missing"): "a field that may be null depends on another one",
    ("invalid_request", "malformed"): "a name needs a letter, and a birth a year that is possible",
    ("invalid_request", "not_a_choice"): "a form has texts only: null is the text `null` there",
    ("invalid_phone", "invalid_phone"): "numbering plans are no schema",
    ("invalid_phone", "country_not_served"): "served countries are a setting",
    ("invalid_email", "invalid_email"): "the syntax of addresses is no schema",
}  # fmt: skip

few = settings(
    max_examples=4,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
more = settings(few, max_examples=tried(100, 25))


stage = Stage()
contract = schemathesis.openapi.from_wsgi("/v1/openapi.json", stage)
contract.config.phases.coverage.unexpected_methods = set()  # the gateway's own responses, see tests/e2e
# A generated body may also be too large, which is refused before its fields are read.
rejection = contract.config.checks.negative_data_rejection
rejection.expected_statuses = [*rejection.expected_statuses, "413"]


@pytest.fixture
def served(world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch) -> World:
    """Serve the world with unlimited limits and Stream, since 429 and 503 would hide other responses."""
    monkeypatch.setattr("chalicelib.core.limiter.Limiter.hit", lambda *_: None)
    monkeypatch.setattr("chalicelib.core.limiter.Breaker.hit", lambda *_: None)
    describe(*Practice)
    monkeypatch.setattr("chalicelib.core.limiter.Bucket.take", lambda *_: 0)
    monkeypatch.setattr(stage, "world", world)
    stream.choose(limits={endpoint.operation: 10**9 for endpoint in ENDPOINTS})
    return world


def checks_of(case: Case) -> list[Any]:
    # A batch with an event that the schema does not allow is accepted, without this event (ADR 22). A page
    # shows itself whatever its link says besides (ADR 99).
    is_lenient = case.path == "/v1/usage" or "/v1/" not in case.path
    return SHAPES if is_lenient else CHECKS


def ask_as_a_stranger(case: Case) -> None:
    case.call_and_validate(checks=[*checks_of(case), ignored_auth])


def ask_as_a_user(world: World, case: Case) -> None:
    answer = case.call_and_validate(checks=checks_of(case), headers=_user(world).authorization)
    if case.meta and case.meta.generation.mode.is_positive and answer.status_code >= 400:
        problem = answer.json()
        words = {error["code"] for error in problem.get("errors", ())} or {None}
        assert {(problem["code"], word) for word in words} <= EXPLAINED.keys(), problem


@contract.parametrize()
@few
def test_user_gets_documented_responses_only(served: World, case: Case) -> None:
    ask_as_a_user(served, case)


@pytest.mark.proof
@contract.parametrize()
@more
def test_unauthenticated_requests_get_documented_responses_only(served: World, case: Case) -> None:
    ask_as_a_stranger(case)


@pytest.mark.proof
@contract.parametrize()
@more
def test_more_requests_of_a_user_get_documented_responses_only(served: World, case: Case) -> None:
    ask_as_a_user(served, case)


# Generated ids match no item and generated versions are outdated, so these requests use existing ones.
LIVE = {
    ("POST", "/v1/signup"): {202},
    ("POST", "/v1/signup/{challenge_id}/resend"): {202},
    ("POST", "/v1/signup/{challenge_id}/verify"): {201, 422},
    ("PATCH", "/v1/profile"): {200},
    ("POST", "/v1/notices/{version}/acceptance"): {204},
    ("PUT", "/v1/consents/{purpose}"): {200, 409},
    ("GET", "/v1/users/{user_id}"): {200},
    ("DELETE", "/v1/sessions/{session_id}"): {204},
    ("POST", "/v1/sessions/step-up"): {202},
    ("POST", "/v1/sessions/step-up/{challenge_id}/verify"): {200, 422},
}


@pytest.mark.parametrize(("method", "path"), LIVE, ids=" ".join)
def test_requests_with_existing_ids_and_versions_get_documented_responses_only(
    served: World, method: str, path: str
) -> None:
    statuses = set()

    @few
    @given(case=contract[path][method].as_strategy())
    def ask(case: Case) -> None:
        user = _use_existing_ids(case, served)
        headers = dict(user.authorization)
        if method == "PATCH":
            headers["If-Match"] = user.gets(path).headers["etag"]
        answer = case.call_and_validate(checks=SHAPES, headers=headers)
        statuses.add(answer.status_code)

    ask()
    assert statuses >= LIVE[(method, path)]


def _use_existing_ids(case: Case, world: World) -> User:
    """Put existing ids into a generated request; returns the user that sends it."""
    user = _user(world)
    parts, body = case.path_parameters, cast("Any", case.body)
    if "challenge_id" in parts and "step-up" in case.path:
        parts["challenge_id"] = user.asks_to_step_up().json["challenge_id"]
        if body["code"] < "5":
            body["code"] = world.code_for(user.phone)
    elif "challenge_id" in parts:
        phone = a_phone()
        parts["challenge_id"] = world.asks_for_a_code(phone).json["challenge_id"]
        if isinstance(body, dict):
            body |= {"terms_version": TERMS, "privacy_version": PRIVACY}
            if body["code"] < "5":
                body["code"] = world.code_for(phone)
        else:
            world.advance(MINUTE)
    elif "session_id" in parts:
        parts["session_id"] = world.a_user(phone=user.phone).session["session_id"]
    elif "user_id" in parts:
        parts["user_id"] = user.user_id
    elif "version" in parts:
        parts["version"] = TERMS
    elif isinstance(body, dict) and ("phone" in body or case.path == "/v1/signup"):
        body["phone"] = a_phone()
        body.pop("email", None)
    return user


def _user(world: World) -> User:
    """Return one signed-in user for all examples of a test, which share its state."""
    if world not in _users:
        _users[world] = world.a_user()
    return _users[world]


_users: WeakKeyDictionary[World, User] = WeakKeyDictionary()
