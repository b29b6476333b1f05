"""After a restore, no account is opened by a number that it gave up since the backup (ACC-1, ADR 66)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import ChangeKind, ClaimedValues
from chalicelib.accounts.profiles.model import Profile
from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.core import aws, needs
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.service import Addresses
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.erasure import store as erasures
from tests.support.cases.changes import changes_of, lose_marks, marks
from tests.support.cases.erasure_requests import asks_for_erasure, at_step, work
from tests.support.cases.restores import Backup
from tests.support.clouds import cloud
from tests.support.world.builders import a_device, a_phone, an_address
from tests.support.world.ledger import alter_newest, remove
from tests.support.world.limits import configure
from tests.support.world.world import Reply, User, World

pytestmark = pytest.mark.usefixtures("services")

DEVICE = a_device()
TOGETHER = (Table.ACCOUNTS, Table.CLAIMS)
# The command refuses those that lack a table; the replay is right even then.
SUBSETS = (
    (Table.ACCOUNTS,),
    (Table.CLAIMS,),
    (*TOGETHER, Table.KEYS),
    (*TOGETHER, Table.RIGHTS),
    (*TOGETHER, Table.KEYS, Table.RIGHTS, Table.BILLING),
)


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user()


@pytest.fixture
def away(world: World) -> User:
    """Return a user who has not used the account for longer than configured, and still has a session."""
    user = world.a_user(device=DEVICE)
    configure(IDLE_WAITING_AFTER_DAYS="30")
    world.advance(timedelta(days=40))
    return user


def proves(user: User, device: dict[str, Any], **answer: Any) -> Reply:
    """Send the code to a user's number from a device."""
    asked = user.world.asks_for_a_code(user.phone, device).json["challenge_id"]
    return user.world.verifies(asked, user.world.code_for(user.phone), **answer)


def owner_of(world: World, phone: str) -> str:
    """Return the account that a code to a number opens, on a device that no account knows."""
    return world.a_user(phone, a_device()).account_id


def profile_of(user: User) -> Profile:
    """Return the stored profile of a user."""
    (row,) = needs.read_accounts([AccountId(user.account_id)], (PROFILE, DATA_KEY))
    profile = row[PROFILE]
    assert profile
    return profile


def spoil(user: User, sk: str) -> None:
    """Replace what is sealed of a record by bytes that no key opens."""
    key = {"pk": {"S": f"A#{user.account_id}"}, "sk": {"S": sk}}
    aws.client("dynamodb").update_item(
        TableName=settings().table(Table.ACCOUNTS),
        Key=key,
        UpdateExpression="SET sealed = :blob",
        ExpressionAttributeValues={":blob": {"B": b"spoilt"}},
    )


@pytest.mark.promise("ACC-1")
@pytest.mark.parametrize(
    "tables", [TOGETHER, *(pytest.param(some, marks=pytest.mark.proof) for some in SUBSETS)], ids="_".join
)
def test_number_given_up_after_the_backup_opens_no_account(
    world: World, mila: User, tables: tuple[Table, ...]
) -> None:
    before, after = mila.phone, a_phone()
    backup = Backup.made()
    mila.changes_number(after)
    with backup.restored(*tables) as restore:
        done = restore.replay()
        assert (done.status, done.survivors) == (0, 0), done.lines
        assert not any(before in line or after in line for line in done.lines)
        assert owner_of(world, before) != mila.account_id
        assert owner_of(world, after) == mila.account_id


@pytest.mark.proof
@pytest.mark.promise("ACC-1")
def test_numbers_that_went_round_in_a_circle_are_with_their_last_owners(world: World) -> None:
    users = [world.a_user() for _ in range(3)]
    numbers, spare = [user.phone for user in users], a_phone()
    backup = Backup.made()
    users[0].changes_number(spare)
    users[1].changes_number(numbers[0])
    users[2].changes_number(numbers[1])
    users[0].changes_number(numbers[2])
    with backup.restored(*TOGETHER) as restore:
        assert restore.replay().status == 0
        for user in users:
            assert owner_of(world, user.phone) == user.account_id
        assert owner_of(world, spare) not in {user.account_id for user in users}


@pytest.mark.promise("ACC-1")
def test_account_whose_mark_is_lost_has_no_number_also_for_the_next_restore(world: World, mila: User) -> None:
    before, after = mila.phone, a_phone()
    mila.has_email(an_address())
    world.advance(timedelta(days=2))
    backup = Backup.made()
    mila.signs_in_again().changes_number(after)
    lose_marks()
    with backup.restored(*TOGETHER) as restore:
        done, everything = restore.replay(), cloud.all_items()
        again = restore.replay()
        assert (done.status, again.status) == (0, 0)
        assert cloud.all_items() == everything
        assert done.has(line := f"account {mila.account_id}: has no number, since the backup or now")
        assert again.has(line)
        assert [mark["change"]["S"] for mark in marks()] == [ChangeKind.NUMBER]  # the mailbox stays
        assert mila.account_id not in {owner_of(world, before), owner_of(world, after)}


@pytest.mark.promise("ACC-1")
def test_mark_that_was_copied_back_gives_no_account_to_an_earlier_number(world: World, mila: User) -> None:
    numbers = [mila.phone, a_phone(), a_phone()]
    backup = Backup.made()
    mila.changes_number(numbers[1])
    (stolen,) = marks()
    world.advance(timedelta(days=1))
    mila.signs_in_again().changes_number(numbers[2])
    aws.client("dynamodb").put_item(TableName=settings().table(Table.USAGE), Item=stolen)
    with backup.restored(*TOGETHER) as restore:
        assert restore.replay().status == 0
        assert mila.account_id not in {owner_of(world, number) for number in numbers}


@pytest.mark.proof
@pytest.mark.promise("ACC-1")
def test_number_of_a_mark_that_another_account_has_stays_there(world: World, mila: User) -> None:
    vera = world.a_user()
    number = vera.phone
    backup = Backup.made()
    vera.changes_number(a_phone())
    lose_marks()
    remove(changes_of(vera, ChangeKind.NUMBER), 1)
    mila.changes_number(number)
    with backup.restored(*TOGETHER) as restore:
        done = restore.replay()
        assert done.status == 0
        assert done.has(f"account {mila.account_id}: has no number")
        assert owner_of(world, number) == vera.account_id


@pytest.mark.proof
@pytest.mark.promise("ACC-1")
def test_user_id_that_was_released_is_reported_and_not_given_again(world: World, mila: User) -> None:
    backup = Backup.made()
    with backup.restored(*TOGETHER) as restore:
        user_id = ClaimedValues(AccountId(mila.account_id), None, UserId(mila.user_id), None, None)
        accounts.release_claims(user_id, until=world.now)
        done = restore.replay()
        assert (done.status, restore.replay().status) == (3, 3)
        assert done.has(f"account {mila.account_id}: its user id is released")


@pytest.mark.proof
@pytest.mark.promise("SEC-1")
def test_account_that_cannot_be_opened_is_reported_and_keeps_its_claims(world: World, mila: User) -> None:
    backup = Backup.made()
    with backup.restored(*TOGETHER) as restore:
        spoil(mila, "account")
        claims = cloud.records("claim")
        done = restore.replay()
        assert done.status == 3
        assert done.has(f"account {mila.account_id}: cannot be read")
        assert cloud.records("claim") == claims


@pytest.mark.proof
@pytest.mark.promise("ACC-1")
def test_mark_decides_if_the_history_of_changes_was_altered(world: World, mila: User) -> None:
    before, after = mila.phone, a_phone()
    backup = Backup.made()
    mila.changes_number(after)
    alter_newest(changes_of(mila, ChangeKind.NUMBER))
    with backup.restored(*TOGETHER) as restore:
        assert restore.replay().status == 0
        assert owner_of(world, after) == mila.account_id
        assert owner_of(world, before) != mila.account_id


@pytest.mark.proof
@pytest.mark.promise("ACC-4")
def test_later_mailbox_goes_and_later_language_stays(world: World, mila: User) -> None:
    early, late, vera = an_address(), an_address(), world.a_user()
    mila.has_email(early)
    vera.has_email(an_address())
    backup = Backup.made()
    vera.has_email(late)
    assert mila.changes(locale="sr").status == 200
    with backup.restored(*TOGETHER) as restore:
        assert restore.replay().status == 0
        profile = mila.signs_in_again().profile()
        assert (profile["email"], profile["locale"]) == (early, "sr")
        assert "email" not in vera.signs_in_again().profile()
        assert world.a_user().has_email(late).status == 200


@pytest.mark.promise("ACC-1")
def test_proof_of_a_dispute_that_the_restore_brings_back_takes_no_number(world: World, away: User) -> None:
    stranger = a_device()
    waiting = User(world, away.phone, proves(away, stranger).json)
    world.advance(timedelta(days=6))
    backup = Backup.made()
    assert proves(away, DEVICE).json["session"]["scope"] == "full"
    world.advance(timedelta(days=2))
    with backup.restored(*TOGETHER) as restore:
        done, everything = restore.replay(), cloud.all_items()
        assert done.has("waits of disputed numbers begun again 1")
        assert not restore.replay().has("begun again")
        assert cloud.all_items() == everything
        assert waiting.logs_out().status == 401
        assert proves(away, stranger, own_account=True).json["session"]["scope"] == "waiting"
        world.advance(timedelta(days=7))
        assert proves(away, stranger, own_account=True).status == 201


@pytest.mark.promise("ACC-1")
def test_account_that_was_disputed_in_the_backup_stays_disputed(world: World, away: User) -> None:
    stranger = a_device()
    proves(away, stranger)
    token = {"refresh_token": away.session["refresh_token"], "device_id": DEVICE["device_id"]}
    away.verified["session"] |= world.call("POST", "/v1/sessions/refresh", body=token).json
    backup = Backup.made()
    assert away.changes(locale="sr").status == 200
    with backup.restored(*TOGETHER) as restore:
        assert restore.replay().status == 0
        assert proves(away, a_device()).json["session"]["scope"] == "waiting"
        assert proves(away, stranger).json["session"]["scope"] == "waiting"
        away.verified = proves(away, DEVICE).json
        assert away.profile()["locale"] == "sr"
        assert proves(away, a_device()).json["session"]["scope"] == "full"


@pytest.mark.promise("ACC-1", "RGT-3", "RGT-6")
@pytest.mark.parametrize("at", ["quarantine", pytest.param("delete_key", marks=pytest.mark.proof)])
def test_erasure_that_is_repeated_uses_no_number_and_mailbox_that_were_given_up(
    world: World, mila: User, at: str
) -> None:
    vera, number, mailbox = world.a_user(), mila.phone, an_address()
    mila.has_email(mailbox)
    backup = Backup.made()
    world.advance(MINUTE)
    mila.changes_number(a_phone()).has_email(last := an_address())
    vera.changes_number(number).has_email(mailbox)
    assert mila.exercises("marketing_objection").status == 202
    request_id = asks_for_erasure(mila.is_stepped_up())
    work(world, request_id, at_step(at))
    world.advance(9 * DAY)
    assert erasures.inputs_of(request_id) is None
    with backup.restored(*TOGETHER) as restore:
        done = restore.replay()
        assert (done.status, done.survivors) == (0, 0), done.lines
        if at == "quarantine":
            inputs = erasures.inputs_of(request_id)
            assert inputs
            assert (inputs.phone, inputs.email) == (mila.phone, last)
        sent = world.messages_to(number), world.mails_to(mailbox)
        work(world, request_id)
        assert (world.messages_to(number), world.mails_to(mailbox)) == sent
        assert suppressions.suppressed(Addresses(number, mailbox)) == frozenset()
        assert owner_of(world, number) == vera.account_id


@pytest.mark.promise("ACC-4")
def test_mailbox_that_was_replaced_and_verified_again_proves_nothing_yet(world: World, mila: User) -> None:
    vera = world.a_user()
    mila.has_email(address := an_address())
    world.advance(timedelta(days=8))
    backup = Backup.made()
    mila = mila.signs_in_again()
    mila.has_email(an_address())
    world.advance(MINUTE)
    mila.has_email(address)
    vera = world.a_user(vera.phone)
    vera.has_email(an_address())
    verified_at = profile_of(mila).email_verified_at
    with backup.restored(*TOGETHER) as restore:
        assert restore.replay().has("accounts changed again 1")
        assert restore.replay().has("owners: nothing to change")
        profile = profile_of(mila)
        assert (profile.email, profile.email_verified_at) == (address, verified_at)
        assert profile.proving_email is None
        assert profile_of(vera).email is None


@pytest.mark.promise("ACC-4")
@pytest.mark.parametrize("backed_up", ["before", "after"])
def test_mailbox_that_is_added_after_a_removal_is_not_that_of_before(
    world: World, mila: User, backed_up: str
) -> None:
    """One that is added leaves no trace: those of a removal tell whether the backup is older."""
    mila.has_email(address := an_address())
    world.advance(MINUTE)
    before = Backup.made()
    mila.is_stepped_up()
    assert mila.changes(email=None).status == 200
    world.advance(MINUTE)
    mila.has_email(address)
    after = Backup.made()
    with (before if backed_up == "before" else after).restored(*TOGETHER) as restore:
        assert restore.replay().status == 0
        assert profile_of(mila).email == (None if backed_up == "before" else address)


@pytest.mark.promise("ACC-1")
def test_claims_of_an_account_that_the_backup_lacks_are_released(world: World) -> None:
    backup = Backup.made()
    lost = world.a_user()
    lost.has_email(address := an_address())
    with backup.restored(Table.ACCOUNTS) as restore:
        assert restore.replay().status == 0
        newcomer = world.a_user(lost.phone)
        assert newcomer.verified["new_account"] is True
        assert newcomer.has_email(address).status == 200


@pytest.mark.proof
@pytest.mark.promise("ACC-1")
def test_number_without_a_claim_is_claimed_again(world: World) -> None:
    backup = Backup.made()
    mila = world.a_user()
    with backup.restored(Table.CLAIMS) as restore:
        assert restore.replay().status == 0
        assert owner_of(world, mila.phone) == mila.account_id


@pytest.mark.proof
def test_backup_older_than_the_marks_is_reported(world: World, mila: User) -> None:
    backup = Backup.made()
    world.advance(timedelta(days=37))
    with backup.restored(*TOGETHER) as restore:
        done = restore.replay()
        assert (done.status, done.survivors) == (3, 0)
        assert done.has("the backup is older than the marks of changes")
