"""The settings of a stage, from a file and from options that win over it.

`stages/<stage>.toml` has every setting of the stage, so a deployment repeats nothing. An option of the
command changes one setting for one deployment; `--set KEY=VALUE` does so for a setting without an option.
A secret is never in the file: Stream's comes from RU4M_STREAM_API_SECRET, and the vault generates all others.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from chalicelib.core import clock, countries, figures
from chalicelib.core.figures import BadFigure
from chalicelib.core.periods import DEFAULTS
from chalicelib.core.settings import STREAMS_OWN, BudgetMode, ErasureExtent
from chalicelib.privacy.accountability import Accountability, RepresentedLaw, id_of, outside_processors
from infra.build import ROOT
from infra.deployment import setting_keys, text_routes, texts
from infra.deployment.receivers import AlarmReceivers
from infra.deployment.setting_keys import in_keys, nearest
from infra.deployment.target import STREAM_URL, DeploymentTarget, GatewayRates, SettingRefused
from infra.deployment.texts import TextSender
from infra.packaging.dependencies import Architecture

FOLDER = ROOT / "stages"
EXAMPLE = FOLDER / "example.toml"

Table = dict[str, Any]
# Lambda limits the environment of a function to 4 KB.
_Text = Annotated[str, Field(max_length=120, pattern=r"^[^\x00-\x1f]*$")]
_Reason = Annotated[_Text, StringConstraints(strip_whitespace=True, min_length=1)]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _Stream(_Settings):
    api_key: str
    url: str = STREAM_URL
    erasure: ErasureExtent = ErasureExtent.KEEP_CONVERSATIONS
    file_hosts: tuple[str, ...] = ()


class _Sms(_Settings):
    countries: list[str] = Field(list(text_routes.FREE), min_length=1)
    routes_off: list[str] = Field(default_factory=list)
    senders: dict[str, TextSender] = Field(default_factory=dict)
    budgets: BudgetMode = BudgetMode.ENFORCED
    monthly_dollars: int | None = Field(None, ge=1)


class _App(_Settings):
    domain: str = ""
    apple_ids: tuple[str, ...] = ()
    android_package: str = ""
    android_certificates: tuple[str, ...] = ()
    android_hash: str = ""
    minimum_ios: str = ""
    minimum_android: str = ""


class _Alarms(_Settings):
    emails: tuple[str, ...] = ()
    topic: str = ""
    budget_dollars: int | None = Field(None, ge=1)


class _Waf(_Settings):
    requests_per_address: int = Field(0, ge=0)
    stream_addresses: tuple[str, ...] = ()


class _Logs(_Settings):
    retention_days: int = 30


class _Domain(_Settings):
    certificate_arn: str = ""


class _Accountability(_Settings):
    representatives: dict[str, Annotated[_Text, Field(pattern=r"^[^|]*$")]] = Field(default_factory=dict)
    data_protection_officer: _Text = ""
    dispute_body: _Text = ""
    impact_assessment_on: date | None = None
    impact_assessment_reference: _Text = ""
    serbian_clauses: dict[str, date] = Field(default_factory=dict)


# The tables in that of accountability, and their keys.
_TABLES: Mapping[str, list[str]] = {
    "representatives": [*RepresentedLaw],
    "serbian_clauses": [id_of(one) for one in outside_processors()],
}


class StageSettings(_Settings):
    """The settings of a stage, as its file names them."""

    region: str = ""
    contact_email: str
    company_number: str
    tax_number: str
    issuer: str
    mail_from: str
    operators: list[str] | None = Field(None, min_length=1)
    architecture: Architecture = Architecture.X86_64
    stream: _Stream
    sms: _Sms = _Sms()
    app: _App = _App()
    alarms: _Alarms = _Alarms()
    waf: _Waf = _Waf()
    gateway: GatewayRates = GatewayRates()
    logs: _Logs = _Logs()
    domain: _Domain = _Domain()
    accountability: _Accountability = _Accountability()
    reserve: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    accept: dict[str, _Reason] = Field(default_factory=dict)
    periods: dict[str, str] = Field(default_factory=dict)
    limit: dict[str, int] = Field(default_factory=dict)
    push: dict[str, int] = Field(default_factory=dict)
    erasure: dict[str, int] = Field(default_factory=dict)
    purge: dict[str, int] = Field(default_factory=dict)
    backups: dict[str, int] = Field(default_factory=dict)
    reconciliation: dict[str, int] = Field(default_factory=dict)
    idle: dict[str, int] = Field(default_factory=dict)
    fanout: dict[str, int] = Field(default_factory=dict)
    choice: dict[str, int] = Field(default_factory=dict)

    def packed_figures(self) -> str:
        """The figures that differ from the defaults, as one text.

        Raises:
            SettingRefused: a figure is out of its range.
        """
        given = {
            figures.variable(kind, name): str(value)
            for table, kind in setting_keys.KINDS.items()
            for name, value in getattr(self, table).items()
        }
        try:
            return figures.packed(given)
        except BadFigure as refused:
            raise SettingRefused(in_keys(str(refused))) from None

    def _senders(self) -> str:
        try:
            return texts.packed_senders(self.sms.countries, self.sms.senders)
        except ValueError as refused:
            raise SettingRefused(f"{refused}.") from None

    def target(self, stage: str, stream_secret: str | None) -> DeploymentTarget:
        """What a deployment of these settings sets.

        Raises:
            SettingRefused: a setting is out of its range, or no function would start with it.
            AlarmReceiverRefused: a receiver of alarms is malformed.
        """
        arranged = self.accountability
        if arranged.impact_assessment_on and arranged.impact_assessment_on > clock.now().date():
            raise SettingRefused("accountability.impact_assessment_on is refused: it is in the future")
        return DeploymentTarget(
            stage=stage,
            stream_api_key=self.stream.api_key,
            stream_url=self.stream.url,
            contact_email=self.contact_email,
            company_number=self.company_number,
            tax_number=self.tax_number,
            issuer=self.issuer.rstrip("/"),  # as functions and `chat-settings apply` read it
            mail_from=self.mail_from,
            periods=",".join(f"{name}={length}" for name, length in self.periods.items()) or DEFAULTS,
            figures=self.packed_figures(),
            waf_requests_per_address=self.waf.requests_per_address,
            stream_addresses=",".join(self.waf.stream_addresses),
            reserved=self.reserve,
            accepted=self.accept,
            sms_countries=",".join(self.sms.countries),
            sms_routes_off=",".join(self.sms.routes_off) or countries.DEFAULTS,
            sms_senders=self._senders(),
            sms_budgets=self.sms.budgets,
            sms_monthly_dollars=self.sms.monthly_dollars,
            app_domain=self.app.domain,
            app_apple_ids=",".join(self.app.apple_ids),
            app_android_package=self.app.android_package,
            app_android_certificates=",".join(self.app.android_certificates),
            app_android_hash=self.app.android_hash,
            app_minimum_ios=self.app.minimum_ios,
            app_minimum_android=self.app.minimum_android,
            stream_erasure=self.stream.erasure,
            stream_file_hosts=",".join((*STREAMS_OWN, *hosts)) if (hosts := self.stream.file_hosts) else "",
            operators=",".join(self.operators) if self.operators else None,
            alarms=AlarmReceivers(self.alarms.emails, self.alarms.topic),
            budget_dollars=self.alarms.budget_dollars,
            gateway=self.gateway,
            log_retention_days=self.logs.retention_days,
            architecture=self.architecture,
            certificate=self.domain.certificate_arn,
            accountability=Accountability(**arranged.model_dump(), served=frozenset(self.sms.countries)),
            stream_secret=stream_secret,
        )


def file_of(stage: str) -> Path:
    """Where the settings of a stage are."""
    return FOLDER / f"{stage}.toml"


def load(path: Path, overrides: Mapping[str, Any]) -> StageSettings:
    """Read a file of settings; overrides win. Without the file, the overrides have to be complete.

    Args:
        path: the file.
        overrides: values by their keys, such as `limit.invitations_day`.

    Raises:
        SettingRefused: the file is malformed, or a setting is unknown, missing or not accepted.
    """
    tables = _file(path)
    for key, value in overrides.items():
        _put(tables, key, value)
    if unknown := next(_unknown(tables), None):
        raise SettingRefused(_unknown_key(path, unknown))
    try:
        return StageSettings.model_validate(tables)
    except ValidationError as invalid:
        error = invalid.errors(include_url=False, include_input=False)[0]
        raise SettingRefused(_refusal(path, ".".join(map(str, error["loc"])), error)) from None


def parse(assignments: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield key and value of each `KEY=VALUE`; a value is one of TOML, or else a text.

    Raises:
        SettingRefused: there is no `=`.
    """
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not (key and equals):
            raise SettingRefused("--set is refused: it has to be KEY=VALUE, as in --set limit.blocks_day=50")
        try:
            yield key, tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            yield key, value


def region_in(path: Path) -> str:
    """The region that a file of settings names; empty if there is none."""
    return str(_file(path).get("region", ""))


def known_keys() -> list[str]:
    """All keys, those in tables with the name of their table."""
    return sorted(_known())


def _known() -> Iterator[str]:
    rows = {name: setting_keys.figure_names(name) for name in setting_keys.KINDS}
    rows |= {"periods": setting_keys.period_names(), "reserve": setting_keys.function_names()}
    rows["accept"] = list(setting_keys.ACCEPTABLE)
    for name, field in StageSettings.model_fields.items():
        if name in rows:
            yield from (f"{name}.{key}" for key in rows[name])
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from (f"{name}.{key}" for key in field.annotation.model_fields if key not in _TABLES)
        else:
            yield name
    for table, keys in _TABLES.items():
        yield from (f"accountability.{table}.{key}" for key in keys)


def _unknown(tables: Table, above: str = "") -> Iterator[str]:
    """Yield each key that does not exist, the names of tables included."""
    known = set(_known())
    for name, value in tables.items():
        key = f"{above}{name}"
        if key in known:
            continue
        if isinstance(value, dict) and any(one.startswith(f"{key}.") for one in known):
            yield from _unknown(value, f"{key}.")
        elif not any(one.startswith(f"{key}.") for one in known):
            yield key


def _unknown_key(path: Path, key: str) -> str:
    if "secret" in key.lower():
        return (
            f"{path.name}: {key} is refused: no secret belongs in a file or an option. Set "
            "RU4M_STREAM_API_SECRET in the environment; the others are generated."
        )
    known = known_keys()
    near = nearest(key, [*known, *{name.partition(".")[0] for name in known}])
    hint = f" Do you mean {near}?" if near else f" {EXAMPLE.name} lists all settings."
    return f"{path.name}: there is no setting {key}.{hint}"


def _refusal(path: Path, key: str, error: ErrorDetails) -> str:
    if error["type"] == "missing":
        where = (
            path.name if path.exists() else f"{path.name}, which does not exist (copy stages/{EXAMPLE.name})"
        )
        return f"{key} is not set: add it to {where}."
    if error["type"] in {"list_type", "tuple_type"}:
        return f'{path.name}: {key} is refused: it has to be a list, as ["..."].'
    text = error["msg"].removeprefix("Value error, ")
    return f"{path.name}: {key} is refused: {text[:1].lower()}{text[1:]}."


def _file(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as malformed:
        raise SettingRefused(f"{path.name} is not a TOML file: {malformed}.") from None


def _put(tables: Table, key: str, value: object) -> None:
    *path, last = key.split(".")
    table = tables
    for name in path:
        found = table.setdefault(name, {})
        if not isinstance(found, dict):
            raise SettingRefused(f"{key} is refused: {name} is no table of settings.")
        table = found
    table[last] = value
