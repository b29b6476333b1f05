"""Bucket settings of the data stack that the emulator does not support (docs/deploy.md)."""

from __future__ import annotations

import json

from infra.deployment.account import AwsAccount, AwsClient
from infra.deployment.stacks import Stacks, stack_name

# The emulator serves plain http and does not know the condition key s3:if-none-match, so both statements
# would deny every request.
_UNSUPPORTED = {"OnlyOverTls", "NothingIsOverwritten"}


def adapt_buckets(account: AwsAccount, stage: str) -> None:
    """Enable the object lock, which the emulator's stacks ignore; keep supported denials."""
    outputs = Stacks(account, lambda _: None).outputs(stack_name(stage, "data"))
    archive, exports = outputs["CheckpointBucketName"], outputs["ExportBucketName"]
    s3 = account.client("s3")
    s3.put_object_lock_configuration(Bucket=archive, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    for bucket in (archive, exports):
        _remove_unsupported(s3, bucket)


def _remove_unsupported(s3: AwsClient, bucket: str) -> None:
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    policy["Statement"] = [
        statement for statement in policy["Statement"] if statement["Sid"] not in _UNSUPPORTED
    ]
    if policy["Statement"]:
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    else:
        s3.delete_bucket_policy(Bucket=bucket)
