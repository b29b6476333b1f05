"""The stage key: a new version, data keys wrapped anew, the old version forgotten. No downtime.

1. rotate   the new version is known to every function first, then it is the one that wraps and seals
2. rewrap   every data key is unwrapped and wrapped under the current version; records stay as they are
3. retire   the versions that nothing is sealed under any more are forgotten

Each is safe to stop and to run again: what has been done is seen from the data itself. Transient records
need no re-sealing, since they are gone within a day; `retire` waits for them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from botocore.exceptions import ClientError

from chalicelib.core import sealing
from infra.deployment.account import Account, AwsClient
from infra.deployment.stacks import Report, Stacks, stack_name
from infra.deployment.vault import Document, read, wrapped_stage_key, write
from infra.ops.standing_in import as_signup

Rewrap = Callable[[str, int, bytes], bytes]


class StillNeeded(RuntimeError):
    """Something is sealed under an old version yet; the text says what and how much."""


@dataclass(frozen=True)
class StageKeys:
    """The stage key's versions, and the tables whose items name them."""

    account: Account
    stage: str
    arn: str
    kms_key: str
    keys_table: str
    challenges_table: str
    configure: Callable[[str], object]

    @classmethod
    def of(cls, account: Account, stage: str, report: Report) -> Self:
        """Those of a deployed stage."""
        stacks = Stacks(account, report)
        vault, data = (stacks.outputs(stack_name(stage, part)) for part in ("vault", "data"))
        return cls(
            account,
            stage,
            vault["SealingSecretArn"],
            vault["SealingKeyArn"],
            data["KeysTableName"],
            data["ChallengesTableName"],
            lambda versions: stacks.reconfigure(stack_name(stage, "service"), {"StageKeys": versions}),
        )

    def rotate(self) -> int:
        """Make a new version current; takes up a rotation that stopped. Returns the version."""
        secret = self._secret()
        newest = max(int(version) for version in secret["versions"])
        if newest == int(secret["current"]):
            newest += 1
            secret["versions"][str(newest)] = wrapped_stage_key(self.account, self.stage, self.kms_key)
            self._write(secret)
        self._configure(secret)  # every function can open it before any seals with it
        secret["current"] = str(newest)
        self._write(secret)
        self._configure(secret)
        return newest

    def rewrap(self, rewrap: Rewrap) -> int:
        """Wrap every data key under the current version; returns how many were not yet.

        Args:
            rewrap: gives a wrapped data key (of a pk and a version) wrapped anew.
        """
        done, current = 0, int(self._secret()["current"])
        for item in self._scan(self.keys_table):
            wrapped = {version: blob["B"] for version, blob in item["wrapped"]["M"].items()}
            old = {v: blob for v, blob in wrapped.items() if sealing.version_of(blob) != current}
            if old:
                anew = wrapped | {v: rewrap(item["pk"]["S"], int(v), blob) for v, blob in old.items()}
                done += self._replace(item, anew)
        return done

    def retire(self) -> list[int]:
        """Forget every version but the current one; returns those.

        Raises:
            StillNeeded: data keys or challenges are under an old version.
        """
        secret = self._secret()
        current = int(secret["current"])
        for table, blobs in (
            (self.keys_table, self._data_keys()),
            (self.challenges_table, self._challenges()),
        ):
            left = sum(sealing.version_of(blob) != current for blob in blobs)
            if left:
                raise StillNeeded(f"{left} in {table}")
        old = sorted(int(version) for version in secret["versions"] if int(version) != current)
        secret["versions"] = {str(current): secret["versions"][str(current)]}
        self._write(secret)
        self._configure(secret)
        return old

    def _data_keys(self) -> Iterator[bytes]:
        for item in self._scan(self.keys_table):
            yield from (blob["B"] for blob in item["wrapped"]["M"].values())

    def _challenges(self) -> Iterator[bytes]:
        for item in self._scan(self.challenges_table):
            if "sealed" in item:
                yield item["sealed"]["B"]

    def _replace(self, item: dict[str, Any], wrapped: dict[str, bytes]) -> int:
        """Write it unless the item changed meanwhile or is gone; then it is none of ours any more."""
        try:
            self._dynamodb.update_item(
                TableName=self.keys_table,
                Key={"pk": item["pk"]},
                UpdateExpression="SET #w = :anew",
                ConditionExpression="#w = :seen",
                ExpressionAttributeNames={"#w": "wrapped"},  # a word that DynamoDB keeps for itself
                ExpressionAttributeValues={
                    ":anew": {"M": {version: {"B": blob} for version, blob in wrapped.items()}},
                    ":seen": item["wrapped"],
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return 0
        return 1

    def _scan(self, table: str) -> Iterator[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("scan")
        for page in pages.paginate(TableName=table, ConsistentRead=True):
            yield from page["Items"]

    @property
    def _dynamodb(self) -> AwsClient:
        return self.account.client("dynamodb")

    def _secret(self) -> Document:
        secret = read(self.account.client("secretsmanager"), self.arn)
        if secret is None:
            raise LookupError("there is no stage key yet: deploy first")
        return secret

    def _write(self, secret: Document) -> None:
        write(self.account.client("secretsmanager"), self.arn, secret)

    def _configure(self, secret: Document) -> None:
        self.configure(json.dumps(secret, separators=(",", ":")))


def service_rewrap(account: Account, stage: str) -> Rewrap:
    """Rewrapping as the service itself would do it, with the settings of its signup function."""
    as_signup(account, stage)

    from chalicelib.core.ids import AccountId
    from chalicelib.privacy import subject_keys

    def rewrap(pk: str, version: int, wrapped: bytes) -> bytes:
        account_id = AccountId(pk.removeprefix("A#"))
        plain = subject_keys.unwrap(account_id, version, wrapped)
        return subject_keys.wrap(account_id, version, plain)

    return rewrap
