"""Parts of a request in responses: what it restricts, and which recipients were notified."""

from typing import Self

from pydantic import Field

from chalicelib.core.clock import Instant
from chalicelib.core.http import View
from chalicelib.core.phrases import Phrasebook
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.restraint import Ground
from chalicelib.rights.request import recipients
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import RecipientOutcome, RestraintNotes
from chalicelib.rights.request.recipients import ShownRecipient


class RecipientNoticeView(View):
    """A recipient of data that the request changed, and whether it was notified (Art. 19 GDPR)."""

    name: str
    outcome: RecipientOutcome = Field(
        description="`not_applicable`: nothing to correct. `deferred`: until the account is active again"
    )
    notified_at: Instant | None = None
    reason: str | None = Field(None, description="Why there is nothing to notify")

    @classmethod
    def of(cls, shown: ShownRecipient, say: Phrasebook) -> Self:
        """Build the view."""
        notice = shown.notice
        at = notice.at if notice.outcome is RecipientOutcome.NOTIFIED else None
        reason = say(recipients.WHY[notice.why]) if notice.why else None
        return cls(name=say(shown.name), outcome=notice.outcome, notified_at=at, reason=reason)


class RestraintView(View):
    """A restriction or objection: what it covers, and how long it lasts.

    It ends at once by `POST /v1/rights-requests/{request_id}/lift`.
    """

    purposes: tuple[Purpose, ...] = Field(description="Empty for a restriction of all use but storage")
    ground: Ground | None = Field(None, description="Of a restriction: the letter in Art. 18(1) GDPR")
    since: Instant
    ends_at: Instant | None = Field(None, description="We announced that it ends then (Art. 18(3) GDPR)")
    ends_because: str | None = None
    ended_at: Instant | None = None

    @classmethod
    def of(cls, request: RightsRequest) -> Self | None:
        """Build the view; None for a request that restricts nothing."""
        notes = request.notes
        if not isinstance(notes, RestraintNotes) or notes.since is None:
            return None
        ends_at = notes.lifting.ends_at if notes.lifting else None
        return cls(
            purposes=notes.purposes,
            ground=notes.ground,
            since=notes.since,
            ends_at=ends_at,
            ends_because=request.lifting_text if ends_at else None,
            ended_at=notes.ended_at,
        )
