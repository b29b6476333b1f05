"""Tests access and portability: workers advance a request from intake to a copy in S3."""

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.accounts.model import ChangeKind
from chalicelib.core import aws, chain, clock
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.ids import RightsRequestId, UserId
from chalicelib.core.settings import settings
from chalicelib.rights.copy import transfer
from chalicelib.rights.engine import engine
from chalicelib.rights.jobs import worker_for
from chalicelib.rights.request import duties, files, store
from chalicelib.rights.request.evidence import history_of
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import CopyNotes
from chalicelib.rights.request.terms import Destination, Status
from infra.stream_emulator import Emulator
from tests.support.cases.receiver import Authority, Behaviour, Receiver, receiving, status
from tests.support.clouds import cloud
from tests.support.faults.outages import OUTAGES, refused_sender
from tests.support.stream.chat import Chatters
from tests.support.stream.emulated_app import apply_to
from tests.support.world.builders import a_phone, an_address, an_event
from tests.support.world.limits import configure
from tests.support.world.world import User, World

HOST = "take.example"


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    """Return a user who chats, submits usage events and has a mail address."""
    mila = world.begin(mila_here)
    chat = Chatters({"Mila": UserId(mila.user_id)})
    chat.meet("Mila", "Vera")
    chat.says("Mila", "See you at nine")
    chat.says("Vera", "A secret of Vera's")
    return mila.is_stepped_up()


def mila_here(world: World) -> User:
    mila = world.a_user().is_stepped_up()
    mila.has_email(an_address())
    mila.changes(name="Milica Ćosić", country="AT")
    mila.consents("analytics")
    mila.submits_usage(an_event(screen="home"))
    return mila


def asks(mila: User, right: str = "access", **more: Any) -> str:
    asked = mila.exercises(right, **more)
    assert asked.status == 202, asked.text
    return str(asked.json["rights_request_id"])


def work_until(world: World, request_id: str, until: timedelta = 10 * MINUTE) -> RightsRequest:
    """Advance a request as messages and the sweep do, for a time or until no work is due."""
    known, ends = RightsRequestId(request_id), world.now + until
    for _ in range(1000):
        for worker in (worker_for(Destination.WORK), worker_for(Destination.TRANSFERS)):
            engine.advance(known, worker)
        request = store.read(known)
        assert request
        wakes = duties.wakes_at(request, world.now)
        if wakes is None or wakes > ends:
            return request
        world.traveller.move_to(max(wakes, world.now))
    raise AssertionError("the request is due again and again")


def package(mila: User, request_id: str) -> zipfile.ZipFile:
    mila.is_stepped_up()
    link = mila.gets(f"/v1/rights-requests/{request_id}/export").json
    key = link["url"].split("?")[0].split(".amazonaws.com/")[1]
    answer = aws.client("s3").get_object(Bucket=settings().export_bucket(), Key=key)
    content = answer["Body"].read()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (link["sha256"], link["size"])
    return zipfile.ZipFile(io.BytesIO(content))


def events(request_id: str) -> list[str]:
    return [entry.event for entry in chain.entries(history_of(RightsRequestId(request_id)))]


@pytest.mark.promise("RGT-1")
def test_access_copy_has_the_changes_of_number_mailbox_and_language(world: World, mila: User) -> None:
    mila.has_email(an_address())
    mila.changes(locale="sr")
    mila.changes_number(a_phone())
    request_id = asks(mila.is_stepped_up())
    assert work_until(world, request_id, 4 * DAY).status is Status.COMPLETED  # waits after a change of number
    place = {"Bucket": settings().export_bucket(), "Key": files.key_of(RightsRequestId(request_id))}
    copy = zipfile.ZipFile(io.BytesIO(aws.client("s3").get_object(**place)["Body"].read()))
    evidence = json.loads(copy.read("data.json"))["sections"]["evidence"]["records"]
    assert {one["chain"] for one in evidence} >= set(ChangeKind)


@pytest.mark.promise("RGT-1", "STR-6")
def test_access_copy_holds_all_data_stored_here_and_at_stream(world: World, mila: User) -> None:
    request_id = asks(mila)
    request = work_until(world, request_id)
    assert (request.status, request.missing) == (Status.COMPLETED, ())
    copy = package(mila, request_id)
    data = json.loads(copy.read("data.json"))
    assert data["sections"]["profile"]["records"][0]["name"] == "Milica Ćosić"
    assert data["sections"]["account"]["records"][0]["phone"] == mila.phone
    assert data["sections"]["usage_event"]["records"][0]["screen"] == "home"
    messages = copy.read("chat/messages.ndjson").decode()
    assert "See you at nine" in messages
    assert "A secret of Vera's" not in messages
    assert "Milica Ćosić" in copy.read("index.html").decode()
    assert json.loads(copy.read("manifest.json"))["errors"] == []


@pytest.mark.promise("RGT-1", "RGT-10")
def test_copy_includes_its_own_request_and_evidence(world: World, mila: User) -> None:
    request_id = asks(mila)
    work_until(world, request_id)
    data = json.loads(package(mila, request_id).read("data.json"))
    (own,) = data["sections"]["rights_request"]["records"]
    assert (own["request_id"], own["country"]) == (request_id, "AT")
    assert not {"notes", "fingerprint", "version"} & own.keys()
    shown = {entry["event"] for entry in data["sections"]["request_evidence"]["records"]}
    assert {"received", "pin_done"} <= shown


@pytest.mark.promise("RGT-8")
def test_portability_copy_omits_derived_data_and_data_of_others(world: World, mila: User) -> None:
    request_id = asks(mila, "portability")
    assert work_until(world, request_id).status is Status.COMPLETED
    copy = package(mila, request_id)
    data = json.loads(copy.read("data.json"))
    assert data["sections"]["profile"]["records"][0]["name"] == "Milica Ćosić"
    assert "rights_request" not in data["sections"]
    whole = b"".join(copy.read(name) for name in copy.namelist())
    assert b"See you at nine" in whole
    assert b"Vera" not in whole


@pytest.mark.promise("RGT-10")
def test_every_step_is_recorded_in_order_without_personal_values(world: World, mila: User) -> None:
    request_id = asks(mila)
    request = work_until(world, request_id)
    shown = events(request_id)
    assert [e for e in shown if e.endswith("_done")] == [
        f"{name}_done" for name in ("pin", "ask_stream", "await_stream", "assemble", "deliver", "announce")
    ]
    entries = list(chain.entries(history_of(RightsRequestId(request_id))))
    asked = next(entry for entry in entries if entry.event == "ask_stream_done")
    assert isinstance(request.notes, CopyNotes)
    assert asked.data["stream_task"] == request.notes.stream_task
    written = " ".join(entry.payload for entry in entries)
    for secret in ("Milica", mila.phone, mila.profile()["email"], mila.user_id, mila.account_id):
        assert secret not in written


def test_answer_is_mailed_once_without_its_content(world: World, mila: User) -> None:
    address = mila.profile()["email"]
    request_id = asks(mila)
    before = len(cloud.mails_to(address))
    work_until(world, request_id)
    (mail,) = cloud.mails_to(address)[before:]
    assert "We have answered the request of" in mail
    assert "https://www.poverenik.rs; Österreichische Datenschutzbehörde, https://www.dsb.gv.at" in mail
    assert "Higher Court in Belgrade" in mail
    assert "Milica" not in mail


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("error", refused_sender())
def test_mail_of_an_answer_is_sent_once_ses_accepts_the_sender_again(
    world: World, mila: User, error: Exception
) -> None:
    address = mila.profile()["email"]
    request_id = asks(mila)
    before = len(cloud.mails_to(address))
    with cloud.failing("sesv2", "SendEmail", error, times=2):
        work_until(world, request_id)
    assert len(cloud.mails_to(address)) == before + 1


def test_answer_is_announced_in_the_app_without_an_address(world: World, stream: Emulator) -> None:
    jovan = world.a_user().is_stepped_up()
    request_id = asks(jovan)
    with cloud.sent_mail() as sent:
        assert work_until(world, request_id).status is Status.COMPLETED
    assert sent == []


def test_copy_of_a_subject_unknown_to_stream_is_complete(world: World, stream: Emulator) -> None:
    jovan = world.a_user().is_stepped_up()
    request_id = asks(jovan)
    request = work_until(world, request_id)
    assert (request.status, request.missing) == (Status.COMPLETED, ())
    (shown,) = json.loads(package(jovan, request_id).read("manifest.json"))["errors"]
    assert shown["reason"] == "not_there"  # it is unknown whether data ever existed, so the copy says so


@pytest.mark.promise("STR-6")
def test_copy_discloses_that_data_at_stream_is_missing_and_contains_the_rest(
    world: World, mila: User, stream: Emulator
) -> None:
    stream.spoil_tasks(times=2, failure={"type": "internal", "description": "injected"})
    request_id = asks(mila)
    request = work_until(world, request_id)
    assert request.status is Status.PARTIALLY_COMPLETED
    shown = mila.is_stepped_up().request(request_id)
    assert "your chat data at Stream" in shown["decision"]["text"]
    (error,) = json.loads(package(mila, request_id).read("manifest.json"))["errors"]
    assert (error["what"], error["reason"]) == ("chat_message", "failed")


@pytest.mark.promise("STR-6")
def test_export_that_fails_at_stream_is_requested_once_more(
    world: World, mila: User, stream: Emulator
) -> None:
    stream.spoil_tasks(failure={"type": "internal", "description": "injected"})
    request_id = asks(mila)
    assert work_until(world, request_id).status is Status.COMPLETED
    assert b"See you at nine" in package(mila, request_id).read("chat/messages.ndjson")


@pytest.mark.promise("STR-6")
def test_copy_waits_while_stream_is_down_for_hours(world: World, mila: User, stream: Emulator) -> None:
    stream.fault(path="/tasks", status=503, times=20)
    assert work_until(world, asks(mila), until=DAY).status is Status.COMPLETED


@pytest.mark.proof
@pytest.mark.promise("STR-6")
def test_copy_waits_for_days_while_stream_refuses_our_credentials(
    world: World, mila: User, stream: Emulator
) -> None:
    stream.fault(path="/tasks", status=401, code=43, times=10_000)
    request_id = asks(mila)
    assert work_until(world, request_id, until=2 * DAY).status is Status.AWAITING_PROCESSOR
    stream.clear_faults()
    request = work_until(world, request_id, until=HOUR)  # the next poll may be half an hour away
    assert (request.status, request.missing) == (Status.COMPLETED, ())
    mila.verified = world.a_user(mila.phone).verified
    assert b"See you at nine" in package(mila, request_id).read("chat/messages.ndjson")


@pytest.mark.promise("RGT-9")
def test_copy_also_names_the_authority_of_the_subjects_country(world: World, mila: User) -> None:
    request_id = asks(mila)
    work_until(world, request_id)
    copy = package(mila, request_id)
    assert "https://www.dsb.gv.at" in copy.read("index.html").decode()
    shown = json.loads(copy.read("manifest.json"))["authorities"]
    assert [authority["url"] for authority in shown] == ["https://www.poverenik.rs", "https://www.dsb.gv.at"]


@pytest.mark.promise("RGT-10")
def test_export_request_without_a_response_of_stream_is_repeated(
    world: World, mila: User, stream: Emulator
) -> None:
    stream.fault(path="/export/users", status=503, times=2)
    assert work_until(world, asks(mila)).status is Status.COMPLETED


@pytest.mark.promise("RGT-1")
def test_link_expires_after_fifteen_minutes_and_the_copy_after_five_days(world: World, mila: User) -> None:
    request_id = asks(mila)
    work_until(world, request_id)
    mila.is_stepped_up()
    link = mila.gets(f"/v1/rights-requests/{request_id}/export").json
    assert link["expires_at"] == clock.to_text(world.now + 15 * MINUTE)
    assert "X-Amz-Expires=900" in link["url"]
    copies = aws.client("s3").list_objects_v2(Bucket=settings().export_bucket())
    assert [item["Key"] for item in copies["Contents"]] == [files.key_of(RightsRequestId(request_id))]
    done = work_until(world, request_id, until=5 * DAY)
    assert (done.run_at, done.next_step) == (None, None)
    left = aws.client("s3").list_objects_v2(Bucket=settings().export_bucket())
    assert left["KeyCount"] == 0


@pytest.mark.promise("RET-1")
def test_expired_copy_cannot_be_fetched_by_any_client(world: World, stream: Emulator) -> None:
    jovan = world.a_user().is_stepped_up()
    request_id = asks(jovan)
    work_until(world, request_id)
    world.advance(5 * DAY)
    jovan.verified = world.a_user(jovan.phone).verified
    assert jovan.is_stepped_up().gets(f"/v1/rights-requests/{request_id}/export").problem == "export_deleted"


@pytest.mark.promise("RGT-1")
def test_copy_includes_records_that_expire_while_the_request_waits(
    world: World, mila: User, stream: Emulator
) -> None:
    world.advance(29 * DAY)
    mila.verified = world.a_user(mila.phone).verified
    mila.is_stepped_up()
    stream.fault(path="/export/users", status=503, times=1000)
    request_id = asks(mila)
    work_until(world, request_id)
    world.advance(2 * DAY)  # the event is older than its thirty days
    stream.clear_faults()
    retried = store.read(RightsRequestId(request_id))
    assert retried
    store.move(retried, retried.model_copy(update={"run_at": world.now, "tries": 0}))
    work_until(world, request_id)
    mila.verified = world.a_user(mila.phone).verified
    data = json.loads(package(mila, request_id).read("data.json"))
    assert [event["screen"] for event in data["sections"]["usage_event"]["records"]] == ["home"]


@pytest.mark.promise("RGT-1", "STR-11")
@pytest.mark.parametrize("right", ["access", "portability"])
def test_copy_lacks_messages_that_stream_deleted_by_age_and_says_so(
    world: World, mila: User, stream: Emulator, right: str
) -> None:
    apply_to(stream)
    (channel,) = stream.state()["channels"].values()
    old = channel["messages"][0]["id"]
    Chatters({"Mila": UserId(mila.user_id)}).says("Mila", "See you next time")
    request_id = asks(mila, right)
    stream.make_older(31 * 24 * 3600, messages=[old], policies=["old-messages"])
    stream.clean_up()
    assert work_until(world, request_id).status is Status.COMPLETED
    copy = package(mila, request_id)
    messages = copy.read("chat/messages.ndjson").decode()
    assert ("See you at nine" in messages, "See you next time" in messages) == (False, True)
    withheld = {one["name"]: one["why"] for one in json.loads(copy.read("manifest.json"))["chat"]["withheld"]}
    assert "within days after it is 30 days old" in withheld["older messages"]
    page = copy.read("index.html").decode()
    assert withheld["older messages"] in page
    assert "30 days after the message was sent, then deleted by our chat provider" in page


@pytest.mark.promise("RET-1")
def test_copy_is_deleted_if_its_request_is_cancelled_while_it_is_made(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = asks(mila)
    assemble = worker_for(Destination.WORK).steps["assemble"]

    def cancel_before_the_move(job: Any) -> Any:
        outcome = assemble.run(job)
        mila.calls("POST", f"/v1/rights-requests/{request_id}/cancel")
        return outcome

    monkeypatch.setitem(
        worker_for(Destination.WORK).steps, "assemble", replace(assemble, run=cancel_before_the_move)
    )
    request = work_until(world, request_id, until=20 * MINUTE)
    assert request.status is Status.CANCELLED
    assert aws.client("s3").list_objects_v2(Bucket=settings().export_bucket())["KeyCount"] == 0


def test_copy_is_made_once_a_silent_bucket_responds_again(world: World, mila: User) -> None:
    request_id = asks(mila)
    with cloud.failing("s3", "CreateMultipartUpload", OUTAGES[0], times=2):
        assert work_until(world, request_id).status is Status.COMPLETED


# --- transfers


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def use_stand_in(receiver: Receiver, authority: Authority) -> None:
    configure(STAGE="local", LOCAL_TARGETS=f"{HOST}:{receiver.port}=127.0.0.1,{authority.file}")


def transfer_copy(
    world: World, mila: User, authority: Authority, behave: Behaviour
) -> tuple[RightsRequest, Receiver]:
    with receiving(authority.certificate(HOST), behave) as receiver:
        use_stand_in(receiver, authority)
        request = work_until(world, asks(mila, "portability", transfer_to=f"https://{HOST}/import"), 2 * DAY)
    settings.cache_clear()
    return request, receiver


@pytest.mark.promise("RGT-8")
def test_copy_is_sent_to_the_controller_that_the_subject_named(
    world: World, mila: User, authority: Authority
) -> None:
    request, receiver = transfer_copy(world, mila, authority, status("201 Created"))
    assert (request.status, request.missing) == (Status.COMPLETED, ())
    copy = zipfile.ZipFile(io.BytesIO(receiver.talk.body))
    assert json.loads(copy.read("manifest.json"))["errors"] == []
    assert receiver.talk.headers["idempotency-key"].strip('"') == request.request_id


@pytest.mark.promise("RGT-8")
@pytest.mark.parametrize("answer", ["302 Found", "403 Forbidden"])
def test_refused_transfer_is_disclosed_and_the_subject_gets_the_copy(
    world: World, mila: User, authority: Authority, answer: str
) -> None:
    request, receiver = transfer_copy(world, mila, authority, status(answer))
    assert (request.status, request.missing) == (Status.PARTIALLY_COMPLETED, (transfer.PART,))
    assert len(receiver.talks) == 1
    assert store.export_file(request.request_id)


def test_transfer_that_fails_with_503_is_tried_five_times(
    world: World, mila: User, authority: Authority
) -> None:
    request, receiver = transfer_copy(world, mila, authority, status("503 Busy"))
    assert (request.status, len(receiver.talks)) == (Status.PARTIALLY_COMPLETED, 5)


@pytest.mark.promise("RGT-8")
@pytest.mark.parametrize(
    "address", ["http://take.example/", "https://127.0.0.1/", "https://localhost/", "https://a.b:8443/"]
)
def test_forbidden_transfer_address_is_refused_at_intake(world: World, mila: User, address: str) -> None:
    refused = mila.exercises("portability", transfer_to=address)
    assert refused.problem == "invalid_request"
    assert address not in refused.text
    assert cloud.records("rights_request") == []
