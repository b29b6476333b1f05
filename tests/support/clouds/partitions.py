"""A partition of any size, made while it is read; a table and a bucket that store nothing.

moto keeps all data in this process, so the memory that the code needs cannot be measured with moto.
"""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from botocore.awsrequest import AWSResponse

from chalicelib.accounts.model import Platform
from chalicelib.core import table
from chalicelib.core.ids import AccountId
from chalicelib.core.settings import settings
from chalicelib.core.table import Table
from chalicelib.privacy import bundles
from chalicelib.usage.model import UsageEvent
from tests.support.clouds.cloud import clients_of
from tests.support.world.world import User

Answer = tuple[AWSResponse, dict[str, Any]]
BATCH = 100  # events of an item


def usage_item(user: User, number: int) -> dict[str, Any]:
    """Return a full batch of a subject's events as DynamoDB returns it, hard to compress.

    Each batch has a day of its own, so that a copy has as many days as batches.
    """
    account_id, at = AccountId(user.account_id), user.world.now - timedelta(days=number)
    events = [
        UsageEvent(
            account_id=account_id,
            event_id=UUID(int=(number * BATCH + n) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128, version=4),
            at=at,
            name="meeting.joined",
            screen="settings/privacy",
            duration_ms=number * BATCH + n,
            platform=Platform.IOS,
        )
        for n in range(BATCH)
    ]
    key = table.Key(Table.USAGE, f"A#{account_id}", f"{at:%Y-%m-%dT%H}#{number}")
    # They do not expire during the test.
    return table.items.wire_item(
        {**bundles.pack(events), **key.attributes(), "expires_at": 2**40, "delete_at": 2**40}
    )


@contextmanager
def large_usage_partition(user: User, pages: int, page: int) -> Iterator[None]:
    """Let queries of a subject's usage return `pages` pages of `page` batches each."""
    name = settings().table(Table.USAGE)

    def answer(params: dict[str, Any], **_: Any) -> Answer | None:
        asked = json.loads(params["body"])
        if asked["TableName"] != name:
            return None
        assert list(asked["ExpressionAttributeValues"].values()) == [{"S": f"A#{user.account_id}"}]
        first = int(asked.get("ExclusiveStartKey", {"sk": {"S": "0"}})["sk"]["S"])
        items = [usage_item(user, first * page + n) for n in range(page)]
        more = {"LastEvaluatedKey": {"pk": {"S": "-"}, "sk": {"S": str(first + 1)}}}
        return _response(Items=items, **(more if first + 1 < pages else {}))

    with _respond_with("dynamodb", "Query", answer):
        yield


@contextmanager
def discard_writes() -> Iterator[None]:
    """Let DynamoDB accept batches of writes and ignore them."""
    with _respond_with("dynamodb", "BatchWriteItem", lambda **_: _response(UnprocessedItems={})):
        yield


@contextmanager
def discard_uploads() -> Iterator[list[int]]:
    """Let S3 accept the parts of uploads and discard them; returns their sizes."""
    sizes: list[int] = []
    tags = map(str, itertools.count())

    def take(params: dict[str, Any], **_: Any) -> Answer:
        sizes.append(params["body"].getbuffer().nbytes)
        return _response(ETag=next(tags))

    with (
        _respond_with("s3", "CreateMultipartUpload", lambda **_: _response(UploadId="upload")),
        _respond_with("s3", "UploadPart", take),
        _respond_with("s3", "CompleteMultipartUpload", lambda **_: _response(ETag="whole")),
    ):
        yield sizes


@contextmanager
def _respond_with(service: str, operation: str, answer: Any) -> Iterator[None]:
    """Answer an operation here, without sending it, if `answer` returns a response."""
    for client in clients_of(service):
        client.meta.events.register(f"before-call.{service}.{operation}", answer)
    try:
        yield
    finally:
        for client in clients_of(service):
            client.meta.events.unregister(f"before-call.{service}.{operation}", answer)


def _response(**members: Any) -> Answer:
    return AWSResponse("https://aws", 200, {}, None), {"ResponseMetadata": {"HTTPStatusCode": 200}, **members}
