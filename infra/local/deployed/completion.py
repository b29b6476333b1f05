"""Completes a deployment on an emulator, and compares it with its templates."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from infra.deployment.account import AwsAccount
from infra.guards.findings import Finding, accepted_rules
from infra.local.deployed import functions, stores
from infra.local.deployed.comparison import differences
from infra.local.deployed.reading import Services
from infra.local.deployed.remedies import REMEDIES
from infra.local.deployed.templates import Resource, declared

DROPPED = accepted_rules(Path(__file__).with_name("dropped.toml"))
WHOLE = "(resource)"  # the path of a resource whose type has no reader

_READERS = {**functions.READERS, **stores.READERS}
_BUCKET_POLICY = "AWS::S3::BucketPolicy"


def complete(account: AwsAccount, stage: str) -> tuple[Finding, ...]:
    """Apply what the emulator's CloudFormation dropped and its API can do; return what is still missing.

    A repeated call changes nothing.
    """
    resources = {one.name: one for one in declared(account, stage)}
    _withhold(account, resources.values())
    found = tuple(_compared(account, resources.values()))
    remedies = {(one.resource, REMEDIES[place]) for one in found if (place := _place(one)) in REMEDIES}
    mended = {resource for resource, _ in remedies}
    for resource, remedy in remedies:
        remedy(account, resources[resource])
    again = _compared(account, [resources[name] for name in mended])
    return tuple(sorted((*again, *(one for one in found if one.resource not in mended))))


def withdraw(account: AwsAccount, stage: str) -> None:
    """Delete what `complete` made beside the stacks, before these are changed or deleted.

    An alarm in the rule of a composite cannot be deleted. CloudFormation on AWS deletes the composite first.
    """
    for one in declared(account, stage):
        if one.kind == "AWS::CloudWatch::CompositeAlarm":
            account.client("cloudwatch").delete_alarms(AlarmNames=[one.properties["AlarmName"]])


def lacking(account: AwsAccount, stage: str) -> tuple[Finding, ...]:
    """Return what the deployed stacks declare and the emulator does not have; applies nothing."""
    return tuple(sorted(_compared(account, declared(account, stage))))


def _place(one: Finding) -> tuple[str, str]:
    return one.kind, one.rule.partition(".")[0]


def _compared(account: AwsAccount, resources: Iterable[Resource]) -> Iterator[Finding]:
    services = Services(account)
    for one in resources:
        reader = _READERS.get(one.kind)
        paths = differences(one.properties, reader(services, one)) if reader else (WHOLE,)
        for path in paths:
            yield Finding(one.kind, path, one.name)


def _withhold(account: AwsAccount, resources: Iterable[Resource]) -> None:
    """Give each bucket its policy without the statements that the emulator would judge wrongly."""
    withheld = {rule.rule.rpartition(".")[2] for rule in DROPPED if rule.kind == _BUCKET_POLICY}
    s3 = account.client("s3")
    for one in resources:
        if one.kind == _BUCKET_POLICY:
            bucket, policy = one.properties["Bucket"], one.properties["PolicyDocument"]
            if kept := [part for part in policy["Statement"] if part["Sid"] not in withheld]:
                s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy | {"Statement": kept}))
            else:
                s3.delete_bucket_policy(Bucket=bucket)
