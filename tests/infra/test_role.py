"""The policy of the role that deploys: complete by what is documented and called, and nothing else."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import boto3
import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from moto import mock_aws
from typer.testing import CliRunner

from infra import deploy as command
from infra.build import ROOT, Package
from infra.deployment import role
from infra.deployment.role import DECLARED, LONGEST, ActionUnnamed, Document
from tests.infra.templates import Template

DEPLOYMENT = ROOT / "infra" / "deployment"
# What a deployment runs. Other modules of infra/ops that call AWS are commands of operators.
MODULES = [*sorted(DEPLOYMENT.rglob("*.py")), ROOT / "infra" / "deploy.py", ROOT / "infra/ops/scheduled.py"]
BOTOCORE = botocore.session.get_session()
# The actions of operations that IAM names otherwise than the API, and services whose prefix is another one.
ACTIONS = {
    "apigateway:GetAccount": "apigateway:GET",
    "budgets:CreateBudget": "budgets:ModifyBudget",
    "budgets:DeleteBudget": "budgets:ModifyBudget",
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
PREFIXES = {"pinpoint-sms-voice-v2": "sms-voice", "sesv2": "ses"}
NAMES = {
    "AlarmName", "AliasName", "BucketName", "DashboardName", "LogGroupName", "ManagedPolicyName", "QueueName",
    "RoleName", "TableName", "TopicName",
}  # fmt: skip
NAMED_SHORTLY = {
    "AWS::Events::Rule": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::SES::ConfigurationSet": "Name",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::WAFv2::IPSet": "Name",
    "AWS::WAFv2::WebACL": "Name",
}


@pytest.fixture(scope="module")
def templates(package: Package) -> list[Template]:
    return role.templates_of(package)


@pytest.fixture(scope="module")
def documented(templates: list[Template]) -> set[str]:
    return role.documented_by(templates)


@pytest.fixture(scope="module")
def statements(templates: list[Template]) -> list[Document]:
    return [one for policy in role.policies(templates).values() for one in policy["Statement"]]


def granted(statements: list[Document]) -> list[str]:
    return [action for one in statements for action in one["Action"]]


def test_policy_has_each_documented_and_called_action_once_and_no_other(
    documented: set[str], statements: list[Document]
) -> None:
    left_out = {one for one in documented if role.is_left_out(one)}
    assert sorted(granted(statements)) == sorted((documented - left_out) | role.called())


def test_documented_actions_are_those_of_all_handlers_of_a_type() -> None:
    assert role.documented("AWS::Lambda::Permission") == {
        "lambda:AddPermission", "lambda:GetPolicy", "lambda:RemovePermission",
    }  # fmt: skip


def test_types_of_all_three_stacks_are_documented(statements: list[Document]) -> None:
    of_stacks = {
        "secretsmanager:CreateSecret",
        "dynamodb:CreateTable",
        "lambda:CreateFunction",
        "wafv2:CreateIPSet",
    }
    assert of_stacks - {*granted(statements)} == set()


def test_each_action_that_is_left_out_is_documented(documented: set[str]) -> None:
    patterns = [one for each in DECLARED["left_out"] for one in each["actions"]]
    assert [one for one in patterns if not any(fnmatchcase(action, one) for action in documented)] == []


def test_no_template_uses_what_the_left_out_actions_are_for(templates: list[Template]) -> None:
    resources = [one for template in templates for one in template["Resources"].values()]
    used = {one["Type"] for one in resources}
    used |= {f"{one['Type']}.{name}" for one in resources for name in one.get("Properties", {})}
    assert used & {name for each in DECLARED["left_out"] for name in each.get("unset", ())} == set()


def test_web_acl_protects_a_stage_of_api_gateway_without_rules_of_others(templates: list[Template]) -> None:
    resources = [one for template in templates for one in template["Resources"].values()]
    protected = [one["Properties"]["ResourceArn"] for one in resources if "WebACLAssociation" in one["Type"]]
    assert [":apigateway:" in str(arn) for arn in protected] == [True]
    (acl,) = (one["Properties"] for one in resources if one["Type"] == "AWS::WAFv2::WebACL")
    assert "RuleGroupReferenceStatement" not in json.dumps(acl)
    vendors = re.findall(r'"VendorName": "(\w+)"', json.dumps(acl))
    assert set(vendors) <= {"AWS"}


def test_actions_without_an_entry_in_the_reference_of_iam_are_those_left_out(documented: set[str]) -> None:
    (declared,) = (each["actions"] for each in DECLARED["left_out"] if each["why"].startswith("IAM has no"))
    unknown = {one for one in documented if role.kinds_of(one) is None}
    assert unknown == {*declared, "payments:GetConnectedAccount"}
    assert {one for one in role.called() if role.kinds_of(one) is None} == set()


def test_each_declared_resource_and_exception_is_used(statements: list[Document]) -> None:
    actions = granted(statements)
    excepted = {action for each in DECLARED["exceptions"] for action in each["actions"]}
    assert excepted - set(actions) == set()
    kinds = {kind for action in set(actions) - excepted for kind in role.kinds_of(action) or ()}
    assert DECLARED["resources"].keys() - kinds == set()


def test_roles_are_passed_and_changed_only_if_they_are_ours(statements: list[Document]) -> None:
    resources = {action: one["Resource"] for one in statements for action in one["Action"]}
    assert resources["iam:PassRole"] == ["arn:aws:iam::*:role/ru4m-*"]
    writes = {one for one in resources if one.startswith("iam:") and not one.startswith("iam:List")}
    others = {one for one in writes if resources[one] != resources["iam:PassRole"] and "Role" in one}
    assert others == {"iam:CreateServiceLinkedRole"}
    assert not role.NAME.startswith("ru4m-")


def test_items_and_copies_of_subjects_are_not_readable(statements: list[Document]) -> None:
    for one in statements:
        for action in one["Action"]:
            if action == "dynamodb:Scan":
                assert one["Condition"] == {"StringEquals": {"dynamodb:Select": "COUNT"}}
            if re.search(r"^s3:\w+Object(Version|Acl)?$", action):
                assert one["Resource"] == ["arn:aws:s3:::ru4m-deploy-*/*"]
            if action in {"kms:Decrypt", "kms:CreateGrant", "kms:GenerateDataKey"}:
                assert one["Condition"] == {"StringLike": {"kms:ViaService": "*.amazonaws.com"}}
    assert not any(
        re.search(r"^dynamodb:(Query|PartiQL.*|.*Item|.*Records)$", one) for one in granted(statements)
    )


def test_each_name_in_the_templates_begins_as_the_resources_of_the_policy(templates: list[Template]) -> None:
    names = []
    for resource in (one for template in templates for one in template["Resources"].values()):
        properties = resource.get("Properties", {})
        wanted = {*NAMES, NAMED_SHORTLY.get(resource["Type"])} & properties.keys()
        names += [properties[name]["Fn::Sub"] for name in wanted]
    assert len(names) > 200
    begins = re.compile(r"(/aws/lambda/|alias/)?ru4m-|/ru4m/|ru4m/")
    assert [name for name in names if not begins.match(name)] == []


def test_each_policy_fits_and_none_is_superfluous(templates: list[Template]) -> None:
    policies = role.policies(templates)
    assert list(policies) == [f"deploy-ru4m-{number}" for number in range(1, len(policies) + 1)]
    assert all(role.size(one) <= LONGEST for one in policies.values())
    assert sum(map(role.size, policies.values())) > (len(policies) - 1) * LONGEST
    assert len(policies) < 10  # the most that IAM attaches to a role


@mock_aws
def test_iam_accepts_each_policy_for_one_role(templates: list[Template]) -> None:
    iam = boto3.client("iam", region_name="eu-central-1")
    iam.create_role(RoleName=role.NAME, AssumeRolePolicyDocument="{}")
    for name, policy in role.policies(templates).items():
        made = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(policy))["Policy"]
        iam.attach_role_policy(RoleName=role.NAME, PolicyArn=made["Arn"])


def test_type_without_a_declared_resource_is_refused() -> None:
    with pytest.raises(ActionUnnamed, match="names no"):
        role.policies([{"Resources": {"Broker": {"Type": "AWS::MSK::Cluster"}}}])


def test_type_without_documented_actions_is_refused() -> None:
    with pytest.raises(KeyError):
        role.documented("AWS::CloudFormation::CustomResource")


def test_each_exception_has_a_reason() -> None:
    entries = [*DECLARED["exceptions"], *DECLARED["left_out"]]
    assert [one["actions"] for one in entries if len(one["why"]) < 20] == []


# Our own calls


@cache
def operations(service: str) -> dict[str, str]:
    return {xform_name(one): one for one in BOTOCORE.get_service_model(service).operation_names}


@cache
def waiters(service: str) -> dict[str, str]:
    try:
        model = BOTOCORE.get_waiter_model(service)
    except UnknownServiceError:
        return {}
    return {xform_name(one): model.get_waiter(one).operation for one in model.waiter_names}


def text_of(call: ast.Call, place: int = 0) -> str:
    """Return an argument as a pattern, with a word for each value in a text."""
    match call.args[place:]:
        case [ast.Constant(value=str(text)), *_]:
            return re.escape(text)
        case [ast.JoinedStr(values=parts), *_]:
            texts = (str(one.value) if isinstance(one, ast.Constant) else "" for one in parts)
            return "".join(re.escape(text) or "[a-z]+" for text in texts)
    return ""


def method_calls(source: str) -> list[tuple[str, ast.Call]]:
    calls = [one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Call)]
    return [(one.func.attr, one) for one in calls if isinstance(one.func, ast.Attribute)]


def services_of(source: str) -> set[str]:
    """Return the services whose clients a module makes."""
    made = (one for name, one in method_calls(source) if name in {"client", "patient_client", "listed"})
    return {str(one.args[0].value) for one in made if one.args and isinstance(one.args[0], ast.Constant)}


def called_in(source: str) -> Iterator[str]:
    """Yield the action of each call of AWS in a module, by any client that the module makes."""
    for service in services_of(source):
        for name, call in method_calls(source):
            listed = waiters(service) if name == "get_waiter" else operations(service)
            named_at = {"get_waiter": 0, "get_paginator": 0, "listed": 1}.get(name)
            wanted = name if named_at is None else text_of(call, named_at)
            for found in {listed[one] for one in listed if re.fullmatch(wanted, one)}:
                action = f"{service}:{found}"
                yield ACTIONS.get(action, f"{PREFIXES.get(service, service)}:{found}")


def test_declared_calls_are_those_of_each_module() -> None:
    found = {name_of(one): actions for one in MODULES if (actions := {*called_in(one.read_text())})}
    calls, of_operators = DECLARED["calls"], DECLARED["operators"]
    declared = {one: {*calls.get(one, ()), *of_operators.get(one, ())} for one in {*calls, *of_operators}}
    assert declared == found
    assert [one for one in of_operators if {*of_operators[one]} & {*calls.get(one, ())}] == []


def test_each_module_makes_the_clients_that_it_calls() -> None:
    services = set().union(*(services_of(one.read_text()) for one in MODULES))
    for module in MODULES:
        source = module.read_text()
        for name in {name for name, _ in method_calls(source) if "_" in name}:  # others are names of ours too
            able = {one for one in services if name in operations(one)}
            assert not able or able & services_of(source), (
                f"{module.name} calls {name} by a client of another"
            )


def name_of(module: Path) -> str:
    """Return the path of a module from infra/deployment, without its ending."""
    return os.path.relpath(module.with_suffix(""), DEPLOYMENT)


@pytest.mark.parametrize(
    ("source", "action"),
    [
        ('account.client("sqs").purge_queue(QueueUrl=url)', "sqs:PurgeQueue"),
        ('client = account.client("sesv2")\nclient.get_account()', "ses:GetAccount"),
        ('account.client("s3").get_paginator("list_objects_v2")', "s3:ListBucket"),
        ('account.listed("s3", "list_objects_v2", "Contents")', "s3:ListBucket"),
        ('account.client("dynamodb").get_waiter("table_exists").wait()', "dynamodb:DescribeTable"),
        (
            'account.client("cloudformation").get_waiter(f"stack_{one}_complete")',
            "cloudformation:DescribeStacks",
        ),
    ],
)
def test_planted_call_is_found(source: str, action: str) -> None:
    assert {*called_in(source)} == {action}


# The command


def test_command_writes_each_policy_and_deletes_those_of_before(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "BUILD", tmp_path)
    monkeypatch.setattr(command, "build", lambda: package)
    (tmp_path / "deploy-ru4m-9.json").write_text("{}")
    assert CliRunner().invoke(command.app, ["role-policy"]).exit_code == 0
    written = {one.stem: json.loads(one.read_text()) for one in tmp_path.glob("*.json")}
    printed = json.loads(CliRunner().invoke(command.app, ["role-policy", "--json"]).stdout)
    assert printed["policies"] == written == role.policies(role.templates_of(package))
