"""Indexes of tables: a release changes at most one per table, and waits until DynamoDB has built it.

DynamoDB creates or deletes one index of a table at a time. CloudFormation starts to build an index and does
not wait for it (ADR 74).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from chalicelib.core.table_names import Table
from infra.deployment import tables
from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Report, Stacks, stack_name
from infra.ops.refused import CommandRefused
from infra.template import Template

_KIND = "AWS::DynamoDB::Table"
_PAUSE = 5.0  # seconds between two looks at a table
# One partition of an index accepts a thousand writes of up to 1 KB in a second, and a large index has many.
_ITEMS_PER_SECOND = 1000
_LEAST = 1800  # seconds; a small table takes minutes


class IndexesRefused(CommandRefused):
    """A release changes more than one index of a table; nothing was changed."""


class IndexNotBuilt(CommandRefused):
    """DynamoDB has not finished an index in the time that the size of its table allows."""


def check(account: AwsAccount, stage: str, wanted: Template) -> None:
    """Refuse more than one change of an index per table; a new table may have any number.

    An index with another definition counts as deleted and created.

    Raises:
        IndexesRefused: the text names the table and the indexes.
    """
    deployed = Stacks(account).template(stack_name(stage, "data"))["Resources"]
    for name, resource in wanted["Resources"].items():
        if resource["Type"] != _KIND or name not in deployed:
            continue
        before, after = _declared(deployed[name]), _declared(resource)
        deleted = [f"deletes {index}" for index in sorted(before) if before[index] != after.get(index)]
        created = [f"creates {index}" for index in sorted(after) if after[index] != before.get(index)]
        if deleted or created:
            _refuse_restored(account, stage, name)
        if len(deleted + created) > 1:
            raise IndexesRefused(
                f"the release changes more than one index of {name}: it {', '.join(deleted + created)}. "
                "Release one change of an index per table, and give a changed index a new name."
            )


def _refuse_restored(account: AwsAccount, stage: str, resource: str) -> None:
    """Refuse an index of a table in whose place functions use a restored one, which would not get it."""
    named, own = f"{resource}Name", f"ru4m-{stage}-{resource.removesuffix('Table').lower()}"
    used = tables.in_use(Stacks(account), stage, {named: own})[named]
    if used != own:
        raise IndexesRefused(
            f"the release changes an index of {resource}, and functions use the restored {used}: change "
            "the index of both by `aws dynamodb update-table` first, then release"
        )


def seconds_to_build(account: AwsAccount, stage: str) -> float:
    """How long a new index of the largest table of a stage may take."""
    return max(map(_limit, _tables(account, stage)), default=0.0)


def wait(account: AwsAccount, stage: str, report: Report) -> None:
    """Wait until every index of the tables of the data stack is active.

    Raises:
        IndexNotBuilt: one is not active in the time that the size of its table allows.
    """
    for table in _tables(account, stage):
        if _unfinished(table):
            _wait_for(account, table, report)


def _wait_for(account: AwsAccount, table: dict[str, Any], report: Report) -> None:
    name, seconds = table["TableName"], _limit(table)
    ends = time.monotonic() + seconds
    report(f"{name}: DynamoDB builds or deletes an index; at most {seconds / 60:.0f} minutes")
    while unfinished := _unfinished(_described(account, name) or {}):
        if time.monotonic() > ends:
            raise IndexNotBuilt(
                f"{name}: DynamoDB has not finished the index {', '.join(unfinished)} in {seconds / 60:.0f} "
                "minutes, and the service was not changed. Look at OnlineIndexPercentageProgress in "
                "CloudWatch, and run the deployment again."
            )
        time.sleep(_PAUSE)


def _declared(table: dict[str, Any]) -> dict[str, Any]:
    return {one["IndexName"]: one for one in table["Properties"].get("GlobalSecondaryIndexes", ())}


def _limit(table: dict[str, Any]) -> float:
    """The time in seconds that an index of a table may take; DynamoDB counts the table every six hours."""
    writes: float = max(table["ItemCount"], table["TableSizeBytes"] / 1024)
    return _LEAST + writes / _ITEMS_PER_SECOND


def _unfinished(table: dict[str, Any]) -> list[str]:
    indexes = table.get("GlobalSecondaryIndexes", ())  # the emulator gives some of them no status
    return sorted(one["IndexName"] for one in indexes if one.get("IndexStatus", "ACTIVE") != "ACTIVE")


def _tables(account: AwsAccount, stage: str) -> Iterator[dict[str, Any]]:
    """The tables of the data stack that exist; restored tables have other names."""
    for table in Table:
        if found := _described(account, f"ru4m-{stage}-{table}"):
            yield found


def _described(account: AwsAccount, name: str) -> dict[str, Any] | None:
    dynamodb = account.client("dynamodb")
    try:
        found: dict[str, Any] = dynamodb.describe_table(TableName=name)["Table"]
    except dynamodb.exceptions.ResourceNotFoundException:
        return None
    return found
