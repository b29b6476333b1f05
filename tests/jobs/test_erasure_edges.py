"""Edge cases of erasures: silent services, strangers, altered items, deadlines, expired inputs."""

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.core import aws, clock
from chalicelib.core.chain import Chain
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.ids import UserId
from chalicelib.rights.engine import engine
from chalicelib.rights.erasure import delete
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.erasure.certificates.model import Remaining
from chalicelib.rights.request.terms import Status
from chalicelib.stream import deletion
from chalicelib.stream.model import StreamReport
from infra.stream_emulator import Emulator
from tests.support.cases import erasure_outcomes, erasure_parts
from tests.support.cases.erasure_requests import (
    a_subject,
    asks_for_erasure,
    at_step,
    by_receipt,
    cancels,
    events,
    is_stopped,
    notes,
    stored,
    stored_about,
    work,
)
from tests.support.clouds import cloud
from tests.support.faults.crash import Killed
from tests.support.patches import failing_at
from tests.support.stream.chat_deletions import ended
from tests.support.world.builders import a_device
from tests.support.world.ledger import alter_newest
from tests.support.world.world import User, World

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("services")]  # takes long


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    """Return a user with data in every table and at Stream."""
    return a_subject(world)


def throttled() -> ClientError:
    return ClientError({"Error": {"Code": "TooManyRequestsException"}}, "SendEmail")


def enters(world: World, user: User, right: str, received_on: str = "2026-11-24", **more: Any) -> Any:
    letter = {"user_id": user.user_id, "received_by": "letter", "received_on": received_on}
    body = {**letter, "right": right, **more}
    entered = world.an_operator("alice").calls("POST", body=body)
    assert entered.status == 201, entered.text
    return entered.json["rights_request_id"]


def put(table: str, item: dict[str, Any]) -> None:
    """Overwrite an item, as someone with access to the table could."""
    aws.client("dynamodb").put_item(TableName=f"ru4m-test-{table}", Item=item)


# --- messages


@pytest.mark.promise("RGT-3")
def test_confirmation_is_sent_again_after_a_kill_between_mail_and_note(world: World, mila: User) -> None:
    request_id, address = asks_for_erasure(mila), mila.profile()["email"]
    before = len(world.mails_to(address))
    with failing_at(engine, "_record_done", Killed), pytest.raises(Killed):
        work(world, request_id)
    work(world, request_id, at_step("settle"))
    assert len(world.mails_to(address)) == before + 2


@pytest.mark.promise("RGT-3")
def test_text_is_sent_if_mail_is_not_accepted_for_hours(world: World, mila: User) -> None:
    request_id, texts = asks_for_erasure(mila), len(world.messages_to(mila.phone))
    with cloud.failing("sesv2", "SendEmail", throttled()):
        frozen = work(world, request_id, at_step("grace"))
        assert frozen.received_at == world.now  # the freeze does not wait
        work(world, request_id, lambda _: len(world.messages_to(mila.phone)) > texts, within=DAY)
    assert timedelta(hours=6) <= world.now - frozen.received_at <= timedelta(hours=8)
    assert notes(request_id).grace_ends_at == world.now + 7 * DAY
    frozen_for = erasure_parts.stored_account(mila.account_id).frozen
    assert frozen_for
    assert frozen_for.ends_at == world.now + 7 * DAY


@pytest.mark.promise("RGT-3")
def test_owner_gets_a_mail_about_a_cancellation(world: World, mila: User) -> None:
    request_id, address = asks_for_erasure(mila), mila.profile()["email"]
    work(world, request_id, at_step("grace"))
    cancels(mila, request_id)
    work(world, request_id)
    assert "cancelled" in world.mails_to(address)[-1]


@pytest.mark.promise("RGT-10")
def test_extension_of_an_erasure_reaches_the_subject_of_a_frozen_account(world: World, mila: User) -> None:
    request_id, address = asks_for_erasure(mila), mila.profile()["email"]
    work(world, request_id, at_step("grace"))
    before = len(world.mails_to(address))
    assert world.an_operator("alice").extends(request_id, 30).status == 200
    work(world, request_id, within=HOUR)
    assert len(world.mails_to(address)) == before + 1


@pytest.mark.promise("RGT-10")
def test_refusal_reaches_the_subject_although_stream_is_down(
    world: World, mila: User, stream: Emulator
) -> None:
    request_id, address = asks_for_erasure(mila), mila.profile()["email"]
    work(world, request_id, at_step("grace"))
    alice, bob = world.an_operator("alice"), world.an_operator("bob")
    alice.proposes(request_id, "refused", "JustificationA17LegalClaims")
    bob.approves(request_id)
    before = len(world.mails_to(address))
    stream.fault(path="/users", times=500, status=503)
    work(world, request_id, within=HOUR)
    assert len(world.mails_to(address)) == before + 1


# --- strangers


@pytest.mark.promise("RGT-11")
def test_device_that_signed_in_after_the_letter_does_not_open_an_idle_account(world: World) -> None:
    mila = world.a_user()
    world.advance(120 * DAY)
    # It waits for a decision of operators, and the erasure waits for it.
    enters(world, mila, "objection", "2027-03-20", purposes=["security"])
    request_id = enters(world, mila, "erasure", "2027-03-20")
    world.an_operator("bob").notes_identity(request_id)
    work(world, request_id, at_step("settle"))
    stranger = a_device()
    assert world.a_user(mila.phone, stranger).session["scope"] == "waiting"  # not frozen yet
    work(world, request_id, at_step("suspend_at_stream"))
    challenge = world.asks_for_a_code(mila.phone, stranger).json["challenge_id"]
    answer = world.verifies(challenge, world.code_for(mila.phone), device_id=stranger["device_id"])
    assert answer.status == 503
    assert "erasure" not in answer.text


# --- the deadline


@pytest.mark.proof
@pytest.mark.promise("RGT-10")
def test_open_request_that_is_never_answered_is_given_up_before_the_deadline(
    world: World, mila: User
) -> None:
    other = enters(world, mila, "objection", purposes=["security"])
    request_id = asks_for_erasure(mila)
    request = work(world, request_id, lambda found: not found.is_open, within=60 * DAY)
    assert request.status is Status.COMPLETED
    assert request.closed_at
    assert request.closed_at <= request.clock.due_at(request.closed_at)
    assert stored(other).status is Status.CANCELLED
    assert "given_up_for_erasure" in events(other)


# --- what was captured


@pytest.mark.promise("RGT-3")
def test_expired_inputs_are_captured_again_while_the_account_is_stored(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("record_tombstone"))
    world.advance(9 * DAY)
    assert erasures.inputs_of(request_id) is None
    assert work(world, request_id).status is Status.COMPLETED
    assert stored_about(mila) == []


@pytest.mark.promise("RGT-3")
def test_expired_inputs_of_a_deleted_account_stop_the_erasure(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("certify"))
    world.advance(9 * DAY)
    assert is_stopped(work(world, request_id, is_stopped))


@pytest.mark.promise("RGT-3")
def test_unreadable_profile_does_not_prevent_the_erasure(world: World, mila: User) -> None:
    profile = next(i for i in cloud.all_items() if i.get("kind") == {"S": "profile"})
    put("accounts", {**profile, "sealed": {"B": b"altered" * 9}})
    request_id = asks_for_erasure(mila)
    assert work(world, request_id).status is Status.COMPLETED
    assert not [text for text in stored_about(mila) if '"email#' not in text]


# --- the certificate


@pytest.mark.promise("RGT-3")
def test_altered_tombstone_does_not_prevent_the_certificate(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("certify"))
    tombstone_id = notes(request_id).tombstone
    assert tombstone_id
    alter_newest(Chain("tombstone", tombstone_id))
    assert work(world, request_id).status is Status.COMPLETED


@pytest.mark.promise("RGT-3")
def test_certificate_names_the_subjects_other_requests(world: World, mila: User) -> None:
    asked = mila.exercises("access").json["rights_request_id"]
    work(world, asked, lambda request: not request.is_open)
    mila.is_stepped_up()
    request_id = asks_for_erasure(mila, waive_grace=True)
    work(world, request_id)
    remains = {one.what for one in erasure_outcomes.certificate_of(request_id).remains}
    assert Remaining.OTHER_REQUESTS in remains
    assert Remaining.STREAM_EXPORTS in remains


@pytest.mark.promise("STR-5")
def test_absent_user_after_an_earlier_request_is_reported_as_not_found(world: World) -> None:
    unknown = UserId.new()
    found = ended(world, unknown, deletion.start(unknown, first_asked_at=clock.now()))
    assert getattr(found, "user", None) is StreamReport.NOT_FOUND


@pytest.mark.promise("STR-5")
def test_request_to_stream_is_noted_before_it_is_sent(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("delete_at_stream"))
    with failing_at(deletion, "start", Killed), pytest.raises(Killed):
        work(world, request_id)
    assert notes(request_id).stream_asked_at


# --- much work


@pytest.mark.promise("RGT-3")
def test_erasure_ends_although_each_run_handles_one_request_only(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delete, "_SLICE", 0 * MINUTE)
    for _ in range(3):
        made = mila.exercises("portability").json["rights_request_id"]
        mila.calls("POST", f"/v1/rights-requests/{made}/cancel")
    request_id = asks_for_erasure(mila)
    request = work(world, request_id)
    assert request.status is Status.COMPLETED
    assert "delete_copies_waits" in events(request_id)
    assert by_receipt(mila, request_id).json["status"] == "completed"
    assert json.dumps(stored_about(mila)) == "[]"
