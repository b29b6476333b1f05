"""Keys, secrets, tables and buckets that exist without a stack: what they are, and their import (ADR 74)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from infra.deployment.account import AwsAccount, existing
from infra.deployment.rollout import parameters_of
from infra.deployment.stacks import STILLBORN, STOPPED, STUCK_IMPORT, Report, Stacks, stack_name
from infra.deployment.target import DeploymentTarget
from infra.template import Template, load

PARTS = ("vault", "data")


class _Found(NamedTuple):
    """What identifies a resource, whether it holds data, and whether AWS deletes it after a time."""

    identifier: str
    holds_data: bool = False
    is_ending: bool = False


def _table(account: AwsAccount, name: str) -> _Found:
    found = account.client("dynamodb").scan(TableName=name, Limit=1, Select="COUNT")
    return _Found(name, found["Count"] > 0)


def _secret(account: AwsAccount, name: str) -> _Found:
    found = account.client("secretsmanager").describe_secret(SecretId=name)
    return _Found(found["ARN"], bool(found.get("VersionIdsToStages")), "DeletedDate" in found)


def _key(account: AwsAccount, alias: str) -> _Found:
    found = account.client("kms").describe_key(KeyId=alias)["KeyMetadata"]
    return _Found(found["KeyId"], is_ending=found["KeyState"] == "PendingDeletion")


def _alias(account: AwsAccount, name: str) -> _Found:
    account.client("kms").describe_key(KeyId=name)
    return _Found(name)


def _bucket(account: AwsAccount, name: str) -> _Found:
    found = account.client("s3").list_object_versions(Bucket=name, MaxKeys=1)
    return _Found(name, bool(found.get("Versions") or found.get("DeleteMarkers")))


def _policy(account: AwsAccount, bucket: str) -> _Found:
    account.client("s3").get_bucket_policy(Bucket=bucket)
    return _Found(bucket)


def _identity(account: AwsAccount, domain: str) -> _Found:
    account.client("sesv2").get_email_identity(EmailIdentity=domain)
    return _Found(domain)


@dataclass(frozen=True)
class _Kind:
    """A type of resource.

    Attributes:
        named: the property with its name; empty if it has none.
        identified: what an import calls its identifier.
        find: finds it by its name.
        deletes: the commands that delete it.
        keeps: the commands that end the waiting period before its deletion, if it has one.
    """

    named: str
    identified: str
    find: Callable[[AwsAccount, str], _Found]
    deletes: str
    keeps: str = ""


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
        "aws secretsmanager restore-secret --secret-id {0}",
    ),
    # A key has no name of its own: it is found by its alias.
    "AWS::KMS::Key": _Kind(
        "", "KeyId", _key,
        "aws kms schedule-key-deletion --key-id {0}",
        "aws kms cancel-key-deletion --key-id {0} && aws kms enable-key --key-id {0}",
    ),
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
        is_ending: AWS deletes it after a waiting period, and refuses its use until then.
    """

    part: str
    logical_id: str
    kind: str
    identifier: str
    holds_data: bool
    is_ending: bool

    @property
    def takes_name(self) -> bool:
        """Whether another resource of its name is refused while it exists."""
        return bool(_KINDS[self.kind].named)

    def delete_command(self, region: str) -> str:
        """The command that deletes it."""
        return self._filled(_KINDS[self.kind].deletes, region)

    def keep_command(self, region: str) -> str:
        """The command that keeps it from being deleted after its waiting period."""
        return self._filled(_KINDS[self.kind].keeps, region)

    def _filled(self, commands: str, region: str) -> str:
        each = commands.format(self.identifier).split(" && ")
        return " && ".join(f"{one} --region {region}" for one in each)

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
        find = partial(_KINDS[kind].find, account, _name(template, logical_id, known))
        if found := existing(find):
            yield RetainedResource(part, logical_id, kind, *found)


def _to_import(account: AwsAccount, target: DeploymentTarget, part: str) -> list[RetainedResource]:
    return [one for one in _of_part(account, target, part) if not one.is_ending]


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

    What AWS is going to delete is left out: the preflight names the command that keeps it.

    That is one that was never complete, or whose last import could not be taken back. Its deletion retains
    its resources, which are imported with the others. The next deployment creates what is missing, and the
    outputs: an import may do neither.

    Raises:
        StackFailed: CloudFormation refuses an import.
    """
    stacks = Stacks(account, report)
    for part in PARTS:
        name = stack_name(target.stage, part)
        found, state = _to_import(account, target, part), stacks.status(name)
        is_left = state == STUCK_IMPORT or (found and state in STILLBORN | STOPPED)
        if is_left and not stacks.is_protected(name):
            stacks.delete(name)
            found = _to_import(account, target, part)
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
