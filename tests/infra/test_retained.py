"""Tests that what exists without its stack is listed, and imported into it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from infra.deployment import mistakes, retained
from infra.deployment.account import AwsAccount
from infra.deployment.findings import DeploymentFinding
from infra.deployment.preflight import stack_checks
from infra.deployment.retained import RetainedResource
from infra.deployment.role import registered
from infra.deployment.stacks import StackFailed, Stacks
from infra.template import load
from tests.infra.fakes import REGION, FakeCloudFormation
from tests.infra.test_deploy import a_target
from tests.support.clouds.printed_commands import commands_in, run_aws

NUMBER = "123456789012"  # moto's account
VAULT, DATA, SERVICE = (f"ru4m-staging-{part}" for part in ("vault", "data", "service"))
IMPORT = f"`make deploy STAGE=staging REGION={REGION} OPTIONS=--import-retained`"
ALL = {part: {*load(part)["Resources"]} for part in retained.PARTS}


@pytest.fixture
def formation() -> FakeCloudFormation:
    return FakeCloudFormation()


@pytest.fixture
def account(formation: FakeCloudFormation) -> Iterator[AwsAccount]:
    """Return an account of moto whose stacks are fakes: moto has no imports."""
    with mock_aws():
        made = AwsAccount(REGION)
        made._clients["cloudformation"] = formation
        yield made


@pytest.fixture
def left(account: AwsAccount) -> AwsAccount:
    """Return the account after attempts that left everything that both templates name."""
    kms, secrets = account.client("kms"), account.client("secretsmanager")
    for suffix in ("", "-sealing", "-checkpoints", "-certificates"):
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/ru4m-staging{suffix}", TargetKeyId=key)
    for one in load("vault")["Resources"].values():
        if one["Type"] == "AWS::SecretsManager::Secret":
            purpose = one["Properties"]["Name"]["Fn::Sub"].rpartition("/")[2]
            secrets.create_secret(Name=f"ru4m/staging/{purpose}")
    for one in load("data")["Resources"].values():
        if one["Type"] == "AWS::DynamoDB::Table":
            name = one["Properties"]["TableName"]["Fn::Sub"].replace("${Stage}", "staging")
            account.client("dynamodb").create_table(
                TableName=name,
                AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                BillingMode="PAY_PER_REQUEST",
            )
    for bucket in ("avatars", "exports", "papers", "reported", "checkpoints"):
        name, s3 = f"ru4m-staging-{bucket}-{NUMBER}-{REGION}", account.client("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
    account.client("sesv2").create_email_identity(EmailIdentity="ru4m.example")
    return account


def by_id(found: list[RetainedResource]) -> dict[str, RetainedResource]:
    return {one.logical_id: one for one in found}


def check(account: AwsAccount) -> list[DeploymentFinding]:
    return list(stack_checks.retained_data(account, a_target()))


@pytest.mark.parametrize("state", [None, "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])
def test_every_resource_of_both_templates_is_listed(
    left: AwsAccount, formation: FakeCloudFormation, state: str | None
) -> None:
    if state:
        formation.status |= {VAULT: state, DATA: state}
        skipped = dict.fromkeys(ALL["data"], "DELETE_SKIPPED")
        formation.resources[DATA] = skipped | {"HeldTable": "DELETE_FAILED"}
    found = by_id(retained.listed(left, a_target()))
    assert found.keys() == ALL["vault"] | ALL["data"]
    assert not any(one.holds_data for one in found.values())
    findings = check(left)
    assert [one.severity for one in findings] == ["refused"] * len(found)
    ways = f"{IMPORT}, or delete this one with `aws "
    assert all(one.remedy.startswith(f"Import all of them with {ways}") for one in findings)
    assert all(f"--region {REGION}`." in one.remedy for one in findings)


def test_import_identifies_each_resource_as_its_type_documents(left: AwsAccount) -> None:
    kinds = {one.kind: one.to_import() for one in retained.listed(left, a_target())}
    for kind, request in kinds.items():
        documented = [one.removeprefix("/properties/") for one in registered(kind)["primaryIdentifier"]]
        assert [*request["ResourceIdentifier"]] == documented


def test_each_command_that_deletes_ends_its_line(left: AwsAccount) -> None:
    ended = set[str]()
    while (first := check(left)[0]).severity == "refused":
        name = first.text.split()[0]
        assert name not in ended
        ended.add(name)
        _, deletes = commands_in(first.remedy)
        run_aws(left, deletes)
    with_their_buckets = {
        "AvatarsBucketPolicy",
        "CheckpointBucketPolicy",
        "ExportBucketPolicy",
        "PapersBucketPolicy",
        "ReportedBucketPolicy",
    }
    assert (ALL["vault"] | ALL["data"]) - ended == with_their_buckets


def test_empty_account_has_nothing_to_import(account: AwsAccount) -> None:
    (found,) = check(account)
    assert found.severity == "ok"
    said: list[str] = []
    retained.import_all(account, a_target(), said.append)
    assert said == [f"{VAULT}: nothing to import", f"{DATA}: nothing to import"]


def test_stack_owns_what_it_created_and_nothing_that_failed(
    left: AwsAccount, formation: FakeCloudFormation
) -> None:
    formation.status |= {VAULT: "CREATE_COMPLETE", DATA: "CREATE_FAILED"}
    formation.resources[VAULT] = dict.fromkeys(ALL["vault"], "CREATE_COMPLETE")
    formation.resources[DATA] = dict.fromkeys(ALL["data"], "CREATE_COMPLETE") | {"HeldTable": "CREATE_FAILED"}
    assert by_id(retained.listed(left, a_target())).keys() == {"HeldTable"}


@pytest.mark.parametrize(
    ("state", "listed"),
    [
        ("CREATE_FAILED", {"HeldTable"}),
        ("IMPORT_FAILED", {"HeldTable"}),
        ("IMPORT_ROLLBACK_COMPLETE", {"HeldTable"}),
        ("DELETE_COMPLETE", {"HeldTable"}),
        ("DELETE_SKIPPED", {"HeldTable"}),
        ("DELETE_FAILED", set()),  # an import would be refused: it is in the stack still
        ("UPDATE_FAILED", set()),
        ("IMPORT_COMPLETE", set()),
    ],
)
def test_state_of_a_resource_decides_whether_its_stack_has_it(
    left: AwsAccount, formation: FakeCloudFormation, state: str, listed: set[str]
) -> None:
    formation.status |= {VAULT: "CREATE_COMPLETE", DATA: "UPDATE_FAILED"}
    formation.resources[VAULT] = dict.fromkeys(ALL["vault"], "CREATE_COMPLETE")
    formation.resources[DATA] = dict.fromkeys(ALL["data"], "CREATE_COMPLETE") | {"HeldTable": state}
    assert by_id(retained.listed(left, a_target())).keys() == listed


def test_key_and_secret_that_aws_will_delete_are_kept_before_they_are_imported(
    left: AwsAccount, formation: FakeCloudFormation
) -> None:
    hold_an_item(left)
    key = by_id(retained.listed(left, a_target()))["SealingKey"].identifier
    left.client("kms").schedule_key_deletion(KeyId=key)
    left.client("secretsmanager").delete_secret(SecretId="ru4m/staging/pairs")
    retained.import_all(left, a_target(), lambda _: None)
    imported = {one["LogicalResourceId"] for one in formation.asked[0]["ResourcesToImport"]}
    assert imported == ALL["vault"] - {"SealingKey", "PairsSecret"}
    ending = [one for one in check(left) if "will be deleted" in one.text]
    assert [one.text.split()[0] for one in ending] == ["SealingKey", "PairsSecret"]
    for finding in ending:
        (keeps,) = commands_in(finding.remedy)
        run_aws(left, keeps)
    assert not any("will be deleted" in one.text for one in check(left))
    assert left.client("kms").describe_key(KeyId=key)["KeyMetadata"]["Enabled"]


def test_secret_that_aws_will_delete_can_be_deleted_at_once(left: AwsAccount) -> None:
    left.client("secretsmanager").delete_secret(SecretId="ru4m/staging/pairs")
    (found,) = (one for one in check(left) if "will be deleted" in one.text)
    _, deletes = commands_in(found.remedy)
    run_aws(left, deletes)
    assert "PairsSecret" not in by_id(retained.listed(left, a_target()))


def hold_a_secret(account: AwsAccount) -> str:
    account.client("secretsmanager").put_secret_value(SecretId="ru4m/staging/pairs", SecretString="{}")
    return "PairsSecret"


def hold_an_item(account: AwsAccount) -> str:
    account.client("dynamodb").put_item(TableName="ru4m-staging-held", Item={"pk": {"S": "K#1"}})
    return "HeldTable"


def hold_an_object(account: AwsAccount) -> str:
    account.client("s3").put_object(
        Bucket=f"ru4m-staging-checkpoints-{NUMBER}-{account.region}", Key="1", Body=b"1"
    )
    return "CheckpointBucket"


@pytest.mark.parametrize("hold", [hold_a_secret, hold_an_item, hold_an_object])
def test_no_command_deletes_anything_once_one_resource_holds_data(left: AwsAccount, hold: Any) -> None:
    holder = hold(left)
    findings = check(left)
    assert [one.text.split()[0] for one in findings if "holds data" in one.text] == [holder]
    assert not any("delete" in one.remedy for one in findings)


def test_no_command_deletes_anything_of_a_stage_with_a_service(
    left: AwsAccount, formation: FakeCloudFormation
) -> None:
    formation.status[SERVICE] = "UPDATE_COMPLETE"
    assert not any("delete" in one.remedy for one in check(left))


def test_no_command_deletes_a_key_while_the_stack_of_data_is_complete(
    left: AwsAccount, formation: FakeCloudFormation
) -> None:
    formation.status[DATA] = "UPDATE_COMPLETE"
    assert not any("delete" in one.remedy for one in check(left))


def test_mail_identity_of_another_stage_is_not_listed(
    left: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = {"ru4m-production-data": "ru4m.example"}
    monkeypatch.setattr(Stacks, "parameter_of_all", lambda *_: used)
    assert "MailIdentity" not in by_id(retained.listed(left, a_target()))


def test_import_creates_the_stack_with_what_exists_and_no_outputs(
    left: AwsAccount, formation: FakeCloudFormation
) -> None:
    left.client("dynamodb").delete_table(TableName="ru4m-staging-held")
    formation.status[DATA] = "ROLLBACK_COMPLETE"
    retained.import_all(left, a_target(), lambda _: None)
    vault, deleted, data = formation.asked
    assert deleted["deleted"] == DATA  # its deletion retains the resources
    assert (vault["ChangeSetType"], data["ChangeSetType"]) == ("IMPORT", "IMPORT")
    assert formation.status == {VAULT: "IMPORT_COMPLETE", DATA: "IMPORT_COMPLETE"}
    for request, wanted in ((vault, ALL["vault"]), (data, ALL["data"] - {"HeldTable"})):
        template = json.loads(request["TemplateBody"])
        assert template["Resources"].keys() == wanted
        assert "Outputs" not in template
        assert {one["LogicalResourceId"] for one in request["ResourcesToImport"]} == wanted
    identifiers = {one["LogicalResourceId"]: one["ResourceIdentifier"] for one in vault["ResourcesToImport"]}
    sealing = left.client("kms").describe_key(KeyId="alias/ru4m-staging-sealing")["KeyMetadata"]["KeyId"]
    assert identifiers["SealingKey"] == {"KeyId": sealing}
    assert identifiers["SealingKeyAlias"] == {"AliasName": "alias/ru4m-staging-sealing"}
    assert identifiers["PairsSecret"]["Id"].startswith(
        f"arn:aws:secretsmanager:{REGION}:{NUMBER}:secret:ru4m/"
    )
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in data["Parameters"]}
    assert parameters == {"Stage": "staging", "MailDomain": "ru4m.example", "ExportDays": "5"}


def test_import_into_a_stack_changes_none_of_its_resources(
    left: AwsAccount, formation: FakeCloudFormation
) -> None:
    formation.status |= {VAULT: "CREATE_COMPLETE", DATA: "UPDATE_COMPLETE"}
    formation.resources[VAULT] = dict.fromkeys(ALL["vault"], "CREATE_COMPLETE")
    formation.resources[DATA] = dict.fromkeys(ALL["data"] - {"HeldTable"}, "UPDATE_COMPLETE")
    earlier = load("data")
    del earlier["Resources"]["HeldTable"]
    earlier["Resources"]["KeysTable"]["Properties"]["BillingMode"] = "PROVISIONED"
    formation.templates[DATA] = earlier
    retained.import_all(left, a_target(), lambda _: None)
    (request,) = formation.asked
    template = json.loads(request["TemplateBody"])
    assert template.pop("Resources") == {
        **earlier["Resources"],
        "HeldTable": load("data")["Resources"]["HeldTable"],
    }
    assert template == {name: one for name, one in earlier.items() if name != "Resources"}


def test_stack_whose_import_could_not_be_taken_back_is_deleted_and_imported_again(
    left: AwsAccount, formation: FakeCloudFormation
) -> None:
    formation.status |= {VAULT: "CREATE_COMPLETE", DATA: "IMPORT_ROLLBACK_FAILED"}
    for part, stack in (("vault", VAULT), ("data", DATA)):
        formation.resources[stack] = dict.fromkeys(ALL[part], "IMPORT_COMPLETE")
    retained.import_all(left, a_target(), lambda _: None)
    deleted, made = formation.asked
    assert (deleted["deleted"], made["ChangeSetType"]) == (DATA, "IMPORT")
    assert {one["LogicalResourceId"] for one in made["ResourcesToImport"]} == ALL["data"]
    assert formation.status[DATA] == "IMPORT_COMPLETE"


def test_failed_import_names_the_command_that_repeats_it(
    left: AwsAccount, formation: FakeCloudFormation
) -> None:
    formation.refusal = "Resource of type 'AWS::KMS::Key' was not found."
    with pytest.raises(StackFailed) as failure:
        retained.import_all(left, a_target(), lambda _: None)
    assert mistakes.explain(failure.value).endswith(f"Correct the cause, and run {IMPORT}.")


def test_stack_that_was_complete_once_is_never_deleted_by_an_import(
    left: AwsAccount, formation: FakeCloudFormation
) -> None:
    formation.status |= {VAULT: "UPDATE_FAILED", DATA: "UPDATE_FAILED"}
    formation.protected = {VAULT}
    retained.import_all(left, a_target(), lambda _: None)
    assert [one["deleted"] for one in formation.asked if "deleted" in one] == [DATA]
