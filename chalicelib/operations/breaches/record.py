"""Records breaches and what is found out about them, and shows them.

- The instant of awareness may be past, never in the future, and is not changed afterwards.
- Serbia's authority always has a clock. A fact may add countries, whose clocks run from the same instant:
  one that is added late may be overdue at once, and its notification then states the reasons.
- Every breach is recorded, also one that needs no notification. A fact about a closed breach opens it.
- A fact ends the approved assessment, which was made without it: the breach is assessed anew, and clocks that
  an unlikely risk stopped run until then. A high risk stays, since the people have to be notified without
  delay whatever the fact is. The earlier assessments stay on record.
- The notice is previewed as the functions render it that send and show it: as proposed while an assessment
  waits, else as approved (ADR 96). A call counts at most `COUNTED_AT_ONCE` accounts of `PARTS_AT_ONCE` parts,
  each as a worker that reads it now would notify it, and returns numbers only.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from pydantic import Field

from chalicelib.accounts import service as accounts
from chalicelib.core import clock
from chalicelib.core.batches import batched
from chalicelib.core.errors import does_not_apply
from chalicelib.core.http import Cursor, View, invalid_cursor
from chalicelib.core.ids import AccountId, BreachId, StaffId
from chalicelib.core.transactions import commit
from chalicelib.messages.campaigns import run
from chalicelib.messages.campaigns.campaign import Campaign
from chalicelib.operations.breaches import clocks, notices, store
from chalicelib.operations.breaches.clocks import COUNTRIES, HOME, AuthorityClock
from chalicelib.operations.breaches.decide import BREACHES, MAX_ASSESSMENTS
from chalicelib.operations.breaches.letter import digest_of, letter_of, rendered
from chalicelib.operations.breaches.model import (
    AffectedList,
    AssessedOtherwise,
    Breach,
    BreachClosed,
    BreachFact,
    BreachStatus,
    TooManyParts,
)
from chalicelib.operations.breaches.words import (
    AffectedUsers,
    Audience,
    BreachFinding,
    BreachRisk,
    NewBreach,
    rule_of,
)
from chalicelib.staff.cases import CaseMove, InspectedCase, staff_move, staff_of

MAX_FACTS = 200
COUNTED_AT_ONCE = 1_000  # accounts: 50 batched reads
PARTS_AT_ONCE = 100  # lists lose their ids once their accounts are notified, and each is one read
MAX_LISTS = 2_000  # with 300 users each; more people are notified by country, or all of them
_UNASSESSED: dict[str, object] = {"risk": None, "audience": None, "country": None}


class NoticeTotals(View):
    """How far the notices to the people affected are: accounts by channel, and parts."""

    mailed: int = 0
    shown: int = Field(0, description="In the app")
    absent: int = Field(0, description="Accounts that are gone")
    parts: int = 0
    complete: int = 0

    @classmethod
    def of(cls, breach: Breach) -> Self:
        """Read the progress of a breach."""
        if breach.notices_from is None:
            return cls()
        by_part = notices.progress_of(breach)
        complete = sum(map(notices.ROUNDS.are_complete, by_part.values()))
        return cls(**run.totals(by_part), parts=len(notices.parts_of(breach)), complete=complete)


class NoticePreview(View):
    """The notice as its readers get it, and a page of the accounts that get it, counted."""

    digest: str = Field(description="SHA-256 of `notices` in canonical JSON")
    notices: dict[str, dict[str, str]] = Field(description="By language")
    read: int
    counts: dict[str, dict[str, int]] = Field(description="By declared country, or `none`, and channel")
    next_cursor: str | None = None


@dataclass(frozen=True)
class InspectedBreach(InspectedCase[Breach]):
    """A breach with its facts, its notices and its newest evidence."""

    facts: list[BreachFact]
    unreadable_facts: int
    notices: NoticeTotals

    @property
    def staff(self) -> set[StaffId]:
        """The members of staff that the breach, its facts or its evidence name."""
        return super().staff | staff_of(*self.facts)


def open_breach(by: StaffId, new: NewBreach) -> Breach:
    """Record a breach. Its clocks run from the instant of awareness.

    A repeated call makes a second breach, which operators close.

    Raises:
        InvalidRequest: the instant is in the future, or a country is not listed.
    """
    now = clock.now()
    if new.discovered_at > now:
        raise does_not_apply("discovered_at", "The instant of awareness is not in the future")
    _check(new, (HOME,))
    countries = dict.fromkeys((HOME, *new.countries))
    breach = Breach(
        breach_id=BreachId.new(),
        opened_by=by,
        opened_at=now,
        discovered_at=new.discovered_at,
        clocks=tuple(clocks.start(one, rule_of(new, one), new.discovered_at) for one in countries),
    )
    said = {"discovered_at": clock.to_text(new.discovered_at), "countries": list(countries)}
    fact = store.fact_write(_fact(breach, 1, by, new, now))
    commit(fact, *store.BREACHES.creation(breach, "opened", by, said))
    return breach


@staff_move(BREACHES.apply)
def add_fact(breach: Breach, by: StaffId, finding: BreachFinding) -> CaseMove[Breach]:
    """Add what was found out later; the breach is open then, and assessed anew unless its risk is high.

    Raises:
        NotFound: no such breach.
        InvalidRequest: a country is not listed.
        TooManyParts: the breach has its highest number of facts, or of assessments and needs another one.
    """
    known = {one.country: one for one in breach.clocks}
    _check(finding, known)
    is_outdated = breach.risk not in {None, BreachRisk.HIGH}
    if breach.findings >= MAX_FACTS or (is_outdated and len(breach.assessments) >= MAX_ASSESSMENTS):
        raise TooManyParts
    number = breach.findings + 1
    added = [one for one in dict.fromkeys(finding.countries) if one not in known]
    started = (clocks.start(one, rule_of(finding, one), breach.discovered_at) for one in added)
    stated = {one for one in finding.communications_in if one in known}
    after = breach.model_copy(
        update={
            "findings": number,
            "clocks": (*(_restated(one, stated, breach) for one in breach.clocks), *started),
            "status": BreachStatus.OPEN,
            "closed_at": None,
            **(_UNASSESSED if is_outdated else {}),
        }
    )
    said = {"fact": number, "countries": added, "reopened": int(not breach.is_open)}
    fact = _fact(breach, number, by, finding, clock.now())
    return CaseMove(after, "fact_added", said, [store.fact_write(fact)])


def add_affected(breach_id: BreachId, by: StaffId, users: AffectedUsers) -> Breach:
    """Add users whom the breach affects, once the approved audience is `listed`; they are notified.

    A user id without an account is counted: its user was erased, or it was never given out.

    Raises:
        NotFound: no such breach.
        BreachClosed: it is closed.
        AssessedOtherwise: no approved assessment says that listed users are notified.
        TooManyParts: the breach has its highest number of lists.
    """
    claims = accounts.claims_of_users(set(users.user_ids)).values()
    found = sorted(claim.account_id for claim in claims if claim and claim.account_id)
    unknown = len(set(users.user_ids)) - len(found)
    return BREACHES.apply(breach_id, by, lambda breach: _list(breach, found, unknown))


def _list(breach: Breach, found: Sequence[AccountId], unknown: int) -> CaseMove[Breach]:
    if not breach.is_open:
        raise BreachClosed
    if breach.audience is not Audience.LISTED:
        raise AssessedOtherwise
    if breach.lists >= MAX_LISTS:
        raise TooManyParts
    number = breach.lists + 1
    affected = AffectedList(
        breach_id=breach.breach_id,
        number=number,
        opened_at=breach.opened_at,
        account_ids=tuple(found),
        listed=len(found),
        unknown=unknown,
    )
    said = {"list": number, "accounts": len(found), "unknown": unknown}
    after = breach.model_copy(update={"lists": number})
    return CaseMove(after, "users_listed", said, [store.list_write(affected)])


def show(breach_id: BreachId, by: StaffId) -> InspectedBreach:
    """Record that an operator views a breach, and return it with its facts and evidence.

    Raises:
        NotFound: no such breach.
        Unavailable: the view cannot be recorded now.
    """
    seen = BREACHES.show(breach_id, by)
    facts, unreadable = store.facts(breach_id)
    return InspectedBreach(seen.case, seen.entries, facts, len(unreadable), NoticeTotals.of(seen.case))


def preview_notices(breach_id: BreachId, by: StaffId, cursor: Cursor | None) -> NoticePreview:
    """Record that an operator views a breach, and return its notice with a page of the counts.

    Raises:
        NotFound: no such breach.
        AssessedOtherwise: the newest assessment does not say that people are notified.
        InvalidRequest: the cursor is malformed.
        Unavailable: the view cannot be recorded now, or a table does not answer.
    """
    breach = BREACHES.view(breach_id, by)
    newest = breach.proposal or next(reversed(breach.assessments), None)
    if newest is None or newest.texts is None:
        raise AssessedOtherwise
    letter = letter_of(breach, newest.texts)
    audience = breach.model_copy(update={"audience": newest.audience, "country": newest.country})
    counted = _count(notices.campaign_of(audience), cursor or "0-")
    return NoticePreview(digest=digest_of(letter), notices=rendered(letter), **counted)


def _count(campaign: Campaign, start: str) -> dict[str, Any]:
    """Count a page of accounts; a page starts at the number of a part and the last account that was read."""
    counts, read = defaultdict[str, Counter[str]](Counter), 0
    number, _, last = start.partition("-")
    if not number.isdecimal():
        raise invalid_cursor()
    at, after = int(number), AccountId.parse(last)
    end = min(at + PARTS_AT_ONCE, len(campaign.parts))
    while at < end and read < COUNTED_AT_ONCE:
        page = campaign.page(campaign.parts[at], after, COUNTED_AT_ONCE - read)
        for some in batched(page, run.MAX_RECIPIENTS_PER_READ):
            for one in filter(None, campaign.recipients(some).values()):
                counts[one.country or "none"]["email" if one.address else "in_app"] += 1
        read += len(page)
        at, after = (at, page[-1]) if read == COUNTED_AT_ONCE else (at + 1, None)
    following = f"{at}-{after or ''}" if at < len(campaign.parts) else None
    return {"read": read, "counts": counts, "next_cursor": following}


def _restated(known: AuthorityClock, stated: set[str], breach: Breach) -> AuthorityClock:
    """The clock of a country, under Regulation 611/2013 if an operator now states that it applies."""
    if known.country not in stated or known.notified_at:
        return known
    return clocks.start(known.country, clocks.DeadlineRule.COMMUNICATIONS, breach.discovered_at)


def _check(finding: BreachFinding, known: Iterable[str]) -> None:
    """Refuse countries without a listed authority, and a rule that a country does not have."""
    if not COUNTRIES.issuperset(finding.countries):
        raise does_not_apply("countries", "Countries whose authority is listed; leave out the others")
    among = {*finding.countries, *known}
    if not all(
        one in among and clocks.rule_allowed(one, clocks.DeadlineRule.COMMUNICATIONS)
        for one in finding.communications_in
    ):
        raise does_not_apply("communications_in", "Countries of the EEA that the breach concerns")


def _fact(breach: Breach, number: int, by: StaffId, finding: BreachFinding, now: datetime) -> BreachFact:
    said = finding.model_dump(include=set(BreachFact.model_fields))
    return BreachFact(
        breach_id=breach.breach_id,
        number=number,
        opened_at=breach.opened_at,
        found_by=by,
        found_at=now,
        **said,
    )
