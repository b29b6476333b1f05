"""Tests the alarms and the conditions under which they fire."""

from __future__ import annotations

import pytest

from chalicelib.core.metrics import Metric
from chalicelib.rights.engine import step
from tests.infra.templates import Template, of_type, plain


@pytest.fixture(scope="module")
def alarms(service: Template) -> dict[str, Template]:
    """Return the properties of each alarm by its name, without the stage."""
    found = (a["Properties"] for a in of_type(service, "AWS::CloudWatch::Alarm").values())
    return {plain(p["AlarmName"]).removeprefix("ru4m-${Stage}-"): p for p in found}


_SWEPT_EVERY = 300  # seconds
_SENT_EVERY = 300  # shards with work due

# Alarms on metrics of AWS itself.
QUEUES = {
    "hooks-dead": "${HooksDead.QueueName}",
    "rights-dead": "${RightsDead.QueueName}",
    "shards-dead": "${ShardsDead.QueueName}",
    "sync-chat-profiles-failures": "${SyncChatProfilesFailures.QueueName}",
}
LOOPS = {
    "work-rights-dropped": "${WorkRights}",
    "transfer-copies-dropped": "${TransferCopies}",
    "erase-accounts-dropped": "${EraseAccounts}",
    "work-on-hooks-dropped": "${WorkOnHooks}",
}
# Alarms on the age of the oldest message.
AGES = {"hooks-waiting": "${HooksQueue.QueueName}"}


def test_every_alarm_is_on_an_existing_metric_and_on_its_own_stage(alarms: dict[str, Template]) -> None:
    known = {metric.label for metric in Metric}
    for name in alarms.keys() - QUEUES.keys() - LOOPS.keys() - AGES.keys():
        alarm = alarms[name]
        assert alarm["MetricName"] in known, name
        assert alarm["Namespace"] == "RU4M", name
        (dimension,) = alarm["Dimensions"]
        assert (dimension["Name"], plain(dimension["Value"])) == ("service", "ru4m-${Stage}"), name


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("ledger-entry-refused", Metric.ENTRY_REFUSED),
        ("checkpoint-archive-damaged", Metric.ARCHIVE_DAMAGED),
        ("consent-evidence-at-risk", Metric.CONSENT_EVIDENCE_AT_RISK),
        ("rights-step-stopped", Metric.RIGHTS_STEP_STOPPED),
        ("rights-evidence-owed", Metric.RIGHTS_EVIDENCE_OWED),
        ("record-unreadable", Metric.RECORD_UNREADABLE),
        ("chat-deletion-unproven", Metric.CHAT_DELETION_UNPROVEN),
        ("erasure-unproven", Metric.ERASURE_UNPROVEN),
        ("held-unreadable", Metric.HELD_UNREADABLE),
        ("hold-unconfirmed", Metric.HOLD_UNCONFIRMED),
        ("hold-upkeep-failed", Metric.HOLD_UPKEEP_FAILED),
        ("stream-user-found-again", Metric.STREAM_USER_FOUND_AGAIN),
        ("stream-orphan-deactivated", Metric.STREAM_ORPHAN_DEACTIVATED),
        ("stream-fields-left", Metric.STREAM_FIELDS_LEFT),
    ],
)
def test_alarm_fires_at_one_finding_and_stays_in_alarm(
    name: str, metric: Metric, alarms: dict[str, Template]
) -> None:
    alarm = alarms[name]
    assert (alarm["MetricName"], alarm["Statistic"]) == (metric.label, "Sum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["EvaluationPeriods"] == 1
    assert alarm["TreatMissingData"] == "ignore"


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("stream-credentials-refused", Metric.STREAM_CREDENTIALS_REFUSED),
        ("mail-sender-refused", Metric.MAIL_SENDER_REFUSED),
        ("code-over-country-budget", Metric.CODE_OVER_COUNTRY_BUDGET),
        ("code-over-budget-in-all", Metric.CODE_OVER_BUDGET_IN_ALL),
    ],
)
def test_alarm_for_refusals_fires_until_no_refusal_is_counted(
    name: str, metric: Metric, alarms: dict[str, Template]
) -> None:
    alarm = alarms[name]
    assert (alarm["MetricName"], alarm["Statistic"]) == (metric.label, "Sum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["EvaluationPeriods"] == 1
    assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.promise("SEC-1")
def test_alarm_fires_after_a_day_without_a_checkpoint(alarms: dict[str, Template]) -> None:
    alarm = alarms["no-checkpoint"]
    assert (alarm["MetricName"], alarm["Statistic"]) == (Metric.CHECKPOINT_MADE.label, "Sum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"
    hours = alarm["Period"] * alarm["EvaluationPeriods"] / 3600
    assert 25 < hours <= 30  # an idle Ledger gets a checkpoint every 24 to 25 hours
    assert alarm["Period"] >= 3600  # only then does CloudWatch look back further than a day


@pytest.mark.promise("STR-5")
def test_alarm_fires_while_reconciliation_waits_for_an_operator(alarms: dict[str, Template]) -> None:
    alarm = alarms["reconciliation-blocked"]
    assert (alarm["MetricName"], alarm["Statistic"]) == (Metric.RECONCILIATION_BLOCKED.label, "Maximum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["TreatMissingData"] == "ignore"


@pytest.mark.promise("STR-6")
def test_alarm_fires_while_a_case_is_open(alarms: dict[str, Template]) -> None:
    alarm = alarms["stream-case-open"]
    assert (alarm["MetricName"], alarm["Statistic"]) == (Metric.STREAM_CASES_OPEN.label, "Maximum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["TreatMissingData"] == "ignore"  # a job that does not run settles nothing
    assert alarm["Period"] >= 3600  # the job runs hourly


@pytest.mark.promise("STR-12")
@pytest.mark.parametrize("name", AGES)
def test_alarm_fires_long_before_a_message_at_stream_is_late(name: str, alarms: dict[str, Template]) -> None:
    alarm = alarms[name]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", "ApproximateAgeOfOldestMessage")
    (dimension,) = alarm["Dimensions"]
    assert (dimension["Name"], plain(dimension["Value"])) == ("QueueName", AGES[name])
    assert 3600 < alarm["Threshold"] <= 6 * 3600  # an event may wait for the end of an hour


@pytest.mark.promise("STR-2")
def test_alarm_fires_at_many_refused_hooks(alarms: dict[str, Template]) -> None:
    alarm = alarms["hook-refused"]
    assert (alarm["MetricName"], alarm["Statistic"]) == (Metric.HOOK_REFUSED.label, "Sum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 100)
    assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.promise("STR-5")
def test_alarm_fires_if_no_run_of_reconciliation_reads_everything(alarms: dict[str, Template]) -> None:
    alarm = alarms["no-reconciliation"]
    assert (alarm["MetricName"], alarm["Statistic"]) == (Metric.RECONCILIATION_DONE.label, "Sum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 6 * 3600  # Stream may be down for a while


@pytest.mark.promise("STR-3")
@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("chat-settings-drifted", Metric.CHAT_SETTINGS_DRIFTED),
        ("chat-settings-unverified", Metric.CHAT_SETTINGS_UNVERIFIED),
    ],
)
def test_alarm_fires_until_a_check_finds_no_such_setting(
    name: str, metric: Metric, alarms: dict[str, Template]
) -> None:
    alarm = alarms[name]
    assert (alarm["MetricName"], alarm["Statistic"]) == (metric.label, "Maximum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["TreatMissingData"] == "ignore"  # a check that does not run resolves nothing


@pytest.mark.promise("STR-3")
def test_alarm_fires_after_a_day_without_a_check_of_settings(alarms: dict[str, Template]) -> None:
    alarm = alarms["no-chat-settings-check"]
    # A check that finds nothing emits zero.
    assert (alarm["MetricName"], alarm["Statistic"]) == (Metric.CHAT_SETTINGS_DRIFTED.label, "SampleCount")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"
    assert 25 < alarm["Period"] * alarm["EvaluationPeriods"] / 3600 <= 30
    assert alarm["Period"] >= 3600  # only then does CloudWatch look back further than a day


@pytest.mark.promise("RET-2")
def test_alarm_fires_if_no_run_of_the_purge_reads_everything(alarms: dict[str, Template]) -> None:
    alarm = alarms["no-purge"]
    assert (alarm["MetricName"], alarm["Statistic"]) == (Metric.PURGE_DONE.label, "Sum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Period"] * alarm["EvaluationPeriods"] >= 4 * 900  # a large backlog takes several runs


@pytest.mark.promise("RET-2")
@pytest.mark.parametrize(
    ("name", "metric", "threshold"),
    [
        ("expired-data-present", Metric.PURGE_OLDEST_MINUTES, 48 * 60),
        ("purge-over-budget", Metric.PURGE_OVER_BUDGET, 0),
    ],
)
def test_alarm_fires_on_the_figures_of_the_newest_run_of_the_purge(
    name: str, metric: Metric, threshold: int, alarms: dict[str, Template]
) -> None:
    alarm = alarms[name]
    assert (alarm["MetricName"], alarm["Statistic"]) == (metric.label, "Maximum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", threshold)
    assert alarm["Period"] == 900  # one run
    assert alarm["TreatMissingData"] == "ignore"  # a purge that does not run resolves nothing


@pytest.mark.promise("RET-4")
def test_alarm_fires_at_an_overdue_usage_day_and_without_a_complete_run(alarms: dict[str, Template]) -> None:
    alarm = alarms["usage-days-overdue"]
    assert (alarm["MetricName"], alarm["Statistic"]) == (Metric.USAGE_DAYS_OVERDUE.label, "Maximum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["TreatMissingData"] == "breaching"  # a killed run emits no figure
    assert alarm["Period"] >= 3600  # runs are hourly


@pytest.mark.promise("RGT-10")
def test_alarm_fires_until_no_answer_is_overdue(alarms: dict[str, Template]) -> None:
    alarm = alarms["rights-overdue"]
    assert (alarm["MetricName"], alarm["Statistic"]) == (Metric.RIGHTS_OVERDUE.label, "Maximum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["TreatMissingData"] == "ignore"  # a sweep that does not run resolves nothing


@pytest.mark.promise("RGT-10")
def test_alarm_fires_if_an_answer_is_due_within_three_days(alarms: dict[str, Template]) -> None:
    alarm = alarms["rights-due-soon"]
    assert (alarm["MetricName"], alarm["Statistic"]) == (Metric.RIGHTS_DAYS_TO_DEADLINE.label, "Minimum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 3)
    assert alarm["TreatMissingData"] == "notBreaching"  # nothing is open
    assert alarm["Period"] >= 2 * _SWEPT_EVERY  # a shorter period would have no data between two sweeps


@pytest.mark.promise("RGT-10")
def test_alarm_fires_after_half_an_hour_without_a_sweep(alarms: dict[str, Template]) -> None:
    alarm = alarms["no-rights-sweep"]
    # The number of emissions counts, not their value: without open requests a sweep emits zero.
    assert (alarm["MetricName"], alarm["Statistic"]) == (Metric.RIGHTS_OPEN.label, "SampleCount")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 6 * _SWEPT_EVERY


@pytest.mark.promise("RET-3")
def test_alarm_fires_after_an_hour_without_a_run_that_pins_held_records(alarms: dict[str, Template]) -> None:
    alarm = alarms["no-hold-upkeep"]
    assert (alarm["MetricName"], alarm["Statistic"]) == (Metric.HOLD_UPKEEP_DONE.label, "SampleCount")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 3600


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("name", QUEUES)
def test_alarm_fires_at_a_message_in_a_dead_letter_queue(name: str, alarms: dict[str, Template]) -> None:
    alarm = alarms[name]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    (dimension,) = alarm["Dimensions"]
    assert (dimension["Name"], plain(dimension["Value"])) == ("QueueName", QUEUES[name])
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


@pytest.mark.parametrize(
    ("name", "metric", "every"),
    [
        ("no-announcing", Metric.NOTICE_SHARDS_DUE, 300),
        ("no-consent-renewal", Metric.CONSENT_SHARDS_DUE, 300),
        ("no-code-history", Metric.CODE_HISTORY_RECORDED, 3600),
    ],
)
def test_alarm_fires_if_no_run_of_a_job_ends_for_hours(
    name: str, metric: Metric, every: int, alarms: dict[str, Template]
) -> None:
    alarm = alarms[name]
    assert (alarm["MetricName"], alarm["Statistic"]) == (metric.label, "SampleCount")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Period"] >= every
    assert alarm["Period"] * alarm["EvaluationPeriods"] == max(6 * every, 3600)


@pytest.mark.promise("NOT-1")
@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("notice-shard-abandoned", Metric.NOTICE_SHARDS_ABANDONED),
        ("consent-shard-abandoned", Metric.CONSENT_SHARDS_ABANDONED),
    ],
)
def test_alarm_fires_if_workers_are_killed_for_an_hour(
    name: str, metric: Metric, alarms: dict[str, Template]
) -> None:
    alarm = alarms[name]
    assert (alarm["MetricName"], alarm["Statistic"]) == (metric.label, "Maximum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    # A killed worker's lease hides its shard from every second run of the schedule.
    assert alarm["Period"] > 2 * _SENT_EVERY
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 3600


@pytest.mark.promise("NOT-1")
@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("announcing-stands-still", Metric.NOTICE_STANDSTILL_MINUTES),
        ("renewal-stands-still", Metric.CONSENT_STANDSTILL_MINUTES),
    ],
)
def test_alarm_fires_if_shards_are_due_and_no_worker_began_one_for_an_hour(
    name: str, metric: Metric, alarms: dict[str, Template]
) -> None:
    alarm = alarms[name]
    assert (alarm["MetricName"], alarm["Statistic"]) == (metric.label, "Minimum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 60)
    # One figure of work that begins after a pause is not enough.
    assert alarm["Period"] > 2 * _SENT_EVERY
    assert alarm["TreatMissingData"] == "notBreaching"  # another alarm fires if the schedule does not run


@pytest.mark.promise("RGT-10")
def test_alarm_fires_if_a_service_is_silent_for_two_hours(alarms: dict[str, Template]) -> None:
    alarm = alarms["rights-unreachable"]
    assert (alarm["MetricName"], alarm["Statistic"]) == (Metric.RIGHTS_UNREACHABLE_MINUTES.label, "Maximum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 120)
    assert alarm["TreatMissingData"] == "notBreaching"  # the service answers again
    assert alarm["Period"] >= 2 * step.LONGEST_LOOK.total_seconds()  # each period contains a poll


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("name", LOOPS)
def test_alarm_fires_if_lambda_drops_a_message_as_a_loop(name: str, alarms: dict[str, Template]) -> None:
    alarm = alarms[name]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "RecursiveInvocationsDropped")
    (dimension,) = alarm["Dimensions"]
    assert (dimension["Name"], plain(dimension["Value"])) == ("FunctionName", LOOPS[name])
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("rights-duty-failed", Metric.RIGHTS_DUTY_FAILED),
        ("rights-relay-ended", Metric.RIGHTS_RELAY_ENDED),
    ],
)
def test_alarm_fires_if_a_duty_fails_or_a_chain_of_messages_ends(
    name: str, metric: Metric, alarms: dict[str, Template]
) -> None:
    assert (alarms[name]["MetricName"], alarms[name]["Statistic"]) == (metric.label, "Sum")
