"""The dashboards *Privacy* and *Privacy in detail*: are the promises of the privacy policy kept."""

from __future__ import annotations

from chalicelib.core.metrics import Metric
from infra.dashboards.widgets import Dashboard, areas, each, highest, lines, lowest, newest, total

_LAST_WEEK, _HOURLY = "-P7D", 3600


def dashboard() -> Dashboard:
    """What a manager needs, on one screen."""
    return Dashboard(
        name="privacy",
        title="Privacy",
        purpose="Are the promises of the privacy policy kept? By promise: privacy-detail. Times are in UTC.",
        start=_LAST_WEEK,
        period=_HOURLY,
        rows=((_NOW,), (_ERASURES, _CONSENTS, _OLDEST)),
    )


def detail() -> Dashboard:
    """The rest, by promise."""
    rows = {
        "Requests are answered in time: RGT-10": (
            _DEADLINE, _OPEN_BY_RIGHT, _OPEN_BY_AGE, _OPEN_BY_WAIT,
        ),
        "Requests make progress, and a copy is whole: RGT-1, RGT-8, RGT-10": (_REQUESTS, _STEPS, _COPIES),
        "An erasure is proven, at Stream too: RGT-3, STR-5": (_PROOF, _AT_STREAM),
        "Breaches are reported in time: SEC-4": (_BREACHES, _AUTHORITIES, _PEOPLE_NOTIFIED),
        "Everyone can exercise their rights: RGT-2, RGT-4, RGT-5, RGT-6, RGT-11": (
            _GUESTS, _RESTRAINTS, _RECIPIENTS, _MARKETING,
        ),
        "No record is kept longer than declared: RET-1, RET-2": (_PURGE, _PURGE_RUNS),
        "Stream has what it should have, and no more: STR-1, STR-5": (_COMPARED, _ORPHANS, _RECONCILIATION),
        "Stream works as agreed: STR-2, STR-3, STR-6, STR-11": (_SETTINGS, _FIELDS, _CASES),
        "Consent is given and withdrawn: RGT-7": (_GIVEN, _WITHDRAWN, _EVIDENCE),
        "Changed policies are announced, and holds end: NOT-1, RET-3": (_RENEWAL, _NOTICES, _HOLDS),
        "Evidence is whole, and idle accounts end: RGT-10, RET-5": (_CHAIN, _IDLE, _IDLE_RUNS),
        "Safeguards are reviewed, and figures name no person: SEC-3, RET-4": (
            _REVIEWS, _ROLL_UP, _PUBLISHED,
        ),
    }  # fmt: skip
    return Dashboard(
        name="privacy-detail",
        title="Privacy in detail",
        purpose="What is behind the figures of Privacy, by promise (docs/promises.md). Times are in UTC.",
        start=_LAST_WEEK,
        period=_HOURLY,
        rows=tuple(rows.values()),
        headings=tuple(rows),
    )


_NOW = newest(
    "Now", "number",
    "no answer is overdue, and each deadline is days away. A figure of -- means that nothing is open.",
    "`python -m infra.ops inbox` lists what waits, with its day. An alarm above names its section in "
    "docs/runbook.md.",
    highest(Metric.INBOX_OPEN, "waiting for a person"),
    highest(Metric.INBOX_DUE, "due within a day, or late"),
    highest(Metric.RIGHTS_OVERDUE, "answers overdue"),
    lowest(Metric.RIGHTS_DAYS_TO_DEADLINE, "days to the nearest deadline"),
    highest(Metric.BREACHES_OPEN, "breaches open"),
    lowest(Metric.BREACH_HOURS_TO_DEADLINE, "hours to an authority's deadline"),
)  # fmt: skip
_CONSENTS = lines(
    "Consents", "decisions",
    "they follow the sign-ups. Withdrawing is as easy as giving, so some are withdrawn.",
    "many withdrawn at once: a notice or a campaign annoys users; by purpose in privacy-detail.",
    total(Metric.CONSENT_GIVEN, "given"),
    total(Metric.CONSENT_WITHDRAWN, "withdrawn"),
)  # fmt: skip
_DEADLINE = lines(
    "Days to the nearest deadline", "days",
    "more than three. No line: nothing is open.",
    "`python -m infra.ops rights list` shows the most urgent case. Below zero it is late.",
    lowest(Metric.RIGHTS_DAYS_TO_DEADLINE, "days left"),
    bound=3, bound_label="3 days",
)  # fmt: skip
_OPEN_BY_RIGHT = areas(
    "Open requests, by right", "requests",
    "most are answered within a day, so the areas stay low.",
    "one right grows: its worker stands still, or operators have to decide; see requests without progress.",
    *each(Metric.RIGHTS_OPEN_BY_RIGHT, "Maximum"),
)  # fmt: skip
_OPEN_BY_AGE = areas(
    "Open requests, by age up to", "requests",
    "few are older than a week.",
    "older than two weeks: decide them now; the answer is due after 30 days at the latest.",
    *each(Metric.RIGHTS_OPEN_BY_AGE, "Maximum"),
)  # fmt: skip
_OPEN_BY_WAIT = areas(
    "Open requests, by what they wait for", "requests",
    "most wait for Stream's task, or until the subject had time to cancel or to object.",
    "silent: that service does not respond. `python -m infra.ops rights show` says what ends the wait.",
    *each(Metric.RIGHTS_OPEN_BY_WAIT, "Maximum"),
)  # fmt: skip
_REQUESTS = lines(
    "Requests and answers", "requests",
    "answers follow requests; no answer is late.",
    "requests without answers: see the next chart. Refused late: the refusal came after the deadline.",
    total(Metric.RIGHTS_REQUESTED, "requested"),
    total(Metric.RIGHTS_ANSWERED, "answered"),
    total(Metric.RIGHTS_REMINDED, "subjects reminded of the erasure"),
    total(Metric.RIGHTS_REFUSED_LATE, "refused late"),
    highest(Metric.RIGHTS_OVERDUE, "overdue now"),
)  # fmt: skip
_STEPS = lines(
    "Requests without progress", "number",
    "zero. A failed step is tried again by itself, 12 times.",
    "`python -m infra.ops rights show` names step and reason; after the repair, `rights retry`.",
    highest(Metric.RIGHTS_STOPPED, "requests stopped now"),
    total(Metric.RIGHTS_STEP_FAILED, "step failed"),
    total(Metric.RIGHTS_STEP_STOPPED, "step stopped"),
    total(Metric.RIGHTS_DUTY_FAILED, "duty failed"),
    total(Metric.RIGHTS_RELAY_ENDED, "chain of messages ended"),
    highest(Metric.RIGHTS_UNREACHABLE_MINUTES, "service silent, hours", 60),
)  # fmt: skip
_COPIES = lines(
    "Copies of data", "number",
    "transfers are taken; no chat is missing from a copy.",
    "not taken: the other controller refuses. Without chats: Stream's export failed; see work_rights.",
    total(Metric.PUSH_TAKEN, "transfers taken"),
    total(Metric.PUSH_NOT_TAKEN, "transfers not taken"),
    total(Metric.CHAT_EXPORT_MISSING, "copies without chats"),
    total(Metric.RECORD_UNREADABLE, "records that could not be opened"),
)  # fmt: skip
_ERASURES = lines(
    "Erasures", "erasures",
    "each has a certificate; none is unproven after a day, no data is found again.",
    "`python -m infra.ops erasures list` shows stuck ones first, with step and reason.",
    total(Metric.ERASURE_CERTIFIED, "proven"),
    highest(Metric.ERASURE_UNPROVEN, "unproven after a day"),
    total(Metric.ERASURE_FOUND_AGAIN, "second pass found data"),
)  # fmt: skip
_PROOF = lines(
    "From the end of the grace period to the proof", "hours",
    "about an hour, since late writes are waited for.",
    "Stream has not confirmed yet, or a step fails; see the log of erase_accounts.",
    highest(Metric.ERASURE_MINUTES_TO_PROOF, "slowest erasure", 60),
    bound=24, bound_label="24 hours",
)  # fmt: skip
_AT_STREAM = lines(
    "Deletions at Stream", "users",
    "nothing is repeated, unproven or found again.",
    "ask Stream's support about the task of the request; deletions are repeated by themselves meanwhile.",
    total(Metric.CHAT_DELETION_REPEATED, "repeated"),
    total(Metric.CHAT_DELETION_UNPROVEN, "not confirmed"),
    total(Metric.STREAM_USER_FOUND_AGAIN, "found again"),
    total(Metric.STREAM_USER_DELETED_AGAIN, "deleted again"),
    total(Metric.STREAM_REPORT_UNTRUE, "Stream's report was untrue"),
)  # fmt: skip
_BREACHES = lines(
    "Breaches of personal data", "breaches",
    "none is open. An open one is neither overdue nor without notices.",
    "`python -m infra.ops breach list` shows them; `breach show` says what is missing, and the deadlines.",
    highest(Metric.BREACHES_OPEN, "open"),
    highest(Metric.BREACH_NOTIFICATIONS_OVERDUE, "notifications of authorities overdue"),
    highest(Metric.BREACH_SUBJECTS_UNNOTIFIED, "people not all notified"),
    highest(Metric.BREACH_NOTICES_UNBEGUN, "notices to people not begun"),
)  # fmt: skip
_AUTHORITIES = lines(
    "Hours to the nearest deadline of an authority", "hours",
    "more than twelve. No line: no authority has to be notified.",
    "notify the authority now, in parts if not everything is known. Below zero it is late.",
    lowest(Metric.BREACH_HOURS_TO_DEADLINE, "hours left"),
    bound=12, bound_label="12 hours",
)  # fmt: skip
_PEOPLE_NOTIFIED = lines(
    "Notices to people affected by a breach", "accounts, parts, minutes",
    "once notices begin, the notified accounts rise until all have theirs.",
    "standstill: see the log of notify_of_breaches, and SES's rate for mails.",
    total(Metric.BREACH_SUBJECT_NOTIFIED, "accounts notified"),
    highest(Metric.BREACH_SHARDS_ABANDONED, "parts abandoned"),
    highest(Metric.BREACH_STANDSTILL_MINUTES, "standstill, minutes"),
)  # fmt: skip
_GUESTS = lines(
    "Requests that wait for a proof", "number",
    "most codes are entered, and most proofs are given in time.",
    "many codes, few entered: guessing, or messages that do not arrive. See the log of rights.",
    total(Metric.RIGHTS_GUEST_CHALLENGED, "codes without a session"),
    total(Metric.RIGHTS_GUEST_VERIFIED, "entered"),
    total(Metric.RIGHTS_IDENTITY_AWAITED, "wait for a proof"),
    total(Metric.RIGHTS_IDENTITY_LAPSED, "refused without one"),
)  # fmt: skip
_RESTRAINTS = lines(
    "Restrictions and objections", "number",
    "each that preserves data is upheld once a day; every objection is weighed in time.",
    "not weighed: propose a decision; `rights list` shows the request.",
    total(Metric.RESTRICTION_UPHELD, "upheld for a day"),
    total(Metric.RESTRAINT_ENDED, "ended"),
    total(Metric.OBJECTION_UNWEIGHED, "objections not weighed"),
)  # fmt: skip
_RECIPIENTS = lines(
    "Recipients of changed data", "requests",
    "zero: every recipient is notified in time.",
    "`python -m infra.ops inbox` lists them; notify, then `rights notified`.",
    highest(Metric.RIGHTS_RECIPIENTS_LATE, "recipients not notified"),
)  # fmt: skip
_MARKETING = lines(
    "Marketing", "number",
    "mails are withheld from those who objected; a few unsubscribe.",
    "many unsubscribe at once: a campaign annoys users. Withheld mails need nothing.",
    total(Metric.MARKETING_WITHHELD, "mails withheld"),
    total(Metric.UNSUBSCRIBED, "unsubscribed by link"),
)  # fmt: skip
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
    "see whether the purge runs (privacy-detail), then raise figures of [purge] (docs/limits.md).",
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
    total(Metric.STREAM_USER_DRIFTED, "had another profile or other blocks"),
    total(Metric.STREAM_CHANNEL_DRIFTED, "channels with other members"),
    total(Metric.STREAM_CHANNEL_ABANDONED, "channels without a conversation"),
    total(Metric.STREAM_USER_ENDED, "ended there"),
    total(Metric.STREAM_USER_RESUMED, "active there again"),
)  # fmt: skip
_ORPHANS = lines(
    "Users at Stream without an account", "users",
    "zero.",
    "they are deactivated, then deleted 30 days later. After a restore, stop reconcile_chat first.",
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
_GIVEN = areas(
    "Consents given, by purpose", "decisions",
    "they follow the sign-ups.",
    "a purpose that jumps: has an app changed its screen? Consent must be asked for, not assumed.",
    *each(Metric.CONSENT_GIVEN),
)  # fmt: skip
_WITHDRAWN = areas(
    "Consents withdrawn, by purpose", "decisions",
    "withdrawing is as easy as giving, so some are withdrawn.",
    "many at once: a notice or a campaign annoys users. Their data is deleted by itself.",
    *each(Metric.CONSENT_WITHDRAWN),
)  # fmt: skip
_EVIDENCE = lines(
    "Evidence of consent", "records",
    "nothing at risk.",
    "at risk: a decision could not be put on record. See the log of consents and renew_shard.",
    total(Metric.CONSENT_EVIDENCE_RENEWED, "renewed"),
    total(Metric.CONSENT_EVIDENCE_AT_RISK, "at risk"),
    total(Metric.CONSENT_DATA_DELETED, "data deleted after a withdrawal"),
)  # fmt: skip
_RENEWAL = lines(
    "Work on consents", "shards, minutes",
    "shards are due once a day and done within minutes.",
    "standstill: no worker began for that long; see renew_consents and the queue of renewals.",
    highest(Metric.CONSENT_SHARDS_DUE, "shards due"),
    highest(Metric.CONSENT_SHARDS_ABANDONED, "shards abandoned"),
    highest(Metric.CONSENT_STANDSTILL_MINUTES, "standstill, minutes"),
)  # fmt: skip
_NOTICES = lines(
    "Announcing new notices", "accounts, shards, minutes",
    "after a publication the announced accounts rise until all have it.",
    "standstill: see announce_notices, and SES's rate for mails.",
    total(Metric.NOTICE_ANNOUNCED, "accounts announced"),
    highest(Metric.NOTICE_SHARDS_DUE, "shards due"),
    highest(Metric.NOTICE_SHARDS_ABANDONED, "shards abandoned"),
    highest(Metric.NOTICE_STANDSTILL_MINUTES, "standstill, minutes"),
)  # fmt: skip
_HOLDS = lines(
    "Legal holds", "number",
    "upkeep is done every few minutes and nothing fails.",
    "unconfirmed or unreadable: a held record may be missing; `python -m infra.ops holds list`.",
    total(Metric.HOLD_PLACED, "placed"),
    total(Metric.HOLD_UPKEEP_DONE, "runs of the upkeep"),
    total(Metric.HOLD_UNCONFIRMED, "unconfirmed"),
    highest(Metric.HOLD_UPKEEP_FAILED, "upkeep failed"),
    total(Metric.HELD_UNREADABLE, "held records unreadable"),
)  # fmt: skip
_CHAIN = lines(
    "The Ledger", "number",
    "at least one checkpoint a day; nothing is altered.",
    "`python -m infra.ops ledger verify` names the first altered entry. Keep everything: this is evidence.",
    total(Metric.CHECKPOINT_MADE, "checkpoints made"),
    highest(Metric.CHECKPOINT_LAG, "oldest entry without a checkpoint, seconds"),
    total(Metric.ENTRY_REFUSED, "entries altered"),
    highest(Metric.ARCHIVE_DAMAGED, "archive damaged"),
    total(Metric.RIGHTS_EVIDENCE_OWED, "evidence owed"),
)  # fmt: skip
_IDLE = lines(
    "Idle accounts", "accounts",
    "owners are warned before an account is closed.",
    "undelivered: the account is not closed. See the log of close_idle_accounts.",
    total(Metric.IDLE_OWNER_WARNED, "owners warned"),
    total(Metric.IDLE_WARNING_UNDELIVERED, "warning not delivered"),
    total(Metric.IDLE_ACCOUNT_CLOSED, "closed"),
    total(Metric.IDLE_ACCOUNT_KEPT, "kept after all"),
)  # fmt: skip
_IDLE_RUNS = lines(
    "Runs that close idle accounts", "number",
    "one complete run an hour, none blocked.",
    "blocked: too many would be closed. Find out why, then `python -m infra.ops idle-accounts release`.",
    total(Metric.IDLE_DONE, "complete runs"),
    highest(Metric.IDLE_BLOCKED, "blocked"),
    highest(Metric.IDLE_CLOSINGS_OPEN, "closings in progress"),
)  # fmt: skip
_REVIEWS = lines(
    "Reviews due within 30 days, or late", "reviews",
    "zero: every agreement, certificate and measure is reviewed a month ahead.",
    "`python -m infra.ops recipients reviews` lists the days. Review what is due, then change its day.",
    highest(Metric.REVIEWS_DUE, "due"),
)  # fmt: skip
_ROLL_UP = lines(
    "Roll-up of usage", "days",
    "no day is overdue: events are deleted once their day is published.",
    "see the log of roll_up_usage; the next run continues.",
    highest(Metric.USAGE_DAYS_OVERDUE, "overdue"),
    total(Metric.USAGE_DAY_PUBLISHED, "published"),
)  # fmt: skip
_PUBLISHED = lines(
    "Groups of published days", "groups",
    "some are withheld: groups under ten accounts are never shown.",
    "overflowed: a day has more groups than it may: an app may send free text as a name.",
    total(Metric.USAGE_GROUP_WITHHELD, "withheld, too small"),
    total(Metric.USAGE_GROUP_OVERFLOWED, "overflowed"),
)  # fmt: skip
