"""All alarms of a stage, by subject. docs/runbook.md has a section for each.

The forms are in infra/template/alarm_rows. `breaks` names the promise that is broken while the alarm is in
ALARM; the composite alarm `promise-broken` is in ALARM while one of these is.
"""

from __future__ import annotations

from dataclasses import replace

from chalicelib.core.metrics import OTHER, Dimension, Metric
from infra.template.alarm_rows import (
    AlarmRow,
    AlarmSeverity,
    all_functions,
    behind,
    blocked,
    dropped,
    figure,
    filled,
    finding,
    gateway,
    job_missing,
    lasting,
    lowest,
    rate,
    spent,
    undelivered,
    waits,
)

_MINUTE = 60
_HOURLY = 3600  # seconds; also the period with which CloudWatch looks back further than a day

_EVIDENCE = (
    finding("ledger-entry-refused", Metric.ENTRY_REFUSED, breaks="RGT-10"),
    figure("checkpoint-archive-damaged", Metric.ARCHIVE_DAMAGED, period=_HOURLY, breaks="RGT-10"),
    # A run an hour, of entries that are 20 minutes old or older.
    behind("checkpoints-behind", Metric.CHECKPOINT_LAG, above=2 * _HOURLY, period=_HOURLY, periods=3),
    # After 24 hours a run makes a checkpoint even if nothing was appended, so two are at most 25 hours apart.
    job_missing(
        "no-checkpoint", Metric.CHECKPOINT_MADE, "checkpoint_ledger", minutes=28 * 60, period=_HOURLY
    ),
    finding("record-unreadable", Metric.RECORD_UNREADABLE),
    # An hour between two runs, and one that fails.
    job_missing("inbox-unreported", Metric.INBOX_OPEN, "report_inbox", minutes=4 * 60, period=_HOURLY),
    figure("review-due", Metric.REVIEWS_DUE, period=_MINUTE),  # as the other figures of its job
)

_CONSENTS = (
    finding("consent-evidence-at-risk", Metric.CONSENT_EVIDENCE_AT_RISK),
    job_missing("no-consent-renewal", Metric.CONSENT_SHARDS_DUE, "renew_consents", minutes=60),
    # A killed worker's lease hides its shard from every second run of the schedule.
    lasting("consent-shard-abandoned", Metric.CONSENT_SHARDS_ABANDONED, periods=4),
    lasting(
        "renewal-stands-still", Metric.CONSENT_STANDSTILL_MINUTES, statistic="Minimum", above=60, periods=2
    ),
    job_missing("no-announcing", Metric.NOTICE_SHARDS_DUE, "announce_notices", minutes=60),
    lasting("notice-shard-abandoned", Metric.NOTICE_SHARDS_ABANDONED, periods=4),
    lasting(
        "announcing-stands-still", Metric.NOTICE_STANDSTILL_MINUTES, statistic="Minimum", above=60, periods=2
    ),
    filled("shards-dead", "ShardsDead"),
    waits("announcements-waiting", "AnnouncementsQueue", minutes=30),
    waits("renewals-waiting", "RenewalsQueue", minutes=30),
)

# The sweep emits its figures every five minutes, so each period of fifteen has some.
_RIGHTS = (
    figure("rights-overdue", Metric.RIGHTS_OVERDUE, breaks="RGT-10"),
    lowest("rights-due-soon", Metric.RIGHTS_DAYS_TO_DEADLINE, below=3),
    figure("rights-step-stopped", Metric.RIGHTS_STOPPED),
    figure("erasure-unproven", Metric.ERASURE_UNPROVEN, breaks="RGT-3"),
    job_missing("no-rights-sweep", Metric.RIGHTS_OPEN, "sweep_rights", minutes=30),
    lasting("rights-unreachable", Metric.RIGHTS_UNREACHABLE_MINUTES, above=119, period=_HOURLY, periods=1),
    rate("rights-duty-failed", Metric.RIGHTS_DUTY_FAILED, above=2, period=86_400),
    finding("rights-evidence-owed", Metric.RIGHTS_EVIDENCE_OWED),
    rate("rights-relay-ended", Metric.RIGHTS_RELAY_ENDED, period=900),
    filled("rights-dead", "RightsDead"),
    filled("avatars-dead", "AvatarsDead"),
    waits("avatars-waiting", "AvatarsQueue", minutes=60),
    filled("papers-dead", "PapersDead"),
    waits("papers-waiting", "PapersQueue", minutes=60),
    # Messages are kept for two hours only; the sweep sends them again.
    waits("rights-waiting", "RightsQueue", minutes=60),
    waits("transfers-waiting", "TransfersQueue", minutes=60),
    waits("erasures-waiting", "ErasuresQueue", minutes=60),
    dropped("work-rights-dropped", "WorkRights"),
    dropped("transfer-copies-dropped", "TransferCopies"),
    dropped("erase-accounts-dropped", "EraseAccounts"),
    finding("held-unreadable", Metric.HELD_UNREADABLE, breaks="RGT-3"),
    # Counted each day from the day on which an objection should have been weighed.
    finding("objection-unweighed", Metric.OBJECTION_UNWEIGHED, breaks="RGT-5"),
    figure("rights-recipients-late", Metric.RIGHTS_RECIPIENTS_LATE),
)

# The watch emits its figures every five minutes.
_BREACHES = (
    lowest("breach-due-soon", Metric.BREACH_HOURS_TO_DEADLINE, below=12, period=300),
    figure("breach-overdue", Metric.BREACH_NOTIFICATIONS_OVERDUE, period=300, breaks="SEC-4"),
    figure("breach-notices-unbegun", Metric.BREACH_NOTICES_UNBEGUN, runs=4, breaks="SEC-4"),
    figure("breach-subjects-unnotified", Metric.BREACH_SUBJECTS_UNNOTIFIED, period=_HOURLY, runs=24),
    job_missing("no-breach-watch", Metric.BREACHES_OPEN, "watch_breaches", minutes=60),
    lasting("breach-shard-abandoned", Metric.BREACH_SHARDS_ABANDONED, periods=4),
    lasting(
        "breach-notices-stand-still",
        Metric.BREACH_STANDSTILL_MINUTES,
        statistic="Minimum",
        above=60,
        periods=2,
    ),
    waits("breaches-waiting", "BreachesQueue", minutes=30),
)

_RETENTION = (
    # A run finds what ended 45 to 60 minutes before. Three runs in a row mean that the purge lags behind.
    figure("expired-data-an-hour", Metric.PURGE_OLDEST_MINUTES, above=60, runs=3),
    figure("expired-data-present", Metric.PURGE_OLDEST_MINUTES, above=48 * 60, breaks="RET-1"),
    figure("purge-over-budget", Metric.PURGE_OVER_BUDGET),
    job_missing("no-purge", Metric.PURGE_DONE, "purge_expired", minutes=3 * 60, period=900),
    figure("key-backup-left", Metric.KEY_BACKUPS_LEFT, breaks="RGT-3"),
    figure("other-backup-left", Metric.OTHER_BACKUPS_LEFT),
    job_missing("no-backup-check", Metric.KEY_BACKUPS_LEFT, "purge_expired", minutes=3 * 60, period=900),
    finding("hold-unconfirmed", Metric.HOLD_UNCONFIRMED),
    figure("hold-upkeep-failed", Metric.HOLD_UPKEEP_FAILED),
    job_missing("no-hold-upkeep", Metric.HOLD_UPKEEP_DONE, "keep_holds", minutes=60),
    figure("idle-accounts-blocked", Metric.IDLE_BLOCKED, period=_HOURLY),
    job_missing(
        "no-idle-accounts-run", Metric.IDLE_DONE, "close_idle_accounts", minutes=6 * 60, period=_HOURLY
    ),
    # The figure is emitted by runs that ended or failed, but not by killed ones.
    figure("usage-days-overdue", Metric.USAGE_DAYS_OVERDUE, period=_HOURLY),
    job_missing(
        "no-usage-roll-up", Metric.USAGE_DAYS_OVERDUE, "roll_up_usage", minutes=3 * 60, period=_HOURLY
    ),
)

_STREAM = (
    # A check that an operator runs a minute after another one must be in its own period, to end the alarm.
    figure("chat-settings-drifted", Metric.CHAT_SETTINGS_DRIFTED, period=_MINUTE, breaks="STR-3"),
    figure("chat-settings-unverified", Metric.CHAT_SETTINGS_UNVERIFIED, period=_MINUTE),
    job_missing(
        "no-chat-settings-check",
        Metric.CHAT_SETTINGS_DRIFTED,
        "check_chat_settings",
        minutes=30 * 60,
        period=_HOURLY,
    ),
    rate("stream-credentials-refused", Metric.STREAM_CREDENTIALS_REFUSED),
    finding("chat-deletion-unproven", Metric.CHAT_DELETION_UNPROVEN),
    finding("stream-user-found-again", Metric.STREAM_USER_FOUND_AGAIN, breaks="STR-5"),
    finding("stream-orphan-deactivated", Metric.STREAM_ORPHAN_DEACTIVATED),
    figure("reconciliation-blocked", Metric.RECONCILIATION_BLOCKED, period=_HOURLY),
    job_missing(
        "no-reconciliation", Metric.RECONCILIATION_DONE, "reconcile_chat", minutes=6 * 60, period=_HOURLY
    ),
    figure("stream-case-open", Metric.STREAM_CASES_OPEN, period=_HOURLY),
    figure("stream-case-too-old", Metric.STREAM_CASE_OLDEST_DAYS, above=7, period=_HOURLY),
    # A row that Stream does not take is tried, and so counted, every 15 minutes at least.
    figure("sync-lag", Metric.CHAT_SYNC_LAG, above=900, period=1800, breaks="STR-3"),
    job_missing("no-sync", Metric.CHAT_SYNC_LAG, "send_unsent", minutes=15),
    rate("chat-profile-refused", Metric.CHAT_PROFILE_REFUSED, above=10, period=_HOURLY),
    rate("hook-refused", Metric.HOOK_REFUSED, above=100, period=_HOURLY),
    blocked("webhook-blocked", "webhook", above=100, period=_HOURLY),
    finding("stream-fields-left", Metric.STREAM_FIELDS_LEFT),
    waits("hooks-waiting", "HooksQueue", minutes=120),
    # An event that was tried for 30 hours: a message whose author deleted it is still there.
    filled("hooks-dead", "HooksDead", breaks="STR-12"),
    dropped("work-on-hooks-dropped", "WorkOnHooks"),
)

_MESSAGES = (
    rate("mail-not-sent", Metric.MAIL_NOT_SENT, above=5, period=900, periods=2),
    rate("mail-sender-refused", Metric.MAIL_SENDER_REFUSED),
    rate("code-not-sent", Metric.CODE_NOT_SENT, above=20),
    rate("code-wrong", Metric.CODE_WRONG, above=200, period=900),
    rate("breaker-open", Metric.BREAKER_REFUSED),
    rate("code-over-country-budget", Metric.CODE_OVER_COUNTRY_BUDGET),
    rate("code-over-budget-in-all", Metric.CODE_OVER_BUDGET_IN_ALL),
    job_missing(
        "no-code-history",
        Metric.CODE_HISTORY_RECORDED,
        "record_verified_codes",
        minutes=6 * 60,
        period=_HOURLY,
    ),
    spent("texts-spent", "SmsSpentAlarm"),
    *(undelivered("texts-undelivered", c, below=0.7) for c in Dimension.COUNTRY.values if c != OTHER),
    # Of every served country, from our own counters: carriers may confirm a text that no phone shows.
    figure("codes-unverified", Metric.CODE_COUNTRIES_UNVERIFIED, period=_HOURLY),
)

_PUSHES = (
    # A container tries a provider that does not serve at most once a minute.
    rate("push-unanswered", Metric.PUSH_UNANSWERED, above=10, period=900),
    rate("push-refused", Metric.PUSH_REFUSED, above=20, period=900),
    waits("pushes-waiting", "PushesQueue", minutes=5),
    filled("pushes-dead", "PushesDead"),
)

_SAFETY = (
    # The run of each minute emits both, of what waits longest.
    figure("report-urgent", Metric.ABUSE_REPORTS_URGENT, period=_MINUTE),
    figure("report-overdue", Metric.ABUSE_REPORTS_OVERDUE, period=_MINUTE, breaks="SAF-1"),
    rate("safety-work-failed", Metric.SAFETY_WORK_FAILED, above=10, period=_HOURLY),
    job_missing("no-work-on-reports", Metric.ABUSE_REPORTS_OVERDUE, "work_on_reports", minutes=15),
)

_SERVICE = (
    rate("requests-failed", Metric.REQUEST_FAILED, above=5),
    rate("use-not-counted", Metric.USE_NOT_COUNTED, above=5),
    finding("message-set-aside", Metric.MESSAGE_SET_ASIDE),
    rate("token-refused", Metric.TOKEN_REFUSED, above=500),
    rate("refresh-reused", Metric.REFRESH_REUSED, above=20, period=_HOURLY),
    gateway("api-errors", "5XXError", statistic="Sum", above=10),
    # Above its rate the gateway refuses requests of all clients.
    gateway("api-near-its-rate", "Count", statistic="Sum", above={"Ref": "BusyRequests"}, periods=2),
    gateway("api-latency", "Latency", statistic="p95", above=3000, periods=3),
    # The authorizer refuses a token by failing, so strangers could keep the alarm on.
    all_functions("function-errors", "Errors", above=5, without="AccessToken"),
    all_functions("function-throttles", "Throttles", above=0, periods=3),
)

# Every other alarm is answered on the same day, weekends included (ADR 95).
SEVERITIES = {
    AlarmSeverity.NOW: {
        # Evidence was altered, so a person or a function with access may go on doing it.
        "ledger-entry-refused", "checkpoint-archive-damaged",
        # The law counts hours, or allows no undue delay.
        "breach-due-soon", "breach-overdue", "breach-notices-unbegun",
        # A child or a life may be in danger, and the promise counts an hour.
        "report-urgent", "report-overdue", "no-work-on-reports",
        # Clients may read or write more than we promise, or a block has no effect at Stream.
        "chat-settings-drifted", "stream-credentials-refused", "sync-lag", "no-sync",
        # People cannot sign in or use the app.
        "code-not-sent", "code-over-budget-in-all", "push-unanswered", "requests-failed",
        "use-not-counted", "token-refused", "api-errors", "api-near-its-rate", "function-errors",
        "function-throttles",
    },
    AlarmSeverity.THIS_WEEK: {
        # The term behind them is a week or longer.
        "review-due", "consent-evidence-at-risk", "stream-orphan-deactivated", "stream-case-too-old",
        "no-code-history", "other-backup-left", "pushes-dead",
        # The work goes on by another way: the sweep, the schedule, the next pass, or TTL.
        "shards-dead", "rights-relay-ended", "work-rights-dropped", "transfer-copies-dropped",
        "erase-accounts-dropped", "work-on-hooks-dropped", "purge-over-budget", "no-usage-roll-up",
    },
}  # fmt: skip
_SEVERITY_OF = {name: severity for severity, names in SEVERITIES.items() for name in names}

ALARMS: tuple[AlarmRow, ...] = tuple(
    replace(row, severity=_SEVERITY_OF.get(row.name, row.severity))
    for row in (
        *_EVIDENCE, *_CONSENTS, *_RIGHTS, *_BREACHES, *_RETENTION, *_STREAM, *_MESSAGES, *_PUSHES, *_SAFETY,
        *_SERVICE,
    )
)  # fmt: skip

COMPOSITE = "promise-broken"
