"""Instants in the bodies of requests, which have one form there."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator

from chalicelib.core.clock import Instant

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _written_out(value: object) -> object:
    """Accept only RFC 3339: pydantic would also accept a number in quotes, as an epoch."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC_3339.fullmatch(text := value.upper()):
        raise ValueError("not a time as in RFC 3339")
    try:
        instant = datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError:
        raise ValueError("not a time of this calendar") from None
    return instant.replace(microsecond=0) if instant.microsecond else instant


When = Annotated[Instant, BeforeValidator(_written_out)]
