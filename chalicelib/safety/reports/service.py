"""The reports of abuse of an account, and the appeals of reporters (SAF-1, ADR 114).

A report whose reporter is erased stays, without them.
"""

from contextlib import suppress
from datetime import datetime

from chalicelib.accounts import service as accounts
from chalicelib.core import clock
from chalicelib.core.errors import NotFound, existing
from chalicelib.core.ids import AbuseReportId, AccountId, StaffId, UserId
from chalicelib.core.transactions import Write
from chalicelib.safety.model import (
    APPEAL_WITHIN,
    Appeal,
    DecidedBefore,
    TookPartBefore,
    check_appealable,
    kept_from,
)
from chalicelib.safety.reports.model import AbuseReport
from chalicelib.safety.reports.store import (  # noqa: F401 - offered to other rooms
    REPORTS,
    about,
    made_by,
    newest_by,
)
from chalicelib.safety.store import items_of  # noqa: F401 - offered to other rooms
from chalicelib.staff.cases import CaseMove, Cases, staff_move

CASES = Cases(REPORTS)


def account_of(report_id: AbuseReportId, user_id: UserId) -> AccountId:
    """The account that a report is about, erased or not.

    Raises:
        NotFound: there is no such report about this user.
    """
    found = existing(REPORTS.read(report_id))
    return existing(found.account_id if found.concerned == user_id else None)


def read_own(account_id: AccountId, report_id: AbuseReportId) -> AbuseReport:
    """A report of an account.

    Raises:
        NotFound: the account made no such report, or it is not kept any more.
    """
    found = existing(REPORTS.read(report_id))
    if found.reporter != account_id:
        raise NotFound
    return found


def appeal(account_id: AccountId, report_id: AbuseReportId, text: str) -> AbuseReport:
    """Take the reporter's only appeal; another person decides about it.

    Raises:
        NotFound: as for `read_own`.
        AppealedAlready, AppealTooLate: see there.
        Unavailable: a table does not answer.
    """
    read_own(account_id, report_id)
    return take_appeal(report_id, text)


def take_appeal(report_id: AbuseReportId, text: str, *also: Write) -> AbuseReport:
    """Take the only appeal of a report whose reporter is proven; `also` is committed with it.

    Raises:
        AppealedAlready, AppealTooLate, Unavailable: as for `appeal`.
    """

    def rule(found: AbuseReport) -> CaseMove[AbuseReport]:
        now = clock.now()
        check_appealable(found.appeal, found.decided_at, now)
        made = Appeal.new(text, now)
        kept = kept_from(found.reported_at, found.kept_since, made.due_at)
        after = found.model_copy(update={"appeal": made, "kept_since": kept})
        return CaseMove(after, "appealed", also=also)

    return CASES.apply(report_id, None, rule)


@staff_move(CASES.apply)
def name_user(found: AbuseReport, _by: StaffId, user_id: UserId | None) -> CaseMove[AbuseReport] | None:
    """Note which user a report from the site is about, or that no user is known, until it is decided.

    Raises:
        NotFound: there is no such user.
        DecidedBefore: it is decided, or its reporter named the user.
    """
    if found.named == user_id:
        return None
    if found.described is None or found.decided_at:
        raise DecidedBefore
    owner = existing(accounts.owner_of_user(user_id)) if user_id else None
    after = found.model_copy(update={"named": user_id, "account_id": owner})
    return CaseMove(after, "user_named" if user_id else "user_unnamed")


@staff_move(CASES.apply)
def dismiss(found: AbuseReport, by: StaffId) -> CaseMove[AbuseReport]:
    """Dismiss a report that is about no user who can be found.

    Raises:
        DecidedBefore: it is decided, or a user is named: decide about that one.
        TookPartBefore: an appeal was upheld against a decision of this operator.
    """
    if found.decided_at or found.concerned:
        raise DecidedBefore
    if by in found.decided_by:
        raise TookPartBefore
    now = clock.now()
    decided = {"acted": False, "decided_at": now, "decided_by": (*found.decided_by, by)}
    kept = kept_from(found.reported_at, now + APPEAL_WITHIN)
    after = found.model_copy(update={**decided, "kept_since": kept, "work": found.work_after_decision(now)})
    return CaseMove(after, "decided", {"acted": 0})


def forget_reporter(account_id: AccountId, deadline: datetime) -> bool:
    """Take an erased account off its reports, which stay without it; return whether none is left.

    It may be killed and called again.

    Raises:
        Unavailable: a table does not answer.
    """

    def rule(found: AbuseReport) -> CaseMove[AbuseReport] | None:
        if found.reporter is None:
            return None
        work = found.work.model_copy(update={"notify": False, "mail_id": None})
        after = found.model_copy(update={"reporter": None})
        return CaseMove(after.scheduled(work), "reporter_erased")

    for report_id in made_by(account_id):
        with suppress(NotFound):  # it ended meanwhile
            CASES.apply(report_id, None, rule)
        if clock.now() >= deadline:
            return False
    return True
