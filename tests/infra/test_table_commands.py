"""Tests `python -m infra.ops tables`: which backups it lists, and how it deletes a table (ADR 76)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from infra.deployment.account import AwsAccount
from infra.ops import __main__ as command
from tests.infra.fakes import REGION

pytestmark = pytest.mark.promise("RGT-3")
MADE = datetime(2026, 11, 30, 8, tzinfo=UTC)
DELETED = "ru4m-staging-keys$DeletedTableBackup"


@pytest.fixture
def account() -> Iterator[AwsAccount]:
    with mock_aws():
        yield AwsAccount(REGION)


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


def test_backups_of_the_stage_are_listed_and_no_others(account: AwsAccount) -> None:
    for name in ("ru4m-staging-accounts", "ru4m-production-accounts"):
        create(account, name)
        account.client("dynamodb").create_backup(TableName=name, BackupName="before")
    done = ops("backups", as_json=True)
    (found,) = json.loads(done.stdout)["backups"]
    assert done.exit_code == 0
    assert (found["table"], found["backup"], found["of keys"]) == ("ru4m-staging-accounts", "before", "no")
    assert found["ends"] == "once it is deleted"


@pytest.mark.usefixtures("account")
def test_backup_of_deleted_keys_is_not_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    class Listing:
        def list_backups(self, **_: str) -> dict[str, Any]:
            shown = {
                "TableName": "ru4m-staging-keys",
                "BackupName": DELETED,
                "BackupArn": "arn",
                "BackupStatus": "AVAILABLE",
                "BackupCreationDateTime": MADE,
                "BackupExpiryDateTime": MADE + timedelta(days=35),
            }
            return {"BackupSummaries": [shown]}

    monkeypatch.setattr(AwsAccount, "client", lambda *_: Listing())
    done = ops("backups", as_json=True)
    (found,) = json.loads(done.stdout)["backups"]
    assert (done.exit_code, found["of keys"], found["ends"]) == (3, "yes", "2027-01-04T08:00:00Z")
