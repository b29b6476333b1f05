"""Erasures that operators enter: a second operator, the warning, and the wait if no channel can be warned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts.store.changes import number_loss
from chalicelib.core import needs
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.transactions import commit
from chalicelib.messages import sms
from chalicelib.messages.sms import TextRefused
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Status
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_requests import at_step, stored, work
from tests.support.cases.guests import enters
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.patches import fail_at
from tests.support.stream.emulated_app import apply_to
from tests.support.world.operators import Operator
from tests.support.world.world import User, World

pytestmark = [pytest.mark.usefixtures("services"), pytest.mark.promise("RGT-11")]

AGENT = {
    "on_behalf": "agent",
    "authority": "power_of_attorney",
    "authority_seen_on": "2026-11-23",
    "authority_reference": "117/2026",
}
PARENT = AGENT | {"on_behalf": "parent", "authority": "parental_responsibility"}


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    """Return a user with a number and no mailbox, whom Stream knows."""
    user = world.a_user()
    apply_to(stream)
    return user


def entered(operator: Operator, user: User, **more: Any) -> RightsRequestId:
    made = enters(operator, "erasure", user_id=user.user_id, **more)
    assert made.status == 201, made.text
    return RightsRequestId(made.json["rights_request_id"])


def loses_its_number(user: User) -> None:
    """Leave the account without a number and without a mailbox."""
    found = (accounts.OPEN_ACCOUNT, DATA_KEY)
    (row,) = needs.read_accounts([AccountId(user.account_id)], found)
    account = row[accounts.OPEN_ACCOUNT]
    assert account
    commit(*number_loss(account, row[DATA_KEY]))


CHANNELS = ("letter", "email", "telephone", "in_person", "support")


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize(
    "how", [*({"received_by": by} for by in CHANNELS), AGENT, PARENT], ids=[*CHANNELS, "agent", "parent"]
)
def test_no_operator_erases_alone(
    world: World, mila: User, alice: Operator, how: dict[str, str], stream: Emulator
) -> None:
    request_id = entered(alice, mila, **how)
    assert alice.notes_identity(request_id).problem == "own_proposal"
    work(world, request_id, within=25 * DAY)
    assert stored(request_id).status is Status.AWAITING_VERIFICATION
    assert mila.signs_in_again().gets("/v1/profile").status == 200  # not even frozen


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize(("first", "second"), [("1", "1,2"), ("1,2", "2,1"), ("2,1", "1,2")])
def test_one_operator_is_one_person_while_the_key_of_pseudonyms_is_rotated(
    mila: User, alice: Operator, first: str, second: str
) -> None:
    cloud.rotate_keys("staff")
    cloud.new_container(STAFF_VERSIONS=first)
    request_id = entered(alice, mila)
    cloud.new_container(STAFF_VERSIONS=second)
    assert alice.notes_identity(request_id).problem == "own_proposal"


@pytest.mark.promise("RGT-3")
def test_first_calls_of_an_operator_in_two_containers_make_one_pseudonym(mila: User, alice: Operator) -> None:
    def enter_in_a_newer_container() -> RightsRequestId:
        cloud.new_container(STAFF_VERSIONS="2,1")
        request_id = entered(alice, mila)
        cloud.new_container(STAFF_VERSIONS="1,2")
        return request_id

    cloud.rotate_keys("staff")
    cloud.new_container(STAFF_VERSIONS="1,2")
    entered_there = before_the_commit(enter_in_a_newer_container)
    assert alice.lists().status == 200
    assert len(entered_there) == 1
    assert alice.notes_identity(entered_there[0]).problem == "own_proposal"
    assert len(cloud.records("staff_member")) == 1


@pytest.mark.parametrize("end", [Status.COMPLETED, Status.CANCELLED])
def test_second_operator_releases_an_erasure_of_which_its_owner_is_warned(
    world: World, mila: User, alice: Operator, bob: Operator, end: Status
) -> None:
    request_id = entered(alice, mila, received_by="telephone")
    assert bob.notes_identity(request_id).json["status"] == "in_progress"
    work(world, request_id, at_step("grace"))
    assert any("without signing in" in text for text in world.messages_to(mila.phone))
    assert "unwarned_until" not in alice.case(request_id)
    if end is Status.CANCELLED:
        mila.signs_in_again().calls("POST", f"/v1/rights-requests/{request_id}/cancel")
    assert work(world, request_id, within=12 * DAY).status is end


@pytest.mark.parametrize(("days", "channel"), [(0, "none"), (20, "none"), (0, "refused")])
def test_erasure_that_nobody_was_warned_of_waits_until_five_days_before_its_deadline(
    world: World,
    mila: User,
    alice: Operator,
    bob: Operator,
    days: int,
    channel: str,
) -> None:
    if channel == "none":
        loses_its_number(mila)
    else:
        fail_at(sms, "send", TextRefused)
    request_id = entered(alice, mila)
    bob.notes_identity(request_id)
    waiting = work(world, request_id, at_step("cool_down"), within=8 * DAY)
    if days:
        extends_together(alice, bob, request_id, days)
    waits_until = stored(request_id).clock.due_at(world.now) - 5 * DAY
    listed = alice.lists().json["items"][0]
    assert (listed["rights_request_id"], listed["unwarned_until"][:10]) == (
        request_id,
        f"{waits_until:%Y-%m-%d}",
    )
    work(world, request_id, at_step("capture"), within=60 * DAY)
    assert world.now >= waits_until
    assert waits_until - waiting.received_at > timedelta(24 + days)
    assert work(world, request_id, within=4 * DAY).status is Status.COMPLETED


def extends_together(alice: Operator, bob: Operator, request_id: RightsRequestId, days: int) -> RightsRequest:
    assert "extended" not in alice.extends(request_id, days).json
    assert "extended" not in alice.extends(request_id, days).json
    assert "extended" not in bob.extends(request_id, days + 1).json
    assert "extended" not in alice.extends(request_id, days).json
    assert bob.extends(request_id, days).json["extended"]
    return stored(request_id)
