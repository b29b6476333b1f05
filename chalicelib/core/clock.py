"""The one clock.

Instants are UTC and whole seconds: DynamoDB's TTL, JWT claims and our RFC 3339 strings all speak
seconds, so an instant survives every round trip unchanged. Tests freeze this clock with time-machine.

A day is one of the controller's zone wherever a person reads it, and wherever a statutory period counts it.
"""

import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Annotated, Any
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

ZONE = ZoneInfo("Europe/Belgrade")


def now() -> datetime:
    """The current instant, UTC, rounded down to whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def ticks() -> float:
    """Seconds on a clock that only runs forwards, for deadlines inside one process."""
    return time.monotonic()


def pause(length: timedelta) -> None:
    """Wait, between two tries of the same thing; nothing else waits by time."""
    time.sleep(length.total_seconds())


def to_epoch(instant: datetime) -> int:
    """Seconds since 1970, as DynamoDB's TTL and JWT count them."""
    return int(instant.timestamp())


def from_epoch(seconds: int) -> datetime:
    """The instant of an epoch second."""
    return datetime.fromtimestamp(int(seconds), UTC)


def to_text(instant: datetime) -> str:
    """RFC 3339 in UTC with `Z`, the only form in which the API shows times."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day_of(instant: datetime) -> date:
    """The day of an instant in the controller's zone."""
    return instant.astimezone(ZONE).date()


def beginning_of(day: date) -> datetime:
    """The first instant of a day in the controller's zone."""
    return datetime.combine(day, time_of_day(), ZONE).astimezone(UTC)


class _InstantSchema:
    """Teaches pydantic to read RFC 3339 with an offset and to write it with `Z`.

    The import is inside: the authorizer uses this clock and must not pay for pydantic.
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
