"""What ends first as users grow: settings and quotas, what a user needs of each, and what to raise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from chalicelib.accounts import store as accounts
from chalicelib.consents import store as consents
from chalicelib.core import figures, limiter
from chalicelib.core.chain.entries import SHARDS as CHAIN_SHARDS
from chalicelib.core.figures import FanOut, Limits, PurgeLimits, ReconciliationLimits
from chalicelib.core.table import ends
from chalicelib.privacy import unsent
from chalicelib.usage import store as usage
from infra.costs import bill, model
from infra.costs.operations import COUNTED
from infra.costs.prices import PRICES
from infra.costs.stage import StageParts
from infra.deployment.target import GatewayRates

_A_SECOND, _A_MINUTE = "requests a second", "calls a minute"
_DAY, _WEEK = 86_400, 7 * 86_400  # seconds
_PARTITION = 1000  # writes a second that DynamoDB admits to a partition
_USERS_OF_PAGE, _CHANNELS_OF_PAGE = 100, 30  # docs/limits.md, Reconciliation
_RUNS_OF_EXECUTION = 10  # Lambda admits so many a second for each of its concurrency, however short they are

_ERASURE = COUNTED["erase an account"]
_EACH_MONTH = {one.operation: one.a_month for one in model.ACTIVITIES}
_LEAVING = model.LEAVING_SHARE / model.LEAVING_DAYS  # erasures of a day for each account in a bad week
_LEAVE = f"{model.LEAVING_SHARE:.0%} leave in a week"


class Ceiling(NamedTuple):
    """A limit, what one active user needs of it, and what to raise."""

    what: str
    limit: float
    unit: str
    per_user: float
    remedy: str

    @property
    def users(self) -> float:
        """The number of active users that reaches it."""
        return self.limit / self.per_user


def ceilings(stage: StageParts) -> list[Ceiling]:
    """All of them, the one that fewest users reach first."""
    found = (*_of_settings(), *_of_aws(stage), *_of_stream(), *_of_partitions())
    return sorted((Ceiling(*one) for one in found), key=lambda one: one.users)


_Row = tuple[str, float, str, float, str]


def _peak(a_month: float) -> float:
    """A second's share of what happens in a month, in the busiest hour of a day."""
    return a_month / model.DAYS * model.PEAK_SHARE / 3600


def _of_settings() -> Iterator[_Row]:
    gateway, fanout, limits = GatewayRates(), figures.read(FanOut, {}), figures.read(Limits, {})
    purge, run = figures.read(PurgeLimits, {}), figures.read(ReconciliationLimits, {})
    hooks, erasing = _EACH_MONTH["receive a hook"], bill.seconds_of(_ERASURE) / _DAY
    batches = _EACH_MONTH["submit 25 events"] / model.DAYS
    hours = 24 * run.pass_days
    users, channels = run.pages_run * _USERS_OF_PAGE, run.channel_pages_run * _CHANNELS_OF_PAGE
    more_users, more_channels = (f"the setting, up to {most}, or `pass_days`" for most in ("1,000", "5,000"))
    mails = "SES's rate, then the setting and `fanout.announcing_workers`"
    workers = "the setting, up to 100; Stream's limit is near"
    deletes = "the setting, up to 9 million; then several workers"
    yield "`gateway.rate`", gateway.rate, _A_SECOND, _peak(bill.requests()), "the setting"
    yield (
        "`gateway.public_rate`, refreshes",
        gateway.public_rate,
        _A_SECOND,
        _peak(model.VISITS),
        "the setting",
    )
    yield "`gateway.webhook_rate`", gateway.webhook_rate, _A_SECOND, _peak(hooks), "the setting"
    yield (
        f"`fanout.erasing_workers`, {_LEAVE}",
        fanout.erasing_workers,
        "workers",
        _LEAVING * erasing,
        workers,
    )
    yield (
        "`fanout.mails_per_second`, all in a week",
        fanout.mails_per_second,
        "mails a second",
        1 / _WEEK,
        mails,
    )
    ending = batches + model.OTHER_ENDS
    yield "`purge.deletes_day`, if TTL stops", purge.deletes_day, "deletes a day", ending, deletes
    unverified = _EACH_MONTH["request a code"] * model.UNVERIFIED_SHARE
    hour, day = limits.codes_unverified_hour, limits.codes_unverified_day
    yield "`limit.codes_unverified_hour`", hour, "texts an hour", 3600 * _peak(unverified), "the setting"
    yield "`limit.codes_unverified_day`", day, "texts a day", unverified / model.DAYS, "the setting"
    yield "`reconciliation.pages_run`", users * hours, "users in a pass", 1, more_users
    opened = _EACH_MONTH["open a conversation"] * model.ACCOUNT_MONTHS
    yield "`reconciliation.channel_pages_run`", channels * hours, "channels in a pass", opened, more_channels


def _of_aws(stage: StageParts) -> Iterator[_Row]:
    dollars = bill.per_user("sns.Publish") * PRICES["texts"].dollars
    runs = _peak(bill.runs_of_users()) / _RUNS_OF_EXECUTION
    mails = bill.per_user("sesv2.SendEmail") / model.DAYS
    signatures = _LEAVING / _DAY * _ERASURE.calls["kms.Sign"]
    yield "SNS: texts, new account", 1, "dollars a month", dollars, "the limit at AWS; `sms.monthly_dollars`"
    yield "Lambda: concurrency, new account", 10, "executions", runs, "the quota"
    yield "Lambda: concurrency, usual quota", 1_000, "executions", runs, "the quota"
    yield "API Gateway: quota of an account", 10_000, _A_SECOND, _peak(bill.requests()), "the quota"
    yield "SES: usual first quota", 50_000, "mails a day", mails, "the quota"
    yield f"KMS: signatures, {_LEAVE}", 1_000, "calls a second", signatures, "the quota"
    units = {line.service: line.per_user for line in bill.lines(stage) if line.item in {"reads", "writes"}}
    for what, first in (("reads", 12_000), ("writes", 4_000)):
        needed = _peak(units[f"DynamoDB: {what}"])
        yield f"DynamoDB: {what}, new table", first, "units a second", needed, "its warm throughput"
        yield f"DynamoDB: {what}, quota of a table", 40_000, "units a second", needed, "the quota"


def _of_stream() -> Iterator[_Row]:
    deleted = _LEAVING / (24 * 60) * _ERASURE.calls["stream.DeleteUsers"]
    updated = 60 * _peak(bill.per_user("stream.UpdateUsers"))
    opened = 60 * _peak(bill.per_user("stream.GetOrCreateChannel"))
    yield f"Stream: deletions of users, {_LEAVE}", 60, _A_MINUTE, deleted, "Stream's plan"
    yield "Stream: updates of users, one a call", 300, _A_MINUTE, updated, "nothing: waiting rows go by 48"
    yield "Stream: opened conversations", 10_000, _A_MINUTE, opened, "Stream's plan"


def _of_partitions() -> Iterator[_Row]:
    batch = COUNTED["submit 25 events"]
    row = (batch.writes - batch.calls["dynamodb.UpdateItem"]) / 2  # the item and its row are about equal
    for what, shards, units in (
        ("index `hourly`, the current hour", usage.SHARDS, row * _EACH_MONTH["submit 25 events"]),
        ("index `ends`, one day of one table", ends.SHARDS, model.OTHER_ENDS * model.DAYS),
        ("index `due`, rows that Stream lacks", unsent.SHARDS, 2 * bill.per_user("stream.UpdateUsers")),
        ("index `live`", accounts.SHARDS, _EACH_MONTH["sign up"] + _EACH_MONTH["erase an account"]),
        ("index `renewal`", consents.SHARDS, 2 * _EACH_MONTH["consent"]),
        ("index `touched`", CHAIN_SHARDS, _EACH_MONTH["consent"] + _EACH_MONTH["sign up"]),
        ("a busy counter of codes", limiter.SPREAD_SHARDS, _EACH_MONTH["request a code"]),
    ):
        limit, needed = len(shards) * _PARTITION, _peak(units)
        yield f"{len(shards)} partitions: {what}", limit, "writes a second", needed, "shards, in a new index"
