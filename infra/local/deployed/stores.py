"""Readers of tables, buckets, queues, topics, keys and secrets, in the shape of a template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from infra.local.deployed.reading import Found, Readers, Services
from infra.local.deployed.templates import Resource

_NO_POLICY = '{"Version": "2012-10-17", "Statement": []}'


def _table(services: Services, one: Resource) -> Found:
    ask = services.asking("dynamodb")
    found: dict[str, Any] = ask("describe_table", TableName=one.id)["Table"]
    ttl = ask("describe_time_to_live", TableName=one.id)["TimeToLiveDescription"]
    backups = ask("describe_continuous_backups", TableName=one.id)["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]
    return found | {
        "BillingMode": found.get("BillingModeSummary", {}).get("BillingMode"),
        "SSESpecification": {"SSEEnabled": found.get("SSEDescription", {}).get("Status") == "ENABLED"},
        "TimeToLiveSpecification": {
            "AttributeName": ttl.get("AttributeName"),
            "Enabled": ttl["TimeToLiveStatus"] == "ENABLED",
        },
        "PointInTimeRecoverySpecification": recovery
        | {"PointInTimeRecoveryEnabled": recovery["PointInTimeRecoveryStatus"] == "ENABLED"},
    }


def _bucket(services: Services, one: Resource) -> Found:
    ask = services.asking("s3")
    encryption = ask("get_bucket_encryption", Bucket=one.id).get("ServerSideEncryptionConfiguration", {})
    by_default = [
        {"ServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"]}
        for rule in encryption.get("Rules", [])
    ]
    rules = ask("get_bucket_lifecycle_configuration", Bucket=one.id).get("Rules", [])
    lock = ask("get_object_lock_configuration", Bucket=one.id).get("ObjectLockConfiguration", {})
    return {
        "BucketName": one.id,
        "BucketEncryption": {"ServerSideEncryptionConfiguration": by_default},
        "LifecycleConfiguration": {"Rules": [_lifecycle_rule(rule) for rule in rules]},
        "ObjectLockEnabled": lock.get("ObjectLockEnabled") == "Enabled",
        "OwnershipControls": ask("get_bucket_ownership_controls", Bucket=one.id).get("OwnershipControls"),
        "PublicAccessBlockConfiguration": ask("get_public_access_block", Bucket=one.id).get(
            "PublicAccessBlockConfiguration"
        ),
        "VersioningConfiguration": ask("get_bucket_versioning", Bucket=one.id),
    }


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **rule,
        "Id": rule.get("ID"),
        "Prefix": rule.get("Filter", {}).get("Prefix", rule.get("Prefix")),
        "ExpirationInDays": rule.get("Expiration", {}).get("Days"),
    }


def _bucket_policy(services: Services, one: Resource) -> Found:
    name = one.properties["Bucket"]
    policy = services.asking("s3")("get_bucket_policy", Bucket=name).get("Policy", _NO_POLICY)
    return {"Bucket": name, "PolicyDocument": json.loads(policy)}


def _queue(services: Services, one: Resource) -> Found:
    found: dict[str, Any] = services.asking("sqs")(
        "get_queue_attributes", QueueUrl=one.id, AttributeNames=["All"]
    )
    attributes: dict[str, Any] = found["Attributes"]
    policies = ("RedrivePolicy", "RedriveAllowPolicy")
    return attributes | {
        "QueueName": one.id.rpartition("/")[2],
        **{name: json.loads(attributes[name]) for name in policies if name in attributes},
    }


def _topic(services: Services, one: Resource) -> Found:
    attributes: dict[str, Any] = services.asking("sns")("get_topic_attributes", TopicArn=one.id)["Attributes"]
    return attributes | {"TopicName": one.id.rpartition(":")[2]}


def _topic_policy(services: Services, one: Resource) -> Found:
    topics = one.properties["Topics"]
    (only,) = topics
    attributes: dict[str, Any] = services.asking("sns")("get_topic_attributes", TopicArn=only)["Attributes"]
    return {"Topics": topics, "PolicyDocument": json.loads(attributes.get("Policy", "{}"))}


def _subscription(services: Services, one: Resource) -> Found:
    subscriptions = services.listed("sns", "list_subscriptions", "Subscriptions")
    return next((found for found in subscriptions if found["SubscriptionArn"] == one.id), {})


def _key(services: Services, one: Resource) -> Found:
    ask = services.asking("kms")
    found: dict[str, Any] = ask("describe_key", KeyId=one.id)["KeyMetadata"]
    rotation = ask("get_key_rotation_status", KeyId=one.id)
    return found | {
        "EnableKeyRotation": rotation.get("KeyRotationEnabled"),
        "KeyPolicy": json.loads(ask("get_key_policy", KeyId=one.id)["Policy"]),
    }


def _alias(services: Services, one: Resource) -> Found:
    found: dict[str, Any] = services.asking("kms")("describe_key", KeyId=one.id)["KeyMetadata"]
    return {"AliasName": one.id, "TargetKeyId": found["KeyId"]}


def _secret(services: Services, one: Resource) -> Found:
    return services.asking("secretsmanager")("describe_secret", SecretId=one.id)


READERS: Readers = {
    "AWS::DynamoDB::Table": _table,
    "AWS::KMS::Alias": _alias,
    "AWS::KMS::Key": _key,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::Queue": _queue,
    "AWS::SecretsManager::Secret": _secret,
}
