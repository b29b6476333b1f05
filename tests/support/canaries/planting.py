"""Puts a value into each place, to prove that the search finds it there."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from stream_chat import StreamChat

from chalicelib.core import clock, keyring
from chalicelib.core.ids import AccountId
from chalicelib.core.sealing import Place
from chalicelib.core.transactions import commit
from chalicelib.privacy import subject_keys
from infra.local.cloud import MAIL_FROM, LocalCloud
from tests.support.canaries.chats import new_group, server
from tests.support.canaries.places import Where, folder_of_functions
from tests.support.canaries.sealed import acting_as_the_service
from tests.support.canaries.values import letters

_CHALLENGES, _RIGHTS, _ACCOUNTS = "ru4m-local-challenges", "ru4m-local-rights", "ru4m-local-accounts"
_BILLING, _HELD = "ru4m-local-billing", "ru4m-local-held"
_STREAM_POLLS = 4  # from a new task to its file

Planted = Iterator[None]


@dataclass(frozen=True)
class Planting:
    """How a value gets into a place, and how often the search finds it, by place."""

    plant: Callable[[LocalCloud, str], AbstractContextManager[None]]
    found: Mapping[Where, int]


@contextmanager
def _in_table(cloud: LocalCloud, value: str) -> Planted:
    item: dict[str, dict[str, object]] = {"pk": {"S": f"planted-{letters()}"}, "note": {"B": value.encode()}}
    sorted_too = item | {"sk": {"S": "planted"}}
    with (
        _item(cloud, _CHALLENGES, item),
        _item(cloud, _BILLING, sorted_too),
        _item(cloud, _HELD, sorted_too),
    ):
        yield


@contextmanager
def _sealed(cloud: LocalCloud, value: str) -> Planted:
    """Under each kind of key that exists: of the stage, of retention classes, of a living subject."""
    owner = AccountId.new()
    with acting_as_the_service(cloud):
        subject, creation = subject_keys.new(owner)
        commit(creation)
        keys = subject_keys.key(owner)
        places = (
            (_CHALLENGES, Place("challenge", f"planted-{letters()}"), keyring.transient_key()),
            (_RIGHTS, Place("certificate", f"R#{letters()}", "planted"), keyring.retained_key("certificate")),
            (_BILLING, Place("invoice", f"A#{letters()}", "planted"), keyring.retained_key("invoice")),
            (_HELD, Place("held_record", f"K#{letters()}", "planted"), keyring.retained_key("held_record")),
            (_ACCOUNTS, Place("profile", keys.pk, "planted"), subject),
        )
        plain = json.dumps({"planted": value}).encode()
        items = [(table, _sealed_item(place, key.seal(plain, place))) for table, place, key in places]
    with ExitStack() as planted:
        for table, item in items:
            planted.enter_context(_item(cloud, table, item))
        yield
    cloud.account.client("dynamodb").delete_item(TableName="ru4m-local-keys", Key={"pk": {"S": keys.pk}})


def _sealed_item(place: Place, blob: bytes) -> dict[str, dict[str, object]]:
    item: dict[str, dict[str, object]] = {
        "pk": {"S": place.pk},
        "kind": {"S": place.kind},
        "sealed": {"B": blob},
    }
    return item | ({"sk": {"S": place.sk}} if place.sk else {})


@contextmanager
def _item(cloud: LocalCloud, table: str, item: Mapping[str, dict[str, object]]) -> Planted:
    dynamodb = cloud.account.client("dynamodb")
    dynamodb.put_item(TableName=table, Item=item)
    try:
        yield
    finally:
        key = {name: item[name] for name in ("pk", "sk") if name in item}
        dynamodb.delete_item(TableName=table, Key=key)


@contextmanager
def _in_changes(cloud: LocalCloud, value: str) -> Planted:
    with _item(cloud, _ACCOUNTS, {"pk": {"S": "planted"}, "sk": {"S": value}}):
        pass
    yield  # the item is gone, and the stream keeps its key


@contextmanager
def _in_bucket(cloud: LocalCloud, value: str) -> Planted:
    """Compressed in an archive, and in a version that another one replaced."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr("planted.txt", f"{'-' * 100}{value}{'-' * 100}")
    s3 = cloud.account.client("s3")
    written = [
        (bucket, s3.put_object(Bucket=bucket, Key="planted", Body=body))
        for bucket, body in (
            (cloud.archive.replace("checkpoints", "exports"), archive.getvalue()),
            (cloud.archive, value.encode()),
            (cloud.archive, b"nothing"),
        )
    ]
    try:
        yield
    finally:
        for bucket, answer in written:
            s3.delete_object(Bucket=bucket, Key="planted", VersionId=answer.get("VersionId", "null"))


@contextmanager
def _in_queue(cloud: LocalCloud, value: str) -> Planted:
    sqs = cloud.account.client("sqs")
    url = sqs.get_queue_url(QueueName="ru4m-local-rights-dead")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=value)
    try:
        yield
    finally:
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        for message in received.get("Messages", []):
            if message["Body"] == value:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


@contextmanager
def _in_log(cloud: LocalCloud, value: str) -> Planted:
    logs = cloud.account.client("logs")
    stream = {"logGroupName": "/aws/lambda/ru4m-local-signup", "logStreamName": "planted"}
    logs.create_log_stream(**stream)
    logs.put_log_events(
        **stream, logEvents=[{"timestamp": clock.to_epoch(clock.now()) * 1000, "message": value}]
    )
    try:
        yield
    finally:
        logs.delete_log_stream(**stream)


@contextmanager
def _in_metric(cloud: LocalCloud, value: str) -> Planted:
    dimensions = [{"Name": "planted", "Value": value}]
    data = [{"MetricName": "Planted", "Dimensions": dimensions, "Value": 1.0}]
    cloud.account.client("cloudwatch").put_metric_data(Namespace="Planted", MetricData=data)
    yield  # metrics cannot be deleted


@contextmanager
def _in_file(cloud: LocalCloud, value: str) -> Planted:
    with TemporaryDirectory(dir=folder_of_functions(cloud)) as folder:
        (Path(folder) / "planted").write_text(value)
        yield


@contextmanager
def _in_mail_list(cloud: LocalCloud, value: str) -> Planted:
    ses, address = cloud.account.client("sesv2"), f"{value}@inbox.example"
    ses.put_suppressed_destination(EmailAddress=address, Reason="BOUNCE")
    try:
        yield
    finally:
        ses.delete_suppressed_destination(EmailAddress=address)


@contextmanager
def _in_mail(cloud: LocalCloud, value: str) -> Planted:
    text = {"Data": value}
    cloud.account.client("sesv2").send_email(
        FromEmailAddress=MAIL_FROM,
        Destination={"ToAddresses": ["planted@inbox.example"]},
        Content={"Simple": {"Subject": text, "Body": {"Text": text}}},
    )
    yield


@contextmanager
def _in_text(cloud: LocalCloud, value: str) -> Planted:
    cloud.account.client("sns").publish(PhoneNumber="+381609999999", Message=value)
    yield


@contextmanager
def _as_user(cloud: LocalCloud, value: str) -> Planted:
    _planted_user(cloud, value)
    yield


@contextmanager
def _as_channel(cloud: LocalCloud, value: str) -> Planted:
    new_group(cloud, {"members": ["system"], "name": value})
    yield


@contextmanager
def _as_message(cloud: LocalCloud, value: str) -> Planted:
    sdk, group = server(cloud), new_group(cloud, {"members": ["system"]})
    sdk.channel("messaging", group).send_message({"text": value}, "system")
    yield


@contextmanager
def _as_quote(cloud: LocalCloud, value: str) -> Planted:
    channel = server(cloud).channel("messaging", new_group(cloud, {"members": ["system"]}))
    said = channel.send_message({"text": value}, "system")["message"]["id"]
    channel.send_message({"text": "Yes", "quoted_message_id": said}, "system")
    yield


@contextmanager
def _as_file(cloud: LocalCloud, value: str) -> Planted:
    channel = server(cloud).channel("messaging", new_group(cloud, {"members": ["system"]}))
    with TemporaryDirectory() as folder:
        (file := Path(folder) / "planted.txt").write_text(value)
        channel.send_file(str(file), file.name, {"id": "system"}, "text/plain")
    yield


@contextmanager
def _as_export(cloud: LocalCloud, value: str) -> Planted:
    sdk, user_id = server(cloud), _planted_user(cloud, value)
    task = sdk.export_users([user_id])["task_id"]
    for _ in range(_STREAM_POLLS):
        sdk.get_task(task)
    yield


@contextmanager
def _as_ban(cloud: LocalCloud, value: str) -> Planted:
    sdk, user_id = server(cloud), _planted_user(cloud, letters())
    sdk.ban_user(user_id, banned_by_id="system", reason=value)
    try:
        yield
    finally:
        sdk.unban_user(user_id)


@contextmanager
def _as_request(cloud: LocalCloud, value: str) -> Planted:
    server(cloud).query_users({"id": value})
    yield


def _planted_user(cloud: LocalCloud, name: str) -> str:
    sdk: StreamChat = server(cloud)
    user_id = f"planted-{letters()}"
    sdk.upsert_users([{"id": "system", "name": "RU4M"}, {"id": user_id, "name": name}])
    return user_id


PLANTINGS: Mapping[Where, Planting] = {
    Where.TABLE: Planting(_in_table, {Where.TABLE: 3}),
    Where.SEALED: Planting(_sealed, {Where.SEALED: 5}),
    Where.CHANGES: Planting(_in_changes, {Where.CHANGES: 1}),
    Where.BUCKET: Planting(_in_bucket, {Where.BUCKET: 2}),
    Where.QUEUE: Planting(_in_queue, {Where.QUEUE: 1}),
    Where.LOG: Planting(_in_log, {Where.LOG: 1}),
    Where.METRIC: Planting(_in_metric, {Where.METRIC: 1}),
    Where.FILE: Planting(_in_file, {Where.FILE: 1}),
    Where.MAIL_LIST: Planting(_in_mail_list, {Where.MAIL_LIST: 1}),
    Where.MAIL: Planting(_in_mail, {Where.MAIL: 1}),
    Where.TEXT: Planting(_in_text, {Where.TEXT: 1}),
    Where.STREAM_USER: Planting(_as_user, {Where.STREAM_USER: 1, Where.STREAM_REQUEST: 1}),
    Where.STREAM_CHANNEL: Planting(_as_channel, {Where.STREAM_CHANNEL: 1, Where.STREAM_REQUEST: 1}),
    Where.STREAM_MESSAGE: Planting(_as_message, {Where.STREAM_MESSAGE: 1, Where.STREAM_REQUEST: 1}),
    Where.STREAM_QUOTE: Planting(
        _as_quote, {Where.STREAM_MESSAGE: 1, Where.STREAM_QUOTE: 1, Where.STREAM_REQUEST: 1}
    ),
    Where.STREAM_FILE: Planting(_as_file, {Where.STREAM_FILE: 1}),
    Where.STREAM_EXPORT: Planting(
        _as_export, {Where.STREAM_USER: 1, Where.STREAM_EXPORT: 1, Where.STREAM_REQUEST: 1}
    ),
    Where.STREAM_REST: Planting(_as_ban, {Where.STREAM_REST: 1, Where.STREAM_REQUEST: 1}),
    Where.STREAM_REQUEST: Planting(_as_request, {Where.STREAM_REQUEST: 1}),
}
