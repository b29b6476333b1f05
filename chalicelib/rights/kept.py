"""What is kept of an erased account, as a request states it (ADR 31)."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from chalicelib.core.clock import Instant
from chalicelib.core.ids import HoldId
from chalicelib.retention.model import HoldGround


class KeptData(BaseModel):
    """What is kept of an erased account: records of one kind, with one reason and its end.

    A record that is kept for several reasons counts in each of them. `hold`: None for a statutory period.
    `secret_until`: until when an order forbids to disclose this to the subject.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    count: int
    law: str
    ground: HoldGround
    hold: HoldId | None = None
    until: Instant
    secret_until: Instant | None = None

    def is_secret(self, at: datetime) -> bool:
        """Return whether this must not be disclosed at an instant."""
        return self.secret_until is not None and at < self.secret_until
