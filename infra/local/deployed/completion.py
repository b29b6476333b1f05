"""Completes a deployment on an emulator, and compares it with its templates."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from infra.deployment.account import AwsAccount
from infra.local.deployed import functions, gateway, stores
from infra.local.deployed.comparison import differences
from infra.local.deployed.dropped import WHOLE, Difference
from infra.local.deployed.reading import Services
from infra.local.deployed.remedies import REMEDIES
from infra.local.deployed.templates import Resource, declared

_READERS = {**functions.READERS, **gateway.READERS, **stores.READERS}

# Statements that the emulator would judge wrongly (`dropped` has the reasons).
_WITHHELD = {"OnlyOverTls", "NothingIsOverwritten"}


def complete(account: AwsAccount, stage: str) -> tuple[Difference, ...]:
    """Apply what the emulator's CloudFormation dropped and its API can do; return what is still missing.

    A repeated call changes nothing.
    """
    resources = {one.name: one for one in declared(account, stage)}
    _withhold(account, resources.values())
    found = tuple(_compared(account, resources.values()))
    mended = {one.resource for one in found if (one.kind, _top(one)) in REMEDIES}
    for name in mended:
        wanted = {(one.kind, _top(one)) for one in found if one.resource == name} & REMEDIES.keys()
        for remedy in {REMEDIES[one] for one in wanted}:
            remedy(account, resources[name])
    again = _compared(account, [resources[name] for name in mended])
    return tuple(sorted((*again, *(one for one in found if one.resource not in mended))))


def withdraw(account: AwsAccount, stage: str) -> None:
    """Delete what `complete` made beside the stacks, before these are changed or deleted.

    An alarm in the rule of a composite cannot be deleted. CloudFormation on AWS deletes the composite first.
    """
    for one in declared(account, stage):
        if one.kind == "AWS::CloudWatch::CompositeAlarm":
            account.client("cloudwatch").delete_alarms(AlarmNames=[one.properties["AlarmName"]])


def lacking(account: AwsAccount, stage: str) -> tuple[Difference, ...]:
    """Return what the deployed stacks declare and the emulator does not have; applies nothing."""
    return tuple(sorted(_compared(account, declared(account, stage))))


def _top(one: Difference) -> str:
    return one.path.partition(".")[0]


def _compared(account: AwsAccount, resources: Iterable[Resource]) -> Iterator[Difference]:
    services = Services(account)
    for one in resources:
        reader = _READERS.get(one.kind)
        if reader is None:
            yield Difference(one.kind, WHOLE, one.name)
            continue
        for path in differences(one.properties, reader(services, one)):
            yield Difference(one.kind, path, one.name)


def _withhold(account: AwsAccount, resources: Iterable[Resource]) -> None:
    """Give each bucket its policy without the statements that the emulator would judge wrongly."""
    s3 = account.client("s3")
    for one in resources:
        if one.kind == "AWS::S3::BucketPolicy":
            bucket, policy = one.properties["Bucket"], one.properties["PolicyDocument"]
            kept = [part for part in policy["Statement"] if part["Sid"] not in _WITHHELD]
            if kept:
                s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy | {"Statement": kept}))
            else:
                s3.delete_bucket_policy(Bucket=bucket)
