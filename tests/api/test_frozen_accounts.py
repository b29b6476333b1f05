"""Tests accounts that are frozen for an erasure, thawed or ended: the writes, and what a client sees."""

from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import AccountState
from chalicelib.accounts.profiles import service as profiles
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.accounts.store.states import NotFreezable, NotFrozen
from chalicelib.core import clock, needs
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.settings import Secret
from chalicelib.core.transactions import commit
from chalicelib.privacy import erasure
from chalicelib.privacy.subject_keys import DATA_KEY
from tests.api.test_signup_rotation import rotate
from tests.support.cases.copies import a_copy
from tests.support.cases.erasure_parts import erase_tables, freeze, freeze_and_end, freeze_of, stored_account
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.world.world import Reply, User, World


@pytest.fixture
def mila(world: World, device: dict[str, Any]) -> User:
    return world.a_user(device=device)


def refresh(mila: User, device: dict[str, Any]) -> Reply:
    body = {"refresh_token": mila.session["refresh_token"], "device_id": device["device_id"]}
    return mila.world.call("POST", "/v1/sessions/refresh", body=body)


def sign_in(mila: User, device: dict[str, Any] | None = None, **answer: Any) -> Reply:
    """Request a code for the number, and submit it."""
    challenge = mila.world.asks_for_a_code(mila.phone, device).json["challenge_id"]
    return mila.world.verifies(challenge, mila.world.code_for(mila.phone), **answer)


# The writes


def test_first_freeze_can_be_repeated_with_another_end(mila: User) -> None:
    frozen = freeze(mila.account_id)
    sooner = frozen.model_copy(update={"ends_at": frozen.ends_at - 6 * DAY})
    commit(*accounts.freezing(stored_account(mila.account_id), sooner))
    account = stored_account(mila.account_id)
    assert (account.state, account.frozen) == (AccountState.FROZEN, sooner)


def test_account_frozen_for_a_request_cannot_be_frozen_for_another(mila: User) -> None:
    frozen = freeze(mila.account_id)
    for before in AccountState:
        other = freeze_of(mila.account_id).model_copy(update={"before": before})
        with pytest.raises(NotFreezable):
            commit(*accounts.freezing(stored_account(mila.account_id), other))
    assert stored_account(mila.account_id).frozen == frozen


@pytest.mark.promise("RGT-4")
def test_restriction_placed_since_the_account_was_read_is_not_lost(mila: User) -> None:
    read = freeze_of(mila.account_id)
    mila.world.set_state(mila, "restricted")
    with pytest.raises(NotFreezable):
        commit(*accounts.freezing(stored_account(mila.account_id), read))
    assert stored_account(mila.account_id).state is AccountState.RESTRICTED


def test_repeated_freeze_does_not_change_the_state_to_restore(mila: User) -> None:
    mila.world.set_state(mila, "restricted")
    frozen = freeze(mila.account_id)
    stale = frozen.model_copy(update={"before": AccountState.ACTIVE})
    for write, conflict in ((accounts.freezing, NotFreezable), (accounts.thawing, NotFrozen)):
        with pytest.raises(conflict):
            commit(*write(stored_account(mila.account_id), stale))
    assert stored_account(mila.account_id).frozen == frozen


@pytest.mark.parametrize("state", ["frozen", "erasing"])
def test_account_that_is_not_in_use_cannot_be_frozen(mila: User, state: str) -> None:
    mila.world.set_state(mila, state)
    with pytest.raises(NotFreezable):
        freeze(mila.account_id)


@pytest.mark.promise("RGT-3")
def test_erased_account_can_be_neither_frozen_nor_thawed_nor_ended(mila: User) -> None:
    account_id, frozen = AccountId(mila.account_id), freeze_of(mila.account_id)
    read = stored_account(mila.account_id)
    erase_tables(mila.account_id)
    with pytest.raises(NotFreezable):
        commit(*accounts.freezing(read, frozen))
    with pytest.raises(NotFrozen):
        commit(*accounts.thawing(read, frozen))
    with pytest.raises(NotFrozen):
        commit(accounts.ending(account_id, frozen.request_id))
    assert cloud.records("account") == []


@pytest.mark.promise("RGT-4")
@pytest.mark.parametrize("state", ["active", "restricted"])
def test_thaw_restores_the_state_before_the_freeze(mila: User, state: str) -> None:
    mila.world.set_state(mila, state)
    before = account_without_mark()
    frozen = freeze(mila.account_id)
    commit(*accounts.thawing(stored_account(mila.account_id), frozen))
    assert account_without_mark() == before


def account_without_mark() -> dict[str, Any]:
    """Return the account as it is stored, without what marks it as changed."""
    (stored,) = cloud.records("account")
    return {name: value for name, value in stored.items() if name not in cloud.MARK}


def test_thaw_for_another_request_changes_nothing(mila: User) -> None:
    frozen = freeze(mila.account_id)
    other = frozen.model_copy(update={"request_id": RightsRequestId.new()})
    with pytest.raises(NotFrozen):
        commit(*accounts.thawing(stored_account(mila.account_id), other))
    assert stored_account(mila.account_id).frozen == frozen


def test_account_is_thawed_once(mila: User) -> None:
    frozen = freeze(mila.account_id)
    thaw = accounts.thawing(stored_account(mila.account_id), frozen)
    commit(*thaw)
    mila.world.set_state(mila, "restricted")
    with pytest.raises(NotFrozen):
        commit(*thaw)
    assert stored_account(mila.account_id).state is AccountState.RESTRICTED


@pytest.mark.promise("RGT-3")
def test_ended_account_cannot_be_thawed(mila: User) -> None:
    frozen = freeze(mila.account_id)
    commit(accounts.ending(AccountId(mila.account_id), frozen.request_id))
    for write, conflict in ((accounts.thawing, NotFrozen), (accounts.freezing, NotFreezable)):
        with pytest.raises(conflict):
            commit(*write(stored_account(mila.account_id), frozen))
    assert stored_account(mila.account_id).state is AccountState.ERASING


@pytest.mark.promise("RGT-3")
def test_only_the_request_that_froze_an_account_can_end_it(mila: User) -> None:
    with pytest.raises(NotFrozen):
        commit(accounts.ending(AccountId(mila.account_id), RightsRequestId.new()))
    freeze(mila.account_id)
    with pytest.raises(NotFrozen):
        commit(accounts.ending(AccountId(mila.account_id), RightsRequestId.new()))
    assert stored_account(mila.account_id).state is AccountState.FROZEN


# A frozen account


@pytest.mark.promise("RGT-11")
def test_sign_in_to_a_frozen_account_has_scope_rights_and_names_the_erasure(mila: User) -> None:
    frozen = freeze(mila.account_id)
    answer = sign_in(mila)
    assert answer.status == 200
    assert answer.json["session"]["scope"] == "rights"
    ends_at = clock.to_text(frozen.ends_at)
    assert answer.json["session"]["erasure"] == {"rights_request_id": frozen.request_id, "ends_at": ends_at}


@pytest.mark.promise("RGT-11")
def test_refresh_and_step_up_of_a_frozen_account_name_the_erasure(mila: User, device: dict[str, Any]) -> None:
    named = {"rights_request_id": freeze(mila.account_id).request_id, "ends_at": "2026-12-01T12:00:00Z"}
    assert refresh(mila, device).json["erasure"] == named
    assert mila.steps_up().json["session"]["erasure"] == named


def test_session_of_a_thawed_account_is_full_and_names_no_erasure(mila: User, device: dict[str, Any]) -> None:
    frozen = freeze(mila.account_id)
    commit(*accounts.thawing(stored_account(mila.account_id), frozen))
    session = refresh(mila, device).json
    assert session["scope"] == "full"
    assert "erasure" not in session
    assert mila.gets("/v1/profile").status == 200


@pytest.mark.promise("RGT-1")
def test_copy_of_a_frozen_account_shows_the_freeze(mila: User) -> None:
    frozen = freeze(mila.account_id)
    copy = a_copy(mila)
    (account,) = copy.records("account")
    assert account["frozen"] == frozen.model_dump(mode="json")
    assert copy.from_csv("account") == [account]


# An account that is past the point of no return


@pytest.mark.promise("RGT-3")
def test_sessions_of_an_account_that_is_being_erased_have_ended(mila: User, device: dict[str, Any]) -> None:
    challenge = mila.asks_to_step_up().json["challenge_id"]
    freeze_and_end(mila.account_id)
    assert refresh(mila, device).problem == "session_ended"
    assert mila.asks_to_step_up().problem == "session_ended"
    assert mila.steps_up_with(challenge, mila.world.code_for(mila.phone)).problem == "session_ended"


@pytest.mark.promise("RGT-3")
def test_number_of_an_account_that_is_being_erased_opens_nothing(mila: User, device: dict[str, Any]) -> None:
    freeze_and_end(mila.account_id)
    assert sign_in(mila, device).problem == "unavailable"
    assert (len(cloud.records("session")), len(cloud.records("account"))) == (1, 1)


def test_repeated_code_of_an_account_that_is_being_erased_has_expired(world: World, mila: User) -> None:
    challenge = world.asks_for_a_code(mila.phone).json["challenge_id"]
    code = world.code_for(mila.phone)
    assert world.verifies(challenge, code).status == 200
    freeze_and_end(mila.account_id)
    assert world.verifies(challenge, code).problem == "challenge_expired"


@pytest.mark.promise("RGT-3")
def test_user_who_is_being_erased_looks_like_an_unknown_one(world: World, mila: User) -> None:
    freeze_and_end(mila.account_id)
    assert world.a_user().gets(f"/v1/users/{mila.user_id}").problem == "not_found"


def test_request_cannot_be_entered_for_an_account_that_is_being_erased(world: World, mila: User) -> None:
    freeze_and_end(mila.account_id)
    assert world.an_operator("alice").enters(mila.user_id).problem == "not_found"


def test_claims_of_an_account_that_is_being_erased_move_to_a_new_lookup_key(mila: User) -> None:
    freeze_and_end(mila.account_id)
    rotate(Secret.LOOKUP, current="2")
    assert profiles.rekey_claims([AccountId(mila.account_id)]) == 2


def test_account_that_is_being_erased_is_not_opened_when_its_key_is_gone(mila: User) -> None:
    freeze_and_end(mila.account_id)
    erasure.delete_key(AccountId(mila.account_id))
    (row,) = needs.read_accounts([AccountId(mila.account_id)], (OPEN_ACCOUNT, DATA_KEY))
    assert row[OPEN_ACCOUNT] is None


@pytest.mark.promise("RGT-3")
def test_sign_in_that_ends_with_the_account_opens_nothing(mila: User) -> None:
    just_before(accounts, "claim_on", lambda: freeze_and_end(mila.account_id))
    assert sign_in(mila).problem == "unavailable"
