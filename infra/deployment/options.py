"""Options of the commands of a deployment, and the settings that they change.

Each setting has one way on the command line: its own option, or `--set KEY=VALUE` if it has none.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from chalicelib.core.settings import BudgetMode, ErasureExtent, Stage
from infra.deployment import settings_file
from infra.deployment.account import AwsAccount
from infra.deployment.settings_file import StageSettings
from infra.deployment.target import SettingRefused

# Settings with an option, by their keys: what it reads, and its help.
_READS: Mapping[str, tuple[Any, str]] = {
    "stream.api_key": (str, "API key of the Stream application"),
    "stream.url": (str, "URL of Stream's API"),
    "stream.erasure": (ErasureExtent, "whether conversations of two are deleted at Stream"),
    "contact_email": (str, "address at which users reach the controller"),
    "company_number": (str, "company number of the controller in Serbia, which the imprint shows"),
    "tax_number": (str, "tax number of the controller in Serbia, which the imprint shows"),
    "issuer": (str, "the API's public https URL: issuer of tokens, base of links"),
    "mail_from": (str, "sender address of mail; its domain must belong to this stage only"),
    "waf.requests_per_address": (int, "limit per client address and five minutes; 0: no AWS WAF"),
    "sms.monthly_dollars": (int, "monthly SMS spending limit of the whole account"),
    "sms.countries": (str, "countries whose numbers get codes, as RS,DE,AT"),
    "sms.budgets": (BudgetMode, "whether budgets of unverified codes are enforced"),
    "alarms.emails": (list[str], "address that gets the alarms; once for each"),
    "alarms.topic": (str, "ARN of a further topic that alarms notify"),
}
_ELSEWHERE = ("region", "reserve")  # settings whose options the command declares itself
_NAMES = {"alarms.emails": "--alarm-email", "alarms.topic": "--alarm-topic"}


def _name_of(key: str) -> str:
    """The option of a setting; most are named as its key."""
    return _NAMES.get(key) or f"--{re.sub('[._]', '-', key)}"


def given_settings(**options: Any) -> dict[str, Any]:  # noqa: ANN401 - of different types
    """The settings that options of their own change, by their keys."""
    return {key: value for key in _READS if (value := options[key.replace(".", "_")]) not in (None, [])}


given_settings.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [
        inspect.Parameter(
            key.replace(".", "_"),
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[kind | None, typer.Option(_name_of(key), help=text)],
        )
        for key, (kind, text) in _READS.items()
    ]
)


def overrides(options: Mapping[str, Any], reserve: str | None, assignments: list[str]) -> dict[str, Any]:
    """The settings that the command line changes, by their keys.

    Args:
        options: the settings with an option that was used.
        reserve: reservations, as `signup=50,sessions=100`; they replace those of the file.
        assignments: settings without an option, as `KEY=VALUE`.

    Raises:
        SettingRefused: an assignment is malformed, its setting has an option of its own, or a function is
            reserved twice.
    """
    given = dict(options)
    if isinstance(listed := given.get("sms.countries"), str):
        given["sms.countries"] = listed.split(",")
    if reserve is not None:
        pairs = [one.partition("=") for one in filter(None, reserve.split(","))]
        given["reserve"] = {name: number for name, _, number in pairs}
        if len(given["reserve"]) < len(pairs):
            raise SettingRefused("--reserve is refused: it names a function twice.")
    for key, value in settings_file.parse(assignments):
        if option := _option_of(key):
            raise SettingRefused(f"--set {key} is refused: use {option}.")
        given[key] = value
    return given


def _option_of(key: str) -> str | None:
    """The option of a setting, of the table that it is in, or of the first setting of a table."""
    keys = sorted({*_READS, *_ELSEWHERE})
    of_key = (one for one in (key, key.partition(".")[0]) if one in keys)
    in_table = (one for one in keys if one.startswith(f"{key}."))
    return next(map(_name_of, (*of_key, *in_table)), None)


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
