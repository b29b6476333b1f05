"""Runs the service's code in a command, with the settings of a deployed function."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

from chalicelib.core.table import Table
from infra.deployment import tables
from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Stacks


def table_names(account: AwsAccount, stage: str) -> dict[Table, str]:
    """Return the physical name of each table of a stage, as its functions use them."""
    return tables.names_in_use(Stacks(account), stage)


def act_as_signup(account: AwsAccount, stage: str) -> None:
    """Adopt the settings of a stage's signup function, which has the keys, and all table names."""
    names = {f"RU4M_TABLE_{table.upper()}": name for table, name in table_names(account, stage).items()}
    act_as(account, stage, "signup", names)


def act_as(
    account: AwsAccount, stage: str, function: str, more: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Adopt the settings of a function; the permissions stay those of the operator.

    Changes this process's environment and clears all caches that depend on it, so it is meant for commands,
    which end afterwards.
    """
    name = f"ru4m-{stage}-{function}"
    found = account.client("lambda").get_function_configuration(FunctionName=name)
    os.environ.update(found["Environment"]["Variables"], AWS_REGION=account.region, **more)
    os.environ.pop("RU4M_FUNCTION", None)
    if account.endpoint:
        os.environ["AWS_ENDPOINT_URL"] = account.endpoint
    if account.access_key and account.secret_key:
        os.environ.update(AWS_ACCESS_KEY_ID=account.access_key, AWS_SECRET_ACCESS_KEY=account.secret_key)

    from chalicelib.core import aws, keyring
    from chalicelib.core.settings import settings

    settings.cache_clear()
    keyring.forget_stage_keys()
    keyring.forget()
    aws.client.cache_clear()
