"""Tests suspended requests, duplicate messages and concurrent workers."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from moto.sqs.models import sqs_backends

from chalicelib.core import aws, clock, metrics, outbound
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.core.outbound import NotTakenReason, Unreachable
from chalicelib.core.settings import settings
from chalicelib.messages import mail
from chalicelib.privacy.leases import Turns
from chalicelib.rights.engine import engine, queue
from chalicelib.rights.engine.step import CopyJob, Outcome, Wait
from chalicelib.rights.jobs import worker_for
from chalicelib.rights.request import duties, files, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Destination, Status, StepStatus
from chalicelib.rights.request.waits import WaitReason
from infra.stream_emulator import Emulator
from tests.support.cases.scripted import Plan, Scripted, a_request, evidence, stored
from tests.support.clouds import cloud, environment
from tests.support.patches import fail_at
from tests.support.world.builders import an_address
from tests.support.world.usage import store_singly
from tests.support.world.world import World

_WHY = WaitReason.STREAM_TASK

pytestmark = pytest.mark.proof  # takes long


def work_until(world: World, request_id: str, until: str) -> RightsRequest:
    """Advance a request until a step of its plan is next."""
    for _ in range(100):
        request = stored(request_id)
        if request.next_step is None or request.next_step.name == until:
            return request
        world.traveller.move_to(max(duties.wakes_at(request, world.now) or world.now, world.now))
        engine.advance(RightsRequestId(request_id), worker_for(Destination.WORK))
    raise AssertionError


def deliver(plan: Plan) -> int:
    """Deliver each waiting message; returns the number of messages that wait afterwards."""
    waiting = sqs_backends[cloud.ACCOUNT][environment.REGION].queues["ru4m-test-rights"]._messages
    hints = [queue.parse(message.body) for message in waiting]
    waiting.clear()
    for hint in hints:
        engine.advance(hint.request_id, plan.worker, hint.hops)
    return len(waiting)


def test_copy_of_a_completed_request_can_be_fetched(world: World, stream: Emulator) -> None:
    mila, alice = world.a_user().is_stepped_up(), world.an_operator("alice")
    request_id = str(mila.exercises("access").json["rights_request_id"])
    work_until(world, request_id, "deliver")
    alice.proposes(request_id, "refused", "JustificationA12ManifestlyExcessive")  # or asks_identity
    world.advance(6 * DAY)
    alice.withdraws(request_id)
    assert work_until(world, request_id, "discard").status is Status.COMPLETED
    mila.verified = world.a_user(mila.phone).verified
    assert mila.is_stepped_up().gets(f"/v1/rights-requests/{request_id}/export").status == 200


def test_request_whose_copy_was_deleted_before_its_transfer_is_answered(
    world: World, stream: Emulator
) -> None:
    fail_at(outbound, "push", Unreachable(NotTakenReason.NO_CONNECTION))
    mila, alice = world.a_user().is_stepped_up(), world.an_operator("alice")
    request_id = str(
        mila.exercises("portability", transfer_to="https://take.example/x").json["rights_request_id"]
    )
    work_until(world, request_id, "transfer")
    engine.advance(RightsRequestId(request_id), worker_for(Destination.TRANSFERS))  # one attempt began
    key = files.key_of(RightsRequestId(request_id))
    # As the lifecycle rule does after 7 days.
    aws.client("s3").delete_object(Bucket=settings().export_bucket(), Key=key)
    while (found := stored(request_id)).run_at:
        world.traveller.move_to(max(duties.wakes_at(found, world.now) or world.now, world.now))
        for worker in (worker_for(Destination.WORK), worker_for(Destination.TRANSFERS)):
            engine.advance(RightsRequestId(request_id), worker)
    refused = alice.proposes(request_id, "partially_completed", "JustificationA12ManifestlyExcessive")
    assert (found.is_open, refused.status) != (True, 409)


def test_data_is_pinned_while_proof_of_identity_is_outstanding(world: World) -> None:
    mila, alice = world.a_user(), world.an_operator("alice")
    mila.consents("analytics")
    store_singly(AccountId(mila.account_id), 1)
    world.advance(29 * DAY)
    request_id = alice.enters(mila.user_id, on=f"{world.now:%Y-%m-%d}").json["rights_request_id"]
    alice.asks_identity(request_id)  # before a worker took the message
    engine.advance(RightsRequestId(request_id), worker_for(Destination.WORK))
    (event,) = cloud.records("usage_event")
    assert int(event["delete_at"]["N"]) >= clock.to_epoch(world.now + 2 * DAY)


def test_several_messages_about_one_request_become_one(world: World, plan: Plan) -> None:
    a_request(world)
    for _ in range(4):  # the five workers are busy for twenty minutes
        world.advance(5 * MINUTE)
        queue.sweep()
    plan.first.script = [Wait(MINUTE, _WHY)] * 100
    assert deliver(plan) == 1  # without merging there would be 5, for fifty rounds


def test_slow_service_raises_no_alarm(world: World, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Metric] = []
    monkeypatch.setattr(metrics, "count", lambda metric, _=1, **__: counted.append(metric))
    a_request(world)
    plan.first.script = [Wait(10 * MINUTE, _WHY)] * 100
    while deliver(plan):
        world.advance(10 * MINUTE)
    assert Metric.RIGHTS_RELAY_ENDED not in counted


def test_request_is_accepted_while_the_queue_throttles(world: World) -> None:
    throttled = ClientError({"Error": {"Code": "RequestThrottled"}}, "SendMessage")
    mila = world.a_user().is_stepped_up()
    with cloud.failing("sqs", "SendMessage", throttled):
        assert mila.exercises("access").status == 202


def test_worker_that_lost_the_lease_keeps_the_turn_of_the_other(
    world: World, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, request_id = a_request(world)
    before, free = stored(request_id), list[bool]()

    class Doubled(Scripted):
        def run(self, job: CopyJob) -> Outcome:
            with monkeypatch.context() as patch:  # a duplicate message; its worker read just before the lease
                patch.setattr(store, "read", lambda _: before)
                engine.advance(RightsRequestId(request_id), plan.worker)
            free.append(Turns("rights").acquire(job.request.account_id, "another request", MINUTE))
            return super().run(job)

    plan.steps["first"] = Doubled("first")
    plan.advance(request_id)
    assert free == [False]


def test_failed_mail_of_an_extension_is_a_failed_duty(world: World, plan: Plan) -> None:
    mila, alice = world.a_user().is_stepped_up(), world.an_operator("alice")
    mila.has_email(an_address())
    request_id = str(mila.is_stepped_up().exercises("access").json["rights_request_id"])
    alice.extends(request_id, 30)
    fail_at(mail, "send", ValueError)
    after = plan.advance(request_id)
    assert (after.leased_until, after.duties_at is None) == (None, False)


def test_unknown_step_stops(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    del plan.steps["first"]
    after = plan.advance(request_id)
    assert (after.steps[0].status, after.run_at) == (StepStatus.STOPPED, None)
    assert evidence(request_id)[-1][1]["error"] == "UnknownStep"


def test_copy_that_keeps_disappearing_stops_and_can_be_decided(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed: list[int] = []
    monkeypatch.setattr(outbound, "push", lambda *_, **__: pushed.append(1))
    fail_at(files, "open_copy", files.CopyNotFound)
    mila, alice = world.a_user().is_stepped_up(), world.an_operator("alice")
    request_id = str(
        mila.exercises("portability", transfer_to="https://take.example/x").json["rights_request_id"]
    )
    for _ in range(300):
        found = stored(request_id)
        if found.run_at is None:
            break
        world.traveller.move_to(max(duties.wakes_at(found, world.now) or world.now, world.now))
        for worker in (worker_for(Destination.WORK), worker_for(Destination.TRANSFERS)):
            engine.advance(RightsRequestId(request_id), worker)
    step = stored(request_id).next_step
    assert step
    assert (step.name, step.status, pushed) == ("transfer", StepStatus.STOPPED, [])
    events = [event for event, _ in evidence(request_id)]
    assert (events.count("transfer_returned"), events.count("assemble_done")) == (3, 4)
    proposed = alice.proposes(request_id, "partially_completed", "JustificationA12ManifestlyExcessive")
    assert proposed.status == 200
