"""The end of a deployment or rollback: it is tried, and its addresses are printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

import typer

from infra.deployment import smoke
from infra.deployment.account import AwsAccount
from infra.deployment.findings import DeploymentFinding, Severity
from infra.deployment.preflight import may_deploy
from infra.deployment.rollout import Deployment
from infra.deployment.stacks import Stacks
from infra.ops.operator_console import complain, emit, note

_STYLES = {
    Severity.OK: "green", Severity.WARNING: "yellow", Severity.UNKNOWN: "yellow", Severity.REFUSED: "red",
}  # fmt: skip


def print_findings(found: Iterable[DeploymentFinding]) -> None:
    """Print a line for each finding; what is refused goes to stderr."""
    for finding in found:
        show = complain.print if finding.severity is Severity.REFUSED else note
        show(str(finding), style=_STYLES[finding.severity])


def as_json(found: Iterable[DeploymentFinding]) -> list[dict[str, str]]:
    """The findings for programs."""
    return [asdict(one) for one in found]


def finish(account: AwsAccount, stage: str, done: Deployment, version: str) -> None:
    """Try what was deployed, and print its addresses.

    Raises:
        typer.Exit: status 1; the service does not answer as it should.
    """
    held = Stacks(account).parameters(done.stack)
    found = list(smoke.try_deployed(account, stage, done.api_url, version, held.get("OtherAlarmTopic", "")))
    domain_target, issuer = done.outputs.get("DomainTarget", ""), held.get("Issuer", "")
    if domain_target:
        found.append(smoke.try_domain(issuer, version))
    print_findings(found)
    addresses = {
        "version": version,
        "issuer": issuer,
        "domain_target": domain_target,
        "api_url": done.api_url,
    }
    for name, value in addresses.items():
        if value:
            note(f"{name} {value}")
    emit({**addresses, "findings": as_json(found)})
    if not may_deploy(found):
        raise typer.Exit(1)
