"""Runs the guards, and compares what they find with the accepted exceptions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.environments import environment

STACKS = ("vault", "data", "service")
EXCEPTIONS = Path(__file__).with_name("exceptions.toml")
_REQUIREMENTS = Path(__file__).with_name("requirements.txt")


class GuardFailed(RuntimeError):
    """A guard did not run to its end; the text is the end of what it printed."""


@dataclass(frozen=True, order=True)
class Finding:
    """What a check found.

    Attributes:
        kind: the guard, or of a comparison with a template the type of the resource.
        rule: of the guard, or the path of the property.
        resource: empty if it is no single one.
        text: the rule in words.
    """

    kind: str
    rule: str
    resource: str
    text: str = ""


@dataclass(frozen=True)
class AcceptedRule:
    """A rule whose findings are accepted, and why. `only`: the resources; empty: all."""

    kind: str
    rule: str
    reason: str
    only: tuple[str, ...] = ()

    def covers(self, finding: Finding) -> bool:
        """Return whether a finding is accepted."""
        same_rule = (self.kind, self.rule) == (finding.kind, finding.rule)
        return same_rule and (not self.only or finding.resource in self.only)


def accepted_rules(path: Path = EXCEPTIONS) -> tuple[AcceptedRule, ...]:
    """Read the exceptions.

    Raises:
        KeyError, TypeError: an entry has no rule or no reason, or another field.
    """
    listed: Mapping[str, list[dict[str, Any]]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        AcceptedRule(kind, **{**entry, "only": tuple(entry.get("only", ()))})
        for kind, entries in listed.items()
        for entry in entries
    )


def unaccepted(findings: Iterable[Finding], rules: Iterable[AcceptedRule]) -> list[Finding]:
    """Return the findings that no exception covers."""
    known = tuple(rules)
    return sorted(one for one in findings if not any(rule.covers(one) for rule in known))


def unused(findings: Iterable[Finding], rules: Iterable[AcceptedRule]) -> list[str]:
    """Return the exceptions, or the resources in them, that find nothing any more."""
    found = tuple(findings)
    left: list[str] = []
    for rule in rules:
        covered = {one.resource for one in found if rule.covers(one)}
        name = f"{rule.kind} {rule.rule}"
        left += [f"{name} {resource}" for resource in rule.only if resource not in covered]
        if not covered and not rule.only:
            left.append(name)
    return left


def lint(templates: Iterable[Path]) -> list[Finding]:
    """Run cfn-lint with the serverless rules.

    Raises:
        GuardFailed: it printed no result.
    """
    program = str(Path(sys.executable).with_name("cfn-lint"))
    rules = ("--format", "json", "--append-rules", "cfn_lint_serverless.rules", "--")
    matches = parsed(run([program, *rules, *map(str, templates)]))
    return [
        Finding("cfn-lint", one["Rule"]["Id"], _resource_of(one["Location"]["Path"]), one["Message"])
        for one in matches
    ]


def _resource_of(path: Iterable[object] | None) -> str:
    """Return the resource that a path in the template names."""
    parts = [str(part) for part in path or ()]
    return parts[1] if parts[:1] == ["Resources"] and len(parts) > 1 else ""


def scan(templates: Iterable[Path]) -> list[Finding]:
    """Run checkov's rules for CloudFormation, without network.

    Raises:
        GuardFailed: it printed no result, or could not read a template.
    """
    program = str(environment("guards", _REQUIREMENTS) / "bin" / "checkov")
    options = ["--framework", "cloudformation", "--skip-download", "--compact", "--quiet", "--output", "json"]
    files = [part for path in templates for part in ("--file", str(path))]
    reports = parsed(run([program, *options, *files]))
    found: list[Finding] = []
    for report in reports if isinstance(reports, list) else [reports]:
        if report["summary"]["parsing_errors"]:
            raise GuardFailed("checkov could not read a template")
        found += [
            Finding("checkov", one["check_id"], one["resource"].rpartition(".")[2], one["check_name"])
            for one in report["results"]["failed_checks"]
        ]
    return found


def run(command: list[str]) -> str:
    """Return what a guard prints; its exit status only says whether it found something.

    Raises:
        GuardFailed: it printed nothing.
    """
    region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), "eu-central-1")
    kept = {"PATH": os.defpath, "HOME": str(Path.home()), **region}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=kept)
    if not done.stdout.strip():
        raise GuardFailed(done.stderr[-2000:])
    return done.stdout


def parsed(text: str) -> Any:  # noqa: ANN401 - what the guards print
    """Parse what a guard prints.

    Raises:
        GuardFailed: it is no JSON.
    """
    try:
        return json.loads(text)
    except ValueError:
        raise GuardFailed(text[-2000:]) from None
