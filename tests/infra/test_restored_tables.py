"""Which restored tables the commands accept: those that belong together, with all their settings (ADR 66)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.core.table_names import Table
from infra.deployment import tables
from infra.deployment.account import AwsAccount
from infra.ops.data.restores import RestoredTableRefused, RestoredTables, RestoreMalformed
from infra.template import load
from tests.infra.fakes import REGION, FakeAccount
from tests.support.cases.restores import complete

SETTINGS = ("TTL on delete_at", "point-in-time recovery", "deletion protection", "its stream")
_AS_CREATED = ("TableName", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")


def create(account: AwsAccount, table: Table, without: str = "") -> None:
    """Create a restored table with all settings but one."""
    client, name = account.client("dynamodb"), f"{table}-restored"
    wanted: dict[str, Any] = load("data")["Resources"][f"{table.title()}Table"]["Properties"] | {
        "TableName": name
    }
    client.create_table(**{key: wanted[key] for key in _AS_CREATED if key in wanted})
    complete(client, name, table, without)


def restored(*tables: Table) -> RestoredTables:
    return RestoredTables.parse([f"{table}={table}-restored" for table in tables], ())


@pytest.mark.promise("ACC-1")
@pytest.mark.parametrize(
    "tables",
    [
        (Table.ACCOUNTS,),
        (Table.CLAIMS,),
        (Table.KEYS,),
        (Table.KEYS, Table.ACCOUNTS),
        (Table.KEYS, Table.CLAIMS, Table.RIGHTS),
    ],
    ids="_".join,
)
def test_tables_that_belong_together_are_refused_alone(tables: tuple[Table, ...]) -> None:
    with pytest.raises(RestoreMalformed, match="is restored only together with"):
        restored(*tables)


def test_tables_that_need_no_other_are_accepted_alone() -> None:
    for table in (Table.RIGHTS, Table.BILLING, Table.HELD, Table.LEDGER):
        assert restored(table).names.keys() == {table}


def test_restored_tables_with_all_settings_are_accepted(account: AwsAccount) -> None:
    for table in (Table.ACCOUNTS, Table.CLAIMS):
        create(account, table)
    restored(Table.ACCOUNTS, Table.CLAIMS).check(account, "staging")


@pytest.mark.promise("RET-1")
@pytest.mark.parametrize("lacking", [*SETTINGS, "another TTL", "another view"])
def test_restored_table_that_lacks_a_setting_is_refused(account: AwsAccount, lacking: str) -> None:
    create(account, Table.ACCOUNTS, without=lacking)
    create(account, Table.CLAIMS)
    named = {"another TTL": "TTL on delete_at", "another view": "its stream"}.get(lacking, lacking)
    with pytest.raises(RestoredTableRefused, match=f"accounts-restored lacks {named}"):
        restored(Table.ACCOUNTS, Table.CLAIMS).check(account, "staging")


@pytest.mark.promise("RGT-3")
def test_restored_keys_with_longer_backups_than_a_week_are_refused(account: AwsAccount) -> None:
    for table in (Table.ACCOUNTS, Table.CLAIMS, Table.KEYS):
        create(account, table)
    with pytest.raises(RestoredTableRefused, match="keys-restored lacks a recovery period of 7 days"):
        restored(Table.ACCOUNTS, Table.CLAIMS, Table.KEYS).check(account, "staging")


def test_tables_in_the_configuration_of_all_functions_of_the_stage_are_used() -> None:
    def a_function(name: str, **variables: str) -> dict[str, Any]:
        return {"FunctionName": name, "Environment": {"Variables": variables}}

    pages = [
        [a_function("ru4m-staging-signup", RU4M_TABLE_KEYS="keys", RU4M_EXPORT_BUCKET="exports")],
        [
            {"FunctionName": "ru4m-staging-without-variables"},
            a_function("ru4m-production-signup", RU4M_TABLE_KEYS="of another stage"),
            a_function("ru4m-staging-rights", RU4M_TABLE_KEYS="keys", RU4M_TABLE_RIGHTS="restored"),
        ],
    ]
    listing = SimpleNamespace(paginate=lambda: [{"Functions": page} for page in pages])
    functions = SimpleNamespace(get_paginator={"list_functions": listing}.__getitem__)
    assert tables.used_by_functions(FakeAccount(REGION, functions=functions), "staging") == {
        "keys",
        "restored",
    }
