"""The part of AWS that the functions use, in process (moto), made from our template.

It also restores this process after a test in which it ran as a function on another AWS.
"""

from __future__ import annotations

import base64
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from chalicelib.accounts.challenges import budgets
from chalicelib.core import aws, keyring, limiter
from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.privacy.purposes import Purpose
from chalicelib.push.providers import service as providers
from chalicelib.stream import channels
from chalicelib.stream.webhook import intake
from infra.template import load
from tests.support.clouds.environment import REGION, secret_documents
from tests.support.clouds.moto import calls as moto_calls
from tests.support.clouds.moto import copies, costs
from tests.support.roles.functions import functions_known
from tests.support.roles.judge import calls_of
from tests.support.world.limits import configure

ACCOUNT = copies.ACCOUNT
_KEPT = ("AttributeDefinitions", "KeySchema", "BillingMode", "StreamSpecification", "GlobalSecondaryIndexes")


@contextmanager
def emulated() -> Iterator[None]:
    """Run an empty AWS account in this process, with all resources that the functions expect."""
    os.environ |= {"RU4M_LOOKUP_VERSIONS": "1", "RU4M_STAFF_VERSIONS": "1"}
    with costs.left_out(), functions_known(), mock_aws():
        if not copies.restore():
            _create_resources()
            copies.keep()
        new_container()
        yield


def _create_resources() -> None:
    create_tables()
    create_secrets()
    create_stage_key()
    create_mail_identity()
    create_queues()
    create_buckets()


def create_tables() -> None:
    """Create the tables of the data stack."""
    for definition in _table_definitions():
        aws.client("dynamodb").create_table(**definition)


def _table_definitions() -> Iterator[dict[str, Any]]:
    """Return the arguments of CreateTable for each table of the template."""
    for resource in load("data")["Resources"].values():
        if resource["Type"] == "AWS::DynamoDB::Table":
            yield _table_definition(resource["Properties"])


def _table_definition(properties: dict[str, Any]) -> dict[str, Any]:
    definition = {name: value for name, value in properties.items() if name in _KEPT}
    if stream := definition.get("StreamSpecification"):
        definition["StreamSpecification"] = {**stream, "StreamEnabled": True}
    return {**definition, "TableName": properties["TableName"]["Fn::Sub"].replace("${Stage}", "test")}


def create_secrets() -> None:
    """Create the secrets of the vault stack."""
    for name, document in secret_documents().items():
        aws.client("secretsmanager").create_secret(
            Name=f"ru4m/test/{name}", SecretString=json.dumps(document)
        )


def create_stage_key(version: int = 1) -> None:
    """Make a version of the stage key, wrapped by KMS, the current one, as a deployment does."""
    kms = aws.client("kms")
    key = kms.create_key(KeySpec="SYMMETRIC_DEFAULT")["KeyMetadata"]["KeyId"]
    made = kms.generate_data_key_without_plaintext(
        KeyId=key, KeySpec="AES_256", EncryptionContext=keyring.encryption_context()
    )
    document = json.loads(os.environ.get("RU4M_STAGE_KEYS", "{}")) if version > 1 else {}
    versions = document.get("versions", {})
    versions[str(version)] = base64.b64encode(made["CiphertextBlob"]).decode()
    os.environ["RU4M_STAGE_KEYS"] = json.dumps({"current": str(version), "versions": versions})
    new_container()


def new_container(**variables: str) -> None:
    """Reset the state of the process as in a new container: settings, keys, busy flags, deleted files.

    It has other variables from then on, which are named without `RU4M_`.
    """
    configure(**variables)
    settings()  # from the current environment
    keyring.forget_stage_keys()
    keyring.forget()
    limiter.forget_busy()
    budgets.forget_history()
    intake.forget()
    channels._delete_file.cache_clear()
    providers.forget()


QUEUES = (
    "rights", "transfers", "erasures", "announcements", "renewals", "hooks", "pushes", "breaches", "dead",
)  # fmt: skip


def create_queues() -> None:
    for name in QUEUES:
        aws.client("sqs").create_queue(QueueName=f"ru4m-test-{name}")


def buckets() -> tuple[str, ...]:
    """Name the buckets of a stage, without the archive of locked marks."""
    stored = settings()
    return stored.export_bucket(), stored.papers_bucket(), stored.avatars_bucket(), stored.reported_bucket()


def create_buckets() -> None:
    for bucket in buckets():
        place = {"LocationConstraint": REGION}
        aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=place)


def rotate_keys(purpose: str) -> None:
    """Make a new key of a purpose the current one, and keep the old one."""
    document = secret_documents()[purpose]
    versions = {**document["versions"], "2": base64.b64encode(os.urandom(32)).decode()}
    aws.client("secretsmanager").put_secret_value(
        SecretId=f"ru4m/test/{purpose}", SecretString=json.dumps({"versions": versions, "current": "2"})
    )
    if purpose in {"lookup", "staff"}:
        os.environ[f"RU4M_{purpose.upper()}_VERSIONS"] = "2,1"
    new_container()


@calls_of(None)
def delete_account(account_id: str) -> None:
    """Delete all items under an account's keys, as an erasure does."""
    client = aws.client("dynamodb")
    for item in all_items():
        if item["pk"] == {"S": f"A#{account_id}"} and "sk" in item and item["kind"] != {"S": "open_request"}:
            client.delete_item(TableName="ru4m-test-accounts", Key={"pk": item["pk"], "sk": item["sk"]})


def queued(name: str = "rights") -> list[str]:
    """Return the rights requests in a queue, due or delayed; they are not removed."""
    queue = sqs_backends[ACCOUNT][REGION].queues[f"ru4m-test-{name}"]
    return [json.loads(message.body)["request_id"] for message in queue._messages]


def take_messages(name: str) -> list[str]:
    """Remove all messages from a queue and return their bodies, in the order in which they were sent."""
    waiting = sqs_backends[ACCOUNT][REGION].queues[f"ru4m-test-{name}"]._messages
    bodies = [message.body for message in waiting]
    waiting.clear()
    return bodies


def sent_messages() -> list[tuple[str, str]]:
    """Return every SMS passed to SNS: number and text, oldest first."""
    messages = sns_backends[ACCOUNT][REGION].sms_messages
    return [(sent[0], sent[1]) for sent in messages.values()]


def mails_to(address: str) -> list[str]:
    """Return the bodies of the mails that SES accepted for an address, oldest first."""
    mails = ses_backends[ACCOUNT][REGION].sent_messages
    return [mail.body for mail in mails if mail.destinations["ToAddresses"] == [address]]


def create_mail_identity() -> None:
    """Verify the sender's domain."""
    aws.client("sesv2").create_email_identity(EmailIdentity="test.example")


@contextmanager
def sent_mail(purpose: Purpose | None = None) -> Iterator[list[dict[str, Any]]]:
    """Collect the requests of the mails that SES accepts in this block, all or of a purpose.

    They are complete, while moto keeps only parts of them.
    """
    sent: list[dict[str, Any]] = []
    asked: list[dict[str, Any]] = []

    def ask(params: dict[str, Any], **_: Any) -> None:
        asked.append(params)

    def take(http_response: Any, **_: Any) -> None:
        wanted = purpose is None or {"Name": "purpose", "Value": purpose.value} in asked[-1]["EmailTags"]
        if http_response.status_code == 200 and wanted:
            sent.append(asked[-1])

    events = aws.client("sesv2").meta.events
    events.register("provide-client-params.sesv2.SendEmail", ask)
    events.register("after-call.sesv2.SendEmail", take)
    try:
        yield sent
    finally:
        events.unregister("provide-client-params.sesv2.SendEmail", ask)
        events.unregister("after-call.sesv2.SendEmail", take)


@calls_of(None)
def all_items() -> list[dict[str, Any]]:
    """Return every item of every table, raw."""
    client = aws.client("dynamodb")
    items: list[dict[str, Any]] = []
    for table in client.list_tables()["TableNames"]:
        items += client.scan(TableName=table)["Items"]
    return items


@calls_of(None)
def items_of(name: str) -> list[dict[str, Any]]:
    """Return every item of a table, raw."""
    items: list[dict[str, Any]] = aws.client("dynamodb").scan(TableName=settings().table(name))["Items"]
    return items


# The attributes that mark a row for Stream: the token of a mark is random, and a worker removes them.
MARK = frozenset({"due", "due_at", "unsent"})


def records(kind: str) -> list[dict[str, Any]]:
    """Return every item of one kind of record, raw."""
    return [item for item in all_items() if item.get("kind") == {"S": kind}]


@calls_of(None)
def pin(account_id: str, sk: str, until: datetime) -> None:
    """Keep an item of an account stored after it expires, as an open request for a copy does."""
    aws.client("dynamodb").update_item(
        TableName=settings().table(Table.ACCOUNTS),
        Key={"pk": {"S": f"A#{account_id}"}, "sk": {"S": sk}},
        UpdateExpression="SET delete_at = :until",
        ExpressionAttributeValues={":until": {"N": str(int(until.timestamp()))}},
    )


class Calls(Counter[str]):
    """The number of calls of each operation, such as `dynamodb.GetItem`."""

    def of(self, service: str) -> int:
        return sum(n for name, n in self.items() if name.startswith(f"{service}."))

    @property
    def tables(self) -> dict[str, int]:
        return {name.split(".")[1]: n for name, n in self.items() if name.startswith("dynamodb.")}


def clients_of(service: str) -> list[Any]:
    """Return all clients of a service: the default one, and those of slow operations."""
    longer = [aws.client(*slow) for slow in aws.SLOW_OPERATIONS if slow[0] == service]
    return [aws.client(service), *longer]


@contextmanager
def counted() -> Iterator[Calls]:
    """Count the calls to AWS in this block; reads by key have to be consistent."""
    calls = Calls()
    stale: list[str] = []

    def count(model: Any, params: dict[str, Any], **_: Any) -> None:
        calls[f"{model.service_model.service_name}.{model.name}"] += 1
        reads = {"GetItem": [params], "BatchGetItem": params.get("RequestItems", {}).values()}
        stale.extend(model.name for read in reads.get(model.name, ()) if not read.get("ConsistentRead"))

    services = ("dynamodb", "sns", "sesv2", "secretsmanager", "kms", "sqs", "s3")
    clients = [client for service in services for client in clients_of(service)]
    moto_calls.note()
    for client in clients:
        client.meta.events.register("provide-client-params", count)
    try:
        yield calls
    finally:
        for client in clients:
            client.meta.events.unregister("provide-client-params", count)
    assert not stale


@contextmanager
def failing(
    service: str,
    operation: str,
    error: Exception,
    times: int = 1_000,
    moment: str = "before",
    touching: str = "",
) -> Iterator[None]:
    """Let the first `times` calls of an operation fail before they are sent.

    With `touching`, only calls whose body contains that text fail.
    """
    left = iter(range(times))

    def fail(params: Any = None, **_: Any) -> None:
        if touching and touching.encode() not in params["body"]:
            return
        if next(left, None) is not None:
            raise error

    name = f"{moment}-call.{service}.{operation}"
    moto_calls.note()
    for client in clients_of(service):
        client.meta.events.register(name, fail)
    try:
        yield
    finally:
        for client in clients_of(service):
            client.meta.events.unregister(name, fail)


@contextmanager
def hooked(service: str, moment: str, hook: Callable[..., None]) -> Iterator[None]:
    """Call a function at each call to a service, such as at `after-call.sesv2.SendEmail`."""
    moto_calls.note()
    own = calls_of(None)(hook)
    for client in clients_of(service):
        client.meta.events.register_last(moment, own)
    try:
        yield
    finally:
        for client in clients_of(service):
            client.meta.events.unregister(moment, own)


def losing_responses(operation: str, times: int = 1) -> AbstractContextManager[None]:
    """Let DynamoDB execute an operation and lose the responses of the first `times` calls."""
    return failing("dynamodb", operation, ReadTimeoutError(endpoint_url="https://dynamodb"), times, "after")


def clear_queues() -> None:
    """Remove all messages from the queues."""
    for queue in sqs_backends[ACCOUNT][REGION].queues.values():
        queue._messages.clear()


@contextmanager
def restored_process() -> Iterator[None]:
    """Restore the environment at the end of the block, and discard the clients made in it.

    boto3's default session is discarded too. It keeps the addresses and keys with which it was made, so later
    clients would call an emulator that has ended.
    """
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        forget_clients()


def forget_clients() -> None:
    """Discard clients, session and keys, so that their next use makes them again."""
    aws.client.cache_clear()
    boto3.DEFAULT_SESSION = None
    new_container()
