"""Checks of the app at Stream: it answers, belongs to this stage, and is at the baseline."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.core.periods import DEFAULTS
from infra.deployment import chat_settings
from infra.deployment.account import AwsAccount
from infra.deployment.chat_settings import BaselineNotApplied, StreamNotReached
from infra.deployment.findings import DeploymentFinding, ok, refused, warning
from infra.deployment.target import STREAM_URL, DeploymentTarget
from infra.deployment.vault import MissingSecret
from infra.ops.scheduled import RunFailed

_AGAIN = "Run the command again, or deploy a correction with --ignore-chat-settings."
_CREDENTIALS = "Check stream.api_key, stream.url and RU4M_STREAM_API_SECRET."


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
        chosen = chat_settings.choices(target.periods, target.issuer)
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
