"""`make deploy STAGE=staging REGION=eu-central-1`: deploys a stage, rolls it back, removes it.

    python -m infra.deploy --stage staging                deploy, after the preflight
    python -m infra.deploy --stage staging --check        the preflight only
    python -m infra.deploy releases --stage staging       the versions to which a rollback can go
    python -m infra.deploy rollback --stage staging       go back to the version before
    python -m infra.deploy remove --stage staging         delete the service; keys and data stay

Settings are in `stages/<stage>.toml`; options win over them (infra/deployment/settings_file).
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from chalicelib.core.settings import BudgetMode, ErasureExtent
from infra.build import build
from infra.deployment import releases, texts
from infra.deployment.account import AwsAccount
from infra.deployment.findings import DeploymentFinding, Severity
from infra.deployment.mistakes import DeployerGroup
from infra.deployment.options import account_of, overrides, region_of, settings_of
from infra.deployment.outcome import Printer, finish
from infra.deployment.preflight import examine, may_deploy
from infra.deployment.releases import ReleaseRecord
from infra.deployment.removal import lost_messages, remove_service
from infra.deployment.rollback import roll_back
from infra.deployment.rollout import deploy
from infra.deployment.stacks import Stacks, stack_name
from infra.deployment.target import DeploymentTarget, SettingRefused
from infra.guards.findings import unaccepted
from infra.local.deployed.completion import DROPPED, complete, withdraw

app = typer.Typer(
    cls=DeployerGroup, add_completion=False, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip

_Stage = Annotated[str, typer.Option(help="staging or production")]
_Region = Annotated[str, typer.Option(help="a region in the EU; default: `region` of the settings")]
_Endpoint = Annotated[str | None, typer.Option(help="URL of an emulator to use instead of AWS")]
_File = Annotated[
    Path | None,
    typer.Option("--settings", exists=True, dir_okay=False, help="default: stages/<stage>.toml"),
]
_Json = Annotated[bool, typer.Option("--json", help="print the result as JSON; progress goes to stderr")]


@app.callback(invoke_without_command=True)
def main(  # noqa: PLR0913, PLR0917 - the options of a command
    context: typer.Context,
    stage: _Stage = "",
    region: _Region = "",
    settings: _File = None,
    endpoint_url: _Endpoint = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="a setting for this deployment; once for each"),
    ] = None,
    stream_api_key: Annotated[str | None, typer.Option(help="API key of the Stream application")] = None,
    stream_url: Annotated[str | None, typer.Option(help="URL of Stream's API")] = None,
    stream_erasure: Annotated[
        ErasureExtent | None, typer.Option(help="whether conversations of two are deleted at Stream")
    ] = None,
    contact_email: Annotated[
        str | None, typer.Option(help="address at which users reach the controller")
    ] = None,
    issuer: Annotated[
        str | None, typer.Option(help="the API's public https URL: issuer of tokens, base of links")
    ] = None,
    mail_from: Annotated[
        str | None, typer.Option(help="sender address of mail; its domain must belong to this stage only")
    ] = None,
    waf_requests_per_address: Annotated[
        int | None, typer.Option(help="limit per client address and five minutes; 0: no AWS WAF")
    ] = None,
    reserve: Annotated[
        str | None, typer.Option(help="reserved concurrency by function, as signup=50,sessions=100")
    ] = None,
    sms_monthly_dollars: Annotated[
        int | None, typer.Option(help="monthly SMS spending limit of the whole account")
    ] = None,
    sms_countries: Annotated[
        str | None, typer.Option(help="countries whose numbers get codes, as RS,DE,AT")
    ] = None,
    sms_budgets: Annotated[
        BudgetMode | None, typer.Option(help="whether budgets of unverified codes are enforced")
    ] = None,
    alarm_email: Annotated[
        list[str] | None, typer.Option(help="address that gets the alarms; once for each")
    ] = None,
    alarm_topic: Annotated[str | None, typer.Option(help="ARN of a further topic that alarms notify")] = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="only report what the preflight finds")] = False,
    ignore_chat_settings: Annotated[
        bool,
        typer.Option(
            "--ignore-chat-settings", help="settings at Stream do not stop it, to deploy an earlier version"
        ),
    ] = False,
    as_json: _Json = False,
) -> None:
    """Deploy a stage, after a preflight that changes nothing.

    Settings come from stages/STAGE.toml (docs/deploy.md); options win. Stream's API secret comes from
    RU4M_STREAM_API_SECRET, and only the first deployment needs it.
    """
    if context.invoked_subcommand:
        return
    options = {
        "alarms.emails": alarm_email or None,
        "alarms.topic": alarm_topic,
        "contact_email": contact_email,
        "issuer": issuer,
        "mail_from": mail_from,
        "sms.budgets": sms_budgets,
        "sms.countries": sms_countries,
        "sms.monthly_dollars": sms_monthly_dollars,
        "stream.api_key": stream_api_key,
        "stream.erasure": stream_erasure,
        "stream.url": stream_url,
        "waf.requests_per_address": waf_requests_per_address,
    }
    chosen = settings_of(stage, settings, overrides(options, reserve, change or []))
    target, where = (
        chosen.target(stage, os.environ.get("RU4M_STREAM_API_SECRET")),
        region_of(region or chosen.region),
    )
    examined = examine(where, endpoint_url, target, os.environ)
    found = [_ignored(one) if ignore_chat_settings else one for one in examined]
    printer = Printer(as_json)
    if check or not may_deploy(found):
        printer.document(findings=[one.as_json() for one in found], may_deploy=may_deploy(found))
    printer.findings(found)
    if not may_deploy(found):
        raise typer.Exit(1)
    if not check:
        _deploy(AwsAccount(where, endpoint_url), target, printer)


@app.command("releases")
def show_releases(
    stage: _Stage, region: _Region = "", settings: _File = None, endpoint_url: _Endpoint = None,
    *, as_json: _Json = False,
) -> None:  # fmt: skip
    """List the versions that the deploy bucket keeps, the newest first."""
    account, printer = account_of(stage, region, settings, endpoint_url), Printer(as_json)
    current = Stacks(account, lambda _: None).parameters(stack_name(stage, "service")).get("Version")
    rows = [
        {
            "version": one.version,
            "deployed_at": one.deployed_at,
            "python": one.python,
            "standing": _standing(one, current),
        }
        for one in releases.listed(account, stage)
    ]
    printer.document(releases=rows)
    for row in rows:
        printer.line("  ".join(row.values()))
    if not rows:
        printer.line(f"the deploy bucket keeps no release of stage {stage}")


@app.command("rollback")
def roll_back_stage(
    stage: _Stage,
    region: _Region = "",
    settings: _File = None,
    endpoint_url: _Endpoint = None,
    version: Annotated[str | None, typer.Option(help="default: the version before the current one")] = None,
    *,
    as_json: _Json = False,
) -> None:
    """Deploy the package before the current one; keys, data and settings stay."""
    account, printer = account_of(stage, region, settings, endpoint_url), Printer(as_json)
    _withdraw(account, stage)
    done = roll_back(account, stage, version, printer.line)
    _complete(account, stage, printer)
    printer.line(f"stage {stage}: {done.replaced} replaced by {done.version}")
    finish(account, stage, done.deployment, done.version, printer)


@app.command("remove")
def remove_stage(
    stage: _Stage,
    region: _Region = "",
    settings: _File = None,
    endpoint_url: _Endpoint = None,
    confirm: Annotated[
        str | None, typer.Option(help="the name of the stage, instead of the question")
    ] = None,
) -> None:
    """Delete the service of a stage: functions, API, jobs, queues, logs. Keys, secrets and data stay."""
    account = account_of(stage, region, settings, endpoint_url)
    console = Console(soft_wrap=True, markup=False, highlight=False)
    if messages := lost_messages(account, stage):
        console.print(f"Messages in its queues now: {messages}.")
    if confirm is None:
        console.print(
            f"This deletes {stack_name(stage, 'service')} of account {account.number}. Its API stops, and "
            "what waits in its queues is lost. Keys, secrets and data stay."
        )
        confirm = typer.prompt("Type the name of the stage to remove its service", default="")
    if confirm != stage:
        raise SettingRefused(f"nothing was removed: the name that was given is not {stage}.")
    _withdraw(account, stage)
    remove_service(account, stage, console.print)
    console.print(f"The service of stage {stage} is removed. `make deploy` finds its data again.")


def _ignored(finding: DeploymentFinding) -> DeploymentFinding:
    """A finding about Stream that does not stop a deployment of an earlier version."""
    is_ignored = finding.check in {"Stream", "Stream baseline"} and finding.severity is Severity.REFUSED
    return replace(finding, severity=Severity.WARNING) if is_ignored else finding


def _standing(release: ReleaseRecord, current: str | None) -> str:
    if release.version == current:
        return "current"
    return "rolled back" if release.rolled_back_at else "earlier"


def _deploy(account: AwsAccount, target: DeploymentTarget, printer: Printer) -> None:
    package = build(architecture=target.architecture)
    if target.sms_monthly_dollars and not account.endpoint:  # the emulator has no spending limit
        # First, because AWS refuses more than its maximum for this account.
        texts.set_monthly_dollars(account, target.sms_monthly_dollars)
    _withdraw(account, target.stage)
    done = deploy(account, package, target, report=printer.line)
    _complete(account, target.stage, printer)
    if not account.endpoint:
        dollars = texts.monthly_dollars(account)
        printer.line(f"SMS spending limit of this account and region: {dollars} US dollars a month")
    finish(account, target.stage, done, package.version, printer)


def _withdraw(account: AwsAccount, stage: str) -> None:
    """Delete on an emulator what `_complete` made beside the stacks."""
    if account.endpoint:
        withdraw(account, stage)


def _complete(account: AwsAccount, stage: str, printer: Printer) -> None:
    """Apply on an emulator what its CloudFormation drops, and print what it does not have unexpectedly."""
    if account.endpoint:
        for one in unaccepted(complete(account, stage), DROPPED):
            printer.line(f"the emulator does not have {one.rule} of {one.resource} ({one.kind})")


if __name__ == "__main__":
    app()
