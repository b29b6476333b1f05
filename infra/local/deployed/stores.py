"""Readers of tables, buckets, queues, topics, keys and secrets, in the shape of a template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from infra.local.deployed.reading import Properties, Reader, Services
from infra.local.deployed.templates import Resource

_NO_POLICY = '{"Version": "2012-10-17", "Statement": []}'


def _table(services: Services, one: Resource) -> Properties:
    def ask(operation: str, member: str) -> Properties:
        return services.ask("dynamodb", f"describe_{operation}", TableName=one.id)[member]

    found = ask("table", "Table")
    ttl = ask("time_to_live", "TimeToLiveDescription")
    recovery = ask("continuous_backups", "ContinuousBackupsDescription")["PointInTimeRecoveryDescription"]
    return found | {
        "BillingMode": found.get("BillingModeSummary", {}).get("BillingMode"),
        "SSESpecification": {"SSEEnabled": found.get("SSEDescription", {}).get("Status") == "ENABLED"},
        "TimeToLiveSpecification": ttl | {"Enabled": ttl["TimeToLiveStatus"] == "ENABLED"},
        "PointInTimeRecoverySpecification": recovery
        | {"PointInTimeRecoveryEnabled": recovery["PointInTimeRecoveryStatus"] == "ENABLED"},
    }


def _bucket(services: Services, one: Resource) -> Properties:
    def ask(operation: str, member: str) -> Properties:
        return services.ask("s3", f"get_{operation}", Bucket=one.id).get(member, {})

    by_default = [
        {"ServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"]}
        for rule in ask("bucket_encryption", "ServerSideEncryptionConfiguration").get("Rules", [])
    ]
    rules = ask("bucket_lifecycle_configuration", "Rules")
    reports = "EventBridgeConfiguration" in services.ask(
        "s3", "get_bucket_notification_configuration", Bucket=one.id
    )
    lock = ask("object_lock_configuration", "ObjectLockConfiguration")
    return {
        "BucketName": one.id,
        "BucketEncryption": {"ServerSideEncryptionConfiguration": by_default},
        "LifecycleConfiguration": {"Rules": [_lifecycle_rule(rule) for rule in rules]},
        "ObjectLockEnabled": lock.get("ObjectLockEnabled") == "Enabled",
        "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": reports}},
        "OwnershipControls": ask("bucket_ownership_controls", "OwnershipControls"),
        "PublicAccessBlockConfiguration": ask("public_access_block", "PublicAccessBlockConfiguration"),
        "VersioningConfiguration": {"Status": ask("bucket_versioning", "Status")},
    }


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **rule,
        "Id": rule.get("ID"),
        "Prefix": rule.get("Filter", {}).get("Prefix", rule.get("Prefix")),
        "ExpirationInDays": rule.get("Expiration", {}).get("Days"),
    }


def _bucket_policy(services: Services, one: Resource) -> Properties:
    name = one.properties["Bucket"]
    policy = services.ask("s3", "get_bucket_policy", Bucket=name).get("Policy", _NO_POLICY)
    return {"Bucket": name, "PolicyDocument": json.loads(policy)}


def _queue(services: Services, one: Resource) -> Properties:
    found = services.ask("sqs", "get_queue_attributes", QueueUrl=one.id, AttributeNames=["All"])["Attributes"]
    policies = {
        name: json.loads(found[name]) for name in ("RedrivePolicy", "RedriveAllowPolicy") if name in found
    }
    return found | policies | {"QueueName": one.id.rpartition("/")[2]}


def _queue_policy(services: Services, one: Resource) -> Properties:
    (only,) = one.properties["Queues"]
    found = services.ask("sqs", "get_queue_attributes", QueueUrl=only, AttributeNames=["Policy"])
    policy = found.get("Attributes", {}).get("Policy", _NO_POLICY)
    return {"Queues": [only], "PolicyDocument": json.loads(policy)}


def _topic(services: Services, one: Resource) -> Properties:
    return _attributes(services, one.id) | {"TopicName": one.id.rpartition(":")[2]}


def _topic_policy(services: Services, one: Resource) -> Properties:
    (only,) = one.properties["Topics"]
    policy = _attributes(services, only).get("Policy", "{}")
    return {"Topics": [only], "PolicyDocument": json.loads(policy)}


def _attributes(services: Services, topic: str) -> Properties:
    return services.ask("sns", "get_topic_attributes", TopicArn=topic)["Attributes"]


def _subscription(services: Services, one: Resource) -> Properties:
    return services.named("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn", one.id)


def _key(services: Services, one: Resource) -> Properties:
    rotation = services.ask("kms", "get_key_rotation_status", KeyId=one.id)
    return services.ask("kms", "describe_key", KeyId=one.id)["KeyMetadata"] | {
        "EnableKeyRotation": rotation.get("KeyRotationEnabled"),
        "KeyPolicy": json.loads(services.ask("kms", "get_key_policy", KeyId=one.id)["Policy"]),
    }


def _alias(services: Services, one: Resource) -> Properties:
    key = services.ask("kms", "describe_key", KeyId=one.id)["KeyMetadata"]
    return {"AliasName": one.id, "TargetKeyId": key["KeyId"]}


def _secret(services: Services, one: Resource) -> Properties:
    return services.ask("secretsmanager", "describe_secret", SecretId=one.id)


READERS: dict[str, Reader] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::KMS::Alias": _alias,
    "AWS::KMS::Key": _key,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::SecretsManager::Secret": _secret,
}
