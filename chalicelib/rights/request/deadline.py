"""When an answer is due (Art. 12(3) and (4) GDPR, RGT-10). Pure: instants in, instants out.

The period begins on the day of receipt, by any channel, in the controller's time zone. That day does not
count (Regulation 1182/71), and the last day counts to its end.

- The period ends after 30 days or one calendar month, whichever is earlier. A month ends on the same day of
  the next month, or on that month's last day.
- It can be extended once, inside the first period, by at most 60 days and for a reason of the closed list.
- It is paused only while proof of identity is outstanding, and only if the proof was requested without
  delay. Whole days of a pause are added to the period; the rest of a day is not.

A refusal has to be sent inside the first period even if the period was extended (Art. 12(4)).
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from dateutil.relativedelta import relativedelta

from chalicelib.core.clock import DAY, Instant, beginning_of, day_of

LONGEST = 30 * DAY
LONGEST_EXTENSION = 60 * DAY
ASKED_WITHOUT_DELAY = 3 * DAY  # after receipt; an identity check requested later does not pause the clock
REMINDERS = (14 * DAY, 7 * DAY, 3 * DAY, 1 * DAY)  # before the answer is due


class ExtensionReason(StrEnum):
    """Why an answer may take longer, in the terms of DPV (closed list, Art. 12(3))."""

    COMPLEXITY = "JustificationA12Complexity"
    HIGH_VOLUME = "JustificationA12HighVolume"


class NotAllowed(ValueError):
    """The law does not allow this extension or pause; the message says why."""


@dataclass(frozen=True)
class Extension:
    """An extension of the period, which is announced to the subject."""

    days: int
    reason: ExtensionReason
    decided_at: Instant


@dataclass(frozen=True)
class Pause:
    """A pause: when proof of identity was requested, and when it arrived (None: not yet)."""

    asked_at: Instant
    answered_at: Instant | None = None

    def days(self, now: datetime) -> int:
        """Whole days of pause by `now`."""
        return max((min(self.answered_at or now, now) - self.asked_at) // DAY, 0)


@dataclass(frozen=True)
class Clock:
    """The legal clock of a request."""

    received_at: datetime
    extension: Extension | None = None
    pause: Pause | None = None

    def first_period_ends(self, now: datetime) -> datetime:
        """The last second of the period without an extension, given the pause by `now`."""
        received = day_of(self.received_at)
        last = min(received + LONGEST, received + relativedelta(months=1))
        return _end_of(last + timedelta(days=self.pause.days(now) if self.pause else 0))

    def due_at(self, now: datetime) -> datetime:
        """The last second in which an answer is in time."""
        end = self.first_period_ends(now)
        return _end_of(day_of(end) + timedelta(days=self.extension.days)) if self.extension else end

    def is_paused(self) -> bool:
        """Return whether the clock is paused because the subject has not proven their identity yet."""
        return self.pause is not None and self.pause.answered_at is None

    def is_overdue(self, now: datetime) -> bool:
        """Return whether the answer is late; never while the clock is paused."""
        return not self.is_paused() and now > self.due_at(now)

    def days_left(self, now: datetime) -> int:
        """Whole days until the answer is due; negative once it is late. For metrics and operators."""
        return (self.due_at(now) - now) // DAY

    def refusal_is_in_time(self, decided_at: datetime) -> bool:
        """Return whether a refusal is within the first period; a later one is a recorded breach."""
        return decided_at <= self.first_period_ends(decided_at)

    def reminders(self, now: datetime) -> tuple[datetime, ...]:
        """Return when operators are reminded, earliest first, without times before receipt."""
        due = self.due_at(now)
        return tuple(due - before for before in REMINDERS if due - before > self.received_at)

    def extended(self, by: timedelta, reason: ExtensionReason, now: datetime) -> "Clock":
        """The clock with an extension.

        Raises:
            NotAllowed: the extension is too long, too late, or the second one.
        """
        if self.extension:
            raise NotAllowed("extended already")
        if not DAY <= by <= LONGEST_EXTENSION or by % DAY:
            raise NotAllowed("an extension is of whole days, at most 60")
        if now > self.first_period_ends(now):
            raise NotAllowed("the first period is over")
        return replace(self, extension=Extension(by // DAY, reason, now))

    def paused(self, now: datetime) -> "Clock":
        """The clock paused from now on.

        Raises:
            NotAllowed: the proof was requested too late, or for a second time.
        """
        if self.pause:
            raise NotAllowed("paused before")
        if not self.received_at <= now <= self.received_at + ASKED_WITHOUT_DELAY:
            raise NotAllowed("not asked for without delay")
        return replace(self, pause=Pause(now))

    def resumed(self, now: datetime) -> "Clock":
        """The clock running again, since the proof arrived.

        Raises:
            NotAllowed: the clock is not paused.
        """
        if self.pause is None or self.pause.answered_at or now < self.pause.asked_at:
            raise NotAllowed("not paused")
        return replace(self, pause=replace(self.pause, answered_at=now))


def _end_of(day: date) -> datetime:
    """The last second of a day in the controller's time zone; the day may have 23 or 25 hours."""
    return beginning_of(day + DAY) - timedelta(seconds=1)
