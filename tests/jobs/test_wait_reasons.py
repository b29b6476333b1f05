"""Each wait of a request has a reason, which operators see and a metric counts (ADR 92)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.metrics import OTHER, Dimension
from chalicelib.rights.engine import queue
from chalicelib.rights.engine.step import NotSent, Wait
from chalicelib.rights.request import store
from chalicelib.rights.request.waits import WaitReason
from chalicelib.stream.model import CredentialsRefused, StreamSilent
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure, at_step, stored, work
from tests.support.cases.scripted import Plan, a_request
from tests.support.world.world import User, World


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (Wait(MINUTE, WaitReason.STREAM_TASK), WaitReason.STREAM_TASK),
        (StreamSilent(), WaitReason.STREAM_SILENT),
        (CredentialsRefused(), WaitReason.STREAM_SILENT),
        (NotSent(), WaitReason.PROVIDER_SILENT),
        (Unavailable(), WaitReason.AWS_SILENT),
        (ValueError(), WaitReason.FAILED),
    ],
    ids=lambda one: type(one).__name__,
)
def test_request_says_why_it_waits_until_its_step_is_done(
    world: World, plan: Plan, outcome: Wait | Exception, why: WaitReason
) -> None:
    _, request_id = a_request(world)
    plan.first.script = [outcome]
    waiting = plan.advance(request_id)
    seen = world.an_operator("alice").shows(request_id).json
    assert (waiting.wait_reason, seen["waits_for"]) == (why, why)
    world.traveller.move_to(waiting.run_at or world.now)
    assert plan.advance(request_id).wait_reason is None


def test_request_that_waits_for_a_person_names_no_other_reason(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    plan.first.script = [Wait(DAY, WaitReason.STREAM_TASK)]
    plan.advance(request_id)
    world.an_operator("alice").proposes(request_id, "refused", "JustificationA12ManifestlyUnfounded")
    assert stored(RightsRequestId(request_id)).wait_reason is None
    assert queue.sweep().by_wait["stream_task"] == 0


def test_word_of_a_later_release_leaves_a_request_readable(world: World, plan: Plan) -> None:
    _, request_id = a_request(world)
    plan.first.script = [Wait(DAY, WaitReason.STREAM_TASK)]
    request = plan.advance(request_id)
    store.move(request, request.model_copy(update={"waits_for": "of_a_later_release"}))
    assert stored(RightsRequestId(request_id)).wait_reason is None


@pytest.mark.promise("RGT-10")
def test_sweep_counts_open_requests_by_what_they_wait_for(world: World, plan: Plan) -> None:
    for why in (WaitReason.STREAM_TASK, WaitReason.STREAM_TASK, WaitReason.WEIGHING, WaitReason.LATE_WRITES):
        plan.first.script = [Wait(DAY, why)]
        plan.advance(a_request(world)[1])
    a_request(world)
    counted = queue.sweep().by_wait
    assert {why: number for why, number in counted.items() if number} == {
        "stream_task": 2, "weighing": 1, OTHER: 1,
    }  # fmt: skip
    assert {*Dimension.WAIT.values} <= {*WaitReason, OTHER}


def places_a_hold(world: World, mila: User) -> None:
    world.an_operator("alice").places_hold(mila.user_id, "profile")


def exercises_another_right(world: World, mila: User) -> None:
    assert world.a_user(mila.phone).is_stepped_up().exercises("access").status == 202


@pytest.mark.usefixtures("services")
@pytest.mark.promise("RGT-3", "RGT-10")
@pytest.mark.parametrize(
    ("before", "why"),
    [(places_a_hold, WaitReason.HOLD_UNCONFIRMED), (exercises_another_right, WaitReason.OTHER_REQUESTS)],
)
def test_erasure_before_its_point_of_no_return_says_why_it_waits(
    world: World, stream: Emulator, before: Callable[[World, User], None], why: WaitReason
) -> None:
    mila = a_subject(world)
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("grace"))
    assert work(world, request_id, within=MINUTE).wait_reason is WaitReason.TIME_TO_CANCEL
    work(world, request_id, at_step("capture"))
    before(world, mila)
    assert work(world, request_id, within=MINUTE).wait_reason is why
    (listed,) = world.an_operator("alice").lists_erasures().json["items"]
    assert listed["waits_for"] == why
