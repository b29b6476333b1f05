"""The record of a disclosure: who gets which data of a subject, on which ground, and who decided that.

Invariants:

- The subject's copy contains a disclosure once it is approved, and not before its secrecy ends.
  `Disclosure.undisclosed_until` alone decides that.
- Everything about the ground and the recipient is sealed. In clear are ids, states, times, pseudonyms of
  staff and the version of a notice.
- The period counts from the proposal, so neither a later decision nor a renewed secrecy extends it.
- When a problem is raised, the disclosure is unchanged.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel

from chalicelib.consents.notices.model import NoticeVersion
from chalicelib.core.clock import Instant
from chalicelib.core.errors import ConflictingRequest, Unprocessable
from chalicelib.core.ids import AccountId, DisclosureId, StaffId, UserId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period, Statutory
from chalicelib.privacy.personal import (
    NEVER_DISCLOSED,
    NOT_PERSONAL,
    KeyClass,
    NotPersonal,
    Record,
    personal,
)
from chalicelib.privacy.purposes import Category, ExplainedEnum, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient

_STAFF = (Recipient.BELGRADE_OFFICE,)
_LAW = "to prove to whom data was disclosed and why, Art. 5(2) and 17(3)(e) GDPR, Art. 5(2) and 30 ZZPL"
_INNER = NotPersonal(withheld="internal state of our work; its result is in the other fields")
_COLLEAGUE = NotPersonal(
    withheld="a member of our staff, who acts on our instructions (Art. 15(4) and 29 GDPR, Art. 26 and 46 "
    "ZZPL)"
)
_ASSESSED = (
    "our assessment, which may concern other people (Art. 15(4) GDPR, Art. 26 ZZPL); the ground is its result"
)

_SHOWN = personal(Category.PRIVACY_PREFERENCES, Source.GENERATED, to=_STAFF)
_ASSESSMENT = personal(Category.PRIVACY_PREFERENCES, Source.GENERATED, to=_STAFF, withheld=_ASSESSED)
_SECRECY = personal(
    Category.PRIVACY_PREFERENCES,
    Source.GENERATED,
    to=_STAFF,
    withheld="it only determined when we may disclose this entry",
)


class DisclosureKind(StrEnum):
    """What leads to a disclosure: an authority, our own decision, or a change of our business."""

    AUTHORITY_REQUEST = "authority_request"
    VOLUNTARY = "voluntary"
    MERGER_OR_SALE = "merger_or_sale"


class DisclosureGround(ExplainedEnum):
    """The grounds of the privacy policy: a closed list."""

    COURT_ORDER = ("court_order", "a court ordered it", DisclosureKind.AUTHORITY_REQUEST)
    AUTHORITY_ORDER = (
        "authority_order",
        "an authority ordered it within its powers",
        DisclosureKind.AUTHORITY_REQUEST,
    )
    STATUTORY_DUTY = (
        "statutory_duty",
        "a law requires it without an order",
        DisclosureKind.AUTHORITY_REQUEST,
    )
    DANGER_TO_PEOPLE = (
        "danger_to_people",
        "to protect the life or safety of a person",
        DisclosureKind.VOLUNTARY,
    )
    MISUSE = ("misuse", "to prevent or investigate a misuse of the service", DisclosureKind.VOLUNTARY)
    OWN_RIGHTS = (
        "own_rights",
        "to protect our rights or property, or to enforce an agreement",
        DisclosureKind.VOLUNTARY,
    )
    LEGAL_CLAIMS = (
        "legal_claims",
        "to establish or defend a legal claim, or to avoid liability",
        DisclosureKind.VOLUNTARY,
    )
    MERGER_OR_SALE = (
        "merger_or_sale",
        "our business merges, is acquired, or sells assets",
        DisclosureKind.MERGER_OR_SALE,
    )

    def __init__(self, _word: str, _plainly: str, kind: DisclosureKind) -> None:
        self.kind = kind


class DisclosureStatus(StrEnum):
    """The status of a disclosure. Data may go out only while it is approved."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class SecrecyProposal(BaseModel, frozen=True):
    """A change of the secrecy that one operator proposed and another must approve. `until` None: it ends."""

    until: Instant | None = None
    reference: str
    by: StaffId
    at: Instant


class Disclosure(
    Record,
    table=Table.RIGHTS,
    kind="disclosure",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=Statutory(Period.DISCLOSURE, law=_LAW, since="proposed_at"),
    key_class=KeyClass.RETAINED,
    undisclosed="disclosures that are not approved, because no data may go out; and those of which a law "
    "forbids us to inform you, until the law allows it (Art. 23 GDPR, Art. 40 ZZPL)",
):
    """A disclosure of a subject's data to an authority or another party, and who decided it."""

    disclosure_id: Annotated[DisclosureId, NOT_PERSONAL]
    account_id: Annotated[AccountId, NOT_PERSONAL]
    user_id: Annotated[UserId, NOT_PERSONAL]
    status: Annotated[DisclosureStatus, NOT_PERSONAL] = DisclosureStatus.PROPOSED
    # The fence: every write increments it, and requires the version that the writer read.
    version: Annotated[int, _INNER] = 1

    ground: Annotated[DisclosureGround, _SHOWN]
    recipient: Annotated[str, _SHOWN]
    reference: Annotated[str | None, _SHOWN] = None  # of the order or of the law
    scope: Annotated[tuple[str, ...], _SHOWN]  # kinds of records
    extract: Annotated[str, _SHOWN]  # which data exactly, no more than necessary
    notice: Annotated[NoticeVersion | None, NOT_PERSONAL] = None  # that announced a merger or sale
    reason: Annotated[str, _ASSESSMENT]  # why the ground applies; weighs the interests if voluntary

    proposed_by: Annotated[StaffId, _COLLEAGUE]
    proposed_at: Annotated[Instant, NOT_PERSONAL]
    review: Annotated[str | None, _ASSESSMENT] = None  # by the second operator
    reviewed_by: Annotated[StaffId | None, _COLLEAGUE] = None
    reviewed_at: Annotated[Instant | None, NOT_PERSONAL] = None
    given_by: Annotated[StaffId | None, _COLLEAGUE] = None
    disclosed_at: Annotated[Instant | None, NOT_PERSONAL] = None  # when the data went out

    # An order not to inform the subject.
    secret_until: Annotated[Instant | None, NOT_PERSONAL] = None
    secrecy_reference: Annotated[str | None, _SECRECY] = None
    secrecy_proposal: Annotated[SecrecyProposal | None, _SECRECY] = None
    secrecy_approved_by: Annotated[StaffId | None, _COLLEAGUE] = None  # of its last change

    def is_secret(self, at: datetime) -> bool:
        """Return whether an order forbids to inform the subject at an instant."""
        return self.secret_until is not None and at < self.secret_until

    @property
    def undisclosed_until(self) -> datetime | None:
        """The end of its secrecy; a disclosure that is not approved is never in a copy."""
        return self.secret_until if self.status is DisclosureStatus.APPROVED else NEVER_DISCLOSED


class DisclosurePlace(
    Record,
    table=Table.RIGHTS,
    kind="disclosure_place",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.DISCLOSURE, since="proposed_at"),
):
    """Maps the id of a disclosure to its subject's account, also after the account is deleted."""

    account_id: Annotated[AccountId, _INNER]
    proposed_at: Annotated[Instant, _INNER]


class DecidedAlready(ConflictingRequest):
    """The disclosure was approved, refused or withdrawn, or its data went out."""

    title = "The disclosure is decided already, or its data went out"


class NotApproved(ConflictingRequest):
    """The disclosure is not approved, so no data may go out."""

    title = "No data may go out before another operator has approved the disclosure"


class ProposalLapsed(ConflictingRequest):
    """The proposal waited too long: the circumstances that were assessed may have changed."""

    title = "The proposal is too old to be approved; withdraw it and propose the disclosure again"


class NotInForce(Unprocessable):
    """The notice about the merger or sale does not apply to this subject yet."""

    code = "notice_not_in_force"
    title = "The notice was not announced to this user, or has not taken effect for this user"
