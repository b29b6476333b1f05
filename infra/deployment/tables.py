"""The tables that the functions of a stage use: those of the data stack, or restored ones.

After a restore `switch` gives the functions a restored table, by the parameters of the service stack
(ADR 32). The data stack keeps the table that it created. A later deployment keeps the restored one: it takes
the parameters of the service stack in place of the outputs of the data stack. A removal of the service notes
these parameters in the deploy bucket, and the next deployment takes them from there (`releases`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.core.table_names import Table
from infra.deployment import releases
from infra.deployment.account import AwsAccount, existing
from infra.deployment.stacks import Report, Stacks, stack_name
from infra.ops.refused import CommandRefused

# The endings of outputs about tables; the parameters of the service stack have the same names.
_ABOUT_A_TABLE = ("TableName", "TableArn", "StreamArn")


class RecoveryStays(CommandRefused):
    """Recovery could not be switched off, so a deleted table would leave a backup for 35 days."""


class StreamMissing(CommandRefused):
    """A restored table has no stream yet, which functions read."""


def in_use(stacks: Stacks, stage: str, data: Mapping[str, str]) -> dict[str, str]:
    """The outputs of the data stack, with the tables that the service uses or used last in their place."""
    held = stacks.parameters(stack_name(stage, "service")) or releases.noted_tables(stacks.account, stage)
    return {name: held.get(name, own) if name.endswith(_ABOUT_A_TABLE) else own for name, own in data.items()}


def about_tables(parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters that say which tables are used."""
    return {name: value for name, value in parameters.items() if name.endswith(_ABOUT_A_TABLE)}


def names_in_use(stacks: Stacks, stage: str) -> dict[Table, str]:
    """The physical name of each table of a stage."""
    found = in_use(stacks, stage, stacks.outputs(stack_name(stage, "data")))
    return {table: found[f"{table.title()}TableName"] for table in Table}


def described(account: AwsAccount, name: str) -> dict[str, Any] | None:
    """Return what DynamoDB says of a table; None if there is no table with this name."""
    answer = existing(lambda: account.client("dynamodb").describe_table(TableName=name))
    return answer["Table"] if answer else None


def exists(account: AwsAccount, name: str) -> bool:
    """Return whether there is a table with a name, and it is not being deleted."""
    found = described(account, name)
    return found is not None and found["TableStatus"] != "DELETING"


def remove(account: AwsAccount, name: str) -> None:
    """Delete a table so that no backup of it is left: its recovery ends first (ADR 76). May be repeated.

    Raises:
        RecoveryStays: the table can still be recovered; it is not deleted.
    """
    client = account.client("dynamodb")
    if not exists(account, name):
        client.get_waiter("table_not_exists").wait(TableName=name)
        return
    off = {"PointInTimeRecoveryEnabled": False}
    client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=off)
    found = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    if found["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] != "DISABLED":
        raise RecoveryStays(f"recovery of {name} is still on: run the command again in a minute")
    client.update_table(TableName=name, DeletionProtectionEnabled=False)
    client.get_waiter("table_exists").wait(TableName=name)  # ACTIVE again
    client.delete_table(TableName=name)
    client.get_waiter("table_not_exists").wait(TableName=name)


def used_by_functions(account: AwsAccount, stage: str) -> set[str]:
    """The names of the tables in the configuration of the functions of a stage."""
    functions = account.listed("lambda", "list_functions", "Functions")
    own = (one for one in functions if one["FunctionName"].startswith(f"ru4m-{stage}-"))
    variables = (one.get("Environment", {}).get("Variables", {}) for one in own)
    return {value for some in variables for name, value in some.items() if name.startswith("RU4M_TABLE_")}


def switch(account: AwsAccount, stage: str, names: Mapping[Table, str], report: Report) -> None:
    """Give the functions of a stage other tables: names, permissions and the stream.

    Raises:
        StreamMissing: functions read the stream of a table, and the new one has none.
        StackFailed: the service stack was rolled back; the functions use the tables from before.
    """
    changes = {name: after for name, (_, after) in changes_to(account, stage, names).items()}
    Stacks(account, report).reconfigure(stack_name(stage, "service"), changes)


def changes_to(account: AwsAccount, stage: str, names: Mapping[Table, str]) -> dict[str, tuple[str, str]]:
    """The parameters of the service stack that `switch` changes, each with its value before and after.

    Raises:
        StreamMissing: functions read the stream of a table, and the new one has none.
    """
    held = Stacks(account).parameters(stack_name(stage, "service"))
    wanted = dict[str, str]()
    for table, name in names.items():
        found = account.client("dynamodb").describe_table(TableName=name)["Table"]
        wanted |= {f"{table.title()}TableName": name, f"{table.title()}TableArn": found["TableArn"]}
        if f"{table.title()}StreamArn" in held:
            if "LatestStreamArn" not in found:
                raise StreamMissing(f"{name} has no stream yet (docs/restore.md)")
            wanted[f"{table.title()}StreamArn"] = found["LatestStreamArn"]
    return {name: (held.get(name, ""), to) for name, to in wanted.items() if held.get(name) != to}
