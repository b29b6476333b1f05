"""Judges what CloudFormation makes of the templates by the quotas of AWS (ADR 72).

The other guards read what we write. SAM's transform makes more of it: stages, permissions, event sources. The
translator is that of the local cloud. Values that only a stage has are the longest that are expected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chalicelib.core import principals
from infra.deployment.vault import new_signing_key, public_keys, stage_keys_of, versions_of
from infra.environments import EMULATOR, environment
from infra.guards.findings import Finding, parsed, run
from infra.template import Template

_TRANSLATE = """
import json, sys
from samtranslator.translator.transform import transform

class NoManagedPolicies:
    load = staticmethod(dict)

with open(sys.argv[1]) as template:
    print(json.dumps(transform(json.load(template), {}, NoManagedPolicies)))
"""

_COUNTS = {"Resources": 500, "Parameters": 200, "Outputs": 200}
_TEMPLATE = 1_000_000  # bytes
# Lambda measures the variables as JSON. The reserve is for longer hosts, mailboxes, operators and countries.
_ENVIRONMENT, _RESERVE = 4_096, 128
_POLICIES = {"AWS::IAM::Role": 10_240, "AWS::IAM::ManagedPolicy": 6_144}  # characters
_NAMED = {
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::SES::ConfigurationSet": "Name",
}
_NAME = 64  # characters

_REGION, _PARTITION, _ACCOUNT = "eu-central-1", "aws", "1" * 12
_ARN = f"arn:{_PARTITION}:{{}}:{_REGION}:{_ACCOUNT}:{{}}"
# Examples of values by the end of their name: parameters, attributes and physical ids. Others have 32
# characters.
_EXAMPLES = {
    "TableName": "ru4m-production-challenges-restored",
    "BucketName": f"ru4m-production-checkpoints-{_ACCOUNT}-{_REGION}",
    "KeyArn": _ARN.format("kms", "key/" + "0" * 36),
    "SecretArn": _ARN.format("secretsmanager", "secret:ru4m/production/receipts-AbCdEf"),
    "StreamArn": _ARN.format("dynamodb", "table/ru4m-production-accounts-restored/stream/" + "0" * 23),
    "Arn": _ARN.format("lambda", "function:ru4m-production-check_chat_settings"),
    "Queue": f"https://sqs.{_REGION}.amazonaws.com/{_ACCOUNT}/ru4m-production-announcements",
    "Dead": f"https://sqs.{_REGION}.amazonaws.com/{_ACCOUNT}/ru4m-production-rights-dead",
}
_VERSIONS = "321"  # of each key
_WRAPPED = "k" * 248  # KMS wraps a key of 32 bytes into 184
_REFERENCE = re.compile(r"\$\{([^!}]+)\}")

_Measure = tuple[str, str, int, int]  # what, of which resource, its size, the most that is admitted


class _Longest(dict[str, str]):
    """The longest expected values by the names of parameters, of resources and of their attributes."""

    def __missing__(self, name: str) -> str:
        return next((text for end, text in _EXAMPLES.items() if name.endswith(end)), "x" * 32)


def translate(template: Path) -> Template:
    """Return a template as CloudFormation processes it.

    Raises:
        GuardFailed: the translator refused it.
    """
    read: Template = json.loads(template.read_text())
    if "Transform" not in read:
        return read
    python = environment("emulator", EMULATOR) / "bin" / "python"
    translated: Template = parsed(run([str(python), "-c", _TRANSLATE, str(template)]))
    return translated


def judge(template: Template) -> Iterator[Finding]:
    """Yield where a translated template exceeds a quota, or where its API has another stage than its own."""
    resources: Template = _resolved(template["Resources"], _longest(template.get("Parameters", {})))
    stages = [name for one in resources.values() if (name := one.get("Properties", {}).get("StageName"))]
    if len(stages) != [one["Type"] for one in resources.values()].count("AWS::ApiGateway::RestApi"):
        yield Finding("AWS", "one stage", "", f"the API has the stages {', '.join(sorted(stages))}")
    for what, resource, size, most in (*_whole(template), *_parts(resources)):
        if size > most:
            yield Finding("AWS", what, resource, f"{size:,} of at most {most:,}")


def _whole(template: Template) -> Iterator[_Measure]:
    yield "bytes of the template", "", _size(template), _TEMPLATE
    for part, most in _COUNTS.items():
        yield part.lower(), "", len(template.get(part, ())), most


def _parts(resources: Template) -> Iterator[_Measure]:
    for name, one in resources.items():
        kind, properties = one["Type"], one.get("Properties", {})
        if kind in _POLICIES:
            holders = (properties, *properties.get("Policies", ()))
            documents = (each["PolicyDocument"] for each in holders if "PolicyDocument" in each)
            yield "policies", name, sum(map(_size, documents)), _POLICIES[kind]
        if kind in _NAMED:
            yield "name", name, len(properties.get(_NAMED[kind], "")), _NAME
        if kind == "AWS::Lambda::Function":
            variables = properties.get("Environment", {}).get("Variables", {})
            yield "environment", name, _size(variables), _ENVIRONMENT - _RESERVE


def _size(value: object) -> int:
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def _longest(parameters: Template) -> _Longest:
    keys = dict(new_signing_key() for _ in _VERSIONS)
    versions = versions_of({"current": "3", "versions": dict.fromkeys(_VERSIONS)})
    return _Longest(
        {name: "x" * one["MaxLength"] for name, one in parameters.items() if "MaxLength" in one}
        | {
            "AWS::AccountId": _ACCOUNT,
            "AWS::NoValue": "",
            "AWS::Partition": _PARTITION,
            "AWS::Region": _REGION,
            "CertificateKeys": "x" * 900,  # three
            "LocalFigures": "",
            "LocalNotices": "",
            "LookupVersions": versions,
            "PushUrls": "",
            "Operators": principals.of_account(_PARTITION, _ACCOUNT),
            "PublicKeys": public_keys({"keys": keys}),
            "Stage": "production",
            "StageKeys": stage_keys_of({"current": "3", "versions": dict.fromkeys(_VERSIONS, _WRAPPED)}),
            "StaffVersions": versions,
            "Version": "0" * 12,
        }
    )


def _resolved(value: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """Return a part of a template with values in place of the functions that stand for them."""
    match value:
        case list():
            return [_resolved(one, values) for one in value]
        case {"Ref": name} | {"Fn::GetAtt": name}:
            return values[".".join(name) if isinstance(name, list) else name]
        case {"Fn::Sub": str(text)}:
            return _REFERENCE.sub(lambda found: values[found[1]], text)
        case {"Fn::If": [_, *branches]}:
            return max((_resolved(one, values) for one in branches), key=_size)
        case dict():
            return {name: _resolved(one, values) for name, one in value.items()}
    return value
