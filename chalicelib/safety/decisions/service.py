"""The decisions about an account, as its owner sees and appeals them (SAF-1, ADR 115)."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from itertools import islice

from chalicelib.accounts import service as accounts
from chalicelib.accounts.limitations import Limitation
from chalicelib.core import clock
from chalicelib.core.errors import NotFound, existing
from chalicelib.core.ids import AccountId, SafetyDecisionId
from chalicelib.core.shards import Segment
from chalicelib.core.transactions import Perform
from chalicelib.safety.decisions.decide import CASES
from chalicelib.safety.decisions.limits import settle
from chalicelib.safety.decisions.model import DecisionState, SafetyDecision
from chalicelib.safety.decisions.store import DECISIONS, decisions_about
from chalicelib.safety.model import Appeal, check_appealable, kept_from
from chalicelib.safety.store import all_in
from chalicelib.staff.cases import CaseMove

OnSegments = Callable[[Callable[[Segment], set[AccountId]]], Iterable[set[AccountId]]]


def shown_to(account_id: AccountId) -> list[SafetyDecision]:
    """The newest 100 decisions of which an account's owner is notified, newest first."""
    return list(islice((one for one in decisions_about(account_id) if one.is_shown), _SHOWN))


def barred_until(account_id: AccountId) -> datetime | None:
    """Until when no account can be opened with the number of an account that is erased; None: one can.

    Only suspensions of more than 30 days, which two operators decided, outlive the account (ADR 116).
    """
    ends = (
        one.lasts_until
        for one in decisions_about(account_id)
        if one.lasts
        and Limitation.SUSPENSION in one.limitations
        and (one.days or 0) > _BARS_AFTER
        and one.approved_by
    )
    return max(filter(None, ends), default=None)


_BARS_AFTER = 30  # days
_SHOWN = 100


def settle_again(segments: OnSegments, perform: Perform) -> int:
    """Give the accounts of a restored table the limitations of the decisions; return how many were compared.

    Args:
        segments: calls a function with each segment of Accounts.
        perform: makes the changes, or omits them.

    Raises:
        Conflict: a function changes the accounts at the same time.
        Unavailable: a table does not answer.
    """

    def limited(segment: Segment) -> set[AccountId]:
        pages = accounts.glances_in(segment)
        return {one.account_id for page in pages for one in page if any(how.of(one) for how in Limitation)}

    concerned = set[AccountId]().union(*segments(limited))
    concerned |= {one.account_id for one in all_in(DECISIONS) if one.lasts and one.limitations}
    for account_id in sorted(concerned):
        perform(partial(settle, account_id))
    return len(concerned)


def appeal(account_id: AccountId, decision_id: SafetyDecisionId, text: str) -> SafetyDecision:
    """Take the only appeal of the person concerned; another person answers it within 14 days.

    Raises:
        NotFound: there is no such decision about the account.
        AppealedAlready, AppealTooLate: see there.
        Unavailable: a table does not answer.
    """
    found = existing(DECISIONS.read(decision_id))
    if found.account_id != account_id or not found.is_shown:
        raise NotFound

    def rule(found: SafetyDecision) -> CaseMove[SafetyDecision]:
        now = clock.now()
        decided_at = found.decided_at if found.state is DecisionState.MADE else None
        check_appealable(found.appeal, decided_at, now)
        made = Appeal.new(text, now)
        kept = kept_from(found.proposed_at, found.kept_since, made.due_at)
        return CaseMove(found.model_copy(update={"appeal": made, "kept_since": kept}), "appealed")

    return CASES.apply(decision_id, None, rule)
