"""Edges of holds, secrecy and restores: outages, clocks, careless operators, what an omission reveals."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.errors import InvalidRequest
from chalicelib.core.ids import AccountId, DisclosureId, RightsRequestId
from chalicelib.core.table_names import Table
from chalicelib.retention.holds import service as holds
from chalicelib.retention.holds import store as hold_store
from chalicelib.retention.holds import upkeep
from chalicelib.retention.model import HoldsClosed
from chalicelib.rights.engine import engine
from chalicelib.rights.request.terms import Status
from infra.stream_emulator import Emulator
from tests.support.cases.copies import damage
from tests.support.cases.disclosures import an_approved_order
from tests.support.cases.erasure_parts import stored_account
from tests.support.cases.erasure_requests import (
    WORKERS,
    a_subject,
    asks_for_erasure,
    at_step,
    by_receipt,
    cancels,
    stored,
    work,
)
from tests.support.cases.holds import (
    ANA,
    BORIS,
    a_hold_on,
    certificate,
    ends_of,
    everything_held,
    held_kinds,
    places_hold,
)
from tests.support.cases.restores import IN_BACKUPS, Backup
from tests.support.world.world import User, World

pytestmark = [pytest.mark.promise("RGT-3", "RET-3"), pytest.mark.usefixtures("services")]
ANSWERED = at_step("await_lapse")


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    return a_subject(world)


# --- one person keeps data for ever


def test_operator_cannot_prolong_a_hold_alone_by_lifting_it_first(world: World, mila: User) -> None:
    began = clock.now()
    for number in range(5):
        hold = holds.place(ANA, a_hold_on(mila, "profile", reason=f"Order {number}"))
        world.advance(71 * HOUR)
        in_force = hold.is_in_force(clock.now())
        holds.propose_lift(hold.hold_id, ANA)  # her own unconfirmed hold ends at once
    assert not in_force, f"one person kept data for {clock.now() - began}"


def test_repeated_placing_after_the_hold_lapsed_does_not_report_success(world: World, mila: User) -> None:
    new = a_hold_on(mila, "profile")
    holds.place(ANA, new)
    world.advance(80 * HOUR)
    again = holds.place(ANA, new)
    assert again.ends_at > clock.now(), "the operator gets a hold that ended, and no new one is stored"


# --- after the point of no return


def captured_with_an_unconfirmed_hold(world: World, mila: User, **more: Any) -> Any:
    """Erase an account whose capture is passed on the last day while a hold awaits its confirmation."""
    request = asks_for_erasure(mila)
    work(world, request, at_step("capture"))
    world.traveller.move_to(stored(request).clock.due_at(clock.now()) - DAY + HOUR)  # workers were down
    return holds.place(ANA, a_hold_on(mila, "profile", **more)), request


def test_no_hold_is_confirmed_after_the_erasure_forgot_its_inputs(world: World, mila: User) -> None:
    hold, request = captured_with_an_unconfirmed_hold(world, mila)
    work(world, request, ANSWERED, within=2 * DAY)
    assert ANSWERED(stored(request))
    assert hold.awaits_confirmation(clock.now())
    with pytest.raises(HoldsClosed):
        holds.confirm(hold.hold_id, BORIS)


@pytest.mark.proof
def test_unconfirmed_secret_hold_that_lapsed_makes_the_last_step_run_once_a_day(
    world: World, mila: User
) -> None:
    _, request = captured_with_an_unconfirmed_hold(
        world, mila, secret_until=clock.now() + 90 * DAY, lasts=120 * DAY
    )
    work(world, request, ANSWERED, within=2 * DAY)
    assert held_kinds(request) == ["profile"]
    world.advance(73 * HOUR)
    for _ in range(3):
        for worker in WORKERS:
            engine.advance(request, worker)
        world.advance(2 * MINUTE)
    run_at = stored(request).run_at
    assert run_at
    assert run_at > clock.now() + HOUR, "the step runs each second until the secrecy ends"


def test_certificate_lists_nothing_whose_hold_was_lifted_before_it(world: World, mila: User) -> None:
    hold = places_hold(mila, "profile")
    request = asks_for_erasure(mila)
    work(world, request, at_step("verify_deletion"))
    holds.propose_lift(hold.hold_id, ANA)
    holds.lift(hold.hold_id, BORIS)
    work(world, request, at_step("notify"))
    assert ends_of(request) == set()


@pytest.mark.proof
def test_certificate_lists_nothing_whose_hold_lapsed_before_it(world: World, mila: User) -> None:
    hold = places_hold(mila, "profile", lasts=10 * DAY)
    request = asks_for_erasure(mila)
    work(world, request, at_step("certify"))
    world.traveller.move_to(hold.until + HOUR)  # KMS did not answer for two days
    work(world, request, at_step("notify"))
    assert ends_of(request) == set()
    assert stored(request).status is Status.COMPLETED


# --- secrecy


def remains(request: RightsRequestId) -> set[str]:
    return {one.what.name for one in certificate(request).remains}


def test_secret_hold_is_refused_for_a_disclosure_that_is_not_as_secret(world: World, mila: User) -> None:
    served = DisclosureId(an_approved_order(world.an_operator("alice"), world.an_operator("bob"), mila))
    with pytest.raises(InvalidRequest):
        places_hold(mila, "profile", disclosure_id=served, secret_until=clock.now() + 60 * DAY)


def test_open_hold_is_refused_for_a_secret_disclosure(world: World, mila: User) -> None:
    secret = {"secret_until": clock.to_text(clock.now() + 60 * DAY), "secrecy_reference": "K 17/2026"}
    served = DisclosureId(
        an_approved_order(world.an_operator("alice"), world.an_operator("bob"), mila, **secret)
    )
    with pytest.raises(InvalidRequest):
        places_hold(mila, "profile", disclosure_id=served)
    places_hold(mila, "profile", disclosure_id=served, secret_until=clock.now() + 60 * DAY)


def test_certificate_does_not_show_by_an_omission_that_there_is_a_secret_hold(
    world: World, mila: User
) -> None:
    places_hold(mila, "account", secret_until=clock.now() + 60 * DAY)
    request = asks_for_erasure(mila)
    work(world, request, ANSWERED)
    said = certificate(request)
    # Every account has this record, so a certificate without it would reveal the hold.
    assert "account" in {one.records for one in said.deleted}
    assert said.held == ()


# --- upkeep


def test_clock_that_jumps_back_does_not_end_the_upkeep_of_a_hold(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = places_hold(mila, "profile")
    real, now = hold_store.due, clock.now()

    def due(shard: str, at: Any) -> Any:
        for one in real(shard, at):
            world.traveller.move_to(now - 10 * timedelta(seconds=1))
            yield one

    monkeypatch.setattr(hold_store, "due", due)
    upkeep.run(clock.now() + HOUR)
    monkeypatch.undo()
    world.traveller.move_to(now + 2 * HOUR)
    due_again = [one.hold_id for shard in hold_store.SHARDS for one in hold_store.due(shard, now + 2 * DAY)]
    assert due_again == [hold.hold_id]


# --- restores


@pytest.mark.proof
def test_erasure_that_goes_on_after_a_restore_states_what_is_held(
    world: World, mila: User, stream: Emulator
) -> None:
    hold = places_hold(mila, "profile")
    request = asks_for_erasure(mila)
    work(world, request, at_step("grace"))
    backup = Backup.made()
    work(world, request, at_step("delete_at_stream"))
    with backup.restored(*IN_BACKUPS) as restore:
        assert restore.replay().status == 0
        assert len(everything_held()) == 1
        work(world, request, ANSWERED)
        assert ANSWERED(stored(request)), stored(request).next_step
        assert (stored(request).status, ends_of(request)) == (
            Status.PARTIALLY_COMPLETED,
            {("profile", hold.until)},
        )


@pytest.mark.proof
@pytest.mark.parametrize("restored", [IN_BACKUPS, (*IN_BACKUPS, Table.HELD)], ids=["accounts", "held_too"])
def test_erasure_that_the_mark_completes_after_a_restore_states_what_is_held(
    world: World, mila: User, restored: tuple[Table, ...]
) -> None:
    places_hold(mila, "profile")
    request = asks_for_erasure(mila)
    work(world, request, at_step("grace"))
    backup = Backup.made()
    work(world, request, ANSWERED)
    with backup.restored(*restored) as restore:
        assert restore.replay().status == 0
        assert len(everything_held()) == 1
        work(world, request, within=timedelta(minutes=1))
        shown = by_receipt(mila, request).json
        assert (shown["status"], len(shown["decision"]["kept"])) == ("partially_completed", 1)


@pytest.mark.proof
def test_lifted_hold_ends_what_it_held_also_after_a_restore(world: World, mila: User) -> None:
    hold = places_hold(mila, "profile")
    request = asks_for_erasure(mila)
    work(world, request, at_step("grace"))
    backup = Backup.made()
    work(world, request, ANSWERED)
    with backup.restored(*IN_BACKUPS) as restore:
        assert restore.replay().status == 0
        holds.propose_lift(hold.hold_id, ANA)
        holds.lift(hold.hold_id, BORIS)
        work(world, request, within=3 * DAY)
        assert everything_held() == []


@pytest.mark.proof
def test_hold_lifted_after_the_backup_does_not_keep_data_after_a_restore(world: World, mila: User) -> None:
    hold = places_hold(mila, "profile")
    backup = Backup.made()
    holds.propose_lift(hold.hold_id, ANA)
    holds.lift(hold.hold_id, BORIS)
    work(world, asks_for_erasure(mila))
    assert everything_held() == []
    with backup.restored(*IN_BACKUPS) as restore:
        restore.replay()
        assert everything_held() == []


def test_hold_placed_after_the_backup_is_at_least_reported(world: World, mila: User) -> None:
    backup = Backup.made()
    hold = places_hold(mila, "profile")
    with backup.restored(Table.RIGHTS) as restore:
        done = restore.replay()
        assert (done.status, done.has(hold.hold_id)) == (3, True)


def test_hold_lifted_and_lost_after_the_backup_is_not_reported(world: World, mila: User) -> None:
    backup = Backup.made()
    hold = places_hold(mila, "profile")
    holds.propose_lift(hold.hold_id, ANA)
    holds.lift(hold.hold_id, BORIS)
    with backup.restored(Table.RIGHTS) as restore:
        done = restore.replay()
        assert (done.status, done.has(hold.hold_id)) == (0, False)


def test_hold_confirmed_after_the_backup_is_confirmed_by_the_replay(world: World, mila: User) -> None:
    hold = holds.place(ANA, a_hold_on(mila, "profile"))
    backup = Backup.made()
    holds.confirm(hold.hold_id, BORIS)
    with backup.restored(Table.RIGHTS) as restore:
        assert restore.replay().status == 0
        (found,) = holds.of_subject(AccountId(mila.account_id)).holds
        assert (found.confirmed_by, found.ends_at) == (BORIS, hold.until)


def test_disclosure_recorded_after_the_backup_is_reported(world: World, mila: User) -> None:
    backup = Backup.made()
    served = an_approved_order(world.an_operator("alice"), world.an_operator("bob"), mila)
    with backup.restored(Table.RIGHTS) as restore:
        done = restore.replay()
        assert (done.status, done.has(served)) == (3, True)


def test_altered_disclosure_does_not_stop_a_replay(world: World, mila: User) -> None:
    served = an_approved_order(world.an_operator("alice"), world.an_operator("bob"), mila)
    backup = Backup.made()
    with backup.restored(Table.RIGHTS) as restore:
        unreadable = b"\x01\x00" + b"\x07" * 60
        damage(Table.RIGHTS, f"A#{mila.account_id}", f"disclosure#{served}", sealed=unreadable)
        done = restore.replay()
        assert (done.status, done.has(served)) == (0, False)


@pytest.mark.proof
def test_held_record_is_not_deleted_because_a_restored_table_lacks_its_hold(world: World, mila: User) -> None:
    request = asks_for_erasure(mila)
    work(world, request, at_step("grace"))
    backup = Backup.made()
    places_hold(mila, "profile")
    work(world, request, at_step("verify_deletion"))
    assert len(everything_held()) == 1
    with backup.restored(Table.RIGHTS) as restore:
        done = restore.replay()
        work(world, request, within=20 * DAY)
        assert (done.status, len(everything_held())) == (3, 1)


def test_mark_of_a_cancelled_request_erases_no_live_account(world: World, mila: User) -> None:
    request = asks_for_erasure(mila)
    work(world, request, at_step("grace"))
    backup = Backup.made()
    work(world, request, at_step("quarantine"))  # the pending mark is in the locked bucket
    with backup.restored(*IN_BACKUPS) as first:
        # Restored once without the command, as `marks._rank` expects; later Accounts is restored again.
        cancels(mila, request)
        work(world, request)
        assert stored(request).status is Status.CANCELLED
        world.advance(DAY)
        done = replace(first, at=clock.now(), tables=frozenset({Table.ACCOUNTS})).replay()
        assert mila.user_id == stored_account(mila.account_id).user_id
        assert done.status == 3


@pytest.mark.proof
def test_record_that_the_replay_could_not_keep_is_reported(world: World, mila: User) -> None:
    places_hold(mila, "profile")
    backup = Backup.made()
    request = asks_for_erasure(mila)
    work(world, request, at_step("quarantine"))
    with backup.restored(Table.ACCOUNTS) as restore:
        damage(Table.ACCOUNTS, f"A#{mila.account_id}", "profile", sealed=b"\x01\x00\x01" + b"\x07" * 60)
        done = restore.replay()
        assert everything_held() == []
        assert (done.status, done.has("unreadable")) == (3, True)


@pytest.mark.proof
def test_replay_keeps_an_account_record_that_is_held_already_only_once(world: World, mila: User) -> None:
    places_hold(mila, "account")
    backup = Backup.made()
    work(world, asks_for_erasure(mila), ANSWERED)
    assert len(everything_held()) == 1
    with backup.restored(*IN_BACKUPS) as restore:
        assert restore.replay().status == 0
        assert len(everything_held()) == 1


@pytest.mark.proof
def test_step_that_waits_for_a_secret_hold_is_not_shown_as_waiting(world: World, mila: User) -> None:
    request = asks_for_erasure(mila)
    work(world, request, at_step("capture"))
    holds.place(ANA, a_hold_on(mila, "profile", secret_until=clock.now() + 60 * DAY))
    work(world, request, within=30 * HOUR)
    shown = {step["name"]: step["status"] for step in by_receipt(mila, request).json["steps"]}
    assert shown["capture"] == "waiting"  # as in any erasure whose next step has not run
