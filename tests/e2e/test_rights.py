"""Tests rights on the deployed stack, with workers under their own roles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.local.tour.rights import answer_to, fetched
from infra.local.waiting import until
from tests.support.clouds.deployed import history, pause_worker

TIMEOUT = 60.0  # seconds for the whole plan; each step is a message
QUEUE, DEAD_LETTER_QUEUE, WORKER = "ru4m-local-rights", "ru4m-local-rights-dead", "ru4m-local-work_rights"


@pytest.fixture
def jelena(jelena: Phone) -> Phone:
    """Give her a fresh step-up."""
    jelena.step_up()
    return jelena


def asks(phone: Phone, right: str = "access") -> dict[str, Any]:
    """Submit a request; returns it with its receipt."""
    answer = phone.call("POST", "/v1/rights-requests", {"right": right})
    assert answer.status == 202, answer.body
    return answer.body


def read_request(phone: Phone, request_id: str) -> dict[str, Any]:
    """Return the request as its subject reads it."""
    return phone.call("GET", f"/v1/rights-requests/{request_id}").body


def steps(request: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["status"] for step in request["steps"]}


@contextmanager
def deny_the_worker_its_table(cloud: LocalCloud) -> Iterator[None]:
    """Deny the worker its table, and deliver a failed message again without a delay."""
    iam, sqs = cloud.account.client("iam"), cloud.account.client("sqs")
    functions, url = cloud.account.client("lambda"), url_of(cloud, QUEUE)
    role = functions.get_function_configuration(FunctionName=WORKER)["Role"].rpartition("/")[2]
    kept = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    denied = {"Effect": "Deny", "Action": "dynamodb:GetItem", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    iam.put_role_policy(RoleName=role, PolicyName="broken", PolicyDocument=document)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=kept)
        iam.delete_role_policy(RoleName=role, PolicyName="broken")


def url_of(cloud: LocalCloud, queue: str) -> str:
    return str(cloud.account.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"])


def lose_messages(cloud: LocalCloud, queue: str = QUEUE) -> None:
    cloud.account.client("sqs").purge_queue(QueueUrl=url_of(cloud, queue))


def messages(cloud: LocalCloud, queue: str) -> int:
    """Return the number of messages in a queue: visible, delayed or in flight."""
    sqs = cloud.account.client("sqs")
    counts = sqs.get_queue_attributes(QueueUrl=url_of(cloud, queue), AttributeNames=["All"])["Attributes"]
    return sum(int(n) for name, n in counts.items() if name.startswith("ApproximateNumberOfMessages"))


def is_in_dead_letter_queue(cloud: LocalCloud, request_id: str) -> bool:
    """Return whether a message about a request is in the dead-letter queue."""
    sqs = cloud.account.client("sqs")
    answer = sqs.receive_message(
        QueueUrl=url_of(cloud, DEAD_LETTER_QUEUE), MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return any(request_id in message["Body"] for message in answer.get("Messages", []))


@pytest.mark.promise("RGT-1", "RGT-10")
def test_worker_makes_a_copy_and_records_each_step_and_a_link_downloads_it(
    cloud: LocalCloud, jelena: Phone
) -> None:
    request_id = asks(jelena)["rights_request_id"]
    answer = until(lambda: answer_to(jelena, request_id), "the answer", TIMEOUT)
    assert answer["status"] == "completed"
    copy = fetched(jelena, request_id)
    assert copy.testzip() is None
    assert "Jelena" in copy.read("data.json").decode()
    seen = until(lambda: _events_with_announcement(cloud, request_id), "the step after the answer", TIMEOUT)
    plan = ("pin", "ask_stream", "await_stream", "assemble", "deliver", "announce")
    assert [event for event in seen if not event.endswith("_waits")] == [
        "received",
        *(f"{step}_done" for step in plan),
    ]


def _events_with_announcement(cloud: LocalCloud, request_id: str) -> list[str] | None:
    events = history(cloud, request_id)
    return events if "announce_done" in events else None


@pytest.mark.proof
@pytest.mark.promise("RGT-1")
def test_link_downloads_one_copy_and_no_other_object(cloud: LocalCloud, jelena: Phone) -> None:
    request_id = asks(jelena)["rights_request_id"]
    until(lambda: answer_to(jelena, request_id), "the answer", TIMEOUT)
    link = jelena.call("GET", f"/v1/rights-requests/{request_id}/export").body["url"]
    answer = requests.get(link, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    stripped, other = link.partition("?")[0], link.replace(request_id, "r_" + "0" * 26)
    for changed in (stripped, other, link.replace("X-Amz-Expires=900", "X-Amz-Expires=90000")):
        assert requests.get(changed, timeout=10).status_code == 403


@pytest.mark.promise("RGT-10")
def test_sweep_sends_the_message_of_a_request_again_if_it_was_lost(cloud: LocalCloud, jelena: Phone) -> None:
    with pause_worker(cloud):
        request_id = asks(jelena)["rights_request_id"]
        lose_messages(cloud)
        assert read_request(jelena, request_id)["status"] == "received"
        swept = cloud.run("sweep_rights")
        assert swept["sent"] == swept["due"] >= 1
        assert (swept["open"] >= 1, swept["overdue"]) == (True, 0)
    until(lambda: steps(read_request(jelena, request_id))["pin"] == "done", "the worker", TIMEOUT)


@pytest.mark.promise("RGT-10")
def test_sweep_emits_the_metrics_of_the_alarms(cloud: LocalCloud, jelena: Phone) -> None:
    with pause_worker(cloud):
        asks(jelena)
        cloud.run("sweep_rights")
    seen = until(lambda: _metrics_of_sweeps(cloud), "the figures")[-1]
    assert seen["service"] == "ru4m-local"
    assert seen["RightsOpen"][0] >= 1
    assert seen["RightsOverdue"] == [0]
    assert 0 <= seen["RightsDaysToDeadline"][0] <= 30


def _metrics_of_sweeps(cloud: LocalCloud) -> list[dict[str, Any]]:
    lines = (line for line in cloud.log_lines() if '"RightsDaysToDeadline"' in line)
    return [json.loads(line) for line in lines]


@pytest.mark.proof
@pytest.mark.promise("RGT-11")
def test_receipt_shows_a_cancelled_request_without_a_session(cloud: LocalCloud, jelena: Phone) -> None:
    with pause_worker(cloud):
        asked = asks(jelena)
        cancelled = jelena.call("POST", f"/v1/rights-requests/{asked['rights_request_id']}/cancel")
        assert (cancelled.status, cancelled.body["status"]) == (200, "cancelled")
        assert (
            asks(jelena)["rights_request_id"] != asked["rights_request_id"]
        )  # the right can be exercised again
    until(
        lambda: steps(read_request(jelena, asked["rights_request_id"]))["discard"] == "done",
        "the copy's end",
        TIMEOUT,
    )
    path, receipt = f"/v1/rights-receipts/{asked['rights_request_id']}", asked["receipt"]
    repeated = jelena.call("POST", f"{path}/cancel", token="", headers={"Rights-Receipt": receipt})
    assert (repeated.status, repeated.body["status"]) == (200, "cancelled")
    shown = jelena.call("GET", path, token="", headers={"Rights-Receipt": receipt})
    assert (shown.status, shown.body["status"]) == (200, "cancelled")
    for wrong in ({}, {"Rights-Receipt": receipt[:-1]}):
        assert jelena.call("GET", path, token="", headers=wrong).problem == "not_found"


@pytest.mark.proof
def test_message_without_a_request_id_is_kept_in_the_dead_letter_queue(cloud: LocalCloud) -> None:
    sqs = cloud.account.client("sqs")
    with pause_worker(cloud):
        lose_messages(cloud)  # messages of earlier tests' requests, which the sweep finds
        lose_messages(cloud, DEAD_LETTER_QUEUE)
        sqs.send_message(QueueUrl=url_of(cloud, QUEUE), MessageBody="nonsense")
    until(lambda: messages(cloud, DEAD_LETTER_QUEUE) == 1, "the message to be kept", TIMEOUT)
    until(lambda: messages(cloud, QUEUE) == 0, "the worker to delete its message", TIMEOUT)
    lose_messages(cloud, DEAD_LETTER_QUEUE)


@pytest.mark.proof
@pytest.mark.promise("RGT-10")
def test_request_is_answered_after_its_message_failed_five_times(cloud: LocalCloud, jelena: Phone) -> None:
    with deny_the_worker_its_table(cloud):
        request_id = asks(jelena)["rights_request_id"]
        until(lambda: is_in_dead_letter_queue(cloud, request_id), "the message to be given up", TIMEOUT)
        assert read_request(jelena, request_id)["status"] == "received"
    lose_messages(cloud, DEAD_LETTER_QUEUE)
    cloud.run("sweep_rights")
    answer = until(lambda: answer_to(jelena, request_id), "the answer", TIMEOUT)
    assert answer["status"] == "completed"
