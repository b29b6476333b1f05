"""Proposes disclosures, and says which ones a subject has.

Rules of a proposal:

- The request of an authority names its order or the law (NOT-3). A merger or sale names the notice that
  announced it (NOT-2). Every proposal says which data exactly, and why the ground applies (NOT-5).
- Only an authority can forbid to inform the subject. Such an order has a reference of its own, ends two years
  ahead at most, and ends a year before the record does, so that the subject can still learn of it.

A view by staff is recorded in the history of the member of staff, not in that of the disclosure.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.accounts.service import read_by_user
from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices.model import NoticeKind, NoticeVersion
from chalicelib.core import chain, clock
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY, Instant
from chalicelib.core.durations import Duration
from chalicelib.core.errors import does_not_apply
from chalicelib.core.http import Body
from chalicelib.core.ids import AbuseReportId, AccountId, DisclosureId, StaffId, UserId
from chalicelib.core.transactions import Write, commit
from chalicelib.privacy import register
from chalicelib.privacy.periods import Period
from chalicelib.staff.cases import Cases
from chalicelib.staff.disclosures import store
from chalicelib.staff.disclosures.model import (
    Disclosure,
    DisclosureGround,
    DisclosureKind,
    DisclosureStatus,
    NotInForce,
)

DISCLOSURES = Cases(store.DISCLOSURES)

# How long an order may forbid to inform the subject, counted from its entry or renewal.
SECRET_AT_MOST = Duration.parse("P2Y")
_VISIBLE_AT_LEAST = 365 * DAY  # after the secrecy, until the record expires

_POLICY = notices.STANDINGS[NoticeKind.PRIVACY]

AssessmentText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class NewDisclosure(Body):
    """A disclosure that another operator must approve."""

    user_id: UserId
    abuse_report_id: AbuseReportId | None = Field(
        None, description="A report about the user, whose account may be erased; not for a merger or sale"
    )
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


def propose(by: StaffId, new: NewDisclosure, reported: AccountId | None = None) -> Disclosure:
    """Record a proposal. No data may go out before another operator approves it.

    A repeated call makes a second proposal, which operators withdraw.

    Args:
        by: the operator.
        new: the proposal.
        reported: the account that a report of abuse is about; it may be erased.

    Raises:
        InvalidRequest: a rule of `check_proposal` is broken.
        NotFound: no account has this user id.
        NotInForce: the notice about a merger or sale does not apply to this subject yet.
    """
    now = clock.now()
    check_proposal(new, now)
    disclosure = Disclosure(
        disclosure_id=DisclosureId.new(),
        account_id=reported or _owner(new),
        proposed_by=by,
        proposed_at=now,
        **new.model_dump(exclude={"abuse_report_id"}),
    )
    said = {"ground": new.ground, "secret": int(disclosure.is_secret(now))}
    commit(store.place_creation(disclosure), *store.DISCLOSURES.creation(disclosure, "proposed", by, said))
    return disclosure


def _owner(new: NewDisclosure) -> AccountId:
    account, found = read_by_user(new.user_id, _POLICY)
    # It stays in force: a version is never changed, nor an announcement undone.
    if new.notice is not None and not notices.has_taken_effect(found[_POLICY], new.notice):
        raise NotInForce
    return account.account_id


def of_subject(account_id: AccountId) -> list[Disclosure]:
    """The disclosures of a subject's data that were approved, secret ones included."""
    found = store.of_account(account_id)
    return [one for one in found if one.status is DisclosureStatus.APPROVED]


def lost_since(since: datetime) -> Iterator[DisclosureId]:
    """The disclosures with entries in the Ledger since an instant that a restored table lacks."""
    touched = chain.chains_touched_since(since, Disclosure.declaration.kind)
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
    return store.DISCLOSURES.evidence(disclosure, event, by, said)


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
    if new.notice is not None and new.abuse_report_id:
        raise does_not_apply("abuse_report_id", "Not for a merger or sale")
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
