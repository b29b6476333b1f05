"""Charts of *Privacy* about breaches, people without a session, restraints, recipients and marketing."""

from __future__ import annotations

from chalicelib.core.metrics import Metric
from infra.dashboards.widgets import highest, lines, lowest, total

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
    "`python -m infra.ops rights unnotified` lists them; notify, then `rights notified`.",
    highest(Metric.RIGHTS_RECIPIENTS_LATE, "recipients not notified"),
)  # fmt: skip
_MARKETING = lines(
    "Marketing", "number",
    "mails are withheld from those who objected; a few unsubscribe.",
    "many unsubscribe at once: a campaign annoys users. Withheld mails need nothing.",
    total(Metric.MARKETING_WITHHELD, "mails withheld"),
    total(Metric.UNSUBSCRIBED, "unsubscribed by link"),
)  # fmt: skip
ROWS = (
    (_BREACHES, _AUTHORITIES, _PEOPLE_NOTIFIED),
    (_GUESTS, _RESTRAINTS, _RECIPIENTS, _MARKETING),
)
