"""Rotation of the stage key, without downtime.

1. rotate   every function gets the new version first; then it becomes the version that wraps and seals
2. rewrap   every data key is wrapped again under the current version; the records stay unchanged
3. reseal   every record sealed under the stage key itself (retained or transient) is sealed again
4. retire   the versions under which nothing is sealed any more are deleted

Each step is safe to stop and run again: the data shows the progress of steps 2 and 3, and `versions`
describes that of steps 1 and 4. The declarations determine which records exist and where.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

from botocore.exceptions import ClientError

from chalicelib.core import sealing
from chalicelib.core.table import Item, Table
from chalicelib.core.table.items import plain
from chalicelib.privacy import register, rewrites
from chalicelib.privacy.personal import KeyClass, Record
from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Report, Stacks, stack_name
from infra.deployment.vault import stage_keys_of, wrapped_stage_key
from infra.ops.keys.versions import VersionedKeys, Versions
from infra.ops.refused import CommandRefused
from infra.ops.standing_in import act_as_signup, table_names

Rewrap = Callable[[str, int, bytes], bytes]
Classes = Mapping[str, type[Record]]  # record classes by kind
Reseal = Callable[[type[Record], Item], bool]


class StillNeeded(CommandRefused):
    """Data is still sealed under an old version; the text says what and how much."""


@dataclass(frozen=True)
class StageKeys(VersionedKeys):
    """The stage key's versions, and the tables whose items name them."""

    tables: Mapping[Table, str]  # physical names

    @classmethod
    def of(
        cls, account: AwsAccount, stage: str, report: Report, settle: Callable[[], None] | None = None
    ) -> Self:
        """Return the keys of a deployed stage; `settle` waits until old containers have finished."""
        stacks = Stacks(account, report)
        vault = stacks.outputs(stack_name(stage, "vault"))
        versions = Versions.of(
            stacks,
            stage,
            arn=vault["SealingSecretArn"],
            parameter="StageKeys",
            spelled=stage_keys_of,
            new=lambda: wrapped_stage_key(account, stage, vault["SealingKeyArn"]),
            settle=settle,
        )
        return cls(versions, table_names(account, stage))

    def rewrap(self, rewrap: Rewrap) -> int:
        """Wrap every data key under the current version; return how many were rewrapped.

        Args:
            rewrap: unwraps a data key (of a pk and a version) and wraps it again.

        Raises:
            Unfinished: functions may still wrap under an older version.
        """
        done, current = 0, int(self.current())
        for item in self._scan(Table.KEYS):
            wrapped = {version: blob["B"] for version, blob in item["wrapped"]["M"].items()}
            old = {v: blob for v, blob in wrapped.items() if sealing.version_of(blob) != current}
            if old:
                anew = wrapped | {v: rewrap(item["pk"]["S"], int(v), blob) for v, blob in old.items()}
                done += self._replace(item, anew)
        return done

    def reseal(self, reseal: Reseal) -> int:
        """Seal retained and transient records under the current version; return how many changed.

        One page of a table is in memory at a time.

        Args:
            reseal: seals an item (of a record class) again; False if it was not needed, or the item changed.

        Raises:
            Unfinished: functions may still seal under an older version.
        """
        self.current()
        return sum(
            reseal(classes[item["kind"]["S"]], plain(item))
            for classes, item in self._under_the_stage_key()
            if item["kind"]["S"] in classes
        )

    def refuse_if_used(self, current: str) -> None:
        """Refuse to delete a version under which data is sealed.

        Raises:
            StillNeeded: data keys or records are under another version.
        """
        if left := self.count_data_keys(current):
            raise StillNeeded(f"{left} data keys are under an old version; run `keys stage rewrap`")
        if left := self.count_records(current):
            raise StillNeeded(f"{left} records are under an old version; run `keys stage reseal`")

    def count_data_keys(self, current: str | None = None) -> int:
        """Return the number of data keys that are wrapped under an older version."""
        now = int(current or self.current())
        return sum(sealing.version_of(blob) != now for blob in self._data_keys())

    def count_records(self, current: str | None = None) -> int:
        """Return the number of records that are sealed under an older version."""
        now = int(current or self.current())
        records = (item["sealed"]["B"] for _, item in self._under_the_stage_key())
        return sum(sealing.version_of(blob) != now for blob in records)

    def _data_keys(self) -> Iterator[bytes]:
        for item in self._scan(Table.KEYS):
            yield from (blob["B"] for blob in item["wrapped"]["M"].values())

    def _under_the_stage_key(self) -> Iterator[tuple[Classes, dict[str, Any]]]:
        """Yield the items sealed under the stage key, each with the record classes of its table.

        This includes items of an undeclared kind: the key must not be deleted while they exist.
        """
        records = register.records()
        subjects = {r.declaration.kind for r in records if r.declaration.key_class is KeyClass.SUBJECT}
        for table, classes in rewrites.resealable_kinds(records).items():
            for item in self._scan(table):
                if "sealed" in item and item["kind"]["S"] not in subjects:
                    yield classes, item

    def _replace(self, item: dict[str, Any], wrapped: dict[str, bytes]) -> int:
        """Write the wrapped keys, unless the item was changed or deleted in the meantime."""
        try:
            self.versions.account.client("dynamodb").update_item(
                TableName=self.tables[Table.KEYS],
                Key={"pk": item["pk"]},
                UpdateExpression="SET #w = :anew",
                ConditionExpression="#w = :seen",
                ExpressionAttributeNames={"#w": "wrapped"},  # a reserved word of DynamoDB
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

    def _scan(self, table: Table) -> Iterator[dict[str, Any]]:
        return chain.from_iterable(self.versions.account.scan(self.tables[table]))


def service_rewrap(account: AwsAccount, stage: str) -> Rewrap:
    """Return a `Rewrap` that uses the service's code and the settings of its signup function."""
    act_as_signup(account, stage)

    from chalicelib.core.table import account_of
    from chalicelib.privacy import subject_keys

    def rewrap(pk: str, version: int, wrapped: bytes) -> bytes:
        account_id = account_of(pk)
        plain = subject_keys.unwrap(account_id, version, wrapped)
        return subject_keys.wrap(account_id, version, plain)

    return rewrap


def service_reseal(account: AwsAccount, stage: str) -> Reseal:
    """Return a `Reseal` that uses the service's code and the settings of its signup function."""
    act_as_signup(account, stage)
    return rewrites.reseal
