"""Everything that the service's AWS account stores, and every message that it sent.

The functions can pass data only to DynamoDB, S3, SQS, SNS, SES and CloudWatch. tests/unit/test_canaries.py
compares this with their policies.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from infra.deployment.account import AwsClient
from infra.local.children import LOCAL
from infra.local.cloud import LocalCloud
from tests.support.canaries.sealed import SealedRecords
from tests.support.clouds.deployed import StoredItems, raw_values

# The services in the functions' policies to which a function can pass data, each with a place below.
SEARCHED_SERVICES = frozenset({"dynamodb", "s3", "sqs", "sns", "ses", "logs"})
# Those that get ciphertexts, digests and names of keys only.
SERVICES_WITHOUT_DATA = frozenset({"kms", "secretsmanager"})

_TABLES = "ru4m-local-"


class Where(StrEnum):
    """The places that are searched."""

    TABLE = "table"
    SEALED = "sealed in table"
    CHANGES = "changes of table"
    BUCKET = "bucket"
    QUEUE = "queue"
    LOG = "log"
    METRIC = "metric"
    FILE = "file of a function"
    MAIL_LIST = "suppression list"
    MAIL = "sent mail"
    TEXT = "sent text"
    STREAM_USER = "user at Stream"
    STREAM_CHANNEL = "channel at Stream"
    STREAM_MESSAGE = "message at Stream"
    STREAM_QUOTE = "quote at Stream"
    STREAM_FILE = "file at Stream"
    STREAM_EXPORT = "export at Stream"
    STREAM_REST = "other state at Stream"
    STREAM_REQUEST = "request to Stream"


@dataclass(frozen=True)
class Content:
    """One thing that is stored or was sent.

    Attributes:
        where: the place.
        key: names it within the place; it may contain canaries.
        data: all its bytes, decoded as far as possible.
        kind: of the record, in tables.
        field: of the record, if it was sealed.
    """

    where: Where
    key: str = field(repr=False)
    data: bytes = field(repr=False)
    kind: str = ""
    field: str = ""


def stored_at_aws(cloud: LocalCloud) -> Iterator[Content]:
    """Everything that the account stores. Call it within `acting_as_the_service`."""
    yield from _tables(cloud)
    yield from _changes(cloud)
    yield from _buckets(cloud)
    yield from _queues(cloud)
    yield from _logs(cloud)
    yield from _metrics(cloud)
    yield from _files(cloud)
    yield from _mail_list(cloud)


def sent_messages(cloud: LocalCloud) -> Iterator[Content]:
    """Every mail and text message, by its recipient and number."""
    mails = _emulator(cloud, "ses/messages")["messages"].get(cloud.account.number, [])
    for number, mail in enumerate(mails):
        yield Content(Where.MAIL, f"{number} to {','.join(mail['To'])}", _json(mail))
    for phone, texts in _emulator(cloud, "sns/sms-messages")["sms_messages"].items():
        for number, text in enumerate(texts):
            yield Content(Where.TEXT, f"{number} to {phone}", _json(text))


def _tables(cloud: LocalCloud) -> Iterator[Content]:
    stored, sealed = StoredItems(cloud), SealedRecords(cloud)
    for table in stored.tables():
        for page in cloud.account.scan(table):
            for item in page:
                key = f"{table.removeprefix(_TABLES)} {item['pk']['S']} {item.get('sk', {}).get('S', '')}"
                kind = item.get("kind", {}).get("S", "")
                yield Content(Where.TABLE, key.strip(), b"\n".join(raw_values(item)), kind)
                for name, data in sealed.fields(item):
                    yield Content(Where.SEALED, key.strip(), data, kind, name)


def _changes(cloud: LocalCloud) -> Iterator[Content]:
    """The records of table streams, which DynamoDB keeps for a day."""
    streams = cloud.account.client("dynamodbstreams")
    for stream in streams.list_streams()["Streams"]:
        arn = stream["StreamArn"]
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            found = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            position = streams.get_shard_iterator(**found)["ShardIterator"]
            while position:
                page = streams.get_records(ShardIterator=position, Limit=1000)
                for record in page["Records"]:
                    name = stream["TableName"].removeprefix(_TABLES)
                    yield Content(Where.CHANGES, name, b"\n".join(raw_values(record["dynamodb"])))
                position = page.get("NextShardIterator") if page["Records"] else None


def _buckets(cloud: LocalCloud) -> Iterator[Content]:
    """All versions of all objects with metadata and tags, files inside archives, unfinished uploads."""
    s3 = cloud.account.client("s3")
    for bucket in (one["Name"] for one in s3.list_buckets()["Buckets"]):
        if bucket == cloud.account.bucket:
            continue  # deployment packages: written by deployments only
        name = bucket.removeprefix(_TABLES).removesuffix(f"-{cloud.account.number}-{cloud.account.region}")
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in page.get("Versions", ()):
                key = f"{name} {version['Key']}"
                yield from _version(s3, key, bucket, version)
            for marker in page.get("DeleteMarkers", ()):
                yield Content(Where.BUCKET, f"{name} {marker['Key']}", marker["Key"].encode())
        for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", ()):
            yield Content(Where.BUCKET, f"{name} {upload['Key']} (unfinished)", upload["Key"].encode())


def _version(s3: AwsClient, key: str, bucket: str, version: dict[str, str]) -> Iterator[Content]:
    one = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
    try:
        answer = s3.get_object(**one)
        about = {"key": version["Key"], "metadata": answer["Metadata"], **s3.get_object_tagging(**one)}
    except s3.exceptions.NoSuchKey:  # a worker deleted it since it was listed
        return
    yield Content(Where.BUCKET, key, b"\n".join((_json(about), *_unpacked(answer["Body"].read()))))


def _unpacked(data: bytes) -> Iterator[bytes]:
    yield data
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield archive.read(name)


def has_messages(cloud: LocalCloud) -> bool:
    """Return whether a queue has a message, which is there until a worker has taken it."""
    return next(_queues(cloud), None) is not None


def _queues(cloud: LocalCloud) -> Iterator[Content]:
    """The messages of all queues, without receiving them."""
    for region in _emulator(cloud, "sqs/messages")["messages"].get(cloud.account.number, {}).values():
        for url, messages in region.items():
            for message in messages:
                yield Content(Where.QUEUE, url.rpartition("/")[2].removeprefix(_TABLES), _json(message))


def _logs(cloud: LocalCloud) -> Iterator[Content]:
    logs = cloud.account.client("logs")
    groups = logs.get_paginator("describe_log_groups").paginate().search("logGroups[]")
    for group in groups:
        name = group["logGroupName"]
        streams = logs.get_paginator("describe_log_streams").paginate(logGroupName=name)
        for stream in streams.search("logStreams[]"):
            found = {"logGroupName": name, "logStreamName": stream["logStreamName"], "startFromHead": True}
            lines = [event["message"].encode() for event in logs.get_log_events(**found)["events"]]
            yield Content(Where.LOG, name.rpartition("/")[2].removeprefix(_TABLES), b"\n".join(lines))


def _metrics(cloud: LocalCloud) -> Iterator[Content]:
    for page in cloud.account.client("cloudwatch").get_paginator("list_metrics").paginate():
        for metric in page["Metrics"]:
            yield Content(Where.METRIC, metric["Namespace"], _json(metric))


def folder_of_functions(cloud: LocalCloud) -> Path:
    """The folder with the temporary files of all functions of this cloud."""
    (mark,) = (LOCAL / "runs").glob(f"*/ministack-{urlsplit(str(cloud.account.endpoint)).port}.pid")
    return mark.parent


def _files(cloud: LocalCloud) -> Iterator[Content]:
    """What functions left in /tmp; the emulator's own folders are read by its API, and code is no data."""
    top = folder_of_functions(cloud)
    for parent, folders, names in os.walk(top):  # it does not follow the workers' links to the code
        if parent == str(top):
            folders[:] = [
                one for one in folders if one not in {"s3", "state"} and not one.startswith("code-")
            ]
        for file in (Path(parent) / name for name in names):
            with suppress(FileNotFoundError):  # a worker ended since its folder was listed
                yield Content(Where.FILE, str(file.relative_to(top)), file.name.encode() + file.read_bytes())


def _mail_list(cloud: LocalCloud) -> Iterator[Content]:
    for one in cloud.account.client("sesv2").list_suppressed_destinations()["SuppressedDestinationSummaries"]:
        yield Content(Where.MAIL_LIST, "SES", one["EmailAddress"].encode())


def _emulator(cloud: LocalCloud, path: str) -> dict[str, Any]:
    """What the emulator shows of its state beyond the API of AWS."""
    where = {"region": cloud.account.region}
    answer = requests.get(f"{cloud.account.endpoint}/_ministack/{path}", params=where, timeout=10)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode()
