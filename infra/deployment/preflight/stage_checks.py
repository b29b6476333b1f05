"""Checks of the stage: its Python, its settings, and its app at Stream."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator

from chalicelib.core.periods import DEFAULTS
from chalicelib.core.settings import Stage
from infra.deployment import app_links, chat_settings, receivers, vault
from infra.deployment.account import AwsAccount, existing
from infra.deployment.chat_settings import BaselineNotApplied, StreamNotReached
from infra.deployment.findings import DeploymentFinding, ok, refused, warning
from infra.deployment.preflight.acceptance import not_ready
from infra.deployment.receivers import AlarmReceiverRefused
from infra.deployment.stacks import Stacks, stack_name
from infra.deployment.target import STREAM_URL, DeploymentTarget
from infra.deployment.vault import MissingSecret
from infra.ops.scheduled import RunFailed

# The versions of Python that both this project and Lambda run.
_PYTHONS = ((3, 11), (3, 12), (3, 13))
_AGAIN = "Run the command again, or deploy a correction with --ignore-chat-settings."
_CREDENTIALS = "Check stream.api_key, stream.url and RU4M_STREAM_API_SECRET."


def python(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether Lambda runs the Python that packages, and whether the deployed functions have the same."""
    own = ".".join(platform.python_version_tuple()[:2])
    if sys.version_info[:2] not in _PYTHONS:
        yield refused("Python", f"this is Python {own}", "Package with 3.11, 3.12 or 3.13.")
        return
    about = f"ru4m-{target.stage}-about"
    found = existing(lambda: account.client("lambda").get_function_configuration(FunctionName=about))
    deployed = str(found["Runtime"]).removeprefix("python") if found else own
    if deployed != own:
        what = f"this Python is {own}, and the deployed functions have {deployed}"
        yield warning("Python", what, f"Deploy with {deployed}, unless you mean to change it.")
    else:
        yield ok("Python", f"{own} packages and runs the functions")


def alarms(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether an alarm would reach a receiver, and each receiver of the deployed topic has confirmed."""
    try:
        receivers.check(account, target.stage, target.alarms)
    except AlarmReceiverRefused as failure:
        yield refused("alarms", str(failure), "One address is enough.")
        return
    if pending := receivers.unconfirmed(account, target.stage):
        what = f"{pending} receivers have not confirmed their subscriptions, so they get no alarm"
        yield not_ready(target, "alarms", what, "Open the link in the mail of AWS to each.")
        return
    yield ok("alarms", "no receiver needed" if target.stage == receivers.LOCAL else "a receiver is named")


def accountability(_: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether the officer has arranged what the law wants; a stage with real users is refused without it."""
    report = refused if target.stage == Stage.PRODUCTION else warning
    missing = list(target.accountability.missing())
    for key, meaning in missing:
        yield report("accountability", f"{key} is not set: {meaning}", "Set it in the settings of the stage.")
    if not missing:
        yield ok(
            "accountability", "representatives, officer, impact assessment and Serbian clauses are named"
        )


def webhook(_: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether strangers are kept from the webhook, whose throttle is for all senders together."""
    if target.stream_addresses:
        yield ok("webhook", f"AWS WAF admits {target.stream_addresses}")
    elif target.stage == Stage.PRODUCTION:
        what = "waf.stream_addresses is not set: strangers can use up the webhook's rate, and events are lost"
        yield warning("webhook", what, "Set it to the addresses that Stream publishes (docs/deploy.md).")
    else:
        yield ok("webhook", "any address may send")


def apps(_: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether production names the apps that open its links and fill in its codes."""
    missing = list(app_links.missing(target.apps)) if target.stage == Stage.PRODUCTION else []
    for key, harm in missing:
        yield warning(
            "apps", f"{key} is not set: {harm}", "Set it once there is an app (docs/deploy.md, Apps)."
        )
    if not missing:
        yield ok("apps", "texts and documents name what the settings name")


def pushes(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether the vault has credentials at Apple, of an app of the settings, and at Google."""
    api, apps = account.client("secretsmanager"), target.apps.apple_ids
    held = {one: vault.read(api, vault.name_of(target.stage, one)) for one in vault.PROVIDERS}
    missing = [one for one in vault.PROVIDERS if not held[one]]
    for one in missing:
        what = f"the vault has no credentials at {one.title()}, so its phones get no push"
        yield warning("pushes", what, f"Store them with `ops keys push {one}` (docs/operations.md).")
    apple = held["apple"] or {}
    if apple and apps and f"{apple['team_id']}.{apple['topic']}" not in apps:
        what = "the credentials at Apple are of an app that app.apple_ids does not name"
        yield warning("pushes", what, "Correct the setting, or run `ops keys push apple`.")
    elif not missing:
        yield ok("pushes", f"credentials of {apple['topic']} at Apple, and of a project at Google")


def certificate(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether the certificate of the custom domain is issued, in this region, and for this host."""
    if not target.certificate:
        yield ok("certificate", "no custom domain: the API has the address of API Gateway")
        return
    if target.certificate_region() != account.region:
        what = f"the certificate is in {target.certificate_region()}, not in {account.region}"
        yield refused("certificate", what, "Request it in the region of the stage.")
        return
    acm = account.client("acm")
    answer = existing(lambda: acm.describe_certificate(CertificateArn=target.certificate))
    if answer is None:
        what = f"this account has no such certificate in {account.region}"
        yield refused("certificate", what, "Correct domain.certificate_arn (`aws acm list-certificates`).")
        return
    found = answer["Certificate"]
    names = {found["DomainName"], *found.get("SubjectAlternativeNames", ())}
    if found["Status"] != "ISSUED":
        what = f"the certificate is {found['Status']}"
        yield refused("certificate", what, "Validate it by its DNS record (`aws acm describe-certificate`).")
    elif not names & {target.domain, f"*.{target.domain.partition('.')[2]}"}:
        what = f"the certificate is not for {target.domain}, the host of issuer"
        yield refused("certificate", what, "Request one that has this name.")
    else:
        yield ok("certificate", f"issued for {target.domain}")


def app_of_another_stage(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether a stage of this account and region uses the same app at Stream, or this stage another one."""
    others = chat_settings.stacks_with(account, target.stage, target.stream_api_key)
    for name in others:
        what = chat_settings.shared_app(name, target.stream_api_key)
        yield refused("Stream app", what, chat_settings.OWN_APP)
    deployed = Stacks(account).parameters(stack_name(target.stage, "service"))
    if deployed and deployed["StreamApiKey"] != target.stream_api_key:
        what = f"the deployed stage uses app {deployed['StreamApiKey']}, whose users would stay there"
        yield warning("Stream app", what, "Continue only if this key belongs to the same app.")
    if not others:
        yield ok("Stream app", "no other stage of this account and region uses it")


def app(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether the app is reachable, bound to no other stage, and has the settings of the baseline."""
    try:
        access = target.stream_access(account)
        foreign = chat_settings.foreign_owners(account, target.stage, access, target.issuer)
    except MissingSecret as failure:
        yield refused("Stream", "no secret of the app is stored or given", f"{_capital(failure)}.")
        return
    except StreamNotReached as failure:
        yield refused("Stream", str(failure).rstrip("."), _CREDENTIALS)
        return
    yield ok("Stream", f"{target.stream_url} answers for app {target.stream_api_key}")
    if foreign:
        remedy = f"{chat_settings.OWN_APP} {chat_settings.ABANDONED}"
        yield refused("Stream app", chat_settings.foreign_app(foreign), remedy)
        return
    yield from _baseline(account, target)


def _baseline(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    said: list[str] = []
    try:
        placement = chat_settings.confirmed_placement(account, target.stage, target.stream_api_key)
        chosen = chat_settings.choices(target.periods, target.issuer, target.stage)
        chat_settings.preflight(target.stream_access(account), chosen, placement, said.append)
    except BaselineNotApplied as failure:
        yield refused("Stream baseline", str(failure), f"Run `{_apply(account, target)}`.")
        return
    except (StreamNotReached, RunFailed) as failure:
        yield refused("Stream baseline", str(failure).rstrip("."), _AGAIN)
        return
    for line in said:
        yield warning("Stream baseline", line, "See docs/operations.md, Settings at Stream.")
    yield ok("Stream baseline", "no setting differs")


def _apply(account: AwsAccount, target: DeploymentTarget) -> str:
    """The command that applies the baseline to the app of these settings."""
    options = {
        "--stage": target.stage,
        "--region": account.region,
        "--endpoint-url": account.endpoint or "",
        "--stream-api-key": target.stream_api_key,
        "--stream-url": "" if target.stream_url == STREAM_URL else target.stream_url,
        "--issuer": target.issuer,
    }
    periods = "" if target.periods == DEFAULTS else f"RU4M_PERIODS={target.periods} "
    words = " ".join(f"{name} {value}" for name, value in options.items() if value)
    return f"{periods}python -m infra.ops chat-settings apply {words}"


def _capital(failure: Exception) -> str:
    text = str(failure).rstrip(".")
    return text[:1].upper() + text[1:]
