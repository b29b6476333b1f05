"""Tests the costs of a month, and what ends first: the page, the prices, and what each row depends on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from infra.build import Package
from infra.costs import bill, model
from infra.costs.ceilings import ceilings
from infra.costs.operations import COUNTED
from infra.costs.page import PAGE, written
from infra.costs.prices import PRICES
from infra.costs.stage import StageParts
from tests.infra.templates import Template

REQUESTED = {
    "API Gateway", "Data sent to clients", "AWS WAF", "Lambda", "CloudWatch: logs", "KMS", "Secrets Manager",
}  # fmt: skip
READS, WRITES, STORAGE = "DynamoDB: reads", "DynamoDB: writes", "DynamoDB: storage"
RECOVERY, IDLE_TABLES = "DynamoDB: point-in-time recovery", "DynamoDB: runs with nothing to do"
IDLE_RUNS, POLLS = "Lambda: runs with nothing to do", "SQS: polls of empty queues"
WATCHING = "CloudWatch: metrics, dashboards, alarms"

OF_PRICES = {
    "gateway_requests": {"API Gateway"},
    "lambda_requests": {"Lambda", IDLE_RUNS},
    "lambda_seconds": {"Lambda", IDLE_RUNS},
    "reads": {READS, IDLE_TABLES},
    "writes": {WRITES, IDLE_TABLES},
    "stored": {STORAGE},
    "backed_up": {RECOVERY},
    "queue_requests": {"SQS", POLLS},
    "texts": {"SNS: texts"},
    "mails": {"SES"},
    "metrics": {WATCHING},
    "dashboards": {WATCHING},
    "alarms": {WATCHING},
    "composite_alarms": {WATCHING},
    "logs_written": {"CloudWatch: logs"},
    "logs_stored": {"CloudWatch: logs"},
    "keys": {"KMS"},
    "key_requests": {"KMS"},
    "signatures": {"KMS"},
    "secrets": {"Secrets Manager"},
    "secret_requests": {"Secrets Manager"},
    "waf_lists": {"AWS WAF"},
    "waf_rules": {"AWS WAF"},
    "waf_requests": {"AWS WAF"},
    "sent": {"Data sent to clients"},
}
OF_OPERATIONS = {
    "read announcements": REQUESTED | {READS},
    "request a code": REQUESTED | {WRITES, STORAGE, "SNS: texts"},
    "send a profile to stream": REQUESTED - {"API Gateway", "Data sent to clients", "AWS WAF"}
    | {READS, WRITES},
    "submit 25 events": REQUESTED | {READS, WRITES, STORAGE},
    "verify an address": REQUESTED | {READS, WRITES, STORAGE, RECOVERY, "SNS: texts", "SES"},
    "answer an access request": REQUESTED | {READS, WRITES, STORAGE, RECOVERY, "SES", "SQS"},
}
USERS = 100_000


@pytest.fixture(scope="module")
def stage(package: Package) -> StageParts:
    return StageParts.of(package)


def changed(before: dict[str, float], after: dict[str, float]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_page_of_limits_has_the_generated_parts(stage: StageParts) -> None:
    assert PAGE.read_text() == written(PAGE.read_text(), stage), "run `make generate`"
    for part in ("dollars a month | 1,000 | 100,000 | 1,000,000", "| what ends |", "| operation |"):
        assert PAGE.read_text().count(part) == 1


@pytest.mark.parametrize("item", PRICES)
def test_doubled_price_changes_exactly_the_rows_that_depend_on_it(stage: StageParts, item: str) -> None:
    lines = bill.lines(stage)
    doubled = PRICES[item].model_copy(update={"dollars": 2 * PRICES[item].dollars})
    before, after = bill.services(lines, USERS), bill.services(lines, USERS, {**PRICES, item: doubled})
    assert changed(before, after) == OF_PRICES[item]


@pytest.mark.parametrize("operation", OF_OPERATIONS)
def test_doubled_operation_changes_exactly_the_rows_that_depend_on_it(
    stage: StageParts, operation: str
) -> None:
    doubled = [
        replace(one, a_month=2 * one.a_month) if one.operation == operation else one
        for one in model.ACTIVITIES
    ]
    before = bill.services(bill.lines(stage), USERS)
    assert changed(before, bill.services(bill.lines(stage, doubled), USERS)) == OF_OPERATIONS[operation]


def test_every_operation_is_counted_and_every_schedule_has_its_idle_run(stage: StageParts) -> None:
    idle = {name for name in COUNTED if name.startswith("idle: ")}
    assert [one.operation for one in model.ACTIVITIES] == [name for name in COUNTED if name not in idle]
    assert idle == {f"idle: {job}" for job in stage.runs}
    assert {one.function for one in COUNTED.values()} <= stage.gigabytes.keys()


def test_functions_of_requests_are_those_that_answer_clients(stage: StageParts) -> None:
    for one in model.ACTIVITIES:
        of_worker = one.operation in {"answer an access request", "erase an account"}
        serving = COUNTED[one.operation].function in stage.serving
        assert (one.requests > 0) == (serving or of_worker), one.operation


def test_stage_without_users_pays_for_schedules_polls_and_what_it_has(stage: StageParts) -> None:
    paid = {name for name, dollars in bill.services(bill.lines(stage), 0).items() if dollars}
    assert paid == {
        IDLE_RUNS,
        IDLE_TABLES,
        POLLS,
        WATCHING,
        "AWS WAF",
        "KMS",
        "Secrets Manager",
        "CloudWatch: logs",
    }


def test_schedules_and_queues_are_counted_from_the_template(stage: StageParts) -> None:
    assert stage.runs["send_unsent"] == 30 * 24 * 60
    assert stage.runs["check_chat_settings"] == 30
    assert stage.polled_queues == 10


def test_prices_have_a_source_and_a_day_or_are_unverified() -> None:
    for price in PRICES.values():
        if price.is_verified:
            assert price.source.startswith("https://"), price.item
            assert date.fromisoformat(price.read_on) <= date.today(), price.item  # noqa: DTZ011
        else:
            assert price.read_on == "", price.item


def test_ceilings_begin_with_the_one_that_fewest_users_reach(stage: StageParts) -> None:
    found = ceilings(stage)
    assert [one.users for one in found] == sorted(one.users for one in found)
    assert all(one.users > 0 and one.remedy for one in found)


def test_ceilings_of_the_gateway_are_the_defaults_of_the_template(
    stage: StageParts, service: Template
) -> None:
    limits = {one.what.split(",")[0]: one.limit for one in ceilings(stage)}
    for setting, parameter in (("rate", "ThrottlingRate"), ("public_rate", "PublicThrottlingRate")):
        assert limits[f"`gateway.{setting}`"] == service["Parameters"][parameter]["Default"]
