"""Requests by which the owner of an account gets another number (ADR 68)."""

from __future__ import annotations

from typing import Any

from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.request.terms import Status
from tests.support.cases.erasure_requests import at_step, work
from tests.support.cases.guests import asks_to_prove, enters
from tests.support.world.builders import a_device, a_phone
from tests.support.world.operators import Operator
from tests.support.world.world import Reply, User, World

Request = dict[str, Any]


def entered(operator: Operator, user: User) -> Request:
    made = enters_number(operator, user.world, user_id=user.user_id)
    assert made.status == 201, made.text
    request: Request = made.json
    return request


def enters_number(operator: Operator, world: World, **named: str) -> Reply:
    today = f"{world.now:%Y-%m-%d}"
    return enters(operator, "rectification", number_lost=True, received_on=today, **named)


def waits_for_the_number(world: World, user: User, alice: Operator, bob: Operator) -> Request:
    """Enter the request, check it twice, and wait until only the code is missing; return it with its key."""
    request = entered(alice, user)
    assert releases(bob, request)["status"] == "in_progress"
    reach(world, request, "give_number")
    return request


def releases(operator: Operator, request: Request) -> Request:
    """Note the check of an operator; give the owner the key, if the response has one."""
    answer: Request = operator.notes_identity(request["rights_request_id"]).json
    if "release_key" in answer:
        request["release_key"] = answer["release_key"]
    return answer


def reach(world: World, request: Request, step: str) -> None:
    work(world, RightsRequestId(request["rights_request_id"]), at_step(step), within=30 * DAY)


def notices_to(world: World, phone: str) -> list[str]:
    """Return the texts by which the holder of a number learned that another person asks for it."""
    return [text for text in world.messages_to(phone) if "asks for the number" in text]


class NumberProof:
    """A code that was sent to a number for a request, and is not sent back yet."""

    def __init__(self, world: World, request: Request, phone: str) -> None:
        self.world, self.headers = world, {"Rights-Receipt": request["receipt"]}
        challenge = asks_to_prove(world, request, phone=phone).json["challenge_id"]
        self.path = f"/v1/rights-receipts/{request['rights_request_id']}/proofs/{challenge}/verify"
        self.body = {"code": world.code_for(phone), "release_key": request["release_key"]}

    def send(self) -> Reply:
        return self.world.call("POST", self.path, body=self.body, headers=self.headers)


def a_person(world: World, phone: str | None = None) -> User:
    """Return a user who can refresh the session days later."""
    device = a_device()
    user = world.a_user(phone or a_phone(), device)
    user.verified["device"] = device
    return user


def refreshes(user: User) -> Reply:
    """Refresh the session: its access token has expired meanwhile."""
    body = {"refresh_token": user.session["refresh_token"], "device_id": user.verified["device"]["device_id"]}
    answer = user.world.call("POST", "/v1/sessions/refresh", body=body)
    if answer.status == 200:
        user.verified["session"] |= answer.json
    return answer


def answered(world: World, request: Request) -> Status:
    return work(
        world, RightsRequestId(request["rights_request_id"]), lambda one: not one.is_open, within=2 * DAY
    ).status


def steal_number(world: World, mila: User) -> tuple[str, User]:
    """Have a thief with the unlocked phone change the number; return it and the thief's session."""
    mila.changes_number(a_phone())
    return mila.phone, a_person(world, mila.phone)


def cancels(user: User, request: Request) -> Reply:
    refreshes(user)
    return user.calls("POST", f"/v1/rights-requests/{request['rights_request_id']}/cancel")
