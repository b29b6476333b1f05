"""Retention: a period from an instant of the record, or until erasure.

Visibility and TTL of a record are computed from it in privacy/codec only. The purge computes when a part of
an index is over. Lengths are configuration (core/periods), and the words for people contain the configured
length.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto

from chalicelib.core.durations import Duration
from chalicelib.core.periods import PERIODS, Bounds
from chalicelib.core.settings import settings


class Start(Enum):
    """The instant from which a period is counted."""

    INSTANT = auto()
    YEAR_END = auto()  # the end of the calendar year (UTC) of the instant


class Period(Enum):
    """The named periods: their words for people, with a gap for the length, and their start."""

    CHALLENGE = ("{} after a code was requested", Start.INSTANT)
    LIMIT = (
        (
            "mostly until the end of the UTC day, {} at most, by a keyed hash of a number, mailbox or block "
            "of numbers or addresses"
        ),
        Start.INSTANT,
    )
    CODE_COUNT = ("{} after the start of the day (UTC) that it counts", Start.INSTANT)
    CODE_HISTORY = ("{} after it was last updated", Start.INSTANT)
    ANNOUNCING = ("{} after the last progress of the announcement", Start.INSTANT)
    JOB = ("{} after the last progress of the job", Start.INSTANT)
    MAIL_RETURN = ("{} after a mail was sent, in case it bounces", Start.INSTANT)
    IDLE_SESSION = ("{} after the device was last used", Start.INSTANT)
    KNOWN_DEVICE = ("{} after the last day on which the device was signed in", Start.INSTANT)
    RESTORABLE = ("{} after the change, which is longer than any backup", Start.INSTANT)
    CONTACT_CODE = ("{} after the code was made", Start.INSTANT)
    INVITATION = ("{} after the invitation was sent", Start.INSTANT)
    QUARANTINE = ("{} after the account was deleted, by a keyed hash", Start.INSTANT)
    SUPPRESSION = (
        "{} after the account with it was deleted, or after an objection without one, by a keyed hash",
        Start.INSTANT,
    )
    ERASURE_INPUTS = ("until the deletion is complete, at most {} after its last progress", Start.INSTANT)
    USAGE = ("{} after the event", Start.INSTANT)
    USAGE_COUNT = ("until the end of the day (UTC)", Start.INSTANT)
    PUSH_TOKEN = (
        "{} after an app of the account last registered one, or until the device is signed out",
        Start.INSTANT,
    )
    PUSH_COUNT = ("{} after the push", Start.INSTANT)
    PUSH_PROOF = ("{} after it was sent", Start.INSTANT)
    CALL_RECORD = ("{} after the call", Start.INSTANT)
    SECURITY_LOG = ("{} after the event was recorded", Start.INSTANT)
    RIGHTS_EVIDENCE = (
        "{} after the request was closed; if it restricts or objects to a use, after that ended",
        Start.INSTANT,
    )
    DISCLOSURE = ("{} after the disclosure was proposed", Start.INSTANT)
    HOLD = ("{} after the duty to keep the data ended", Start.INSTANT)
    BREACH = ("{} after the breach was recorded", Start.INSTANT)
    AUDIT = ("{} after the entry", Start.INSTANT)
    STAFF_REGISTER = ("{} after the person's last call", Start.INSTANT)
    STREAM_CHECK = ("{} after the deletion, or after the job first saw the user or last ran", Start.INSTANT)
    STREAM_HOOK = ("{} after our chat provider reported the event", Start.INSTANT)
    BARRED_NUMBER = ("until the suspension would have ended, at most {} after the erasure", Start.INSTANT)
    STREAM_CASE = ("{} after the case was closed", Start.INSTANT)
    ABUSE_REPORT = (
        (
            "{} after the last of: the decision, the end of its measure, the end of the time to appeal, the "
            "answer to an appeal; 15 months after the report at most"
        ),
        Start.INSTANT,
    )
    SUPPORT_MESSAGE = ("{} after we received the message", Start.INSTANT)
    CHAT_MESSAGES = (
        (
            "{} after the message was sent, then deleted by our chat provider within days; earlier if the "
            "sender deletes it or their account"
        ),
        Start.INSTANT,
    )
    EXPORT = ("{} after the copy was made", Start.INSTANT)
    IDENTITY_PAPERS = (
        "{} after we decided about the identity, or after the 30 days in which we wait for its proof",
        Start.INSTANT,
    )
    CONSENT_EVIDENCE = ("{} after the consent ended", Start.INSTANT)
    BILLING = ("{} after the end of the year of the invoice", Start.YEAR_END)

    def __init__(self, words: str, start: Start) -> None:
        self.words = words
        self.start = start

    @property
    def bounds(self) -> Bounds:
        """The default, and the bounds of configuration."""
        return PERIODS[self.name.lower()]

    @property
    def length(self) -> Duration:
        """The configured length."""
        return settings().periods[self.name.lower()]

    @property
    def plainly(self) -> str:
        """In words for people."""
        return self.words.format(self.length.plainly)

    def ends(self, since: datetime) -> datetime:
        """The end of the period for a record of this instant."""
        if self.start is Start.YEAR_END:
            since = datetime(since.astimezone(UTC).year + 1, 1, 1, tzinfo=UTC)
        return since + self.length


@dataclass(frozen=True)
class UntilErasure:
    """Kept until the account is deleted, or until an event that the words name."""

    plainly: str = "until the account is deleted"
    duration: None = None


@dataclass(frozen=True)
class After:
    """Kept for a period from the instant in the field `since`; without end while that is None."""

    period: Period
    since: str

    @property
    def plainly(self) -> str:
        """In words for people."""
        return self.period.plainly

    @property
    def duration(self) -> str:
        """The length as ISO 8601 writes it, for the record of processing."""
        return str(self.period.length)


@dataclass(frozen=True)
class Statutory:
    """Kept after its subject is erased, by law or for legal claims (Art. 17(3)(b) and (e) GDPR).

    `law` is disclosed to the subject unchanged: the law that requires the retention, or its purpose.
    """

    period: Period
    law: str
    since: str

    @property
    def plainly(self) -> str:
        """In words for people."""
        return f"{self.period.plainly} ({self.law})"

    @property
    def duration(self) -> str:
        """The length as ISO 8601 writes it, for the record of processing."""
        return str(self.period.length)


@dataclass(frozen=True)
class UntilInstant:
    """Kept until the instant in the field `until`: a law or a hold fixes it for each record."""

    plainly: str
    until: str
    duration: None = None


Retention = UntilErasure | After | Statutory | UntilInstant

UNTIL_ERASURE = UntilErasure()
