"""What production must not have, unless its settings accept it with a reason.

A table `[accept]` gives the reason by the name of the check, such as `sms_sandbox` for `SMS sandbox`. The
finding then is a warning that shows the reason.
"""

from __future__ import annotations

from chalicelib.core.settings import Stage
from infra.deployment import setting_keys
from infra.deployment.findings import DeploymentFinding, refused, unknown, warning
from infra.deployment.target import DeploymentTarget


def not_ready(target: DeploymentTarget, check: str, text: str, remedy: str) -> DeploymentFinding:
    """A finding that stops a deployment of production; a warning on other stages, or where it is accepted."""
    if target.stage != Stage.PRODUCTION:
        return warning(check, text, remedy)
    key = _key_of(check)
    if reason := target.accepted.get(key):
        return warning(check, f"{text}; accepted: {reason}", remedy)
    return refused(check, text, f"{remedy} To deploy in spite of it, give the reason in accept.{key}.")


def unanswered(target: DeploymentTarget, check: str, text: str, remedy: str) -> DeploymentFinding:
    """A check without an answer: production is not ready if one of the checks above has none."""
    if target.stage == Stage.PRODUCTION and _key_of(check) in setting_keys.ACCEPTABLE:
        return not_ready(target, check, text, remedy)
    return unknown(check, text, remedy)


def _key_of(check: str) -> str:
    return check.lower().replace(" ", "_")
