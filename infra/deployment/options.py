"""Options of the commands of a deployment, and the settings that they change.

Each setting has one way on the command line: its own option, or `--set KEY=VALUE` if it has none.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chalicelib.core.settings import Stage
from infra.deployment import settings_file
from infra.deployment.account import AwsAccount
from infra.deployment.settings_file import StageSettings
from infra.deployment.target import SettingRefused

_OPTION_OF = {
    "alarms.emails": "--alarm-email",
    "alarms.topic": "--alarm-topic",
    "contact_email": "--contact-email",
    "issuer": "--issuer",
    "mail_from": "--mail-from",
    "region": "--region",
    "reserve": "--reserve",
    "sms.budgets": "--sms-budgets",
    "sms.countries": "--sms-countries",
    "sms.monthly_dollars": "--sms-monthly-dollars",
    "stream.api_key": "--stream-api-key",
    "stream.erasure": "--stream-erasure",
    "stream.url": "--stream-url",
    "waf.requests_per_address": "--waf-requests-per-address",
}


def overrides(options: Mapping[str, Any], reserve: str | None, assignments: list[str]) -> dict[str, Any]:
    """The settings that the command line changes, by their keys.

    Args:
        options: the values of options by the keys of their settings; None for those that were not used.
        reserve: reservations, as `signup=50,sessions=100`; they replace those of the file.
        assignments: settings without an option, as `KEY=VALUE`.

    Raises:
        SettingRefused: an assignment is malformed, or its setting has an option of its own.
    """
    given = {key: value for key, value in options.items() if value is not None}
    if isinstance(listed := given.get("sms.countries"), str):
        given["sms.countries"] = listed.split(",")
    if reserve is not None:
        pairs = (one.partition("=") for one in filter(None, reserve.split(",")))
        given["reserve"] = {name: number for name, _, number in pairs}
    for key, value in settings_file.parse(assignments):
        if option := _option_of(key):
            raise SettingRefused(f"--set {key} is refused: use {option}.")
        given[key] = value
    return given


def _option_of(key: str) -> str | None:
    """The option of a setting, of the table that it is in, or of the first setting of a table."""
    in_table = (option for name, option in _OPTION_OF.items() if name.startswith(f"{key}."))
    return _OPTION_OF.get(key) or _OPTION_OF.get(key.partition(".")[0]) or next(in_table, None)


def settings_of(stage: str, named: Path | None, given: Mapping[str, Any]) -> StageSettings:
    """The settings of a stage, from the named file or its own, and from the command line.

    Raises:
        SettingRefused: there is no such stage, or a setting is unknown, missing or not accepted.
    """
    _check_stage(stage)
    return settings_file.load(named or settings_file.file_of(stage), given)


def account_of(stage: str, region: str, named: Path | None, endpoint: str | None) -> AwsAccount:
    """The account of a command that needs no setting but the region.

    Raises:
        SettingRefused: there is no such stage, or no region is named.
        RegionError: the region is outside the EU.
    """
    _check_stage(stage)
    return AwsAccount(
        region_of(region or settings_file.region_in(named or settings_file.file_of(stage))), endpoint
    )


def region_of(named: str) -> str:
    """The region that an option or the settings name, or else that of the environment.

    Raises:
        SettingRefused: there is none.
    """
    found = named or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not found:
        raise SettingRefused("no region is named: use --region (REGION=), or `region` in the settings.")
    return found


def _check_stage(stage: str) -> None:
    if stage not in set(Stage):
        near = next((one for one in Stage if stage and one.startswith(stage[:4])), None)
        hint = f" Do you mean {near}?" if near else " Name it with --stage (STAGE=)."
        raise SettingRefused(f"stage {stage!r} is refused: it has to be {', '.join(Stage)}.{hint}")
