"""The one clock.

Instants are UTC and whole seconds: DynamoDB's TTL, JWT claims and our RFC 3339 strings all speak
seconds, so an instant survives every round trip unchanged. Tests freeze this clock with time-machine.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


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
