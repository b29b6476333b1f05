"""The emulated AWS on which flows run, with an account per test process.

It is not moto, which applies a transaction twice if it is sent twice with the same token.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.core import aws, figures
from chalicelib.core.settings import settings
from infra.local.emulator import running_emulator
from tests.support.cases import certificates
from tests.support.clouds import cloud
from tests.support.clouds.cloud import forget_clients, restored_process

ACCOUNT = "000000000001"  # ministack reads a key of twelve digits as the account's number


@contextmanager
def emulated_aws() -> Iterator[dict[str, str]]:
    """Create the templates' tables, secrets, keys and mail domain; returns their environment."""
    with running_emulator() as address:
        # Only stage `local` sends to a receiver on this machine.
        variables = {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "RU4M_STAGE": "local",
            "RU4M_FIGURES": figures.packed(figures.widened(1000)),
            "RU4M_LOOKUP_VERSIONS": "1",
            "RU4M_STAFF_VERSIONS": "1",
        }
        with use_emulated_aws(variables | {"RU4M_STAGE_KEYS": ""}):
            cloud.create_buckets()
            cloud.create_queues()
            queues = {
                f"RU4M_{name.upper()}_QUEUE": aws.client("sqs").get_queue_url(QueueName=f"ru4m-test-{name}")[
                    "QueueUrl"
                ]
                for name in cloud.QUEUES
            }
            cloud.create_tables()
            cloud.create_secrets()
            cloud.create_stage_key()
            cloud.create_mail_identity()
            certificates.create_key()
            variables |= {"RU4M_STAGE_KEYS": os.environ["RU4M_STAGE_KEYS"], **queues}
        yield variables


@contextmanager
def use_emulated_aws(variables: dict[str, str]) -> Iterator[None]:
    """Let this process use the emulated AWS; the other suites use moto."""
    with restored_process():
        os.environ.update(variables)
        forget_clients()
        yield


def delete_stored_data() -> None:
    """Delete all stored data, but not keys and secrets."""
    client = aws.client("dynamodb")
    for table in client.list_tables()["TableNames"]:
        items = client.scan(TableName=table)["Items"]
        keys = [{name: item[name] for name in ("pk", "sk") if name in item} for item in items]
        deletes = [{"DeleteRequest": {"Key": key}} for key in keys]
        for start in range(0, len(deletes), 25):
            client.batch_write_item(RequestItems={table: deletes[start : start + 25]})
    # Accounts have the same ids in each playing: a file or an upload that stays would be the next account's.
    for bucket in cloud.buckets():
        for item in aws.listed_objects(bucket, ""):
            aws.client("s3").delete_object(Bucket=bucket, Key=item["Key"])
        for begun in aws.client("s3").list_multipart_uploads(Bucket=bucket).get("Uploads", ()):
            aws.client("s3").abort_multipart_upload(
                Bucket=bucket, Key=begun["Key"], UploadId=begun["UploadId"]
            )


def stored_copies() -> list[str]:
    """Return the keys of the objects in the bucket of copies."""
    return [item["Key"] for item in aws.listed_objects(settings().export_bucket(), "")]


class Changes:
    """Reads a table's stream from now on; its position moves only when `take` is called."""

    def __init__(self, table: str) -> None:
        stream = aws.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
        (shard,) = _streams().describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
        place = {"StreamArn": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "LATEST"}
        self._iterator = _streams().get_shard_iterator(**place)["ShardIterator"]

    def next_records(self) -> list[dict[str, Any]]:
        """Return the next records, as Lambda passes them to a function."""
        records = _streams().get_records(ShardIterator=self._iterator)["Records"]
        for record in records:
            made = record["dynamodb"]["ApproximateCreationDateTime"]
            record["dynamodb"]["ApproximateCreationDateTime"] = made.timestamp()  # as in JSON
        return list(records)

    def take(self, number: int) -> None:
        """Advance past the records that were processed."""
        if number:
            self._iterator = _streams().get_records(ShardIterator=self._iterator, Limit=number)[
                "NextShardIterator"
            ]


def _streams() -> Any:
    return aws.client("dynamodbstreams")
