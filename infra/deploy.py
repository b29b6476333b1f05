"""`make deploy STAGE=staging REGION=eu-central-1`: deploys a stage, rolls it back, removes it.

    python -m infra.deploy --stage staging                deploy, after the preflight
    python -m infra.deploy --stage staging --check        the preflight only
    python -m infra.deploy --stage staging --import-retained    tables and keys without a stack get theirs
    python -m infra.deploy smoke --stage staging          try the stage as after a deployment; changes nothing
    python -m infra.deploy releases --stage staging       the versions to which a rollback can go
    python -m infra.deploy rollback --stage staging       go back to the version before
    python -m infra.deploy remove --stage staging         delete the service; keys and data stay
    python -m infra.deploy role-policy                    the policies of the role that deploys

Settings are in `stages/<stage>.toml`; options win over them (infra/deployment/settings_file).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.build import BUILD, build
from infra.deployment import releases, retained, role, smoke, spending, texts
from infra.deployment.account import AwsAccount
from infra.deployment.findings import DeploymentFinding, Severity, unknown
from infra.deployment.mail_records import RecordsNotShown, records_of
from infra.deployment.mistakes import DeployerGroup
from infra.deployment.options import account_of, given_settings, overrides, region_of, settings_of
from infra.deployment.preflight import examine, may_deploy
from infra.deployment.releases import ReleaseRecord
from infra.deployment.rollback import roll_back
from infra.deployment.rollout import (
    Deployment,
    api_url,
    deploy,
    lost_messages,
    remove_service,
    service_parameters,
)
from infra.deployment.stacks import Stacks, stack_name
from infra.deployment.target import DeploymentTarget, SettingRefused
from infra.guards.findings import unaccepted
from infra.local.deployed.completion import DROPPED, complete, withdraw
from infra.ops.commands import DeployedStage, command_over
from infra.ops.operator_console import choose_format, complain, emit, note

app = typer.Typer(
    cls=DeployerGroup, add_completion=False, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip

# How a finding is printed.
_STYLES = {
    Severity.OK: "green", Severity.WARNING: "yellow", Severity.UNKNOWN: "yellow", Severity.REFUSED: "red",
}  # fmt: skip

_Stage = Annotated[str, typer.Option(help="staging or production")]
_Region = Annotated[str, typer.Option(help="a region in the EU; default: `region` of the settings")]
_Endpoint = Annotated[str | None, typer.Option(help="URL of an emulator to use instead of AWS")]
_File = Annotated[
    Path | None,
    typer.Option("--settings", exists=True, dir_okay=False, help="default: stages/<stage>.toml"),
]
_Json = Annotated[bool, typer.Option("--json", help="print the result as JSON; progress goes to stderr")]


def _open(
    stage: _Stage, region: _Region = "", settings: _File = None, endpoint_url: _Endpoint = None
) -> DeployedStage:
    return DeployedStage(account_of(stage, region, settings, endpoint_url), stage)


@command_over(given_settings, app.callback(invoke_without_command=True))
def main(  # noqa: PLR0913, PLR0917 - the options of a command
    given: dict[str, Any],
    context: typer.Context,
    stage: _Stage = "",
    region: _Region = "",
    settings: _File = None,
    endpoint_url: _Endpoint = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="a setting for this deployment; once for each"),
    ] = None,
    reserve: Annotated[
        str | None, typer.Option(help="reserved concurrency by function, as signup=50,sessions=100")
    ] = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="only report what the preflight finds")] = False,
    ignore_chat_settings: Annotated[
        bool,
        typer.Option(
            "--ignore-chat-settings", help="settings at Stream do not stop it, to deploy an earlier version"
        ),
    ] = False,
    import_retained: Annotated[
        bool,
        typer.Option("--import-retained", help="only bring what exists without its stack into it"),
    ] = False,
    as_json: _Json = False,
) -> None:
    """Deploy a stage, after a preflight that changes nothing.

    Settings come from stages/STAGE.toml (docs/deploy.md); options win. Stream's API secret comes from
    RU4M_STREAM_API_SECRET, and only the first deployment needs it.
    """
    choose_format(as_json=as_json)
    if context.invoked_subcommand:
        return
    chosen = settings_of(stage, settings, overrides(given, reserve, change or []))
    target = chosen.target(stage, os.environ.get("RU4M_STREAM_API_SECRET"))
    where = region_of(region or chosen.region)
    if import_retained:
        retained.import_all(AwsAccount(where, endpoint_url), target, note)
        return
    examined = examine(where, endpoint_url, target, os.environ)
    found = [_ignored(one) if ignore_chat_settings else one for one in examined]
    if check or not may_deploy(found):
        emit({"findings": _as_json(found), "may_deploy": may_deploy(found)})
    _print_findings(found)
    if not may_deploy(found):
        raise typer.Exit(1)
    if not check:
        _deploy(AwsAccount(where, endpoint_url), target)


@command_over(_open, app.command("smoke"))
def try_stage(deployed: DeployedStage, *, as_json: _Json = False) -> None:
    """Try a deployed stage with the requests that follow a deployment; they write nothing."""
    choose_format(as_json=as_json)
    name, stacks = stack_name(deployed.stage, "service"), Stacks(deployed.account)
    version, outputs = service_parameters(stacks, deployed.stage)["Version"], stacks.outputs(name)
    finish(*deployed, Deployment(api_url(deployed.account, outputs), name, outputs), version)


@command_over(_open, app.command("releases"))
def show_releases(deployed: DeployedStage, *, as_json: _Json = False) -> None:
    """List the versions that the deploy bucket keeps, the newest first."""
    choose_format(as_json=as_json)
    service = stack_name(deployed.stage, "service")
    current = Stacks(deployed.account).parameters(service).get("Version")
    shown = ("version", "deployed_at", "python")
    rows = [
        {name: str(getattr(one, name)) for name in shown} | {"standing": _standing(one, current)}
        for one in releases.listed(*deployed)
    ]
    emit({"releases": rows})
    for row in rows:
        note("  ".join(row.values()))
    if not rows:
        note(f"the deploy bucket keeps no release of stage {deployed.stage}")


@command_over(_open, app.command("rollback"))
def roll_back_stage(
    deployed: DeployedStage,
    version: Annotated[str | None, typer.Option(help="default: the version before the current one")] = None,
    *,
    as_json: _Json = False,
) -> None:
    """Deploy the package before the current one; keys, data and settings stay."""
    choose_format(as_json=as_json)
    _withdraw(*deployed)
    done = roll_back(*deployed, version, note)
    _complete(*deployed)
    note(f"stage {deployed.stage}: {done.replaced} replaced by {done.version}")
    finish(*deployed, done.deployment, done.version)


@command_over(_open, app.command("remove"))
def remove_stage(
    deployed: DeployedStage,
    confirm: Annotated[
        str | None, typer.Option(help="the name of the stage, instead of the question")
    ] = None,
) -> None:
    """Delete the service of a stage: functions, API, jobs, queues, logs. Keys, secrets and data stay."""
    account, stage = deployed
    if messages := lost_messages(account, stage):
        note(f"Messages in its queues now: {messages}.")
    if confirm is None:
        note(
            f"This deletes {stack_name(stage, 'service')} of account {account.number}. Its API stops, and "
            "what waits in its queues is lost. Keys, secrets and data stay. If tables are to go too, two "
            "operators decide that now, with `ops tables propose-removal`: afterwards there is no API."
        )
        confirm = typer.prompt("Type the name of the stage to remove its service", default="")
    if confirm != stage:
        raise SettingRefused(f"nothing was removed: the name that was given is not {stage}.")
    _withdraw(account, stage)
    remove_service(account, stage, note)
    note(f"The service of stage {stage} is removed. `make deploy` finds its data again.")


@app.command("role-policy")
def write_role_policy(*, as_json: _Json = False) -> None:
    """Write the managed policies of the role that deploys to build/, without a call of AWS."""
    choose_format(as_json=as_json)
    made = role.policies(role.templates_of(build()))
    for old in BUILD.glob(f"{role.NAME}-*.json"):
        old.unlink()
    for name, policy in made.items():
        file = BUILD / f"{name}.json"
        file.write_text(json.dumps(policy, indent=1) + "\n")
        note(f"{file}  {role.size(policy):,} of at most {role.LONGEST:,} characters")
    emit({"policies": made})


def _print_findings(found: Iterable[DeploymentFinding]) -> None:
    """Print a line for each finding; what is refused goes to stderr."""
    for finding in found:
        show = complain.print if finding.severity is Severity.REFUSED else note
        show(str(finding), style=_STYLES[finding.severity])


def _as_json(found: Iterable[DeploymentFinding]) -> list[dict[str, str]]:
    """The findings for programs."""
    return [asdict(one) for one in found]


def finish(account: AwsAccount, stage: str, done: Deployment, version: str) -> None:
    """Try what was deployed, and print its addresses and the records of the mail domain.

    Raises:
        typer.Exit: status 1; the service does not answer as it should.
    """
    held = Stacks(account).parameters(done.stack)
    found = list(smoke.try_deployed(account, stage, done.api_url, version, held.get("OtherAlarmTopic", "")))
    domain_target, issuer = done.outputs.get("DomainTarget", ""), held.get("Issuer", "")
    if domain_target:
        found.append(smoke.try_domain(issuer, version))
    try:
        records = records_of(account, held.get("MailDomain", ""))
    except RecordsNotShown as failure:
        records, what = [], f"its records for the DNS are not shown ({failure})"
        found.append(unknown("mail domain", what, "Read them in the console of SES."))
    _print_findings(found)
    for record in records:
        note(f"dns {record}")
    addresses = {
        "version": version,
        "issuer": issuer,
        "domain_target": domain_target,
        "api_url": done.api_url,
    }
    for name, value in addresses.items():
        if value:
            note(f"{name} {value}")
    emit({**addresses, "dns": [asdict(one) for one in records], "findings": _as_json(found)})
    if not may_deploy(found):
        raise typer.Exit(1)


def _ignored(finding: DeploymentFinding) -> DeploymentFinding:
    """A finding about Stream that does not stop a deployment of an earlier version."""
    is_ignored = finding.check in {"Stream", "Stream baseline"} and finding.severity is Severity.REFUSED
    return replace(finding, severity=Severity.WARNING) if is_ignored else finding


def _standing(release: ReleaseRecord, current: str | None) -> str:
    if release.version == current:
        return "current"
    return "rolled back" if release.rolled_back_at else "earlier"


def _deploy(account: AwsAccount, target: DeploymentTarget) -> None:
    package = build(architecture=target.architecture)
    if target.sms_monthly_dollars and not account.endpoint:  # the emulator has no spending limit
        # First, because AWS refuses more than its maximum for this account.
        texts.set_monthly_dollars(account, target.sms_monthly_dollars)
    if target.budget_dollars:
        spending.set_budget(account, target.stage, target.budget_dollars, target.alarms.emails)
    _withdraw(account, target.stage)
    done = deploy(account, package, target, report=note)
    _complete(account, target.stage)
    if not account.endpoint:
        dollars = texts.monthly_dollars(account)
        note(f"SMS spending limit of this account and region: {dollars} US dollars a month")
    finish(account, target.stage, done, package.version)


def _withdraw(account: AwsAccount, stage: str) -> None:
    """Delete on an emulator what `_complete` made beside the stacks."""
    if account.endpoint:
        withdraw(account, stage)


def _complete(account: AwsAccount, stage: str) -> None:
    """Apply on an emulator what its CloudFormation drops, and print what it does not have unexpectedly."""
    if account.endpoint:
        for one in unaccepted(complete(account, stage), DROPPED):
            note(f"the emulator does not have {one.rule} of {one.resource} ({one.kind})")


if __name__ == "__main__":
    app()
