"""Tests lookup key rotation: claims move, and a number keeps exactly one account (ACC-1)."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts import store
from chalicelib.accounts.bars import service as bars
from chalicelib.accounts.model import ClaimKind
from chalicelib.accounts.profiles import service as profiles
from chalicelib.core import aws, clock, table
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.table import Delete, Key, Table
from chalicelib.core.transactions import commit
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.service import Addresses
from chalicelib.privacy.purposes import Practice
from infra.deployment import vault
from infra.ops.keys.lookup_key import ClaimsLeft, LookupKeys, SuppressionsLeft
from infra.ops.keys.versions import Unfinished
from tests.support.cases.copies import damage
from tests.support.cases.erasure_parts import erase_tables, freeze, stored_account
from tests.support.clouds import cloud, rotations
from tests.support.clouds.rotations import Killed, Stage
from tests.support.faults.races import before_the_commit, just_before
from tests.support.world.builders import a_device, a_phone, an_address
from tests.support.world.practices import describe
from tests.support.world.world import Reply, User, World

SECRET = "ru4m/test/lookup"
VARIABLE = "RU4M_LOOKUP_VERSIONS"
T = TypeVar("T")


@dataclass
class LookupStage(Stage):
    @property
    def keys(self) -> LookupKeys:
        return LookupKeys(self.versions, "ru4m-test-claims")

    def rekey(self) -> int:
        """Run in a process of its own, with the last configuration."""
        versions = os.environ[VARIABLE]
        container_with(self.configured[-1])
        try:
            return self._rekey()
        finally:
            container_with(versions)

    def _rekey(self) -> int:
        return self.keys.rekey(
            lambda owners: profiles.rekey_claims([AccountId(owner) for owner in owners]),
            lambda rows: accounts.tidy_found({name: AccountId(owner) for name, owner in rows.items()}),
        )


def container_with(versions: str) -> None:
    rotations.container_with(VARIABLE, versions)


@pytest.fixture
def stage(world: World, monkeypatch: pytest.MonkeyPatch) -> LookupStage:
    monkeypatch.setenv(VARIABLE, os.environ[VARIABLE])  # restores it at the end, whatever the rotation sets
    made = LookupStage(VARIABLE, SECRET, vault.versions_of, vault.new_mac_key, configured=["1"])
    transact = table.transact
    made.count_vault_writes()

    def counted(operations: Any) -> None:
        listed = list(operations)
        if all(write.key.table is Table.CLAIMS for write in listed):  # not operations of sign-ups
            made.write(lambda: transact(listed))
        else:
            transact(listed)

    monkeypatch.setattr(table, "transact", counted)
    return made


def claims() -> dict[str, set[str]]:
    """Return the owners of claims by version of the key."""
    found: dict[str, set[str]] = {}
    for item in aws.client("dynamodb").scan(TableName="ru4m-test-claims")["Items"]:
        found.setdefault(item["pk"]["S"].split("#")[1], set()).add(item["account_id"]["S"])
    return found


def stored_versions() -> set[str]:
    document = vault.read(aws.client("secretsmanager"), SECRET)
    assert document
    return set(document["versions"])


def test_every_container_knows_a_new_version_before_a_claim_uses_it(stage: LookupStage) -> None:
    assert stage.keys.rotate() == "2"
    assert stage.configured == ["1", "1,2", "2,1"]


def test_rotation_and_retirement_wait_until_old_containers_have_ended(
    stage: LookupStage,
) -> None:
    stage.keys.rotate()
    assert stage.settled == ["1,2", "2,1"]
    stage.keys.retire()
    assert stage.settled == ["1,2", "2,1", "2,1", "2"]


@pytest.mark.promise("ACC-1")
def test_number_claimed_during_the_wait_of_a_retirement_keeps_its_version(
    stage: LookupStage, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `rotate` stopped in its last wait, and then an old container claims the number."""
    stage.keys.rotate()
    phone = a_phone()

    def sign_up_in_an_old_container() -> None:
        container_with("1,2")
        world.a_user(phone=phone)
        container_with("2,1")

    monkeypatch.setattr(stage, "settle", sign_up_in_an_old_container)
    with pytest.raises(ClaimsLeft):
        stage.keys.retire()


def test_claims_of_accounts_move_and_the_old_version_is_removed(stage: LookupStage, world: World) -> None:
    people = [world.a_user() for _ in range(3)]
    address = an_address()
    people[0].has_email(address)
    stage.keys.rotate()
    late = world.a_user()
    assert stage.rekey() == 7  # a number and a user id for each, and one address
    assert claims() == {"2": {user.account_id for user in (*people, late)}}
    assert stage.keys.retire() == ["1"]
    assert (stage.configured[-1], stored_versions()) == ("2", {"2"})
    for user in (*people, late):
        assert world.a_user(phone=user.phone).user_id == user.user_id
        assert late.gets(f"/v1/users/{user.user_id}").status == 200
    assert late.has_email(address).problem == "email_taken"
    assert people[0].is_stepped_up().changes(email=None).status == 200
    assert late.has_email(address).status == 200


def test_claims_in_quarantine_stay_and_do_not_block_the_retirement(stage: LookupStage, world: World) -> None:
    mila, vuk = world.a_user(), world.a_user()
    erase_tables(mila.account_id)
    stage.keys.rotate()
    assert stage.rekey() == 2
    assert {item["pk"]["S"].split("#")[1] for item in cloud.records("claim") if "released_at" in item} == {
        "1"
    }
    assert stage.keys.retire() == ["1"]
    again = world.a_user(phone=mila.phone)
    assert again.verified["new_account"] is True
    assert world.a_user(phone=vuk.phone).user_id == vuk.user_id


@pytest.mark.promise("ACC-1")
def test_claim_moves_to_a_version_under_which_the_number_is_in_quarantine(
    stage: LookupStage, world: World
) -> None:
    """A container of the old configuration claims a number that was released under the new version."""
    stage.keys.rotate()
    mila = world.a_user()
    erase_tables(mila.account_id)
    container_with("1,2")
    again = world.a_user(phone=mila.phone)
    container_with("2,1")
    assert world.a_user(phone=mila.phone).user_id == again.user_id
    assert stage.rekey() == 2
    assert stage.rekey() == 0
    assert world.a_user(phone=mila.phone).user_id == again.user_id


def test_claim_moves_although_the_number_is_in_quarantine_under_the_old_version(
    stage: LookupStage, world: World
) -> None:
    mila, address = world.a_user(), an_address()
    erase_tables(mila.account_id)
    stage.keys.rotate()
    again = world.a_user(phone=mila.phone)
    container_with("1,2")
    again.has_email(address)
    container_with("2,1")
    assert stage.rekey() == 1
    assert stage.keys.retire() == ["1"]
    assert world.a_user().has_email(address).problem == "email_taken"


def test_address_in_quarantine_under_an_old_version_can_be_claimed_and_released(
    stage: LookupStage, world: World
) -> None:
    mila, vuk, address = world.a_user(), world.a_user(), an_address()
    mila.has_email(address)
    erase_tables(mila.account_id)
    stage.keys.rotate()
    assert vuk.has_email(address).status == 200
    assert vuk.is_stepped_up().changes(email=None).status == 200
    assert world.a_user().has_email(address).status == 200


def test_address_claimed_under_an_old_version_is_taken_until_it_is_released(
    stage: LookupStage, world: World
) -> None:
    mila, vuk, address = world.a_user(), world.a_user(), an_address()
    mila.has_email(address)
    stage.keys.rotate()
    assert vuk.has_email(address).problem == "email_taken"
    assert mila.is_stepped_up().changes(email=None).status == 200
    assert vuk.has_email(address).status == 200


def test_address_removed_while_its_claim_moves_is_free(stage: LookupStage, world: World) -> None:
    mila, vuk, address = world.a_user(), world.a_user(), an_address()
    mila.has_email(address)
    mila.is_stepped_up()
    stage.keys.rotate()
    just_before(table, "transact", stage.rekey)
    assert mila.changes(email=None).problem == "changed_meanwhile"
    assert mila.is_stepped_up().changes(email=None).status == 200
    assert vuk.has_email(address).status == 200


def test_claim_missed_by_a_read_while_it_moved_is_still_removed(
    stage: LookupStage, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, vuk, address = world.a_user(), world.a_user(), an_address()
    mila.has_email(address)
    stage.keys.rotate()
    batch_get = table.batch_get

    def missing(keys: Any) -> Any:
        return {key: item for key, item in batch_get(keys).items() if key.table is not Table.CLAIMS}

    mila.is_stepped_up()
    with monkeypatch.context() as moving:
        moving.setattr(table, "batch_get", missing)
        assert mila.changes(email=None).problem == "changed_meanwhile"
    assert mila.is_stepped_up().changes(email=None).status == 200
    assert vuk.has_email(address).status == 200


@pytest.mark.promise("ACC-7")
@pytest.mark.parametrize("state", ["active", "frozen"])
def test_row_by_which_a_user_is_found_moves_with_the_claims(
    stage: LookupStage, world: World, state: str
) -> None:
    describe(Practice.MATCHING_CONTACTS)
    mila = world.a_user()
    mila.changes(discoverable=True)
    if state == "frozen":
        freeze(mila.account_id)
    stage.keys.rotate()
    stage.rekey()
    names = [item["pk"]["S"] for item in cloud.records("discoverable_number")]
    account = stored_account(mila.account_id)
    assert names == ([account.found_under] if account.is_active else [])
    assert str(account.found_under).startswith("discoverable#2#")
    assert stage.keys.retire() == ["1"]


@pytest.mark.promise("ACC-7")
def test_row_of_an_account_that_changes_meanwhile_moves_with_the_next_run(
    stage: LookupStage, world: World
) -> None:
    """The claims of the account are left too, so that the version is not retired."""
    describe(Practice.MATCHING_CONTACTS)
    mila = world.a_user()
    mila.changes(discoverable=True)
    stage.keys.rotate()
    before_the_commit(lambda: freeze(mila.account_id))
    stage.rekey()
    with pytest.raises(ClaimsLeft):
        stage.keys.retire()
    stage.rekey()
    assert stage.keys.retire() == ["1"]
    account = stored_account(mila.account_id)
    assert account.frozen
    commit(*accounts.thawing(account, account.frozen))
    (row,) = cloud.records("discoverable_number")
    assert row["pk"]["S"] == account.found_under
    assert row["pk"]["S"].startswith("discoverable#2#")


@pytest.mark.promise("ACC-7")
def test_row_that_no_account_names_is_deleted_by_the_rekey(stage: LookupStage, world: World) -> None:
    describe(Practice.MATCHING_CONTACTS)
    mila = world.a_user()
    mila.changes(discoverable=True)
    (row,) = cloud.records("discoverable_number")
    mila.changes(discoverable=False)
    aws.client("dynamodb").put_item(TableName="ru4m-test-claims", Item=row)
    stage.keys.rotate()
    stage.rekey()
    assert cloud.records("discoverable_number") == []


def test_repeated_rekey_changes_nothing(stage: LookupStage, world: World) -> None:
    world.a_user()
    stage.keys.rotate()
    stage.rekey()
    before = cloud.all_items()
    assert stage.rekey() == 0
    assert cloud.all_items() == before
    stage.keys.retire()
    assert stage.keys.retire() == []
    assert stage.configured == ["1", "1,2", "2,1", "2"]


def test_version_is_not_retired_while_a_claim_uses_it(stage: LookupStage, world: World) -> None:
    world.a_user()
    stage.keys.rotate()
    for step in (stage.keys.retirable, stage.keys.retire):
        with pytest.raises(ClaimsLeft, match="2 claims"):
            step()
    assert (stage.configured[-1], stored_versions()) == ("2,1", {"1", "2"})


def test_claim_without_an_account_keeps_its_version(stage: LookupStage, world: World) -> None:
    mila = world.a_user()
    table.write(Delete(store.account_key(AccountId(mila.account_id))))
    stage.keys.rotate()
    assert stage.rekey() == 0
    with pytest.raises(ClaimsLeft):
        stage.keys.retire()


@pytest.mark.promise("ACC-1")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kill_at", range(8))
def test_operator_killed_at_any_write_continues_with_one_account_per_number(
    stage: LookupStage, world: World, kill_at: int, *, after: bool
) -> None:
    people = [world.a_user() for _ in range(2)]
    stage.kill_at, stage.after = kill_at, after
    steps: list[Callable[[], object]] = [stage.keys.rotate, stage.rekey, stage.keys.retire]
    with suppress(Killed):
        while steps:
            steps[0]()
            del steps[0]
    assert steps, "the operator was not killed"
    container_with(stage.configured[-1])  # it may have started at this moment
    for user in people:
        assert world.a_user(phone=user.phone).user_id == user.user_id
        assert world.a_user().gets(f"/v1/users/{user.user_id}").status == 200
    owners = {item["account_id"]["S"] for item in cloud.records("account")}

    for step in steps:
        step()
    # If killed after its last write, `rotate` was complete, so the next run makes a further version.
    current = "3" if (kill_at, after) == (3, True) else "2"
    assert claims() == {current: owners}
    assert (stage.configured[-1], stored_versions()) == (current, {current})


def test_unreadable_account_does_not_keep_claims_of_others_from_moving(
    stage: LookupStage, world: World
) -> None:
    broken, *others = (world.a_user() for _ in range(3))
    damage(Table.ACCOUNTS, f"A#{broken.account_id}", "account", sealed=b"x" * 60)
    stage.keys.rotate()
    assert stage.rekey() == 4
    assert claims() == {"1": {broken.account_id}, "2": {user.account_id for user in others}}
    with pytest.raises(ClaimsLeft):
        stage.keys.retire()


def test_rotation_makes_exactly_the_writes_at_which_it_is_killed(stage: LookupStage, world: World) -> None:
    """The test above kills at each of them."""
    for _ in range(2):
        world.a_user()
    stage.keys.rotate()
    stage.rekey()
    stage.keys.retire()
    assert stage.writes == 8


@pytest.mark.promise("ACC-1")
@pytest.mark.parametrize("knows", ["1,2", "2,1"])
def test_signup_that_read_before_a_claim_moved_signs_in_to_its_account(
    stage: LookupStage, world: World, monkeypatch: pytest.MonkeyPatch, knows: str
) -> None:
    mila = world.a_user()
    stage.keys.rotate()
    challenge = world.asks_for_a_code(mila.phone).json["challenge_id"]
    container_with(knows)  # the older version's container is outdated
    look = missing_once(partial(accounts.claim_on, ClaimKind.PHONE))
    monkeypatch.setattr(accounts, "claim_on", lambda _, value: look(value))
    moved = just_before(accounts, "new_account", stage.rekey)
    again = world.verifies(challenge, world.code_for(mila.phone))
    assert moved == [2]
    assert (again.status, again.json["user_id"]) == (200, mila.user_id)


@pytest.mark.promise("ACC-1")
@pytest.mark.parametrize("knows", ["1,2", "2,1"])
def test_number_under_an_older_version_passes_to_a_new_account(
    stage: LookupStage, world: World, knows: str
) -> None:
    mila, device = world.a_user(), a_device()
    world.advance(90 * DAY)
    assert world.a_user(mila.phone, device).session["scope"] == "waiting"
    stage.keys.rotate()
    container_with(knows)
    world.advance(7 * DAY)
    vera = world.a_user(mila.phone, device, own_account=True)
    assert vera.verified["new_account"] is True
    assert world.a_user(mila.phone, device).user_id == vera.user_id
    stage.rekey()
    assert world.a_user(mila.phone, device).user_id == vera.user_id
    stage.keys.retire()  # raises if a claim is left


def test_former_number_under_an_older_version_does_not_hold_up_the_retirement(
    stage: LookupStage, world: World
) -> None:
    mila = world.a_user().changes_number(a_phone())
    stage.keys.rotate()
    assert stage.rekey() == 2
    assert stage.keys.retire() == ["1"]
    assert world.a_user(mila.phone).user_id == mila.user_id


def missing_once(look: Callable[[str], T | None]) -> Callable[[str], T | None]:
    """Return a look-up whose first batched read misses a claim that is being moved."""
    looks = iter([None])
    return lambda value: next(looks, look(value))


def test_claim_that_moves_during_the_look_up_is_found(
    stage: LookupStage, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila = world.a_user()
    stage.keys.rotate()
    whole, torn = table.batch_get, iter([True])

    def batch_get(keys: Any) -> Any:
        """Read the new key before the claim moves and the old key afterwards, without a snapshot."""
        if next(torn, False):
            new, *old = keys
            early = whole([new])
            assert stage.rekey() == 2
            return early | whole(old)
        return whole(keys)

    monkeypatch.setattr(table, "batch_get", batch_get)
    assert accounts.owner_of_user(UserId(mila.user_id)) == mila.account_id


@pytest.mark.promise("ACC-1")
def test_number_claimed_under_an_old_version_is_taken_while_its_claim_moves(
    stage: LookupStage, world: World
) -> None:
    """Just before the transaction of the move, another caller signs up with the number."""
    mila = world.a_user()
    stage.keys.rotate()
    challenge = world.asks_for_a_code(mila.phone).json["challenge_id"]

    def sign_up_in_another_container() -> Reply:
        return world.verifies(challenge, world.code_for(mila.phone))

    tries = just_before(table, "transact", sign_up_in_another_container)
    stage.rekey()
    assert (tries[0].status, tries[0].json["user_id"]) == (200, mila.user_id)
    assert claims() == {"2": {mila.account_id}}
    assert len(cloud.records("account")) == 1


def test_claim_held_by_another_account_is_not_moved(stage: LookupStage, world: World) -> None:
    mila, vuk = world.a_user(), world.a_user()
    (old,) = store.claim_keys(ClaimKind.PHONE, mila.phone)
    hand_over(old, vuk.account_id)
    stage.keys.rotate()
    stage.rekey()
    assert claims()["1"] == {mila.account_id, vuk.account_id}  # no account loses a claim


def hand_over(key: Key, account_id: str) -> None:
    aws.client("dynamodb").update_item(
        TableName="ru4m-test-claims",
        Key={"pk": {"S": key.pk}},
        UpdateExpression="SET account_id = :a",
        ExpressionAttributeValues={":a": {"S": account_id}},
    )


def test_claims_move_only_once_every_function_uses_the_current_version(
    stage: LookupStage, world: World
) -> None:
    world.a_user()
    stage.kill_at = 3  # the configuration that makes the new version current
    with pytest.raises(Killed):
        stage.keys.rotate()
    for step in (stage.rekey, stage.keys.retire):
        with pytest.raises(Unfinished):
            step()


def test_version_that_is_not_current_yet_is_not_retired(stage: LookupStage, world: World) -> None:
    world.a_user()
    stage.kill_at = 2  # every function has the new version, and none uses it
    with pytest.raises(Killed):
        stage.keys.rotate()
    for step in (stage.keys.retirable, stage.keys.retire):
        with pytest.raises(Unfinished):
            step()
    assert stored_versions() == {"1", "2"}


def test_many_claims_are_moved_in_bounded_reads(stage: LookupStage, world: World) -> None:
    for _ in range(60):
        _, _, writes = accounts.new_account(a_phone(), None)
        table.transact(writes)
    stage.keys.rotate()
    asked: list[int] = []

    def rekey(owners: Sequence[str]) -> int:
        asked.append(len(owners))
        return 0

    stage.keys.rekey(rekey, lambda _: None)
    assert (sum(asked), max(asked)) == (60, 33)


def test_secret_keeps_every_version_that_a_container_is_configured_with(
    stage: LookupStage, world: World
) -> None:
    world.a_user()
    configured_and_stored: list[tuple[str, set[str]]] = []
    configure = stage.configure

    def watched(versions: str) -> None:
        configure(versions)
        configured_and_stored.append((versions, stored_versions()))

    stage.configure = watched  # type: ignore[method-assign]
    stage.keys.rotate()
    stage.rekey()
    stage.keys.retire()
    assert all(set(versions.split(",")) <= stored for versions, stored in configured_and_stored)
    assert len(configured_and_stored) == 3


# Objections to direct marketing: keyed hashes of numbers and mailboxes


def suppressed_under() -> set[str]:
    """Return the versions of the key under which suppressions are stored."""
    return {item["pk"]["S"].split("#")[1] for item in cloud.records("suppression")}


def objects(user: User, address: str | None = None) -> User:
    if address:
        user.has_email(address)
    assert user.exercises("marketing_objection").status == 202
    return user


@pytest.mark.promise("RGT-6")
def test_objections_of_accounts_move_with_their_claims(stage: LookupStage, world: World) -> None:
    address = an_address()
    mila = objects(world.a_user(), address)
    stage.keys.rotate()
    assert suppressions.suppressed(Addresses(mila.phone))  # matched under every kept version
    assert stage.rekey() == 3
    assert suppressed_under() == {"2"}
    assert stage.keys.retire() == ["1"]
    assert suppressions.suppressed(Addresses(mila.phone))
    assert suppressions.suppressed(Addresses(email=address))


@pytest.mark.promise("RGT-6")
def test_version_is_not_retired_while_the_objection_of_an_erased_person_uses_it(
    stage: LookupStage, world: World
) -> None:
    mila = objects(world.a_user())
    leave(mila)
    stage.keys.rotate()
    stage.rekey()
    with pytest.raises(SuppressionsLeft, match=r"1 objections to marketing .* 2028-11-24"):
        stage.keys.retire()
    assert (stage.configured[-1], stored_versions()) == ("2,1", {"1", "2"})
    world.advance(800 * DAY)
    assert stage.keys.retire() == ["1"]


@pytest.mark.promise("SAF-1")
def test_version_is_not_retired_while_a_bar_uses_it(stage: LookupStage, world: World) -> None:
    phone = a_phone()
    bars.place_on_number(phone, world.now + 60 * DAY)
    stage.keys.rotate()
    stage.rekey()
    assert bars.barred_until(phone)
    with pytest.raises(SuppressionsLeft, match=r"1 objections to marketing and barred numbers"):
        stage.keys.retire()
    world.advance(61 * DAY)
    assert stage.keys.retire() == ["1"]


@pytest.mark.promise("RGT-6")
def test_objection_moves_to_the_current_version_when_the_person_returns(
    stage: LookupStage, world: World
) -> None:
    address = an_address()
    mila = objects(world.a_user(), address)
    leave(mila, address)
    stage.keys.rotate()
    again = world.a_user(phone=mila.phone)
    assert again.verified["new_account"] is True
    assert len(cloud.records("suppression")) == 2
    assert suppressed_under() == {"1", "2"}
    again.has_email(address)
    assert suppressed_under() == {"2"}
    assert stage.keys.retire() == ["1"]
    assert suppressions.suppressed(Addresses(mila.phone))
    assert suppressions.suppressed(Addresses(email=address))


@pytest.mark.promise("RGT-6")
def test_objection_under_an_older_version_is_renewed_by_a_new_one(stage: LookupStage, world: World) -> None:
    mila = objects(world.a_user())
    stage.keys.rotate()
    objects(mila)
    assert suppressed_under() == {"2"}


@pytest.mark.promise("RGT-6")
def test_consent_lifts_an_objection_under_every_version(stage: LookupStage, world: World) -> None:
    mila = objects(world.a_user())
    stage.keys.rotate()
    for purpose in ("marketing", "personalised_ads"):
        assert mila.consents(purpose).status == 200
    assert cloud.records("suppression") == []


def leave(user: User, address: str | None = None) -> None:
    """Erase an account as its procedure does."""
    suppressions.leave(Addresses(user.phone, address), [], clock.now())
    erase_tables(user.account_id)


def test_retirement_without_a_rotation_waits_for_nothing(stage: LookupStage) -> None:
    stage.settled.clear()
    assert stage.keys.retire() == []
    assert stage.settled == []
