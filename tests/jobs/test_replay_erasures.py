"""After a restore, erasures are repeated before functions use the restored tables (RGT-3, SEC-1)."""

import uuid
from datetime import timedelta

import pytest

from chalicelib.accounts.model import AccountState
from chalicelib.consents import store as consents
from chalicelib.consents import store as purposes
from chalicelib.consents.marketing import NonServiceKind, Withheld, may_send
from chalicelib.core import clock, table
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, RightsRequestId, TombstoneId, UserId
from chalicelib.core.table_names import Table
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.service import Addresses
from chalicelib.operations.restore.erasures import KeepOutcome, count_survivors
from chalicelib.operations.restore.store import Workers
from chalicelib.privacy import codec
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.erasure import tombstones
from chalicelib.rights.erasure.tombstones import Tombstone
from chalicelib.rights.request import store
from chalicelib.rights.request.evidence import history_of
from chalicelib.rights.request.model import OpenRequest
from chalicelib.rights.request.terms import Right, Status
from infra.stream_emulator import Emulator
from tests.support.cases import erasure_outcomes
from tests.support.cases.erasure_parts import stored_account
from tests.support.cases.erasure_requests import (
    a_subject,
    asks_for_erasure,
    at_step,
    by_receipt,
    cancels,
    events,
    notes,
    stored,
    stored_about,
    work,
)
from tests.support.cases.holds import everything_held, places_hold
from tests.support.cases.restores import IN_BACKUPS, Backup
from tests.support.cases.restrictions import lifts, objects, restricts
from tests.support.clouds import cloud
from tests.support.world.ledger import alter_newest
from tests.support.world.world import User, World

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("services")]  # takes long

ACCOUNT_TABLES = (Table.ACCOUNTS, Table.CLAIMS, Table.KEYS)


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    """Return a user with data in every table and at Stream."""
    return a_subject(world)


@pytest.mark.promise("RGT-3", "SEC-1")
def test_user_erased_after_the_backup_is_erased_again_and_no_other(world: World, mila: User) -> None:
    vuk = world.a_user()
    profile = vuk.profile()
    backup = Backup.made()
    request_id = asks_for_erasure(mila)
    work(world, request_id)
    with backup.restored(*IN_BACKUPS) as restore:
        before = cloud.all_items()
        found = restore.dry_run()
        assert (found.status, found.survivors > 5) == (3, True)
        assert cloud.all_items() == before
        done = restore.replay()
        assert (done.status, done.survivors) == (0, 0), done.lines
        assert not any(mila.phone in line or mila.user_id in line for line in done.lines)
        assert stored_about(mila) == []
        assert world.a_user(vuk.phone).profile() == profile
        assert world.a_user(mila.phone).user_id != mila.user_id


@pytest.mark.proof
@pytest.mark.promise("RGT-3")
def test_repeated_replay_changes_nothing(world: World, mila: User) -> None:
    backup = Backup.made()
    work(world, asks_for_erasure(mila))
    with backup.restored(*IN_BACKUPS) as restore:
        first = restore.replay()
        after = cloud.all_items()
        again = restore.replay()
        assert (first.status, again.status) == (0, 0)
        assert cloud.all_items() == after


@pytest.mark.promise("SEC-1")
def test_session_of_a_restored_account_ends(world: World, mila: User) -> None:
    backup = Backup.made()
    with backup.restored(Table.ACCOUNTS) as restore:
        assert restore.replay().status == 0
        assert mila.gets("/v1/profile").problem == "session_ended"
        assert stored_account(mila.account_id).revoked_before is not None


@pytest.mark.promise("RGT-3")
def test_erasure_captured_after_the_backup_goes_on_and_ends_in_a_certificate(
    world: World, mila: User, stream: Emulator
) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("grace"))
    backup = Backup.made()
    work(world, request_id, at_step("delete_at_stream"))
    with backup.restored(*IN_BACKUPS) as restore:
        assert restore.replay().status == 0
        request = work(world, request_id)
        assert (request.status, request.next_step) == (Status.COMPLETED, None)
        assert stored_about(mila) == []
        assert erasure_outcomes.certificate_of(request_id).request == request_id
        assert stream.state()["users"][mila.user_id]["deleted_at"]


@pytest.mark.proof
@pytest.mark.promise("RGT-3")
def test_erasure_requested_after_the_backup_and_captured_is_stored_again(world: World, mila: User) -> None:
    backup = Backup.made()
    request_id = asks_for_erasure(mila)
    received = stored(request_id).received_at
    work(world, request_id, at_step("delete_at_stream"))
    with backup.restored(*IN_BACKUPS) as restore:
        assert restore.replay().status == 0
        request = work(world, request_id)
        assert (request.status, request.received_at) == (Status.COMPLETED, received)
        assert by_receipt(mila, request_id).json["status"] == "completed"


@pytest.mark.proof
@pytest.mark.promise("RGT-3")
def test_final_mark_completes_the_request_of_a_restored_table(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("delete_records"))
    backup = Backup.made()
    closed_at = work(world, request_id).closed_at
    with backup.restored(*IN_BACKUPS) as restore:
        assert restore.replay().status == 0
        assert events(request_id)[-1] == "completed_after_restore"
        request = work(world, request_id, within=timedelta(minutes=1))
        assert (request.status, request.closed_at, request.next_step) == (Status.COMPLETED, closed_at, None)


@pytest.mark.proof
@pytest.mark.promise("RGT-3", "RGT-10")
def test_erasure_cancelled_after_the_backup_is_cancelled_again(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("grace"))
    backup = Backup.made()
    cancels(mila, request_id)
    work(world, request_id)
    with backup.restored(*IN_BACKUPS) as restore:
        assert restore.replay().status == 0
        assert work(world, request_id).status is Status.CANCELLED
        assert world.a_user(mila.phone).session["scope"] == "full"


@pytest.mark.proof
@pytest.mark.promise("RGT-3")
def test_erasure_without_a_mark_begins_again_with_a_new_time_to_cancel(world: World, mila: User) -> None:
    address = str(mila.profile()["email"])
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("grace"))
    backup = Backup.made()
    world.advance(6 * DAY)
    mails = len(world.mails_to(address))
    with backup.restored(*IN_BACKUPS) as restore:
        assert restore.replay().status == 0
        assert restore.replay().status == 0
        assert events(request_id).count("begun_again_after_restore") == 1
        work(world, request_id, at_step("grace"))
        assert notes(request_id).grace_ends_at == world.now + 7 * DAY
        assert stored_account(mila.account_id).frozen
        assert len(world.mails_to(address)) == mails + 1
        assert work(world, request_id).status is Status.COMPLETED
        assert stored_about(mila) == []


@pytest.mark.promise("RGT-3")
def test_restored_account_is_frozen_again_for_its_open_erasure(world: World, mila: User) -> None:
    backup = Backup.made()
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("grace"))
    with backup.restored(*ACCOUNT_TABLES) as restore:
        assert restore.replay().status == 0
        frozen = stored_account(mila.account_id).frozen
        assert frozen
        assert (frozen.request_id, frozen.ends_at) == (request_id, notes(request_id).grace_ends_at)
        assert work(world, request_id).status is Status.COMPLETED


@pytest.mark.proof
@pytest.mark.promise("RGT-10")
def test_restored_account_whose_erasure_was_cancelled_is_thawed(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("grace"))
    backup = Backup.made()
    cancels(mila, request_id)
    work(world, request_id)
    with backup.restored(*ACCOUNT_TABLES) as restore:
        assert restore.replay().status == 0
        assert world.a_user(mila.phone).session["scope"] == "full"


@pytest.mark.proof
@pytest.mark.promise("RGT-3")
def test_erasure_that_a_restored_table_lacks_is_stored_again_for_its_frozen_account(
    world: World, mila: User
) -> None:
    backup = Backup.made()
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("grace"))
    with backup.restored(Table.RIGHTS) as restore:
        assert restore.replay().status == 0
        assert cancels(mila, request_id).json["status"] == "cancelled"
        work(world, request_id)
        assert world.a_user(mila.phone).session["scope"] == "full"


@pytest.mark.promise("RGT-10")
def test_request_that_a_restored_table_lacks_is_listed(world: World, mila: User) -> None:
    backup = Backup.made()
    request_id = mila.exercises("access").json["rights_request_id"]
    with backup.restored(Table.RIGHTS) as restore:
        done = restore.replay()
        assert done.status == 0
        received = f"access, received {clock.to_text(world.now)} by app"
        assert done.has(f"request {request_id}: {received}")


@pytest.mark.promise("RGT-10")
def test_repeated_call_stores_a_request_again_that_a_restored_table_lacks(world: World, mila: User) -> None:
    backup, key = Backup.made(), {"Idempotency-Key": str(uuid.uuid4())}
    request_id = RightsRequestId(mila.exercises("access", headers=key).json["rights_request_id"])
    with backup.restored(Table.RIGHTS):
        assert mila.exercises("access", headers=key).json["rights_request_id"] == request_id
        assert events(request_id) == ["received", "received"]


@pytest.mark.proof
@pytest.mark.promise("RGT-10")
def test_copy_cancelled_after_the_backup_is_not_made(world: World, mila: User) -> None:
    request_id = mila.exercises("access").json["rights_request_id"]
    backup = Backup.made()
    mila.calls("POST", f"/v1/rights-requests/{request_id}/cancel")
    with backup.restored(Table.RIGHTS) as restore:
        assert restore.replay().status == 0
        assert mila.request(request_id)["status"] == "cancelled"
        assert mila.is_stepped_up().exercises("access").status == 202


@pytest.mark.promise("RGT-7")
def test_consent_withdrawn_after_the_backup_is_withdrawn_again(world: World, mila: User) -> None:
    backup = Backup.made()
    world.advance(clock.MINUTE)
    mila.withdraws("analytics")
    (stated, *_) = mila.gets("/v1/consents").json["items"]
    records = mila.gets("/v1/consents/analytics/records").json
    with backup.restored(*ACCOUNT_TABLES) as restore:
        assert restore.replay().status == 0
        assert restore.replay().has("withdrawals: applied to 0 accounts")
        again = world.a_user(mila.phone)
        (applied, *_) = again.gets("/v1/consents").json["items"]
        assert (applied["state"], applied["decided_at"]) == ("withdrawn", stated["decided_at"])
        assert again.gets("/v1/consents/analytics/records").json == records


BOTH = {Purpose.MARKETING, Purpose.PERSONALISED_ADS}


def suppressed(user: User) -> set[Purpose]:
    return set(suppressions.suppressed(Addresses(user.phone)))


@pytest.mark.promise("RGT-6")
@pytest.mark.parametrize("tables", [ACCOUNT_TABLES, (Table.ACCOUNTS,), (Table.CLAIMS,)])
def test_objection_to_marketing_after_the_backup_is_applied_again(
    world: World, mila: User, tables: tuple[Table, ...]
) -> None:
    mila.consents("marketing")
    world.advance(clock.MINUTE)
    backup = Backup.made()
    world.advance(clock.MINUTE)
    assert mila.exercises("marketing_objection").status == 202
    with backup.restored(*tables) as restore:
        before = cloud.all_items()
        assert restore.dry_run().has("objections to marketing: applied to 1 accounts")
        assert cloud.all_items() == before
        assert restore.replay().status == 0
        assert restore.replay().has("objections to marketing: applied to 0 accounts")
        decisions = purposes.read(AccountId(mila.account_id))
        assert decisions
        assert set(decisions.objected) == suppressed(mila) == BOTH
        assert set(suppressions.suppressed(Addresses(email=mila.verified["address"]))) == BOTH
        assert may_send(AccountId(mila.account_id), NonServiceKind.NEWS) is Withheld.OBJECTED


@pytest.mark.promise("RGT-6")
def test_suppression_that_a_consent_lifted_after_the_backup_is_lifted_again(world: World, mila: User) -> None:
    assert mila.exercises("marketing_objection").status == 202
    backup = Backup.made()
    world.advance(clock.MINUTE)
    mila.consents("marketing")
    with backup.restored(Table.CLAIMS) as restore:
        assert restore.replay().status == 0
        assert suppressed(mila) == {Purpose.PERSONALISED_ADS}


@pytest.mark.promise("RGT-6")
@pytest.mark.parametrize("when", ["before", "after"])
def test_objection_of_a_user_who_is_erased_again_stays_suppressed(
    world: World, mila: User, when: str
) -> None:
    if when == "before":
        assert mila.exercises("marketing_objection").status == 202
    backup = Backup.made()
    world.advance(clock.MINUTE)
    if when == "after":
        assert mila.exercises("marketing_objection").status == 202
    work(world, asks_for_erasure(mila))
    with backup.restored(*ACCOUNT_TABLES) as restore:
        done = restore.replay()
        assert (done.status, done.survivors) == (0, 0), done.lines
        assert suppressed(mila) == BOTH
        assert all("expires_at" in item for item in cloud.records("suppression"))


def test_objection_that_only_the_ledger_has_is_listed_if_its_effect_is_lost(world: World, mila: User) -> None:
    backup = Backup.made()
    world.advance(clock.MINUTE)
    request_id = mila.exercises("marketing_objection").json["rights_request_id"]
    with backup.restored(Table.RIGHTS) as restore:
        assert not restore.replay().has(f"request {request_id}")
    with backup.restored(Table.RIGHTS, *ACCOUNT_TABLES) as restore:
        assert restore.replay().has(f"request {request_id}: marketing_objection")


@pytest.mark.proof
@pytest.mark.promise("RGT-3")
def test_capture_that_only_the_ledger_has_is_marked_and_repeated(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("grace"))
    backup = Backup.made()
    work(world, request_id, at_step("record_tombstone"))
    with backup.restored(*IN_BACKUPS) as restore:
        done = restore.replay()
        assert (done.status, done.has("0 in the bucket, 1 only in the Ledger")) == (0, True)
        assert restore.replay().has("1 in the bucket, 0 only in the Ledger")
        assert work(world, request_id).status is Status.COMPLETED
        assert stored_about(mila) == []


@pytest.mark.proof
@pytest.mark.promise("RGT-3")
def test_account_that_a_law_cannot_keep_yet_is_not_deleted(world: World, mila: User) -> None:
    backup = Backup.made()
    work(world, asks_for_erasure(mila))
    asked: list[AccountId] = []
    with backup.restored(*IN_BACKUPS) as restore:

        def keep(tombstone: Tombstone) -> KeepOutcome:
            asked.append(tombstone.account_id)
            return KeepOutcome(is_complete=False)

        done = restore.keeping(keep).replay()
        assert (done.status, done.survivors > 5) == (3, True)
        assert asked == [mila.account_id]


@pytest.mark.promise("RET-3", "USE-7")
@pytest.mark.parametrize(
    "tables",
    [
        pytest.param((Table.BILLING,), id="invoices came back"),
        pytest.param((*IN_BACKUPS, Table.HELD), id="all came back", marks=pytest.mark.proof),
    ],
)
def test_replay_keeps_what_a_law_keeps_once(world: World, mila: User, tables: tuple[Table, ...]) -> None:
    mila.gets_invoiced(issued_on="2026-11-02")
    places_hold(mila, "profile")
    backup = Backup.made()
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("await_lapse"))
    with backup.restored(*tables) as restore:
        done = restore.replay()
        assert (done.status, done.survivors) == (0, 0)
        assert restore.replay().status == 0
        assert sorted(item["of"] for item in everything_held()) == ["invoice", "profile"]


@pytest.mark.promise("SEC-1")
def test_mark_with_another_user_than_the_account_erases_nothing(world: World) -> None:
    vuk = world.a_user()
    backup = Backup.made()
    tombstones.keep(
        Tombstone(
            TombstoneId.new(), AccountId(vuk.account_id), UserId.new(), RightsRequestId.new(), world.now
        )
    )
    with backup.restored(Table.ACCOUNTS) as restore:
        done = restore.replay()
        assert (done.status, done.has("1 in doubt")) == (3, True)
        assert world.a_user(vuk.phone).user_id == vuk.user_id


@pytest.mark.proof
@pytest.mark.promise("RGT-3")
def test_requests_that_were_open_before_the_capture_do_not_delay_the_erasure(
    world: World, mila: User
) -> None:
    other = RightsRequestId(mila.exercises("access").json["rights_request_id"])
    backup = Backup.made()
    work(world, other, lambda request: not request.is_open)
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("delete_at_stream"))
    with backup.restored(*IN_BACKUPS) as restore:
        assert restore.replay().status == 0
        assert stored(other).status is Status.CANCELLED
        assert work(world, request_id).status is Status.COMPLETED


@pytest.mark.proof
@pytest.mark.promise("RGT-10")
def test_guard_without_an_open_request_is_removed_and_a_missing_one_made(world: World, mila: User) -> None:
    request_id = RightsRequestId(mila.exercises("access").json["rights_request_id"])
    account_id = AccountId(mila.account_id)
    table.write(table.Delete(store.guard_key(account_id, Right.ACCESS)))
    orphan = store.guard_key(account_id, Right.PORTABILITY)
    closed = codec.to_item(OpenRequest(request_id=RightsRequestId.new()), orphan)
    table.write(table.Create(orphan, closed))
    backup = Backup.made()
    with backup.restored(Table.RIGHTS) as restore:
        assert restore.replay().has("1 guards removed")
        assert store.open_requests_of(account_id) == {Right.ACCESS: request_id}


@pytest.mark.proof
@pytest.mark.promise("RGT-10")
def test_lost_erasure_with_an_altered_history_is_in_doubt(world: World, mila: User) -> None:
    backup = Backup.made()
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("delete_at_stream"))
    alter_newest(history_of(request_id))
    with backup.restored(*IN_BACKUPS) as restore:
        done = restore.replay()
        assert (done.status, done.survivors) == (3, 0)
        assert done.has(f"request {request_id}: in doubt")


@pytest.mark.promise("RGT-3")
def test_used_code_of_an_erased_account_is_a_survivor(world: World) -> None:
    vuk = world.a_user()
    counts = count_survivors(frozenset({AccountId(vuk.account_id)}), Workers(3))
    assert (counts[Table.CHALLENGES], counts[Table.CLAIMS], counts[Table.KEYS]) == (1, 2, 1)
    assert sum(counts.values()) == len(stored_about(vuk))


# Restrictions and objections


@pytest.mark.promise("RGT-4", "RGT-5")
def test_restriction_and_objection_after_the_backup_are_placed_again(world: World, mila: User) -> None:
    backup = Backup.made()
    restricts(mila, "b")
    objects(mila, "diagnostics")
    before = consents.read(AccountId(mila.account_id))
    assert before
    with backup.restored(Table.ACCOUNTS) as restore:
        restored = consents.read(AccountId(mila.account_id))
        assert restored is None or restored.restraints == {}
        assert restore.replay().status == 0
        after = consents.read(AccountId(mila.account_id))
        assert after
        assert after.restraints == before.restraints
        assert (after.wholly_restricted, after.objections) == (True, before.objections)
        assert stored_account(mila.account_id).state is AccountState.RESTRICTED


@pytest.mark.promise("RGT-4")
def test_restriction_ended_after_the_backup_is_ended_again(world: World, mila: User) -> None:
    request_id = restricts(mila)
    backup = Backup.made()
    lifts(mila, request_id)
    with backup.restored(Table.ACCOUNTS) as restore:
        assert stored_account(mila.account_id).state is AccountState.RESTRICTED
        done = restore.replay()
        assert done.status == 0
        assert "  ended again: 1" in done.lines
        assert stored_account(mila.account_id).state is AccountState.ACTIVE
        assert "  agrees: 1" in restore.replay().lines


@pytest.mark.promise("RGT-4")
def test_restriction_that_the_restored_rights_lack_is_listed_as_lost(world: World, mila: User) -> None:
    backup = Backup.made()
    request_id = restricts(mila)
    with backup.restored(*IN_BACKUPS) as restore:
        lines = restore.replay().lines
        assert any(request_id in line and "restriction" in line for line in lines)
