"""An erasure releases claims: the number is free for a new account, the user id is not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts import store
from chalicelib.accounts.model import ClaimKind
from chalicelib.accounts.profiles import service as profiles
from chalicelib.accounts.service import AlreadyClaimed
from chalicelib.core import clock, table
from chalicelib.core.clock import DAY
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.settings import Secret
from chalicelib.core.table import Item, Key
from tests.api.test_signup_rotation import rotate
from tests.support import patches
from tests.support.cases.erasure_parts import QUARANTINE, claimed_values, erase_tables
from tests.support.clouds import cloud
from tests.support.faults.outages import OUTAGES, named
from tests.support.faults.races import just_before
from tests.support.patches import fail_at
from tests.support.world.builders import a_device, an_address
from tests.support.world.world import User, World


def release(user: User) -> int:
    return accounts.release_claims(claimed_values(user.account_id), clock.now() + QUARANTINE)


def claims() -> dict[str, dict[str, Any]]:
    """Return the stored claims by what they claim."""
    return {item["pk"]["S"].split("#")[0]: item for item in cloud.records("claim")}


@pytest.fixture
def mila(world: World) -> User:
    """Return a user who claims a number, a mailbox and a user id."""
    mila = world.a_user()
    assert mila.has_email(an_address()).status == 200
    return mila


@pytest.mark.promise("RGT-3")
def test_released_claims_name_no_account_and_only_the_user_id_stays_without_end(mila: User) -> None:
    assert release(mila) == 3
    found = claims()
    end = {"N": str(clock.to_epoch(mila.world.now + QUARANTINE))}
    assert found.keys() == {"phone", "email", "user"}
    for kind, item in found.items():
        at_end = {} if kind == "user" else {"expires_at": end, "delete_at": end, "ends_from": end}
        released = {"S": clock.to_text(mila.world.now)}
        item.pop("ends", None)  # the part of the index
        assert item == {"pk": item["pk"], "kind": {"S": "claim"}, "released_at": released, **at_end}


def test_released_claims_are_not_released_again(mila: User) -> None:
    values = claimed_values(mila.account_id)
    release(mila)
    before = claims()
    mila.world.advance(timedelta(minutes=5))
    assert accounts.release_claims(values, clock.now() + QUARANTINE) == 0
    assert claims() == before


@pytest.mark.promise("RGT-3", "ACC-1")
def test_returning_number_gets_a_new_account_with_nothing_of_the_erased_one(world: World, mila: User) -> None:
    address = claimed_values(mila.account_id).email
    mila.changes(display_name="Mila", name="Mila Petrović")
    erase_tables(mila.account_id)
    again = world.a_user(phone=mila.phone)
    assert again.verified["new_account"] is True
    assert again.user_id != mila.user_id
    assert again.account_id != mila.account_id
    assert "name" not in again.profile()
    assert again.profile()["display_name"] != "Mila"
    assert again.has_email(str(address)).status == 200
    assert world.a_user(phone=mila.phone).user_id == again.user_id


@pytest.mark.promise("ACC-1")
def test_erased_account_can_be_used_by_none_of_its_tokens(world: World, mila: User) -> None:
    erase_tables(mila.account_id)
    assert mila.gets("/v1/profile").status == 401
    assert world.a_user().gets(f"/v1/users/{mila.user_id}").status == 404


def test_release_that_is_repeated_after_the_number_returned_spares_the_new_account(
    world: World, mila: User
) -> None:
    values = claimed_values(mila.account_id)
    erase_tables(mila.account_id)
    again = world.a_user(phone=mila.phone)
    assert again.has_email(str(values.email)).status == 200
    assert accounts.release_claims(values, clock.now() + QUARANTINE) == 0
    assert world.a_user(phone=mila.phone).user_id == again.user_id
    assert world.a_user().has_email(str(values.email)).problem == "email_taken"


def test_number_after_the_end_of_its_quarantine_gets_a_new_account(world: World, mila: User) -> None:
    erase_tables(mila.account_id)
    world.advance(QUARANTINE + DAY)
    assert world.a_user(phone=mila.phone).verified["new_account"] is True


@pytest.mark.promise("ACC-1")
@pytest.mark.parametrize("later", [DAY, 3650 * DAY])
def test_user_id_in_quarantine_cannot_be_claimed_again(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch, later: timedelta
) -> None:
    erase_tables(mila.account_id)
    world.advance(later)
    monkeypatch.setattr(UserId, "new", lambda: UserId(mila.user_id))
    _, _, writes = accounts.new_account(mila.phone, None)
    with pytest.raises(AlreadyClaimed):
        table.transact(writes)


@pytest.mark.promise("ACC-1")
def test_two_signups_on_a_number_in_quarantine_make_one_account(world: World, mila: User) -> None:
    erase_tables(mila.account_id)
    challenge = world.asks_for_a_code(mila.phone).json["challenge_id"]
    code = world.code_for(mila.phone)
    winners = just_before(table, "transact", lambda: world.a_user(phone=mila.phone))
    loser = world.verifies(challenge, code)
    assert loser.json["user_id"] == winners[0].user_id
    assert len(cloud.records("account")) == 1


def test_signup_between_release_and_deletion_makes_a_new_account_that_stays(world: World, mila: User) -> None:
    values = claimed_values(mila.account_id)
    release(mila)
    again = world.a_user(phone=mila.phone)
    assert again.verified["new_account"] is True
    accounts.release_claims(values, clock.now() + QUARANTINE)
    assert again.gets("/v1/profile").status == 200
    assert world.a_user(phone=mila.phone).user_id == again.user_id


def test_device_that_the_erased_account_knew_is_no_longer_known(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    erase_tables(mila.account_id)
    assert store.glance_at_owner_of_contact(mila.phone, "") is None
    assert world.a_user(phone=mila.phone, device=device).verified["new_account"] is True


def test_claim_under_an_older_lookup_key_is_released_and_blocks_no_number(world: World, mila: User) -> None:
    rotate(Secret.LOOKUP, current="2")
    erase_tables(mila.account_id)
    again = world.a_user(phone=mila.phone)
    assert again.verified["new_account"] is True
    assert world.a_user(phone=mila.phone).user_id == again.user_id


@pytest.mark.promise("ACC-1")
def test_claim_that_a_rotation_moves_during_its_release_is_released(world: World, mila: User) -> None:
    values = claimed_values(mila.account_id)
    rotate(Secret.LOOKUP, current="2")
    just_before(table, "transact", lambda: rekey(mila))
    assert accounts.release_claims(values, clock.now() + QUARANTINE) == 3
    assert not [item for item in cloud.records("claim") if "account_id" in item]


def rekey(user: User) -> None:
    assert profiles.rekey_claims([AccountId(user.account_id)]) == 3


def missing(*without: str) -> None:
    """Let the next read of claims miss those with an attribute, as a read during a rotation may."""
    read = table.batch_get

    def read_some(keys: Any) -> dict[Key, Item]:
        patches.current().setattr(table, "batch_get", read)
        return {key: item for key, item in read(keys).items() if not item.keys() & set(without)}

    patches.current().setattr(table, "batch_get", read_some)


@pytest.mark.promise("RGT-3")
def test_claims_that_one_read_misses_are_released(world: World, mila: User) -> None:
    values = claimed_values(mila.account_id)
    missing("account_id")
    assert accounts.release_claims(values, clock.now() + QUARANTINE) == 3


@pytest.mark.promise("ACC-1")
def test_owner_is_found_although_a_read_meets_only_a_claim_in_quarantine(world: World, mila: User) -> None:
    erase_tables(mila.account_id)
    rotate(Secret.LOOKUP, current="2")
    again = world.a_user(phone=mila.phone)
    missing("account_id")
    assert store.owner_by_claim(ClaimKind.PHONE, mila.phone) == again.account_id


@pytest.mark.promise("ACC-1")
def test_mailbox_that_changes_hands_during_the_release_stays_with_its_new_owner(
    world: World, mila: User
) -> None:
    vuk, values = world.a_user().is_stepped_up(), claimed_values(mila.account_id)
    mila.is_stepped_up()

    def change_hands() -> None:
        assert mila.changes(email=None).status == 200
        assert vuk.has_email(str(values.email)).status == 200

    just_before(table, "transact", change_hands)
    assert accounts.release_claims(values, clock.now() + QUARANTINE) == 2
    assert claims()["email"]["account_id"] == {"S": vuk.account_id}


def test_release_spares_a_claim_that_belongs_to_another_account(world: World, mila: User) -> None:
    values = replace(claimed_values(mila.account_id), account_id=AccountId(world.a_user().account_id))
    before = cloud.records("claim")
    assert accounts.release_claims(values, clock.now() + QUARANTINE) == 0
    assert cloud.records("claim") == before


def test_captured_values_are_not_shown_in_logs_and_errors(mila: User) -> None:
    values = claimed_values(mila.account_id)
    assert mila.phone not in repr(values)
    assert str(values.email) not in repr(values)


@pytest.mark.parametrize("error", OUTAGES, ids=named)
def test_release_during_an_outage_is_unavailable_and_releases_when_repeated(
    mila: User, error: Exception
) -> None:
    with cloud.failing("dynamodb", "TransactWriteItems", error), pytest.raises(Unavailable):
        release(mila)
    assert release(mila) == 3


def test_release_whose_answer_is_lost_is_done_once(mila: User) -> None:
    with cloud.losing_responses("TransactWriteItems"):
        release(mila)
    assert not [item for item in cloud.records("claim") if "account_id" in item]


def test_release_of_claims_that_change_each_time_is_unavailable(mila: User) -> None:
    fail_at(table, "transact", store.ClaimMoved)
    with pytest.raises(Unavailable):
        release(mila)
    assert all("account_id" in item for item in cloud.records("claim"))
