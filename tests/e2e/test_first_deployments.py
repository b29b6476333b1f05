"""Tests a first deployment for which a resource of keys or data exists already, or fails (ADR 74).

The resources are those of the templates, so a new one is tried by itself: one of each type by `make proof`,
all by `make proof-all`. Everything is real but the service, whose stack has a topic only. The stacks before
do not depend on what it has, and its creation would take most of the time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from infra import deploy as command
from infra.build import Package, build
from infra.deployment import retained, smoke
from infra.deployment.rollout import parameters_of
from infra.deployment.stacks import Stacks, stack_name
from infra.local.emulator import REGION
from infra.stream_emulator.control import Emulator
from infra.template import Template, load
from tests.infra.test_deploy import a_target
from tests.support.clouds.empty_account import ISSUER, EmptyAccount, emptied
from tests.support.clouds.printed_commands import commands_in, options_of_make, run_aws
from tests.support.sample import tried
from tests.support.stream.emulated_app import apply_to

pytestmark = [pytest.mark.proof, pytest.mark.night]

TEMPLATES = {part: load(part) for part in retained.PARTS}
KINDS = {
    (part, name): one["Type"] for part in TEMPLATES for name, one in TEMPLATES[part]["Resources"].items()
}
TABLE = "AWS::DynamoDB::Table"
# The emulator creates and deletes these, and its CloudFormation imports none of them. What an import of ours
# asks for is checked for all types by tests/infra/test_retained.py.
NOT_IMPORTED = {"AWS::S3::BucketPolicy", "AWS::SecretsManager::Secret", "AWS::SES::EmailIdentity"}
DEPLOY = f"make deploy STAGE=staging REGION={REGION}"
TARGET = a_target(mail_from="notices@staging.ru4m.example")  # as the file of settings


def resources() -> list[tuple[str, str]]:
    """Return one resource of each type, from the middle of its stack; `make proof-all` tries all."""
    by_kind: dict[str, list[tuple[str, str]]] = {}
    for place, kind in KINDS.items():
        by_kind.setdefault(kind, []).append(place)
    return tried(list(KINDS), [places[len(places) // 2] for places in by_kind.values()])


def referred(value: Any) -> Iterator[str]:
    """Yield the names to which a part of a template refers."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            yield name
        case dict():
            for inner in value.values():
                yield from referred(inner)
        case list():
            for inner in value:
                yield from referred(inner)


@dataclass
class FirstDeployment:
    """A stranger who deploys to an empty account, and the templates of the package."""

    stranger: EmptyAccount
    package: Package

    def deploys(self, *options: str) -> Result:
        return self.stranger.run(*options)

    def follows(self, printed: str) -> Result:
        """Run a printed command of make, with the file of settings and the emulator of this test."""
        words = options_of_make(printed)
        for option in ("--stage", "--region"):
            del words[(at := words.index(option)) : at + 2]
        return self.deploys(*words)

    def writes(self, part: str, template: Template) -> Path:
        file = self.package.template(part)
        file.write_text(json.dumps(template))
        return file

    def creates_alone(self, part: str, name: str) -> set[str]:
        """Create one resource, and those that it needs, without a stack; return their names."""
        resources, wanted = TEMPLATES[part]["Resources"], {name}
        while (
            more := {
                *(one for kept in wanted for one in referred(resources[kept]) if one in resources),
                # A key has no name of its own, and is found by its alias.
                *(
                    one
                    for one, alias in resources.items()
                    if alias["Properties"].get("TargetKeyId") in refs(wanted)
                ),
            }
            - wanted
        ):
            wanted |= more
        template = {**TEMPLATES[part], "Resources": {one: resources[one] for one in wanted}, "Outputs": {}}
        stacks, stack = Stacks(self.stranger.account), stack_name("staging", part)
        url = self.stranger.account.upload(self.writes(part, template), "alone.json")
        stacks.deploy(stack, url, parameters_of(part, TARGET))
        stacks.delete(stack)
        self.writes(part, TEMPLATES[part])
        return wanted

    def stores_an_item_in_each_table(self) -> list[str]:
        """Store one in each table that exists, and return the names of the tables."""
        dynamodb = self.stranger.account.client("dynamodb")
        names: list[str] = dynamodb.list_tables()["TableNames"]
        for name in names:
            keys = dynamodb.describe_table(TableName=name)["Table"]["KeySchema"]
            dynamodb.put_item(TableName=name, Item={one["AttributeName"]: {"S": "kept"} for one in keys})
        return names

    def is_whole(self) -> None:
        """Check that each stack has all of its template, and is complete."""
        stacks = Stacks(self.stranger.account)
        for part, template in TEMPLATES.items():
            stack = stack_name("staging", part)
            assert stacks.resources(stack) == template["Resources"].keys()
            assert str(stacks.status(stack)).endswith("_COMPLETE")
            assert stacks.is_protected(stack)
        assert str(stacks.status(stack_name("staging", "service"))).endswith("_COMPLETE")


def refs(names: set[str]) -> list[Template]:
    return [{"Ref": name} for name in names]


@pytest.fixture(scope="module")
def built() -> Package:
    """Return the package of this project."""
    return build()


@pytest.fixture(scope="module")
def at_the_baseline(both_emulators: tuple[str, Emulator]) -> tuple[str, Emulator]:
    """Apply the settings of the app at Stream once, which takes seconds."""
    apply_to(both_emulators[1], issuer=ISSUER)
    return both_emulators


@pytest.fixture
def first(
    at_the_baseline: tuple[str, Emulator], built: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> FirstDeployment:
    package = replace(built, folder=tmp_path / "package")
    package.folder.mkdir()
    for archive in (package.code, package.images):
        archive.write_bytes(b"")
    for part in TEMPLATES:
        package.template(part).write_text(built.template(part).read_text())
    service = json.loads(built.template("service").read_text())
    topic = {name: service["Resources"][name] for name in ("TopicKey", "AlarmTopic")}
    light = {name: service[name] for name in ("AWSTemplateFormatVersion", "Parameters")}
    outputs = {"ApiId": {"Value": "none"}}
    package.template("service").write_text(json.dumps({**light, "Resources": topic, "Outputs": outputs}))
    monkeypatch.setattr(command, "build", lambda **_: package)
    monkeypatch.setattr(smoke, "try_deployed", lambda *_: ())  # there is no API
    return FirstDeployment(emptied(*at_the_baseline, tmp_path), package)


def test_built_templates_are_those_of_which_all_resources_are_tried(built: Package) -> None:
    for part, template in TEMPLATES.items():
        assert json.loads(built.template(part).read_text()) == template
    assert {KINDS[place] for place in resources()} == {*KINDS.values()} >= NOT_IMPORTED


def lines_about(found: set[str], done: Result) -> dict[str, str]:
    """Return the one line about each resource of a refused deployment."""
    lines = [line for line in done.stderr.splitlines() if "retained data: " in line]
    named = {line.partition("retained data: ")[2].split()[0]: line for line in lines}
    assert ({*named}, len(lines)) == (found, len(found))
    return named


@pytest.mark.parametrize(("part", "name"), resources())
def test_resource_that_exists_already_is_named_with_the_command_that_goes_on(
    first: FirstDeployment, part: str, name: str
) -> None:
    account, found = first.stranger.account, first.creates_alone(part, name)
    tables = first.stores_an_item_in_each_table()
    refused = first.deploys()
    assert refused.exit_code == 1
    lines = lines_about(found, refused)
    without_stack = retained.listed(account, TARGET)
    # The emulator creates a secret with an empty value, so it counts as data. No line deletes data.
    holding = {one.kind for one in without_stack if one.holds_data}
    assert holding == {one.kind for one in without_stack} & {TABLE, "AWS::SecretsManager::Secret"}
    for one in without_stack:
        imports, *deletes = commands_in(lines[one.logical_id])
        assert imports == f"{DEPLOY} OPTIONS=--import-retained"
        assert deletes == ([one.delete_command(REGION)] if not holding else [])
        if one.kind in NOT_IMPORTED:
            run_aws(account, one.delete_command(REGION))
    if kept := {one for one in found if KINDS[part, one] not in NOT_IMPORTED}:
        imported = first.follows(imports)
        assert imported.exit_code == 0, imported.output
        assert Stacks(account).resources(stack_name("staging", part)) == kept
    done = first.follows(DEPLOY)
    assert done.exit_code == 0, done.output
    first.is_whole()
    assert [account.client("dynamodb").scan(TableName=one)["Count"] for one in tables] == [1] * len(tables)


@pytest.mark.parametrize(("part", "name"), resources())
def test_creation_that_fails_in_the_middle_is_continued_once_its_cause_is_gone(
    first: FirstDeployment, part: str, name: str
) -> None:
    template = load(part)
    template["Resources"][name]["Properties"]["Cause"] = "{{resolve:ssm:cause}}"  # no such parameter yet
    first.writes(part, template)
    for state in ("CREATE_FAILED", "UPDATE_FAILED"):
        failed = first.deploys()
        assert failed.exit_code == 1
        *_, last = failed.stderr.splitlines()
        assert last.startswith(f"{stack_name('staging', part)}: {state}. {name} ")
        assert commands_in(last) == [DEPLOY]
    checked = first.deploys("--check")
    assert checked.exit_code == 0, checked.output  # nothing is left without its stack
    (line,) = (one for one in checked.output.splitlines() if "stopped at a failure" in one)
    assert commands_in(line) == [DEPLOY]
    first.stranger.account.client("ssm").put_parameter(Name="cause", Value="gone", Type="String")
    done = first.follows(DEPLOY)
    assert done.exit_code == 0, done.output
    first.is_whole()
