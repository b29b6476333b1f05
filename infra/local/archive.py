"""The archive of checkpoints, where the emulator can't take the data stack's word (docs/deploy.md)."""

from __future__ import annotations

import json

from infra.deployment.account import Account
from infra.deployment.stacks import Stacks, stack_name

# It speaks plain http, and does not know the condition key s3:if-none-match: both would deny everything.
_BEYOND_IT = {"OnlyOverTls", "NothingIsOverwritten"}


def adapt_archive(account: Account, stage: str) -> None:
    """Switch the lock on, which its CloudFormation leaves out, and keep the denials that it understands."""
    bucket = Stacks(account, lambda _: None).outputs(stack_name(stage, "data"))["CheckpointBucketName"]
    s3 = account.client("s3")
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    policy["Statement"] = [one for one in policy["Statement"] if one["Sid"] not in _BEYOND_IT]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
