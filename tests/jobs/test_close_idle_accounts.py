"""Tests `close_idle_accounts`: idle accounts are erased, after two warnings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import LastUse, WarningStage
from chalicelib.accounts.service import last_uses
from chalicelib.core import chain, table
from chalicelib.core.clock import DAY, HOUR, day_of
from chalicelib.core.ids import AccountId
from chalicelib.core.languages import Language, day_in_words
from chalicelib.core.metrics import Metric
from chalicelib.core.table import Change, Key, Table
from chalicelib.operations.mail_jobs import note_bounces
from chalicelib.rights import service
from chalicelib.rights.erasure import store
from chalicelib.rights.request import evidence, receipts
from chalicelib.rights.request.terms import ReceivedBy, Right, Status
from tests.support.cases.erasure_requests import stored, stored_about, work
from tests.support.clouds import cloud
from tests.support.faults.crash import Killed, kill
from tests.support.jobs.events import report_of_mail
from tests.support.jobs.idle_accounts import (
    a_newcomer,
    address_of,
    an_idle_owner,
    an_owner,
    be_fast,
    close_idle,
    closes,
    idle_until_warned,
    returns,
    use_of,
    warned_twice,
    warnings_to,
)
from tests.support.world.builders import a_device
from tests.support.world.limits import configure
from tests.support.world.world import User, World


@pytest.fixture(autouse=True)
def fast() -> None:
    be_fast()


@pytest.fixture
def mila(world: World) -> User:
    return an_idle_owner(world)


# --- warnings


@pytest.mark.promise("RET-5")
def test_owner_is_warned_by_mail_60_days_before(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    world.advance(-timedelta(seconds=1))
    close_idle()
    assert warnings_to(mila) == []
    world.advance(timedelta(seconds=1))
    assert close_idle()["warned"] == 1
    (mail,) = warnings_to(mila)
    assert day_in_words(day_of(world.now + 60 * DAY), Language.ENGLISH) in mail


@pytest.mark.promise("RET-5")
def test_owner_is_warned_again_14_days_before(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    close_idle()
    world.advance(46 * DAY - timedelta(seconds=1))
    close_idle()
    assert len(warnings_to(mila)) == 1
    world.advance(timedelta(seconds=1))
    close_idle()
    assert len(warnings_to(mila)) == 2
    assert day_in_words(day_of(world.now + 14 * DAY), Language.ENGLISH) in warnings_to(mila)[1]


@pytest.mark.promise("RET-5")
def test_late_second_warning_still_leaves_14_days(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    close_idle()
    world.advance(90 * DAY)
    assert close_idle()["warned"] == 1
    assert use_of(mila).closes_at == world.now + 14 * DAY


@pytest.mark.promise("RET-5")
def test_account_without_an_address_gets_one_text_and_no_other(world: World, mila: User) -> None:
    jovan = a_newcomer(world)
    codes = len(world.messages_to(jovan.phone))
    idle_until_warned(world, jovan)
    close_idle()
    world.advance(59 * DAY)
    close_idle()
    (text,) = world.messages_to(jovan.phone)[codes:]
    assert len(text) <= 160
    world.advance(DAY)
    assert close_idle()["closed"] == 1


@pytest.mark.promise("RET-5")
def test_run_warns_so_many_owners_and_no_more(world: World, mila: User) -> None:
    others = [a_newcomer(world) for _ in range(2)]
    configure(IDLE_WARNED_RUN="1")
    idle_until_warned(world, others[-1])
    assert [close_idle()["warned"] for _ in range(3)] == [1, 1, 0]


# --- warnings that do not arrive


def closes_in(world: World, user: User) -> timedelta:
    closes_at = use_of(user).closes_at
    assert closes_at
    return closes_at - world.now


@pytest.mark.promise("RET-5")
def test_warning_that_comes_back_adds_60_days(world: World, mila: User, counts: Counter[Metric]) -> None:
    idle_until_warned(world, mila)
    with cloud.sent_mail() as sent:
        close_idle()
    note_bounces(report_of_mail(sent[0]), None)
    assert closes_in(world, mila) == 120 * DAY
    assert counts[Metric.IDLE_WARNING_UNDELIVERED] == 1
    note_bounces(report_of_mail(sent[0]), None)
    assert closes_in(world, mila) == 120 * DAY


@pytest.mark.promise("RET-5")
def test_warning_that_ses_refuses_adds_60_days(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    refused = ClientError({"Error": {"Code": "MessageRejected", "Message": ""}}, "SendEmail")
    with cloud.failing("sesv2", "SendEmail", refused):
        close_idle()
    assert closes_in(world, mila) == 120 * DAY


@pytest.mark.promise("RET-5")
def test_warning_without_an_answer_is_not_sent_again_and_adds_60_days(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    with cloud.failing("sesv2", "SendEmail", ReadTimeoutError(endpoint_url="https://ses"), moment="after"):
        close_idle()
    close_idle()
    assert len(warnings_to(mila)) == 1
    assert closes_in(world, mila) == 120 * DAY


@pytest.mark.promise("RET-5")
def test_warning_is_sent_once_ses_takes_mail_again(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    throttled = ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "SendEmail")
    with cloud.failing("sesv2", "SendEmail", throttled):
        assert close_idle()["complete"] == 0
    assert (warnings_to(mila), use_of(mila).sending) == ([], None)
    assert close_idle()["warned"] == 1
    assert closes_in(world, mila) == 60 * DAY


# --- closing


@pytest.mark.promise("RET-5")
@pytest.mark.usefixtures("services")
def test_account_is_erased_after_both_warnings(world: World, mila: User) -> None:
    warned_twice(world, mila)
    assert close_idle()["closed"] == 1
    request_id = use_of(mila).closing
    assert request_id
    request = work(world, request_id)
    assert (request.right, request.received_by) == (Right.ERASURE, ReceivedBy.INACTIVITY)
    assert request.status is Status.COMPLETED
    assert stored_about(mila) == []


@pytest.mark.promise("RET-5")
@pytest.mark.usefixtures("services")
def test_mails_of_the_erasure_say_why_and_no_text_is_sent(world: World, mila: User) -> None:
    codes = len(world.messages_to(mila.phone))
    warned_twice(world, mila)
    close_idle()
    work(world, use_of(mila).closing or pytest.fail("no erasure"))
    confirmed, closed = cloud.mails_to(address_of(mila))[-2:]
    assert "You have not used RU4M for a long time" in confirmed
    assert "since you had not used them" in closed
    assert len(world.messages_to(mila.phone)) == codes


@pytest.mark.promise("RET-5")
def test_history_of_the_erasure_begins_with_the_last_use_and_the_warnings(world: World, mila: User) -> None:
    warned_twice(world, mila)
    before = use_of(mila)
    close_idle()
    request_id = use_of(mila).closing
    assert request_id
    first = next(iter(chain.entries(evidence.history_of(request_id))))
    assert first.data["by"] == "retention"
    assert first.data["used_on"] == day_of(before.used_at).isoformat()
    warned = filter(None, (before.warned_at, before.warned_again_at))
    assert first.data["warned_on"] == [day_of(at).isoformat() for at in warned]


@pytest.mark.promise("RET-5")
def test_so_many_erasures_are_open_at_once_and_no_more(world: World, mila: User) -> None:
    configure(IDLE_OPEN_AT_ONCE="1")
    warned_twice(world, a_newcomer(world))
    assert [close_idle()["closed"], close_idle()["closed"], close_idle()["open"]] == [1, 0, 1]


# --- what a use ends


@pytest.mark.promise("RET-5")
def test_sign_in_after_a_warning_ends_it(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    close_idle()
    world.advance(30 * DAY)
    returns(world, mila)
    for _ in range(4):
        world.advance(30 * DAY)
        close_idle()
    use = use_of(mila)
    assert (len(warnings_to(mila)), use.stage, use.warned_at) == (1, None, None)


@pytest.mark.promise("RET-5")
def test_account_with_a_session_in_use_is_never_warned(world: World, mila: User) -> None:
    device = a_device()
    jovan = a_newcomer(world, device=device)
    for _ in range(26):
        world.advance(30 * DAY)
        refreshed = world.call(
            "POST",
            "/v1/sessions/refresh",
            body={"refresh_token": jovan.session["refresh_token"], "device_id": device["device_id"]},
        )
        jovan.verified["session"] |= refreshed.json
        close_idle()
    assert use_of(jovan).stage is None


@pytest.mark.promise("RET-5")
@pytest.mark.usefixtures("services")
def test_sign_in_while_the_erasure_waits_cancels_it(world: World, mila: User) -> None:
    request_id = closes(world, mila)
    signed_in = returns(world, mila)
    assert signed_in.gets("/v1/profile").problem == "account_frozen"
    assert close_idle()["kept"] == 1
    work(world, request_id, within=DAY)
    assert stored(request_id).status is Status.CANCELLED
    assert signed_in.gets("/v1/profile").status == 200
    assert use_of(mila).stage is None


@pytest.mark.promise("RET-5")
@pytest.mark.usefixtures("services")
def test_account_in_use_does_not_pass_the_point_of_no_return_before_the_next_run(
    world: World, mila: User
) -> None:
    request_id = closes(world, mila)
    returns(world, mila)
    work(world, request_id, within=10 * DAY)
    assert stored(request_id).status is Status.CANCELLED
    last = [one for one in chain.entries(evidence.history_of(request_id)) if one.event == "cancelled"]
    assert [one.data["by"] for one in last] == ["retention"]


@pytest.mark.promise("RET-5")
@pytest.mark.usefixtures("services")
def test_cancellation_by_the_link_counts_as_a_use(world: World, mila: User) -> None:
    request_id = closes(world, mila)
    service.cancel_by_receipt(request_id, receipts.of(request_id))
    work(world, request_id, within=DAY)
    assert close_idle()["kept"] == 1
    assert use_of(mila).kept_at == world.now
    assert close_idle() | {"looked_at": 0} == close_idle() | {"looked_at": 0}


# --- who is left alone


def restricts(world: World, user: User) -> None:
    world.set_state(user, "restricted")


def is_invoiced(world: World, user: User) -> None:
    on = world.now.date().isoformat()
    recorded = user.gets_invoiced(issued_on=on, service_from=on, service_to=on)
    assert recorded.status in {200, 201}, recorded.text


def is_held(world: World, user: User) -> None:
    placed = world.an_operator("legal").places_hold(user.user_id)
    assert world.an_operator("officer").confirms_hold(placed.json["id"]).status == 200


def asks_for_a_copy(world: World, user: User) -> None:
    signed_in = returns(world, user).is_stepped_up()
    assert signed_in.exercises("access").status == 202
    age(user)


def age(user: User) -> None:
    """Let an account look as unused as before."""
    key = Key(Table.ACCOUNTS, f"A#{user.account_id}", "last_use")
    table.write(Change(key, put={"used_at": "2026-11-24T12:00:00Z"}))


@pytest.mark.promise("RET-5")
@pytest.mark.parametrize("reason", [restricts, is_invoiced, is_held, asks_for_a_copy])
def test_account_is_left_alone(world: World, mila: User, reason: Callable[[World, User], None]) -> None:
    warned_twice(world, mila)
    reason(world, mila)
    counts = close_idle()
    assert (counts["left_alone"], counts["closed"]) == (1, 0)
    assert use_of(mila).stage is None
    world.advance(29 * DAY)
    assert close_idle()["left_alone"] == 0
    world.advance(DAY)
    assert close_idle()["left_alone"] == 1


@pytest.mark.promise("RET-5")
def test_warnings_begin_anew_once_a_restriction_has_ended(world: World, mila: User) -> None:
    warned_twice(world, mila)
    restricts(world, mila)
    close_idle()
    world.set_state(mila, "active")
    world.advance(30 * DAY)
    assert (close_idle()["warned"], closes_in(world, mila)) == (1, 60 * DAY)


# --- what keeps the job from acting


@pytest.mark.promise("RET-5")
def test_nothing_is_done_before_a_notice_says_so(world: World) -> None:
    mila = an_owner(world)
    idle_until_warned(world, mila)
    counts = close_idle()
    assert (counts["permitted"], counts["acted"], warnings_to(mila)) == (0, 0, [])


@pytest.mark.promise("RET-5")
def test_dry_run_counts_and_changes_nothing(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    before = cloud.all_items()
    assert close_idle(dry_run=True)["due"] == 1
    assert cloud.all_items() == before


@pytest.mark.promise("RET-5")
def test_run_under_another_configuration_only_counts(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    configure(IDLE_AFTER_MONTHS="23")
    counts = close_idle()
    assert (counts["acted"], counts["due"], warnings_to(mila)) == (0, 1, [])
    assert close_idle()["warned"] == 1


@pytest.mark.promise("RET-5")
def test_too_many_idle_accounts_stop_the_job_for_an_operator(
    world: World, mila: User, gauges: dict[Metric, float]
) -> None:
    configure(IDLE_DUE_AT_ONCE="1")
    for _ in range(3):
        a_newcomer(world)
    idle_until_warned(world, a_newcomer(world))
    counts = close_idle()
    assert (counts["blocked"], counts["warned"], gauges[Metric.IDLE_BLOCKED]) == (1, 0, 1)
    assert close_idle()["warned"] == 0
    configure(IDLE_DUE_AT_ONCE="10")
    assert close_idle(release=True) == {"released": 1}
    assert [close_idle()["acted"], close_idle()["warned"]] == [0, 4]


@pytest.mark.promise("RET-5")
def test_restored_tables_stop_the_job_and_no_cancellation(world: World, mila: User) -> None:
    warned_twice(world, mila)
    close_idle()
    returns(world, mila)
    leased = store.IDLE_STATE.lease(world.now)
    store.IDLE_STATE.release(leased, tables="ru4m-test-accounts-of-yesterday")
    counts = close_idle()
    assert (counts["blocked"], counts["kept"]) == (1, 1)


@pytest.mark.promise("RET-5")
def test_clock_that_jumped_ahead_warns_no_owner(world: World, mila: User) -> None:
    scheduled = world.now
    idle_until_warned(world, mila)
    assert close_idle(scheduled)["warned"] == 0


@pytest.mark.promise("RET-5")
def test_second_run_at_once_does_nothing(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    leased = store.IDLE_STATE.lease(world.now + HOUR)
    counts = close_idle()
    assert (counts["complete"], counts["looked_at"]) == (0, 0)
    store.IDLE_STATE.release(leased)


@pytest.mark.promise("RET-5")
def test_repeated_run_changes_nothing(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    close_idle()
    before = use_of(mila)
    with cloud.counted() as calls:
        assert close_idle()["looked_at"] == 0
    assert use_of(mila) == before
    assert calls["dynamodb.PutItem"] == 2  # the lease
    # Of two shards: open erasures, how many rows are due, those to close, those to warn.
    assert calls["dynamodb.Query"] == 4 * 2
    assert calls["dynamodb.UpdateItem"] == calls["dynamodb.TransactWriteItems"] == 0


# --- accounts that cannot be processed, and runs that are killed


@pytest.mark.promise("RET-5")
def test_unreadable_account_is_looked_at_again_a_day_later_and_delays_no_other(
    world: World, mila: User, counts: Counter[Metric]
) -> None:
    jovan = a_newcomer(world)
    idle_until_warned(world, a_newcomer(world))
    key = Key(Table.ACCOUNTS, f"A#{jovan.account_id}", "account")
    table.write(Change(key, put={"sealed": b"altered" * 9}))
    ran = close_idle()
    assert (ran["unreadable"], ran["warned"]) == (1, 1)
    assert counts[Metric.RECORD_UNREADABLE] == 1
    assert close_idle()["unreadable"] == 0
    world.advance(DAY)
    assert close_idle()["unreadable"] == 1


@pytest.mark.promise("RET-5")
def test_run_killed_after_it_sent_a_warning_sends_no_second_one(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    with cloud.hooked("sesv2", "after-call.sesv2.SendEmail", kill), pytest.raises(Killed):
        close_idle()
    assert use_of(mila).sending is WarningStage.FIRST
    world.advance(HOUR)
    close_idle()
    assert (len(warnings_to(mila)), closes_in(world, mila)) == (1, 120 * DAY)


# --- what it costs


def test_use_is_recorded_once_in_a_week(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    recorded = set()
    for _ in range(21):
        world.advance(DAY)
        body = {"refresh_token": mila.session["refresh_token"], "device_id": device["device_id"]}
        mila.verified["session"] |= world.call("POST", "/v1/sessions/refresh", body=body).json
        recorded.add(use_of(mila).used_at)
    assert len(recorded) == 4  # the sign-up, and three Mondays


def test_account_in_use_is_read_once_in_its_period(world: World, mila: User) -> None:
    jovan = a_newcomer(world)
    read = 0
    for _ in range(26):
        world.advance(30 * DAY)
        a_newcomer(world, phone=jovan.phone)
        read += close_idle()["used"]
    assert read == 1


# --- accounts from before the record of use


def watch(known: LastUse) -> bool:
    return last_uses.watch(known, accounts.not_erasing(known.account_id))


def test_account_without_a_record_is_watched_from_the_last_day_of_a_device(world: World) -> None:
    mila = world.a_user()
    table.delete_all([Key(Table.ACCOUNTS, f"A#{mila.account_id}", "last_use")])
    known = LastUse(account_id=AccountId(mila.account_id), used_at=world.now - 3 * DAY)
    assert [watch(known), watch(known)] == [True, False]
    assert use_of(mila).used_at == known.used_at


def test_account_that_was_used_before_it_is_watched_keeps_its_use(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    table.delete_all([Key(Table.ACCOUNTS, f"A#{mila.account_id}", "last_use")])
    world.a_user(mila.phone, device)
    known = LastUse(account_id=AccountId(mila.account_id), used_at=world.now - 30 * DAY)
    assert watch(known)
    assert use_of(mila).used_at == world.now
    world.advance(800 * DAY)
    assert close_idle(dry_run=True)["due"] == 1
