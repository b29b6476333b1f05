"""`ops replay-erasures` refuses tables that functions use, and tables that are not what they are named as."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chalicelib.core import aws
from chalicelib.core.table_names import Table
from infra.deployment import tables
from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Stacks
from infra.deployment.tables import StreamMissing
from infra.ops import __main__ as command
from infra.ops import commands
from tests.infra.fakes import REGION, FakeCloudFormation
from tests.support.cases.restores import complete
from tests.support.clouds import cloud, environment
from tests.support.world.ledger import create_archive
from tests.support.world.world import World

DATA = {f"{name.title()}TableName": f"ru4m-test-{name}" for name in Table}
OWN = {"FunctionName": "ru4m-staging-signup", "Environment": {"Variables": environment.variables()}}
OTHER = {
    "FunctionName": "ru4m-production-signup",
    "Environment": {"Variables": {"RU4M_TABLE_ACCOUNTS": "ru4m-test-accounts-restored"}},
}


class FakeFunctions:
    """An AWS Lambda that knows the functions of two stages."""

    def get_paginator(self, _: str) -> FakeFunctions:
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"Functions": [OWN]}, {"Functions": [OTHER, {"FunctionName": "ru4m-staging-bare"}]}]

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        assert FunctionName == "ru4m-staging-erase_accounts"
        return {"Environment": {"Variables": dict(os.environ)}}


@dataclass(frozen=True)
class StageAccount(AwsAccount):
    """A stage whose tables are those of the test."""

    formation: FakeCloudFormation = field(
        default_factory=lambda: FakeCloudFormation(
            status={"ru4m-staging-data": "UPDATE_COMPLETE"}, outputs=lambda _: DATA
        )
    )

    def client(self, service: str) -> Any:
        known = {"cloudformation": self.formation, "lambda": FakeFunctions()}
        return known.get(service) or aws.client(service)


@pytest.fixture(autouse=True)
def stage(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())  # the command changes it
    monkeypatch.setattr(commands, "AwsAccount", StageAccount)
    create_archive()


def restored(table: Table) -> str:
    """Restore a table into a new one without its settings, and return its name."""
    client, name = aws.client("dynamodb"), f"ru4m-test-{table}-restored"
    made = client.create_backup(TableName=f"ru4m-test-{table}", BackupName=f"of-{table}")
    client.restore_table_from_backup(TargetTableName=name, BackupArn=made["BackupDetails"]["BackupArn"])
    return name


def complete_tables(*tables: Table) -> list[str]:
    """Restore tables with their settings; return the options that name them."""
    options: list[str] = []
    for table in tables:
        name = restored(table)
        complete(aws.client("dynamodb"), name, table)
        options += ["--restored", f"{table}={name}"]
    return options


def run(*words: str, at: str = "2026-11-24T12:00:00Z") -> Result:
    place = ("--at", at, "--stage", "staging", "--region", REGION)
    return CliRunner().invoke(command.app, ["replay-erasures", *words, *place, "--yes"])


@pytest.mark.promise("SEC-1")
def test_restored_tables_are_replayed(world: World) -> None:
    mila = world.a_user()
    done = run(*complete_tables(Table.ACCOUNTS, Table.CLAIMS))
    assert done.exit_code == 0, done.output
    assert "owners: nothing to change" in done.output
    assert "sessions: 1 ended" in done.output
    assert done.output.endswith("survivors 0\n")
    assert mila.phone not in done.output


@pytest.mark.promise("SEC-1")
def test_table_that_a_function_uses_is_refused_unless_it_is_named() -> None:
    word = "rights=ru4m-test-rights"
    complete(aws.client("dynamodb"), "ru4m-test-rights", Table.RIGHTS)
    refused = run("--restored", word)
    assert (refused.exit_code, "--in-use ru4m-test-rights" in refused.output) == (1, True)
    assert run("--restored", word, "--in-use", "ru4m-test-rights").exit_code == 0


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("accounts",), 2),
        (("people=x",), 2),
        (("accounts=x", "accounts=y"), 2),
        (("accounts=x",), 2),
        (("rights=ru4m-test-nothing",), 1),
    ],
    ids=["no name", "unknown", "twice", "alone", "missing"],
)
def test_unknown_or_missing_table_is_refused(words: tuple[str, ...], status: int) -> None:
    done = run(*(option for word in words for option in ("--restored", word)))
    assert (done.exit_code, done.output.startswith("refused: ")) == (status, True)


def test_table_with_the_keys_of_another_is_refused() -> None:
    done = run("--restored", f"rights={restored(Table.BILLING)}")
    assert (done.exit_code, "has not the keys and indexes" in done.output) == (1, True)


def test_replay_and_switch_change_nothing_without_a_confirmation(world: World) -> None:
    world.a_user()
    place = ["--stage", "staging", "--region", REGION]
    tables = complete_tables(Table.ACCOUNTS, Table.CLAIMS)
    replay = ["replay-erasures", *tables, "--at", "2026-11-24T12:00:00Z"]
    done = CliRunner().invoke(command.app, [*replay, *place], input="n\n")
    assert (done.exit_code, "--yes skips the question" in done.output) == (1, True)
    assert "sessions" not in done.output


@pytest.mark.parametrize("at", ["yesterday", "2026-11-24T12:00:00"])
def test_instant_without_an_offset_is_refused(at: str) -> None:
    done = run("--restored", "rights=x", at=at)
    assert (done.exit_code, f"--at {at}" in done.output) == (2, True)


# --- the switch


@dataclass
class SwitchedService(FakeCloudFormation):
    """Stacks of which the service has parameters."""

    held: dict[str, str] = field(default_factory=dict)

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        found = super().describe_stacks(StackName)
        pairs = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.held.items()]
        found["Stacks"][0]["Parameters"] = pairs if StackName.endswith("-service") else []
        return found


def stacks(**held: str) -> tuple[StageAccount, Stacks]:
    status = {"ru4m-staging-data": "CREATE_COMPLETE", "ru4m-staging-service": "CREATE_COMPLETE"}
    account = StageAccount(
        REGION, formation=SwitchedService(status=status, outputs=lambda _: DATA, held=held)
    )
    return account, Stacks(account, lambda _: None)


@pytest.mark.promise("SEC-1")
def test_deployment_keeps_the_tables_that_were_switched() -> None:
    _, found = stacks(AccountsTableName="ru4m-test-accounts-restored", Version="7")
    used = tables.in_use(found, "staging", DATA | {"Version": "8"})
    assert used["AccountsTableName"] == "ru4m-test-accounts-restored"
    assert (used["ClaimsTableName"], used["Version"]) == ("ru4m-test-claims", "8")
    assert tables.names_in_use(found, "staging")[Table.ACCOUNTS] == "ru4m-test-accounts-restored"


def test_switch_changes_name_arn_and_stream_together() -> None:
    account, _ = stacks(AccountsTableName="old", AccountsStreamArn="old")
    tables.switch(account, "staging", {Table.ACCOUNTS: "ru4m-test-accounts"}, lambda _: None)
    asked = account.formation.asked[-1]["Parameters"]
    changed = {one["ParameterKey"] for one in asked if "ParameterValue" in one}
    assert changed == {"AccountsTableName", "AccountsTableArn", "AccountsStreamArn"}


@pytest.mark.parametrize(("word", "calls"), [("--dry-run", 0), ("--yes", 1)])
def test_dry_run_of_a_switch_shows_the_parameters_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, word: str, calls: int
) -> None:
    account, _ = stacks(AccountsTableName="old", AccountsStreamArn="old")
    monkeypatch.setattr(commands, "AwsAccount", lambda *_: account)
    restored = ["--restored", "accounts=ru4m-test-accounts", "--restored", "claims=ru4m-test-claims"]
    words = ["--stage", "staging", "--region", REGION, word]
    done = CliRunner().invoke(command.app, ["switch-tables", *restored, *words])
    assert done.exit_code == 0, done.output
    assert "AccountsTableName: old -> ru4m-test-accounts" in done.output
    assert len(account.formation.asked) == calls


def test_switch_to_a_table_without_a_stream_is_refused() -> None:
    account, _ = stacks(AccountsTableName="old", AccountsStreamArn="old")
    with pytest.raises(StreamMissing):
        tables.switch(account, "staging", {Table.ACCOUNTS: restored(Table.ACCOUNTS)}, lambda _: None)
    assert account.formation.asked == []
    assert cloud.all_items() == []
