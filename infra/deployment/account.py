"""The account and region that are deployed to, on AWS or on an emulator of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, NoCredentialsError

from chalicelib.core.settings import eu_region

AwsClient: TypeAlias = Any  # boto3 ships no types


class RegionError(ValueError):
    """A region outside the EU: nothing is ever deployed there (STR-7)."""


@dataclass(frozen=True)
class AwsAccount:
    """Clients of one account in one region.

    Credentials come from where boto3 looks for them, unless they are given (the emulator's).
    """

    region: str
    endpoint: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse a region outside the EU before anything is called."""
        try:
            eu_region(self.region)
        except ValueError:
            raise RegionError(f"{self.region} is not in the EU") from None

    @cached_property
    def _session(self) -> AwsClient:
        return boto3.Session(self.access_key, self.secret_key, region_name=self.region)

    @cached_property
    def _clients(self) -> dict[str, AwsClient]:
        return {}

    def client(self, service: str) -> AwsClient:
        """The account's one client of a service: making one takes longer than most calls."""
        if service not in self._clients:
            self._clients[service] = self._new_client(service)
        return self._clients[service]

    def _new_client(self, service: str) -> AwsClient:
        """A client; addresses buckets by path, since an emulator has no names for them."""
        style = {"addressing_style": "path"} if self.endpoint else {}
        config = Config(s3=style, retries={"mode": "standard", "max_attempts": 4})
        return self._session.client(service, endpoint_url=self.endpoint, config=config)

    @property
    def credentials(self) -> AwsClient:
        """What a request of our own is signed with.

        Raises:
            NoCredentialsError: there are none where boto3 looks for them.
        """
        found = self._session.get_credentials()
        if found is None:
            raise NoCredentialsError
        return found.get_frozen_credentials()

    @cached_property
    def number(self) -> str:
        """The twelve digits."""
        answer: str = self.client("sts").get_caller_identity()["Account"]
        return answer

    @cached_property
    def partition(self) -> str:
        """Of the region, as ARNs name it."""
        partition: str = self._session.get_partition_for_region(self.region)
        return partition

    @property
    def bucket(self) -> str:
        """The bucket that deployments go through; one per account and region."""
        return f"ru4m-deploy-{self.number}-{self.region}"

    def upload(self, file: Path, key: str) -> str:
        """Put a file into the deploy bucket, made on first use; returns its address."""
        s3 = self.client("s3")
        try:
            s3.head_bucket(Bucket=self.bucket)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            self._make_bucket(s3)
        s3.put_object(Bucket=self.bucket, Key=key, Body=file.read_bytes(), ServerSideEncryption="AES256")
        if self.endpoint:
            return f"{self.endpoint}/{self.bucket}/{key}"
        return f"https://{self.bucket}.s3.{self.region}.amazonaws.com/{key}"

    def _make_bucket(self, s3: AwsClient) -> None:
        s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": self.region})
        everything = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        s3.put_public_access_block(Bucket=self.bucket, PublicAccessBlockConfiguration=everything)
