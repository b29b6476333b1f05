"""What a person without a session asks for, until the code proves their number or mailbox."""

from typing import Annotated
from uuid import UUID

from chalicelib.core.clock import Instant
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source


class GuestDraft(
    Record,
    table=Table.CHALLENGES,
    kind="guest_draft",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.CHALLENGE, since="created_at"),
    key_class=KeyClass.TRANSIENT,
):
    """A request that waits for its code. `request_id` is the id that the request will have.

    The table has no backups, and neither the draft nor its code is kept for longer than a challenge.
    """

    request_id: Annotated[RightsRequestId, NOT_PERSONAL]
    asked: Annotated[str, personal(Category.CONTENT_PRIVATE, Source.PROVIDED)]  # the body, as JSON
    device_id: Annotated[UUID | None, personal(Category.DEVICE_ID, Source.PROVIDED)] = None
    created_at: Annotated[Instant, NOT_PERSONAL]
