"""Lengths of time as laws and people count them: hours, days, calendar months and years.

A month or a year after an instant is the same day and time of a later month. If that month has no such day,
it is the last day of the month (Regulation 1182/71, Art. 3(2)(c)): three years after 29 February is 28
February. Durations are counted in UTC. Their texts are ISO 8601 with one unit: PT48H, P30D, P1M, P3Y.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self

_ISO = re.compile(r"P(?:(?P<count>[1-9][0-9]{0,3})(?P<unit>[DMY])|T(?P<hours>[1-9][0-9]{0,3})H)")
_COMPARED_FROM = datetime(1970, 1, 1, tzinfo=UTC)


class Unit(StrEnum):
    """The unit of a duration, as the English word in the singular."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


_UNITS = {"D": Unit.DAY, "M": Unit.MONTH, "Y": Unit.YEAR}


@dataclass(frozen=True)
class Duration:
    """A count of one unit. `instant + duration` is the instant that much later."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Self:
        """The duration that a text denotes.

        Raises:
            ValueError: it is not an ISO 8601 duration of one unit.
        """
        found = _ISO.fullmatch(text)
        if not found:
            raise ValueError("not an ISO 8601 duration of one unit such as P30D or PT48H")
        if found["hours"]:
            return cls(int(found["hours"]), Unit.HOUR)
        return cls(int(found["count"]), _UNITS[found["unit"]])

    def __str__(self) -> str:
        """In ISO 8601."""
        return f"P{'T' if self.unit is Unit.HOUR else ''}{self.count}{self.unit.name[0]}"

    @property
    def plainly(self) -> str:
        """In words for people."""
        return f"{self.count} {self.unit.value}{'' if self.count == 1 else 's'}"

    def __radd__(self, instant: datetime) -> datetime:
        """`instant + duration`, in UTC."""
        start = instant.astimezone(UTC)
        match self.unit:
            case Unit.HOUR:
                return start + timedelta(hours=self.count)
            case Unit.DAY:
                return start + timedelta(days=self.count)
            case Unit.MONTH:
                return _months_after(start, self.count)
            case Unit.YEAR:
                return _months_after(start, 12 * self.count)

    def __lt__(self, other: "Duration") -> bool:
        """Return whether it is shorter than another one, counted as for `<=`; so `min` is the shorter one."""
        return not other <= self

    def __le__(self, other: "Duration") -> bool:
        """Return whether it is no longer than another one, both counted from 1 January 1970."""
        return _COMPARED_FROM + self <= _COMPARED_FROM + other

    def is_shorter_by(self, margin: "Duration", other: "Duration") -> bool:
        """Return whether it and a margin are no longer than another one, counted as for `<=`."""
        return _COMPARED_FROM + self + margin <= _COMPARED_FROM + other


def _months_after(start: datetime, count: int) -> datetime:
    # Imported here, since the authorizer declares durations and adds none.
    from dateutil.relativedelta import relativedelta

    return start + relativedelta(months=count)
