"""The owner and the new holder of a number act at the same time, or in any order (ACC-1, ADR 68)."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.cases.recycled import asks_to_be_let_in, is_let_in_by, shows_mailed_code
from tests.support.faults.races import before_the_commit
from tests.support.world.builders import a_device
from tests.support.world.world import Reply, User, World, a_world

ADDRESS, PHONE = "mila@test.example", "+381601119999"
OWNERS, STRANGERS = a_device(), a_device()


def signs_in(world: World, device: dict[str, Any], **answer: Any) -> Reply:
    asked = world.asks_for_a_code(PHONE, device)
    if asked.status != 202:
        return asked
    return world.verifies(asked.json["challenge_id"], world.code_for(PHONE), **answer)


@pytest.fixture
def waits(world: World) -> User:
    """Return the owner, whose session waits as long as that of a stranger who may take the number."""
    world.a_user(PHONE).has_email(ADDRESS)
    world.advance(timedelta(days=90))
    signs_in(world, STRANGERS)
    world.advance(timedelta(days=7))
    return User(world, PHONE, signs_in(world, OWNERS).json)


@pytest.mark.promise("ACC-1")
def test_owner_is_let_in_while_the_number_is_taken(waits: User) -> None:
    owner = before_the_commit(lambda: is_let_in_by(waits, ADDRESS))
    taken = signs_in(waits.world, STRANGERS, own_account=True)
    assert taken.json["user_id"] != owner[0].user_id
    assert owner[0].profile()["email"] == ADDRESS
    assert "phone" not in owner[0].profile()


@pytest.mark.promise("ACC-1")
def test_number_is_taken_while_the_owner_is_let_in(waits: User) -> None:
    asked = asks_to_be_let_in(waits).json["challenge_id"]
    code = waits.world.code_mailed_to(ADDRESS)
    taken = before_the_commit(lambda: signs_in(waits.world, STRANGERS, own_account=True))
    assert shows_mailed_code(waits, asked, code).problem == "unavailable"
    assert taken[0].status == 201
    assert shows_mailed_code(waits, asked, code).problem == "session_ended"


@pytest.mark.promise("ACC-1")
@pytest.mark.parametrize("own_account", [False, True])
def test_stranger_at_the_moment_in_which_the_dispute_ends_waits(waits: User, *, own_account: bool) -> None:
    is_let_in_by(waits, ADDRESS)
    ended = before_the_commit(lambda: signs_in(waits.world, OWNERS))
    answer = signs_in(waits.world, STRANGERS, own_account=own_account)
    assert ended[0].json["session"]["scope"] == "full"
    assert answer.json["session"]["scope"] == "waiting"


@pytest.fixture
def owner(waits: User) -> User:
    """Return the owner, who is let in and stepped up, while another session waits."""
    return is_let_in_by(waits, ADDRESS).is_stepped_up()


def confirms(owner: User, waiting: User) -> Reply:
    return owner.calls("POST", f"/v1/sessions/{waiting.session['session_id']}/confirm")


def test_slower_of_two_confirmations_succeeds_too(owner: User) -> None:
    waiting = User(owner.world, PHONE, signs_in(owner.world, a_device()).json)
    other = before_the_commit(lambda: confirms(owner, waiting))
    assert (confirms(owner, waiting).status, other[0].status) == (204, 204)


def test_session_that_is_ended_while_it_is_confirmed_is_not_found(owner: User) -> None:
    waiting = User(owner.world, PHONE, signs_in(owner.world, a_device()).json)
    other = before_the_commit(waiting.logs_out)
    assert (confirms(owner, waiting).problem, other[0].status) == ("not_found", 204)


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_mailed_code_of_a_session_that_was_confirmed_gets_it(owner: User, when: str) -> None:
    waiting = User(owner.world, PHONE, signs_in(owner.world, a_device()).json)
    asked = asks_to_be_let_in(waiting).json["challenge_id"]
    code = owner.world.code_mailed_to(ADDRESS)
    if when == "before":
        confirms(owner, waiting)
    else:
        before_the_commit(lambda: confirms(owner, waiting))
    answers = [shows_mailed_code(waiting, asked, code) for _ in range(2)]
    assert [(answer.status, answer.json["session"]["scope"]) for answer in answers] == [(200, "full")] * 2


class OwnerAndNewcomer(RuleBasedStateMachine):
    """The owner has the mailbox; one of the two has the SIM card; time passes.

    While the newcomer has the card from a time on at which the account was unused, no session of theirs may
    reach the account of the owner.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.world = self.stack.enter_context(a_world())
        self.owner = self.world.a_user(PHONE, OWNERS, display_name="Mila")
        self.owner.has_email(ADDRESS)
        self.world.advance(timedelta(days=90))
        self.newcomer: User | None = None
        self.first_proof = self.world.now
        self.waiting_owner: User | None = None

    def teardown(self) -> None:
        self.stack.close()

    @rule(hours=st.sampled_from([1, 24, 7 * 24]))
    def time_passes(self, hours: int) -> None:
        self.world.advance(timedelta(hours=hours))

    @rule(own_account=st.booleans())
    def newcomer_signs_in(self, own_account: bool) -> None:  # noqa: FBT001 - drawn by the strategy
        answer = signs_in(self.world, STRANGERS, own_account=own_account)
        if answer.status in {200, 201}:
            if self.newcomer is None:
                self.first_proof = self.world.now
            self.newcomer = User(self.world, PHONE, answer.json)
            if answer.json["new_account"]:
                assert self.world.now >= self.first_proof + timedelta(days=7)

    @rule()
    def owner_signs_in(self) -> None:
        answer = signs_in(self.world, a_device())
        if answer.status == 200:
            self.waiting_owner = User(self.world, PHONE, answer.json)

    @precondition(lambda self: self.waiting_owner is not None)
    @rule()
    def owner_shows_the_mailed_code(self) -> None:
        assert self.waiting_owner
        asked = asks_to_be_let_in(self.waiting_owner)
        if asked.status == 202:
            code = self.world.code_mailed_to(ADDRESS)
            shows_mailed_code(self.waiting_owner, asked.json["challenge_id"], code)

    @rule()
    def owner_signs_in_by_mail(self) -> None:
        asked = self.world.call("POST", "/v1/signup", body={"email": ADDRESS, "device": a_device()})
        if asked.status == 202:
            answer = self.world.verifies(asked.json["challenge_id"], self.world.code_mailed_to(ADDRESS))
            assert answer.status == 404 or answer.json["user_id"] == self.owner.user_id

    @invariant()
    def newcomer_reads_nothing_of_the_owner(self) -> None:
        if self.newcomer:
            read = self.newcomer.gets("/v1/profile")
            assert read.status in {401, 403} or read.json["user_id"] != self.owner.user_id


@pytest.mark.proof
@pytest.mark.promise("ACC-1")
def test_owner_and_newcomer_in_any_order() -> None:
    run_state_machine_as_test(
        OwnerAndNewcomer,
        settings=settings(
            max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
