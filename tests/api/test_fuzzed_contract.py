"""The committed contract under generated input: no 5xx, no undocumented answer, no answer of another shape.

Fixed seed and bounded, so a failure here is a failure everywhere.
"""

from typing import Any
from weakref import WeakKeyDictionary

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.world import User, World
from tests.support.wsgi import Stage

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]

bounded = settings(
    max_examples=30,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


stage = Stage()
contract = schemathesis.openapi.from_wsgi("/v1/openapi.json", stage)
contract.config.phases.coverage.unexpected_methods = set()  # the gateway's own answers, see tests/e2e


@pytest.fixture
def served(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world behind the contract, with limits out of the way: they would hide what is behind them."""
    monkeypatch.setattr("chalicelib.core.limiter.Limiter.hit", lambda *_: None)
    monkeypatch.setattr(stage, "world", world)
    return world


@contract.parametrize()
@bounded
def test_a_stranger_gets_documented_answers_only(served: World, case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(checks=[*CHECKS, ignored_auth])


@contract.parametrize()
@bounded
def test_a_user_gets_documented_answers_only(served: World, case: schemathesis.Case[Any]) -> None:
    user = _user(served)
    case.call_and_validate(checks=CHECKS, headers=user.authorization)


def _user(world: World) -> User:
    """One signed-in user for all examples of a test: each example finds what the ones before it did."""
    if world not in _users:
        _users[world] = world.a_user()
    return _users[world]


_users: WeakKeyDictionary[World, User] = WeakKeyDictionary()
