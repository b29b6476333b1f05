"""Tests the pass of `reconcile_chat` over all users of Stream: what drifted is repaired, the rest is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from chalicelib.accounts import store as accounts
from chalicelib.accounts.model import ClaimKind
from chalicelib.core import aws, chain, clock, table
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.core.table import Change, Item, Key, Table
from chalicelib.core.table.items import wire_item
from chalicelib.privacy.gates import BlockedReason
from chalicelib.reconciliation import comparison, service, store
from chalicelib.reconciliation.comparison import ComparedPage
from chalicelib.stream import gateway
from chalicelib.stream.model import ChatProfile, StreamUnavailable
from chalicelib.stream.users import access
from chalicelib.stream.users.access import ResumedAccess
from chalicelib.stream.users.sync import blocked_users, unblock
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_parts import erase_tables, freeze
from tests.support.clouds import cloud
from tests.support.jobs.profile_sync import at_stream, marked, resync, sync
from tests.support.jobs.reconciliation import planned, reconcile
from tests.support.stream.conversations import operations
from tests.support.world.limits import configure
from tests.support.world.world import User, World


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use two shards in place of 16, since moto's queries are slow, and do not pause between repairs."""
    monkeypatch.setattr("chalicelib.rights.erasure.model.CHECK_SHARDS", ("00", "01"))
    monkeypatch.setattr(clock, "pause", lambda _: None)


def on_stream(user: User) -> User:
    """Let Stream have a user as the account is."""
    assert sync(user) == []
    return user


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    """Return a user whom Stream has as she is. The job has tried its configuration."""
    assert reconcile()["acted"] == 0
    return on_stream(world.a_user())


def overwrite(user: User, **fields: Any) -> None:
    """Replace the user at Stream, as a client or a mistake could have done."""
    gateway._client().upsert_users([{"id": user.user_id, **fields}])


def compare() -> dict[str, int]:
    """Run the job, and then the worker of what it marked; returns the job's counts."""
    counts = reconcile()
    assert resync() == 0
    return counts


# --- what is repaired


@pytest.mark.promise("STR-2")
def test_push_tokens_that_an_app_registered_are_deleted(stream: Emulator, mila: User) -> None:
    stream.choose(house_rules=False)
    for number in range(25):
        gateway._client().add_device(f"token-{number}", "apn", mila.user_id)
    stream.choose(house_rules=True)
    assert compare()["drifted"] == 1
    assert gateway._client().get_devices(mila.user_id)["devices"] == []
    assert at_stream(stream, mila)["name"] == mila.profile()["display_name"]


@pytest.mark.promise("STR-2")
def test_refused_deletion_of_a_push_token_stops_no_other_repair(
    world: World, stream: Emulator, mila: User, counts: Counter[Metric]
) -> None:
    stream.choose(house_rules=False)
    gateway._client().add_device("token", "apn", mila.user_id)
    stream.choose(house_rules=True)
    jovan = on_stream(world.a_user())
    overwrite(jovan, name="Somebody else")
    stream.fault(method="DELETE", path="/devices", status=400, code=4)
    assert compare()["drifted"] == 2
    assert at_stream(stream, jovan)["name"] == jovan.profile()["display_name"]
    assert counts[Metric.CHAT_PROFILE_REFUSED] == 1


@pytest.mark.promise("STR-1")
def test_name_that_differs_is_replaced_by_that_of_the_profile(
    world: World, stream: Emulator, mila: User, counts: Counter[Metric]
) -> None:
    overwrite(mila, name="Somebody else")
    assert compare()["drifted"] == 1
    assert at_stream(stream, mila)["name"] == mila.profile()["display_name"]
    assert counts[Metric.STREAM_USER_DRIFTED] == 1


@pytest.mark.promise("STR-2")
def test_field_that_is_not_ours_is_removed(world: World, stream: Emulator, mila: User) -> None:
    stream.choose(house_rules=False)  # as Stream itself, which takes any field
    overwrite(mila, name=mila.profile()["display_name"], phone=world.canaries("phone"))
    assert world.canaries.in_text(str(stream.state())) != []
    assert compare()["drifted"] == 1
    assert world.canaries.in_text(str(stream.state())) == []


@pytest.mark.promise("STR-3")
def test_user_whose_account_is_frozen_is_deactivated(world: World, stream: Emulator, mila: User) -> None:
    freeze(mila.account_id)
    assert sync(mila, sk="account") == []
    gateway.reactivate(UserId(mila.user_id))
    assert compare()["ended"] == 1
    assert at_stream(stream, mila)["deactivated_at"]
    assert next_pass(world)["ended"] == 0


@pytest.mark.promise("STR-3")
def test_user_of_a_frozen_account_with_an_unreadable_profile_is_deactivated(
    world: World, stream: Emulator, mila: User
) -> None:
    freeze(mila.account_id)
    profile = next(one for one in cloud.records("profile"))
    altered = {**profile, "sealed": {"B": b"altered" * 9}}
    aws.client("dynamodb").put_item(TableName=settings().table(Table.ACCOUNTS), Item=altered)
    assert compare()["ended"] == 1
    assert at_stream(stream, mila)["deactivated_at"]


@pytest.mark.promise("STR-3")
def test_deactivated_user_of_an_active_account_is_reactivated(
    world: World, stream: Emulator, mila: User, counts: Counter[Metric]
) -> None:
    gateway.deactivate(UserId(mila.user_id))
    assert compare()["suspended"] == 1
    assert at_stream(stream, mila)["state"] == "active"
    assert counts[Metric.STREAM_USER_RESUMED] == 1
    assert next_pass(world)["suspended"] == 0


@pytest.mark.promise("STR-3")
def test_account_that_is_frozen_during_a_reactivation_stays_deactivated(
    world: World, stream: Emulator, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.deactivate(UserId(mila.user_id))
    resume = access.resume

    def freeze_and_resume(user_id: UserId) -> ResumedAccess:
        freeze(mila.account_id)
        return resume(user_id)

    monkeypatch.setattr(access, "resume", freeze_and_resume)
    compare()
    assert at_stream(stream, mila)["deactivated_at"]


def test_refused_reactivation_stops_no_other(world: World, stream: Emulator, mila: User) -> None:
    other = on_stream(world.a_user())
    for user in (mila, other):
        gateway.deactivate(UserId(user.user_id))
    stream.fault(
        method="POST", path=f"/users/{min(mila.user_id, other.user_id)}/reactivate", status=403, code=17
    )
    assert compare()["suspended"] == 2
    assert at_stream(stream, max(mila, other, key=lambda user: user.user_id))["state"] == "active"
    assert next_pass(world)["suspended"] == 1


def next_pass(world: World) -> dict[str, int]:
    """Run the job when the next pass is due."""
    world.advance(settings().reconciliation.pass_days * DAY)
    return compare()


def test_user_as_the_account_is_needs_no_repair(world: World, stream: Emulator, mila: User) -> None:
    before = len(stream.requests(principal="server", path="/users"))
    counts = reconcile()
    assert (counts["users"], counts["drifted"], counts["ended"], counts["unknown"]) == (1, 0, 0, 0)
    queries = stream.requests(principal="server", path="/users")[before:]
    assert {one["method"] for one in queries} == {"GET"}


# --- what is left alone


def test_ids_that_are_not_ours_are_only_counted(world: World, stream: Emulator, mila: User) -> None:
    others = {"system": "RU4M", "8ZqAJhtH3HbKQmnRLqGPAXFeCOp2": "A test"}
    gateway._client().upsert_users([{"id": one, "name": name} for one, name in others.items()])
    before = [stream.user(one) for one in others]
    counts = reconcile()
    assert (counts["foreign"], counts["unknown"], counts["to_change"]) == (2, 0, 0)
    assert [stream.user(one) for one in others] == before


# --- users without an account


@pytest.fixture
def unknown(stream: Emulator, mila: User) -> UserId:
    """Return a user of Stream that no account ever had."""
    user_id = UserId.new()
    gateway.upsert([ChatProfile(user_id, "Somebody", None)])
    return user_id


@pytest.mark.promise("STR-5")
def test_user_without_an_account_is_deactivated_and_deleted_after_thirty_days(
    world: World, stream: Emulator, unknown: UserId, counts: Counter[Metric]
) -> None:
    assert reconcile()["unknown"] == 1
    assert stream.user(unknown)["state"] == "deactivated"
    next_pass(world)
    assert counts[Metric.STREAM_ORPHAN_DELETED] == 0  # only planned
    for _ in range(5):
        world.advance(HOUR)
        reconcile()
    assert stream.user(unknown)["state"] == "pruned"
    assert [stage for stage, _ in planned()] == ["1"]
    events = [line.event for line in chain.entries(store.HISTORY.chain_of(world.now))]
    assert [event for event in events if "orphan" in event] == ["orphan_to_delete", "orphan_deleted"]
    assert counts[Metric.STREAM_ORPHAN_DELETED] == 1
    assert counts[Metric.STREAM_USER_DELETED_AGAIN] == 0


def test_refused_deactivation_stops_no_other_user_without_an_account(
    world: World, stream: Emulator, unknown: UserId, counts: Counter[Metric]
) -> None:
    other = UserId.new()
    gateway.upsert([ChatProfile(other, "Somebody", None)])
    first, second = sorted((unknown, other))
    stream.fault(method="POST", path=f"/users/{first}/deactivate", status=403, code=17)
    assert reconcile()["unknown"] == 2
    assert [stream.user(one)["state"] for one in (first, second)] == ["active", "deactivated"]
    assert counts[Metric.CHAT_PROFILE_REFUSED] == counts[Metric.STREAM_ORPHAN_DEACTIVATED] == 1
    next_pass(world)
    assert stream.user(first)["state"] == "deactivated"


def test_user_without_an_account_is_not_deleted_before(
    world: World, stream: Emulator, unknown: UserId
) -> None:
    configure(RECONCILIATION_PASS_DAYS="7")
    for _ in range(5):  # until 28 days after it was first seen
        reconcile()
        world.advance(7 * DAY - HOUR)
        reconcile()
        world.advance(HOUR)
    assert stream.user(unknown)["state"] == "deactivated"


def test_user_whom_somebody_reactivates_is_kept_for_another_thirty_days(
    world: World, stream: Emulator, unknown: UserId
) -> None:
    reconcile()
    gateway.reactivate(unknown)
    next_pass(world)
    assert (stream.user(unknown)["state"], planned()) == ("deactivated", [])
    next_pass(world)
    assert [stage for stage, _ in planned()] == ["repair"]


def test_user_whose_account_appears_is_not_deleted(world: World, stream: Emulator, unknown: UserId) -> None:
    reconcile()
    world.advance(30 * DAY)
    place = Key(Table.CLAIMS, accounts.claim_keys(ClaimKind.USER, unknown)[0].pk)

    def claim_first(**_: Any) -> None:  # once the deletion is planned
        if [stage for stage, _ in planned()] == ["repair"]:
            table.put_all(Table.CLAIMS, [(place, {"kind": "claim", "account_id": AccountId.new()})])

    with cloud.hooked("dynamodb", "after-call.dynamodb.PutItem", claim_first):
        reconcile()
    world.advance(HOUR)
    reconcile()
    assert (stream.user(unknown)["state"], planned()) == ("deactivated", [])


def test_user_whose_deletion_is_planned_counts_to_no_limit_again(
    world: World, stream: Emulator, unknown: UserId
) -> None:
    stream.fault(method="POST", path="/users/delete", status=503, times=9)
    reconcile()
    assert next_pass(world)["to_change"] == 1
    counts = next_pass(world)
    assert (counts["unknown"], counts["to_change"]) == (1, 0)
    assert stream.user(unknown)["state"] == "deactivated"


def test_altered_record_of_a_user_without_an_account_restarts_the_time(
    world: World, stream: Emulator, unknown: UserId
) -> None:
    reconcile()
    key = Key(Table.RIGHTS, f"O#{unknown}", "orphan")
    table.write(Change(key, put={"first_seen_at": "altered"}))
    assert next_pass(world)["complete"] == 1
    assert (stream.user(unknown)["state"], planned()) == ("deactivated", [])


def test_claim_that_moves_to_another_key_during_the_read_is_found(
    world: World, stream: Emulator, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    once, read = iter([True]), table.batch_get

    def miss_once(keys: Iterable[Key]) -> dict[Key, Item]:
        listed = list(keys)
        missed = any(key.table is Table.CLAIMS for key in listed) and next(once, False)
        return {} if missed else read(listed)

    monkeypatch.setattr(table, "batch_get", miss_once)
    assert reconcile()["unknown"] == 0
    assert stream.user(mila.user_id)["state"] == "active"


def test_too_many_users_without_an_account_block_the_job(
    world: World, stream: Emulator, unknown: UserId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "too_many_found", lambda found: found > 0)
    assert reconcile()["blocked"] == 1
    assert stream.user(unknown)["state"] == "active"


def test_user_of_an_erased_account_is_left_to_the_checks(world: World, mila: User) -> None:
    erase_tables(mila.account_id)
    counts = reconcile()
    assert (counts["users"], counts["unknown"], counts["drifted"], counts["ended"]) == (1, 0, 0, 0)


def test_user_whose_account_is_gone_under_its_claim_is_counted_and_left(
    world: World, stream: Emulator, mila: User
) -> None:
    other = on_stream(world.a_user())
    cloud.delete_account(mila.account_id)
    counts = reconcile()
    assert (counts["ownerless"], counts["unknown"], counts["to_change"]) == (1, 0, 0)
    assert at_stream(stream, mila)["state"] == at_stream(stream, other)["state"] == "active"
    (line,) = chain.entries(store.HISTORY.chain_of(world.now))
    assert line.data["ownerless"] == 1


def test_user_whose_account_cannot_be_read_is_not_counted_as_ownerless(world: World, mila: User) -> None:
    (account,) = cloud.records("account")
    altered = {**account, "state": {"S": "a state of another release"}}
    aws.client("dynamodb").put_item(TableName=settings().table(Table.ACCOUNTS), Item=altered)
    assert reconcile()["ownerless"] == 0


def test_users_in_another_order_change_nothing(world: World, stream: Emulator, mila: User) -> None:
    overwrite(mila, name="Somebody else")
    body = f'{{"users": [{{"id": "{mila.user_id}", "name": "x"}}, {{"id": "a", "name": "y"}}]}}'
    stream.fault(method="GET", path="/users", status=200, body=body)
    counts = reconcile()
    assert (counts["complete"], counts["drifted"]) == (0, 0)
    assert at_stream(stream, mila)["name"] == "Somebody else"


@pytest.mark.promise("STR-9")
def test_block_that_stream_lost_is_made_again(world: World, stream: Emulator, mila: User) -> None:
    jovan = on_stream(world.a_user())
    mila.blocks(jovan)
    assert sync(mila, sk="blocks") == []
    unblock(UserId(mila.user_id), jovan.user_id)
    assert compare()["drifted"] == 1
    assert blocked_users(UserId(mila.user_id)) == {jovan.user_id}
    assert next_pass(world)["drifted"] == 0


def test_blocks_of_a_user_who_blocks_none_are_not_asked_for(stream: Emulator, mila: User) -> None:
    reconcile()
    assert "GetBlockedUsers" not in operations(stream)


def test_refused_list_of_blocks_stops_no_other_user(world: World, stream: Emulator, mila: User) -> None:
    jovan = on_stream(world.a_user())
    for user, other in ((mila, jovan), (jovan, mila)):
        user.blocks(other)
        assert sync(user, sk="blocks") == []
        unblock(UserId(user.user_id), other.user_id)
    stream.fault(method="GET", path="/users/block", status=400, code=4)
    assert compare()["drifted"] == 1


def test_error_of_stream_about_the_blocks_of_one_user_does_not_stop_the_pass(
    world: World, stream: Emulator, mila: User
) -> None:
    jovan = on_stream(world.a_user())
    mila.blocks(jovan)
    assert sync(mila, sk="blocks") == []
    stream.fault(method="GET", path="/users/block", status=500, code=-1, times=100)
    counts = reconcile()
    assert (counts["complete"], counts["users"], counts["drifted"]) == (1, 2, 0)


def test_limit_of_stream_ends_a_run_that_asks_for_blocks(world: World, stream: Emulator, mila: User) -> None:
    jovan = on_stream(world.a_user())
    mila.blocks(jovan)
    assert sync(mila, sk="blocks") == []
    stream.fault(method="GET", path="/users/block", status=429, code=9, times=100)
    assert reconcile()["complete"] == 0


def test_account_with_something_to_send_is_not_compared(stream: Emulator, mila: User) -> None:
    mila.changes(display_name="After")
    assert reconcile()["to_change"] == 0
    assert len(marked()) == 1


# --- how the pass is spread


def test_pass_is_spread_over_runs_and_begins_again_after_thirty_days(
    world: World, stream: Emulator, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        on_stream(world.a_user())
    monkeypatch.setattr(gateway, "MAX_USERS_PER_CALL", 2)
    configure(RECONCILIATION_PAGES_RUN="1")
    began, seen = world.now, []
    for _ in range(5):
        seen.append(reconcile()["users"])
        world.advance(HOUR)
    assert seen == [2, 2, 1, 0, 0]  # the fourth run sees the end
    world.traveller.move_to(began + 30 * DAY)
    assert reconcile()["users"] == 2


def test_evidence_has_the_figures_of_the_pages_and_names_no_user(world: World, mila: User) -> None:
    reconcile()
    (line,) = chain.entries(store.HISTORY.chain_of(world.now))
    assert (line.event, line.data["users"], line.data["drifted"]) == ("compared", 1, 0)
    assert mila.user_id not in line.payload


def test_pass_is_not_held_up_by_a_clock_that_had_jumped_ahead(world: World, mila: User) -> None:
    reconcile()
    reconcile()
    leased = store.STATE.lease(world.now)
    store.STATE.release(leased, pass_began_at=world.now + 3650 * DAY, pass_after=None)
    assert reconcile()["users"] == 1


def test_evidence_has_the_pages_before_stream_stopped_answering(
    world: World, stream: Emulator, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_stream(world.a_user())
    monkeypatch.setattr(gateway, "MAX_USERS_PER_CALL", 1)
    read, calls = comparison.page_after, []

    def page_after(after: str) -> ComparedPage | None:
        calls.append(after)
        if len(calls) > 1:
            raise StreamUnavailable
        return read(after)

    monkeypatch.setattr(comparison, "page_after", page_after)
    assert reconcile()["complete"] == 0
    (line,) = chain.entries(store.HISTORY.chain_of(world.now))
    assert (line.event, line.data["users"]) == ("compared", 1)


def test_unreadable_claim_does_not_stop_the_pass(world: World, stream: Emulator, mila: User) -> None:
    other = on_stream(world.a_user())
    overwrite(other, name="Somebody else")
    key = next(iter(accounts.claim_keys(ClaimKind.USER, UserId(mila.user_id))))
    row = {**key.attributes(), "kind": "claim", "account_id": "no account"}
    aws.client("dynamodb").put_item(TableName=settings().table(Table.CLAIMS), Item=wire_item(row))
    assert compare()["drifted"] == 1
    assert at_stream(stream, other)["name"] == other.profile()["display_name"]


# --- what keeps it from acting


def test_too_many_users_that_differ_block_the_job(
    world: World, stream: Emulator, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    overwrite(mila, name="Somebody else")
    monkeypatch.setattr(service, "too_many_found", lambda found: found > 0)
    assert reconcile()["blocked"] == 1
    assert at_stream(stream, mila)["name"] == "Somebody else"
    assert store.STATE.read().blocked is BlockedReason.TOO_MANY_FOUND


@pytest.mark.parametrize("table_name", ["accounts", "claims"])
def test_restored_table_blocks_the_job_until_it_is_released(
    world: World, stream: Emulator, mila: User, monkeypatch: pytest.MonkeyPatch, table_name: str
) -> None:
    overwrite(mila, name="Somebody else")
    client, copy = aws.client("dynamodb"), f"ru4m-test-{table_name}-restored"
    backup = client.create_backup(TableName=f"ru4m-test-{table_name}", BackupName="before")["BackupDetails"]
    client.restore_table_from_backup(TargetTableName=copy, BackupArn=backup["BackupArn"])
    with monkeypatch.context() as restored:
        restored.setitem(settings().environment, f"RU4M_TABLE_{table_name.upper()}", copy)
        assert reconcile()["blocked"] == 1
    assert store.STATE.read().blocked is BlockedReason.OTHER_TABLES
    assert at_stream(stream, mila)["name"] == "Somebody else"
    reconcile(release=True)
    assert [reconcile()["acted"], compare()["acted"]] == [0, 1]
    assert at_stream(stream, mila)["name"] == mila.profile()["display_name"]
