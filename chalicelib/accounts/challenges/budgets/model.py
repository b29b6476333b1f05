"""The stored counts of unverified codes, and the history of verified ones, per country (ADR 26)."""

from datetime import datetime, timedelta
from typing import Annotated

from chalicelib.core.clock import Instant
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose


class CodeCount(
    Record,
    table=Table.CHALLENGES,
    kind="code_count",
    purpose=Purpose.SECURITY,
    basis=LegalBasis.LEGITIMATE_INTERESTS,
    retention=After(Period.CODE_COUNT, since="began_at"),
    key_class=KeyClass.NOTHING_SEALED,
):
    """Codes sent to a country, or to all countries, on a UTC day, and codes verified (ADR 26).

    `scope` is the country. The counts are further attributes, by hour. No count refers to a person.
    """

    scope: Annotated[str, NOT_PERSONAL]
    began_at: Annotated[Instant, NOT_PERSONAL]


# The highest count is taken over today and this many days before.
_WINDOW = timedelta(days=14)


class CodeHistory(
    Record,
    table=Table.CHALLENGES,
    kind="code_history",
    purpose=Purpose.SECURITY,
    basis=LegalBasis.LEGITIMATE_INTERESTS,
    retention=After(Period.CODE_HISTORY, since="counted_at"),
    key_class=KeyClass.NOTHING_SEALED,
):
    """Codes verified in each country on each of the last fifteen UTC days (ADR 26)."""

    counted_at: Annotated[Instant, NOT_PERSONAL]
    version: Annotated[int, NOT_PERSONAL]
    verified: Annotated[dict[str, dict[str, int]], NOT_PERSONAL]

    def highest(self, country: str, now: datetime) -> int:
        """Return the highest number of verified codes of a country on one day of the window."""
        days = self.verified.get(country, {})
        return max((codes for day, codes in days.items() if day >= _first_day(now)), default=0)

    def with_counts(self, counts: dict[tuple[str, datetime], int], now: datetime) -> "CodeHistory":
        """Return the next version: counts of a day only grow, days before the window are dropped."""
        verified = {country: dict(days) for country, days in self.verified.items()}
        for (country, day), codes in counts.items():
            days = verified.setdefault(country, {})
            days[_day(day)] = max(codes, days.get(_day(day), 0))
        recent = {
            country: {day: codes for day, codes in days.items() if day >= _first_day(now)}
            for country, days in verified.items()
        }
        left = {country: days for country, days in recent.items() if days}
        return CodeHistory(counted_at=now, version=self.version + 1, verified=left)


def _first_day(now: datetime) -> str:
    return _day(now - _WINDOW)


def _day(at: datetime) -> str:
    return at.date().isoformat()
