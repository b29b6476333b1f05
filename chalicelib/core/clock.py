"""The only clock of the system.

Instants are in UTC and whole seconds, as in DynamoDB's TTL, JWT claims and our RFC 3339 strings, so every
conversion keeps them unchanged. Tests freeze this clock with time-machine.

Days that people read or that statutory periods count are days of the controller's time zone.

No other module reads the time or sleeps.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Annotated, Any
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# No data of the system is older.
BEGINNING = datetime(2026, 11, 24, tzinfo=UTC)

ZONE = ZoneInfo("Europe/Belgrade")


def now() -> datetime:
    """The current instant, UTC, rounded down to whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def ticks() -> float:
    """Seconds of a monotonic clock, for deadlines inside one process."""
    return time.monotonic()


def pause(length: timedelta) -> None:
    """Sleep between two attempts of the same call, or until a pace permits one; nothing else sleeps."""
    time.sleep(length.total_seconds())


def to_epoch(instant: datetime) -> int:
    """Seconds since 1970, as in DynamoDB's TTL and in JWT claims."""
    return int(instant.timestamp())


def from_epoch(seconds: int) -> datetime:
    """The instant of a number of seconds since 1970."""
    return datetime.fromtimestamp(int(seconds), UTC)


def to_text(instant: datetime) -> str:
    """RFC 3339 in UTC with `Z`, the only form of times in the API."""
    return f"{instant.astimezone(UTC).isoformat()[:19]}Z"


def day_of(instant: datetime) -> date:
    """The day of an instant in the controller's zone."""
    return instant.astimezone(ZONE).date()


def beginning_of(day: date) -> datetime:
    """The first instant of a day in the controller's zone."""
    return datetime.combine(day, time_of_day(), ZONE).astimezone(UTC)


class _InstantSchema:
    """Makes pydantic read RFC 3339 with any offset and write it with `Z`.

    Pydantic is imported in the function: the authorizer uses this clock and must not load pydantic.
    """

    @staticmethod
    def __get_pydantic_json_schema__(schema: Any, handler: Any) -> dict[str, str]:  # noqa: ANN401 - as below
        return {"type": "string", "format": "date-time"}

    @staticmethod
    def __get_pydantic_core_schema__(source: Any, handler: Any) -> Any:  # noqa: ANN401 - pydantic's hook is untyped
        from pydantic_core import core_schema

        return core_schema.datetime_schema(
            tz_constraint="aware",
            serialization=core_schema.plain_serializer_function_ser_schema(
                to_text, return_schema=core_schema.str_schema(), when_used="json"
            ),
        )


Instant = Annotated[datetime, _InstantSchema]


class _WholeInstantSchema:
    @staticmethod
    def __get_pydantic_core_schema__(source: Any, handler: Any) -> Any:  # noqa: ANN401 - pydantic's hook is untyped
        from pydantic_core import core_schema

        return core_schema.datetime_schema(tz_constraint=0)


# An instant that its source made UTC and whole. Pydantic writes it as `to_text` does, seven times as fast.
WholeInstant = Annotated[datetime, _WholeInstantSchema]


@dataclass
class Pace:
    """A steady pace for calls whose rate another service limits: at most one call in each interval.

    Each of the workers that run at once has a pace of its own, at the rate divided by their number. So their
    sum stays within the rate without a shared counter, also if all of them run. If fewer run, part of the
    rate is left unused.

    The first call waits too: the run before, perhaps in the same container, may just have made its last one.
    """

    interval: timedelta
    _next_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._next_at = ticks() + self.interval.total_seconds()

    def wait(self) -> None:
        """Wait until the next call may be made, and count it as made."""
        now = ticks()
        if now < self._next_at:
            pause(timedelta(seconds=self._next_at - now))
        self._next_at = max(now, self._next_at) + self.interval.total_seconds()
