"""Tests the alarms: the table, the template made from it, and the conditions under which they fire."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from chalicelib.core.chain.checkpoint_run import SETTLE
from chalicelib.core.metrics import OTHER, Dimension, Metric
from chalicelib.privacy import unsent
from chalicelib.rights.engine import step
from infra.template.alarm_rows import AlarmRow
from infra.template.alarm_table import ALARMS, SEVERITIES
from infra.template.alarms import rule
from tests.infra.templates import Template, listed, of_type, plain
from tests.support.clouds import emitted_metrics

ROOT = Path(__file__).parent.parent.parent
ROWS = {row.name: row for row in ALARMS}
_DAY = 24 * 3600
_SWEPT_EVERY = 300  # seconds
_SENT_EVERY = 300  # shards with work due


@pytest.fixture(scope="module")
def alarms(service: Template) -> dict[str, Template]:
    """Return the properties of each alarm by its name, without the stage."""
    found = (a["Properties"] for a in of_type(service, "AWS::CloudWatch::Alarm").values())
    return {plain(p["AlarmName"]).removeprefix("ru4m-${Stage}-"): p for p in found}


@pytest.fixture(scope="module")
def composite(service: Template) -> Template:
    (found,) = of_type(service, "AWS::CloudWatch::CompositeAlarm").values()
    return found


# Alarms while which a promise is broken. A change of this list is a change of what we call broken.
BROKEN = {
    "checkpoint-archive-damaged": "RGT-10",
    "ledger-entry-refused": "RGT-10",
    "rights-overdue": "RGT-10",
    "erasure-unproven": "RGT-3",
    "objection-unweighed": "RGT-5",
    "breach-overdue": "SEC-4",
    "report-overdue": "SAF-1",
    "breach-notices-unbegun": "SEC-4",
    "held-unreadable": "RGT-3",
    "expired-data-present": "RET-1",
    "key-backup-left": "RGT-3",
    "chat-settings-drifted": "STR-3",
    "stream-user-found-again": "STR-5",
    "sync-lag": "STR-3",
    "hooks-dead": "STR-12",
}


def test_template_has_each_alarm_of_the_table_once(alarms: dict[str, Template]) -> None:
    assert [name for name, number in Counter(row.name for row in ALARMS).items() if number > 1] == []
    assert alarms.keys() == ROWS.keys()


def whole_metric_of(alarm: Template) -> Template:
    """An alarm on a difference, as it is on the emulator; another alarm as it is."""
    return {name: value["Fn::If"][2] if _is_choice(value) else value for name, value in alarm.items()}


def _is_choice(value: object) -> bool:
    return isinstance(value, dict) and "Fn::If" in value


def test_refused_tokens_do_not_count_as_failed_runs(alarms: dict[str, Template]) -> None:
    whole, one, rest = alarms["function-errors"]["Metrics"]["Fn::If"][1]
    assert one["MetricStat"]["Metric"]["Dimensions"] == [
        {"Name": "FunctionName", "Value": {"Ref": "AccessToken"}}
    ]
    assert (whole["ReturnData"], one["ReturnData"]) == (False, False)
    assert rest["Expression"] == "whole - FILL(one, 0)"


@pytest.mark.parametrize("row", ALARMS, ids=ROWS)
def test_alarm_in_the_template_is_as_in_the_table(row: AlarmRow, alarms: dict[str, Template]) -> None:
    alarm = whole_metric_of(alarms[row.name])
    assert (alarm["Namespace"], alarm["MetricName"]) == (row.namespace, row.metric)
    assert {one["Name"]: plain(one["Value"]) for one in alarm["Dimensions"]} == {
        name: plain(value) for name, value in row.dimensions.items()
    }
    statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
    threshold = {"Ref": row.parameter} if row.parameter else row.threshold
    assert (statistic, alarm["Threshold"], alarm["ComparisonOperator"]) == (
        row.statistic, threshold, row.comparison,
    )  # fmt: skip
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (row.period, row.periods)
    assert alarm["DatapointsToAlarm"] == (row.datapoints or row.periods)
    assert alarm["TreatMissingData"] == row.missing


@pytest.mark.parametrize("row", ALARMS, ids=ROWS)
def test_cloudwatch_accepts_the_periods(row: AlarmRow) -> None:
    """CloudWatch looks back a day at most, or seven days with periods of an hour or longer."""
    assert row.period % 60 == 0
    assert row.period * row.periods <= (7 * _DAY if row.period >= 3600 else _DAY)


@pytest.mark.parametrize("row", ALARMS, ids=ROWS)
def test_no_alarm_latches(row: AlarmRow) -> None:
    """A counter is not emitted when it is zero, and ends by missing data; a gauge is emitted then too."""
    if row.missing == "ignore":
        assert row.statistic == "Maximum"
        assert row.metric in {metric.label for metric in emitted_metrics.gauges()}
    if row.statistic == "Sum":
        assert row.missing == "notBreaching"


def test_each_metric_of_an_alarm_is_in_the_registry_and_emitted_by_code() -> None:
    ours = {row.metric for row in ALARMS if row.namespace == "RU4M"}
    assert ours - {metric.label for metric in Metric} == set()
    assert ours - {metric.label for metric in emitted_metrics.named()} == set()


def test_alarms_read_the_metrics_of_their_own_stage(service: Template) -> None:
    for row in ALARMS:
        match row.namespace:
            case "RU4M":
                assert {name: plain(value) for name, value in row.dimensions.items()} == {
                    "service": "ru4m-${Stage}"
                }
            case "AWS/SQS":
                (queue,) = (plain(value) for value in row.dimensions.values())
                logical = queue.removeprefix("${").removesuffix(".QueueName}")
                assert service["Resources"][logical]["Type"] == "AWS::SQS::Queue"
            case "AWS/Lambda" if row.dimensions:
                (function,) = (plain(value) for value in row.dimensions.values())
                logical = function.removeprefix("${").removesuffix("}")
                assert service["Resources"][logical]["Type"] == "AWS::Serverless::Function"
            case "AWS/ApiGateway":
                name = service["Resources"]["RestAPI"]["Properties"]["Name"]
                assert plain(row.dimensions["ApiName"]) == plain(name)


# --- what is watched


def test_each_queue_has_an_alarm(service: Template) -> None:
    """On its depth if it takes what failed, on the age of its oldest message if a worker reads it."""
    depth, age = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"
    watched = {
        (row.metric, plain(value).removeprefix("${").removesuffix(".QueueName}"))
        for row in ALARMS
        if row.namespace == "AWS/SQS"
        for value in row.dimensions.values()
    }
    queues = of_type(service, "AWS::SQS::Queue")
    failed = {name for name, queue in queues.items() if "RedrivePolicy" not in queue["Properties"]}
    assert watched == {(depth, name) for name in failed} | {(age, name) for name in queues.keys() - failed}


def test_message_waits_shorter_than_it_is_kept_before_its_alarm_fires(service: Template) -> None:
    for row in ALARMS:
        if row.metric == "ApproximateAgeOfOldestMessage":
            (value,) = row.dimensions.values()
            logical = plain(value).removeprefix("${").removesuffix(".QueueName}")
            kept = service["Resources"][logical]["Properties"]["MessageRetentionPeriod"]
            assert row.threshold <= kept / 1.3, row.name


def test_each_scheduled_job_has_an_alarm_if_it_is_missing(functions: dict[str, Template]) -> None:
    scheduled = {
        name: event["Properties"]["Schedule"]
        for name, properties in functions.items()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "Schedule"
    }
    missing = {row.job: row for row in ALARMS if row.job}
    assert missing.keys() == scheduled.keys()
    for job, row in missing.items():
        assert (row.statistic, row.threshold, row.comparison) == ("SampleCount", 1, "LessThanThreshold")
        assert row.missing == "breaching"
        # One late run is no alarm.
        assert row.period * row.periods > 1.1 * _seconds(scheduled[job]), row.name


def _seconds(schedule: str) -> int:
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", schedule)
    assert found, schedule
    return int(found[1]) * {"minute": 60, "hour": 3600, "day": _DAY}[found[2]]


def test_lambda_may_drop_messages_of_no_worker_without_an_alarm(functions: dict[str, Template]) -> None:
    loops = {name for name, properties in functions.items() if properties.get("RecursiveLoop") == "Allow"}
    watched = {row.name for row in ALARMS if row.metric == "RecursiveInvocationsDropped"}
    assert watched == {f"{name.replace('_', '-')}-dropped" for name in loops}


# --- the receivers


@pytest.mark.parametrize("name", [*ROWS, "promise-broken"])
def test_each_alarm_notifies_on_its_own(name: str, alarms: dict[str, Template], composite: Template) -> None:
    alarm = alarms.get(name) or composite["Properties"]
    receivers = ["${AlarmTopic}", "${OtherAlarmTopic} if WithOtherAlarmTopic"]
    assert listed(alarm["AlarmActions"]) == receivers
    assert listed(alarm["OKActions"]) == receivers
    assert alarm.get("ActionsEnabled", True) is True


def test_cloudwatch_and_ses_may_use_the_key_of_the_topics(service: Template) -> None:
    """A key that does not admit the sender loses every message, without an error."""
    for name in ("AlarmTopic", "MailTopic"):
        topic = service["Resources"][name]["Properties"]
        assert plain(topic["KmsMasterKeyId"]) == "${TopicKey.Arn}"
    statements = service["Resources"]["TopicKey"]["Properties"]["KeyPolicy"]["Statement"]
    senders = {"Service": ["cloudwatch.amazonaws.com", "ses.amazonaws.com"]}
    (admits,) = (one for one in statements if one["Principal"] == senders)
    assert admits["Effect"] == "Allow"
    assert admits["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    (publishes,) = service["Resources"]["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert publishes["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert publishes["Action"] == "sns:Publish"
    for one in (admits, publishes):
        assert plain(one["Condition"]["StringEquals"]["aws:SourceAccount"]) == "${AWS::AccountId}"


# --- the composite


def test_composite_is_of_the_alarms_that_mean_a_broken_promise() -> None:
    assert {row.name: row.breaks for row in ALARMS if row.breaks} == BROKEN
    promises = (ROOT / "docs" / "promises.yaml").read_text()
    assert [one for one in BROKEN.values() if f"  {one}:" not in promises] == []


def test_severities_name_alarms_that_exist() -> None:
    """A name that no row has would leave its alarm at the severity of all others."""
    assert set().union(*SEVERITIES.values()) - ROWS.keys() == set()


def test_broken_promise_does_not_wait_for_the_week() -> None:
    assert [row.name for row in ALARMS if row.breaks and row.severity == "this week"] == []


def test_composite_fires_at_any_of_them_and_is_made_after_them(
    service: Template, composite: Template
) -> None:
    properties = composite["Properties"]
    assert plain(properties["AlarmName"]) == "ru4m-${Stage}-promise-broken"
    named = re.findall(r'ALARM\("ru4m-\$\{Stage\}-([a-z-]+)"\)', rule(ALARMS))
    assert named == [row.name for row in ALARMS if row.breaks]
    assert plain(properties["AlarmRule"]) == rule(ALARMS)
    assert set(re.sub(r'ALARM\("[^"]+"\)', "", rule(ALARMS)).split()) == {"OR"}
    assert len(rule(ALARMS)) < 10_000  # CloudWatch's limit is 10,240
    made = {name for name, row in ((one.logical_id, one) for one in ALARMS) if row.breaks}
    assert {*composite["DependsOn"]} == made
    assert made <= service["Resources"].keys()


# --- conditions that have a reason


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    "name",
    [
        "ledger-entry-refused",
        "consent-evidence-at-risk",
        "rights-evidence-owed",
        "record-unreadable",
        "chat-deletion-unproven",
        "held-unreadable",
        "hold-unconfirmed",
        "stream-user-found-again",
        "stream-orphan-deactivated",
        "stream-fields-left",
        "objection-unweighed",
    ],
)
def test_alarm_fires_at_one_finding_and_ends_a_day_after_the_last(name: str) -> None:
    row = ROWS[name]
    assert (row.statistic, row.comparison, row.threshold) == ("Sum", "GreaterThanThreshold", 0)
    assert row.period * row.periods == _DAY
    assert (row.datapoints, row.missing) == (1, "notBreaching")


@pytest.mark.parametrize(
    ("name", "above"),
    [
        ("rights-overdue", 0),
        ("rights-step-stopped", 0),
        ("erasure-unproven", 0),
        ("expired-data-present", 48 * 60),
        ("expired-data-an-hour", 60),
        ("purge-over-budget", 0),
        ("hold-upkeep-failed", 0),
        ("usage-days-overdue", 0),
        ("checkpoint-archive-damaged", 0),
        ("chat-settings-drifted", 0),
        ("review-due", 0),
        ("chat-settings-unverified", 0),
        ("reconciliation-blocked", 0),
        ("idle-accounts-blocked", 0),
        ("stream-case-open", 0),
        ("stream-case-too-old", 7),
        ("codes-unverified", 0),
    ],
)
def test_alarm_stays_until_a_run_of_the_job_finds_nothing(name: str, above: int) -> None:
    row = ROWS[name]
    assert (row.statistic, row.comparison, row.threshold) == ("Maximum", "GreaterThanThreshold", above)
    assert row.missing == "ignore"  # a job that does not run settles nothing


@pytest.mark.promise("STR-3")
@pytest.mark.parametrize("name", ["chat-settings-drifted", "chat-settings-unverified"])
def test_check_a_minute_after_another_ends_the_alarm(name: str) -> None:
    """In the period of the check before, the maximum hides a zero, and the next check is a day away."""
    assert ROWS[name].period == 60


def test_expired_data_of_an_hour_fires_only_if_several_runs_find_it() -> None:
    row = ROWS["expired-data-an-hour"]
    assert (row.period, row.periods) == (900, 3)  # a run finds what ended up to an hour before


@pytest.mark.promise("SEC-1")
def test_alarm_fires_after_a_day_without_a_checkpoint() -> None:
    hours = ROWS["no-checkpoint"].period * ROWS["no-checkpoint"].periods / 3600
    assert 25 < hours <= 30  # an idle Ledger gets a checkpoint every 24 to 25 hours


@pytest.mark.promise("SEC-1")
def test_alarm_fires_if_entries_wait_for_a_checkpoint_or_no_run_says_how_long() -> None:
    row = ROWS["checkpoints-behind"]
    assert (row.statistic, row.comparison, row.missing) == ("Maximum", "GreaterThanThreshold", "breaching")
    longest = SETTLE.total_seconds() + 3600  # an entry that has just not settled waits for the next run
    assert isinstance(row.threshold, int)
    assert row.threshold > longest
    assert (row.period, row.periods) == (3600, 3)  # a late run leaves one hour without data


@pytest.mark.promise("RGT-10")
def test_alarm_fires_if_an_answer_is_due_within_three_days() -> None:
    row = ROWS["rights-due-soon"]
    assert (row.statistic, row.comparison, row.threshold) == ("Minimum", "LessThanThreshold", 3)
    assert row.missing == "notBreaching"  # nothing is open
    assert row.period >= 2 * _SWEPT_EVERY  # a shorter period would have no data between two sweeps


@pytest.mark.promise("RGT-10")
def test_alarm_fires_after_half_an_hour_without_a_sweep() -> None:
    row = ROWS["no-rights-sweep"]
    assert row.period * row.periods == 6 * _SWEPT_EVERY


@pytest.mark.promise("NOT-1", "RGT-7")
@pytest.mark.parametrize("name", ["notice-shard-abandoned", "consent-shard-abandoned"])
def test_alarm_fires_if_workers_are_killed_for_an_hour(name: str) -> None:
    row = ROWS[name]
    # A killed worker's lease hides its shard from every second run of the schedule.
    assert row.period > 2 * _SENT_EVERY
    assert row.period * row.periods == 3600
    assert row.statistic == "Maximum"


@pytest.mark.promise("NOT-1", "RGT-7")
@pytest.mark.parametrize("name", ["announcing-stands-still", "renewal-stands-still"])
def test_alarm_fires_if_shards_are_due_and_no_worker_began_one_for_an_hour(name: str) -> None:
    row = ROWS[name]
    assert (row.statistic, row.threshold) == ("Minimum", 60)
    # One figure of work that begins after a pause is not enough.
    assert row.period > 2 * _SENT_EVERY
    assert row.missing == "notBreaching"  # another alarm fires if the schedule does not run


@pytest.mark.promise("RGT-10")
def test_alarm_fires_if_a_service_is_silent_for_two_hours() -> None:
    row = ROWS["rights-unreachable"]
    assert (row.statistic, row.threshold) == ("Maximum", 119)  # minutes, more than
    assert row.missing == "notBreaching"  # the service answers again
    assert row.period >= 2 * step.LONGEST_LOOK.total_seconds()  # each period contains a poll


@pytest.mark.promise("STR-12")
def test_alarm_fires_long_before_a_message_at_stream_is_late() -> None:
    threshold = ROWS["hooks-waiting"].threshold
    assert isinstance(threshold, int)
    assert 3600 < threshold <= 6 * 3600  # an event may wait for the end of an hour


@pytest.mark.promise("STR-2")
def test_alarm_fires_at_many_refused_hooks() -> None:
    row = ROWS["hook-refused"]
    assert (row.statistic, row.threshold, row.period) == ("Sum", 100, 3600)


@pytest.mark.promise("STR-5")
def test_alarm_fires_if_no_run_of_reconciliation_reads_everything() -> None:
    row = ROWS["no-reconciliation"]
    assert row.period * row.periods == 6 * 3600  # Stream may be down for a while


@pytest.mark.promise("STR-3")
def test_alarm_fires_if_stream_does_not_take_a_row_for_a_quarter_of_an_hour() -> None:
    row = ROWS["sync-lag"]
    assert (row.metric, row.threshold) == (Metric.CHAT_SYNC_LAG.label, 15 * 60)
    # A row that fails is tried, and so counted, once in the longest wait.
    assert row.period >= 2 * unsent._LONGEST_WAIT.total_seconds()


def test_alarm_fires_before_the_monthly_limit_of_texts(service: Template) -> None:
    row = ROWS["texts-spent"]
    assert (row.namespace, row.metric, row.dimensions) == ("AWS/SNS", "SMSMonthToDateSpentUSD", {})
    assert (row.statistic, row.comparison, row.missing) == ("Maximum", "GreaterThanThreshold", "notBreaching")
    assert row.parameter in service["Parameters"]


def test_alarm_of_each_country_with_users_judges_what_its_carriers_confirm() -> None:
    rows = {row.country: row for row in ALARMS if row.country}
    assert {*rows, OTHER} == {*Dimension.COUNTRY.values}
    for country, row in rows.items():
        assert (row.name, row.section) == (f"texts-undelivered-{country.lower()}", "texts-undelivered")
        assert row.dimensions == {"Country": country, "SMSType": "Transactional"}
        assert (row.statistic, row.comparison, row.threshold) == ("Average", "LessThanThreshold", 0.7)
