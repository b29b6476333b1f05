"""Where commands find stage, region and endpoint.

In this order: an option, the profile that the call names, the environment, the profile `default`.

A profile is a table in ~/.config/ru4m/ops.toml (or the file that RU4M_OPS_CONFIG names):

    [default]
    stage = "staging"
    region = "eu-central-1"

`--profile NAME`, or RU4M_PROFILE, takes another table. `--local` takes the local cloud that runs, and
`--as NAME` one of its operators: a decision needs two. `--role ROLE` gives the operator one role only.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from botocore.exceptions import EndpointConnectionError

from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Stacks, stack_name
from infra.local import state
from infra.ops.refused import WrongCall

STAGE, REGION, ENDPOINT = "RU4M_STAGE", "AWS_REGION", "RU4M_ENDPOINT_URL"
PROFILE, FILE = "RU4M_PROFILE", "RU4M_OPS_CONFIG"
_DEFAULT = "default"
_VARIABLES = {"stage": STAGE, "region": REGION, "endpoint_url": ENDPOINT, "aws_profile": "AWS_PROFILE"}
_LOCAL = state.STATE


class OperatorRole(StrEnum):
    """A role of docs/runbook.md."""

    ON_CALL = "on-call"
    OPERATOR = "operator"
    REPORTS = "reports"
    DEPLOYMENT = "deployment"
    ADMINISTRATOR = "administrator"


# The output that names the policy of a role.
_POLICIES = {
    OperatorRole.OPERATOR: "OperatorPolicyArn",
    OperatorRole.REPORTS: "ReportPolicyArn",
    OperatorRole.ON_CALL: "OnCallPolicyArn",
}


class ProfileRefused(WrongCall):
    """The file of profiles has no such profile or is malformed, or no local cloud runs."""


def apply_profile(name: str | None, variables: MutableMapping[str, str] = os.environ) -> None:
    """Set what a named profile says, or what `default` says and the environment does not.

    Raises:
        ProfileRefused: there is no such profile, or the file is malformed.
    """
    wanted = name or variables.get(PROFILE)
    for key, value in _profile(wanted, _file(variables)).items():
        if wanted or _VARIABLES[key] not in variables:
            variables[_VARIABLES[key]] = value


def apply_local(
    operator: str, role: OperatorRole | None = None, variables: MutableMapping[str, str] = os.environ
) -> None:
    """Set stage, region and endpoint of the local cloud, and act as one of its operators.

    The operator is an IAM user with the policies of operators, reports and on-call, created at first use.
    With a role, it is another user, `OPERATOR-ROLE`, who has this role only.

    Raises:
        ProfileRefused: no local cloud runs.
    """
    try:
        found = state.read(_LOCAL)
        root = AwsAccount(found["region"], found["aws_endpoint"], "test", "test")
        key, secret = sign_in(root, operator, role)
    except (state.NoLocalCloud, EndpointConnectionError):  # the file of a killed one is still there
        raise ProfileRefused(str(state.NoLocalCloud())) from None
    variables.pop("AWS_PROFILE", None)
    variables.update(
        {
            STAGE: "local",
            REGION: found["region"],
            ENDPOINT: found["aws_endpoint"],
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
        }
    )


def sign_in(root: AwsAccount, operator: str, role: OperatorRole | None = None) -> tuple[str, str]:
    """Return the id and the secret of a new access key of an operator; earlier keys are deleted."""
    iam, user = root.client("iam"), f"{operator}-{role}" if role else operator
    try:
        iam.create_user(UserName=user)
    except iam.exceptions.EntityAlreadyExistsException:
        for old in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=user, AccessKeyId=old["AccessKeyId"])
    for arn in _policies(root, role):
        iam.attach_user_policy(UserName=user, PolicyArn=arn)
    made = iam.create_access_key(UserName=user)["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def _policies(root: AwsAccount, role: OperatorRole | None) -> Iterable[str]:
    if role == OperatorRole.DEPLOYMENT:
        from infra.build import build
        from infra.deployment import role as deploying

        return _created(root, deploying.policies(deploying.templates_of(build())))
    if role == OperatorRole.ADMINISTRATOR:
        statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        return _created(root, {role: {"Version": "2012-10-17", "Statement": [statement]}})
    outputs = Stacks(root).outputs(stack_name("local", "service"))
    return [outputs[one] for one in ([_POLICIES[role]] if role else _POLICIES.values())]


def _created(root: AwsAccount, policies: Mapping[str, object]) -> Iterator[str]:
    iam = root.client("iam")
    for name, document in policies.items():
        with suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))
        yield f"arn:{root.partition}:iam::{root.number}:policy/{name}"


def _file(variables: Mapping[str, str]) -> Path:
    return Path(variables.get(FILE) or Path.home() / ".config" / "ru4m" / "ops.toml")


def _profile(name: str | None, path: Path) -> dict[str, str]:
    try:
        profiles = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        profiles = {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileRefused(f"{path} is not a TOML file: {error}.") from None
    found = profiles.get(name or _DEFAULT)
    if found is None and name is None:
        return {}
    if not isinstance(found, dict):
        raise ProfileRefused(f"{path} has no profile {name or _DEFAULT}.")
    if odd := sorted(found.keys() - _VARIABLES.keys()):
        raise ProfileRefused(f"{path}: a profile has no {odd[0]}; it may have {', '.join(_VARIABLES)}.")
    return {key: str(value) for key, value in found.items()}
