"""The settings of the app at Stream, as commands of operators and deployments check and apply them.

The code is that of `check_chat_settings`. It needs no deployed function, because the baseline is applied
before the first deployment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from botocore.exceptions import ClientError

from chalicelib.consents.notices import versions
from chalicelib.consents.notices.model import Notice, NoticeKind
from chalicelib.core import clock, periods
from chalicelib.core.durations import Duration
from chalicelib.privacy.purposes import Practice
from chalicelib.stream.model import AppAccess, CredentialsRefused, StreamRefused, StreamUnavailable
from chalicelib.stream.settings import app, baseline
from chalicelib.stream.settings.app import AppliedSetting, StreamApp
from chalicelib.stream.settings.model import BaselineChoices, CheckedSetting, SettingStanding, SettingValue
from infra.deployment import vault
from infra.deployment.account import AwsAccount, existing
from infra.deployment.stacks import Stacks, stack_name
from infra.deployment.vault import MissingSecret
from infra.ops import scheduled
from infra.ops.refused import CommandRefused

JOB = "check_chat_settings"
OWN_APP = "Create an app for this stage: stages share no users."
ABANDONED = "If that stage is gone, delete its webhook in Stream's dashboard."


class BaselineNotApplied(RuntimeError):
    """Settings of the app at Stream differ from the baseline; the text names them."""


class AppOfAnotherStage(CommandRefused):
    """The app at Stream belongs to another stage; the text says what shows it, and what to do."""


class StreamNotReached(CommandRefused):
    """Stream gave no answer, limits the calls, or refuses the credentials. It says nothing about settings."""


def choices(configured: str, issuer: str, stage: str) -> BaselineChoices:
    """What a deployment chooses in the baseline.

    Args:
        configured: its periods, as RU4M_PERIODS has them.
        issuer: the https address of its API.
        stage: its name; the policy in effect differs on the local cloud.
    """
    policy = _policy(stage)
    kept = min(periods.read(configured)["chat_messages"], policy.messages_kept)
    return BaselineChoices(kept, issuer, Practice.NOTIFYING in policy.practices)


def read(access: AppAccess, chosen: BaselineChoices, placement: str | None) -> tuple[CheckedSetting, ...]:
    """Compare the settings of an app with the baseline.

    Args:
        access: the app.
        chosen: what the deployment chooses.
        placement: where Stream hosts the app, as an operator confirmed it; None if no operator did.

    Raises:
        StreamNotReached: nothing is known.
    """
    try:
        return baseline.compare(StreamApp(access).read(chosen), chosen, placement)
    except (StreamUnavailable, StreamRefused) as failure:
        raise not_reached(failure) from None


def apply_baseline(access: AppAccess, chosen: BaselineChoices) -> list[AppliedSetting]:
    """Read the settings, and send what differs.

    Raises:
        StreamNotReached: Stream did not answer all calls; run it again.
    """
    return list(send(access, read(access, chosen, None)))


def send(access: AppAccess, checked: Iterable[CheckedSetting]) -> Iterator[AppliedSetting]:
    """Send what differs; yield each setting once Stream has answered.

    Raises:
        StreamNotReached: Stream did not answer all calls; run it again.
    """
    try:
        yield from app.apply(StreamApp(access), checked)
    except (StreamUnavailable, StreamRefused) as failure:
        raise not_reached(failure) from None


def preflight(
    access: AppAccess, chosen: BaselineChoices, placement: str | None, report: Callable[[str], object]
) -> None:
    """Refuse a release while the baseline is not applied.

    Raises:
        BaselineNotApplied: a setting differs.
        StreamNotReached: nothing is known.
    """
    for warning in _shorter_soon(chosen.messages_kept):
        report(warning)
    checked = read(access, chosen, placement)
    for one in baseline.of_standing(checked, SettingStanding.UNVERIFIED):
        report(f"{one.name}: unverified")
    if drifted := baseline.of_standing(checked, SettingStanding.DRIFTED):
        names = "; ".join(one.name for one in drifted)
        raise BaselineNotApplied(
            f"{len(drifted)} settings of the app at Stream differ from the baseline. Compare them with "
            f"`ops chat-settings diff`, and set them with `ops chat-settings apply`: {names}"
        )


def report_standing(account: AwsAccount, stage: str, report: Callable[[str], object]) -> None:
    """Report how the settings at Stream stand with a deployed stage; nothing of it stops a rollback.

    For example, the deployed version answers in another form, which may be why it is rolled back.
    """
    try:
        access, chosen = deployed_access(account, stage)
        preflight(access, chosen, confirmed_placement(account, stage, access.api_key), report)
    except (BaselineNotApplied, StreamNotReached, scheduled.RunFailed, MissingSecret, ClientError) as failure:
        report(f"not stopped, because it is a rollback: {failure}")
    except Exception as failure:  # noqa: BLE001 - reported: nothing stops a rollback
        report(f"not stopped, because it is a rollback: {type(failure).__name__}")


def owners(access: AppAccess) -> tuple[str, ...]:
    """The addresses of the APIs like ours to which an app sends its events; none for a new app.

    Raises:
        StreamNotReached: nothing is known.
    """
    try:
        return StreamApp(access).webhook_owners()
    except (StreamUnavailable, StreamRefused) as failure:
        raise not_reached(failure) from None


def stacks_with(account: AwsAccount, stage: str, api_key: str) -> list[str]:
    """The service stacks of other stages of this account and region that use an app."""
    used, own = Stacks(account).parameter_of_all("StreamApiKey"), stack_name(stage, "service")
    return [name for name, key in used.items() if key == api_key and name != own]


def foreign_owners(account: AwsAccount, stage: str, access: AppAccess, issuer: str) -> str:
    """The APIs of other stages that get an app's events; an earlier address of this stage is its own.

    Raises:
        StreamNotReached: nothing is known.
    """
    deployed = Stacks(account).parameters(stack_name(stage, "service"))
    own = {issuer.rstrip("/"), deployed.get("Issuer", "").rstrip("/")}
    return ", ".join(one for one in owners(access) if one not in own)


def check_owner(account: AwsAccount, stage: str, access: AppAccess, issuer: str) -> None:
    """Refuse to change an app of another stage, as the preflight refuses to deploy with it.

    Raises:
        AppOfAnotherStage: another stage uses it, or gets its events.
        StreamNotReached: nothing is known.
    """
    if names := stacks_with(account, stage, access.api_key):
        raise AppOfAnotherStage(f"{shared_app(names[0], access.api_key)}. {OWN_APP}")
    if foreign := foreign_owners(account, stage, access, issuer):
        raise AppOfAnotherStage(f"{foreign_app(foreign)}. {OWN_APP} {ABANDONED}")


def shared_app(stack: str, api_key: str) -> str:
    """What is wrong with an app that the stack of another stage uses."""
    return f"{stack} uses app {api_key} too"


def foreign_app(owner: str) -> str:
    """What is wrong with an app that sends its events to another API like ours."""
    return f"the app sends its events to {owner}, so it belongs to another stage"


def deployed_access(account: AwsAccount, stage: str) -> tuple[AppAccess, BaselineChoices]:
    """The app of a deployed stage, and what the deployment chooses in the baseline.

    Raises:
        ClientError: the stage is not deployed, or the operator may not read its configuration or secret.
        MissingSecret: the vault has no secret of Stream.
    """
    found = account.client("lambda").get_function_configuration(FunctionName=f"ru4m-{stage}-chat")
    has = found["Environment"]["Variables"]
    secret = vault.stored(account.client("secretsmanager"), has["RU4M_SECRET_STREAM"])["secret"]
    access = AppAccess(has["RU4M_STREAM_API_KEY"], secret, has["RU4M_STREAM_URL"])
    return access, choices(has.get("RU4M_PERIODS", periods.DEFAULTS), has["RU4M_ISSUER"], stage)


def stored_secret(account: AwsAccount, stage: str) -> str:
    """Stream's secret in the vault of a stage.

    Raises:
        MissingSecret: the stage has no vault, or the vault has no secret of Stream.
    """
    name = stack_name(stage, "vault")
    stacks = Stacks(account)
    if not stacks.parameters(name):
        raise MissingSecret("the first deployment needs Stream's API secret: set RU4M_STREAM_API_SECRET")
    arn = stacks.outputs(name)["StreamSecretArn"]
    return str(vault.stored(account.client("secretsmanager"), arn)["secret"])


def confirmed_placement(account: AwsAccount, stage: str, api_key: str) -> str | None:
    """The placement of an app that an operator confirmed; None before that, or before the first deployment.

    Raises:
        RunFailed: the function failed.
        ClientError: the operator may not call the function.
    """
    recorded = existing(lambda: scheduled.run(account, stage, JOB, {"show_placement": True}))
    return recorded["placement"] or None if recorded and recorded["app"] == api_key else None


def confirm_placement(account: AwsAccount, stage: str, placement: str) -> None:
    """Record that an operator saw where Stream hosts the app.

    Raises:
        RunFailed: Stream states another placement by now, or does not answer.
    """
    scheduled.run(account, stage, JOB, {"confirm_placement": placement})


def in_words(value: SettingValue | None) -> str:
    """A value as people read it."""
    match value:
        case None:
            return "not stated"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(value) or "nothing"
        case _:
            return str(value)


def not_reached(failure: Exception) -> StreamNotReached:
    """The error for people, of a failed call at Stream."""
    if isinstance(failure, CredentialsRefused):
        return StreamNotReached("Stream refuses the key or the secret.")
    if isinstance(failure, StreamRefused):
        return StreamNotReached("Stream refuses to show the settings of the app.")
    return StreamNotReached("Stream does not answer, or limits the calls. Run the command again in a minute.")


def check_period_of_messages(configured: Mapping[str, Duration], stage: str) -> None:
    """Refuse a period of messages that is longer than the privacy policy in effect names (STR-11).

    Raises:
        ValueError: the text names both lengths.
    """
    policy, kept = _policy(stage), configured["chat_messages"]
    if kept > policy.messages_kept:
        raise ValueError(
            f"chat_messages is {kept}, and {policy.version} lets messages stay at Stream for "
            f"{policy.messages_kept}"
        )


def _policy(stage: str) -> Notice:
    return versions.in_effect(NoticeKind.PRIVACY, clock.now(), versions.of_stage(stage))


def _shorter_soon(kept: Duration) -> Iterator[str]:
    """Yield a warning for each version that will shorten the period of messages."""
    for notice in versions.committed():
        is_coming = notice.kind is NoticeKind.PRIVACY and notice.effective_at > clock.now()
        if is_coming and kept > notice.messages_kept:
            yield (
                f"{notice.version} lets messages stay at Stream for {notice.messages_kept} from "
                f"{notice.effective_at:%Y-%m-%d} on: shorten chat_messages two days before"
            )
