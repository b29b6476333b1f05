"""For three days after a change of the number, no copy is given and no erasure becomes final (ADR 43)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.core import outbound
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.outbound import NotTakenReason, Unreachable
from chalicelib.rights.request import number_change, procedures
from chalicelib.rights.request.terms import ReceivedBy, Right, Status
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_requests import asks_for_erasure, at_step, notes, stored, work
from tests.support.cases.guests import enters, proves, requests
from tests.support.stream.emulated_app import apply_to
from tests.support.world.builders import a_phone, an_address
from tests.support.world.world import User, World

pytestmark = pytest.mark.usefixtures("services")

WAIT = 72 * HOUR


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    """Return a user whom Stream knows, with a freshly stepped-up session."""
    user = world.a_user().is_stepped_up()
    apply_to(stream)
    return user


def link(mila: User, request_id: RightsRequestId) -> str | int:
    """Ask for the link to a copy from a fresh step-up; returns the problem, or the status."""
    mila.verified["session"] |= mila.steps_up().json["session"]
    got = mila.gets(f"/v1/rights-requests/{request_id}/export")
    return got.problem or got.status


@pytest.mark.promise("RGT-2", "RGT-11")
@pytest.mark.parametrize("transfer_to", [None, "https://other.example/inbox"])
def test_copy_that_is_requested_after_the_change_is_made_three_days_later(
    world: World, mila: User, transfer_to: str | None
) -> None:
    mila.changes_number(a_phone())
    changed_at = world.now
    world.advance(HOUR)
    mila = world.a_user(mila.phone).is_stepped_up()
    body = {"right": "portability"} | ({"transfer_to": transfer_to} if transfer_to else {})
    asked = mila.calls("POST", "/v1/rights-requests", body=body)
    request_id = RightsRequestId(asked.json["rights_request_id"])
    assert [step["name"] for step in asked.json["steps"]][:2] == ["pin", "cool_down"]
    work(world, request_id, at_step("cool_down"))
    assert link(mila, request_id) == "not_ready"
    work(world, request_id, at_step("ask_stream"))
    assert timedelta() <= world.now - changed_at - WAIT < HOUR


@pytest.mark.promise("RGT-2")
def test_copy_that_was_ready_before_the_change_has_no_link_for_three_days(world: World, mila: User) -> None:
    request_id = RightsRequestId(mila.exercises("access").json["rights_request_id"])
    work(world, request_id, at_step("discard"), within=DAY)
    assert link(mila, request_id) == 200
    mila.changes_number(a_phone())
    changed_at = world.now
    assert link(mila, request_id) == "not_ready"
    world.traveller.move_to(changed_at + WAIT - timedelta(seconds=1))
    mila = world.a_user(mila.phone)
    assert link(mila, request_id) == "not_ready"
    world.advance(timedelta(seconds=1))
    assert link(mila, request_id) == 200


@pytest.mark.promise("RGT-2", "RGT-3")
@pytest.mark.parametrize("when", ["before the intake", "after the intake"])
def test_erasure_passes_its_point_of_no_return_three_days_after_the_change(
    world: World, mila: User, when: str
) -> None:
    if when == "before the intake":
        mila.changes_number(a_phone()).is_stepped_up()
        request_id = asks_for_erasure(mila, waive_grace=True)
    else:
        request_id = asks_for_erasure(mila, waive_grace=True)
        mila.changes_number(a_phone())
    changed_at = world.now
    assert [step.name for step in stored(request_id).steps].count("cool_down") == (when[0] == "b")
    work(world, request_id, lambda request: request.notes.is_irrevocable)
    captured_at = notes(request_id).captured_at
    assert captured_at
    assert captured_at - changed_at >= WAIT
    assert work(world, request_id).status is Status.COMPLETED


@pytest.mark.promise("RGT-2", "RGT-8")
@pytest.mark.parametrize("step", ["ask_stream", "assemble"])
def test_transfer_that_was_requested_before_the_change_is_sent_three_days_after_it(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    sent: list[datetime] = []

    def send(*_: Any, **__: Any) -> Any:
        sent.append(world.now)
        raise Unreachable(NotTakenReason.NO_CONNECTION)

    monkeypatch.setattr(outbound, "push", send)
    asked = mila.exercises("portability", transfer_to="https://other.example/inbox")
    request_id = RightsRequestId(asked.json["rights_request_id"])
    work(world, request_id, at_step(step))
    mila.changes_number(a_phone())
    changed_at = world.now
    work(world, request_id, lambda _: bool(sent))
    assert timedelta() <= sent[0] - changed_at - WAIT < HOUR


def freeze(world: World, phone: str) -> str:
    """Freeze the account that had a number, as an operator whom its owner calls; returns the request."""
    body = {"phone": phone, "ground": "b", "received_by": "telephone", "without_access": True}
    entered = enters(world.an_operator("alice"), "restriction", **body).json
    assert not entered["without_account"]
    return str(entered["rights_request_id"])


def unfreeze(world: World, frozen: str) -> None:
    """End a freeze by two operators, which its subject is notified of before."""
    world.an_operator("boris").proposes_lifting(frozen)
    assert world.an_operator("clara").approves_lifting(frozen).status == 200
    work(world, RightsRequestId(frozen), lambda one: not at_step("uphold")(one), within=5 * DAY)


@pytest.mark.promise("RGT-11")
def test_copy_of_an_account_that_is_frozen_after_the_change_has_no_link(world: World, mila: User) -> None:
    request_id, old = RightsRequestId(mila.exercises("access").json["rights_request_id"]), mila.phone
    work(world, request_id, at_step("discard"), within=DAY)
    mila.changes_number(a_phone())
    freeze(world, old)
    world.advance(WAIT)
    assert link(world.a_user(mila.phone), request_id) == "not_ready"


@pytest.mark.promise("RGT-11")
def test_request_of_a_guest_does_not_give_way_after_a_freeze_after_the_change(
    world: World, mila: User
) -> None:
    old, address = mila.phone, an_address()
    mila.has_email(address)
    made = requests(world, email=address).json
    mila.changes_number(a_phone())
    freeze(world, old)
    world.advance(WAIT)
    thief = world.a_user(mila.phone).is_stepped_up()
    assert thief.exercises("access").json["open_rights_request_id"] == made["rights_request_id"]
    assert stored(RightsRequestId(made["rights_request_id"])).status is Status.AWAITING_VERIFICATION


@pytest.mark.promise("RGT-11", "RGT-3")
@pytest.mark.parametrize(
    ("received_by", "wait"),
    [
        ("app", HOUR), ("guest", HOUR), ("letter", None), ("email", None), ("telephone", None),
        ("in_person", None), ("support", None), ("unsubscribe", None), ("inactivity", None),
    ],
)  # fmt: skip
def test_freeze_after_the_change_stops_requests_that_the_new_number_proves(
    world: World, mila: User, received_by: str, wait: timedelta | None
) -> None:
    """A thief with the new number uses the app or a code; operators check the identity of the others."""
    account_id, old = AccountId(mila.account_id), mila.phone
    mila.changes_number(a_phone())
    freeze(world, old)
    assert number_change.time_to_wait(account_id, ReceivedBy(received_by)) == WAIT
    world.advance(WAIT)
    assert number_change.time_to_wait(account_id, ReceivedBy(received_by)) == wait


@pytest.mark.proof  # takes seconds
@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("right", ["erasure", "portability"])
def test_account_that_is_frozen_after_the_change_loses_nothing_to_its_session(
    world: World, mila: User, right: str
) -> None:
    old = mila.phone
    mila.changes_number(a_phone())
    frozen = freeze(world, old)
    work(world, RightsRequestId(frozen), at_step("uphold"), within=HOUR)
    thief = world.a_user(mila.phone).is_stepped_up()
    more = {"waive_grace": True} if right == "erasure" else {"transfer_to": "https://other.example/inbox"}
    request_id = RightsRequestId(thief.exercises(right, **more).json["rights_request_id"])
    step = "capture" if right == "erasure" else "ask_stream"
    work(world, request_id, within=10 * DAY)
    assert at_step(step)(stored(request_id))
    unfreeze(world, frozen)
    assert not at_step(step)(work(world, request_id, lambda one: not at_step(step)(one), within=DAY))


@pytest.mark.promise("RGT-11")
def test_request_without_a_session_after_the_change_waits_once(world: World, mila: User) -> None:
    mila.changes_number(a_phone())
    made = requests(world, phone=mila.phone).json
    assert [step["name"] for step in made["steps"]][:4] == ["pin", "warn", "cool_down", "ask_stream"]


@pytest.mark.promise("RGT-11")
def test_copy_of_a_guest_that_waited_before_the_change_waits_again(world: World, mila: User) -> None:
    address = an_address()
    mila.has_had_email(address)
    made = requests(world, phone=mila.phone).json
    proves(world, made, email=address)
    request_id = RightsRequestId(made["rights_request_id"])
    work(world, request_id, within=HOUR)
    for operator in ("alice", "bob"):
        world.an_operator(operator).notes_identity(request_id)
    work(world, request_id, at_step("ask_stream"))
    world.a_user(mila.phone).changes_number(a_phone())
    changed_at = world.now
    work(world, request_id, lambda request: not at_step("ask_stream")(request))
    assert world.now - changed_at >= WAIT


def test_cooled_steps_are_the_recovered_ones_without_the_warning() -> None:
    for right in (Right.ACCESS, Right.ERASURE):
        names = procedures.steps_of(right)
        recovered = list(procedures.recovered(right, names))
        recovered.remove("warn")
        cooled = procedures.cooled(right, names)
        assert tuple(recovered) == cooled == procedures.cooled(right, cooled)
