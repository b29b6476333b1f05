"""Evidence that a request owes to its history."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from chalicelib.core.clock import Instant


class OwedEntry(BaseModel):
    """An entry that could not be appended to the history, because its newest entry was altered."""

    model_config = ConfigDict(frozen=True)

    event: str
    at: Instant
    said: Mapping[str, Any]
