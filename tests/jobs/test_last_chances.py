"""SES and SNS take no message for hours: warnings are sent later, and what they warn of comes later too."""

from __future__ import annotations

import pytest

from chalicelib.accounts.model import WarningStage
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import RightsRequestId
from chalicelib.operations.breaches import notices
from chalicelib.operations.mail_jobs import note_bounces
from chalicelib.rights.request.notes import RequestAnnouncement
from chalicelib.rights.request.terms import Status
from infra.stream_emulator import Emulator
from tests.support.cases.breaches import an_announced_breach, closes, evidence_of, run
from tests.support.cases.erasure_requests import (
    at_step,
    notes,
    said,
    stored,
    work,
    work_for,
)
from tests.support.cases.guests import enters, requests
from tests.support.clouds.cloud import sent_mail
from tests.support.faults.outages import silence
from tests.support.jobs.events import report_of_mail
from tests.support.jobs.idle_accounts import (
    a_newcomer,
    an_idle_owner,
    be_fast,
    close_idle,
    use_of,
)
from tests.support.stream.emulated_app import apply_to
from tests.support.world.builders import a_device, a_phone, an_address
from tests.support.world.operators import Operator
from tests.support.world.world import User, World

HOURS = [pytest.param(hours, marks=pytest.mark.proof) for hours in (1, 14, 60)]
RECOVERY = 72 * HOUR  # in which an owner who was warned can object
GRACE = 7 * DAY


# --- idle accounts


@pytest.mark.promise("RET-5")
@pytest.mark.parametrize("hours", HOURS)
def test_outage_makes_the_closing_of_an_idle_account_later(world: World, services: None, hours: int) -> None:
    be_fast()
    mila = an_idle_owner(world)
    jovan = a_newcomer(world)  # without an address
    texts = len(world.messages_to(jovan.phone))
    world.traveller.move_to(use_of(jovan).warnable_from)
    run_silently(world, hours)
    assert (use_of(mila).stage, use_of(jovan).stage) == (None, None)
    close_idle()
    warned_at = world.now
    assert use_of(mila).closes_at == use_of(jovan).closes_at == warned_at + 60 * DAY
    world.advance(46 * DAY)
    run_silently(world, hours)
    close_idle()
    assert use_of(mila).closes_at == world.now + 14 * DAY > warned_at + 60 * DAY
    assert (use_of(jovan).stage, len(world.messages_to(jovan.phone)) - texts) == (WarningStage.LAST, 1)
    world.advance(14 * DAY)
    with silence():
        assert close_idle()["closed"] == 2
        closings = [use.closing for use in map(use_of, (mila, jovan)) if use.closing]
        work_for(world, closings, hours * HOUR)
    of_mila, of_jovan = closings
    work(world, of_mila, lambda one: RequestAnnouncement.CONFIRMATION in one.notes.mails, within=HOUR)
    confirmed_at = world.now
    assert said(of_mila, "confirm_done")["not_taken"] == 1
    assert said(of_jovan, "confirm_done")["not_reachable"] == 1  # the number may have a new owner
    assert work(world, of_mila).status is Status.COMPLETED
    assert (notes(of_mila).captured_at or confirmed_at) >= confirmed_at + GRACE


def run_silently(world: World, hours: int) -> None:
    """Let hours pass in which the job runs and no message is taken."""
    with silence():
        for _ in range(5):
            assert close_idle()["warned"] == 0
            world.advance(hours * HOUR / 5)


# --- breaches


@pytest.mark.promise("SEC-4")
@pytest.mark.usefixtures("one_shard", "pauses")
@pytest.mark.parametrize("hours", HOURS)
def test_notice_of_a_breach_is_owed_until_its_mail_is_taken(
    world: World, alice: Operator, bob: Operator, hours: int
) -> None:
    mila, vuk = world.a_user(), world.a_user()
    mila.has_email(an_address())
    breach_id = an_announced_breach(alice, bob)
    with silence():
        for _ in range(hours):
            run()
            world.advance(HOUR)
    assert [event for event, _ in evidence_of(breach_id)].count("subjects_notified") == 0
    assert "subjects" in closes(alice, breach_id).json["open"]
    shown = [
        one["breach_notice_id"] for one in mila.signs_in_again().gets("/v1/breach-notices").json["items"]
    ]
    assert shown == ([breach_id] if hours * HOUR > DAY else [])
    with sent_mail() as mails:
        for _ in range(4):
            run()
            world.advance(notices.UNTIL_NEXT_ROUND)
    assert len(mails) == 1
    assert evidence_of(breach_id)[-1] == ("subjects_notified", {"mailed": 1, "shown": 1, "absent": 0})
    assert vuk.signs_in_again().gets("/v1/breach-notices").json["items"]


# --- erasures without a session


@pytest.fixture
def at_the_stage(world: World, stream: Emulator, services: None) -> None:
    apply_to(stream)


def entered(world: World, user: User) -> RightsRequestId:
    """Return the erasure of a user that two operators entered today."""
    alice, bob = world.an_operator("alice"), world.an_operator("bob")
    made = enters(alice, "erasure", user_id=user.user_id, received_on=f"{world.now:%Y-%m-%d}")
    assert made.status == 201, made.text
    assert bob.notes_identity(made.json["rights_request_id"]).json["status"] == "in_progress"
    return RightsRequestId(made.json["rights_request_id"])


@pytest.mark.promise("RGT-3", "RGT-11")
@pytest.mark.usefixtures("at_the_stage")
@pytest.mark.parametrize("hours", HOURS)
def test_owner_has_three_days_from_the_warning_of_a_request_without_a_session(
    world: World, hours: int
) -> None:
    """One is entered by operators, one is made by mailbox and known device, one by the number."""
    ana, vuk = world.a_user(), world.a_user(device=(device := a_device()))
    iva = world.a_user()
    vuk.has_had_email(address := an_address())
    iva.has_had_email(an_address())
    by_letter = entered(world, ana)
    by_mailbox = RightsRequestId(
        requests(world, "erasure", email=address, device_id=device["device_id"]).json["rights_request_id"]
    )
    by_number = RightsRequestId(
        requests(world, "rectification", phone=iva.phone, changes={"name": "Iva"}).json["rights_request_id"]
    )
    three = (by_letter, by_mailbox, by_number)
    with silence():
        work_for(world, three, hours * HOUR)
    outage_ended = world.now
    assert [at_step("warn")(stored(one)) for one in three] == [True] * 3
    with sent_mail() as mails:
        work_for(world, three, HOUR)
    for one in mails:
        note_bounces(report_of_mail(one, "Delivery"), None)
    work_for(world, three, 2 * HOUR)
    assert min(stored(one).notes.cools_until or outage_ended for one in three) >= outage_ended + RECOVERY
    work_for(world, three, RECOVERY - 3 * HOUR)
    waiting = zip(three, ("grace", "grace", "cool_down"), strict=True)
    assert [at_step(step)(stored(one)) for one, step in waiting] == [True] * 3
    assert [work(world, one).status for one in three] == [Status.COMPLETED] * 3


@pytest.mark.promise("RGT-3", "RGT-11")
@pytest.mark.usefixtures("at_the_stage")
@pytest.mark.parametrize("hours", HOURS)
def test_answer_is_sent_after_an_outage_or_the_evidence_says_why_not(world: World, hours: int) -> None:
    """A person without an account gets it in any case: it says more than the message of the owner does."""
    by_letter, phone = entered(world, vuk := world.a_user()), a_phone()
    work(world, by_letter, at_step("notify"))
    by_guest = RightsRequestId(requests(world, "erasure", phone=phone).json["rights_request_id"])
    texts = [len(world.messages_to(one)) for one in (vuk.phone, phone)]
    with silence():
        work_for(world, [by_letter, by_guest], hours * HOUR)
    work_for(world, [by_letter, by_guest], HOUR)
    is_given_up = hours >= 12
    sent = [len(world.messages_to(one)) for one in (vuk.phone, phone)]
    assert sent == [texts[0] + (not is_given_up), texts[1] + 1]
    assert said(by_letter, "notify_done")["not_reachable" if is_given_up else "sent_by_text"] == 1
    assert said(by_guest, "announce_done")["announced_by_text"] == 1
    assert stored(by_guest).contact is None


@pytest.mark.promise("RGT-10")
@pytest.mark.usefixtures("at_the_stage")
@pytest.mark.parametrize("hours", [1, *HOURS[1:]])
def test_proof_is_asked_for_after_an_outage_by_few_attempts(world: World, hours: int) -> None:
    mila = world.a_user()
    mila.has_had_email(address := an_address())
    request_id = RightsRequestId(requests(world, "access", phone=mila.phone).json["rights_request_id"])
    with silence():
        work_for(world, [request_id], hours * HOUR)
    work_for(world, [request_id], HOUR)
    assert sum("waits for proof" in one for one in world.mails_to(address)) == 1
    assert stored(request_id).version < 100 + 20 * hours
