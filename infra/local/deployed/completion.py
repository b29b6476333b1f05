"""Completes a deployment on an emulator, and compares it with its templates.

A difference is a place where a resource lacks what its template declares; more than that is none. `REMEDIES`
has what the emulator's API can do although its CloudFormation does not, by type and property of a template.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from infra.deployment.account import AwsAccount
from infra.guards.findings import Finding, accepted_rules
from infra.local.deployed import functions, stores
from infra.local.deployed.reading import Services
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


# What names an element of a list, as templates and answers of AWS have it.
_NAMES = ("Sid", "Id", "IndexName", "PolicyName", "AttributeName", "Name", "Key", "ResourcePath")


def differences(wanted: Any, found: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the path of each value that is absent or another one, like `Rules.exports-end.Prefix`."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for name, value in wanted.items():
            below = f"{path}.{name}" if path else name
            if name in found:
                yield from differences(value, found[name], below)
            elif not _is_empty(value):
                yield below
    elif isinstance(wanted, list) and isinstance(found, list):
        for one in wanted:
            if not any(_matches(one, other) for other in found):
                name = _name_of(one)
                same = [other for other in found if name and _name_of(other) == name]
                yield from differences(one, same[0], f"{path}.{name}") if same else (f"{path}.{name}",)
    elif isinstance(wanted, list) and len(wanted) == 1 and not isinstance(found, Mapping):
        yield from differences(wanted[0], found, path)
    elif _text(wanted) != _text(found):
        yield path


def _matches(wanted: Any, found: Any) -> bool:  # noqa: ANN401 - any JSON
    return next(differences(wanted, found), None) is None


def _is_empty(value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether nothing is declared: services answer without an empty value."""
    return value in ({}, [], "")


def _name_of(one: Any) -> str:  # noqa: ANN401 - any JSON
    if not isinstance(one, Mapping):
        return _text(one)
    return next((str(one[name]) for name in _NAMES if name in one), "")


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON
    """A value in one form: templates and services have numbers and truth values as texts too."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 1:
        return _text(value[0])
    return str(value)


Remedy: TypeAlias = Callable[[AwsAccount, Resource], None]


def _setting(service: str, operation: str, target: str, name: str) -> Remedy:
    """Return a remedy that sets a property, which has the same name in the API."""

    def remedy(account: AwsAccount, one: Resource) -> None:
        call = getattr(account.client(service), operation)
        call(**{target: one.id, name: one.properties[name]})

    return remedy


def _encrypt_table(account: AwsAccount, one: Resource) -> None:
    enabled = one.properties["SSESpecification"]["SSEEnabled"]
    account.client("dynamodb").update_table(TableName=one.id, SSESpecification={"Enabled": enabled})


def _end_objects(account: AwsAccount, one: Resource) -> None:
    rules = [_lifecycle_rule(rule) for rule in one.properties["LifecycleConfiguration"]["Rules"]]
    account.client("s3").put_bucket_lifecycle_configuration(
        Bucket=one.id, LifecycleConfiguration={"Rules": rules}
    )


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as S3's API takes it; its client refuses a property that only templates have."""
    others = {name: rule[name] for name in rule.keys() - {"Id", "Prefix", "ExpirationInDays"}}
    ends = {"Expiration": {"Days": int(rule["ExpirationInDays"])}} if "ExpirationInDays" in rule else {}
    return {"ID": rule["Id"], "Filter": {"Prefix": rule.get("Prefix", "")}, **ends, **others}


def _lock_objects(account: AwsAccount, one: Resource) -> None:
    account.client("s3").put_object_lock_configuration(
        Bucket=one.id, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
    )


def _encrypt_topic(account: AwsAccount, one: Resource) -> None:
    account.client("sns").set_topic_attributes(
        TopicArn=one.id, AttributeName="KmsMasterKeyId", AttributeValue=one.properties["KmsMasterKeyId"]
    )


def _write_access_logs(account: AwsAccount, one: Resource) -> None:
    logs = one.properties["AccessLogSetting"]
    values = {"destinationArn": logs["DestinationArn"], "format": logs["Format"]}
    account.client("apigateway").update_stage(
        restApiId=one.properties["RestApiId"],
        stageName=one.properties["StageName"],
        patchOperations=[
            {"op": "replace", "path": f"/accessLogSettings/{name}", "value": value}
            for name, value in values.items()
        ],
    )


def _combine_alarms(account: AwsAccount, one: Resource) -> None:
    account.client("cloudwatch").put_composite_alarm(**one.properties)


REMEDIES: Mapping[tuple[str, str], Remedy] = {
    ("AWS::ApiGateway::Stage", "AccessLogSetting"): _write_access_logs,
    ("AWS::CloudWatch::CompositeAlarm", "AlarmName"): _combine_alarms,
    ("AWS::CloudWatch::CompositeAlarm", "AlarmRule"): _combine_alarms,
    ("AWS::CloudWatch::CompositeAlarm", "AlarmDescription"): _combine_alarms,
    ("AWS::DynamoDB::Table", "PointInTimeRecoverySpecification"): _setting(
        "dynamodb", "update_continuous_backups", "TableName", "PointInTimeRecoverySpecification"
    ),
    ("AWS::DynamoDB::Table", "SSESpecification"): _encrypt_table,
    ("AWS::DynamoDB::Table", "TimeToLiveSpecification"): _setting(
        "dynamodb", "update_time_to_live", "TableName", "TimeToLiveSpecification"
    ),
    ("AWS::Lambda::Function", "RecursiveLoop"): _setting(
        "lambda", "put_function_recursion_config", "FunctionName", "RecursiveLoop"
    ),
    ("AWS::S3::Bucket", "LifecycleConfiguration"): _end_objects,
    ("AWS::S3::Bucket", "ObjectLockEnabled"): _lock_objects,
    ("AWS::SNS::Topic", "KmsMasterKeyId"): _encrypt_topic,
}
