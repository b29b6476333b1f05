"""Tests what the worker does for restrictions: Stream, preserved data, the answer, and the end."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from chalicelib.core import aws, clock
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.ids import AccountId, RightsRequestId, UserId
from chalicelib.core.settings import settings
from chalicelib.privacy import pins
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.erasure import delete
from chalicelib.rights.erasure.idle import closings
from chalicelib.rights.request import files, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import RestraintNotes
from chalicelib.rights.request.terms import Status
from chalicelib.rights.steps.duties import pinned_end
from chalicelib.stream.model import StreamUnavailable
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_parts import stored_account
from tests.support.cases.guests import enters
from tests.support.cases.recycled import returns_after_years
from tests.support.cases.restrictions import events, lifts, restricts, work, work_for
from tests.support.clouds import cloud
from tests.support.patches import failing_at
from tests.support.stream.chat import Chatters
from tests.support.world.builders import an_address, an_event
from tests.support.world.commands import Commands, Wire
from tests.support.world.usage import store_singly
from tests.support.world.world import User, World

HELLO = "See you at nine"


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    """Return a user who chats, submits usage and has a mail address."""
    mila = world.begin(mila_here)
    chat = Chatters({"Mila": UserId(mila.user_id)})
    chat.meet("Mila", "Vera")
    chat.says("Mila", HELLO)
    chat.says("Vera", "A secret of Vera's")
    return mila


def mila_here(world: World) -> User:
    mila = world.a_user()
    mila.verified["address"] = an_address()
    mila.has_email(mila.verified["address"])
    mila.consents("analytics")
    mila.submits_usage(an_event(screen="home"))
    return mila


def notes(request: RightsRequest) -> RestraintNotes:
    assert isinstance(request.notes, RestraintNotes)
    return request.notes


def is_deactivated(stream: Emulator, user: User) -> bool:
    return bool(stream.user(user.user_id)["state"] == "deactivated")


def preserved(request_id: str) -> str | None:
    """Return the preserved messages, or None if there is no file."""
    try:
        found = aws.client("s3").get_object(
            Bucket=settings().export_bucket(), Key=files.preserved_key_of(RightsRequestId(request_id))
        )
    except aws.client("s3").exceptions.NoSuchKey:
        return None
    return zipfile.ZipFile(io.BytesIO(found["Body"].read())).read("chat/messages.ndjson").decode()


def returns(mila: User) -> User:
    """Return the user with a new session, since access tokens last minutes."""
    return returns_after_years(mila, mila.verified.get("address", ""))


@pytest.mark.promise("RGT-4", "STR-3", "STR-6")
def test_restriction_of_all_suspends_the_user_and_is_answered(
    world: World, mila: User, stream: Emulator
) -> None:
    request = work(world, request_id := restricts(mila))
    assert is_deactivated(stream, mila)
    assert (request.status, request.next_step and request.next_step.name) == (Status.COMPLETED, "uphold")
    assert events(request_id) == ["received", "restrict_at_stream_done", "conclude_done", "announce_done"]
    assert "end the restriction" in mila.request(request_id)["decision"]["text"]


@pytest.mark.promise("RGT-4")
def test_end_of_the_restriction_resumes_the_user_twice(world: World, mila: User, stream: Emulator) -> None:
    work(world, request_id := restricts(mila))
    lifts(mila, request_id)
    request = work(world, request_id)
    assert not is_deactivated(stream, mila)
    assert request.next_step is None
    assert notes(request).resumed_at
    calls = [request["operation"] for request in stream.requests(principal="server")]
    assert calls.count("ReactivateUser") == 2
    assert mila.gets("/v1/profile").status == 200


@pytest.mark.promise("RGT-4")
def test_end_of_one_of_two_restrictions_leaves_the_user_suspended(
    world: World, mila: User, stream: Emulator
) -> None:
    work(world, first := restricts(mila))
    work(world, second := restricts(mila, "c"))
    lifts(mila, first)
    work(world, first)
    assert is_deactivated(stream, mila)
    lifts(mila, second)
    work(world, second)
    assert not is_deactivated(stream, mila)


@pytest.mark.promise("RGT-4")
@pytest.mark.parametrize("ground", ["b", "c"])
def test_grounds_that_preserve_keep_records_and_messages(
    world: World, mila: User, stream: Emulator, ground: str
) -> None:
    work(world, request_id := restricts(mila, ground))
    kept = preserved(request_id)
    assert kept
    assert HELLO in kept
    assert "A secret" not in kept
    work_for(world, request_id, 40 * DAY)
    (events_of_mila,) = cloud.records("usage_event")
    assert int(events_of_mila["expires_at"]["N"]) < world.now.timestamp()
    assert int(events_of_mila["delete_at"]["N"]) > world.now.timestamp()


@pytest.mark.promise("RGT-4")
def test_pins_that_do_not_fit_into_a_run_are_renewed_within_the_hour(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day later, the records that the first run did not reach would be deleted."""
    mila = world.a_user()
    mila.consents("analytics")
    store_singly(AccountId(mila.account_id), 5)
    world.advance(28 * DAY)
    work(world, request_id := restricts(returns(mila), "b"))
    world.advance(DAY)
    monkeypatch.setattr(pins, "_WRITES_PER_TRANSACTION", 1)

    def take_long(params: dict[str, Any], **_: Any) -> None:
        if b"ru4m-test-usage" in params["body"]:
            world.advance(9 * MINUTE)

    with cloud.hooked("dynamodb", "before-call.dynamodb.TransactWriteItems", take_long):
        work_for(world, request_id, HOUR)
    ends = {int(event["delete_at"]["N"]) for event in cloud.records("usage_event")}
    request = store.read(RightsRequestId(request_id))
    assert request
    assert ends == {clock.to_epoch(pinned_end(request, world.now))}


@pytest.mark.promise("RGT-4")
@pytest.mark.parametrize("ground", ["a", "d"])
def test_other_grounds_preserve_nothing(world: World, mila: User, ground: str) -> None:
    work(world, request_id := restricts(mila, ground))
    assert preserved(request_id) is None
    assert "pin_done" not in events(request_id)


@pytest.mark.promise("RGT-4")
def test_preserved_messages_are_deleted_with_the_end(world: World, mila: User) -> None:
    work(world, request_id := restricts(mila, "b"))
    lifts(mila, request_id)
    work(world, request_id)
    assert preserved(request_id) is None


@pytest.mark.promise("RGT-1")
def test_subject_gets_a_link_to_the_preserved_messages_until_the_end(world: World, mila: User) -> None:
    work(world, request_id := restricts(mila, "c"))
    path = f"/v1/rights-requests/{request_id}/export"
    assert mila.gets(path).problem == "step_up_required"
    link = mila.is_stepped_up().gets(path)
    assert link.status == 200
    assert files.preserved_key_of(RightsRequestId(request_id)) in link.json["url"]
    lifts(mila, request_id)
    assert mila.gets(path).problem == "export_deleted"


@pytest.mark.promise("RGT-3")
def test_erasure_of_copies_deletes_preserved_messages(world: World, mila: User) -> None:
    work(world, request_id := restricts(mila, "b"))
    known = RightsRequestId(request_id)
    assert delete.remaining(known) == 1
    assert delete.erase_copy(known) == 1
    assert delete.remaining(known) == 0


@pytest.mark.promise("RGT-4")
def test_missing_messages_make_the_answer_a_partial_one(world: World, mila: User, stream: Emulator) -> None:
    stream.spoil_tasks(times=2, failure={"type": "internal", "description": "injected"})
    request = work_for(world, restricts(mila, "b"), DAY)
    assert request.status is Status.PARTIALLY_COMPLETED
    assert request.missing == ("your chat data at Stream",)


@pytest.mark.promise("RGT-4")
def test_restriction_waits_for_stream_and_stays_in_effect(world: World, mila: User, stream: Emulator) -> None:
    from chalicelib.stream.users import access

    with failing_at(access, "suspend", StreamUnavailable):
        request = work(world, request_id := restricts(mila))
        assert (request.is_open, request.unreachable_since is not None) == (True, True)
        assert stored_account(mila.account_id).state == "restricted"
    assert work_for(world, request_id, HOUR).status is Status.COMPLETED


@pytest.mark.promise("RGT-4", "RGT-10")
def test_second_operator_reads_why_a_restriction_is_to_end(
    world: World, mila: User, stream: Emulator
) -> None:
    work(world, request_id := restricts(mila))
    jovan = world.an_operator("jovan")
    because = jovan.proposes_lifting(request_id).json["lifting"]["text"]
    shown = Commands("rights", Wire(world))("ana", "show", request_id).output
    assert f"proposed by {jovan.arn}" in shown
    assert because in shown


@pytest.mark.promise("RGT-4")
def test_operators_end_a_restriction_after_notice(world: World, mila: User, stream: Emulator) -> None:
    work(world, request_id := restricts(mila))
    jovan, ana = world.an_operator("jovan"), world.an_operator("ana")
    assert jovan.proposes_lifting(request_id).status == 200
    assert jovan.approves_lifting(request_id).problem == "own_proposal"
    assert ana.approves_lifting(request_id).status == 200
    with cloud.sent_mail(Purpose.LEGAL_OBLIGATION) as mails:
        work_for(world, request_id, 71 * HOUR)
    assert len(mails) == 1
    mila = returns(mila)
    shown = mila.request(request_id)["restraint"]
    assert shown["ends_because"] == "The claim is settled."
    assert shown["ends_at"] == "2026-11-27T12:00:00Z"
    assert mila.gets("/v1/profile").problem == "restricted"
    request = work_for(world, request_id, 2 * HOUR)
    assert notes(request).ended_at
    assert not is_deactivated(stream, mila)
    mila = returns(mila)
    assert mila.gets("/v1/profile").status == 200


def outlasts_its_answer(world: World, request_id: str) -> None:
    """Let four years pass, in which the worker looks at a request once a year."""
    for _ in range(4):
        world.advance(365 * DAY)
        work(world, request_id)


@pytest.mark.promise("RGT-4", "RET-3")
def test_restriction_older_than_three_years_is_lifted_by_its_subject(
    world: World, mila: User, stream: Emulator
) -> None:
    work(world, request_id := restricts(mila, ground="c"))
    outlasts_its_answer(world, request_id)
    mila = returns(mila)
    assert mila.gets("/v1/profile").problem == "restricted"
    assert preserved(request_id)
    assert lifts(mila, request_id).status == 200
    request = work(world, request_id)
    assert (request.next_step, is_deactivated(stream, mila), preserved(request_id)) == (None, False, None)
    assert mila.gets("/v1/profile").status == 200
    world.advance(3 * 366 * DAY)
    assert store.read(request.request_id) is None  # three years after it ended


@pytest.mark.promise("RGT-4")
def test_restriction_older_than_three_years_is_ended_by_operators(world: World, mila: User) -> None:
    work(world, request_id := restricts(mila))
    outlasts_its_answer(world, request_id)
    world.an_operator("jovan").proposes_lifting(request_id)
    assert world.an_operator("ana").approves_lifting(request_id).status == 200
    assert notes(work_for(world, request_id, 73 * HOUR)).ended_at
    assert returns(mila).gets("/v1/profile").status == 200


@pytest.mark.promise("RGT-4")
def test_withdrawn_end_of_a_restriction_does_not_take_effect(world: World, mila: User) -> None:
    work(world, request_id := restricts(mila))
    jovan, ana = world.an_operator("jovan"), world.an_operator("ana")
    jovan.proposes_lifting(request_id)
    ana.approves_lifting(request_id)
    assert jovan.withdraws_lifting(request_id).status == 200
    request = work_for(world, request_id, 5 * DAY)
    assert notes(request).is_in_force
    assert "lifting" not in jovan.case(request_id)


@pytest.mark.promise("RGT-4")
def test_approval_of_an_end_names_the_version_that_was_seen(world: World, mila: User) -> None:
    work(world, request_id := restricts(mila))
    world.an_operator("jovan").proposes_lifting(request_id)
    assert world.an_operator("ana").approves_lifting(request_id, '"1"').problem == "changed_meanwhile"


def test_only_a_lasting_restriction_can_be_ended_by_operators(world: World, mila: User) -> None:
    jovan = world.an_operator("jovan")
    request_id = restricts(mila)
    assert jovan.proposes_lifting(request_id).problem == "not_now"  # open: it can be refused
    work(world, request_id)
    assert world.an_operator("ana").approves_lifting(request_id).problem == "nothing_proposed"
    lifts(mila, request_id)
    assert jovan.proposes_lifting(request_id).problem == "not_now"


@pytest.mark.promise("RGT-4")
def test_refused_restriction_ends_after_the_notice(world: World, mila: User, stream: Emulator) -> None:
    request_id = restricts(mila)
    world.an_operator("jovan").proposes(request_id, "refused", "JustificationA12ManifestlyUnfounded")
    world.an_operator("ana").approves(request_id)
    assert stored_account(mila.account_id).state == "restricted"
    request = work_for(world, request_id, 71 * HOUR)
    assert notes(request).is_in_force
    work_for(world, request_id, 2 * HOUR)
    assert stored_account(mila.account_id).state == "active"
    assert not is_deactivated(stream, mila)


def test_uphold_ends_when_the_account_is_gone(world: World, mila: User) -> None:
    work(world, request_id := restricts(mila))
    world.set_state(mila, "erasing")
    request = work_for(world, request_id, 2 * DAY)
    assert request.next_step is None


@pytest.mark.promise("RGT-4")
@pytest.mark.parametrize(
    ("body", "stays"),
    [
        ({"ground": "b", "purposes": ["analytics"]}, True),
        ({"ground": "c", "purposes": ["analytics"]}, True),
        ({"ground": "a", "purposes": ["analytics"]}, False),
        ({"ground": "a"}, True),
    ],
)
def test_idle_account_stays_while_a_restriction_preserves_its_data(
    world: World, mila: User, body: dict[str, Any], *, stays: bool
) -> None:
    account_id = AccountId(mila.account_id)
    assert not closings.has_reason_to_stay(account_id)
    work(world, request_id := restricts(mila, **body))
    assert closings.has_reason_to_stay(account_id) is stays
    lifts(mila, request_id)
    assert not closings.has_reason_to_stay(account_id)


@pytest.mark.promise("RGT-11")
def test_protective_freeze_by_telephone_ends_chat_until_the_owner_lifts_it(
    world: World, stream: Emulator, mila: User
) -> None:
    caller = {"received_by": "telephone", "without_access": True, "phone": mila.phone}
    made = enters(world.an_operator("jovan"), "restriction", ground="b", **caller).json
    frozen = work(world, made["rights_request_id"])
    assert (frozen.status, notes(frozen).is_in_force) == (Status.COMPLETED, True)
    assert is_deactivated(stream, mila)
    assert lifts(mila, made["rights_request_id"]).problem == "step_up_required"
    work_for(world, made["rights_request_id"], DAY)
    assert is_deactivated(stream, mila)
    owner = mila.signs_in_again().is_stepped_up()
    assert lifts(owner, made["rights_request_id"]).status == 200
    work(world, made["rights_request_id"])
    assert not is_deactivated(stream, mila)
    assert owner.gets("/v1/profile").status == 200
