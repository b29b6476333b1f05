"""Routes for operators about notices, their announcements and the purge. No subject is shown."""

from typing import Annotated, Any, Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.consents import announcements
from chalicelib.consents.announcements import AnnouncementTotals
from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices.model import Notice, NoticeKind, NoticeVersion
from chalicelib.core import clock
from chalicelib.core.chain import ChainEntry
from chalicelib.core.clock import Instant
from chalicelib.core.errors import ChangedMeanwhile, NotFound, existing
from chalicelib.core.http import Body, Operator, View, route
from chalicelib.operations.admin.views import ListView
from chalicelib.retention.purge import evidence
from chalicelib.staff import notices as approvals
from chalicelib.staff import service as staff
from chalicelib.staff.model import NothingProposed, OwnProposal
from chalicelib.staff.notices import NoticeApproval, Signed


class AnnouncementStandingView(View):
    """How far the announcement of a version is: shards of accounts by state."""

    shards: int
    announced: int
    begun: int = Field(description="Begun and not announced to all")
    waiting_for_mail: int = Field(description="Of those begun: repeated, because SES took no mail")

    @classmethod
    def of(cls, totals: AnnouncementTotals) -> Self:
        """Build the view."""
        return cls.showing(totals, announced=totals.complete, begun=totals.begun - totals.complete)


class NoticeVersionView(View):
    """A version of a notice."""

    kind: NoticeKind
    version: NoticeVersion
    published_at: Instant
    effective_at: Instant
    in_effect: bool = Field(description="Whether it has taken effect; a later version may have replaced it")
    announcement: AnnouncementStandingView | None = Field(
        None, description="Absent if it is not announced: the first version, a replaced one, one to come"
    )

    @classmethod
    def of(cls, notice: Notice, totals: AnnouncementTotals | None) -> Self:
        """Build the view."""
        announcement = AnnouncementStandingView.of(totals) if totals else None
        return cls.showing(notice, in_effect=notice.effective_at <= clock.now(), announcement=announcement)


class FrozenPages(Body):
    """The pages of a version of a notice, as the operator has them."""

    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256, as `make policy` prints it")]


class SignedView(View):
    """Pages that an operator proposed or approved."""

    digest: str
    by: str


class NoticeApprovalView(View):
    """How far the approval of a version of a notice is."""

    version: NoticeVersion
    proposed: SignedView | None = None
    approved: SignedView | None = None

    @classmethod
    def of(cls, found: NoticeApproval) -> Self:
        """Build the view, with the staff behind the pseudonyms."""
        signed = [one for one in (found.proposed, found.approved) if one]
        named = staff.resolve(one.by for one in signed)

        def shown(one: Signed | None) -> SignedView | None:
            return SignedView(digest=one.digest, by=named.get(one.by, one.by)) if one else None

        return cls(version=found.version, proposed=shown(found.proposed), approved=shown(found.approved))


class LastPurgeView(View):
    """The newest entry of the purge in the Ledger."""

    chain: str = Field(description="The chain of its day, for `ledger verify`")
    seq: int
    at: Instant
    event: str = Field(description="`begun`, `finished` or `nothing_found`")
    said: dict[str, Any]

    @classmethod
    def of(cls, entry: ChainEntry) -> Self:
        """Build the view of an entry."""
        return cls.showing(entry, chain=entry.chain.name, said=entry.data)


routes = Blueprint(__name__)


@route(routes, "GET", "/admin/v1/notices")
def list_notice_standings(operator: Operator) -> ListView[NoticeVersionView]:
    """List the published versions of the notices, newest first, and how far the announcement of each is."""
    staff.register(operator.arn)
    totals = announcements.totals()
    items = (NoticeVersionView.of(one, totals.get(one.version)) for one in notices.published())
    return ListView[NoticeVersionView](items=tuple(items))


_APPROVAL = "/admin/v1/notices/{version}/approval"


@route(routes, "GET", _APPROVAL)
def show_notice_approval(operator: Operator, version: NoticeVersion) -> NoticeApprovalView:
    """Show how far the approval of a version is, which need not be deployed."""
    staff.register(operator.arn)
    return NoticeApprovalView.of(approvals.read(version))


@route(routes, "PUT", "/admin/v1/notices/{version}/proposal")
def propose_notice(operator: Operator, version: NoticeVersion, body: FrozenPages) -> NoticeApprovalView:
    """Propose the pages of a version; they replace a proposal of other pages."""
    by = staff.register(operator.arn)
    return NoticeApprovalView.of(approvals.propose(version, body.digest, by))


@route(routes, "PUT", _APPROVAL, problems=(NothingProposed, ChangedMeanwhile, OwnProposal))
def approve_notice(operator: Operator, version: NoticeVersion, body: FrozenPages) -> NoticeApprovalView:
    """Approve the pages that another operator proposed."""
    by = staff.register(operator.arn)
    return NoticeApprovalView.of(approvals.approve(version, body.digest, by))


@route(routes, "GET", "/admin/v1/purge", problems=(NotFound,))
def show_purge(operator: Operator) -> LastPurgeView:
    """Show the newest proof of the purge in the Ledger."""
    staff.register(operator.arn)
    entry = existing(evidence.newest(clock.now()))
    return LastPurgeView.of(entry)
