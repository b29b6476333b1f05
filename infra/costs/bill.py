"""The bill of a month: lines with the item of a price, a fixed quantity and one for each active user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.durations import Duration, Unit
from chalicelib.core.periods import PERIODS
from infra.costs import model
from infra.costs.model import Activity
from infra.costs.operations import COUNTED, CountedOperation, idle
from infra.costs.prices import PRICES, Price
from infra.costs.stage import StageParts

_IDLE = "runs with nothing to do"
_MESSAGES = ("sqs.SendMessage", "sqs.SendMessageBatch")  # the latter from the sweep, for one request each
_DAYS = {Unit.DAY: 1, Unit.MONTH: 30, Unit.YEAR: 365}


@dataclass(frozen=True)
class BillLine:
    """A quantity of what a price is for."""

    service: str
    item: str
    fixed: float = 0
    per_user: float = 0

    def dollars(self, users: int, prices: Mapping[str, Price] = PRICES) -> float:
        """The price of a month for so many active users."""
        return (self.fixed + users * self.per_user) * prices[self.item].of_one


def services(lines: Iterable[BillLine], users: int, prices: Mapping[str, Price] = PRICES) -> dict[str, float]:
    """Dollars of a month by service, in the order of the lines."""
    sums: dict[str, float] = {}
    for line in lines:
        sums[line.service] = sums.get(line.service, 0) + line.dollars(users, prices)
    return sums


def lines(stage: StageParts, activities: Sequence[Activity] = model.ACTIVITIES) -> list[BillLine]:
    """All lines of a month."""
    return [
        *_of_requests(stage, activities),
        *_of_functions(stage, activities),
        *_of_tables(stage, activities),
        *_of_messages(stage, activities),
        *_of_stage(stage, activities),
    ]


def runs_of(operation: CountedOperation) -> int:
    """The runs of functions in an operation: each message starts one."""
    return max(1, sum(operation.calls.get(of, 0) for of in _MESSAGES))


def seconds_of(operation: CountedOperation) -> float:
    """The time of an operation, estimated: its calls one after the other, and our CPU time."""
    waiting = sum(
        number * model.MILLISECONDS.get(name, model.OTHER_MILLISECONDS[name.partition(".")[0]])
        for name, number in operation.calls.items()
    )
    return (waiting + runs_of(operation) * model.CPU_MILLISECONDS) / 1000


def requests(activities: Sequence[Activity] = model.ACTIVITIES) -> float:
    """Requests of the gateway for each active user and month."""
    return sum(one.a_month * one.requests for one in activities)


def per_user(of: str, activities: Sequence[Activity] = model.ACTIVITIES) -> float:
    """How often an active user causes a call in a month, such as `sns.Publish`."""
    return sum(one.a_month * COUNTED[one.operation].calls.get(of, 0) for one in activities)


def _of_requests(stage: StageParts, activities: Sequence[Activity]) -> Iterator[BillLine]:
    number = requests(activities)
    yield BillLine("API Gateway", "gateway_requests", per_user=number)
    sent = sum(
        one.a_month * (COUNTED[one.operation].response + one.requests * model.HEADERS) for one in activities
    )
    yield BillLine("Data sent to clients", "sent", per_user=sent)
    yield BillLine("AWS WAF", "waf_lists", fixed=stage.things["waf_lists"])
    yield BillLine("AWS WAF", "waf_rules", fixed=stage.things["waf_rules"])
    yield BillLine("AWS WAF", "waf_requests", per_user=number)


def _of_functions(stage: StageParts, activities: Sequence[Activity]) -> Iterator[BillLine]:
    runs = runs_of_users(activities)
    cold = model.COLD_SHARE * model.COLD_SECONDS
    seconds = sum(
        one.a_month
        * stage.gigabytes[COUNTED[one.operation].function]
        * (seconds_of(COUNTED[one.operation]) + runs_of(COUNTED[one.operation]) * cold)
        for one in activities
    ) + model.VISITS * stage.gigabytes[model.AUTHORIZER] * (model.AUTHORIZER_SECONDS + cold)
    yield BillLine("Lambda", "lambda_requests", per_user=runs)
    yield BillLine("Lambda", "lambda_seconds", per_user=seconds)
    name = f"Lambda: {_IDLE}"
    yield BillLine(name, "lambda_requests", fixed=sum(stage.runs.values()))
    idle_seconds = sum(
        number * stage.gigabytes[job] * (seconds_of(COUNTED[idle(job)]) + cold)
        for job, number in stage.runs.items()
    )
    yield BillLine(name, "lambda_seconds", fixed=idle_seconds)


def runs_of_users(activities: Sequence[Activity] = model.ACTIVITIES) -> float:
    """Runs of functions for each active user and month, the authorizer's included."""
    return model.VISITS + sum(one.a_month * runs_of(COUNTED[one.operation]) for one in activities)


def _of_tables(stage: StageParts, activities: Sequence[Activity]) -> Iterator[BillLine]:
    counted = [(one, COUNTED[one.operation]) for one in activities]
    reads = sum(one.a_month * of.reads for one, of in counted) + sum(model.JOB_READS.values())
    yield BillLine("DynamoDB: reads", "reads", per_user=reads)
    yield BillLine("DynamoDB: writes", "writes", per_user=sum(one.a_month * of.writes for one, of in counted))
    name = f"DynamoDB: {_IDLE}"
    idles = [(number, COUNTED[idle(job)]) for job, number in stage.runs.items()]
    yield BillLine(name, "reads", fixed=sum(number * of.reads for number, of in idles))
    yield BillLine(name, "writes", fixed=sum(number * of.writes for number, of in idles))
    stored = sum(one.a_month * _months(one.kept) * max(0, of.stored) for one, of in counted)
    yield BillLine("DynamoDB: storage", "stored", per_user=stored)
    backed_up = sum(one.a_month * _months(one.kept) * max(0, of.backed_up) for one, of in counted)
    yield BillLine("DynamoDB: point-in-time recovery", "backed_up", per_user=backed_up)


def _months(kept: str) -> float:
    if kept == "account":
        return model.ACCOUNT_MONTHS
    default: Duration = PERIODS[kept].default
    days = HOUR / DAY if default.unit is Unit.HOUR else _DAYS[default.unit]
    return default.count * days / model.DAYS


def _of_messages(stage: StageParts, activities: Sequence[Activity]) -> Iterator[BillLine]:
    sent = sum(per_user(of, activities) for of in _MESSAGES)
    yield BillLine("SQS", "queue_requests", per_user=sent * model.REQUESTS_OF_A_MESSAGE)
    polls = stage.polled_queues * model.POLLS_A_MINUTE * model.DAYS * 24 * 60
    yield BillLine("SQS: polls of empty queues", "queue_requests", fixed=polls)
    yield BillLine("SNS: texts", "texts", per_user=per_user("sns.Publish", activities))
    yield BillLine("SES", "mails", per_user=per_user("sesv2.SendEmail", activities))


def _of_stage(stage: StageParts, activities: Sequence[Activity]) -> Iterator[BillLine]:
    runs, idle_runs = runs_of_users(activities), sum(stage.runs.values())
    for item in ("metrics", "dashboards", "alarms", "composite_alarms"):
        yield BillLine("CloudWatch: metrics, dashboards, alarms", item, fixed=stage.things[item])
    requested = requests(activities)
    logged = requested * model.REQUEST_LOG + (runs - requested) * model.RUN_LOG
    for item in ("logs_written", "logs_stored"):  # for thirty days, `logs.retention_days`
        yield BillLine("CloudWatch: logs", item, fixed=idle_runs * model.RUN_LOG, per_user=logged)
    cold = model.COLD_SHARE
    yield BillLine("KMS", "keys", fixed=stage.things["keys"])
    keys = cold * model.COLD_KEYS
    yield BillLine("KMS", "key_requests", fixed=idle_runs * keys, per_user=runs * keys)
    yield BillLine(
        "KMS", "signatures", fixed=stage.runs["checkpoint_ledger"], per_user=per_user("kms.Sign", activities)
    )
    yield BillLine("Secrets Manager", "secrets", fixed=stage.things["secrets"])
    secrets = cold * model.COLD_SECRETS
    yield BillLine("Secrets Manager", "secret_requests", fixed=idle_runs * secrets, per_user=runs * secrets)
