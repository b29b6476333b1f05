"""Proposes, lists and shows disclosures, and applies each change of one by a pure rule.

A view by staff is recorded before anything is shown, in the history of the member of staff (`staff/history`),
not in that of the disclosure.

Rules of a proposal:

- The request of an authority names its order or the law (NOT-3). A merger or sale names the notice that
  announced it (NOT-2). Every proposal says which data exactly, and why the ground applies (NOT-5).
- Only an authority can forbid to inform the subject. Such an order has a reference of its own, ends two years
  ahead at most, and ends a year before the record does, so that the subject can still learn of it.

If another write came first, the disclosure is read again and the rule of the change is applied to its new
state. A rule returns None if its change was made before: repeating a call changes nothing. A response shows
the disclosure, so a call that changes nothing is recorded as an inspection; a change has its own evidence. If
the history was altered, so that no entry can follow, the change is refused.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.accounts.service import read_by_user
from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices.model import NoticeKind, NoticeVersion
from chalicelib.core import chain, clock, observe
from chalicelib.core.batches import batched
from chalicelib.core.chain import ChainEntry, HeadMoved, Unreadable
from chalicelib.core.clock import DAY, Instant
from chalicelib.core.durations import Duration
from chalicelib.core.errors import NotFound, Unavailable, does_not_apply
from chalicelib.core.http import Body, Cursor, invalid_cursor
from chalicelib.core.ids import AccountId, DisclosureId, StaffId, UserId
from chalicelib.core.transactions import Write
from chalicelib.privacy import register
from chalicelib.privacy.periods import Period
from chalicelib.staff import history
from chalicelib.staff.disclosures import store
from chalicelib.staff.disclosures.model import (
    Disclosure,
    DisclosureGround,
    DisclosureKind,
    DisclosureStatus,
    NotInForce,
)
from chalicelib.staff.disclosures.store import DisclosureMoved, DisclosurePage, UnknownPlace

__all__ = [
    "DisclosureMove",
    "DisclosurePage",
    "InspectedDisclosure",
    "apply_move",
    "approved",
    "etag",
    "evidence_write",
    "list_all",
    "of_subject",
    "propose",
    "show",
]

# How long an order may forbid to inform the subject, counted from its entry or renewal.
SECRET_AT_MOST = Duration.parse("P2Y")
_VISIBLE_AT_LEAST = 365 * DAY  # after the secrecy, until the record expires


_TRIES = 3


@dataclass(frozen=True)
class DisclosureMove:
    """The new state of a disclosure, and the evidence of the change (its actor is added)."""

    after: Disclosure
    event: str
    said: Mapping[str, object]


Rule = Callable[[Disclosure], DisclosureMove | None]


def etag(disclosure: Disclosure) -> str:
    """The entity tag of the version that an operator sees."""
    return f'"{disclosure.version}"'


def apply_move(disclosure_id: DisclosureId, by: StaffId, rule: Rule) -> Disclosure:
    """Apply a rule to a disclosure, together with its evidence.

    Raises:
        NotFound: no such disclosure.
        Unavailable: another write came first in every try, or no evidence can be appended.
    """
    for _ in range(_TRIES):
        disclosure = store.read(disclosure_id)
        if disclosure is None:
            raise NotFound
        move = rule(disclosure)
        if move is None:
            record_inspection(disclosure, by)
            return disclosure
        try:
            return store.move(disclosure, move.after, store.entry(disclosure, move.event, by, move.said))
        except (DisclosureMoved, HeadMoved):
            continue
        except Unreadable as altered:
            observe.log_failure("disclosure_not_changed", altered)
            raise Unavailable from None
    raise Unavailable


def record_inspection(disclosure: Disclosure, by: StaffId) -> None:
    """Record that a member of staff views a disclosure.

    Raises:
        Unavailable: it cannot be recorded now, so the disclosure must not be shown.
    """
    history.record_view(by, "inspected", "disclosures", [disclosure.disclosure_id])


PAGE = 50
_MAX_ENTRIES = 100  # a proposal, its decision, and the changes of a secrecy within four years
_POLICY = notices.STANDINGS[NoticeKind.PRIVACY]

AssessmentText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class NewDisclosure(Body):
    """A disclosure that another operator must approve."""

    user_id: UserId
    ground: DisclosureGround
    recipient: ShortText = Field(description="The authority or the other party")
    reference: ShortText | None = Field(None, description="The order or the law, for an authority's request")
    scope: tuple[str, ...] = Field(
        min_length=1, max_length=50, description="Kinds of records, as in the record of processing"
    )
    extract: AssessmentText = Field(description="Which data exactly, no more than necessary")
    reason: AssessmentText = Field(description="Why the ground applies; weighs the interests if voluntary")
    notice: NoticeVersion | None = Field(None, description="The notice that announced a merger or sale")
    secret_until: Instant | None = Field(None, description="Until when the order forbids to inform the user")
    secrecy_reference: ShortText | None = Field(None, description="The part of the order that forbids it")


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
        InvalidRequest: a rule of `check_proposal` is broken.
        NotFound: no account has this user id.
        NotInForce: the notice about a merger or sale does not apply to this subject yet.
    """
    now = clock.now()
    check_proposal(new, now)
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
    store.create(disclosure, store.entry(disclosure, "proposed", by, said))
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
    record_inspection(disclosure, by)
    try:
        entries, _ = chain.page(store.history_of(disclosure_id), None, _MAX_ENTRIES)
    except Unreadable:  # operators need to see exactly such a disclosure
        return InspectedDisclosure(disclosure, None)
    return InspectedDisclosure(disclosure, tuple(entries))


def of_subject(account_id: AccountId) -> list[Disclosure]:
    """The disclosures of a subject's data that were approved, secret ones included."""
    found = store.of_account(account_id)
    return [one for one in found if one.status is DisclosureStatus.APPROVED]


def lost_since(since: datetime) -> Iterator[DisclosureId]:
    """The disclosures with entries in the Ledger since an instant that a restored table lacks."""
    touched = chain.chains_touched_since(since, store.CHAIN)
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
    entry = store.entry(disclosure, event, by, said)
    return chain.append_write(store.history_of(disclosure.disclosure_id), entry)


def check_proposal(new: NewDisclosure, now: datetime) -> None:
    """Refuse a proposal that breaks a rule.

    Raises:
        InvalidRequest: with the field.
    """
    kind = new.ground.kind
    if kind is DisclosureKind.AUTHORITY_REQUEST and new.reference is None:
        raise does_not_apply("reference", "The request of an authority needs its order or the law")
    if (kind is DisclosureKind.MERGER_OR_SALE) is not (new.notice is not None):
        raise does_not_apply("notice", "Needed for a merger or sale, which it announced, and only then")
    if new.notice is not None and not _is_policy(new.notice):
        raise does_not_apply("notice", "A version of the privacy policy announces a merger or sale")
    if len(set(new.scope)) < len(new.scope) or not set(new.scope) <= register.kinds_about_users():
        raise does_not_apply("scope", "Kinds of the record of processing that are about users, each once")
    if (new.secret_until is None) is not (new.secrecy_reference is None):
        raise does_not_apply("secrecy_reference", "A secrecy needs its end and its reference")
    if new.secret_until is not None:
        check_secrecy(new.ground, new.secret_until, now, now)


def check_secrecy(ground: DisclosureGround, until: datetime, proposed_at: datetime, now: datetime) -> None:
    """Refuse a secrecy that no authority ordered, or whose end is too late or past.

    Raises:
        InvalidRequest: with the field.
    """
    if ground.kind is not DisclosureKind.AUTHORITY_REQUEST:
        raise does_not_apply("secret_until", "Only an authority can forbid to inform the user")
    latest = min(now + SECRET_AT_MOST, Period.DISCLOSURE.ends(proposed_at) - _VISIBLE_AT_LEAST)
    if not now < until <= latest:
        raise does_not_apply(
            "secret_until", "In the future, two years ahead at most, and a year before the record expires"
        )


def _is_policy(notice: NoticeVersion) -> bool:
    return NoticeVersion.parse(notice) is not None and notice.kind is NoticeKind.PRIVACY
