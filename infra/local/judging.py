"""Judges alarms inside the emulator as CloudWatch does, whenever states are read or metrics are put.

ministack mixes all dimensions of a metric, aggregates over all periods, ignores missing data, and has no
metrics of queues. So one filled queue would fire the alarms of all, and no alarm on a missing job would fire.
This replaces the function that judges one alarm. It judges each alarm by its own dimensions and periods, and
takes depth and age of a queue from the queue itself.

There is one difference, because jobs of a local cloud run by hand, seconds apart: of a figure whose missing
data is ignored, each emission counts as a period. On AWS the runs of a job are periods apart.

Loaded by path in the emulator's own Python (infra/local/draining.py), which has none of our packages.
"""

import time
from collections.abc import Callable
from typing import Any

_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": lambda value, limit: value > limit,
    "GreaterThanOrEqualToThreshold": lambda value, limit: value >= limit,
    "LessThanThreshold": lambda value, limit: value < limit,
    "LessThanOrEqualToThreshold": lambda value, limit: value <= limit,
}
_MISSING = {"breaching": True, "notBreaching": False}

Points = list[dict[str, Any]]


def install(cloudwatch: Any, sqs: Any) -> None:  # noqa: ANN401 - ministack's own modules
    """Replace the judging of one alarm, and judge all before their states are described."""
    describe = cloudwatch._describe_alarms

    def judge(alarm: dict[str, Any]) -> None:
        if alarm.get("Namespace") and alarm.get("MetricName"):
            state = judged(alarm, _points(cloudwatch, sqs, alarm), time.time(), _statistic(cloudwatch))
            _transition(cloudwatch, alarm, state)

    def describe_judged(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - ministack's own
        cloudwatch._evaluate_all_alarms()
        return describe(*args, **named)

    cloudwatch._evaluate_alarm = judge
    cloudwatch._describe_alarms = describe_judged


def _statistic(cloudwatch: Any) -> Callable[[dict[str, Any], Points], float | None]:  # noqa: ANN401
    """The value of the alarm's statistic over some points, as ministack calculates it."""

    def value(alarm: dict[str, Any], points: Points) -> float | None:
        name = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
        found: float | None = cloudwatch._stat_value(cloudwatch._calc_stats(points), name, points)
        return found

    return value


def judged(
    alarm: dict[str, Any],
    points: Points,
    now: float,
    statistic: Callable[[dict[str, Any], Points], float | None],
) -> str | None:
    """The state of an alarm by the points of its metric; None if it keeps its state."""
    number = int(alarm.get("EvaluationPeriods", 1))
    needed = int(alarm.get("DatapointsToAlarm") or number)
    missing = alarm.get("TreatMissingData", "missing")
    if missing == "ignore":
        values = [statistic(alarm, emission) for emission in _emissions(points)[-number:]]
        if len(values) < needed:
            return "OK" if values and not _breaches(alarm, values[-1]) else None
        return "ALARM" if sum(_breaches(alarm, one) for one in values) >= needed else "OK"
    period = float(alarm.get("Period", 60))
    breaching = 0
    for place in range(number):
        end = now - place * period
        within = [one for one in points if end - period < one["Timestamp"] <= end]
        value = statistic(alarm, within) if within else None
        breaching += _MISSING.get(missing, False) if value is None else _breaches(alarm, value)
    return "ALARM" if breaching >= needed else "OK"


def _emissions(points: Points) -> list[Points]:
    """Each point by itself, the oldest first."""
    return [[one] for one in sorted(points, key=lambda one: float(one["Timestamp"]))]


def _breaches(alarm: dict[str, Any], value: float | None) -> bool:
    return value is not None and _COMPARED[alarm["ComparisonOperator"]](value, float(alarm["Threshold"]))


def _points(cloudwatch: Any, sqs: Any, alarm: dict[str, Any]) -> Points:  # noqa: ANN401 - ministack's own
    """The points of the alarm's metric with exactly its dimensions."""
    wanted = {one["Name"]: one["Value"] for one in alarm.get("Dimensions") or ()}
    if alarm["Namespace"] == "AWS/SQS":
        return _queue_points(sqs, alarm["MetricName"], wanted.get("QueueName", ""))
    # Without dimensions, AWS adds up all functions.
    dimensions = cloudwatch._dims_key(wanted) if wanted else None
    return [
        point
        for (namespace, metric, of), points in cloudwatch._metrics.items()
        if (namespace, metric) == (alarm["Namespace"], alarm["MetricName"]) and dimensions in {None, of}
        for point in points
    ]


def _queue_points(sqs: Any, metric: str, name: str) -> Points:  # noqa: ANN401 - ministack's own
    """Depth or age of a queue now, as one point."""
    now = time.time()
    for url, queue in sqs._queues.items():
        if url.rpartition("/")[2] == name:
            messages = queue["messages"]
            depth = len([one for one in messages if one["visible_at"] <= now])
            age = max((now - one["sent_at"] for one in messages), default=0.0)
            value = age if metric == "ApproximateAgeOfOldestMessage" else depth
            return [{"Timestamp": now, "Value": float(value), "Unit": "None", "Dimensions": {}}]
    return []


def _transition(cloudwatch: Any, alarm: dict[str, Any], state: str | None) -> None:  # noqa: ANN401
    old = alarm["StateValue"]
    if state is None or state == old:
        return
    reason = f"judged by {alarm.get('Statistic') or alarm.get('ExtendedStatistic')} of {alarm['MetricName']}"
    alarm |= {"StateValue": state, "StateReason": reason, "StateUpdatedTimestamp": int(time.time())}
    cloudwatch._record_history(alarm["AlarmName"], old, state, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, state, reason)
    cloudwatch._evaluate_parent_alarms(alarm)
