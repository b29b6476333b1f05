"""The preflight of a deployment: what is wrong is found before anything is built or changed.

Each check is a function that yields findings. One that fails with an error that it does not expect, for
example on an emulator without that service, is reported as unknown and never passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from botocore.exceptions import ClientError

from chalicelib.core.settings import Stage
from infra.deployment import setting_keys
from infra.deployment.account import AwsAccount, RegionError
from infra.deployment.findings import DeploymentFinding, Severity, ok, refused
from infra.deployment.preflight import account_checks, notice_checks, stack_checks, stage_checks, text_checks
from infra.deployment.preflight.acceptance import unanswered
from infra.deployment.target import DeploymentTarget
from infra.ops.refusals import DENIED

Check = Callable[[AwsAccount, DeploymentTarget], Iterator[DeploymentFinding]]

_CHECKS: Mapping[str, Check] = {
    "stacks": stack_checks.stacks,
    "retained data": stack_checks.retained_data,
    "indexes": stack_checks.changed_indexes,
    "Python": stage_checks.python,
    "alarms": stage_checks.alarms,
    "accountability": stage_checks.accountability,
    "notices": notice_checks.notices,
    "webhook": stage_checks.webhook,
    "apps": stage_checks.apps,
    "pushes": stage_checks.pushes,
    "certificate": stage_checks.certificate,
    "concurrency": account_checks.concurrency_of_account,
    "request rate": account_checks.request_rate,
    "budget": account_checks.budget,
    "SMS limit": account_checks.sms_limit,
    "SMS sandbox": account_checks.sms_sandbox,
    "SMS routes": text_checks.routes,
    "SMS senders": text_checks.senders,
    "mail": account_checks.mail,
    "mail domain": account_checks.mail_domain,
    "Stream app": stage_checks.app_of_another_stage,
    "Stream": stage_checks.app,
}


def examine(
    region: str, endpoint: str | None, target: DeploymentTarget, environment: Mapping[str, str]
) -> Iterator[DeploymentFinding]:
    """Yield what is found, check by check; without a region and credentials nothing else is asked.

    Args:
        region: where the stage is deployed.
        endpoint: URL of an emulator; None for AWS.
        target: the settings of the stage.
        environment: variables of the command.
    """
    for variable, key in setting_keys.replaced(environment):
        what = f"{variable} is set, which deployments no longer read"
        yield refused("environment", what, f"Put {key} into the settings of the stage, and unset it.")
    if target.stage == Stage.LOCAL and endpoint is None:
        what = "stage local ends restrictions and erasures without waiting"
        yield refused("stage", what, "Name staging or production, or an emulator with --endpoint-url.")
        return
    try:
        account = AwsAccount(region, endpoint)
    except RegionError as error:
        yield refused("region", str(error), "Name a region in the EU with --region (REGION=).")
        return
    yield ok("region", region)
    identity = account_checks.credentials(account)
    yield identity
    if identity.severity is not Severity.OK:
        return
    for name, check in _CHECKS.items():
        yield from _answered(name, check, account, target)


def may_deploy(found: Iterable[DeploymentFinding]) -> bool:
    """Return whether nothing was refused."""
    return all(one.severity is not Severity.REFUSED for one in found)


def _answered(
    name: str, check: Check, account: AwsAccount, target: DeploymentTarget
) -> Iterator[DeploymentFinding]:
    # A release needs to know the settings at Stream (STR-3), and production what `acceptance` lists.
    report = refused if name == "Stream" else partial(unanswered, target)
    try:
        yield from check(account, target)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        remedy = f"Allow {error.operation_name} to your role." if code in DENIED else _LOOK
        yield report(name, f"{error.operation_name} is not answered ({code})", remedy)
    except Exception as error:  # noqa: BLE001 - it is reported, and the other checks go on
        yield report(name, f"not answered ({type(error).__name__})", _LOOK)


_LOOK = "Look at it in the consoles of AWS and Stream."
