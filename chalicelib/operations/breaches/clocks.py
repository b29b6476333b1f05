"""The deadlines of the authority of one country, as pure rules.

- General rule: 72 hours from the instant of awareness (Art. 33(1) GDPR; Art. 52 ZZPL). A notification in
  phases has no second deadline, only no undue further delay (Art. 33(4)).
- Electronic communications: 24 hours in the EEA, and the missing particulars within three days after the
  first notification (Art. 2(2) and (3) of Regulation 611/2013). It applies whatever the risk.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel

from chalicelib.core.clock import DAY, HOUR, Instant
from chalicelib.core.countries import EEA
from chalicelib.privacy.controller import CONTROLLER, SupervisoryAuthority
from chalicelib.privacy.remedies import AUTHORITIES

HOME = CONTROLLER.country  # whose authority is always competent
COUNTRIES = frozenset({HOME, *AUTHORITIES})
FOLLOW_UP_WITHIN = 3 * DAY


class DeadlineRule(StrEnum):
    """The rule that sets the deadline of an authority."""

    GENERAL = "general"
    COMMUNICATIONS = "communications"  # Regulation 611/2013

    @property
    def within(self) -> timedelta:
        """The period from the instant of awareness to the first notification."""
        return 24 * HOUR if self is DeadlineRule.COMMUNICATIONS else 72 * HOUR


class AuthorityClock(BaseModel, frozen=True):
    """The deadlines of one authority, and what it was notified of.

    Attributes:
        due_at: the deadline of the first notification.
        notified_at: when the first notification was made.
        follow_up_due_at: the deadline of the missing particulars, if a rule sets one.
        completed_at: when the authority had all particulars.
    """

    country: str
    rule: DeadlineRule
    due_at: Instant
    notified_at: Instant | None = None
    follow_up_due_at: Instant | None = None
    completed_at: Instant | None = None

    @property
    def deadline(self) -> datetime | None:
        """The deadline of the next notification; None if none is due."""
        return self.due_at if self.notified_at is None else self._follow_up

    @property
    def _follow_up(self) -> datetime | None:
        return None if self.completed_at else self.follow_up_due_at

    def is_late(self, at: datetime) -> bool:
        """Return whether a notification at an instant misses the deadline that it has to meet."""
        return self.deadline is not None and at > self.deadline

    def notified(self, at: datetime, *, complete: bool) -> "AuthorityClock":
        """Return the clock after a notification."""
        first = self.notified_at or at
        due = first + FOLLOW_UP_WITHIN if self.rule is DeadlineRule.COMMUNICATIONS else None
        return self.model_copy(
            update={
                "notified_at": first,
                "follow_up_due_at": self.follow_up_due_at or (None if complete else due),
                "completed_at": self.completed_at or (at if complete else None),
            }
        )


def start(country: str, rule: DeadlineRule, discovered_at: datetime) -> AuthorityClock:
    """Return the clock of a country's authority, which runs from the instant of awareness."""
    return AuthorityClock(country=country, rule=rule, due_at=discovered_at + rule.within)


def rule_allowed(country: str, rule: DeadlineRule) -> bool:
    """Return whether a rule exists in a country: Regulation 611/2013 is law in the EEA only."""
    return rule is DeadlineRule.GENERAL or country in EEA


def authority_of(country: str) -> SupervisoryAuthority:
    """Return the authority that a clock is about."""
    return CONTROLLER.authorities[0] if country == HOME else AUTHORITIES[country]
