"""SES and SNS take no message for hours: each last chance is announced later, or the evidence says why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import RightsRequestId
from chalicelib.messages import mail, sms
from chalicelib.messages.sms import TextRefused
from chalicelib.operations.mail_jobs import note_bounces
from chalicelib.rights.request.notes import RestraintNotes
from chalicelib.rights.request.terms import Status
from infra.stream_emulator import Emulator
from tests.support import patches
from tests.support.cases.erasure_parts import stored_account
from tests.support.cases.erasure_requests import (
    asks_for_erasure,
    at_step,
    notes,
    said,
    stored,
    work,
    work_for,
)
from tests.support.cases.restrictions import restricts
from tests.support.clouds.cloud import sent_mail
from tests.support.faults.outages import silence
from tests.support.jobs.events import report_of_mail
from tests.support.patches import fail_at
from tests.support.stream.emulated_app import apply_to
from tests.support.world.builders import an_address
from tests.support.world.operators import Operator
from tests.support.world.world import User, World

pytestmark = [pytest.mark.usefixtures("services"), pytest.mark.promise("RGT-3")]

STATES = ("confirm", "settle", "freeze", "suspend_at_stream", "grace", "capture")


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    apply_to(stream)
    return world.a_user()


@pytest.mark.proof
@pytest.mark.parametrize("hours", [1, 14, 60])
@pytest.mark.parametrize(
    ("channel", "state"), [*(("mailbox", state) for state in STATES), ("number", "confirm")]
)
def test_erasure_is_final_only_after_its_subject_had_the_time_to_cancel(
    world: World, mila: User, state: str, hours: int, channel: str
) -> None:
    if channel == "mailbox":
        mila.has_email(an_address())
    request_id = asks_for_erasure(mila.is_stepped_up())
    sent = accepted(world, request_id)
    work(world, request_id, at_step(state))
    with silence():
        work_for(world, [request_id], hours * HOUR)
    work(world, request_id, lambda one: one.notes.is_irrevocable)
    captured_at = notes(request_id).captured_at
    assert captured_at
    assert captured_at >= sent[0] + 7 * DAY


def accepted(world: World, request_id: str) -> list[datetime]:
    """Return the list of the times at which a provider takes a message with the link to the request."""
    times, send_mail, send_text = list[datetime](), mail.send, sms.send

    def send(letter: Any, *more: Any, **named: Any) -> None:
        (send_mail if hasattr(letter, "subject") else send_text)(letter, *more, **named)
        if f"#{request_id}" in repr(getattr(letter, "link", "")) + getattr(letter, "text", ""):
            times.append(world.now)

    patches.current().setattr(mail, "send", send)
    patches.current().setattr(sms, "send", send)
    return times


def test_account_is_frozen_during_an_outage_and_the_time_to_cancel_begins_after_it(
    world: World, mila: User
) -> None:
    request_id = asks_for_erasure(mila.is_stepped_up())
    with silence():
        work(world, request_id, at_step("grace"))
        assert stored_account(mila.account_id).state == "frozen"
        work_for(world, [request_id], 60 * HOUR)
        assert at_step("grace")(stored(request_id))
    outage_ended = world.now
    work(world, request_id, lambda one: "confirmation" in one.notes.mails, within=HOUR)
    frozen = stored_account(mila.account_id).frozen
    assert frozen
    assert frozen.ends_at == notes(request_id).grace_ends_at
    assert frozen.ends_at >= outage_ended + 7 * DAY
    assert said(request_id, "confirmed_late")["sent_by_text"] == 1


def test_outage_until_the_deadline_is_in_the_evidence(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila.is_stepped_up())
    with silence():
        work(world, request_id, at_step("grace"))
        world.traveller.move_to(stored(request_id).clock.due_at(world.now) - 26 * HOUR)
        work(world, request_id, at_step("capture"))
    due = stored(request_id).clock.due_at(world.now)
    assert due - DAY <= world.now < due
    assert said(request_id, "confirm_done")["not_taken"] == 1
    assert said(request_id, "grace_done")["unannounced"] == 1


def test_refusal_for_good_on_every_channel_ends_the_duty(world: World, mila: User) -> None:
    request_id, asked = asks_for_erasure(mila.is_stepped_up()), world.now
    fail_at(sms, "send", TextRefused)
    assert work(world, request_id).status is Status.COMPLETED
    assert notes(request_id).captured_at == asked + 7 * DAY
    assert said(request_id, "confirm_done")["not_reachable"] == 1


def test_confirmation_that_came_back_is_sent_by_text_and_the_time_begins_anew(
    world: World, mila: User
) -> None:
    mila.has_email(an_address())
    request_id = asks_for_erasure(mila.is_stepped_up())
    with sent_mail() as mails:
        work(world, request_id, at_step("grace"))
    before = len(world.messages_to(mila.phone))
    note_bounces(report_of_mail(mails[-1]), None)
    world.advance(HOUR)
    work(world, request_id, lambda _: len(world.messages_to(mila.phone)) > before, within=HOUR)
    assert str(request_id) in world.messages_to(mila.phone)[-1]
    assert notes(request_id).grace_ends_at == world.now + 7 * DAY


@pytest.mark.promise("RGT-4")
@pytest.mark.parametrize("hours", [*(pytest.param(some, marks=pytest.mark.proof) for some in (1, 14)), 60])
def test_restriction_ends_no_sooner_than_its_notice_after_an_outage(
    world: World, mila: User, alice: Operator, bob: Operator, hours: int
) -> None:
    mila.has_email(an_address())
    request_id = RightsRequestId(restricts(mila))
    work(world, request_id)
    alice.proposes_lifting(request_id)
    bob.approves_lifting(request_id)
    with silence():
        work_for(world, [request_id], hours * HOUR)
    with sent_mail() as mails:
        work(world, request_id, lambda _: bool(mails), within=HOUR)
    announced_at = world.now
    work_for(world, [request_id], 71 * HOUR)
    assert _restraint(request_id).ended_at is None
    work_for(world, [request_id], 2 * HOUR)
    assert (_restraint(request_id).ended_at or announced_at) >= announced_at + 72 * HOUR


def _restraint(request_id: str) -> RestraintNotes:
    found = stored(RightsRequestId(request_id)).notes
    assert isinstance(found, RestraintNotes)
    return found
