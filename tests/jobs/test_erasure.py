"""Erasures: workers advance a request from intake to a signed certificate (RGT-3, STR-5)."""

import json
from datetime import timedelta

import pytest

from chalicelib.core import clock
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.ids import AccountId, UserId
from chalicelib.rights.engine import queue
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.jobs import worker_for
from chalicelib.rights.request import store
from chalicelib.rights.request.model import GUARDS
from chalicelib.rights.request.terms import Destination, Status
from chalicelib.stream import deletion
from chalicelib.stream.deletion import MAX_ATTEMPTS
from infra.stream_emulator import Emulator
from tests.support.cases import erasure_outcomes
from tests.support.cases.erasure_requests import (
    GRACE,
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
    write_late,
    write_until_stopped,
)
from tests.support.clouds import cloud
from tests.support.stream.chat_deletions import ERROR, texts
from tests.support.world.builders import an_address
from tests.support.world.world import User, World

pytestmark = pytest.mark.usefixtures("services")

BEFORE_CAPTURE = ("confirm", "settle", "freeze", "suspend_at_stream", "grace", "capture")
AFTER_CAPTURE = (
    "record_tombstone", "quarantine", "delete_at_stream", "await_stream_deletion", "delete_copies",
    "delete_records", "verify_deletion", "delete_key", "certify",
)  # fmt: skip
# Two of them run in `make test`, the others in `make proof` only.
SAMPLED = [
    step if step in {"quarantine", "verify_deletion"} else pytest.param(step, marks=pytest.mark.proof)
    for step in AFTER_CAPTURE
]


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    """Return a user with data in every table and at Stream."""
    return a_subject(world)


@pytest.mark.promise("RGT-3", "STR-5", "STR-6")
def test_erasure_deletes_everything_here_and_at_stream_and_ends_in_a_certificate(
    world: World, mila: User, stream: Emulator
) -> None:
    begun = world.now
    request_id = asks_for_erasure(mila)
    assert stored_about(mila)
    request = work(world, request_id)
    assert (request.status, request.next_step) == (Status.COMPLETED, None)
    assert stored_about(mila) == []
    assert deletion.is_gone(UserId(mila.user_id))
    assert texts(stream) == []
    found = erasure_outcomes.certificate_of(request_id)
    assert found.begun_at == begun + GRACE
    assert {one.records for one in found.deleted} >= {"account", "profile", "claim", "usage_event"}
    assert by_receipt(mila, request_id).json["status"] == "completed"


@pytest.mark.promise("RGT-3")
def test_proof_follows_the_end_of_the_grace_period_within_an_hour(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    request = work(world, request_id)
    assert request.closed_at
    assert request.closed_at - request.received_at <= GRACE + HOUR


@pytest.mark.promise("RGT-3")
def test_waiver_shortens_the_grace_period_to_a_day(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila, waive_grace=True)
    work(world, request_id, at_step("capture"))
    assert world.now - stored(request_id).received_at == DAY
    assert cloud.records("delivery") == []  # the mark of the confirmation would name the account


@pytest.mark.promise("RGT-3")
def test_account_is_frozen_and_logged_out_until_the_deletion(
    world: World, mila: User, stream: Emulator
) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("grace"))
    assert mila.gets("/v1/profile").problem == "session_ended"
    assert stream.state()["users"][mila.user_id]["deactivated_at"]
    again = world.a_user(mila.phone)
    session = again.session
    assert (session["scope"], session["erasure"]["rights_request_id"]) == ("rights", request_id)
    assert session["erasure"]["ends_at"] == clock.to_text(stored(request_id).received_at + GRACE)
    assert again.gets("/v1/profile").problem == "account_frozen"
    shown = by_receipt(mila, request_id).json
    assert (shown["cancellable"], shown["cancellable_until"]) == (True, session["erasure"]["ends_at"])


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("step", BEFORE_CAPTURE)
def test_cancellation_before_the_point_of_no_return_restores_everything(
    world: World, mila: User, stream: Emulator, step: str
) -> None:
    profile = mila.profile()
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step(step))
    assert cancels(mila, request_id).json["status"] == "cancelled"
    request = work(world, request_id)
    assert (request.status, request.next_step) == (Status.CANCELLED, None)
    again = world.a_user(mila.phone)
    assert (again.user_id, again.session["scope"]) == (mila.user_id, "full")
    assert again.profile() == profile
    assert "deactivated_at" not in stream.state()["users"][mila.user_id]
    assert texts(stream) == ["See you at nine"]


@pytest.mark.promise("RGT-3")
def test_cancellation_leaves_a_restricted_account_restricted(world: World, mila: User) -> None:
    world.set_state(mila, "restricted")
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("grace"))
    cancels(mila, request_id)
    work(world, request_id)
    assert world.a_user(mila.phone).gets("/v1/profile").problem == "restricted"


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("step", SAMPLED)
def test_no_person_can_stop_an_erasure_after_the_point_of_no_return(
    world: World, mila: User, step: str
) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step(step))
    assert cancels(mila, request_id).problem == "too_late"
    alice = world.an_operator("alice")
    assert alice.proposes(request_id, "refused", "JustificationA17LegalClaims").problem == "too_late"
    assert work(world, request_id).status is Status.COMPLETED


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("step", SAMPLED)
def test_signup_on_the_number_during_the_deletion_brings_nothing_back(
    world: World, mila: User, stream: Emulator, step: str
) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step(step))
    challenge = world.asks_for_a_code(mila.phone).json["challenge_id"]
    answer = world.verifies(challenge, world.code_for(mila.phone))
    if answer.status == 201:
        assert answer.json["user_id"] != mila.user_id
    else:
        assert answer.status == 503
    request = work(world, request_id)
    assert request.status is Status.COMPLETED
    assert stored_about(mila) == []
    again = world.a_user(mila.phone)
    assert again.user_id != mila.user_id
    assert again.profile().get("name") is None


@pytest.mark.promise("RGT-3")
def test_other_open_requests_are_answered_first(world: World, mila: User) -> None:
    copy = mila.exercises("access").json["rights_request_id"]
    request_id = asks_for_erasure(mila)
    work(world, request_id, within=2 * HOUR)
    assert at_step("settle")(stored(request_id))
    work(world, copy, lambda request: not request.is_open)
    request = work(world, request_id)
    assert request.status is Status.COMPLETED


@pytest.mark.promise("RGT-3")
def test_copy_waits_until_it_is_fetched_or_expired(world: World, mila: User) -> None:
    asked = mila.exercises("access").json["rights_request_id"]
    work(world, asked, lambda request: not request.is_open)
    world.advance(timedelta(seconds=1))
    request_id = asks_for_erasure(mila.is_stepped_up())
    work(world, request_id, at_step("capture"))
    assert world.now - stored(request_id).received_at >= GRACE  # longer than a copy is kept


@pytest.mark.promise("RGT-3")
def test_waived_grace_does_not_wait_for_a_copy(world: World, mila: User) -> None:
    asked = mila.exercises("access").json["rights_request_id"]
    work(world, asked, lambda request: not request.is_open)
    request_id = asks_for_erasure(mila.is_stepped_up(), waive_grace=True)
    work(world, request_id, at_step("record_tombstone"))
    assert world.now - stored(request_id).received_at <= DAY + MINUTE


@pytest.mark.promise("RGT-3")
def test_no_request_can_be_made_after_the_point_of_no_return(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("capture"))
    again = world.a_user(mila.phone).is_stepped_up()
    made = again.exercises("access")
    assert made.status == 202
    work(world, request_id, within=HOUR)
    assert at_step("capture")(stored(request_id))
    again.verified["receipt"] = made.json["receipt"]
    assert cancels(again, made.json["rights_request_id"]).status == 200
    work(world, request_id, at_step("quarantine"))
    account_id = AccountId(mila.account_id)
    assert store.open_requests_of(account_id) == dict.fromkeys(GUARDS, request_id)


@pytest.mark.promise("RGT-3")
def test_late_write_is_found_and_deleted_before_the_certificate(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("verify_deletion"))
    write_late(mila)
    request = work(world, request_id)
    assert (request.status, notes(request_id).found_again) == (Status.COMPLETED, 1)
    assert stored_about(mila) == []
    assert "verify_deletion_returned" in events(request_id)


@pytest.mark.proof
@pytest.mark.promise("RGT-3")
def test_writer_that_never_ends_stops_the_erasure_for_an_operator(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    write_until_stopped(world, mila, request_id)
    assert erasures.certificate_of(request_id) is None


@pytest.mark.promise("STR-5")
def test_user_whom_stream_finds_again_is_deleted_again(world: World, mila: User, stream: Emulator) -> None:
    stream.fault(path="/users/delete", status=404, code=16)  # without "was deleted": the id is not burned
    not_found = json.dumps({"users": []})
    stream.fault(method="GET", path="/users", status=200, body=not_found)
    request_id = asks_for_erasure(mila)
    work(world, request_id)
    assert notes(request_id).found_again == 1
    assert deletion.is_gone(UserId(mila.user_id))


@pytest.mark.promise("STR-5")
def test_stream_that_never_confirms_stops_the_erasure_and_a_retry_finishes_it(
    world: World, mila: User, stream: Emulator
) -> None:
    stream.spoil_tasks(MAX_ATTEMPTS, results={mila.user_id: ERROR})
    request_id = asks_for_erasure(mila)
    work(world, request_id, is_stopped)
    assert at_step("await_stream_deletion")(stored(request_id))
    assert world.an_operator("alice").calls("POST", f"/{request_id}/retry").status == 200
    assert work(world, request_id).status is Status.COMPLETED


@pytest.mark.promise("STR-5")
def test_unproven_erasure_is_recorded_each_day(world: World, mila: User, stream: Emulator) -> None:
    stream.spoil_tasks(MAX_ATTEMPTS, results={mila.user_id: ERROR})
    request_id = asks_for_erasure(mila)
    work(world, request_id, is_stopped)
    work(world, request_id, within=3 * DAY)
    assert events(request_id).count("unproven") >= 3


@pytest.mark.promise("STR-5")
def test_stopped_and_unproven_erasure_is_counted_by_each_sweep_until_it_is_done(
    world: World, mila: User, stream: Emulator
) -> None:
    def swept() -> tuple[int, int]:
        stuck = queue.sweep().stuck
        return stuck.stopped, stuck.unproven

    stream.spoil_tasks(MAX_ATTEMPTS, results={mila.user_id: ERROR})
    request_id = asks_for_erasure(mila)
    assert swept() == (0, 0)
    work(world, request_id, is_stopped)
    assert swept() == (1, 0)
    work(world, request_id, within=2 * DAY)
    assert swept() == (1, 1)  # also while it is stopped
    assert world.an_operator("alice").calls("POST", f"/{request_id}/retry").status == 200
    work(world, request_id)
    assert swept() == (0, 0)


@pytest.mark.proof
@pytest.mark.promise("RGT-3")
def test_inputs_of_a_stuck_erasure_are_kept(world: World, mila: User, stream: Emulator) -> None:
    stream.spoil_tasks(MAX_ATTEMPTS, results={mila.user_id: ERROR})
    request_id = asks_for_erasure(mila)
    work(world, request_id, is_stopped)
    work(world, request_id, within=20 * DAY)
    assert erasures.inputs_of(request_id)


@pytest.mark.promise("RGT-3")
def test_inputs_and_guards_are_deleted_at_the_end(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id)
    assert erasures.inputs_of(request_id) is None
    assert not [item for item in cloud.all_items() if "open#" in json.dumps(item, default=str)]


@pytest.mark.promise("RGT-3", "RGT-11")
def test_erasure_requested_by_letter_is_completed(world: World, mila: User) -> None:
    alice = world.an_operator("alice")
    body = {"user_id": mila.user_id, "right": "erasure", "received_by": "letter", "received_on": "2026-11-23"}
    entered = alice.calls("POST", body=body)
    assert entered.status == 201
    world.an_operator("bob").notes_identity(entered.json["rights_request_id"])
    assert work(world, entered.json["rights_request_id"]).status is Status.COMPLETED
    assert stored_about(mila) == []


@pytest.mark.promise("RGT-10")
def test_refused_erasure_restores_the_account(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("grace"))
    alice, bob = world.an_operator("alice"), world.an_operator("bob")
    assert alice.proposes(request_id, "refused", "JustificationA17LegalClaims").status == 200
    assert bob.approves(request_id).status == 200
    request = work(world, request_id)
    assert (request.status, request.next_step) == (Status.REFUSED, None)
    assert world.a_user(mila.phone).profile()["user_id"] == mila.user_id


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("status", ["completed", "partially_completed"])
def test_no_operator_can_declare_an_erasure_complete(world: World, mila: User, status: str) -> None:
    request_id = asks_for_erasure(mila)
    reason = None if status == "completed" else "JustificationA17LegalClaims"
    refused = world.an_operator("alice").proposes(request_id, status, reason)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/status")


@pytest.mark.promise("RGT-3")
def test_subject_gets_a_mail_at_once_and_one_at_the_end(world: World, stream: Emulator) -> None:
    mila, address = world.a_user(), an_address()
    mila.has_email(address)
    request_id = asks_for_erasure(mila.is_stepped_up())
    before = len(world.mails_to(address))
    work(world, request_id, at_step("settle"))
    (confirmation,) = world.mails_to(address)[before:]
    assert f"#{request_id}" in confirmation
    work(world, request_id)
    assert len(world.mails_to(address)) == before + 2


@pytest.mark.promise("RGT-3")
def test_subject_without_a_mailbox_gets_texts(world: World, stream: Emulator) -> None:
    mila = world.a_user().is_stepped_up()
    request_id = asks_for_erasure(mila)
    before = len(world.messages_to(mila.phone))
    work(world, request_id)
    confirmation, end = world.messages_to(mila.phone)[before:]
    assert f"#{request_id}" in confirmation
    assert f"#{request_id}" in end


@pytest.mark.promise("RGT-11")
def test_number_of_an_idle_account_gets_the_warning_and_no_receipt(world: World, stream: Emulator) -> None:
    mila = world.a_user()
    world.advance(120 * DAY)
    before = len(world.messages_to(mila.phone))
    body = {"user_id": mila.user_id, "right": "erasure", "received_by": "letter", "received_on": "2027-03-20"}
    entered = world.an_operator("alice").calls("POST", body=body).json["rights_request_id"]
    world.an_operator("bob").notes_identity(entered)
    assert work(world, entered).status is Status.COMPLETED
    (warning,) = world.messages_to(mila.phone)[before:]
    assert "without signing in" in warning


@pytest.mark.promise("SEC-1")
def test_history_of_an_erasure_has_no_personal_values(world: World, mila: User) -> None:
    request_id = asks_for_erasure(mila)
    email = mila.profile()["email"]
    work(world, request_id)
    written = json.dumps(
        [i for i in cloud.all_items() if "tombstone#" in str(i) or "rights#" in str(i)], default=str
    )
    for secret in ("Milica", mila.phone, email):
        assert secret not in written


def test_worker_of_erasures_runs_the_steps_of_erasures_and_no_others() -> None:
    """No other worker may delete keys or sign certificates, so the list is literal."""
    assert worker_for(Destination.ERASURES).steps.keys() == {
        "confirm", "settle", "freeze", "suspend_at_stream", "grace",
        "capture", "record_tombstone", "quarantine", "delete_at_stream", "await_stream_deletion", "keep_held",
        "delete_copies", "delete_records", "verify_deletion", "delete_key", "certify", "notify", "forget",
        "await_lapse", "thaw", "confirm_cancellation", "resume_at_stream",
    }  # fmt: skip
