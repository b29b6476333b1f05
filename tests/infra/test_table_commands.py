"""Tests `python -m infra.ops tables`: which backups it lists, and how it deletes a table (ADR 76)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from typer.testing import CliRunner, Result

from chalicelib.core.ids import StaffId, TableRemovalId
from chalicelib.core.table import items
from chalicelib.core.table_names import Table
from infra.deployment import tables
from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Stacks
from infra.ops import __main__ as command
from infra.ops import standing_in
from tests.infra.fakes import REGION, FakeAccount, FakeDynamoDb
from tests.support import patches

pytestmark = pytest.mark.promise("RGT-3")
NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)


def ops(*words: str, as_json: bool = False) -> Result:
    options = ["--json"] if as_json else []
    return CliRunner().invoke(
        command.app, [*options, "tables", *words, "--stage", "staging", "--region", REGION]
    )


def create(account: AwsAccount, name: str) -> None:
    """Create a table that can be recovered and is protected, as those of the template."""
    client = account.client("dynamodb")
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
    )
    recovery = {"PointInTimeRecoveryEnabled": True}
    client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)


def test_backups_of_the_stage_are_listed_and_no_others(
    account: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stacks, "parameters", lambda *_: {})  # no service
    for name in ("ru4m-staging-accounts", "ru4m-production-accounts"):
        create(account, name)
        account.client("dynamodb").create_backup(TableName=name, BackupName="before")
    done = ops("backups", as_json=True)
    (found,) = json.loads(done.stdout)["backups"]
    assert done.exit_code == 0
    assert (found["table"], found["backup"], found["of keys"]) == ("ru4m-staging-accounts", "before", "no")
    assert found["left"] == "no"
    assert found["ends"] == "until it is deleted"


def a_backup(table: str, *, days: int, ends: bool = False) -> dict[str, Any]:
    """Return a backup as ListBackups shows it; one that ends is of a deleted table."""
    shown = {
        "TableName": f"ru4m-staging-{table}",
        "BackupName": f"{table}$DeletedTableBackup" if ends else "before",
        "BackupArn": "arn",
        "BackupStatus": "AVAILABLE",
        "BackupCreationDateTime": NOW - timedelta(days=days),
    }
    return shown | ({"BackupExpiryDateTime": NOW + timedelta(days=35 - days)} if ends else {})


def list_backups(*backups: dict[str, Any]) -> None:
    """Let DynamoDB list these backups, in an account without stacks."""
    account = FakeAccount(REGION, dynamodb=FakeDynamoDb(backups=backups))
    patches.current().setattr(AwsAccount, "client", lambda _, service: account.client(service))


@pytest.mark.parametrize(
    ("backup", "left", "status"),
    [
        (a_backup("keys", days=0, ends=True), "yes", 3),
        (a_backup("keys", days=6), "no", 0),
        (a_backup("keys", days=8), "yes", 3),
        (a_backup("accounts", days=0, ends=True), "yes", 0),
        (a_backup("accounts", days=34), "no", 0),
        (a_backup("accounts", days=36), "yes", 0),
        (a_backup("copy", days=8), "yes", 3),  # nothing shows that it has no keys
    ],
)
def test_backup_is_left_and_not_in_order_by_the_rule_of_the_alarms(
    backup: dict[str, Any], left: str, status: int
) -> None:
    list_backups(backup)
    with time_machine.travel(NOW, tick=False):
        done = ops("backups", as_json=True)
    (found,) = json.loads(done.stdout)["backups"]
    assert (done.exit_code, found["left"]) == (status, left)


def test_backups_are_kept_as_long_as_the_deployed_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    list_backups(a_backup("keys", days=39), a_backup("accounts", days=99))
    held = {"Figures": "limit_blocks_day=50,backups_keys_days=40,backups_other_days=100"}
    monkeypatch.setattr(Stacks, "parameters", lambda _, name: held if name == "ru4m-staging-service" else {})
    with time_machine.travel(NOW, tick=False):
        done = ops("backups", as_json=True)
        assert [one["left"] for one in json.loads(done.stdout)["backups"]] == ["no", "no"]
    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        later = ops("backups", as_json=True)
    assert (done.exit_code, later.exit_code) == (0, 3)


RIGHTS = "ru4m-staging-rights-restored"
KEYS = "ru4m-staging-keys"


@pytest.fixture
def stage(account: AwsAccount, monkeypatch: pytest.MonkeyPatch) -> AwsAccount:
    """A stage that uses a restored table of requests; its tables of keys and accounts are not used."""
    for name in (KEYS, "ru4m-staging-accounts-restored"):
        create(account, name)
    account.client("dynamodb").create_table(
        TableName=RIGHTS,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    monkeypatch.setattr(standing_in, "table_names", lambda *_: {Table.RIGHTS: RIGHTS})
    monkeypatch.setattr(tables, "used_by_functions", lambda *_: {RIGHTS})
    return account


def names(account: AwsAccount) -> set[str]:
    return set(account.client("dynamodb").list_tables()["TableNames"])


def a_removal(account: AwsAccount, table: str = KEYS, approved_ago: timedelta | None = timedelta()) -> str:
    """Store a removal as the service does; return its id."""
    removal_id, now = TableRemovalId.new(), datetime.now(UTC)
    item = {
        "pk": f"T#{removal_id}",
        "sk": "removal",
        "kind": "table_removal",
        "removal_id": removal_id,
        "version": 1,
        "table_name": table,
        "reason": "replaced",
        "proposed_by": StaffId.new(),
        "proposed_at": now.isoformat(),
    }
    if approved_ago is not None:
        item |= {"approved_by": StaffId.new(), "approved_at": (now - approved_ago).isoformat()}
    wire = {name: items.wire(value) for name, value in item.items()}
    account.client("dynamodb").put_item(TableName=RIGHTS, Item=wire)
    return removal_id


def test_recovery_is_off_before_a_table_is_deleted(
    stage: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = stage.client("dynamodb")
    at_deletion: list[str] = []

    def see(**_: object) -> None:
        found = client.describe_continuous_backups(TableName=KEYS)["ContinuousBackupsDescription"]
        at_deletion.append(found["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"])

    client.meta.events.register("before-call.dynamodb.DeleteTable", see)
    monkeypatch.setattr(AwsAccount, "client", lambda *_: client)
    done = ops("remove", KEYS, "--removal", a_removal(stage), "--yes")
    assert (done.exit_code, at_deletion) == (0, ["DISABLED"])
    assert names(stage) == {RIGHTS, "ru4m-staging-accounts-restored"}


def test_table_that_stays_recoverable_is_not_deleted(
    stage: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = stage.client("dynamodb")
    monkeypatch.setattr(client, "update_continuous_backups", lambda **_: None)
    monkeypatch.setattr(AwsAccount, "client", lambda *_: client)
    done = ops("remove", KEYS, "--removal", a_removal(stage), "--yes")
    assert (done.exit_code, KEYS in names(stage)) == (1, True)
    assert "recovery of ru4m-staging-keys is still on" in done.output


@pytest.mark.parametrize("approval", ["none", "pending", "old", "of another table", "unknown"])
def test_table_of_the_stage_is_refused_without_a_valid_approval(stage: AwsAccount, approval: str) -> None:
    removal = {
        "none": lambda: None,
        "pending": lambda: a_removal(stage, approved_ago=None),
        "old": lambda: a_removal(stage, approved_ago=timedelta(days=7, seconds=2)),
        "of another table": lambda: a_removal(stage, "ru4m-staging-rights"),
        "unknown": TableRemovalId.new,
    }[approval]()
    done = ops("remove", KEYS, *(["--removal", str(removal)] if removal else []), "--yes")
    assert (done.exit_code, KEYS in names(stage)) == (1, True)
    assert "two operators have to approve" in done.output


def test_restored_copy_needs_no_second_operator(stage: AwsAccount) -> None:
    done = ops("remove", "ru4m-staging-accounts-restored", "--yes")
    assert (done.exit_code, names(stage)) == (0, {RIGHTS, KEYS})


def test_restored_table_of_a_stage_without_a_service_needs_two_operators(
    stage: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "used_by_functions", lambda *_: set())
    done = ops("remove", RIGHTS, "--yes")
    assert (done.exit_code, RIGHTS in names(stage)) == (1, True)
    assert "two operators have to approve" in done.output


def test_command_that_was_killed_after_the_deletion_lists_the_backups(stage: AwsAccount) -> None:
    stage.client("dynamodb").create_backup(TableName=KEYS, BackupName="before")
    tables.remove(stage, KEYS)
    done = ops("remove", KEYS, "--yes", as_json=True)
    assert (done.exit_code, len(json.loads(done.stdout)["backups"])) == (3, 1)


@pytest.mark.parametrize(
    ("name", "why"), [(RIGHTS, "functions use"), ("ru4m-production-keys", "no table of stage staging")]
)
def test_used_and_foreign_tables_are_refused(stage: AwsAccount, name: str, why: str) -> None:
    done = ops("remove", name, "--removal", a_removal(stage, name), "--yes")
    assert (done.exit_code, why in done.output) == (1, True)
    assert RIGHTS in names(stage)


def test_backups_that_are_left_are_listed(stage: AwsAccount) -> None:
    stage.client("dynamodb").create_backup(TableName=KEYS, BackupName="before")
    preview = ops("remove", KEYS, "--removal", a_removal(stage), "--dry-run")
    assert (preview.exit_code, KEYS in names(stage)) == (0, True)
    done = ops("remove", KEYS, "--removal", a_removal(stage), "--yes", as_json=True)
    assert (done.exit_code, KEYS in names(stage)) == (3, False)
    assert len(json.loads(done.stdout)["backups"]) == 1
