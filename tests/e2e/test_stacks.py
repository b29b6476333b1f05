"""Tests that a stage is deployed from an empty account, updated, rolled back, removed, and deployed again."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from chalicelib.core import figures
from infra import deploy as command
from infra.build import build
from infra.deployment import replacement, retained
from infra.deployment.account import AwsAccount
from infra.deployment.replacement import ReplacementRefused
from infra.deployment.retained import RetainedResource
from infra.deployment.rollout import deploy, parameters_of
from infra.deployment.stacks import StackFailed, Stacks
from infra.local.cloud import LocalCloud
from infra.local.emulator import ROOT_KEY, ROOT_SECRET
from infra.local.tour.phone import Phone
from infra.template import Template, load
from tests.infra.test_deploy import a_target
from tests.support.clouds.empty_account import ISSUER, SETTINGS, EmptyAccount, forget_variables
from tests.support.stream.emulated_app import apply_to


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the next deployments have the package of this project under another version."""
    package = build()

    def name(version: str) -> None:
        monkeypatch.setattr(command, "build", lambda **_: replace(package, version=version))

    return name


@pytest.mark.proof
@pytest.mark.night
def test_stranger_deploys_updates_rolls_back_removes_and_deploys_again(
    empty_account: EmptyAccount, packages: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = empty_account
    packages("first0000000")
    refused = stranger.run()
    assert refused.exit_code == 1
    assert "python -m infra.ops chat-settings apply --stage staging" in refused.stderr
    assert stranger.account.client("cloudformation").list_stacks()["StackSummaries"] == []
    apply_to(stranger.stream, issuer=ISSUER)

    url = stranger.deploys()
    assert requests.get(f"{url}/v1/controller", timeout=30).json()["representative"] == "Example GmbH, Berlin"
    monkeypatch.delenv("RU4M_STREAM_API_SECRET")  # the vault has it now
    phone = Phone(url, "+381601111111", stranger.texts_to)
    phone.sign_up("Mila")
    assert stranger.senders_to(phone.number) == {"RU4M"}

    stranger.settings.write_text(stranger.settings.read_text() + "\n[limit]\ncodes_per_number_short = 1\n")
    packages("second000000")
    phone.api_url = stranger.deploys()
    assert stranger.variables("signup")[figures.PACKED] == "limit_codes_per_number_short=1"
    other = Phone(phone.api_url, "+381601111112", stranger.texts_to)
    other.sign_up("Vera")
    device = {
        "device_id": str(uuid.uuid4()),
        "platform": "android",
    }  # an unknown device, so without a reserve
    limited = other.call("POST", "/v1/signup", {"phone": other.number, "device": device}, token="")
    assert (limited.status, limited.body["limit"]) == (429, "codes_per_number")

    listed = json.loads(stranger.run("releases", "--json").stdout)["releases"]
    assert [(one["version"], one["standing"]) for one in listed] == [
        ("second000000", "current"),
        ("first0000000", "earlier"),
    ]
    phone.api_url = stranger.deploys("rollback")
    health = requests.get(f"{phone.api_url}/v1/health", timeout=30).json()
    assert (health["version"], health["stage"]) == ("first0000000", "staging")
    assert stranger.variables("signup")[figures.PACKED] == "limit_codes_per_number_short=1"
    assert phone.call("GET", "/v1/profile").body["display_name"] == "Mila"
    assert "keeps no release before first0000000" in stranger.run("rollback").stderr

    tried = stranger.run("smoke")
    assert tried.exit_code == 0, tried.output
    tables = stranger.account.client("dynamodb").list_tables()["TableNames"]
    removed = stranger.run("remove", "--confirm", "staging")
    assert removed.exit_code == 0, removed.output
    assert stranger.account.client("lambda").list_functions()["Functions"] == []
    assert "stage staging has no service" in stranger.run("smoke").stderr
    assert stranger.account.client("dynamodb").list_tables()["TableNames"] == tables != []

    packages("third0000000")
    phone.api_url = stranger.deploys()
    assert phone.call("GET", "/v1/profile").body["display_name"] == "Mila"
    assert phone.chat_token()
    before = phone.user_id
    phone.sign_up()
    assert phone.user_id == before


DATA = "ru4m-staging-data"


@dataclass
class DataStack:
    """The data stack of staging in an empty account."""

    account: AwsAccount
    folder: Path

    @property
    def stacks(self) -> Stacks:
        return Stacks(self.account)

    def advance(self, template: Template) -> dict[str, str]:
        file = self.folder / "data.json"
        file.write_text(json.dumps(template))
        check = partial(replacement.check, DATA, deployed=self.stacks.template(DATA), wanted=template)
        url = self.account.upload(file, "data.json")
        return self.stacks.advance(DATA, url, parameters_of("data", a_target()), check)

    def without_stack(self) -> dict[str, RetainedResource]:
        return {one.logical_id: one for one in retained.listed(self.account, a_target())}


@pytest.fixture
def data_stack(empty_account: EmptyAccount, tmp_path: Path) -> DataStack:
    return DataStack(empty_account.account, tmp_path)


def test_failed_creation_of_tables_is_continued_and_loses_nothing(data_stack: DataStack) -> None:
    ssm, dynamodb = (data_stack.account.client(name) for name in ("ssm", "dynamodb"))
    ssm.put_parameter(Name="taken", Value="1", Type="String")
    template = load("data")
    taken = {"Name": "taken", "Type": "String", "Value": "2"}
    template["Resources"]["Taken"] = {
        "Type": "AWS::SSM::Parameter",
        "DependsOn": "HeldTable",
        "Properties": taken,
    }
    for state in ("CREATE_FAILED", "UPDATE_FAILED"):
        with pytest.raises(StackFailed, match=state):
            data_stack.advance(template)
        assert "HeldTable" in data_stack.stacks.resources(DATA)
        assert data_stack.without_stack() == {}
    dynamodb.put_item(TableName="ru4m-staging-held", Item={"pk": {"S": "K#1"}, "sk": {"S": "1"}})

    data_stack.advance(load("data"))  # corrected
    assert data_stack.stacks.status(DATA) == "UPDATE_COMPLETE"
    assert data_stack.stacks.resources(DATA) == load("data")["Resources"].keys()
    assert dynamodb.scan(TableName="ru4m-staging-held")["Count"] == 1
    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        data_stack.stacks.delete(DATA)

    changed = load("data")
    changed["Resources"]["HeldTable"]["Properties"]["KeySchema"].pop()
    with pytest.raises(ReplacementRefused, match=r"HeldTable .* \(KeySchema\)"):
        data_stack.advance(changed)
    assert data_stack.stacks.status(DATA) == "UPDATE_COMPLETE"


def test_tables_that_lost_their_stack_are_imported(data_stack: DataStack) -> None:
    account, stacks, s3 = data_stack.account, data_stack.stacks, data_stack.account.client("s3")
    outputs = data_stack.advance(load("data"))
    formation = account.client("cloudformation")
    formation.update_termination_protection(StackName=DATA, EnableTerminationProtection=False)
    stacks.delete(DATA)
    found = data_stack.without_stack()
    assert found.keys() == load("data")["Resources"].keys()
    account.client("sesv2").delete_email_identity(EmailIdentity=found["MailIdentity"].identifier)
    for policy in (
        "ExportBucketPolicy",
        "CheckpointBucketPolicy",
        "AvatarsBucketPolicy",
        "PapersBucketPolicy",
        "ReportedBucketPolicy",
    ):  # the emulator imports none
        s3.delete_bucket_policy(Bucket=found[policy].identifier)

    with pytest.raises(StackFailed, match="CREATE_FAILED"):  # it meets the names of the buckets
        data_stack.advance(load("data"))
    retained.import_all(account, a_target(), lambda _: None)
    assert stacks.status(DATA) == "IMPORT_COMPLETE"
    assert data_stack.advance(load("data")) == outputs
    assert stacks.resources(DATA) == found.keys()
    assert data_stack.without_stack() == {}


def test_preflight_of_the_local_cloud_reports_what_the_emulator_cannot_answer(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ROOT_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ROOT_SECRET)
    forget_variables()
    settings = tmp_path / "local.toml"
    text = SETTINGS.replace(ISSUER, cloud.target.issuer).format(
        api_key=cloud.stream.api_key, url=cloud.stream.url
    )
    settings.write_text(text)

    def check() -> dict[str, dict[str, Any]]:
        words = ["--stage", "local", "--endpoint-url", str(cloud.account.endpoint), "--check", "--json"]
        done = CliRunner().invoke(command.app, [*words, "--settings", str(settings)])
        return {one["check"]: one for one in json.loads(done.stdout)["findings"]}

    found = check()
    assert found["SMS sandbox"]["severity"] == "unknown"
    assert found["Stream baseline"]["severity"] == "ok"
    assert found["stacks"]["text"] == "of this stage: vault, data, service"
    settings.write_text(text.replace(cloud.target.issuer, "https://api.other.example"))
    moved = check()  # to another address: the app is still this stage's own, and its webhook has to follow
    assert moved["Stream app"]["severity"] == "ok"
    assert "--issuer https://api.other.example" in moved["Stream baseline"]["remedy"]


def test_repeated_deployment_of_the_same_package_changes_nothing(cloud: LocalCloud) -> None:
    said: list[str] = []
    assert deploy(cloud.account, cloud.package, cloud.target, said.append) == cloud.deployment
    assert said == [f"ru4m-local-{part}: unchanged" for part in ("vault", "data", "service")]


def test_tables_refuse_to_be_deleted(cloud: LocalCloud) -> None:
    dynamodb = cloud.account.client("dynamodb")
    for name in dynamodb.list_tables()["TableNames"]:
        with pytest.raises(dynamodb.exceptions.ClientError, match=r"[Dd]eletion protection"):
            dynamodb.delete_table(TableName=name)
