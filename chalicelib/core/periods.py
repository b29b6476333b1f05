"""Retention periods: the default of each, and the bounds within which a stage may change it.

A stage is configured with the periods that differ from the defaults, such as `usage=P14D,idle_session=P30D`.
privacy/periods has the start of each period and its words for people.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.core.durations import Duration

# Means that no period differs: neither a stack's parameter nor a function's variable can be empty.
DEFAULTS = "defaults"

# How long a pseudonym of staff may be stored before the period of its record begins: a request, with its
# extension and a pause, is answered within a year, and a hold can keep its evidence two years longer.
_BEFORE_ITS_PERIOD = Duration.parse("P3Y")
# The periods of records and evidence that name pseudonyms of staff.
_NAME_STAFF = ("rights_evidence", "disclosure", "hold", "breach", "audit")


@dataclass(frozen=True)
class Bounds:
    """A period's default, and the shortest and longest that may be configured."""

    default: Duration
    minimum: Duration
    maximum: Duration


def _bounds(default: str, minimum: str, maximum: str) -> Bounds:
    return Bounds(Duration.parse(default), Duration.parse(minimum), Duration.parse(maximum))


PERIODS: Mapping[str, Bounds] = {
    # A repeated request finds its challenge for 24 hours (core/idempotency).
    "challenge": _bounds("PT48H", "PT24H", "P7D"),
    # At most: a counter ends with its slot, a bucket when it is full again (core/limiter).
    "limit": _bounds("P7D", "P7D", "P7D"),
    # A day's counts of codes: the job that sums them reads those of yesterday too (ADR 26).
    "code_count": _bounds("P3D", "P3D", "P3D"),  # from the day's first second
    "code_history": _bounds("P7D", "P7D", "P7D"),
    # The progress of an announcement, with the last account; written every three days while it is needed.
    "announcing": _bounds("P7D", "P7D", "P7D"),
    # The progress of a scheduled job, written at each of its runs.
    "job": _bounds("P7D", "P7D", "P7D"),
    # Bounces arrive up to some days later; then the recipient of the mail is deleted.
    "mail_return": _bounds("P7D", "P2D", "P7D"),
    "idle_session": _bounds("P60D", "P1D", "P1Y"),
    # How long a device may use its reserve after its last session (ADR 25).
    "known_device": _bounds("P90D", "P1D", "P180D"),
    # The claims of a deleted account show that they were released and not lost.
    "quarantine": _bounds("P30D", "P1D", "P90D"),
    # The keyed hash of a number or mailbox whose owner objected to direct marketing (ADR 47).
    "suppression": _bounds("P24M", "P24M", "P36M"),
    # The longest backup, 35 days, and a day for its restore (ADR 66).
    "restorable": _bounds("P36D", "P36D", "P36D"),
    # Long enough to pass a link on; a code of which nobody knows who has it should not live longer.
    "contact_code": _bounds("P7D", "P1D", "P7D"),
    # Long enough for a user who opens the app once a month. Until then the sender cannot invite again.
    "invitation": _bounds("P30D", "P7D", "P60D"),
    # What an erasure needs until its end; renewed while it is not complete (ADR 30).
    "erasure_inputs": _bounds("P7D", "P7D", "P7D"),
    # The events of a day are needed until the day is closed and its figures are published.
    "usage": _bounds("P30D", "P7D", "P90D"),
    "usage_count": _bounds("P1D", "P1D", "P1D"),  # counted from the day's first second
    # An app registers its token each time it starts; a session that is not used ends as early.
    "push_token": _bounds("P60D", "P1D", "P60D"),
    # Longer than a message is pushed after it was written (ADR 110).
    "push_count": _bounds("PT1H", "PT1H", "PT1H"),
    # Six times as long as a proof can be used (ADR 109).
    "push_proof": _bounds("PT1H", "PT1H", "PT1H"),
    "call_record": _bounds("P30D", "P1D", "P30D"),
    "security_log": _bounds("P90D", "P7D", "P180D"),
    # Erased users are looked for until 90 days after the erasure; the rest is for days without a run.
    "stream_check": _bounds("P120D", "P120D", "P120D"),
    # Longer than a hook is accepted after its event: a repeated one is known or stale (ADR 39).
    "stream_hook": _bounds("PT48H", "PT48H", "PT48H"),
    # How a deletion at Stream that we did not make was settled, in case its subject asks later.
    "stream_case": _bounds("P1Y", "P90D", "P3Y"),
    # A message to our support, and our answer (USE-10).
    "support_message": _bounds("P1Y", "P30D", "P1Y"),
    # A report of abuse and its decision, after the last appeal is over; 15 months in any case (ADR 114).
    "barred_number": _bounds("P365D", "P365D", "P365D"),
    "abuse_report": _bounds("P90D", "P90D", "P90D"),
    # Messages at Stream, which deletes them by age. Deployments also refuse more than the privacy policy in
    # effect names (`messages_kept` in consents/notices/versions).
    "chat_messages": _bounds("P30D", "P1D", "P30D"),
    # Long enough to download a copy after a weekend; later the subject has to request it again.
    "export": _bounds("P5D", "P1D", "P7D"),
    # Long enough for a second operator to look at a paper again, and for a question of the subject.
    "identity_papers": _bounds("P7D", "P1D", "P14D"),
    # Legal claims lapse after three years (counted from the end of the year in some countries). A hold may
    # keep records for two years, and the request is needed until it lapses (ADR 31).
    "rights_evidence": _bounds("P3Y", "P3Y", "P10Y"),
    # Its subject may learn of a secret one only in the last year, and can then still contest it.
    "disclosure": _bounds("P5Y", "P3Y", "P10Y"),
    # Claims about a hold may be raised for some years after it ended.
    "hold": _bounds("P5Y", "P3Y", "P10Y"),
    # An authority may check how we handled a breach, and people may claim damages (Art. 33(5), 82 GDPR).
    "breach": _bounds("P5Y", "P3Y", "P10Y"),
    # Which records staff viewed, and which invoices they recorded.
    "audit": _bounds("P2Y", "P1Y", "P5Y"),
    # Longer than everything that names a pseudonym; `read` checks it.
    "staff_register": _bounds("P9Y", "P9Y", "P15Y"),
    "consent_evidence": _bounds("P5Y", "P3Y", "P10Y"),
    "billing": _bounds("P10Y", "P10Y", "P15Y"),
}


def read(text: str) -> Mapping[str, Duration]:
    """All periods by name, as configured.

    Raises:
        ValueError: a name is unknown or listed twice, or a length is malformed or out of bounds. The text
            quotes nothing of the input but names of periods.
    """
    configured: dict[str, Duration] = {}
    for part in text.split(",") if text not in {"", DEFAULTS} else ():
        name, _, length = part.strip().partition("=")
        if name not in PERIODS or name in configured:
            raise ValueError(
                "it has to list known periods, each at most once, such as usage=P14D,idle_session=P30D"
            )
        configured[name] = _within(name, length)
    periods = {name: bounds.default for name, bounds in PERIODS.items()} | configured
    for name in _NAME_STAFF:
        if not periods[name].is_shorter_by(_BEFORE_ITS_PERIOD, periods["staff_register"]):
            raise ValueError(
                f"staff_register has to be at least three years longer than {name}, whose pseudonyms it maps"
            )
    return periods


def _within(name: str, length: str) -> Duration:
    try:
        duration = Duration.parse(length)
    except ValueError as malformed:
        raise ValueError(f"{name} is {malformed}") from None
    bounds = PERIODS[name]
    if not bounds.minimum <= duration <= bounds.maximum:
        raise ValueError(f"{name} has to be between {bounds.minimum} and {bounds.maximum}")
    return duration
