"""The registry of metrics: every metric that the system emits, with its unit and its dimension.

No other code names a metric, so dashboards and alarms can be checked against this list. Every metric has the
dimension `service`, which names the stage. A metric may have one more (`Dimension`): a closed list of values,
so that the number and the cost of metrics are bounded. CloudWatch charges for each value as for a metric of
its own. A value that is not listed is counted as `other`, so nothing that a client sends can create a metric.
No value is personal data (SEC-1). Tests compare each list with the code that it repeats: core imports no
concept.

- `count` adds to a number. With a dimension it adds to the total and to the value, so an alarm can judge the
  total and a dashboard can show the values.
- `gauge` sets a figure, zero included. With a dimension it sets the figure of that value only, since totals
  cannot be formed from figures.

`flush` writes an EMF document per value of a dimension, and one for everything else (ADR 41).
"""

from enum import Enum
from typing import TYPE_CHECKING

from chalicelib.core.contract_words import InnerLimit, LimitName
from chalicelib.core.settings import settings

OTHER = "other"


class Dimension(Enum):
    """Name of a dimension as CloudWatch shows it, and its values beside `other`."""

    # The countries with most users; the others that are served are counted together.
    COUNTRY = ("country", "RS BA ME MK XK AL HR SI AT DE CH")
    CODE = ("code", "signup step_up email number guest let_in")
    BUDGET = ("budget", "codes_per_country codes_in_all")
    LIMIT = (
        "limit",
        # All but the last, the gateway's own, which reaches no function.
        " ".join((*[*LimitName][:-1], InnerLimit.OPERATOR_CALLS, InnerLimit.SUBJECT_LOOKUPS)),
    )
    REASON = ("reason", "no_token malformed unknown_key bad_signature expired wrong_claims")
    RIGHT = (
        "right",
        """access portability rectification erasure restriction objection marketing_objection
        consent_withdrawal""",
    )
    AGE = ("age", "day week two_weeks month")
    # The reasons that last, or that a person can end; the others are counted together.
    WAIT = (
        "wait",
        """stream_silent provider_silent aws_silent failed stream_task other_requests time_to_object
        time_to_cancel hold_unconfirmed weighing""",
    )
    PURPOSE = (
        "purpose",
        """analytics marketing personalised_ads location_sharing contact_matching social_verification
        message_backup""",
    )
    FUNCTION = (
        "function",
        """about access_token admin announce_notices announce_to_shard chat check_chat_settings
        checkpoint_ledger clean_avatars clean_images close_idle_accounts consents contacts
        conversations erase_accounts hooks keep_holds note_bounces notices notifications
        notify_of_breaches profiles purge_expired push_changes push_messages reconcile_chat
        record_verified_codes renew_consents renew_shard report_inbox reports rights roll_up_usage send_unsent
        sessions signup site sweep_rights sync_chat_profiles transfer_copies usage watch_breaches
        work_on_hooks work_on_reports work_rights""",
    )

    def __init__(self, label: str, values: str) -> None:
        self.label = label
        self.values = (*values.split(), OTHER)

    def listed(self, value: str) -> str:
        """Return the value, or `other` if it is not on the list."""
        return value if value in self.values else OTHER


if TYPE_CHECKING:
    from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider


class Metric(Enum):
    """Name and unit as CloudWatch shows them."""

    REQUEST_SERVED = ("RequestServed", "Count")
    REQUEST_FAILED = ("RequestFailed", "Count")
    REQUEST_LIMITED = ("RequestLimited", "Count", Dimension.LIMIT)
    BREAKER_REFUSED = ("BreakerRefused", "Count")
    USE_NOT_COUNTED = ("UseNotCounted", "Count")
    COLD_START = ("ColdStart", "Count", Dimension.FUNCTION)
    CODE_ASKED = ("CodeAsked", "Count", Dimension.CODE)
    CODE_SENT = ("CodeSent", "Count", Dimension.CODE)
    CODE_TEXTED = ("CodeTexted", "Count", Dimension.COUNTRY)
    CODE_RIGHT = ("CodeRight", "Count", Dimension.CODE)
    CODE_NOT_SENT = ("CodeNotSent", "Count")
    CODE_RESERVED = ("CodeReserved", "Count")
    CODE_OVER_COUNTRY_BUDGET = ("CodeOverCountryBudget", "Count")
    CODE_OVER_BUDGET_IN_ALL = ("CodeOverBudgetInAll", "Count")
    CODE_BUDGET_LEFT = ("CodeBudgetLeft", "Percent", Dimension.BUDGET)
    CODE_HISTORY_RECORDED = ("CodeHistoryRecorded", "Count")
    CODE_COUNTRIES_UNVERIFIED = ("CodeCountriesUnverified", "Count")
    CODE_WRONG = ("CodeWrong", "Count")
    ACCOUNT_CREATED = ("AccountCreated", "Count")
    SESSION_OPENED = ("SessionOpened", "Count")
    SESSION_REFRESHED = ("SessionRefreshed", "Count")
    SESSION_CLOSED = ("SessionClosed", "Count")
    SESSION_STEPPED_UP = ("SessionSteppedUp", "Count")
    TOKEN_REFUSED = ("TokenRefused", "Count", Dimension.REASON)
    REFRESH_REUSED = ("RefreshReused", "Count")
    CONSENT_GIVEN = ("ConsentGiven", "Count", Dimension.PURPOSE)
    CONSENT_WITHDRAWN = ("ConsentWithdrawn", "Count", Dimension.PURPOSE)
    CONSENT_EVIDENCE_RENEWED = ("ConsentEvidenceRenewed", "Count")
    CONSENT_EVIDENCE_AT_RISK = ("ConsentEvidenceAtRisk", "Count")
    CONSENT_DATA_DELETED = ("ConsentDataDeleted", "Count")
    CONSENT_SHARDS_DUE = ("ConsentShardsDue", "Count")
    CONSENT_SHARDS_ABANDONED = ("ConsentShardsAbandoned", "Count")
    CONSENT_STANDSTILL_MINUTES = ("ConsentStandstillMinutes", "Count")
    ABUSE_REPORTS_URGENT = ("AbuseReportsUrgent", "Count")
    ABUSE_REPORTS_OVERDUE = ("AbuseReportsOverdue", "Count")
    SAFETY_WORK_FAILED = ("SafetyWorkFailed", "Count")
    PUSH_SENT = ("PushSent", "Count")
    PUSH_COLLAPSED = ("PushCollapsed", "Count")
    PUSH_DROPPED = ("PushDropped", "Count")
    PUSH_REFUSED = ("PushRefused", "Count")
    PUSH_UNANSWERED = ("PushUnanswered", "Count")
    PUSH_TOKEN_GONE = ("PushTokenGone", "Count")
    CHAT_TOKEN_MINTED = ("ChatTokenMinted", "Count")
    CHAT_PROFILE_SYNCED = ("ChatProfileSynced", "Count")
    CHAT_PROFILE_REFUSED = ("ChatProfileRefused", "Count")
    CHAT_PROFILE_SKIPPED = ("ChatProfileSkipped", "Count")
    CHAT_SYNC_LAG = ("ChatSyncLag", "Seconds")
    CHAT_EXPORT_MISSING = ("ChatExportMissing", "Count")
    CHAT_DELETION_REPEATED = ("ChatDeletionRepeated", "Count")
    CHAT_DELETION_UNPROVEN = ("ChatDeletionUnproven", "Count")
    STREAM_USER_CHECKED = ("StreamUserChecked", "Count")
    STREAM_USER_FOUND_AGAIN = ("StreamUserFoundAgain", "Count")
    STREAM_USER_DELETED_AGAIN = ("StreamUserDeletedAgain", "Count")
    STREAM_REPORT_UNTRUE = ("StreamReportUntrue", "Count")
    STREAM_USER_DRIFTED = ("StreamUserDrifted", "Count")
    STREAM_CHANNEL_DRIFTED = ("StreamChannelDrifted", "Count")
    STREAM_CHANNEL_ABANDONED = ("StreamChannelAbandoned", "Count")  # without a conversation
    STREAM_USER_ENDED = ("StreamUserEnded", "Count")
    STREAM_USER_RESUMED = ("StreamUserResumed", "Count")
    STREAM_USER_UNKNOWN = ("StreamUserUnknown", "Count")
    STREAM_ORPHAN_DEACTIVATED = ("StreamOrphanDeactivated", "Count")
    STREAM_ORPHAN_DELETED = ("StreamOrphanDeleted", "Count")
    STREAM_USER_FOREIGN = ("StreamUserForeign", "Count")
    STREAM_FIELDS_STRIPPED = ("StreamFieldsStripped", "Count")
    STREAM_FIELDS_LEFT = ("StreamFieldsLeft", "Count")
    STREAM_PUSH_TOKEN_DELETED = ("StreamPushTokenDeleted", "Count")
    STREAM_MESSAGE_DELETED = ("StreamMessageDeleted", "Count")
    CONTACT_MADE = ("ContactMade", "Count")
    CONVERSATION_OPENED = ("ConversationOpened", "Count")
    STREAM_CASE_OPENED = ("StreamCaseOpened", "Count")
    STREAM_CASES_OPEN = ("StreamCasesOpen", "Count")
    STREAM_CASE_OLDEST_DAYS = ("StreamCaseOldestDays", "Count")
    HOOK_RECEIVED = ("HookReceived", "Count")
    HOOK_QUEUED = ("HookQueued", "Count")
    HOOK_REFUSED = ("HookRefused", "Count")
    HOOK_REPEATED = ("HookRepeated", "Count")
    HOOK_STALE = ("HookStale", "Count")
    CHAT_SETTINGS_DRIFTED = ("ChatSettingsDrifted", "Count")
    CHAT_SETTINGS_UNVERIFIED = ("ChatSettingsUnverified", "Count")
    IDLE_OWNER_WARNED = ("IdleOwnerWarned", "Count")
    IDLE_WARNING_UNDELIVERED = ("IdleWarningUndelivered", "Count")
    IDLE_ACCOUNT_CLOSED = ("IdleAccountClosed", "Count")
    IDLE_ACCOUNT_KEPT = ("IdleAccountKept", "Count")  # its erasure was cancelled, mostly by a sign-in
    IDLE_CLOSINGS_OPEN = ("IdleClosingsOpen", "Count")
    IDLE_BLOCKED = ("IdleBlocked", "Count")
    IDLE_DONE = ("IdleDone", "Count")
    RECONCILIATION_BLOCKED = ("ReconciliationBlocked", "Count")
    RECONCILIATION_DONE = ("ReconciliationDone", "Count")
    STREAM_CREDENTIALS_REFUSED = ("StreamCredentialsRefused", "Count")
    INBOX_OPEN = ("InboxOpen", "Count")
    INBOX_DUE = ("InboxDue", "Count")  # within a day, or late
    REVIEWS_DUE = ("ReviewsDue", "Count")
    CHECKPOINT_MADE = ("CheckpointMade", "Count")
    CHECKPOINT_LAG = ("CheckpointLag", "Seconds")
    ENTRY_REFUSED = ("LedgerEntryRefused", "Count")
    ARCHIVE_DAMAGED = ("CheckpointArchiveDamaged", "Count")
    USAGE_ACCEPTED = ("UsageAccepted", "Count")
    USAGE_DROPPED = ("UsageDropped", "Count")
    USAGE_OVER_CAP = ("UsageOverCap", "Count")
    USAGE_DAY_PUBLISHED = ("UsageDayPublished", "Count")
    USAGE_GROUP_WITHHELD = ("UsageGroupWithheld", "Count")
    USAGE_GROUP_OVERFLOWED = ("UsageGroupOverflowed", "Count")
    USAGE_ACCOUNT_CUT = ("UsageAccountCut", "Count")
    USAGE_UNREADABLE = ("UsageUnreadable", "Count")
    USAGE_DAYS_OVERDUE = ("UsageDaysOverdue", "Count")
    MARKETING_WITHHELD = ("MarketingWithheld", "Count")
    UNSUBSCRIBED = ("Unsubscribed", "Count")
    MAIL_SENT = ("MailSent", "Count")
    MAIL_NOT_SENT = ("MailNotSent", "Count")
    MAIL_SENDER_REFUSED = ("MailSenderRefused", "Count")
    MAIL_CAME_BACK = ("MailCameBack", "Count")
    NOTICE_ANNOUNCED = ("NoticeAnnounced", "Count")
    NOTICE_SHARDS_DUE = ("NoticeShardsDue", "Count")
    NOTICE_SHARDS_ABANDONED = ("NoticeShardsAbandoned", "Count")
    NOTICE_STANDSTILL_MINUTES = ("NoticeStandstillMinutes", "Count")
    BREACHES_OPEN = ("BreachesOpen", "Count")
    BREACH_HOURS_TO_DEADLINE = ("BreachHoursToDeadline", "Count")
    BREACH_NOTIFICATIONS_OVERDUE = ("BreachNotificationsOverdue", "Count")
    BREACH_SUBJECTS_UNNOTIFIED = ("BreachSubjectsUnnotified", "Count")
    BREACH_NOTICES_UNBEGUN = ("BreachNoticesUnbegun", "Count")
    BREACH_SUBJECT_NOTIFIED = ("BreachSubjectNotified", "Count")
    BREACH_SHARDS_ABANDONED = ("BreachShardsAbandoned", "Count")
    BREACH_STANDSTILL_MINUTES = ("BreachStandstillMinutes", "Count")
    RIGHTS_REQUESTED = ("RightsRequested", "Count", Dimension.RIGHT)
    RIGHTS_GUEST_CHALLENGED = ("RightsGuestChallenged", "Count")
    RIGHTS_GUEST_VERIFIED = ("RightsGuestVerified", "Count")
    RIGHTS_IDENTITY_AWAITED = ("RightsIdentityAwaited", "Count")
    RIGHTS_IDENTITY_LAPSED = ("RightsIdentityLapsed", "Count")
    RIGHTS_ANSWERED = ("RightsAnswered", "Count")
    RIGHTS_REFUSED_LATE = ("RightsRefusedLate", "Count")
    RIGHTS_STEP_FAILED = ("RightsStepFailed", "Count")
    RIGHTS_STEP_STOPPED = ("RightsStepStopped", "Count")
    RIGHTS_DUTY_FAILED = ("RightsDutyFailed", "Count")
    RIGHTS_EVIDENCE_OWED = ("RightsEvidenceOwed", "Count")
    RIGHTS_UNREACHABLE_MINUTES = ("RightsUnreachableMinutes", "Count")
    RIGHTS_RELAY_ENDED = ("RightsRelayEnded", "Count")
    RIGHTS_OPEN = ("RightsOpen", "Count")
    RIGHTS_OPEN_BY_RIGHT = ("RightsOpenByRight", "Count", Dimension.RIGHT)
    RIGHTS_OPEN_BY_AGE = ("RightsOpenByAge", "Count", Dimension.AGE)
    RIGHTS_OPEN_BY_WAIT = ("RightsOpenByWait", "Count", Dimension.WAIT)
    RIGHTS_OVERDUE = ("RightsOverdue", "Count")
    RIGHTS_RECIPIENTS_LATE = ("RightsRecipientsLate", "Count")
    RIGHTS_STOPPED = ("RightsStopped", "Count")
    RIGHTS_DAYS_TO_DEADLINE = ("RightsDaysToDeadline", "Count")
    RIGHTS_REMINDED = ("RightsReminded", "Count")
    RESTRICTION_UPHELD = ("RestrictionUpheld", "Count")  # once a day for each that lasts
    RESTRAINT_ENDED = ("RestraintEnded", "Count")
    OBJECTION_UNWEIGHED = ("ObjectionUnweighed", "Count")
    ERASURE_CERTIFIED = ("ErasureCertified", "Count")
    ERASURE_MINUTES_TO_PROOF = ("ErasureMinutesToProof", "Count")
    ERASURE_UNPROVEN = ("ErasureUnproven", "Count")
    ERASURE_FOUND_AGAIN = ("ErasureFoundAgain", "Count")
    HELD_UNREADABLE = ("HeldUnreadable", "Count")
    HOLD_PLACED = ("HoldPlaced", "Count")
    HOLD_UNCONFIRMED = ("HoldUnconfirmed", "Count")
    HOLD_UPKEEP_FAILED = ("HoldUpkeepFailed", "Count")
    HOLD_UPKEEP_DONE = ("HoldUpkeepDone", "Count")
    PURGE_FOUND = ("PurgeFound", "Count")
    PURGE_OLDEST_MINUTES = ("PurgeOldestMinutes", "Count")
    PURGE_DELETED = ("PurgeDeleted", "Count")
    PURGE_SPARED = ("PurgeSpared", "Count")
    PURGE_OVER_BUDGET = ("PurgeOverBudget", "Count")
    PURGE_DONE = ("PurgeDone", "Count")
    KEY_BACKUPS_LEFT = ("KeyBackupsLeft", "Count")
    OTHER_BACKUPS_LEFT = ("OtherBackupsLeft", "Count")
    RECORD_UNREADABLE = ("RecordUnreadable", "Count")
    MESSAGE_SET_ASIDE = ("MessageSetAside", "Count")
    PUSH_TAKEN = ("PushTaken", "Count")
    PUSH_NOT_TAKEN = ("PushNotTaken", "Count")

    def __init__(self, label: str, unit: str, dimension: Dimension | None = None) -> None:
        self.label = label
        self.unit = unit
        self.dimension = dimension


class DimensionMissing(TypeError):
    """A metric was emitted without a value of its dimension, or with one that it does not have."""


def count(metric: Metric, number: int = 1, of: str | None = None) -> None:
    """Add to a metric of this invocation; `of` is the value of the metric's dimension.

    Raises:
        DimensionMissing: the metric has a dimension and `of` is None, or the other way round.
    """
    value = _checked(metric, of)
    if number:
        _add(metric, number, ())
        if value:
            _add(metric, number, value)


def gauge(metric: Metric, value: int, of: str | None = None) -> None:
    """Set a metric to its current value, zero included; at most once per invocation and value of `of`.

    Raises:
        DimensionMissing: the metric has a dimension and `of` is None, or the other way round.
    """
    _add(metric, value, _checked(metric, of))


def flush() -> None:
    """Write the metrics of the invocation as EMF lines: one, and one for each value of a dimension."""
    for collector in _collectors.values():
        if collector.metric_set:
            collector.flush_metrics()


def describe(**facts: str | int) -> None:
    """Add properties to the invocation's line of metrics without dimension; they are logged, not charted."""
    emitter().metadata_set.update(facts)


def forget() -> None:
    """Drop metrics that were not flushed."""
    _collectors.clear()


def emitter(value: tuple[str, ...] = ()) -> "AmazonCloudWatchEMFProvider":
    """Powertools' collector of one value of a dimension, or of what has none; kept after its first use."""
    if value not in _collectors:
        from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
            AmazonCloudWatchEMFProvider,
        )

        # The dimension names the stage, since two stages may share an account.
        _collectors[value] = AmazonCloudWatchEMFProvider(
            namespace=NAMESPACE,
            service=f"ru4m-{settings().stage}",
            default_dimensions=dict(zip(value[::2], value[1::2], strict=True)),
        )
    return _collectors[value]


NAMESPACE = "RU4M"

# By name and value of the dimension; () is the collector of metrics and totals without one.
_collectors: "dict[tuple[str, ...], AmazonCloudWatchEMFProvider]" = {}


def _checked(metric: Metric, of: str | None) -> tuple[str, ...]:
    if (metric.dimension is None) != (of is None):
        raise DimensionMissing(metric.label)
    return (
        (metric.dimension.label, metric.dimension.listed(of)) if metric.dimension and of is not None else ()
    )


def _add(metric: Metric, number: int, value: tuple[str, ...]) -> None:
    emitter(value).add_metric(name=metric.label, unit=metric.unit, value=number)
