"""Request and response bodies about disclosures. They are not part of the public contract."""

from typing import Any, Self

from pydantic import Field

from chalicelib.consents.notices.model import NoticeVersion
from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.http import Body, View
from chalicelib.core.ids import DisclosureId, StaffId, UserId
from chalicelib.operations.admin.views import EntryView
from chalicelib.staff.disclosures.model import Disclosure, DisclosureGround, DisclosureKind, DisclosureStatus
from chalicelib.staff.disclosures.service import (
    AssessmentText,
    DisclosurePage,
    InspectedDisclosure,
    ShortText,
)


class NewApproval(Body):
    """An approval."""

    assessment: AssessmentText | None = Field(None, description="Required for a voluntary disclosure")


class NewRefusal(Body):
    """A refusal, and why."""

    assessment: AssessmentText


class GivenData(Body):
    """The statement that the data went out."""

    disclosed_at: Instant | None = Field(None, description="When; now if it is absent")


class NewSecrecy(Body):
    """A change of the secrecy."""

    secret_until: Instant | None = Field(description="null: the secrecy ends")
    reference: ShortText = Field(description="The order that requires or allows the change")


class SecrecyProposalView(View):
    """A proposed change of the secrecy. `until` is absent if the secrecy is to end."""

    until: Instant | None = None
    reference: str
    by: StaffId
    at: Instant


class DisclosureLine(View):
    """A disclosure in a list: no text. `version` is the version in its ETag."""

    id: DisclosureId
    user_id: UserId
    kind: DisclosureKind
    ground: DisclosureGround
    status: DisclosureStatus
    proposed_at: Instant
    reviewed_at: Instant | None = None
    disclosed_at: Instant | None = None
    secret: bool = Field(description="Whether an order forbids now to inform the user")
    secret_until: Instant | None = None
    secrecy_proposed: bool = Field(description="Whether a change of the secrecy awaits approval")
    version: int

    @classmethod
    def of(cls, disclosure: Disclosure) -> Self:
        """Build the view of the current state of a disclosure."""
        return cls(**_fields(disclosure, cls))


class DisclosureView(DisclosureLine):
    """A disclosure with its texts."""

    recipient: str
    reference: str | None = None
    scope: tuple[str, ...]
    extract: str
    reason: str
    notice: NoticeVersion | None = None
    proposed_by: StaffId
    assessment: str | None = Field(None, description="By the second operator")
    reviewed_by: StaffId | None = None
    given_by: StaffId | None = None
    secrecy_reference: str | None = None
    secrecy_proposal: SecrecyProposalView | None = None


class InspectedDisclosureView(DisclosureView):
    """A disclosure with its evidence, newest first; without it if an entry was altered."""

    evidence: tuple[EntryView, ...] | None = None
    staff: dict[StaffId, str] = Field(
        description="ARNs behind the pseudonyms, unless their entry has expired"
    )

    @classmethod
    def with_history(cls, seen: InspectedDisclosure, staff: dict[StaffId, str]) -> Self:
        """Build the view of a disclosure and its evidence."""
        shown = tuple(map(EntryView.of, seen.entries)) if seen.entries is not None else None
        return cls(**_fields(seen.disclosure, DisclosureView), evidence=shown, staff=staff)


class DisclosureList(View):
    """A page of disclosures, newest first."""

    items: tuple[DisclosureLine, ...]
    unreadable: tuple[DisclosureId, ...] = Field(
        (), description="Disclosures of this page that cannot be read, because they were altered"
    )
    next: str | None = None

    @classmethod
    def of(cls, page: DisclosurePage) -> Self:
        """Build the view of a page."""
        items = tuple(map(DisclosureLine.of, page.found))
        return cls(items=items, unreadable=tuple(page.unreadable), next=page.next)


def _fields(disclosure: Disclosure, view: type[DisclosureLine]) -> dict[str, Any]:
    """The fields of a view, most of which have the same name in the record."""
    return {
        **disclosure.model_dump(include=set(view.model_fields)),
        "id": disclosure.disclosure_id,
        "kind": disclosure.ground.kind,
        "secret": disclosure.is_secret(clock.now()),
        "secrecy_proposed": disclosure.secrecy_proposal is not None,
        "assessment": disclosure.review,
    }
