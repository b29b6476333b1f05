"""Tests what could close the account of a person who came back, send no warning, or stop the job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.accounts.model import LastUse, WarningStage
from chalicelib.accounts.service import UseList, last_uses
from chalicelib.consents.notices import service as notices
from chalicelib.core import clock, table
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import EntryFailed
from chalicelib.core.table import Change, Item, Key, Table
from chalicelib.operations.mail_jobs import note_bounces
from chalicelib.rights.erasure import store
from chalicelib.rights.erasure.idle import jobs, plan
from chalicelib.rights.erasure.idle.plan import DueAction
from chalicelib.rights.request import receipts
from chalicelib.rights.request.terms import RefusalReason, Status
from tests.support.cases.erasure_parts import stored_account
from tests.support.cases.erasure_requests import at_step, stored, work
from tests.support.cases.restores import Backup
from tests.support.clouds import cloud
from tests.support.faults.crash import Killed, kill
from tests.support.jobs.events import report_of_mail
from tests.support.jobs.idle_accounts import (
    a_newcomer,
    address_of,
    an_idle_owner,
    be_fast,
    close_idle,
    closes,
    idle_until_warned,
    returns,
    use_of,
    warned_twice,
    warnings_to,
)
from tests.support.world.world import User, World

pytestmark = pytest.mark.proof  # takes long

THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "Publish")


@pytest.fixture(autouse=True)
def fast() -> None:
    be_fast()


@pytest.fixture
def mila(world: World) -> User:
    return an_idle_owner(world)


@pytest.fixture
def closing(world: World, mila: User, services: None) -> RightsRequestId:
    """Return the erasure of Mila's account, which waits for the end of the grace period."""
    return closes(world, mila)


def texts_to(world: World, user: User) -> int:
    return sum("We delete it after" in text for text in world.messages_to(user.phone))


def run_for(world: World, request_id: RightsRequestId, length: timedelta) -> None:
    """Let the job and the workers of a request run for a time."""
    end = world.now + length
    while world.now < end:
        close_idle()
        work(world, request_id, within=12 * HOUR)
        world.advance(12 * HOUR)


# --- a person who came back


@pytest.mark.promise("RET-5")
def test_warnings_do_not_outlive_a_use_although_the_job_paused(world: World, mila: User) -> None:
    jovan = a_newcomer(world)
    idle_until_warned(world, jovan)
    close_idle()
    world.advance(DAY)
    returns(world, jovan)
    world.traveller.move_to(use_of(jovan).warnable_from + HOUR)
    close_idle()
    close_idle()
    use = use_of(jovan)
    assert (texts_to(world, jovan), use.stage, use.closing) == (2, WarningStage.LAST, None)
    assert use.closes_at == world.now + 60 * DAY


@pytest.mark.promise("RET-5")
def test_first_mail_after_a_use_is_a_first_warning_again(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    close_idle()
    world.advance(DAY)
    returns(world, mila)
    world.traveller.move_to(use_of(mila).warnable_from + HOUR)
    close_idle()
    close_idle()
    use = use_of(mila)
    assert (len(warnings_to(mila)), use.stage, use.closes_at) == (2, WarningStage.FIRST, world.now + 60 * DAY)


@pytest.mark.promise("RET-5")
def test_use_counts_although_the_clock_of_the_job_was_ahead(world: World, mila: User) -> None:
    jovan = a_newcomer(world)
    idle_until_warned(world, jovan)
    world.advance(5 * MINUTE)
    close_idle()
    world.advance(-3 * MINUTE)
    returns(world, jovan)
    world.advance(61 * DAY)
    assert close_idle()["closed"] == 0
    assert use_of(jovan).stage is None


@pytest.mark.promise("RET-5")
def test_use_counts_although_the_clock_of_the_api_was_behind_the_erasure(
    world: World, mila: User, closing: RightsRequestId
) -> None:
    since = use_of(mila).closing_since
    assert since
    world.traveller.move_to(since - MINUTE)
    returns(world, mila)
    world.advance(10 * DAY)
    run_for(world, closing, 2 * DAY)
    assert stored(closing).status is Status.CANCELLED


@pytest.mark.promise("RET-5")
def test_use_between_the_read_and_the_warning_wins(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    with cloud.hooked("dynamodb", "before-call.dynamodb.TransactWriteItems", used_once(mila)):
        assert close_idle()["warned"] == 0
    assert warnings_to(mila) == []


@pytest.mark.promise("RET-5")
def test_use_between_the_read_and_the_closing_wins(world: World, mila: User, services: None) -> None:
    warned_twice(world, mila)
    with cloud.hooked("dynamodb", "before-call.dynamodb.TransactWriteItems", used_once(mila)):
        assert close_idle()["closed"] == 0
    assert use_of(mila).closing is None


def used_once(user: User) -> Any:
    """Return a hook that records a use before the first call."""
    left = [AccountId(user.account_id)]

    def use(**_: Any) -> None:
        if left:
            table.write(last_uses.use_now(left.pop()))

    return use


# --- the row of an open erasure


def test_stale_row_of_the_index_does_not_lose_an_open_erasure(
    world: World, mila: User, closing: RightsRequestId, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = last_uses.due

    def stale(which: UseList, by: Any, shard: str) -> Iterator[AccountId]:
        return iter([AccountId(mila.account_id)]) if which is UseList.CLOSE else read(which, by, shard)

    with monkeypatch.context() as later:
        later.setattr(last_uses, "due", stale)
        close_idle()
    assert use_of(mila).closing == closing


@pytest.mark.promise("RET-5")
def test_erasure_of_a_restored_account_is_found_and_ended_by_a_sign_in(
    world: World, mila: User, services: None
) -> None:
    warned_twice(world, mila)
    backup = last_use_item(mila)
    close_idle()
    request_id = use_of(mila).closing
    assert request_id
    work(world, request_id, at_step("grace"))
    table.put_all(Table.ACCOUNTS, [(key_of(mila), backup)])
    close_idle()
    assert use_of(mila).closing == request_id
    returns(world, mila)
    run_for(world, request_id, 2 * DAY)
    assert stored(request_id).status is Status.CANCELLED
    assert use_of(mila).stage is None


def key_of(user: User) -> Key:
    return Key(Table.ACCOUNTS, f"A#{user.account_id}", "last_use")


def last_use_item(user: User) -> Item:
    item = table.get(key_of(user))
    assert item
    return {name: value for name, value in item.items() if name not in {"pk", "sk"}}


@pytest.mark.promise("RET-5")
def test_erasure_of_an_account_without_a_record_of_use_is_cancelled(
    world: World, mila: User, closing: RightsRequestId
) -> None:
    table.delete_all([key_of(mila)])
    work(world, closing, within=10 * DAY)
    assert stored(closing).status is Status.CANCELLED


@pytest.mark.promise("RET-5")
def test_request_during_the_grace_period_is_answered_and_the_account_stays(
    world: World, mila: User, closing: RightsRequestId
) -> None:
    entered = world.an_operator("officer").enters(mila.user_id, "access", on=world.now.date().isoformat())
    assert entered.status in {200, 201, 202}, entered.text
    run_for(world, closing, 12 * DAY)
    assert stored(closing).status is Status.CANCELLED
    assert stored(RightsRequestId(entered.json["rights_request_id"])).status is not Status.CANCELLED


def test_lost_erasure_is_not_to_be_entered_again_after_a_restore(
    world: World, mila: User, services: None
) -> None:
    warned_twice(world, mila)
    backup = Backup.made()
    close_idle()
    with backup.restored(Table.RIGHTS) as restore:
        assert restore.replay().has("0 to enter again")


def test_unreadable_erasure_stops_no_other_account(
    world: World, mila: User, closing: RightsRequestId
) -> None:
    jovan = a_newcomer(world)
    returns(world, mila)
    table.write(Change(Key(Table.RIGHTS, f"R#{closing}", "request"), put={"sealed": b"altered" * 9}))
    counts = close_idle()
    assert (counts["unreadable"], counts["open"]) == (1, 1)
    idle_until_warned(world, jovan)
    close_idle()
    assert texts_to(world, jovan) == 1


def test_sign_in_cancels_an_erasure_although_no_notice_says_so_any_more(
    world: World, mila: User, closing: RightsRequestId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "describes", lambda _: False)
    returns(world, mila)
    assert close_idle()["kept"] == 1


def test_account_whose_erasure_was_refused_is_kept_for_another_period(
    world: World, mila: User, closing: RightsRequestId
) -> None:
    first, second = world.an_operator("officer"), world.an_operator("lawyer")
    first.proposes(closing, status="refused", reason=RefusalReason.LEGAL_CLAIMS, text="A claim.")
    second.approves(closing)
    work(world, closing, within=DAY)
    close_idle()
    use = use_of(mila)
    assert (use.stage, use.kept_at, use.used_at < world.now - 700 * DAY) == (None, world.now, True)


# --- warnings


@pytest.mark.promise("RET-5")
def test_warning_of_a_killed_run_does_not_count_after_a_use(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    with cloud.hooked("sesv2", "before-call.sesv2.SendEmail", kill), pytest.raises(Killed):
        close_idle()
    world.advance(DAY)
    returns(world, mila)
    world.traveller.move_to(use_of(mila).warnable_from + HOUR)
    close_idle()
    close_idle()
    assert (len(warnings_to(mila)), use_of(mila).closes_at) == (1, world.now + 60 * DAY)


@pytest.mark.promise("RET-5")
def test_outage_between_two_kills_permits_no_third_text(world: World, mila: User) -> None:
    jovan = a_newcomer(world)
    idle_until_warned(world, jovan)
    begun = []
    for _ in range(2):
        with cloud.hooked("sns", "before-call.sns.Publish", kill), pytest.raises(Killed):
            close_idle()
        begun.append(use_of(jovan).sending)
        world.advance(HOUR)
        if len(begun) == 1:
            with cloud.failing("sns", "Publish", THROTTLED):
                close_idle()
            world.advance(HOUR)
    assert begun == [WarningStage.FIRST, WarningStage.LAST]


@pytest.mark.promise("RET-5")
def test_text_of_two_killed_runs_is_not_sent_a_third_time(world: World, mila: User) -> None:
    jovan = a_newcomer(world)
    idle_until_warned(world, jovan)
    for _ in range(2):
        with cloud.hooked("sns", "before-call.sns.Publish", kill), pytest.raises(Killed):
            close_idle()
        world.advance(HOUR)
    close_idle()
    use = use_of(jovan)
    assert (texts_to(world, jovan), use.stage) == (0, WarningStage.LAST)
    assert use.closes_at
    assert use.closes_at > world.now + 119 * DAY


@pytest.mark.promise("RET-5")
def test_text_that_was_not_sent_by_a_killed_run_is_sent_by_the_next(world: World, mila: User) -> None:
    jovan = a_newcomer(world)
    idle_until_warned(world, jovan)
    with cloud.hooked("sns", "before-call.sns.Publish", kill), pytest.raises(Killed):
        close_idle()
    world.advance(HOUR)
    close_idle()
    assert (texts_to(world, jovan), use_of(jovan).stage) == (1, WarningStage.LAST)


def test_silence_of_sns_stops_no_mail(world: World, mila: User) -> None:
    jovan = a_newcomer(world)
    for user in (mila, jovan):
        use = use_of(user)
        older = LastUse(account_id=use.account_id, used_at=world.now - 800 * DAY - (user is jovan) * DAY)
        last_uses.move(use, older, plan.place(older))
    with cloud.failing("sns", "Publish", THROTTLED):
        counts = close_idle()
    assert (counts["complete"], len(warnings_to(mila)), texts_to(world, jovan)) == (0, 1, 0)
    close_idle()
    assert texts_to(world, jovan) == 1


def test_text_that_sns_refuses_adds_60_days(world: World, mila: User, counts: Counter[Metric]) -> None:
    jovan = a_newcomer(world)
    idle_until_warned(world, jovan)
    refused = ClientError({"Error": {"Code": "InvalidParameter", "Message": ""}}, "Publish")
    before = counts[Metric.IDLE_OWNER_WARNED]
    with cloud.failing("sns", "Publish", refused):
        close_idle()
    assert use_of(jovan).closes_at == world.now + 120 * DAY
    assert counts[Metric.IDLE_OWNER_WARNED] == before


def test_bounce_before_the_run_recorded_its_mail_is_delivered_again(world: World, mila: User) -> None:
    idle_until_warned(world, mila)
    with cloud.sent_mail() as sent, cloud.hooked("sesv2", "after-call.sesv2.SendEmail", kill):
        with pytest.raises(Killed):
            close_idle()
        mail = sent[-1]
    with pytest.raises(EntryFailed):
        note_bounces(report_of_mail(mail), None)


def test_bounce_of_a_warning_does_not_touch_an_open_erasure(world: World, mila: User, services: None) -> None:
    idle_until_warned(world, mila)
    close_idle()
    world.advance(46 * DAY)
    with cloud.sent_mail() as sent:
        close_idle()
    use = use_of(mila)
    soon = use.model_copy(update={"closes_at": world.now + DAY})
    last_uses.move(use, soon, plan.place(soon))
    world.advance(DAY)
    close_idle()
    before = use_of(mila)
    note_bounces(report_of_mail(sent[-1]), None)
    assert (use_of(mila), before.stage) == (before, WarningStage.CLOSING)


@pytest.mark.promise("RET-5")
def test_warnings_of_a_closing_that_is_a_month_late_begin_anew(world: World, mila: User) -> None:
    warned_twice(world, mila)
    world.advance(30 * DAY)
    close_idle()  # moves the row
    close_idle()
    use = use_of(mila)
    assert (use.closing, use.stage, use.closes_at) == (None, WarningStage.FIRST, world.now + 60 * DAY)


@pytest.mark.promise("RET-5")
def test_warnings_from_before_a_restore_do_not_stand(world: World, mila: User) -> None:
    warned_twice(world, mila)
    leased = store.IDLE_STATE.lease(world.now)
    store.IDLE_STATE.release(leased, tables="ru4m-test-accounts-of-yesterday")
    assert close_idle()["blocked"] == 1
    close_idle(release=True)
    close_idle()
    close_idle()
    assert (use_of(mila).closing, use_of(mila).stage) == (None, WarningStage.FIRST)


# --- rows


def test_unreadable_account_stays_in_its_list(world: World, mila: User) -> None:
    jovan = a_newcomer(world)
    idle_until_warned(world, jovan)
    close_idle()
    world.advance(60 * DAY)
    key = Key(Table.ACCOUNTS, f"A#{jovan.account_id}", "account")
    sealed = (table.get(key) or {})["sealed"]
    table.write(Change(key, put={"sealed": b"altered" * 9}))
    assert close_idle()["unreadable"] == 1
    table.write(Change(key, put={"sealed": sealed}))
    world.advance(DAY)
    assert close_idle()["closed"] == 1
    assert texts_to(world, jovan) == 1


def test_row_of_an_account_that_does_not_exist_is_deleted(world: World, mila: User) -> None:
    lost = LastUse(account_id=AccountId.new(), used_at=world.now - 900 * DAY)
    place = Key(Table.ACCOUNTS, f"A#{lost.account_id}", "last_use")
    row = last_use_item(mila) | {"account_id": lost.account_id, "used_at": clock.to_text(lost.used_at)}
    table.put_all(Table.ACCOUNTS, [(place, row | {"due_at": clock.to_text(world.now - DAY)})])
    close_idle()
    assert table.get(place) is None


def test_run_ends_at_its_deadline_and_is_not_complete(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle_until_warned(world, mila)
    monkeypatch.setattr(jobs, "LONGEST", -MINUTE)
    counts = close_idle()
    assert (counts["complete"], counts["warned"]) == (0, 0)


def test_table_that_does_not_answer_is_an_error(world: World, mila: User) -> None:
    down = EndpointConnectionError(endpoint_url="https://dynamodb")
    with cloud.failing("dynamodb", "Query", down), pytest.raises(EntryFailed):
        close_idle()


def test_owner_is_not_warned_before_the_period_is_over_whatever_the_row_says(world: World) -> None:
    use = LastUse(account_id=AccountId.new(), used_at=world.now - DAY, stage=WarningStage.LAST)
    early = use.model_copy(update={"warned_for": use.used_at, "closes_at": world.now - DAY})
    assert plan.plan(early, world.now).action is DueAction.MOVE


# --- what is said


def test_subject_sees_that_the_account_was_idle(world: World, mila: User, closing: RightsRequestId) -> None:
    assert returns(world, mila).request(closing)["received_by"] == "inactivity"


def test_neither_mails_nor_certificate_say_that_the_subject_asked(
    world: World, mila: User, closing: RightsRequestId
) -> None:
    work(world, closing)
    path = f"/privacy/certificate?rights_request_id={closing}"
    receipt = {"Rights-Receipt": receipts.of(closing)}
    page = world.call("GET", path, headers=receipt)
    assert page.status == 200
    said = "".join((page.text, *cloud.mails_to(address_of(mila))[-4:]))
    assert [word for word in ("You asked", "you asked", "as requested", "were asked") if word in said] == []


def test_warnings_do_not_freeze_the_account(world: World, mila: User) -> None:
    warned_twice(world, mila)
    assert stored_account(AccountId(mila.account_id)).frozen is None
