"""A route that needs step-up, in a small app of one such route."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from chalice.app import Blueprint, Chalice
from chalice.test import Client

from chalicelib.accounts.sessions import authorizer
from chalicelib.accounts.sessions.caller import StepUpCaller, StepUpRequired
from chalicelib.core.errors import SessionEnded, Unauthenticated
from chalicelib.core.http import NoContent, contract, route
from tests.support.clouds import environment
from tests.support.world.world import World


class Guarded:
    """An app whose only route needs step-up."""

    def __init__(self, app: Chalice) -> None:
        self.app = app

    def response_to(self, session: dict[str, Any]) -> int | str:
        """Return the problem with which the route answers a session's token, or the status."""
        headers = {"Authorization": f"Bearer {session['access_token']}"}
        answer = Client(self.app).http.delete("/v1/everything", headers=headers)
        problem: str | None = answer.json_body["code"] if answer.status_code >= 400 else None
        return problem or answer.status_code


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> Guarded:
    monkeypatch.setattr(contract, "_routes", [])  # this route is in no contract
    part = Blueprint(__name__)

    @route(part, "DELETE", "/v1/everything")
    def delete_everything(caller: StepUpCaller) -> NoContent:
        return NoContent()

    app = Chalice(app_name="guarded", configure_logs=False)
    app.register_blueprint(authorizer.tokens)
    app.register_blueprint(part)
    return Guarded(app)


def test_stepped_up_token_is_accepted_for_ten_minutes(world: World, guarded: Guarded) -> None:
    stepped_up = world.a_user().steps_up().json["session"]
    assert guarded.response_to(stepped_up) == 204
    world.advance(timedelta(minutes=9, seconds=59))
    assert guarded.response_to(stepped_up) == 204
    world.advance(timedelta(seconds=1))
    assert guarded.response_to(stepped_up) == "step_up_required"


def test_step_up_affects_neither_the_earlier_token_nor_another_device(world: World, guarded: Guarded) -> None:
    mila = world.a_user()
    tablet = world.a_user(phone=mila.phone)
    mila.steps_up()
    assert guarded.response_to(mila.session) == "step_up_required"
    assert guarded.response_to(tablet.session) == "step_up_required"


@pytest.mark.parametrize("su", [True, "1795000000", 1.5, None], ids=["boolean", "text", "fraction", "null"])
def test_token_with_a_malformed_end_of_its_step_up_is_refused(world: World, su: object) -> None:
    session = world.a_user().session
    claims = jwt.decode(session["access_token"], options={"verify_signature": False})
    token = environment.token_with(**{**claims, "su": su})
    refused = world.call("GET", "/v1/profile", headers={"Authorization": f"Bearer {token}"})
    assert refused.problem == "unauthenticated"


def test_contract_of_such_a_route_documents_the_step_up_problem(guarded: Guarded) -> None:
    (described,) = contract.routes()
    assert {Unauthenticated, SessionEnded, StepUpRequired} <= {*described.problems}
