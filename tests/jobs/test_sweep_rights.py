"""Tests the sweep: it sends due requests to the worker and measures the nearest deadline."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import aws, clock
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.metrics import Dimension
from chalicelib.core.queues import body_of
from chalicelib.core.settings import settings
from chalicelib.rights.jobs import sweep_rights, work_rights
from chalicelib.rights.request import store
from tests.support.clouds import cloud
from tests.support.clouds.emitted_metrics import metric_lines, value_of
from tests.support.faults.outages import OUTAGES
from tests.support.jobs.events import messages
from tests.support.world.builders import a_schedule_event
from tests.support.world.world import World


def sweep() -> dict[str, int]:
    found: dict[str, int] = sweep_rights(a_schedule_event(), None)
    return found


def purge_queue() -> None:
    aws.client("sqs").purge_queue(QueueUrl=settings().queue("rights"))


def a_request(world: World) -> str:
    return str(world.a_user().is_stepped_up().exercises("access").json["rights_request_id"])


@pytest.mark.promise("RGT-10")
def test_request_whose_message_was_lost_is_sent_again(world: World) -> None:
    request_id = a_request(world)
    purge_queue()
    assert sweep() == {"due": 1, "sent": 1, "open": 1, "overdue": 0}
    assert cloud.queued() == [request_id]


@pytest.mark.promise("RGT-10")
def test_request_of_a_killed_worker_is_sent_once_its_lease_expires(world: World) -> None:
    found = store.read(RightsRequestId(a_request(world)))
    assert found
    store.move(found, found.model_copy(update={"leased_until": clock.now() + 16 * MINUTE}))
    assert sweep()["due"] == 0
    world.advance(16 * MINUTE)
    assert sweep()["due"] == 1


def test_request_without_due_work_is_not_sent(world: World) -> None:
    found = store.read(RightsRequestId(a_request(world)))
    assert found
    store.move(found, found.model_copy(update={"run_at": clock.now() + DAY}))
    assert sweep()["due"] == 0


def test_more_requests_than_a_batch_holds_are_sent_in_batches(world: World) -> None:
    made = {a_request(world) for _ in range(12)}
    purge_queue()
    assert sweep()["sent"] == 12
    assert set(cloud.queued()) == made


@pytest.mark.promise("RGT-10")
def test_days_to_the_most_urgent_deadline_are_a_metric(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    a_request(world)
    world.advance(10 * DAY)
    a_request(world)
    capsys.readouterr()
    assert sweep()["open"] == 2
    printed = capsys.readouterr().out
    assert (value_of(printed, "RightsDaysToDeadline"), value_of(printed, "RightsOverdue")) == (
        [20.0],
        [0.0],
    )


@pytest.mark.promise("RGT-10")
def test_overdue_requests_are_counted_at_every_sweep(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    a_request(world)
    world.advance(timedelta(days=31))
    capsys.readouterr()
    assert sweep()["overdue"] == sweep()["overdue"] == 1
    assert value_of(capsys.readouterr().out, "RightsOverdue") == [1.0]


def test_metric_of_open_requests_is_zero_if_none_is_open(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep()
    printed = capsys.readouterr().out
    assert (value_of(printed, "RightsOpen"), value_of(printed, "RightsDaysToDeadline")) == (
        [0.0],
        None,
    )
    assert (value_of(printed, "RightsStopped"), value_of(printed, "ErasureUnproven")) == (
        [0.0],
        [0.0],
    )


def by(text: str, name: str, dimension: str) -> dict[str, float]:
    """Return the figures of a gauge by the values of its dimension."""
    return {line[dimension]: line[name][0] for line in metric_lines(text) if name in line}


def test_open_requests_are_counted_by_right_and_age_zeros_too(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.a_user().is_stepped_up().exercises("access")
    world.advance(8 * DAY)
    world.a_user().is_stepped_up().exercises("portability")
    capsys.readouterr()
    sweep()
    printed = capsys.readouterr().out
    rights = by(printed, "RightsOpenByRight", "right")
    assert {*rights} == {*Dimension.RIGHT.values}
    assert {right: number for right, number in rights.items() if number} == {"access": 1, "portability": 1}
    assert by(printed, "RightsOpenByAge", "age") == {
        "day": 1,
        "week": 0,
        "two_weeks": 1,
        "month": 0,
        "other": 0,
    }


# --- the worker


def work(*bodies: str) -> dict[str, Any]:
    answered: dict[str, Any] = work_rights(messages(*bodies), None)
    return answered


def test_message_advances_its_request(world: World) -> None:
    request_id = a_request(world)
    assert work(body_of(request_id=request_id, hops=0)) == {"batchItemFailures": []}
    found = store.read(RightsRequestId(request_id))
    assert found
    assert found.steps[0].status == "done"


@pytest.mark.parametrize(
    "body", ["x", "[]", "{}", '{"request_id": 1}', '{"request_id": "u_x"}', '"r"', "null"]
)
def test_message_without_a_request_id_is_set_aside(world: World, body: str) -> None:
    assert work(body) == {"batchItemFailures": []}
    assert cloud.take_messages("dead") == [body]


def test_only_a_message_whose_request_is_unreadable_is_redelivered(world: World) -> None:
    one, other = a_request(world), a_request(world)
    bodies = [body_of(request_id=request_id, hops=0) for request_id in (one, other)]
    with cloud.failing("dynamodb", "GetItem", OUTAGES[0], touching=one):
        failed = work(*bodies)["batchItemFailures"]
    assert failed == [{"itemIdentifier": "message-0"}]
    found = store.read(RightsRequestId(other))
    assert found
    assert found.steps[0].status == "done"
