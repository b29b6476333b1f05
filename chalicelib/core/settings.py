"""Settings: typed, and read from the environment once, at first use.

Standard library only, because the authorizer reads them too. If a variable is missing or out of range, the
function does not start; the error names the variable, never its value.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import TypeVar

from chalicelib.core import countries, figures, periods, principals, setting_values
from chalicelib.core.durations import Duration, Unit
from chalicelib.core.figures import FigureSet
from chalicelib.core.principals import Principals
from chalicelib.core.setting_values import (
    LocalTarget,
    domains,
    email_address,
    https_url,
    private_url,
    web_url,
)

_T = TypeVar("_T")
_Figures = TypeVar("_Figures", bound=FigureSet)
_Waits = TypeVar("_Waits", figures.ErasureWaits, figures.ChoiceWaits)

STREAMS_OWN = ("stream-io-api.com", "stream-io-cdn.com")

# Member states only (STR-7): eu-west-2 is London and eu-central-2 is Zurich. eusc-de-east-1 is a partition of
# its own.
EU_REGIONS = frozenset({"eu-central-1", "eu-west-1", "eu-west-3", "eu-north-1", "eu-south-1", "eu-south-2"})


class SettingsError(RuntimeError):
    """A variable is missing or not accepted, so the function does not start; the text names it."""


class Stage(StrEnum):
    """The stage on which the service runs."""

    LOCAL = "local"
    STAGING = "staging"
    PRODUCTION = "production"


class BudgetMode(StrEnum):
    """The effect of a used-up budget of unverified codes (ADR 26)."""

    ENFORCED = "enforced"
    RECORDED = "recorded"  # refuses no code, and counts those that it would have refused


class ErasureExtent(StrEnum):
    """What an erasure deletes at Stream besides the user, the user's messages, files and calls."""

    KEEP_CONVERSATIONS = "keep_conversations"  # nothing else: the other members keep their own messages
    EVERYTHING = "everything"  # also conversations of two, with the messages of the other member


class Secret(StrEnum):
    """The purposes of the secrets in the vault; a variable for each has its name or ARN."""

    APPLE = "apple"
    CODES = "codes"
    GOOGLE = "google"
    LOOKUP = "lookup"
    PAIRS = "pairs"
    PEPPERS = "peppers"
    RECEIPTS = "receipts"
    REFRESH = "refresh"
    SIGNING = "signing"
    STAFF = "staff"
    STREAM = "stream"


@dataclass(frozen=True)
class LockedArchive:
    """The bucket of checkpoints and tombstones, and how long S3 locks each of its objects."""

    bucket: str
    lock: timedelta


@dataclass(frozen=True)
class MailSettings:
    """The sender of mail, and SES's configuration set, which reports bounces and tracks nothing."""

    sender: str
    configuration: str


@dataclass(frozen=True)
class Settings:
    """All settings that differ between stages, and the constants beside them."""

    stage: Stage
    version: str
    region: str
    issuer: str
    stream_api_key: str
    stream_url: str
    stream_file_hosts: tuple[str, ...]  # the domains of Stream's files: exports, and files in messages
    stream_erasure: ErasureExtent
    erasure: figures.ErasureWaits
    contact_email: str
    limits: figures.Limits
    periods: Mapping[str, Duration]  # by the names of core/periods
    push: figures.Transfers
    purge: figures.PurgeLimits
    backups: figures.BackupDays
    reconciliation: figures.ReconciliationLimits
    idle: figures.IdleAccounts
    fan_out: figures.FanOut
    choices: figures.ChoiceWaits
    sms_countries: frozenset[str]  # to whose numbers a client without a session may have codes sent
    sms_routes_off: frozenset[str]  # to whose numbers no sign-in code is texted (ADR 78)
    sms_senders: Mapping[str, str]  # by country; SNS chooses the sender to all others
    sms_budgets: BudgetMode
    operators: Principals  # accepted on the internal routes; none if not set
    local_targets: Mapping[str, LocalTarget]  # by host; on stage `local` only
    local_notices: str  # versions of notices beyond the published ones, as JSON; on stage `local` only
    push_urls: Mapping[str, str]  # in place of Apple's and Google's, by service; on stage `local` only
    environment: Mapping[str, str] = field(repr=False)  # contains the function's credentials

    access_token_life = timedelta(minutes=15)
    chat_token_life = timedelta(hours=1)
    code_life = timedelta(minutes=10)
    code_attempts = 5
    verify_repeat = timedelta(minutes=2)
    step_up_life = timedelta(minutes=10)
    notice_period = timedelta(days=14)  # from the announcement of new terms until they apply (NOT-1)
    audience = "ru4m-app"

    @property
    def function(self) -> str:
        """The function of this process, by its name in .chalice/config.json; empty outside of Lambda."""
        return self.environment.get("RU4M_FUNCTION", "")

    def table(self, name: str) -> str:
        """The physical name of a table. It is never assembled: a restored table has another name."""
        return self._named(f"RU4M_TABLE_{name.upper()}")

    def secret(self, purpose: Secret) -> str:
        """The name or ARN of a secret; set only for functions that may read it."""
        return self._named(f"RU4M_SECRET_{purpose.upper()}")

    def mac_versions(self, purpose: Secret) -> tuple[str, ...]:
        """The versions of the key of a purpose, the current one first; set only for functions that use it."""
        return tuple(self._named(f"RU4M_{purpose.upper()}_VERSIONS").split(","))

    def signing_kid(self) -> str:
        """The id of the key that signs access tokens; set only for functions that sign."""
        return self._named("RU4M_SIGNING_KID")

    def public_keys(self) -> str:
        """The public keys of access tokens, as JSON; set only for functions that verify or publish them."""
        return self._named("RU4M_PUBLIC_KEYS")

    def stage_keys(self) -> str:
        """The versions of the stage key, wrapped by KMS; set only for functions that open records."""
        return self._named("RU4M_STAGE_KEYS")

    def mail(self) -> MailSettings:
        """The settings of mail; set only for functions that send mail."""
        return MailSettings(
            sender=email_address(self._named("RU4M_MAIL_FROM")),
            configuration=self._named("RU4M_MAIL_CONFIGURATION"),
        )

    def imprint(self) -> tuple[str, str]:
        """The company number and the tax number; set only for the function that shows them."""
        return self._named("RU4M_COMPANY_NUMBER"), self._named("RU4M_TAX_NUMBER")

    def archive(self) -> LockedArchive:
        """The archive of checkpoints and tombstones; set only for functions that use it.

        The lock is four years, since limitation periods of three years count from the end of the year. It
        cannot be lifted, so stages without real users have a lock of one day.
        """
        return LockedArchive(
            bucket=self._named("RU4M_CHECKPOINT_BUCKET"),
            lock=timedelta(days=4 * 366 if self.stage is Stage.PRODUCTION else 1),
        )

    def checkpoint_key(self) -> str:
        """The ARN or alias of the KMS key that signs checkpoints; set only for functions that use it."""
        return self._named("RU4M_CHECKPOINT_KEY")

    def certificate_key(self) -> str:
        """The ARN or alias of the KMS key that signs certificates; set only for functions that sign them."""
        return self._named("RU4M_CERTIFICATE_KEY")

    def certificate_keys(self) -> str:
        """The public keys that verify certificates, as JSON; set only for the publishing function."""
        return self._named("RU4M_CERTIFICATE_KEYS")

    def queue(self, name: str) -> str:
        """The URL of a queue; set only for functions that send to it or receive from it.

        That of pushes is not set beside that of rights, from which it differs in one word, as for
        `avatars_bucket`.
        """
        if name == "pushes" and "RU4M_RIGHTS_QUEUE" in self.environment:
            return "-pushes".join(self.queue("rights").rsplit("-rights", 1))
        return self._named(f"RU4M_{name.upper()}_QUEUE")

    def export_bucket(self) -> str:
        """The bucket in which copies wait until their subjects download them."""
        return self._named("RU4M_EXPORT_BUCKET")

    def avatars_bucket(self) -> str:
        """The bucket of avatars; set only for functions that use it and do not have that of copies.

        The names of both differ in one word, and Lambda limits the environment of a function to 4 KB.
        """
        if "RU4M_EXPORT_BUCKET" in self.environment:
            return "-avatars".join(self.export_bucket().rsplit("-exports", 1))
        return self._named("RU4M_AVATARS_BUCKET")

    def papers_bucket(self) -> str:
        """The bucket of identity papers; set only for functions that use it."""
        return self._named("RU4M_PAPERS_BUCKET")

    def reported_bucket(self) -> str:
        """The bucket of files that reports name; set only for functions that use it."""
        return self._named("RU4M_REPORTED_BUCKET")

    def _named(self, variable: str) -> str:
        return _required(self.environment, variable)


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: a variable is missing or malformed, or the region is not in the EU.
    """
    return read(dict(os.environ))  # a copy: os.environ decodes a variable at each access


def read(environment: Mapping[str, str]) -> Settings:
    """The settings of a given environment; `settings` uses that of the process."""
    stage = _parsed(environment, "RU4M_STAGE", Stage)
    stream_url = web_url if stage is Stage.LOCAL else private_url
    return Settings(
        stage=stage,
        version=environment.get("RU4M_VERSION", "unknown"),
        region=_parsed(environment, "AWS_REGION", eu_region),
        issuer=_parsed(environment, "RU4M_ISSUER", https_url),
        stream_api_key=_required(environment, "RU4M_STREAM_API_KEY"),
        stream_url=_parsed(environment, "RU4M_STREAM_URL", stream_url),
        stream_file_hosts=_parsed_or(environment, "RU4M_STREAM_FILE_HOSTS", domains, STREAMS_OWN),
        stream_erasure=_parsed_or(
            environment, "RU4M_STREAM_ERASURE", ErasureExtent, ErasureExtent.KEEP_CONVERSATIONS
        ),
        erasure=_erasure_waits(environment, stage),
        contact_email=_parsed(environment, "RU4M_CONTACT_EMAIL", email_address),
        limits=_figures(environment, figures.Limits),
        periods=_understood(environment, "RU4M_PERIODS", periods.read, periods.DEFAULTS),
        push=_figures(environment, figures.Transfers),
        purge=_figures(environment, figures.PurgeLimits),
        backups=_figures(environment, figures.BackupDays),
        reconciliation=_figures(environment, figures.ReconciliationLimits),
        idle=_figures(environment, figures.IdleAccounts),
        fan_out=_figures(environment, figures.FanOut),
        choices=_safe_waits(environment, stage, figures.ChoiceWaits),
        sms_countries=_understood(environment, "RU4M_SMS_COUNTRIES", countries.read, ""),
        sms_routes_off=_understood(
            environment, "RU4M_SMS_ROUTES_OFF", countries.read_routes_off, countries.DEFAULTS
        ),
        sms_senders=_understood(environment, "RU4M_SMS_SENDERS", countries.read_senders, countries.DEFAULTS),
        sms_budgets=_parsed_or(environment, "RU4M_SMS_BUDGETS", BudgetMode, BudgetMode.ENFORCED),
        operators=_operators(environment),
        local_targets=_local_targets(environment, stage),
        local_notices=_only_locally(environment, "RU4M_NOTICES", stage, "a version is published by a commit"),
        push_urls=_push_urls(environment, stage),
        environment=environment,
    )


def eu_region(name: str) -> str:
    """A region in the EU of the partition aws, unchanged.

    Raises:
        ValueError: the region is not in the EU (STR-7), or in another partition.
    """
    if name not in EU_REGIONS:
        raise ValueError("not a region in the EU")
    return name


def _only_locally(environment: Mapping[str, str], variable: str, stage: Stage, otherwise: str) -> str:
    value = environment.get(variable, "")
    if value and stage is not Stage.LOCAL:
        raise SettingsError(f"{variable} is refused: on stage {stage} {otherwise}")
    return value


def _local_targets(environment: Mapping[str, str], stage: Stage) -> Mapping[str, LocalTarget]:
    variable = "RU4M_LOCAL_TARGETS"
    _only_locally(environment, variable, stage, "nothing is sent to local servers")
    return _understood(environment, variable, setting_values.local_targets, "")


def _push_urls(environment: Mapping[str, str], stage: Stage) -> Mapping[str, str]:
    variable = "RU4M_PUSH_URLS"
    _only_locally(environment, variable, stage, "pushes go to Apple and Google")
    return _understood(environment, variable, setting_values.private_urls, "")


def _required(environment: Mapping[str, str], variable: str) -> str:
    value = environment.get(variable)
    if not value:
        raise SettingsError(f"{variable} is not set")
    return value


def _parsed_or(environment: Mapping[str, str], variable: str, parse: Callable[[str], _T], default: _T) -> _T:
    return _parsed(environment, variable, parse) if environment.get(variable) else default


def _parsed(environment: Mapping[str, str], variable: str, parse: Callable[[str], _T]) -> _T:
    value = _required(environment, variable)
    try:
        return parse(value)
    except ValueError:
        wanted = parse.__name__.strip("_").replace("_", " ")
        raise SettingsError(f"{variable} is refused: not a valid {wanted}") from None


def _figures(environment: Mapping[str, str], kind: type[_Figures]) -> _Figures:
    try:
        return figures.read(kind, environment)
    except figures.BadFigure as bad:
        raise SettingsError(str(bad)) from None


def _erasure_waits(environment: Mapping[str, str], stage: Stage) -> figures.ErasureWaits:
    waits = _safe_waits(environment, stage, figures.ErasureWaits)
    known = _understood(environment, "RU4M_PERIODS", periods.read, periods.DEFAULTS)
    if not Duration(waits.idle_days, Unit.DAY) <= known["known_device"]:
        raise SettingsError("RU4M_ERASURE_IDLE_DAYS is refused: a device is not known for so long")
    return waits


def _safe_waits(environment: Mapping[str, str], stage: Stage, kind: type[_Waits]) -> _Waits:
    waits = _figures(environment, kind)
    if stage is not Stage.LOCAL and not waits.are_safe:
        wanted = f"stage {stage} needs {kind.needs}: docs/deploy.md has the shortest waits"
        raise SettingsError(f"{kind.prefix}* is refused: {wanted}")
    return waits


def _understood(
    environment: Mapping[str, str], variable: str, parse: Callable[[str], _T], default: str
) -> _T:
    """A parsed variable; the parser's errors say what is wrong and do not quote the value."""
    try:
        return parse(environment.get(variable, default))
    except ValueError as refused:
        raise SettingsError(f"{variable} is refused: {refused}") from None


def _operators(environment: Mapping[str, str]) -> Principals:
    if not environment.get("RU4M_OPERATORS"):
        return Principals()
    return _understood(environment, "RU4M_OPERATORS", principals.read, "")
