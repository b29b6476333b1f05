"""What a check before or after a deployment finds: one line each, with its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a finding means for the deployment."""

    OK = "ok"
    WARNING = "warning"
    UNKNOWN = "unknown"  # AWS or an emulator gave no answer, so nothing shows whether it is right
    REFUSED = "refused"  # nothing is deployed


@dataclass(frozen=True)
class DeploymentFinding:
    """A finding of one check.

    Attributes:
        check: what was checked, in a word or two.
        text: what was found, without a full stop.
        remedy: what to do about it, as a sentence; empty if it is right.
    """

    check: str
    severity: Severity
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        """One line for people."""
        text = " ".join(f"{self.text}. {self.remedy}".split()) if self.remedy else self.text
        return f"{self.severity:<8} {self.check}: {text}"


def ok(check: str, text: str) -> DeploymentFinding:
    """A finding that is right."""
    return DeploymentFinding(check, Severity.OK, text)


def warning(check: str, text: str, remedy: str) -> DeploymentFinding:
    """A finding that does not stop a deployment."""
    return DeploymentFinding(check, Severity.WARNING, text, remedy)


def unknown(check: str, text: str, remedy: str) -> DeploymentFinding:
    """A question that got no answer."""
    return DeploymentFinding(check, Severity.UNKNOWN, text, remedy)


def refused(check: str, text: str, remedy: str) -> DeploymentFinding:
    """A finding that stops a deployment."""
    return DeploymentFinding(check, Severity.REFUSED, text, remedy)
