"""Tests `ops queues` on an emulated AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from chalicelib.consents import jobs as announcements
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.queues import body_of
from chalicelib.operations.breaches import jobs as breaches
from chalicelib.retention import consent_jobs as renewals
from chalicelib.rights.engine import queue as hints
from chalicelib.rights.engine.queue import Hint
from infra.deployment import queues
from infra.deployment.account import AwsAccount
from infra.deployment.queues import FailedMessage, NotRedrivable
from infra.ops.__main__ import app
from infra.ops.alarms import queues as commands
from tests.infra.fakes import REGION
from tests.support.patches import fail_at


@pytest.fixture
def sqs() -> Iterator[Any]:
    """Return SQS with a stage: workers' queues, and two for their failures."""
    with mock_aws():
        client = AwsAccount(REGION).client("sqs")
        for dead, sources in {
            "hooks-dead": ["hooks"],
            "rights-dead": ["rights", "erasures"],
        }.items():
            url = client.create_queue(QueueName=f"ru4m-staging-{dead}")["QueueUrl"]
            arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
                "QueueArn"
            ]
            redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
            for name in sources:
                attributes = {"RedrivePolicy": redrive, "VisibilityTimeout": "0"}
                client.create_queue(QueueName=f"ru4m-staging-{name}", Attributes=attributes)
        client.create_queue(QueueName="ru4m-production-hooks-dead")
        yield client


def url_of(sqs: Any, name: str) -> str:
    return str(sqs.get_queue_url(QueueName=f"ru4m-staging-{name}")["QueueUrl"])


def send(sqs: Any, name: str, *bodies: str) -> None:
    for body in bodies:
        sqs.send_message(QueueUrl=url_of(sqs, name), MessageBody=body)


def bodies(sqs: Any, name: str) -> list[str]:
    """Return what is visible in a queue, and leave it there."""
    answer = sqs.receive_message(QueueUrl=url_of(sqs, name), MaxNumberOfMessages=10, VisibilityTimeout=0)
    return sorted(one["Body"] for one in answer.get("Messages", ()))


def ops(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, ["queues", *words, "--stage", "staging", "--region", REGION], input=answer)


def test_list_shows_the_queues_of_the_stage_only(sqs: Any) -> None:
    send(sqs, "hooks-dead", "one", "two")
    lines = ops("list").output.splitlines()
    (line,) = (line for line in lines if "hooks-dead" in line)
    assert [cell.strip() for cell in line.strip("│").split("│")] == ["hooks-dead", "2", "0", "0"]
    assert len([line for line in lines if line.startswith("│")]) == 5


def test_failed_messages_go_back_to_their_worker(sqs: Any) -> None:
    send(sqs, "hooks-dead", "one", "two")
    done = ops("redrive", "hooks-dead", "--yes")
    assert done.exit_code == 0, done.output
    assert "2 messages moved" in done.output
    assert bodies(sqs, "hooks") == ["one", "two"]
    assert ops("redrive", "hooks-dead", "--yes").exit_code == 0  # nothing is left


def test_redrive_moves_at_most_the_given_number(sqs: Any) -> None:
    send(sqs, "hooks-dead", *(str(number) for number in range(12)))
    done = ops("redrive", "hooks-dead", "--maximum", "11", "--yes")
    assert (done.exit_code, "11 messages moved" in done.output) == (3, True), done.output


@pytest.mark.parametrize(("flags", "answer"), [(("--dry-run",), ""), ((), "n\n")])
@pytest.mark.parametrize("command", ["redrive", "purge"])
def test_nothing_changes_in_a_dry_run_or_without_a_confirmation(
    sqs: Any, command: str, flags: tuple[str, ...], answer: str
) -> None:
    send(sqs, "hooks-dead", "one")
    done = ops(command, "hooks-dead", *flags, answer=answer)
    assert "1 messages wait in hooks-dead" in done.output
    assert (bodies(sqs, "hooks-dead"), bodies(sqs, "hooks")) == (["one"], [])


def test_purge_deletes_the_failed_messages(sqs: Any) -> None:
    send(sqs, "rights-dead", "one", "two")
    assert ops("purge", "rights-dead", "--yes").exit_code == 0
    assert bodies(sqs, "rights-dead") == []


@pytest.mark.parametrize("command", [["redrive", "--yes"], ["purge", "--yes"], ["show"]])
def test_queue_of_a_worker_is_refused(sqs: Any, command: list[str]) -> None:
    send(sqs, "hooks", "one")
    done = ops(*command, "hooks")
    assert (done.exit_code, "takes no messages that failed" in done.output) == (1, True)
    assert queues.find(AwsAccount(REGION), "staging", "hooks").waiting == 1


def test_unknown_queue_is_refused_with_the_names_of_all(sqs: Any) -> None:
    done = ops("redrive", "nonsense", "--yes")
    assert done.exit_code == 1
    assert "erasures, hooks, hooks-dead, rights" in done.output


def test_messages_are_shown_with_their_reason_and_stay(sqs: Any) -> None:
    source = queues.find(AwsAccount(REGION), "staging", "erasures").arn
    good, bad = (
        body_of(request_id="r_1", hops=2),
        '{"request_id": "Mila", "request_id": "+38160123", "hops": 0}',
    )
    send(sqs, "rights-dead", good)
    for reason in ("other_values", "Mila"):
        notes = {"reason": reason, "source": source}
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in notes.items()}
        sqs.send_message(QueueUrl=url_of(sqs, "rights-dead"), MessageBody=bad, MessageAttributes=attributes)
    words = ["--json", "queues", "show", "rights-dead", "--stage", "staging", "--region", REGION]
    shown = json.loads(CliRunner().invoke(app, words).output)["items"]
    assert all(one.pop("sent_at").endswith("Z") for one in shown)
    unknown = {"kind": "unknown", "id": f"{len(bad)} bytes, SHA-256 {sha256(bad.encode()).hexdigest()}"}
    assert shown == [
        {"from": "", "reason": "failed", "kind": "request", "id": "r_1", "fields": {"hops": "2"}},
        {"from": "ru4m-staging-erasures", "reason": "other_values", **unknown, "fields": {}},
        {"from": "ru4m-staging-erasures", "reason": "failed", **unknown, "fields": {}},
    ]
    assert queues.find(AwsAccount(REGION), "staging", "rights-dead").waiting == 3
    output = ops("show", "rights-dead").output
    assert ("other_values" in output, "0 min" in output) == (True, True)


def test_malformed_message_goes_back_to_the_queue_in_which_its_worker_found_it(sqs: Any) -> None:
    source = queues.find(AwsAccount(REGION), "staging", "erasures").arn
    note = {"source": {"DataType": "String", "StringValue": source}}
    sqs.send_message(QueueUrl=url_of(sqs, "rights-dead"), MessageBody="one", MessageAttributes=note)
    assert ops("redrive", "rights-dead", "--yes").exit_code == 0
    assert (bodies(sqs, "erasures"), bodies(sqs, "rights")) == (["one"], [])


def test_kind_and_id_of_the_messages_of_each_worker_are_shown() -> None:
    jobs = (announcements._JOB, renewals._JOB, breaches._JOB)
    bodies = [body_of(**dict.fromkeys(job.fields, "x")) for job in jobs]
    bodies += [hints._body(Hint(RightsRequestId("r_1"))), body_of(type="user.deleted", id="u", not_before="")]
    assert [commands._shown(body) for body in bodies] == [
        ("announcement", "x", {"shard": "x"}),
        ("shard", "x", {}),
        ("breach", "x", {"part": "x"}),
        ("request", "r_1", {"hops": "0"}),
        ("event of Stream", "u", {"type": "user.deleted", "not_before": ""}),
    ]


def test_message_goes_to_the_one_of_several_queues_that_it_came_from(sqs: Any) -> None:
    account = AwsAccount(REGION)
    dead = queues.find(account, "staging", "rights-dead")
    urls = queues.sources(account, "staging", dead)
    assert {url.rpartition("-")[2] for url in urls.values()} == {"rights", "erasures"}
    for arn, url in urls.items():
        assert queues._origin(dead, urls, FailedMessage("body", "handle", arn)) == url
    with pytest.raises(NotRedrivable, match="is not known"):
        queues._origin(dead, urls, FailedMessage("body", "handle", None))


def test_killed_redrive_leaves_the_message_in_both_queues_and_loses_none(sqs: Any) -> None:
    account = AwsAccount(REGION)
    send(sqs, "hooks-dead", "one")
    fail_at(account.client("sqs"), "delete_message", KeyboardInterrupt)
    dead = queues.find(account, "staging", "hooks-dead")
    with pytest.raises(KeyboardInterrupt):
        queues.move_back(account, "staging", dead, 10)
    assert bodies(sqs, "hooks") == ["one"]
    assert queues.find(account, "staging", "hooks-dead").in_work == 1
