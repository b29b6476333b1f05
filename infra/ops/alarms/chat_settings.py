"""`python -m infra.ops chat-settings`: the settings of the app at Stream."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Annotated, NamedTuple, NoReturn

import typer

from chalicelib.core import periods
from chalicelib.core.setting_values import https_url
from chalicelib.stream.model import AppAccess
from chalicelib.stream.settings import baseline
from chalicelib.stream.settings.app import changeable
from chalicelib.stream.settings.baseline import of_standing
from chalicelib.stream.settings.model import BaselineChoices, CheckedSetting, SettingStanding
from infra.deployment import chat_settings as settings
from infra.deployment.chat_settings import in_words
from infra.deployment.target import STREAM_URL
from infra.deployment.vault import MissingSecret
from infra.ops import scheduled
from infra.ops.commands import DeployedStage, command_over, open_stage, stage_command
from infra.ops.operator_console import confirm_unless, emit, note
from infra.ops.options import DryRun, Endpoint, Region, Stage, Yes
from infra.ops.refused import NOT_IN_ORDER

app = typer.Typer(
    name="chat-settings", help="Settings of the app at Stream: the baseline, what differs, and applying it."
)

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


class ChosenApp(NamedTuple):
    """An app at Stream, and what its stage chooses in the baseline."""

    deployed: DeployedStage
    access: AppAccess
    chosen: BaselineChoices

    def compare(self) -> tuple[CheckedSetting, ...]:
        """Compare the settings of the app with the baseline.

        Raises:
            StreamNotReached: nothing is known.
        """
        placement = settings.confirmed_placement(*self.deployed, self.access.api_key)
        return settings.read(self.access, self.chosen, placement)


def _choose_app(
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
    stream_api_key: StreamKey = None,
    stream_url: StreamUrl = STREAM_URL,
    issuer: Issuer = None,
) -> ChosenApp:
    """The app that the options name, or that of the stage; periods of the environment come first."""
    deployed, configured = open_stage(stage, region, endpoint), os.environ.get(_PERIODS)
    if stream_api_key is None:
        access, chosen = settings.deployed_access(*deployed)
        chosen = settings.choices(configured, chosen.issuer, stage) if configured else chosen
        return ChosenApp(deployed, access, chosen)
    secret = os.environ.get(_SECRET)
    if not secret:
        raise MissingSecret(f"the secret of the app is missing: set {_SECRET}")
    if not issuer:
        raise typer.BadParameter("the API's public URL is missing", param_hint="--issuer")
    chosen = settings.choices(configured or periods.DEFAULTS, https_url(issuer), stage)
    return ChosenApp(deployed, AppAccess(stream_api_key, secret, stream_url), chosen)


@command_over(_choose_app, app.command())
def diff(its: ChosenApp) -> None:
    """Show which settings differ from the baseline. Exit status 3: some do. 1: nothing is known."""
    _end_with(its.compare())


@command_over(_choose_app, app.command())
def apply(its: ChosenApp, *, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Set what differs from the baseline. Safe to stop and run again.

    Exit status 0: nothing differs any more. 3: something still differs. 1: Stream did not answer, or
    the app belongs to another stage.
    """
    settings.check_owner(*its.deployed, its.access, its.chosen.issuer)
    checked = its.compare()
    if dry_run:
        for one in changeable(checked):
            note(f"would change: {one.name}")
    elif changeable(checked):
        for line in _lines(checked):
            note(line)
        confirm_unless(yes, f"Change these settings of app {its.access.api_key}?")
        for sent in settings.send(its.access, checked):
            note(f"{'changed' if sent.accepted else 'refused by Stream'}: {sent.checked.name}")
        checked = its.compare()
    _end_with(checked)


@stage_command(app)
def check(deployed: DeployedStage) -> None:
    """Run the daily check now, so that its alarm shows the current state."""
    counts = scheduled.run(*deployed, settings.JOB, {})
    emit(counts, ", ".join(f"{number} {name}" for name, number in counts.items()))


@stage_command(app, "confirm-placement")
def confirm_placement(deployed: DeployedStage, *, yes: Yes = False) -> None:
    """Record where Stream hosts the app, once you have seen in its dashboard that this is in the EU.

    Exit status 3: Stream does not state it.
    """
    access, chosen = settings.deployed_access(*deployed)
    named = {one.setting.name: one.found for one in settings.read(access, chosen, None)}
    placement = named[baseline.PLACEMENT]
    if not placement:
        emit({"placement": None}, "Stream does not state where it hosts the app.")
        sys.exit(NOT_IN_ORDER)
    note(f"Stream states {placement}.")
    confirm_unless(yes, "Does its dashboard show a region in the EU for this app?")
    settings.confirm_placement(*deployed, str(placement))
    emit({"placement": placement}, f"Recorded in the Ledger: {placement}.")


def _end_with(checked: Iterable[CheckedSetting]) -> NoReturn:
    """Print what differs and what is unverified, and end with the exit status of that."""
    found = tuple(checked)
    drifted = of_standing(found, SettingStanding.DRIFTED)
    unverified = of_standing(found, SettingStanding.UNVERIFIED)
    emit(
        {
            "differ": {one.name: _difference(one) for one in drifted},
            "unverified": {one.name: _unverified(one) for one in unverified},
            "as_wanted": len(found) - len(drifted) - len(unverified),
        },
        *_lines(found),
    )
    sys.exit(NOT_IN_ORDER if drifted else 0)


def _lines(checked: Iterable[CheckedSetting]) -> Iterator[str]:
    """Yield what differs and what is unverified, in words."""
    found = tuple(checked)
    drifted = of_standing(found, SettingStanding.DRIFTED)
    unverified = of_standing(found, SettingStanding.UNVERIFIED)
    yield from (f"{one.name}: {_difference(one)}" for one in drifted)
    yield from (f"{one.name}: unverified, {_unverified(one)}" for one in unverified)
    kept = len(found) - len(drifted) - len(unverified)
    yield f"{kept} settings are as wanted, {len(drifted)} differ, {len(unverified)} are unverified."


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
