"""The approval of the frozen pages of a notice: one person proposes them, another one approves them (ADR 90).

Both give the digest that they computed from the pages in their own checkout, so a version is approved before
it is deployed. A deployment to production asks for the approval (`infra/deployment/preflight`).

Invariants:

- An approval has the digest of the newest proposal.
- The person who approves is never the one who proposed.
- The standing of a version is read from its history in the Ledger, so no approval lacks its evidence.

An approval ends with its entry, after the period of audits: then the pages are approved again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.consents.notices.model import NoticeVersion
from chalicelib.core import chain, clock
from chalicelib.core.chain import Chain, ChainEntry, HeadMoved, NewEntry, Unreadable
from chalicelib.core.errors import ChangedMeanwhile, Unavailable
from chalicelib.core.ids import StaffId
from chalicelib.core.transactions import commit, retry_on
from chalicelib.privacy.periods import Period
from chalicelib.staff.model import NothingProposed, OwnProposal

_MAX_ENTRIES = 100
_PROPOSED, _APPROVED = "proposed", "approved"


@dataclass(frozen=True)
class Signed:
    """Pages that a person proposed or approved, by their digest."""

    digest: str
    by: StaffId


@dataclass(frozen=True)
class NoticeApproval:
    """The newest proposal and the newest approval of a version."""

    version: NoticeVersion
    proposed: Signed | None
    approved: Signed | None


def history_of(version: NoticeVersion) -> Chain:
    """The history of a version in the Ledger."""
    return Chain("notice", version)


def read(version: NoticeVersion) -> NoticeApproval:
    """Read how far the approval of a version is.

    Raises:
        Unavailable: its history was altered, or the Ledger does not answer.
    """
    try:
        entries, _ = chain.page(history_of(version), None, _MAX_ENTRIES)
    except Unreadable:
        raise Unavailable from None
    return NoticeApproval(version, _newest(entries, _PROPOSED), _newest(entries, _APPROVED))


def _newest(entries: list[ChainEntry], event: str) -> Signed | None:
    found = (one for one in entries if one.event == event)
    return next((Signed(one.data["digest"], StaffId(one.data["by"])) for one in found), None)


def propose(version: NoticeVersion, digest: str, by: StaffId) -> NoticeApproval:
    """Propose pages; they replace a proposal of other pages. Repeating it changes nothing.

    Raises:
        Unavailable: as for `read`.
    """
    return _record(_PROPOSED, version, Signed(digest, by), lambda _: None)


def approve(version: NoticeVersion, digest: str, by: StaffId) -> NoticeApproval:
    """Approve the pages that another person proposed. Repeating it changes nothing.

    Raises:
        NothingProposed: no pages are proposed.
        ChangedMeanwhile: other pages are proposed.
        OwnProposal: the same person proposed them.
        Unavailable: as for `read`.
    """

    def check(standing: NoticeApproval) -> None:
        if standing.proposed is None:
            raise NothingProposed
        if standing.proposed.digest != digest:
            raise ChangedMeanwhile
        if standing.proposed.by == by:
            raise OwnProposal

    return _record(_APPROVED, version, Signed(digest, by), check)


@retry_on(HeadMoved)
def _record(
    event: str, version: NoticeVersion, signed: Signed, check: Callable[[NoticeApproval], None]
) -> NoticeApproval:
    standing = read(version)
    check(standing)
    before = standing.proposed if event == _PROPOSED else standing.approved
    if before is None or before.digest != signed.digest:
        said = {"digest": signed.digest, "by": signed.by}
        entry = NewEntry(event, said, delete_at=Period.AUDIT.ends(clock.now()))
        commit(chain.append_write(history_of(version), entry))
        standing = read(version)
    return standing
