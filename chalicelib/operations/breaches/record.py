"""Records breaches and what is found out about them, and shows them; each view by staff is recorded.

- The instant of awareness may be past, never in the future, and is not changed afterwards.
- Serbia's authority always has a clock. A fact may add countries, whose clocks run from the same instant:
  one that is added late may be overdue at once, and its notification then states the reasons.
- Every breach is recorded, also one that needs no notification. A fact about a closed breach opens it.
- A fact ends the approved assessment, which was made without it: the breach is assessed anew, and clocks that
  an unlikely risk stopped run until then. A high risk stays, since the people have to be notified without
  delay whatever the fact is. The earlier assessments stay on record.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.accounts import service as accounts
from chalicelib.core import chain, clock
from chalicelib.core.chain import ChainEntry, Unreadable
from chalicelib.core.errors import NotFound, does_not_apply
from chalicelib.core.http import Cursor, invalid_cursor
from chalicelib.core.ids import BreachId, StaffId
from chalicelib.operations.breaches import clocks, moves, store
from chalicelib.operations.breaches.clocks import COUNTRIES, HOME, AuthorityClock
from chalicelib.operations.breaches.decide import MAX_ASSESSMENTS
from chalicelib.operations.breaches.model import (
    AffectedList,
    AssessedOtherwise,
    Breach,
    BreachClosed,
    BreachFact,
    BreachStatus,
    TooManyParts,
)
from chalicelib.operations.breaches.moves import BreachMove
from chalicelib.operations.breaches.store import BreachPage, UnknownBreach
from chalicelib.operations.breaches.subject_notices import run
from chalicelib.operations.breaches.subject_notices import store as notices
from chalicelib.operations.breaches.words import (
    AffectedUsers,
    Audience,
    BreachFinding,
    BreachRisk,
    NewBreach,
    rule_of,
)
from chalicelib.staff import history

__all__ = ["BreachPage", "InspectedBreach", "add_affected", "add_fact", "list_all", "open_breach", "show"]

PAGE = 50
MAX_FACTS = 200
MAX_LISTS = 2_000  # with 300 users each; more people are notified by country, or all of them
_MAX_ENTRIES = 100
_UNASSESSED: dict[str, object] = {"risk": None, "audience": None, "country": None}


@dataclass(frozen=True)
class NoticeTotals:
    """How far the notices are: accounts by channel, listed accounts that are gone, complete parts."""

    mailed: int = 0
    shown: int = 0
    absent: int = 0
    parts: int = 0
    complete: int = 0

    @classmethod
    def of(cls, breach: Breach) -> "NoticeTotals":
        """Read the progress of a breach."""
        if breach.notices_from is None:
            return cls()
        by_part = notices.progress_of(breach.breach_id)
        complete = sum(map(run.ROUNDS.are_complete, by_part.values()))
        return cls(**run.totals(by_part), parts=len(run.parts_of(breach)), complete=complete)


@dataclass(frozen=True)
class InspectedBreach:
    """A breach with its facts, its notices and its newest evidence; None if an entry was altered."""

    breach: Breach
    facts: tuple[BreachFact, ...]
    unreadable_facts: int
    entries: tuple[ChainEntry, ...] | None
    notices: NoticeTotals

    @property
    def staff(self) -> set[StaffId]:
        """The members of staff that it names."""
        breach = self.breach
        proposal = (breach.proposal,) if breach.proposal else ()
        assessed = (*breach.assessments, *proposal)
        named = {breach.opened_by, *(fact.found_by for fact in self.facts)}
        named |= {report.by for report in breach.reports} | {one.by for one in breach.conclusions}
        named |= {member for one in assessed for member in (one.proposed_by, one.approved_by) if member}
        said = (StaffId.parse(str(value)) for entry in self.entries or () for value in entry.data.values())
        return named | {member for member in said if member}


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
    store.create(breach, _fact(breach, 1, by, new, now), store.entry(now, "opened", by, said))
    return breach


def add_fact(breach_id: BreachId, by: StaffId, finding: BreachFinding) -> Breach:
    """Add what was found out later; the breach is open then, and assessed anew unless its risk is high.

    Raises:
        NotFound: no such breach.
        InvalidRequest: a country is not listed.
        TooManyParts: the breach has its highest number of facts, or of assessments and needs another one.
    """

    def rule(breach: Breach) -> BreachMove:
        now = clock.now()
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
        return BreachMove(
            after, "fact_added", said, (store.fact_write(_fact(breach, number, by, finding, now)),)
        )

    return moves.apply_move(breach_id, by, rule)


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

    def rule(breach: Breach) -> BreachMove:
        if not breach.is_open:
            raise BreachClosed
        if breach.audience is not Audience.LISTED:
            raise AssessedOtherwise
        if breach.lists >= MAX_LISTS:
            raise TooManyParts
        number = breach.lists + 1
        affected = AffectedList(
            breach_id=breach_id,
            number=number,
            opened_at=breach.opened_at,
            account_ids=tuple(found),
            listed=len(found),
            unknown=len(set(users.user_ids)) - len(found),
        )
        said = {"list": number, "accounts": len(found), "unknown": affected.unknown}
        after = breach.model_copy(update={"lists": number})
        return BreachMove(after, "users_listed", said, (store.list_write(affected),))

    return moves.apply_move(breach_id, by, rule)


def list_all(cursor: Cursor | None, by: StaffId) -> BreachPage:
    """List a page of all breaches, open ones first, and record that the operator sees them.

    Raises:
        InvalidRequest: the cursor is malformed.
        Unavailable: the view cannot be recorded now.
    """
    after = BreachId.parse(cursor) if cursor is not None else None
    if cursor is not None and after is None:
        raise invalid_cursor()
    try:
        page = store.page(after, PAGE)
    except UnknownBreach:
        raise invalid_cursor() from None
    history.record_view(by, "listed", "breaches", [*(one.breach_id for one in page.found), *page.unreadable])
    return page


def show(breach_id: BreachId, by: StaffId) -> InspectedBreach:
    """Record that an operator views a breach, and return it with its facts and evidence.

    Raises:
        NotFound: no such breach.
        Unavailable: the view cannot be recorded now.
    """
    breach = store.read(breach_id)
    if breach is None:
        raise NotFound
    moves.record_inspection(breach_id, by)
    found = store.facts(breach_id)
    facts = tuple(fact for fact in found if fact)
    entries: tuple[ChainEntry, ...] | None
    try:
        entries = tuple(chain.page(store.history_of(breach_id), None, _MAX_ENTRIES)[0])
    except Unreadable:  # operators need to see exactly such a breach
        entries = None
    return InspectedBreach(breach, facts, len(found) - len(facts), entries, NoticeTotals.of(breach))


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
