"""Breaks promises on purpose on a deployed cloud: alarms fire, and the runbook's commands end them.

Vera has the role of the person on call, Alice and Bob that of operators, Dora that of deployments.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from stream_chat import StreamChat

from chalicelib.core import clock
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.table import Key, Table, ends
from chalicelib.core.table.items import wire_item
from chalicelib.rights.request import store
from chalicelib.rights.request.notes import ErasureNotes
from chalicelib.rights.request.terms import StepStatus
from infra.deployment.account import AwsAccount
from infra.local.cloud import STAGE, LocalCloud, local_cloud
from infra.local.tour.phone import Phone
from infra.local.tour.receipt import ReceiptLink
from infra.local.waiting import until
from infra.ops.profiles import OperatorRole, sign_in
from infra.ops.standing_in import act_as
from infra.template.alarm_table import ALARMS
from tests.support.clouds.alarmed import AlarmedCloud, with_operators

pytestmark = pytest.mark.proof  # each alarm waits for its period

REFUSAL = ("--status", "refused", "--reason", "JustificationA12ManifestlyExcessive")


@pytest.fixture(scope="module")
def alarmed() -> Iterator[AlarmedCloud]:
    """Return a cloud of its own: other tests leave findings, for which alarms stay a day."""
    policies = {"alice": "OperatorPolicyArn", "bob": "OperatorPolicyArn", "vera": "OnCallPolicyArn"}
    with local_cloud() as cloud:
        key = sign_in(cloud.account, "dora", OperatorRole.DEPLOYMENT)
        dora = AwsAccount(cloud.account.region, cloud.account.endpoint, *key)
        yield AlarmedCloud(cloud, {**with_operators(cloud, policies), "dora": dora})


@pytest.fixture(scope="module")
def numbers() -> Iterator[str]:
    return (f"+3816{n:08}" for n in itertools.count(70_000_000))


@pytest.fixture(scope="module")
def a_phone(alarmed: AlarmedCloud, numbers: Iterator[str]) -> Callable[[str], Phone]:
    """Return a person who has signed up."""

    def signed_up(name: str) -> Phone:
        phone = Phone(alarmed.cloud.state.api_url, next(numbers), alarmed.cloud.texts_to)
        phone.sign_up(name)
        return phone

    return signed_up


@pytest.fixture(autouse=True)
def calm_before_and_after(alarmed: AlarmedCloud) -> Iterator[None]:
    """Each test begins and ends with every promise kept."""
    alarmed.wait_until_firing()
    yield
    alarmed.wait_until_firing()


def test_template_and_cloud_have_the_same_alarms(alarmed: AlarmedCloud) -> None:
    assert alarmed.states().keys() == {row.name for row in ALARMS} | {"promise-broken"}


@pytest.mark.promise("RGT-10")
def test_overdue_request_fires_until_operators_answer_it(
    alarmed: AlarmedCloud, a_phone: Callable[[str], Phone], tmp_path: Path
) -> None:
    (text := tmp_path / "text").write_text("This was answered before.")
    received = clock.day_of(clock.now() - 60 * DAY).isoformat()
    letter = {"right": "rectification", "received_by": "letter", "received_on": received}
    asked = {"changes": {"session_device": "a tablet"}, "reason": "It was sold."}
    late = {"user_id": a_phone("Olga").user_id, "late_receipt_confirmed": True}
    (file := tmp_path / "letter.json").write_text(json.dumps({**late, **letter, **asked}))
    request_id = alarmed.ops_succeeds("alice", "rights", "enter-file", str(file)).split()[0]
    assert alarmed.cloud.run("sweep_rights")["overdue"] == 1
    alarmed.wait_until_firing("rights-overdue")

    assert request_id in alarmed.ops_succeeds("alice", "rights", "list")
    alarmed.ops_succeeds("alice", "rights", "propose", request_id, *REFUSAL, "--text-file", str(text))
    until(lambda: _approved(alarmed, request_id), "an approval of the version that was read")
    assert alarmed.cloud.run("sweep_rights")["overdue"] == 0
    alarmed.wait_until_firing()


@pytest.mark.promise("RGT-3", "STR-5")
def test_stuck_erasure_fires_until_its_step_is_retried(
    alarmed: AlarmedCloud, a_phone: Callable[[str], Phone]
) -> None:
    cloud, gordana = alarmed.cloud, a_phone("Gordana")
    until(lambda: gordana.user_id in cloud.stream.state()["users"], "the user at Stream")
    cloud.stream.fault(method="POST", path="^/users/delete$", times=1000, status=503, code=-1)
    gordana.step_up()
    answer = gordana.call("POST", "/v1/rights-requests", {"right": "erasure", "waive_grace": True})
    assert answer.status == 202, answer.body
    link = ReceiptLink(gordana, answer.body["rights_request_id"], answer.body["receipt"])
    link.wait_for_step("delete_at_stream", "in_progress")
    _stop_since_yesterday(cloud, RightsRequestId(link.request_id))
    until(lambda: cloud.run("sweep_rights") and "erasure-unproven" in alarmed.firing(), "the alarm", 60.0)
    alarmed.wait_until_firing("erasure-unproven")
    assert alarmed.states()["rights-step-stopped"] == "ALARM"

    cloud.stream.clear_faults()
    assert link.request_id in alarmed.ops_succeeds("bob", "erasures", "list")
    alarmed.ops_succeeds("bob", "erasures", "retry", link.request_id)
    assert link.wait_for_answer() == "completed"
    cloud.run("sweep_rights")
    alarmed.wait_until_firing()
    assert alarmed.states()["rights-step-stopped"] == "OK"


def _approved(alarmed: AlarmedCloud, request_id: str) -> bool:
    """Read a request as Bob and approve what he read; False if a worker changed it in between."""
    shown = alarmed.ops_succeeds("bob", "rights", "show", request_id)
    version = next(line.split()[-2] for line in shown.splitlines() if " version " in line)
    done = alarmed.ops("bob", "rights", "approve", request_id, "--version", version)
    assert done.exit_code == 0 or "changed_meanwhile" in done.output, done.output
    return bool(done.exit_code == 0)


def _stop_since_yesterday(cloud: LocalCloud, request_id: RightsRequestId) -> None:
    """Stop the next step of an erasure, as after its last try, a day after its point of no return."""
    act_as(cloud.account, STAGE, "erase_accounts")

    def stopped() -> bool:
        found = store.read(request_id)
        if found is None or found.leased_until or found.next_step is None:
            return False
        notes = found.notes
        assert isinstance(notes, ErasureNotes)
        assert notes.captured_at
        after = found.with_step(found.next_step.name, StepStatus.STOPPED, clock.now(), "refused")
        captured = replace(notes, captured_at=notes.captured_at - DAY - HOUR)
        changes = {"notes": captured, "run_at": None, "unreachable_since": None}
        store.move(found, after.model_copy(update=changes))
        return True

    until(stopped, "the worker to release the erasure")


@pytest.mark.promise("STR-3")
def test_drifted_setting_fires_until_it_is_applied_back(alarmed: AlarmedCloud) -> None:
    stream = alarmed.cloud.stream
    client = StreamChat(stream.api_key, stream.secret, base_url=stream.url)
    with client.session:
        client.update_channel_type("livestream", grants={"user": ["read-channel"]})
    alarmed.ops_succeeds("vera", "chat-settings", "check")
    alarmed.wait_until_firing("chat-settings-drifted")

    assert alarmed.ops("dora", "chat-settings", "diff").exit_code == 3
    alarmed.ops_succeeds("dora", "chat-settings", "apply", "--yes")
    alarmed.ops_succeeds("vera", "chat-settings", "check")
    alarmed.wait_until_firing()


@pytest.mark.promise("RET-1", "RET-2")
def test_expired_data_fires_until_a_purge_finds_nothing(alarmed: AlarmedCloud) -> None:
    with alarmed.cloud.without_ttl(Table.USAGE):
        _put_ended(alarmed.cloud, clock.now() - 3 * DAY)
        assert alarmed.cloud.run("purge_expired")["oldest_minutes"] > 48 * 60
        alarmed.wait_until_firing("expired-data-present")

    assert "0 found" in alarmed.follow_remedy("vera", "expired-data-present")
    alarmed.wait_until_firing()


def _put_ended(cloud: LocalCloud, at: object) -> None:
    """Store an item of the table Usage that ended then, as TTL and the purge find it."""
    key, end = Key(Table.USAGE, "test#left", "test"), clock.to_epoch(at)  # type: ignore[arg-type]
    item = {**key.attributes(), "kind": "test", "expires_at": end, "delete_at": end}
    indexed = wire_item({**item, **ends.of_item(key, item)})
    cloud.account.client("dynamodb").put_item(TableName=f"ru4m-{STAGE}-usage", Item=indexed)


@pytest.mark.promise("STR-12")
def test_message_in_a_dead_letter_queue_fires_until_it_is_redriven(alarmed: AlarmedCloud) -> None:
    sqs = alarmed.cloud.account.client("sqs")
    dead = sqs.get_queue_url(QueueName=f"ru4m-{STAGE}-hooks-dead")["QueueUrl"]
    event = {"type": "message.deleted", "id": "a-message-that-does-not-exist", "not_before": ""}
    sqs.send_message(QueueUrl=dead, MessageBody=json.dumps(event))
    alarmed.wait_until_firing("hooks-dead")
    others = {name for name, state in alarmed.states().items() if state == "ALARM" and name.endswith("-dead")}
    assert others == {"hooks-dead"}

    assert "message.deleted" in alarmed.ops_succeeds("vera", "queues", "show", "hooks-dead")
    counted = alarmed.ops("vera", "queues", "redrive", "hooks-dead", "--dry-run")
    assert counted.exit_code == 3, counted.output
    assert "1 messages moved" in alarmed.follow_remedy("vera", "hooks-dead")
    alarmed.wait_until_firing()


def test_alarm_that_an_operator_tests_notifies_a_subscriber_and_is_set_back(alarmed: AlarmedCloud) -> None:
    account = alarmed.cloud.account
    sqs, sns = account.client("sqs"), account.client("sns")
    inbox = sqs.create_queue(QueueName="inbox-of-operations")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=inbox, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = alarmed.cloud.deployment.outputs["AlarmTopicArn"]
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=inbox, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    assert "is in ALARM" in alarmed.ops_succeeds("vera", "alarms", "test", "hooks-dead", "--yes")

    def notified() -> str:
        messages = sqs.receive_message(QueueUrl=inbox, MaxNumberOfMessages=10).get("Messages", [])
        return next((one["Body"] for one in messages if "hooks-dead" in one["Body"]), "")

    notification = json.loads(json.loads(until(notified, "the notification"))["Message"])
    assert (notification["AlarmName"], notification["NewStateValue"]) == (f"ru4m-{STAGE}-hooks-dead", "ALARM")
    assert "TEST by an operator" in notification["NewStateReason"]
    assert alarmed.states()["hooks-dead"] == "OK"  # judged again
    alarmed.ops_succeeds("vera", "alarms", "check")


def test_message_that_is_not_needed_fires_until_it_is_purged(alarmed: AlarmedCloud) -> None:
    sqs = alarmed.cloud.account.client("sqs")
    dead = sqs.get_queue_url(QueueName=f"ru4m-{STAGE}-shards-dead")["QueueUrl"]
    sqs.send_message(QueueUrl=dead, MessageBody=json.dumps({"shard": "s00"}))
    until(lambda: alarmed.states()["shards-dead"] == "ALARM", "the alarm", 30.0)
    assert "s00" in alarmed.ops_succeeds("vera", "queues", "show", "shards-dead")
    alarmed.follow_remedy("vera", "shards-dead")
    until(lambda: alarmed.states()["shards-dead"] == "OK", "the alarm to end", 30.0)


@pytest.mark.parametrize("alarm", ["no-reconciliation", "no-idle-accounts-run"])
def test_missing_job_fires_until_the_person_on_call_runs_it(alarm: str, alarmed: AlarmedCloud) -> None:
    assert alarmed.states()[alarm] == "ALARM"  # an hourly job, and the cloud is minutes old
    alarmed.follow_remedy("vera", alarm)
    until(lambda: alarmed.states()[alarm] == "OK", "the alarm to end", 30.0)


def test_operator_on_call_reads_no_data_of_subjects(alarmed: AlarmedCloud) -> None:
    vera = alarmed.operators["vera"]
    for service, call, given in (
        ("dynamodb", "scan", {"TableName": f"ru4m-{STAGE}-accounts"}),
        ("secretsmanager", "get_secret_value", {"SecretId": f"ru4m/{STAGE}/stream"}),
        ("lambda", "invoke", {"FunctionName": f"ru4m-{STAGE}-erase_accounts"}),
    ):
        with pytest.raises(Exception, match="AccessDenied"):
            getattr(vera.client(service), call)(**given)
