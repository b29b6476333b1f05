"""The resources that deployed templates declare for AWS, with intrinsic functions resolved.

SAM's transform is applied already: CloudFormation returns the processed template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Stacks, stack_name
from infra.guards.findings import STACKS

# The template of the service leaves things out on an emulator, by this parameter. They count as dropped.
_AS_ON_AWS = {"OnEmulator": "no"}

_ARNS = {
    "AWS::Events::Rule": "arn:{partition}:events:{region}:{account}:rule/{id}",
    "AWS::IAM::Role": "arn:{partition}:iam::{account}:role/{id}",
    "AWS::KMS::Key": "arn:{partition}:kms:{region}:{account}:key/{id}",
    "AWS::Lambda::Function": "arn:{partition}:lambda:{region}:{account}:function:{id}",
    "AWS::Logs::LogGroup": "arn:{partition}:logs:{region}:{account}:log-group:{id}:*",
    "AWS::S3::Bucket": "arn:{partition}:s3:::{id}",
    "AWS::SQS::Queue": "arn:{partition}:sqs:{region}:{account}:{name}",
}
_NOTHING = object()  # AWS::NoValue
_REFERENCE = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Resource:
    """One resource of a template; `id` is its physical id, empty if the emulator has no such resource."""

    name: str
    kind: str
    id: str
    properties: Mapping[str, Any]


def declared(account: AwsAccount, stage: str) -> Iterator[Resource]:
    """Yield every resource of those of the three stacks that are complete."""
    stacks, api = Stacks(account, lambda _: None), account.client("cloudformation")
    for stack in (stack_name(stage, part) for part in STACKS):
        if not stacks.is_complete(stack):
            continue
        template = api.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
        ids = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in stacks.summaries(stack)}
        values = _Values(account, template, stacks.parameters(stack) | _AS_ON_AWS, ids)
        for name, one in template["Resources"].items():
            if "Condition" not in one or values.holds(one["Condition"]):
                yield Resource(name, one["Type"], ids.get(name, ""), values.of(one.get("Properties", {})))


@dataclass(frozen=True)
class _Values:
    """Resolves intrinsic functions against the parameters and the physical ids of a stack."""

    account: AwsAccount
    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    ids: Mapping[str, str]

    def of(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(value, list):
            return [one for one in map(self.of, value) if one is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self._call(function, argument)
        resolved = {name: self.of(one) for name, one in value.items()}
        return {name: one for name, one in resolved.items() if one is not _NOTHING}

    def holds(self, condition: Any) -> bool:  # noqa: ANN401 - any JSON
        """Return whether a condition is true, by its name or its expression."""
        if isinstance(condition, str):
            return self.holds(self.template["Conditions"][condition])
        ((function, arguments),) = condition.items()
        match function:
            case "Condition":
                return self.holds(arguments)
            case "Fn::Equals":
                one, other = map(self.of, arguments)
                return str(one) == str(other)  # as CloudFormation, for which a number is its text
            case "Fn::Not":
                return not self.holds(arguments[0])
            case "Fn::Or":
                return any(map(self.holds, arguments))
        raise NotImplementedError(function)

    def _call(self, function: str, argument: Any) -> Any:  # noqa: ANN401 - any JSON
        result: Any
        match function:
            case "Ref":
                result = self._reference(argument)
            case "Fn::GetAtt":
                result = self._attribute(*argument)
            case "Fn::If":
                condition, then, otherwise = argument
                result = self.of(then if self.holds(condition) else otherwise)
            case "Fn::Sub":
                text, named = argument if isinstance(argument, list) else (argument, {})
                result = _REFERENCE.sub(lambda found: self._within(found[1], named), text)
            case _:
                raise NotImplementedError(function)
        return result

    def _within(self, name: str, named: Mapping[str, Any]) -> str:
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name in named:
            return str(self.of(named[name]))
        resource, dot, attribute = name.partition(".")
        return str(self._attribute(resource, attribute) if dot else self._reference(name))

    def _reference(self, name: str) -> Any:  # noqa: ANN401 - a text, or the mark of no value
        pseudo = {
            "AWS::AccountId": self.account.number,
            "AWS::NoValue": _NOTHING,
            "AWS::Partition": self.account.partition,
            "AWS::Region": self.account.region,
            "AWS::URLSuffix": "amazonaws.com",
        }
        return {**pseudo, **self.ids, **self.parameters}[name]

    def _attribute(self, resource: str, attribute: str) -> str:
        kind, found = self.template["Resources"][resource]["Type"], self.ids.get(resource, "")
        if attribute == "Arn":
            return _ARNS[kind].format(
                partition=self.account.partition,
                region=self.account.region,
                account=self.account.number,
                id=found,
                name=found.rpartition("/")[2],
            )
        if (kind, attribute) == ("AWS::SQS::Queue", "QueueName"):
            return found.rpartition("/")[2]
        raise NotImplementedError(f"{kind} {attribute}")
