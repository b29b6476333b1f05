"""The buckets, where the emulator can't take the data stack's word (docs/deploy.md)."""

from __future__ import annotations

import json

from infra.deployment.account import AwsAccount, AwsClient
from infra.deployment.stacks import Stacks, stack_name

# It speaks plain http, and does not know the condition key s3:if-none-match: both would deny everything.
_BEYOND_IT = {"OnlyOverTls", "NothingIsOverwritten"}


def adapt_buckets(account: AwsAccount, stage: str) -> None:
    """Switch on the lock, which its CloudFormation leaves out, and keep the denials that it understands."""
    outputs = Stacks(account, lambda _: None).outputs(stack_name(stage, "data"))
    archive, exports = outputs["CheckpointBucketName"], outputs["ExportBucketName"]
    s3 = account.client("s3")
    s3.put_object_lock_configuration(Bucket=archive, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    for bucket in (archive, exports):
        _keep_what_it_understands(s3, bucket)


def _keep_what_it_understands(s3: AwsClient, bucket: str) -> None:
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    policy["Statement"] = [one for one in policy["Statement"] if one["Sid"] not in _BEYOND_IT]
    if policy["Statement"]:
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    else:
        s3.delete_bucket_policy(Bucket=bucket)
