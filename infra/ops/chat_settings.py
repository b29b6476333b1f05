"""`python -m infra.ops chat-settings`: the settings of the app at Stream."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from botocore.exceptions import ClientError
from rich.console import Console

from chalicelib.chat.model import AppAccess
from chalicelib.chat_settings import baseline
from chalicelib.chat_settings.changes import changeable
from chalicelib.chat_settings.comparison import of_standing
from chalicelib.chat_settings.model import BaselineChoices, CheckedSetting, SettingStanding
from chalicelib.core import periods
from chalicelib.core.setting_values import https_url
from infra.deployment import chat_settings as settings
from infra.deployment.account import AwsAccount
from infra.deployment.chat_settings import StreamNotReached, in_words
from infra.deployment.vault import MissingSecret
from infra.ops import scheduled
from infra.ops.options import Endpoint, Region, Stage
from infra.ops.scheduled import RunFailed

app = typer.Typer(help="Settings of the app at Stream: the baseline, what differs, and applying it.")
console = Console(soft_wrap=True, markup=False)

DIFFERS, NOT_DONE = 1, 2  # exit statuses

_SECRET, _PERIODS = "RU4M_STREAM_API_SECRET", "RU4M_PERIODS"
StreamKey = Annotated[
    str | None,
    typer.Option(
        "--stream-api-key", help=f"of an app before the first deployment; its secret is in {_SECRET}"
    ),
]
Issuer = Annotated[
    str | None,
    typer.Option(help="the API's public https URL, used with --stream-api-key"),
]
StreamUrl = Annotated[str, typer.Option("--stream-url", help="used with --stream-api-key")]
_STREAM = "https://chat.stream-io-api.com"


@app.command()
def diff(
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
    stream_api_key: StreamKey = None,
    stream_url: StreamUrl = _STREAM,
    issuer: Issuer = None,
) -> None:
    """Show which settings differ from the baseline. Exit status 0: none. 1: some. 2: nothing is known."""
    account = AwsAccount(region, endpoint)
    with _or_not_done():
        access, chosen = _app(account, stage, stream_api_key, stream_url, issuer)
        placement = settings.confirmed_placement(account, stage, access.api_key)
        checked = settings.read(access, chosen, placement)
    _show(checked)
    sys.exit(DIFFERS if of_standing(checked, SettingStanding.DRIFTED) else 0)


@app.command()
def apply(
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
    stream_api_key: StreamKey = None,
    stream_url: StreamUrl = _STREAM,
    issuer: Issuer = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="change the settings without asking")] = False,
) -> None:
    """Set what differs from the baseline. Safe to stop and run again.

    Exit status 0: nothing differs any more. 1: something still differs. 2: Stream did not answer.
    """
    account = AwsAccount(region, endpoint)
    with _or_not_done():
        access, chosen = _app(account, stage, stream_api_key, stream_url, issuer)
        placement = settings.confirmed_placement(account, stage, access.api_key)
        checked = settings.read(access, chosen, placement)
        if changeable(checked):
            _show(checked)
            if not yes:
                typer.confirm(f"Change these settings of app {access.api_key}?", abort=True)
            for one in settings.send(access, checked):
                console.print(f"{'changed' if one.accepted else 'refused by Stream'}: {one.checked.name}")
            checked = settings.read(access, chosen, placement)
    _show(checked)
    sys.exit(DIFFERS if of_standing(checked, SettingStanding.DRIFTED) else 0)


@app.command()
def check(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Run the daily check now, so that its alarm shows the current state."""
    with _or_not_done():
        counts = scheduled.run(AwsAccount(region, endpoint), stage, settings.JOB, {})
    console.print(", ".join(f"{number} {name}" for name, number in counts.items()))


@app.command("confirm-placement")
def confirm_placement(
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask: the dashboard was looked at")] = False,
) -> None:
    """Record where Stream hosts the app, once you have seen in its dashboard that this is in the EU."""
    account = AwsAccount(region, endpoint)
    with _or_not_done():
        access, chosen = settings.deployed_access(account, stage)
        named = {one.setting.name: one.found for one in settings.read(access, chosen, None)}
        placement = named[baseline.PLACEMENT]
        if not placement:
            console.print("Stream does not state where it hosts the app.")
            sys.exit(DIFFERS)
        console.print(f"Stream states {placement}.")
        if not yes:
            typer.confirm("Does its dashboard show a region in the EU for this app?", abort=True)
        settings.confirm_placement(account, stage, str(placement))
    console.print(f"Recorded in the Ledger: {placement}.")


@contextmanager
def _or_not_done() -> Iterator[None]:
    """Print why nothing is known or done, and exit with status 2."""
    try:
        yield
    except (StreamNotReached, MissingSecret, RunFailed, ClientError) as failure:
        console.print(str(failure))
        sys.exit(NOT_DONE)


def _app(
    account: AwsAccount, stage: str, api_key: str | None, url: str, issuer: str | None
) -> tuple[AppAccess, BaselineChoices]:
    """The app that the options name, or that of the stage; periods of the environment come first."""
    configured = os.environ.get(_PERIODS)
    if api_key is None:
        access, chosen = settings.deployed_access(account, stage)
        return access, settings.choices(configured, chosen.issuer) if configured else chosen
    secret = os.environ.get(_SECRET)
    if not secret:
        raise MissingSecret(f"the secret of the app is missing: set {_SECRET}")
    if not issuer:
        raise typer.BadParameter("the API's public URL is missing", param_hint="--issuer")
    chosen = settings.choices(configured or periods.DEFAULTS, https_url(issuer))
    return AppAccess(api_key, secret, url), chosen


def _show(checked: Iterable[CheckedSetting]) -> None:
    """Print what differs and what is unverified, in words."""
    settings_checked = tuple(checked)
    drifted = of_standing(settings_checked, SettingStanding.DRIFTED)
    unverified = of_standing(settings_checked, SettingStanding.UNVERIFIED)
    for one in drifted:
        console.print(f"{one.name}: {_difference(one)}")
    for one in unverified:
        console.print(f"{one.name}: unverified, {_unverified(one)}")
    kept = len(settings_checked) - len(drifted) - len(unverified)
    console.print(f"{kept} settings are as wanted, {len(drifted)} differ, {len(unverified)} are unverified.")


def _difference(one: CheckedSetting) -> str:
    wanted, found = one.setting.wanted, one.found
    if isinstance(wanted, tuple) and isinstance(found, tuple):
        parts = {"too many": sorted({*found} - {*wanted}), "missing": sorted({*wanted} - {*found})}
        return "; ".join(f"{word}: {', '.join(names)}" for word, names in parts.items() if names)
    how = "" if one.setting.change else " (only in Stream's dashboard)"
    return f"wanted {in_words(wanted)}, found {in_words(found)}{how}"


def _unverified(one: CheckedSetting) -> str:
    if one.setting.name == baseline.PLACEMENT and one.found:
        return f"found {in_words(one.found)}; look into Stream's dashboard, then `confirm-placement`"
    return "Stream does not state it"
