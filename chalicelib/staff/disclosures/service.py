"""Proposes, lists and shows disclosures; each view by staff is recorded before anything is shown.

A view is recorded in the history of the member of staff (`staff/history`), not in that of the disclosure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.accounts.service import read_by_user
from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices.model import NoticeKind
from chalicelib.core import chain, clock
from chalicelib.core.batches import batched
from chalicelib.core.chain import ChainEntry, Unreadable
from chalicelib.core.errors import NotFound
from chalicelib.core.http import Cursor, invalid_cursor
from chalicelib.core.ids import AccountId, DisclosureId, StaffId
from chalicelib.core.transactions import Write
from chalicelib.staff import history
from chalicelib.staff.disclosures import evidence, moves, proposal, store
from chalicelib.staff.disclosures.model import Disclosure, DisclosureStatus
from chalicelib.staff.disclosures.problems import NotInForce
from chalicelib.staff.disclosures.proposal import NewDisclosure
from chalicelib.staff.disclosures.store import DisclosurePage, UnknownPlace

__all__ = [
    "DisclosurePage",
    "InspectedDisclosure",
    "approved",
    "evidence_write",
    "list_all",
    "of_subject",
    "propose",
    "show",
]

PAGE = 50
_MAX_ENTRIES = 100  # a proposal, its decision, and the changes of a secrecy within four years
_POLICY = notices.STANDINGS[NoticeKind.PRIVACY]


@dataclass(frozen=True)
class InspectedDisclosure:
    """A disclosure with its evidence, newest first; `entries` is None if an entry was altered."""

    disclosure: Disclosure
    entries: tuple[ChainEntry, ...] | None

    @property
    def staff(self) -> set[StaffId]:
        """The members of staff that it names."""
        found, change = self.disclosure, self.disclosure.secrecy_proposal
        named = {found.proposed_by, found.reviewed_by, found.given_by, change.by if change else None}
        said = {StaffId.parse(str(value)) for entry in self.entries or () for value in entry.data.values()}
        return {member for member in named | said if member}


def propose(by: StaffId, new: NewDisclosure) -> Disclosure:
    """Record a proposal. No data may go out before another operator approves it.

    A repeated call makes a second proposal, which operators withdraw.

    Raises:
        InvalidRequest: a rule of `proposal` is broken.
        NotFound: no account has this user id.
        NotInForce: the notice about a merger or sale does not apply to this subject yet.
    """
    now = clock.now()
    proposal.check(new, now)
    account, found = read_by_user(new.user_id, _POLICY)
    # It stays in force: a version is never changed, nor an announcement undone.
    if new.notice is not None and not notices.has_taken_effect(found[_POLICY], new.notice):
        raise NotInForce
    disclosure = Disclosure(
        disclosure_id=DisclosureId.new(),
        account_id=account.account_id,
        proposed_by=by,
        proposed_at=now,
        **dict(new),
    )
    said = {"ground": new.ground, "secret": int(disclosure.is_secret(now))}
    store.create(disclosure, evidence.entry(disclosure, "proposed", by, said))
    return disclosure


def list_all(cursor: Cursor | None, by: StaffId) -> DisclosurePage:
    """List a page of all disclosures, newest first, and record that the operator sees them.

    Raises:
        InvalidRequest: the cursor is malformed.
        Unavailable: the view cannot be recorded now.
    """
    after = DisclosureId.parse(cursor) if cursor is not None else None
    if cursor is not None and after is None:
        raise invalid_cursor()
    try:
        page = store.newest_first(after, PAGE)
    except UnknownPlace:
        raise invalid_cursor() from None
    shown = [disclosure.disclosure_id for disclosure in page.found]
    history.record_view(by, "listed", "disclosures", [*shown, *page.unreadable])
    return page


def show(disclosure_id: DisclosureId, by: StaffId) -> InspectedDisclosure:
    """Record that an operator views a disclosure, and return it with its evidence.

    Raises:
        NotFound: no such disclosure.
        Unavailable: the view cannot be recorded now.
    """
    disclosure = store.read(disclosure_id)
    if disclosure is None:
        raise NotFound
    moves.record_inspection(disclosure, by)
    try:
        entries, _ = chain.page(evidence.history_of(disclosure_id), None, _MAX_ENTRIES)
    except Unreadable:  # operators need to see exactly such a disclosure
        return InspectedDisclosure(disclosure, None)
    return InspectedDisclosure(disclosure, tuple(entries))


def of_subject(account_id: AccountId) -> list[Disclosure]:
    """The disclosures of a subject's data that were approved, secret ones included."""
    found = store.of_account(account_id)
    return [one for one in found if one.status is DisclosureStatus.APPROVED]


def lost_since(since: datetime) -> Iterator[DisclosureId]:
    """The disclosures with entries in the Ledger since an instant that a restored table lacks."""
    touched = chain.chains_touched_since(since, evidence.CHAIN)
    for histories in batched(touched, store.MAX_READ):
        yield from store.missing([DisclosureId(history.pseudonym) for history in histories])


def approved(account_id: AccountId, disclosure_id: DisclosureId) -> Disclosure | None:
    """A subject's disclosure if it is approved, whether its data went out or not; None otherwise."""
    found = store.read_of(account_id, disclosure_id)
    return found if found and found.status is DisclosureStatus.APPROVED else None


def evidence_write(disclosure: Disclosure, event: str, by: StaffId, said: Mapping[str, object]) -> Write:
    """The write that adds an entry to the history of a disclosure; for a transaction.

    Raises:
        Unreadable: the newest entry of the history was altered, so no entry can follow it.
    """
    entry = evidence.entry(disclosure, event, by, said)
    return chain.append_write(evidence.history_of(disclosure.disclosure_id), entry)
