"""Indexes of tables: a release changes at most one per table, and waits until DynamoDB has built it.

DynamoDB creates or deletes one index of a table at a time. CloudFormation starts to build an index and does
not wait for it (ADR 74). A release is compared with the table as it is, which need not be what the deployed
template says:

- A stack that stopped at a failure, or is changing, may have begun a change of its table or not. The table
  decides.
- In a complete stack, a difference was made by hand. CloudFormation does not see it: it would create what
  exists or leave out what is missing, so the deployment refuses until both are equal.
- A table that a restored one has replaced may be deleted already. Then the template decides.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
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
    stacks, stack = Stacks(account), stack_name(stage, "data")
    deployed, is_complete = stacks.template(stack)["Resources"], stacks.is_complete(stack)
    for name, resource in wanted["Resources"].items():
        if resource["Type"] != _KIND or name not in deployed:
            continue
        before, table = _declared(deployed[name]), tables.described(account, _own(stage, name))
        there = before if table is None else _existing(table)
        if there != before and is_complete:
            lacks, has = _without(before, there, "lacks"), _without(there, before, "has")
            raise IndexesRefused(
                f"the table of {name} differs from its stack: it {', '.join(lacks + has)}. Make them equal "
                f"with `aws dynamodb update-table --table-name {_own(stage, name)}`, then run it again."
            )
        after = _declared(resource)
        changes = _without(there, after, "deletes") + _without(after, there, "creates")
        if changes:
            _refuse_restored(stacks, stage, name, after)
        if len(changes) > 1:
            raise IndexesRefused(
                f"the release changes more than one index of {name}: it {', '.join(changes)}. "
                "Release one change of an index per table, and give a changed index a new name."
            )


def _own(stage: str, resource: str) -> str:
    """The name of the table that the stack of a stage creates."""
    return Table(resource.removesuffix("Table").lower()).of(stage)


def _refuse_restored(stacks: Stacks, stage: str, resource: str, wanted: dict[str, str]) -> None:
    """Refuse a change that a restored table in the place of this one lacks: it belongs to no stack."""
    named, own = f"{resource}Name", _own(stage, resource)
    used = tables.in_use(stacks, stage, {named: own})[named]
    found = {} if used == own else tables.described(stacks.account, used) or {}
    if used != own and (_existing(found) != wanted or _unfinished(found)):
        raise IndexesRefused(
            f"the release changes an index of {resource}, and functions use the restored {used}. Change it "
            f"there with `aws dynamodb update-table --table-name {used}`, and run it again once the index is "
            "active."
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
    while unfinished := _unfinished(tables.described(account, name) or {}):
        if time.monotonic() > ends:
            raise IndexNotBuilt(
                f"{name}: DynamoDB has not finished the index {', '.join(unfinished)} in {seconds / 60:.0f} "
                "minutes, and the service was not changed. Look at OnlineIndexPercentageProgress in "
                "CloudWatch, and run the deployment again."
            )
        time.sleep(_PAUSE)


def _declared(resource: dict[str, Any]) -> dict[str, str]:
    """The indexes of a template's table: what defines each one, by its name."""
    return _defined(resource["Properties"].get("GlobalSecondaryIndexes", ()))


def _existing(table: dict[str, Any]) -> dict[str, str]:
    """The same of a table as it is; an index that is being deleted is none."""
    found = table.get("GlobalSecondaryIndexes", ())
    return _defined(one for one in found if one.get("IndexStatus") != "DELETING")


def _defined(indexes: Iterable[dict[str, Any]]) -> dict[str, str]:
    return {
        one["IndexName"]: json.dumps([one["KeySchema"], _normal(one.get("Projection", {}))], sort_keys=True)
        for one in indexes
    }


def _normal(projection: dict[str, Any]) -> dict[str, Any]:
    """A projection whose attributes are in one order."""
    return {name: sorted(one) if isinstance(one, list) else one for name, one in projection.items()}


def _without(some: dict[str, str], others: dict[str, str], verb: str) -> list[str]:
    """A line for each index that the others do not have, or not with this definition."""
    return [f"{verb} {index}" for index in sorted(some) if some[index] != others.get(index)]


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
        if found := tables.described(account, table.of(stage)):
            yield found
