"""What a deployment sets: the settings of a stage, checked before anything is changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from chalicelib.core import countries, figures, principals
from chalicelib.core import settings as function_settings
from chalicelib.core.apps import Apps, of_stage
from chalicelib.core.periods import DEFAULTS
from chalicelib.core.periods import read as read_periods
from chalicelib.core.settings import BudgetMode, ErasureExtent, SettingsError, Stage
from chalicelib.privacy.accountability import Accountability
from chalicelib.stream.model import AppAccess
from infra.deployment import app_links, chat_settings, spending, text_routes, texts
from infra.deployment.account import AwsAccount
from infra.deployment.receivers import AlarmReceivers
from infra.deployment.setting_keys import in_keys
from infra.ops.refused import CommandRefused
from infra.packaging.dependencies import Architecture
from infra.packaging.groups import PLACEHOLDERS

STREAM_URL = "https://chat.stream-io-api.com"
LOG_DAYS = (1, 7, 14, 30, 60, 90)  # as the template allows them
_LEAST_WAF, _MOST_FIGURES = 10, 960  # of AWS WAF; of the template
_MOST_SENDERS, _MOST_REPRESENTATIVES = 320, 225  # of the template
_BUSY_SECONDS = 240  # 80 % of the alarm's five minutes
_WIDEST_BLOCK = 16  # of addresses: a wider one admits strangers
# The settings that a function reads at its start, under their own names.
_READ_AT_START = (
    "stage", "issuer", "stream_api_key", "stream_url", "stream_file_hosts", "contact_email", "mail_from",
    "periods",
)  # fmt: skip
_NUMBERS = {
    "company_number": 8,
    "tax_number": 9,
}  # digits of a company's numbers in Serbia, as in the template
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:(?P<region>[a-z0-9-]+):[0-9]{12}:certificate/[A-Za-z0-9-]+")


class SettingRefused(CommandRefused):
    """A setting with which the stacks would fail, no function would start, or a law would be broken."""


@contextmanager
def _refusing(key: str) -> Iterator[None]:
    """Name the setting whose value a parser refuses."""
    try:
        yield
    except ValueError as refused:
        raise SettingRefused(f"{key} is refused: {refused}") from None


class GatewayRates(BaseModel, extra="forbid", frozen=True, hide_input_in_errors=True):
    """Requests per second that the API admits: in all, for each route without a token, for the webhook."""

    rate: int = Field(200, ge=1, le=10_000)
    burst: int = Field(400, ge=1, le=5_000)
    public_rate: int = Field(100, ge=1, le=10_000)
    public_burst: int = Field(200, ge=1, le=5_000)
    webhook_rate: int = Field(200, ge=1, le=10_000)
    webhook_burst: int = Field(400, ge=1, le=5_000)

    def parameters(self) -> dict[str, str]:
        """The parameters of the service stack."""
        return {
            "ThrottlingRate": str(self.rate),
            "ThrottlingBurst": str(self.burst),
            "BusyRequests": str(self.rate * _BUSY_SECONDS),
            "PublicThrottlingRate": str(self.public_rate),
            "PublicThrottlingBurst": str(self.public_burst),
            "WebhookThrottlingRate": str(self.webhook_rate),
            "WebhookThrottlingBurst": str(self.webhook_burst),
        }


@dataclass(frozen=True)
class DeploymentTarget:
    """The settings of a deployment."""

    stage: str
    stream_api_key: str
    stream_url: str
    contact_email: str
    company_number: str
    tax_number: str
    issuer: str
    mail_from: str
    periods: str = DEFAULTS
    figures: str = figures.DEFAULTS  # figures that differ from the defaults, packed
    waf_requests_per_address: int = 0  # per five minutes; 0: no WAF
    stream_addresses: str = ""  # blocks from which Stream sends events, separated by commas; empty: any
    reserved: Mapping[str, int] = field(default_factory=dict)  # concurrency by function
    accepted: Mapping[str, str] = field(default_factory=dict)  # why production may have it, by check
    sms_countries: str = ",".join(text_routes.FREE)
    sms_routes_off: str = countries.DEFAULTS  # to which no sign-in code is texted; none by default
    sms_senders: str = countries.DEFAULTS  # by country, packed
    sms_budgets: BudgetMode = BudgetMode.ENFORCED
    sms_monthly_dollars: int | None = None  # None: unchanged
    app_domain: str = ""  # of the apps (ADR 82); what is empty is left out of texts and documents
    app_apple_ids: str = ""  # separated by commas, as the certificates
    app_android_package: str = ""
    app_android_certificates: str = ""
    app_android_hash: str = ""
    app_minimum_ios: str = ""  # the oldest versions that are served (ADR 84)
    app_minimum_android: str = ""
    stream_erasure: ErasureExtent = ErasureExtent.KEEP_CONVERSATIONS
    stream_file_hosts: str = ""  # domains of Stream's files, separated by commas; empty: Stream's own
    operators: str | None = None  # patterns of ARNs; None: users and Identity Center of this account
    alarms: AlarmReceivers = field(default_factory=AlarmReceivers)
    budget_dollars: int | None = None  # of the whole account in a month; None: unchanged
    gateway: GatewayRates = field(default_factory=GatewayRates)
    log_retention_days: int = 30
    architecture: Architecture = Architecture.X86_64  # of all functions
    certificate: str = ""  # ARN of the certificate of the issuer's host; empty: no custom domain
    accountability: Accountability = field(default_factory=Accountability)
    push_urls: str = ""  # in place of Apple's and Google's, on a local cloud
    stream_secret: str | None = field(default=None, repr=False)  # None: keep the stored one

    @property
    def workers(self) -> dict[str, str]:
        """The parameters with the numbers of workers, which the functions read as figures."""
        given = figures.read(figures.FanOut, {figures.PACKED: self.figures})
        return {
            "AnnouncingWorkers": str(given.announcing_workers),
            "RenewalWorkers": str(given.renewal_workers),
            "ErasingWorkers": str(given.erasing_workers),
        }

    @property
    def figure_parameters(self) -> dict[str, str]:
        """The parameters with the figures: two on stage `local`, which widens most limits."""
        whole = len(self.figures) <= _MOST_FIGURES
        cut = len(self.figures) if whole else self.figures.rindex(",", 0, _MOST_FIGURES)
        return {"Figures": self.figures[:cut], "LocalFigures": self.figures[cut:]}

    @property
    def apps(self) -> Apps:
        """The apps, as functions read them."""
        names = (f"app_{name}" for name in app_links.FORMS)
        return of_stage({f"RU4M_{name.upper()}": getattr(self, name) for name in names})

    @property
    def mail_domain(self) -> str:
        """The domain of the sender of mail."""
        return self.mail_from.partition("@")[2]

    @property
    def domain(self) -> str:
        """The custom domain of the API: the host of its issuer, if there is a certificate for it."""
        return (urlsplit(self.issuer).hostname or "") if self.certificate else ""

    def stream_access(self, account: AwsAccount) -> AppAccess:
        """The access to the app at Stream, with the stored secret unless one is given.

        Raises:
            MissingSecret: Stream's secret is neither stored nor given.
        """
        secret = self.stream_secret or chat_settings.stored_secret(account, self.stage)
        return AppAccess(self.stream_api_key, secret, self.stream_url)

    def __post_init__(self) -> None:
        """Refuse settings with which no function would start, and countries without numbers."""
        with _refusing("periods"):
            chat_settings.check_period_of_messages(read_periods(self.periods), self.stage)
        with _refusing("sms.countries"):
            texts.check_countries(self.sms_countries)
        with _refusing("sms.routes_off"):
            if other := countries.read_routes_off(self.sms_routes_off) - countries.read(self.sms_countries):
                raise ValueError(f"{', '.join(sorted(other))} is not one of sms.countries")
        with _refusing("sms.senders"):
            countries.read_senders(self.sms_senders)
            if len(self.sms_senders) > _MOST_SENDERS:
                raise ValueError(f"they have more than {_MOST_SENDERS} characters: use fewer numbers")
        with _refusing("accountability.representatives"):
            if len(self.accountability.packed_representatives) > _MOST_REPRESENTATIVES:
                raise ValueError(f"all together they have more than {_MOST_REPRESENTATIVES} characters")
        for name in app_links.FORMS:
            with _refusing(f"app.{name}"):
                app_links.check(name, self.apps, urlsplit(self.issuer).hostname or "")
        with _refusing("operators"):
            if self.operators:
                principals.read(self.operators)
        for key, digits in _NUMBERS.items():
            with _refusing(key):
                if not re.fullmatch(f"[0-9]{{{digits}}}", getattr(self, key)):
                    raise ValueError(f"it has to be {digits} digits")
        self._check_parameters()
        self._check_functions_start()
        self._check_domain()

    def of_functions(self) -> function_settings.Settings:
        """The settings as each function reads them at its start.

        Raises:
            SettingsError, ValueError: no function would start with them.
        """
        named = {f"RU4M_{name.upper()}": getattr(self, name) for name in _READ_AT_START}
        return function_settings.read(PLACEHOLDERS | named | {figures.PACKED: self.figures})

    def _check_functions_start(self) -> None:
        """Refuse settings with which no function would start."""
        try:
            self.of_functions().mail()
        except (SettingsError, ValueError) as refused:
            raise SettingRefused(in_keys(str(refused))) from None

    def _check_parameters(self) -> None:
        """Refuse what CloudFormation would refuse after the first stacks were changed."""
        for key, address in (("contact_email", self.contact_email), ("mail_from", self.mail_from)):
            if not _ADDRESS.fullmatch(address):
                raise SettingRefused(f"{key} is refused: it is not an email address")
        if self.log_retention_days not in LOG_DAYS:
            allowed = ", ".join(map(str, LOG_DAYS))
            raise SettingRefused(f"logs.retention_days is refused: it has to be one of {allowed}")
        if self.budget_dollars and not 1 <= len(self.alarms.emails) <= spending.MOST_ADDRESSES:
            raise SettingRefused(
                "alarms.budget_dollars is refused: its mails go to alarms.emails, which has to have "
                f"1 to {spending.MOST_ADDRESSES} addresses"
            )
        with _refusing("waf.stream_addresses"):
            for block in filter(None, self.stream_addresses.split(",")):
                if str(IPv4Network(block)) != block:  # AWS WAF refuses it during the deployment
                    raise ValueError(f"{block} is not a block such as 203.0.113.7/32")
                if IPv4Network(block).prefixlen < _WIDEST_BLOCK:
                    raise ValueError(f"{block} is wider than /{_WIDEST_BLOCK}")
        if 0 < self.waf_requests_per_address < _LEAST_WAF:
            raise SettingRefused(
                f"waf.requests_per_address is refused: it has to be 0, or {_LEAST_WAF} or more"
            )
        if len(self.figures) > _MOST_FIGURES and self.stage != Stage.LOCAL:
            number = self.figures.count(",") + 1
            raise SettingRefused(
                f"{number} figures differ from the defaults: more than {_MOST_FIGURES} characters"
            )

    def _check_domain(self) -> None:
        if not self.certificate:
            return
        if not _CERTIFICATE.fullmatch(self.certificate):
            raise SettingRefused("domain.certificate_arn is refused: it is not the ARN of a certificate")
        if urlsplit(self.issuer).path or urlsplit(self.issuer).port or not self.domain:
            raise SettingRefused(
                "issuer is refused: with a certificate it has to be https:// and a host only"
            )

    def certificate_region(self) -> str:
        """The region of the certificate; empty without one."""
        found = _CERTIFICATE.fullmatch(self.certificate)
        return found["region"] if found else ""
