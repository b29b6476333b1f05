"""How long records are kept: a period from an instant on the record, or until erasure.

Visibility and TTL follow from this (privacy/codec); nothing else computes an expiry date. Lengths are
configuration (core/periods); the words for people follow the configured length.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto

from chalicelib.core.durations import Duration
from chalicelib.core.periods import PERIODS, Bounds
from chalicelib.core.settings import settings


class Start(Enum):
    """From when a period is counted."""

    INSTANT = auto()
    YEAR_END = auto()  # the end of the calendar year (UTC) in which the instant lies


class Period(Enum):
    """Named periods: how the controller tells them, with a gap for the length, and when they start."""

    CHALLENGE = ("{} after a code was asked for", Start.INSTANT)
    LIMIT = (
        "until the end of the day (UTC), under a keyed hash of the number, mailbox, or block of either",
        Start.INSTANT,
    )
    CODE_COUNT = ("{} after the first second of the day (UTC) that it counts", Start.INSTANT)
    CODE_HISTORY = ("{} after it was last brought up to date", Start.INSTANT)
    ANNOUNCING = ("{} after the work on it last went on", Start.INSTANT)
    MAIL_RETURN = ("{} after a mail was sent, in case it comes back", Start.INSTANT)
    IDLE_SESSION = ("{} after the device was last used", Start.INSTANT)
    KNOWN_DEVICE = ("{} after the last day on which the device was signed in", Start.INSTANT)
    USAGE = ("{} after it happened", Start.INSTANT)
    USAGE_COUNT = ("until the end of the day (UTC)", Start.INSTANT)
    SECURITY_LOG = ("{} after it was noted", Start.INSTANT)
    RIGHTS_EVIDENCE = ("{} after the request was closed", Start.INSTANT)
    STAFF_REGISTER = ("{} after the person last worked on requests", Start.INSTANT)
    EXPORT = ("{} after it was made", Start.INSTANT)
    CONSENT_EVIDENCE = ("{} after the consent ended", Start.INSTANT)
    BILLING = ("{} after the end of the year of the invoice", Start.YEAR_END)

    def __init__(self, words: str, start: Start) -> None:
        self.words = words
        self.start = start

    @property
    def bounds(self) -> Bounds:
        """The default, and how far configuration may move it."""
        return PERIODS[self.name.lower()]

    @property
    def length(self) -> Duration:
        """As configured."""
        return settings().periods[self.name.lower()]

    @property
    def plainly(self) -> str:
        """In words for people."""
        return self.words.format(self.length.plainly)

    def ends(self, since: datetime) -> datetime:
        """The end of the period for something of this instant."""
        if self.start is Start.YEAR_END:
            since = datetime(since.astimezone(UTC).year + 1, 1, 1, tzinfo=UTC)
        return since + self.length


@dataclass(frozen=True)
class UntilErasure:
    """Kept while the account lives, or until an event that the words name."""

    plainly: str = "until the account is deleted"
    duration: None = None


@dataclass(frozen=True)
class After:
    """Kept for a period from the instant in the record's field `since`; without end while that is None."""

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
    """Kept also when its subject is erased, for a law or for claims (Art. 17(3)(b) and (e) GDPR).

    `law` is told to the subject as it stands here: which law asks for it, or what it is kept for.
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


Retention = UntilErasure | After | Statutory

UNTIL_ERASURE = UntilErasure()
