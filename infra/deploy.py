"""`python -m infra.deploy --stage staging`: deploys the package, stack by stack.

The order is `vault` (keys, secrets), `data` (tables), `service` (functions, API, jobs). The outputs of one
stack are parameters of the next. The same code deploys to AWS and to the local cloud.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import Annotated

import typer
from botocore.exceptions import ClientError
from rich.console import Console

from chalicelib.chat.model import AppAccess
from chalicelib.core import countries, figures, principals
from chalicelib.core.periods import DEFAULTS
from chalicelib.core.periods import read as read_periods
from chalicelib.core.settings import BudgetMode, ErasureExtent
from infra.build import Package, build
from infra.deployment import chat_settings, concurrency, lifecycle, receivers, tables, texts
from infra.deployment.account import AwsAccount, RegionError
from infra.deployment.chat_settings import BaselineNotApplied, StreamNotReached
from infra.deployment.receivers import AlarmReceiverRefused, AlarmReceivers
from infra.deployment.stacks import Report, StackFailed, Stacks, stack_name
from infra.deployment.vault import MissingSecret, certificate_keys_of, fill_vault
from infra.ops.scheduled import RunFailed

SECRETS = ("codes", "lookup", "pairs", "receipts", "refresh", "signing", "sealing", "staff", "stream")


class PeriodsRefused(ValueError):
    """The configured periods are malformed, out of bounds, or longer than the privacy policy names."""


class CountriesRefused(ValueError):
    """The list of served countries is malformed, or names a country that does not exist."""


class OperatorsRefused(ValueError):
    """The operator patterns are malformed, or accept a principal that its caller can name."""


@dataclass(frozen=True)
class DeploymentTarget:
    """The settings of a deployment."""

    stage: str
    stream_api_key: str
    stream_url: str
    contact_email: str
    issuer: str
    mail_from: str
    periods: str = DEFAULTS
    figures: str = figures.DEFAULTS  # figures that differ from the defaults, packed
    waf_requests_per_address: int = 0  # per five minutes; 0: no WAF
    reserved: str = ""  # reserved concurrency by function, as `signup=50,sessions=100`
    sms_countries: str = countries.DEFAULTS
    sms_budgets: BudgetMode = BudgetMode.ENFORCED
    stream_erasure: ErasureExtent = ErasureExtent.KEEP_CONVERSATIONS
    operators: str | None = None  # patterns of ARNs; None: users and Identity Center of this account
    alarms: AlarmReceivers = field(default_factory=AlarmReceivers)
    stream_secret: str | None = field(default=None, repr=False)  # None: keep the stored one

    @property
    def workers(self) -> dict[str, str]:
        """The parameters with the numbers of workers, which the functions read as figures."""
        given = figures.read(figures.FanOut, {figures.PACKED: self.figures})
        return {
            "AnnouncingWorkers": str(given.announcing_workers),
            "RenewalWorkers": str(given.renewal_workers),
        }

    def stream_access(self, account: AwsAccount) -> AppAccess:
        """The access to the app at Stream, with the stored secret unless one is given.

        Raises:
            MissingSecret: Stream's secret is neither stored nor given.
        """
        secret = self.stream_secret or chat_settings.stored_secret(account, self.stage)
        return AppAccess(self.stream_api_key, secret, self.stream_url)

    def __post_init__(self) -> None:
        """Refuse settings with which no function would start, and countries without numbers."""
        try:
            chat_settings.check_period_of_messages(read_periods(self.periods))
        except ValueError as refused:
            raise PeriodsRefused(f"RU4M_PERIODS is refused: {refused}") from None
        try:
            texts.check_countries(self.sms_countries)
        except ValueError as refused:
            raise CountriesRefused(f"RU4M_SMS_COUNTRIES is refused: {refused}") from None
        try:
            if self.operators:
                principals.read(self.operators)
        except ValueError as refused:
            raise OperatorsRefused(f"RU4M_OPERATORS is refused: {refused}") from None


@dataclass(frozen=True)
class Deployment:
    """A completed deployment."""

    api_url: str
    stack: str
    outputs: dict[str, str]


def deploy(account: AwsAccount, package: Package, target: DeploymentTarget, report: Report) -> Deployment:
    """Create or update all three stacks.

    Raises:
        StackFailed: a stack failed; the stacks before it stay updated.
        MissingSecret: Stream's secret is neither stored nor given.
        ReservationRefused: the account cannot reserve this much concurrency; nothing was changed.
        AlarmReceiverRefused: alarms would reach no receiver; nothing was changed.
    """
    stacks = Stacks(account, report)
    receivers.check(account, target.stage, target.alarms)
    reserved = concurrency.read(target.reserved, package.functions)
    concurrency.check(account, target.stage, reserved, package.functions)

    def bring_up(part: str, parameters: dict[str, str]) -> dict[str, str]:
        url = account.upload(package.template(part), f"{target.stage}/{package.version}/{part}.json")
        return stacks.deploy(stack_name(target.stage, part), url, {"Stage": target.stage, **parameters})

    vault = bring_up("vault", {})
    arns = {purpose: vault[f"{purpose.title()}SecretArn"] for purpose in SECRETS}
    published = fill_vault(account, target.stage, arns, vault["SealingKeyArn"], target.stream_secret)
    certificate_keys = certificate_keys_of(account, vault.pop("CertificateKeyArns"))
    domain = target.mail_from.partition("@")[2]
    stored = {"MailDomain": domain, "ExportDays": str(lifecycle.export_days(target.periods))}
    data = tables.in_use(stacks, target.stage, bring_up("data", stored))
    code = f"{target.stage}/{package.version}/app.zip"
    account.upload(package.code, code)
    service = bring_up(
        "service",
        {
            **vault,
            **data,
            **concurrency.parameters(reserved),
            "Version": package.version,
            "CodeBucket": account.bucket,
            "CodeKey": code,
            "LookupVersions": published.lookup_versions,
            "PublicKeys": published.public_keys,
            "CertificateKeys": certificate_keys,
            "SigningKid": published.signing_kid,
            "StageKeys": published.stage_keys,
            "Issuer": target.issuer,
            "StreamApiKey": target.stream_api_key,
            "StreamUrl": target.stream_url,
            "StreamErasure": target.stream_erasure.value,
            "ContactEmail": target.contact_email,
            "Periods": target.periods,
            "Figures": target.figures,
            **target.workers,
            "WafRequestsPerAddress": str(target.waf_requests_per_address),
            "SmsCountries": target.sms_countries,
            "SmsBudgets": target.sms_budgets.value,
            "Operators": target.operators or principals.of_account(account.partition, account.number),
            "MailFrom": target.mail_from,
            "MailDomain": domain,
            "OtherAlarmTopic": target.alarms.topic,
            "OnEmulator": "yes" if account.endpoint else "no",
        },
    )
    receivers.subscribe(account, receivers.topic_of(account, target.stage), target.alarms, report)
    return Deployment(api_url(account, service), stack_name(target.stage, "service"), service)


def api_url(account: AwsAccount, outputs: dict[str, str]) -> str:
    """Return the URL of the API, from the outputs of the service stack."""
    if account.endpoint:
        # On the emulator, the stack's output would name amazonaws.com.
        return f"{account.endpoint}/_aws/execute-api/{outputs['ApiId']}/api"
    return outputs["EndpointURL"].rstrip("/")


def main(  # noqa: PLR0913, PLR0917 - the options of a command
    stage: Annotated[str, typer.Option(help="staging or production")],
    stream_api_key: Annotated[str, typer.Option(help="API key of the Stream application")],
    contact_email: Annotated[str, typer.Option(help="address at which users reach the controller")],
    issuer: Annotated[str, typer.Option(help="the API's public https URL: issuer of tokens, base of links")],
    mail_from: Annotated[
        str, typer.Option(help="sender address of mail; its domain must belong to this stage only")
    ],
    region: Annotated[str, typer.Option(envvar="AWS_REGION", help="a region in the EU")],
    stream_url: Annotated[str, typer.Option()] = "https://chat.stream-io-api.com",
    endpoint_url: Annotated[str | None, typer.Option(help="URL of an emulator to use instead of AWS")] = None,
    waf_requests_per_address: Annotated[
        int, typer.Option(min=0, help="limit per client address and five minutes; 0: no AWS WAF")
    ] = 0,
    reserve: Annotated[
        str,
        typer.Option(help="reserved concurrency by function, as signup=50,sessions=100; default: none"),
    ] = "",
    sms_monthly_dollars: Annotated[
        int | None,
        typer.Option(min=1, help="monthly SMS spending limit of the whole account; default: unchanged"),
    ] = None,
    sms_countries: Annotated[
        str, typer.Option(envvar="RU4M_SMS_COUNTRIES", help="countries whose numbers get codes, as RS,DE,AT")
    ] = countries.DEFAULTS,
    sms_budgets: Annotated[
        BudgetMode,
        typer.Option(envvar="RU4M_SMS_BUDGETS", help="whether budgets of unverified codes are enforced"),
    ] = BudgetMode.ENFORCED,
    stream_erasure: Annotated[
        ErasureExtent,
        typer.Option(envvar="RU4M_STREAM_ERASURE", help="whether conversations of two are deleted at Stream"),
    ] = ErasureExtent.KEEP_CONVERSATIONS,
    alarm_email: Annotated[
        list[str] | None, typer.Option(help="address that gets the alarms; once for each")
    ] = None,
    alarm_topic: Annotated[str, typer.Option(help="ARN of a further topic that alarms notify")] = "",
    *,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="an earlier version: settings at Stream do not stop it")
    ] = False,
) -> None:
    """Deploy the service.

    Settings of the app at Stream that differ from the baseline stop it (`ops chat-settings apply`).

    Environment variables: RU4M_STREAM_API_SECRET is Stream's API secret (default: the stored one).
    RU4M_PERIODS sets retention periods that differ from the defaults. RU4M_LIMIT_..., RU4M_PUSH_...,
    RU4M_ERASURE_..., RU4M_PURGE_..., RU4M_RECONCILIATION_..., RU4M_IDLE_..., RU4M_FANOUT_... and
    RU4M_CHOICE_... set figures that differ from the defaults (docs/deploy.md). RU4M_OPERATORS names the IAM
    principals that are operators (default: all users and Identity Center sessions of the account).
    """
    # Soft wrapping, because programs may read the output.
    console, complain = (
        Console(soft_wrap=True, markup=False),
        Console(stderr=True, soft_wrap=True, markup=False),
    )
    secret = os.environ.get("RU4M_STREAM_API_SECRET")
    kept = os.environ.get("RU4M_PERIODS", DEFAULTS)
    try:
        account = AwsAccount(region, endpoint_url)
        target = DeploymentTarget(
            stage=stage,
            stream_api_key=stream_api_key,
            stream_url=stream_url,
            contact_email=contact_email,
            issuer=issuer,
            mail_from=mail_from,
            periods=kept,
            figures=figures.packed(os.environ),
            waf_requests_per_address=waf_requests_per_address,
            reserved=reserve,
            sms_countries=sms_countries,
            sms_budgets=sms_budgets,
            stream_erasure=stream_erasure,
            operators=os.environ.get("RU4M_OPERATORS"),
            alarms=AlarmReceivers(tuple(alarm_email or ()), alarm_topic),
            stream_secret=secret,
        )
        check_chat_settings(account, target, console.print, stops=not rollback)
        done = deploy(account, build(), target, report=console.print)
        if not endpoint_url:  # the emulator has no spending limit
            if sms_monthly_dollars:
                texts.set_monthly_dollars(account, sms_monthly_dollars)
            dollars = texts.monthly_dollars(account)
            console.print(f"SMS spending limit of this account and region: {dollars} US dollars a month")
    except StackFailed as failure:
        complain.print(str(failure), style="red")
        for event in failure.events:
            complain.print(f"  {event}")
        sys.exit(1)
    except (
        MissingSecret, PeriodsRefused, CountriesRefused, OperatorsRefused, RegionError, ClientError,
        figures.BadFigure, concurrency.ReservationRefused, BaselineNotApplied, StreamNotReached, RunFailed,
        AlarmReceiverRefused,
    ) as failure:  # fmt: skip
        complain.print(str(failure), style="red")
        sys.exit(1)
    console.print(f"api_url {done.api_url}")


def check_chat_settings(
    account: AwsAccount, target: DeploymentTarget, report: Report, *, stops: bool
) -> None:
    """Stop a release whose baseline is not applied or not known; a rollback only reports it.

    Raises:
        BaselineNotApplied, StreamNotReached, RunFailed, MissingSecret, ClientError: it is no rollback.
    """
    try:
        placement = chat_settings.confirmed_placement(account, target.stage, target.stream_api_key)
        chosen = chat_settings.choices(target.periods, target.issuer)
        chat_settings.preflight(target.stream_access(account), chosen, placement, report)
    except (BaselineNotApplied, StreamNotReached, RunFailed, MissingSecret, ClientError) as failure:
        if stops:
            raise
        report(f"not stopped, because it is a rollback: {failure}")
    except Exception as failure:
        # For example, the deployed version answers in another form, which may be why it is rolled back.
        if stops:
            raise
        report(f"not stopped, because it is a rollback: {type(failure).__name__}")


app = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)  # locals hold a secret
app.command()(main)

if __name__ == "__main__":
    app()
