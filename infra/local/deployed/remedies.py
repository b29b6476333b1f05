"""What the emulator's API can do although its CloudFormation does not, by type and property of a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from infra.deployment.account import AwsAccount
from infra.local.deployed.templates import Resource

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
