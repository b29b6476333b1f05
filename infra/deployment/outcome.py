"""The end of a deployment or rollback: it is tried, and its addresses are printed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import typer
from rich.console import Console

from infra.deployment import smoke
from infra.deployment.account import AwsAccount
from infra.deployment.findings import DeploymentFinding, Severity
from infra.deployment.preflight import may_deploy
from infra.deployment.rollout import Deployment
from infra.deployment.stacks import Stacks

_STYLES = {
    Severity.OK: "green", Severity.WARNING: "yellow", Severity.UNKNOWN: "yellow", Severity.REFUSED: "red",
}  # fmt: skip


@dataclass(frozen=True)
class Printer:
    """Prints lines for people, or one JSON document on stdout and the lines on stderr."""

    as_json: bool

    @property
    def _console(self) -> Console:
        # Soft wrapping, because programs may read the lines.
        return Console(stderr=self.as_json, soft_wrap=True, markup=False, highlight=False)

    def line(self, text: str) -> None:
        """Print a line of progress."""
        self._console.print(text)

    def findings(self, found: Iterable[DeploymentFinding]) -> None:
        """Print a line for each finding; what is refused goes to stderr."""
        stops = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
        for finding in found:
            console = stops if finding.severity is Severity.REFUSED else self._console
            console.print(str(finding), style=_STYLES[finding.severity])

    def document(self, **members: object) -> None:
        """Print the JSON document, if one is wanted."""
        if self.as_json:
            typer.echo(json.dumps(members, indent=2))


def finish(account: AwsAccount, stage: str, done: Deployment, version: str, printer: Printer) -> None:
    """Try what was deployed, and print its addresses.

    Raises:
        typer.Exit: status 1; the service does not answer as it should.
    """
    held = Stacks(account, lambda _: None).parameters(done.stack)
    found = list(smoke.try_deployed(account, stage, done.api_url, version, held.get("OtherAlarmTopic", "")))
    domain_target, issuer = done.outputs.get("DomainTarget", ""), held.get("Issuer", "")
    if domain_target:
        found.append(smoke.try_domain(issuer, version))
    printer.findings(found)
    addresses = {
        "version": version,
        "issuer": issuer,
        "domain_target": domain_target,
        "api_url": done.api_url,
    }
    for name, value in addresses.items():
        if value:
            printer.line(f"{name} {value}")
    printer.document(**addresses, findings=[one.as_json() for one in found])
    if not may_deploy(found):
        raise typer.Exit(1)
