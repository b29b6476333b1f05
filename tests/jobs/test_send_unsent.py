"""Tests that what Stream did not take stays due, and reaches it from the current state (ADR 69)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.core import table
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import EntryFailed
from chalicelib.core.table_names import Table
from chalicelib.core.transactions import commit
from chalicelib.privacy.unsent import new_mark
from chalicelib.reconciliation import unsent
from chalicelib.reconciliation.jobs import send_unsent
from chalicelib.stream import channels, gateway, line
from chalicelib.stream.model import StreamUnavailable
from chalicelib.stream.users import access
from chalicelib.stream.users.sync import blocked_users
from infra.stream_emulator import Emulator
from tests.support.cases.copies import a_copy, damage
from tests.support.cases.erasure_parts import erase, freeze, stored_account
from tests.support.cases.erasure_requests import a_subject
from tests.support.cases.restrictions import lifts, restricts, work
from tests.support.clouds import cloud
from tests.support.clouds.cloud import counted, new_container
from tests.support.faults.races import just_before
from tests.support.jobs.profile_sync import (
    LONGEST_WAIT,
    a_record,
    due_accounts,
    marked,
    records,
    resync,
    sync,
    sync_again,
)
from tests.support.patches import failing_at
from tests.support.stream.conversations import (
    at_stream,
    deliver,
    ids,
    members_here,
    operations,
    some_contacts,
)
from tests.support.world.builders import a_schedule_event
from tests.support.world.world import World

DOWN = {"status": 503, "code": -1, "times": 10_000}
SILENT = {"drop_connection": True, "times": 10_000}
HALF_A_MINUTE = timedelta(seconds=30)  # in which a container does not call a silent Stream


def send_due(world: World) -> None:
    """Run the job, a minute after what came before."""
    world.advance(MINUTE)
    send_unsent(a_schedule_event(), None)


def calls(stream: Emulator, work: Callable[[], object]) -> list[str]:
    """Return what Stream got during some work."""
    before = len(operations(stream))
    work()
    return operations(stream)[before:]


def tries() -> list[int]:
    return sorted(int(row["unsent"]["M"]["tries"]["N"]) for row in marked())


# --- marks


def test_change_that_was_never_sent_is_sent_by_the_job_of_each_minute(world: World, stream: Emulator) -> None:
    mila = world.a_user(display_name="Mila")
    send_due(world)
    assert stream.user(mila.user_id)["name"] == "Mila"
    assert marked() == []


def test_worker_killed_before_it_removes_the_mark_sends_again(world: World, stream: Emulator) -> None:
    world.a_user()
    with failing_at(table, "transact", Unavailable), pytest.raises(EntryFailed):
        send_due(world)
    assert len(marked()) == 1
    assert calls(stream, lambda: send_due(world)) == ["UpdateUsers"]
    assert marked() == []


def test_row_that_the_tables_stream_may_still_name_is_left_to_it(world: World, stream: Emulator) -> None:
    world.a_user()
    assert calls(stream, lambda: send_unsent(a_schedule_event(), None)) == []
    assert len(marked()) == 1


@pytest.mark.promise("RGT-1")
def test_mark_is_in_no_copy_and_leaves_with_the_account(world: World, stream: Emulator) -> None:
    mila, jovan = world.a_user(), world.a_user()
    mila.blocks(jovan)
    assert len(marked()) == 3
    copied = a_copy(mila)
    assert "unsent" not in str(copied.records("account") + copied.records("profile"))
    erase(mila)
    assert due_accounts() == {jovan.account_id}


@pytest.mark.promise("STR-9")
def test_account_stays_due_while_stream_does_not_take_its_blocks(world: World, stream: Emulator) -> None:
    mila, jovan = world.a_user(), world.a_user()
    mila.blocks(jovan)
    assert sync(mila, jovan) == []
    frozen = freeze(mila.account_id)
    commit(*accounts.thawing(stored_account(mila.account_id), frozen))
    stream.fault(path="/users/block", status=503, code=-1, times=100)
    assert resync() == 1
    stream.clear_faults()
    assert resync() == 0


def test_row_that_changes_meanwhile_keeps_no_other_row_due(world: World, stream: Emulator) -> None:
    _, jovan, _ = (world.a_user() for _ in range(3))
    just_before(gateway, "upsert", lambda: jovan.changes(display_name="After"))
    send_due(world)
    assert due_accounts() == {jovan.account_id}


@pytest.mark.promise("STR-3")
def test_freeze_and_thaw_mark_the_account(world: World, stream: Emulator) -> None:
    mila = world.a_user()
    assert sync(mila) == []
    frozen = freeze(mila.account_id)
    assert [row["sk"]["S"] for row in marked()] == ["account"]
    assert sync(mila, sk="account") == []
    commit(*accounts.thawing(stored_account(mila.account_id), frozen))
    assert [row["sk"]["S"] for row in marked()] == ["account"]


@pytest.mark.parametrize("number", [1, 2, 5, 6, 7, 20])
def test_wait_doubles_up_to_a_quarter_of_an_hour(world: World, stream: Emulator, number: int) -> None:
    world.a_user()
    stream.fault(method="POST", path="/users", **DOWN)
    for _ in range(number):
        world.advance(LONGEST_WAIT)
        send_unsent(a_schedule_event(), None)
    (row,) = marked()
    wait = {1: 15, 2: 30, 5: 240, 6: 480}.get(number, 900)
    due_at = world.now + timedelta(seconds=wait)
    assert row["due_at"]["S"] == due_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert row["due"]["S"].startswith("unsent#again#")


def test_change_after_a_failed_attempt_waits_no_longer(world: World, stream: Emulator) -> None:
    mila = world.a_user()
    stream.fault(method="POST", path="/users", status=503, code=-1)
    assert sync(mila) == ["1"]
    mila.changes(display_name="New")
    assert sync(mila) == []
    assert stream.user(mila.user_id)["name"] == "New"


def test_record_of_a_failed_attempt_causes_no_further_one(world: World, stream: Emulator) -> None:
    mila = world.a_user()
    stream.fault(method="POST", path="/users", **DOWN)
    assert sync(mila) == ["1"]
    assert calls(stream, lambda: sync(mila)) == []


# --- two workers


@pytest.mark.promise("STR-3")
def test_change_during_the_call_stays_due(world: World, stream: Emulator) -> None:
    mila = world.a_user(display_name="Old")
    just_before(gateway, "upsert", lambda: mila.changes(display_name="New"))
    assert sync(mila) == ["1"]
    assert sync(mila) == []
    assert stream.user(mila.user_id)["name"] == "New"


@pytest.mark.promise("STR-3")
def test_late_call_of_a_worker_is_made_up_for(world: World, stream: Emulator) -> None:
    """The slower worker read the profile before the change that the faster one sent."""
    mila = world.a_user(display_name="Old")

    def overtake() -> None:
        mila.changes(display_name="New")
        assert sync(mila) == []

    just_before(gateway, "upsert", overtake)
    assert sync(mila) == ["1"]
    assert stream.user(mila.user_id)["name"] == "Old"
    assert sync(mila) == []
    assert stream.user(mila.user_id)["name"] == "New"


@pytest.mark.promise("STR-3")
def test_user_frozen_and_deactivated_before_a_late_call_is_deactivated_again(
    world: World, stream: Emulator
) -> None:
    mila = world.a_user()

    def overtake() -> None:
        world.set_state(mila, "frozen")
        assert sync(mila, sk="account") == []

    just_before(gateway, "upsert", overtake)
    sync(mila)
    assert stream.user(mila.user_id)["state"] == "active"
    assert resync() == 0
    assert stream.user(mila.user_id)["state"] == "deactivated"


@pytest.mark.promise("STR-3")
def test_revocation_that_a_late_profile_cleared_is_sent_again(world: World, stream: Emulator) -> None:
    phone = world.a_user()
    tablet = world.a_user(phone=phone.phone)
    sync(phone)

    def overtake() -> None:
        tablet.logs_out()
        assert sync(phone, sk="account") == []

    just_before(gateway, "upsert", overtake)
    sync_again(phone)
    assert stream.user(phone.user_id).get("revoke_tokens_issued_before") is None
    assert resync() == 0
    assert stream.user(phone.user_id)["revoke_tokens_issued_before"]


@pytest.mark.promise("STR-9")
@pytest.mark.parametrize("job", ["sync_chat_profiles", "send_unsent"])
def test_conversation_that_ended_before_a_late_call_has_no_channel(
    world: World, stream: Emulator, job: str
) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    mark_conversation(pair)

    def end() -> None:
        for user in (mila, jovan):
            user.leaves(pair["conversation_id"])
        assert deliver(pair) == []
        assert at_stream(stream, pair) is None

    just_before(channels, "get_or_create", end)
    if job == "send_unsent":
        send_due(world)
    else:
        deliver(pair)
    assert at_stream(stream, pair) == ids(mila, jovan)
    assert resync() == 0
    assert at_stream(stream, pair) is None
    assert cloud.records("conversation") == []


@pytest.mark.promise("STR-9")
def test_pair_opened_again_before_a_late_deletion_has_its_channel(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    for user in (mila, jovan):
        user.leaves(pair["conversation_id"])
    just_before(channels, "delete", lambda: mila.opens(jovan))
    deliver(pair)
    assert at_stream(stream, pair) is None
    assert resync() == 0
    assert at_stream(stream, pair) == members_here(pair) == ids(mila, jovan)


def mark_conversation(conversation: dict[str, Any]) -> None:
    place = table.Key(table.Table.ACCOUNTS, f"C#{conversation['conversation_id']}", "conversation")
    table.write(table.Change(place, put=new_mark(place)))


# --- conversations


def test_route_that_reached_stream_leaves_nothing_to_the_worker(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    assert calls(stream, lambda: deliver(pair)) == []


@pytest.mark.promise("STR-9")
def test_pair_that_ended_during_an_outage_is_opened_again_without_its_messages(
    world: World, stream: Emulator
) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    channel = gateway._client().channel("messaging", pair["conversation_id"])
    channel.send_message({"text": "hello"}, mila.user_id)
    stream.fault(**DOWN)
    for user in (mila, jovan):
        assert user.leaves(pair["conversation_id"]).status == 204
    send_due(world)
    stream.clear_faults()
    assert resync() == 0
    assert at_stream(stream, pair) is None
    assert cloud.records("conversation") == []
    assert mila.opens(jovan).status == 201
    assert stream.state()["channels"][pair["cid"]]["messages"] == []


@pytest.mark.promise("STR-9")
def test_pair_is_new_while_the_channel_of_the_ended_one_waits(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    for user in (mila, jovan):
        user.leaves(pair["conversation_id"])
    assert mila.leaves(pair["conversation_id"]).status == 204
    assert mila.changes_members(pair["conversation_id"], add=[jovan.user_id]).problem == "not_found"
    assert mila.opens(jovan).status == 201
    assert deliver(pair) == []
    assert members_here(pair) == at_stream(stream, pair) == ids(mila, jovan)


# --- outages


@pytest.mark.promise("STR-3")
def test_user_restricted_while_stream_is_down_is_deactivated_later(
    world: World, stream: Emulator, services: None
) -> None:
    mila = world.a_user()
    assert sync(mila) == []
    stream.fault(**DOWN)
    restricts(mila)
    assert sync(mila, sk="account") == ["1"]
    stream.clear_faults()
    assert resync() == 0
    assert stream.user(mila.user_id)["state"] == "deactivated"


@pytest.mark.promise("STR-9")
def test_block_before_a_restriction_during_an_outage_is_made_after_it(
    world: World, stream: Emulator, services: None
) -> None:
    mila = a_subject(world)
    jovan = world.a_user()
    assert sync(mila, jovan) == []
    stream.fault(**DOWN)
    mila.blocks(jovan)
    restricted = restricts(mila)
    send_due(world)
    stream.clear_faults()
    work(world, restricted)
    settle(world)
    assert marked() == []
    assert lifts(mila, restricted).status == 200
    just_before(access, "resume", lambda: send_due(world))
    work(world, restricted)
    settle(world)
    assert blocked_users(UserId(mila.user_id)) == {jovan.user_id}


@pytest.mark.promise("STR-3")
@pytest.mark.parametrize("place", ["stream", "schedule"])
def test_silent_stream_costs_a_container_one_call(world: World, stream: Emulator, place: str) -> None:
    users = [world.a_user() for _ in range(3)]
    users[0].meets(*users[1:])
    users[0].opens(users[1])
    users[0].blocks(users[2])
    stream.fault(**SILENT)

    def run() -> None:
        if place == "stream":
            sync(*users)
        else:
            send_due(world)

    assert len(calls(stream, run)) == 1
    assert calls(stream, lambda: sync_again(*users)) == []
    world.advance(HALF_A_MINUTE)
    assert len(calls(stream, lambda: sync_again(*users))) == 1
    stream.clear_faults()
    world.advance(HALF_A_MINUTE)
    assert resync() == 0


def test_silence_is_forgotten_by_a_new_container(world: World, stream: Emulator) -> None:
    mila = world.a_user()
    stream.fault(drop_connection=True)
    assert sync(mila) == ["1"]
    new_container()
    gateway.forget()
    assert sync_again(mila) == []


def test_row_that_was_not_tried_keeps_its_place(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    mark_conversation(pair)
    mila.changes(display_name="New")
    stream.fault(method="POST", path="/users", drop_connection=True)
    send_due(world)
    assert tries() == [0, 1]


@pytest.mark.parametrize("fault", [{"status": 429, "code": 9}, {"drop_connection": True}])
def test_limited_run_ends(world: World, stream: Emulator, fault: dict[str, Any]) -> None:
    users = some_contacts(world, 3)
    pairs = [users[0].opens(one).json for one in users[1:]]
    for pair in pairs:
        mark_conversation(pair)
    stream.fault(path="/channels", times=2, **fault)
    assert len(calls(stream, lambda: send_due(world))) == 1
    assert tries() == [0, 1]


@pytest.mark.promise("STR-9")
@pytest.mark.parametrize("fault", [{"status": 500, "code": -1}, {"status": 400, "code": 4}])
def test_one_broken_conversation_holds_nobody_up(
    world: World, stream: Emulator, fault: dict[str, Any]
) -> None:
    mila, *others = some_contacts(world, 4)
    pairs = [mila.opens(other).json for other in others]
    for pair in pairs:
        mark_conversation(pair)
    broken = pairs[0]["conversation_id"]
    stream.fault(path=f"/channels/messaging/{broken}", times=1_000, **fault)
    for other in others:
        other.changes(display_name="New")
    send_due(world)
    left = [row["pk"]["S"] for row in marked()]
    assert left == ([] if fault["status"] == 400 else [f"C#{broken}"])
    assert {stream.user(other.user_id)["name"] for other in others} == {"New"}


def test_conversation_that_cannot_be_read_holds_nobody_up(world: World, stream: Emulator) -> None:
    mila, *others = some_contacts(world, 3)
    pairs = [mila.opens(other).json for other in others]
    for pair in pairs:
        mark_conversation(pair)
    damage(Table.ACCOUNTS, f"C#{pairs[0]['conversation_id']}", "conversation", form="?")
    send_due(world)
    assert [row["pk"]["S"] for row in marked()] == [f"C#{pairs[0]['conversation_id']}"]


@pytest.mark.promise("STR-3")
def test_profile_that_stream_fails_on_is_sent_alone_after_two_attempts(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = [world.a_user() for _ in range(4)]
    odd, upsert = users[0].user_id, gateway.upsert

    def fail_on_one(profiles: Any) -> None:
        sent = list(profiles)
        if odd in [one.id for one in sent]:
            with line.calling():
                raise StreamUnavailable
        upsert(sent)

    monkeypatch.setattr(gateway, "upsert", fail_on_one)
    for _ in range(3):
        resync()
    assert len(marked()) == 1


@pytest.mark.promise("STR-3")
def test_each_second_row_is_a_new_one(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even while many rows wait that Stream did not take."""
    monkeypatch.setattr(unsent, "_AT_ONCE", 4)
    old = [world.a_user() for _ in range(4)]
    stream.fault(method="POST", path="/users", **DOWN)
    sync(*old)
    new = [world.a_user() for _ in range(2)]
    stream.clear_faults()
    world.advance(MINUTE)
    sent: list[str] = []
    monkeypatch.setattr(gateway, "upsert", lambda profiles: sent.extend(one.id for one in profiles))
    send_unsent(a_schedule_event(), None)
    assert {one.user_id for one in new} <= set(sent[:4])
    assert len(sent) == 6


@pytest.mark.parametrize("attempts", [0, 1])
def test_lag_is_the_age_of_the_oldest_row(
    world: World, stream: Emulator, gauges: dict[Metric, int], attempts: int
) -> None:
    mila = world.a_user()
    stream.fault(method="POST", path="/users", times=1 + attempts, status=503, code=-1)
    if attempts:
        sync(mila)
    world.advance(HOUR)
    world.a_user()
    send_due(world)
    assert gauges[Metric.CHAT_SYNC_LAG] == 3660
    assert resync() == 0
    send_due(world)
    assert gauges[Metric.CHAT_SYNC_LAG] == 0


def test_run_ends_in_time_and_the_next_one_continues(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsent, "_AT_ONCE", 1)
    for _ in range(3):
        world.a_user()
    upsert = gateway.upsert

    def slow(profiles: Any) -> None:
        upsert(profiles)
        world.advance(HALF_A_MINUTE)

    monkeypatch.setattr(gateway, "upsert", slow)
    send_due(world)
    assert len(marked()) == 1
    send_due(world)
    assert marked() == []


# --- calls per change


def run_on(world: World, *changed: dict[str, Any]) -> None:
    """Work on records in a container that worked on the records before."""
    unsent.send_changed((one["dynamodb"] for one in changed), world.now + MINUTE)


def test_changed_profile_costs_three_calls_and_its_own_record_none(world: World, stream: Emulator) -> None:
    mila = world.a_user()
    sync(mila)
    unsent.forget()
    mila.changes(display_name="New")
    with counted() as found:
        assert calls(stream, lambda: run_on(world, *records(mila))) == ["UpdateUsers"]
    assert found == {"dynamodb.BatchGetItem": 1, "dynamodb.TransactWriteItems": 1}
    with counted() as found:
        run_on(world, *records(mila))
    assert found == {}
    mila.changes(display_name="Newer")
    run_on(world, *records(mila))
    assert stream.user(mila.user_id)["name"] == "Newer"


def test_block_of_a_member_costs_one_read_and_one_write(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    jovan.blocks(mila)
    changed = [
        a_record(f"A#{jovan.account_id}", "blocks", "1"),
        a_record(f"C#{pair['conversation_id']}", "conversation", "2"),
    ]
    unsent.forget()
    with counted() as found:
        made = calls(stream, lambda: run_on(world, *changed))
    assert found == {"dynamodb.BatchGetItem": 1, "dynamodb.TransactWriteItems": 1}
    assert sorted(made) == ["BlockUsers", "GetBlockedUsers", "GetOrCreateChannel", "UpdateChannel"]


def test_hundred_profiles_cost_eleven_calls(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tried with a quarter of them, by batches of a quarter."""
    assert (unsent._AT_ONCE, unsent._READ_AT_ONCE, unsent._WRITES_AT_ONCE) == (40, 20, 100)
    for name in ("_AT_ONCE", "_READ_AT_ONCE", "_WRITES_AT_ONCE"):
        monkeypatch.setattr(unsent, name, getattr(unsent, name) // 4)
    other, *users = [world.a_user() for _ in range(26)]
    sync(other)  # a container that has read its secrets
    with counted() as found:
        made = calls(stream, lambda: run_on(world, *records(*users)))
    assert found == {"dynamodb.BatchGetItem": 5, "dynamodb.TransactWriteItems": 3}
    assert made == ["UpdateUsers"] * 3


# --- a day

OUTAGES = [
    pytest.param(DAY, DOWN, 49, id="a day"),
    pytest.param(6 * HOUR, DOWN, 4, id="six hours"),
    pytest.param(DAY, SILENT, 4, id="silent for a day"),
]


@pytest.mark.proof
@pytest.mark.promise("STR-3", "STR-9")
@pytest.mark.parametrize(("length", "fault", "members"), OUTAGES)
def test_stream_has_the_current_state_within_an_hour_after_an_outage(
    world: World, stream: Emulator, services: None, length: timedelta, fault: dict[str, Any], members: int
) -> None:
    mila, *others = some_contacts(world, members)
    jovan, vuk, ana = others[:3]
    pair, left, ended = (mila.opens(one).json for one in (jovan, vuk, ana))
    iva = a_subject(world)
    freed = restricts(iva)
    settle(world)
    stream.fault(**fault)
    jovan.blocks(mila)
    assert vuk.leaves(left["conversation_id"]).status == 204
    for user in (mila, ana):
        assert user.leaves(ended["conversation_id"]).status == 204
    assert lifts(iva, freed).status == 200
    mila.changes(display_name="After")
    group = vuk.opens(mila, name="Trip") if members < 49 else mila.opens(*others[1:], name="Trip")
    restricts(vuk)
    began = world.now
    while world.now < began + length:
        send_due(world)
        world.advance(length / 10)
    assert world.a_user(phone=ana.phone).logs_out().status == 204
    assert len(marked()) > 4
    stream.clear_faults()
    over = world.now
    settle(world)
    assert world.now <= over + HOUR
    assert blocked_users(UserId(jovan.user_id)) == {mila.user_id}
    assert at_stream(stream, pair) == members_here(pair) == ids(mila)
    assert at_stream(stream, left) == members_here(left) == ids(mila)
    assert at_stream(stream, ended) is None
    assert stream.user(vuk.user_id)["state"] == "deactivated"
    assert stream.user(mila.user_id)["name"] == "After"
    assert stream.user(ana.user_id)["revoke_tokens_issued_before"]
    assert group.status == 503
    (trip,) = (one for one in here() if one not in {pair["cid"], left["cid"]})
    assert len(stream.state()["channels"][trip]["members"]) == (2 if members < 49 else 48)
    work(world, freed)
    assert stream.user(iva.user_id)["state"] == "active"


def settle(world: World) -> None:
    """Run the job each minute until nothing is due any more."""
    for _ in range(60):
        if not marked():
            return
        send_due(world)


def here() -> list[str]:
    return [f"messaging:{row['conversation_id']['S']}" for row in cloud.records("conversation")]
