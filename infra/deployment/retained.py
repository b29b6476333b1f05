"""Keys, secrets, tables and buckets that exist without a stack: what they are, and their import (ADR 74)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.deployment.account import AwsAccount, is_absent
from infra.deployment.rollout import parameters_of
from infra.deployment.stacks import STILLBORN, STOPPED, STUCK_IMPORT, Report, Stacks, stack_name
from infra.deployment.target import DeploymentTarget
from infra.template import Template, load

PARTS = ("vault", "data")

Found = tuple[str, bool]  # the value that identifies a resource, and whether it holds data


def _table(account: AwsAccount, name: str) -> Found:
    return name, account.client("dynamodb").scan(TableName=name, Limit=1, Select="COUNT")["Count"] > 0


def _secret(account: AwsAccount, name: str) -> Found:
    found = account.client("secretsmanager").describe_secret(SecretId=name)
    return found["ARN"], bool(found.get("VersionIdsToStages"))


def _key(account: AwsAccount, alias: str) -> Found:
    return account.client("kms").describe_key(KeyId=alias)["KeyMetadata"]["KeyId"], False


def _alias(account: AwsAccount, name: str) -> Found:
    _key(account, name)
    return name, False


def _bucket(account: AwsAccount, name: str) -> Found:
    found = account.client("s3").list_object_versions(Bucket=name, MaxKeys=1)
    return name, bool(found.get("Versions") or found.get("DeleteMarkers"))


def _policy(account: AwsAccount, bucket: str) -> Found:
    account.client("s3").get_bucket_policy(Bucket=bucket)
    return bucket, False


def _identity(account: AwsAccount, domain: str) -> Found:
    account.client("sesv2").get_email_identity(EmailIdentity=domain)
    return domain, False


@dataclass(frozen=True)
class _Kind:
    """A type of resource: the property with its name, how an import identifies it, and what deletes it."""

    named: str
    identified: str
    find: Callable[[AwsAccount, str], Found]
    deletes: str


_KINDS: Mapping[str, _Kind] = {
    "AWS::DynamoDB::Table": _Kind(
        "TableName", "TableName", _table,
        # With recovery on, a deleted table leaves a backup for 35 days (ADR 76).
        "aws dynamodb update-continuous-backups --table-name {0} "
        "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=false && "
        "aws dynamodb update-table --table-name {0} --no-deletion-protection-enabled && "
        "aws dynamodb delete-table --table-name {0}",
    ),
    "AWS::SecretsManager::Secret": _Kind(
        "Name", "Id", _secret,
        "aws secretsmanager delete-secret --secret-id {0} --force-delete-without-recovery",
    ),
    # A key has no name of its own: it is found by its alias.
    "AWS::KMS::Key": _Kind("", "KeyId", _key, "aws kms schedule-key-deletion --key-id {0}"),
    "AWS::KMS::Alias": _Kind("AliasName", "AliasName", _alias, "aws kms delete-alias --alias-name {0}"),
    "AWS::S3::Bucket": _Kind("BucketName", "BucketName", _bucket, "aws s3api delete-bucket --bucket {0}"),
    "AWS::S3::BucketPolicy": _Kind(
        "Bucket", "Bucket", _policy, "aws s3api delete-bucket-policy --bucket {0}"
    ),
    "AWS::SES::EmailIdentity": _Kind(
        "EmailIdentity", "EmailIdentity", _identity, "aws sesv2 delete-email-identity --email-identity {0}"
    ),
}  # fmt: skip


@dataclass(frozen=True)
class RetainedResource:
    """A resource of a template that exists, and that its stack does not have.

    Attributes:
        part: the stack, `vault` or `data`.
        identifier: the value by which an import identifies it.
    """

    part: str
    logical_id: str
    kind: str
    identifier: str
    holds_data: bool

    @property
    def delete_command(self) -> str:
        """The command that deletes it."""
        return _KINDS[self.kind].deletes.format(self.identifier)

    def to_import(self) -> dict[str, Any]:
        """The resource as CloudFormation's import reads it."""
        return {
            "ResourceType": self.kind,
            "LogicalResourceId": self.logical_id,
            "ResourceIdentifier": {_KINDS[self.kind].identified: self.identifier},
        }


def listed(account: AwsAccount, target: DeploymentTarget) -> list[RetainedResource]:
    """The resources of both templates that exist, and that the stacks of the stage do not have."""
    return [one for part in PARTS for one in _of_part(account, target, part)]


def _of_part(account: AwsAccount, target: DeploymentTarget, part: str) -> Iterator[RetainedResource]:
    stacks, template = Stacks(account), load(part)
    of_stack = stacks.resources(stack_name(target.stage, part))
    known = {
        "AWS::AccountId": account.number,
        "AWS::Region": account.region,
        **parameters_of(part, target),
    }
    for logical_id, resource in template["Resources"].items():
        kind = resource["Type"]
        if logical_id in of_stack or (kind == "AWS::SES::EmailIdentity" and _is_shared(stacks, target)):
            continue
        try:
            identifier, holds_data = _KINDS[kind].find(account, _name(template, logical_id, known))
        except ClientError as error:
            if not is_absent(error):
                raise
            continue
        yield RetainedResource(part, logical_id, kind, identifier, holds_data)


def _is_shared(stacks: Stacks, target: DeploymentTarget) -> bool:
    """Whether another stage sends mail from this domain, so that its identity is not ours."""
    used = stacks.parameter_of_all("MailDomain")
    return any(
        domain == target.mail_domain and name != stack_name(target.stage, "data")
        for name, domain in used.items()
    )


def _name(template: Template, logical_id: str, known: Mapping[str, str]) -> str:
    """The name that a template gives to a resource; of a key, that of its alias."""
    resource = template["Resources"][logical_id]
    if not (named := _KINDS[resource["Type"]].named):
        alias = next(
            name
            for name, one in template["Resources"].items()
            if one["Properties"].get("TargetKeyId") == {"Ref": logical_id}
        )
        return _name(template, alias, known)
    match resource["Properties"][named]:
        case {"Ref": str(other)}:
            return known[other] if other in known else _name(template, other, known)
        case {"Fn::Sub": str(text)}:
            for parameter, value in known.items():
                text = text.replace(f"${{{parameter}}}", value)
            return text
        case name:
            return str(name)


def import_all(account: AwsAccount, target: DeploymentTarget, report: Report) -> None:
    """Bring what exists without its stack into it. A stack that accepts no import is deleted first.

    That is one that was never complete, or whose last import could not be taken back. Its deletion retains
    its resources, which are imported with the others. The next deployment creates what is missing, and the
    outputs: an import may do neither.

    Raises:
        StackFailed: CloudFormation refuses an import.
    """
    stacks = Stacks(account, report)
    for part in PARTS:
        name = stack_name(target.stage, part)
        found, state = list(_of_part(account, target, part)), stacks.status(name)
        is_left = state == STUCK_IMPORT or (found and state in STILLBORN | STOPPED)
        if is_left and not stacks.is_protected(name):
            stacks.delete(name)
            found = list(_of_part(account, target, part))
        if not found:
            report(f"{name}: nothing to import")
            continue
        deployed, wanted = stacks.template(name), load(part)
        wanted.pop("Outputs")
        template = wanted | deployed
        template["Resources"] = {
            **deployed["Resources"],
            **{one.logical_id: wanted["Resources"][one.logical_id] for one in found},
        }
        parameters = stacks.parameters(name) or parameters_of(part, target)
        resources = [one.to_import() for one in found]
        stacks.import_resources(name, json.dumps(template), parameters, resources)
