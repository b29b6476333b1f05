"""What a request for rectification asks for, and what was decided about it."""

from pydantic import BaseModel, ConfigDict


class AskedCorrection(BaseModel):
    """What a subject wants corrected.

    Attributes:
        changes: the new values by field, as sent; None removes a value.
        applied: the fields that were corrected in the transaction of the request.
        deferred: the fields that are corrected with the answer, since no session made the request (ADR 49).
        proposed: the values that operators propose, or decided, for fields under review.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    changes: dict[str, str | None] = {}
    applied: tuple[str, ...] = ()
    deferred: tuple[str, ...] = ()
    proposed: dict[str, str] | None = None

    @property
    def reviewed(self) -> dict[str, str]:
        """The values that need a decision by operators."""
        without_review = {*self.applied, *self.deferred}
        return {name: value or "" for name, value in self.changes.items() if name not in without_review}
