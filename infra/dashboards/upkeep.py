"""Charts of *Privacy* about the jobs that keep promises by themselves: purge and reconciliation."""

from __future__ import annotations

from chalicelib.core.metrics import Metric
from infra.dashboards.widgets import highest, lines, total

_PURGE = lines(
    "Expired records", "records",
    "found and deleted are equal; DynamoDB deletes most before.",
    "more found than deleted: the purge is over its budget, or holds spare records.",
    highest(Metric.PURGE_FOUND, "found by one run"),
    total(Metric.PURGE_DELETED, "deleted"),
    total(Metric.PURGE_SPARED, "spared by a hold"),
)  # fmt: skip
_OLDEST = lines(
    "Age of the oldest expired record", "hours",
    "below one hour. 48 hours break the promise.",
    "see whether the purge runs (next chart), then raise figures of [purge] (docs/limits.md).",
    highest(Metric.PURGE_OLDEST_MINUTES, "after its end", 60),
    bound=48, bound_label="48 hours",
)  # fmt: skip
_PURGE_RUNS = lines(
    "Runs of the purge", "runs",
    "four complete runs an hour, none over its budget.",
    "see the log of purge_expired; a run continues where the last one stopped.",
    total(Metric.PURGE_DONE, "complete"),
    highest(Metric.PURGE_OVER_BUDGET, "over its budget"),
)  # fmt: skip
_COMPARED = lines(
    "Users compared with Stream", "users",
    "differences are few, and repaired in the same run.",
    "many drifted: another program writes to Stream; look at its dashboard for other keys.",
    total(Metric.STREAM_USER_CHECKED, "erased users checked"),
    total(Metric.STREAM_USER_DRIFTED, "had another profile"),
    total(Metric.STREAM_USER_ENDED, "ended there"),
    total(Metric.STREAM_USER_RESUMED, "active there again"),
)  # fmt: skip
_ORPHANS = lines(
    "Users at Stream without an account", "users",
    "zero.",
    "they are deactivated, then deleted a week later. After a restore, stop reconcile_chat first.",
    highest(Metric.STREAM_USER_UNKNOWN, "unknown"),
    highest(Metric.STREAM_USER_FOREIGN, "not made by us"),
    total(Metric.STREAM_ORPHAN_DEACTIVATED, "deactivated"),
    total(Metric.STREAM_ORPHAN_DELETED, "deleted"),
)  # fmt: skip
_RECONCILIATION = lines(
    "Runs of the reconciliation", "runs",
    "one complete run an hour, none blocked.",
    "blocked: too many differences. Find out why, then `python -m infra.ops reconcile release`.",
    total(Metric.RECONCILIATION_DONE, "complete"),
    highest(Metric.RECONCILIATION_BLOCKED, "blocked"),
)  # fmt: skip
_SETTINGS = lines(
    "Settings at Stream", "settings",
    "none differs from the baseline, and all could be read.",
    "`python -m infra.ops chat-settings diff` shows each difference, `apply` removes it.",
    highest(Metric.CHAT_SETTINGS_DRIFTED, "drifted"),
    highest(Metric.CHAT_SETTINGS_UNVERIFIED, "could not be read"),
)  # fmt: skip
_FIELDS = lines(
    "Fields that clients wrote at Stream", "users",
    "few, and all removed within the hour.",
    "left: compare a user at Stream with the list in stream/answers, and the grants of the app.",
    total(Metric.STREAM_FIELDS_STRIPPED, "removed"),
    total(Metric.STREAM_FIELDS_LEFT, "left"),
)  # fmt: skip
_CASES = lines(
    "Cases about data at Stream", "cases",
    "none is open.",
    "`python -m infra.ops stream-cases list` shows what an operator has to decide.",
    total(Metric.STREAM_CASE_OPENED, "opened"),
    highest(Metric.STREAM_CASES_OPEN, "open"),
    highest(Metric.STREAM_CASE_OLDEST_DAYS, "age of the oldest, days"),
)  # fmt: skip
ROWS = (
    (_PURGE, _OLDEST, _PURGE_RUNS),
    (_COMPARED, _ORPHANS, _RECONCILIATION),
    (_SETTINGS, _FIELDS, _CASES),
)
