"""The account and region of a deployment, on AWS or on an emulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, NoCredentialsError

from chalicelib.core.settings import eu_region
from infra.ops.refused import WrongCall

AwsClient: TypeAlias = Any  # boto3 ships no types
T = TypeVar("T")
# Why a region in the EU is refused. Addresses and service principals here are those of the partition aws.
_OTHER_PARTITION = {
    "eusc-de-east-1": "eusc-de-east-1 is another partition of AWS, with accounts and addresses of its own"
}
# The codes by which the services of AWS say that what a call names does not exist.
ABSENT = frozenset({
    "404", "NoSuchBucket", "NoSuchBucketPolicy", "NoSuchKey", "NotFound", "NotFoundException",
    "ResourceNotFound", "ResourceNotFoundException",
})  # fmt: skip


def is_absent(error: ClientError) -> bool:
    """Return whether AWS refused a call because what it names does not exist."""
    return error.response.get("Error", {}).get("Code") in ABSENT


def existing(call: Callable[[], T]) -> T | None:
    """Return the answer of a call; None if what it names does not exist."""
    try:
        return call()
    except ClientError as error:
        if not is_absent(error):
            raise
        return None


class RegionError(WrongCall):
    """The region is outside the EU (STR-7), or in another partition of AWS; the text says which."""


@dataclass(frozen=True)
class AwsAccount:
    """Clients of one account in one region.

    Uses the credentials that boto3 finds, unless they are given (for the emulator).
    """

    region: str
    endpoint: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse a region outside the EU, or in another partition, before any call."""
        try:
            eu_region(self.region)
        except ValueError:
            why = _OTHER_PARTITION.get(self.region, f"{self.region} is not in the EU")
            raise RegionError(why) from None

    @cached_property
    def _session(self) -> AwsClient:
        return boto3.Session(self.access_key, self.secret_key, region_name=self.region)

    @cached_property
    def _clients(self) -> dict[str, AwsClient]:
        return {}

    def client(self, service: str) -> AwsClient:
        """Return the cached client of a service, because creating one takes longer than most calls."""
        if service not in self._clients:
            self._clients[service] = self._new_client(service)
        return self._clients[service]

    def patient_client(self, service: str) -> AwsClient:
        """Return a client that waits as long as a function may run, and sends each call once."""
        config = Config(read_timeout=910, tcp_keepalive=True, retries={"total_max_attempts": 1})
        return self._session.client(service, endpoint_url=self.endpoint, config=config)

    def _new_client(self, service: str) -> AwsClient:
        """Create a client.

        On an emulator, buckets are addressed by path, because they have no host names.
        """
        style = {"addressing_style": "path"} if self.endpoint else {}
        config = Config(s3=style, retries={"mode": "standard", "max_attempts": 4})
        return self._session.client(service, endpoint_url=self.endpoint, config=config)

    @property
    def credentials(self) -> AwsClient:
        """The credentials to sign our own requests.

        Raises:
            NoCredentialsError: boto3 finds no credentials.
        """
        found = self._session.get_credentials()
        if found is None:
            raise NoCredentialsError
        return found.get_frozen_credentials()

    @cached_property
    def number(self) -> str:
        """The account id of twelve digits."""
        answer: str = self.client("sts").get_caller_identity()["Account"]
        return answer

    @cached_property
    def partition(self) -> str:
        """The partition of the region, as in ARNs."""
        partition: str = self._session.get_partition_for_region(self.region)
        return partition

    @property
    def bucket(self) -> str:
        """The bucket for deployment packages; one per account and region."""
        return f"ru4m-deploy-{self.number}-{self.region}"

    def listed(self, service: str, operation: str, member: str, **asked: Any) -> Iterator[Any]:  # noqa: ANN401 - as boto3 has it
        """Yield what an operation lists under a name, from all its pages."""
        for page in self.client(service).get_paginator(operation).paginate(**asked):
            yield from page.get(member, ())

    def scan(self, table: str) -> Iterator[list[dict[str, Any]]]:
        """Yield all items of a table in DynamoDB's wire format, page by page, read consistently."""
        pages = self.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=table, ConsistentRead=True):
            yield page["Items"]

    def upload(self, file: Path, key: str) -> str:
        """Upload a file to the deployment bucket, which is created on first use; return its URL."""
        s3 = self.client("s3")
        if existing(lambda: s3.head_bucket(Bucket=self.bucket)) is None:
            self._make_bucket(s3)
        s3.put_object(Bucket=self.bucket, Key=key, Body=file.read_bytes(), ServerSideEncryption="AES256")
        return self.url_of(key)

    def url_of(self, key: str) -> str:
        """The URL of an object in the deployment bucket."""
        if self.endpoint:
            return f"{self.endpoint}/{self.bucket}/{key}"
        return f"https://{self.bucket}.s3.{self.region}.amazonaws.com/{key}"

    def write_text(self, key: str, text: str) -> None:
        """Write a text to the deployment bucket, which an upload created before."""
        self.client("s3").put_object(
            Bucket=self.bucket, Key=key, Body=text.encode(), ServerSideEncryption="AES256"
        )

    def read_text(self, key: str) -> str | None:
        """Return a text of the deployment bucket; None if there is no such object or no bucket."""
        found = existing(lambda: self.client("s3").get_object(Bucket=self.bucket, Key=key))
        return str(found["Body"].read().decode()) if found else None

    def keys(self, prefix: str) -> list[str]:
        """Return the keys in the deployment bucket that begin with a prefix; none if there is no bucket."""
        found = existing(
            lambda: list(self.listed("s3", "list_objects_v2", "Contents", Bucket=self.bucket, Prefix=prefix))
        )
        return [one["Key"] for one in found or ()]

    def discard(self, key: str) -> None:
        """Delete an object of the deployment bucket; one that is not there counts as deleted."""
        self.client("s3").delete_object(Bucket=self.bucket, Key=key)

    def _make_bucket(self, s3: AwsClient) -> None:
        s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": self.region})
        everything = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        s3.put_public_access_block(Bucket=self.bucket, PublicAccessBlockConfiguration=everything)
