"""Takes reports of people without an account, by a form of the site (SAF-1, ADR 119).

Invariants:

- A code proves the mailbox that gets the decision. Before it, nothing shows whether an account has it; after
  it, the report is one of that account, or of none.
- Sexual abuse of children is reported without name, address and code. Its sender gets no decision, only the
  number of the report.
- Such a report names no user by an id: an operator finds out whom it is about. Until then it waits like any
  other, and its time runs.
"""

from chalicelib.accounts import service as accounts
from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges.model import (
    Challenge,
    ChallengeExpired,
    ChallengePurpose,
    ChallengeRef,
    ChallengeView,
)
from chalicelib.consents.model import NotOffered
from chalicelib.consents.notices import service as notices
from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.contract_words import InnerLimit
from chalicelib.core.errors import TooMany, Unavailable, existing
from chalicelib.core.http import ClientAddress
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AbuseReportId, ChallengeId
from chalicelib.core.limiter import Limiter, WhenUnreachable, Window
from chalicelib.core.settings import settings
from chalicelib.core.transactions import Conflict, commit
from chalicelib.messages.model import mailbox
from chalicelib.privacy.cases import CaseChanged
from chalicelib.privacy.purposes import Practice
from chalicelib.safety.model import AppealedAlready, kept_from
from chalicelib.safety.reports import service as reports
from chalicelib.safety.reports.model import (
    AbuseReport,
    GuestReport,
    NoSuchReport,
    ReportDraft,
    check_not_paused,
)
from chalicelib.safety.reports.store import REPORTS

# A report of a danger must not fail because a counter does.
_ANONYMOUS = Limiter(
    InnerLimit.ANONYMOUS_REPORTS,
    (Window(lambda: DAY, lambda: settings().limits.anonymous_reports_day),),
    TooMany,
    WhenUnreachable.ALLOW,
)


def file_anonymously(new: GuestReport, address: ClientAddress, key: IdempotencyKey) -> AbuseReport:
    """Store a report that needs no address; repeated with the same key, it returns that one.

    Raises:
        NotOffered: the privacy policy in effect does not describe reports.
        TooMany: as many came from this network today as are taken.
        Unavailable: a table does not answer.
    """
    _check_offered()
    report = _report(key.id_for(AbuseReportId, "anonymous"), new, None)
    if before := REPORTS.read(report.abuse_report_id):
        return before
    _ANONYMOUS.hit(address.block)
    try:
        commit(*REPORTS.creation(report, "reported", None, {"messages": 0}))
    except CaseChanged:
        return existing(REPORTS.read(report.abuse_report_id))
    return report


def start(new: GuestReport, address: ClientAddress, key: IdempotencyKey) -> ChallengeView:
    """Send a code to the mailbox, and keep the report until the code comes back.

    Raises:
        NotOffered: as for `file_anonymously`.
        InvalidEmail: nothing can be sent there.
        TooManyCodes, EmailUnavailable, IdempotencyMismatch, InProgress: see `challenges.start`.
        Unavailable: the draft cannot be stored now.
    """
    _check_offered()
    to = mailbox(new.email or "")
    asked = challenges.to_mailbox(ChallengePurpose.REPORT, to, new.locale, new, address)
    challenge = challenges.start(asked, key)
    draft = ReportDraft(
        abuse_report_id=new.appealed or AbuseReportId.new(),
        appeals=new.appealed is not None,
        reason=new.reason,
        described=new.described,
        text=new.text,
        created_at=challenge.created_at,
    )
    challenges.keep_draft(challenge, draft)
    return challenge.view()


def verify(challenge_id: ChallengeId, code: str, address: ClientAddress) -> AbuseReport:
    """Take the report, or the appeal, of a person whose code is right. Repeated, it returns the same.

    Raises:
        WrongCode, ChallengeExpired, TooManyAttempts: see `challenges.check_code`.
        NoSuchReport, AppealedAlready, AppealTooLate, ReportingPaused: see there.
        Unavailable: nothing was recorded, or a parallel call has just used the code.
    """
    ref = ChallengeRef(ChallengePurpose.REPORT, challenge_id)
    challenge = challenges.check_code(ref, code, address=address)
    draft = existing(challenges.draft_of(ReportDraft, challenge), ChallengeExpired)
    if challenge.used_at:
        return existing(REPORTS.read(draft.abuse_report_id))
    email = existing(challenge.email, Unavailable)  # a parallel call has just used the code
    try:
        taken = _appeal(draft, email, challenge) if draft.appeals else _file(draft, email, challenge)
    except Conflict:
        raise Unavailable from None
    except AppealedAlready:  # perhaps by a parallel call with this code
        if challenges.check_code(ref, code, address=address).used_at:
            return existing(REPORTS.read(draft.abuse_report_id))
        raise
    challenges.count_verified(challenge)
    return taken


def _file(draft: ReportDraft, email: str, challenge: Challenge) -> AbuseReport:
    owner = accounts.read_owner(accounts.owner_of_email(email))
    said = GuestReport(
        reason=draft.reason, described=draft.described, text=draft.text, locale=challenge.locale
    )
    report = _report(draft.abuse_report_id, said, email)
    guard = []
    if owner:
        check_not_paused(owner[0], draft.reason)
        report = report.model_copy(update={"reporter": owner[0].account_id, "mailbox": None})
        guard = [accounts.not_erasing(owner[0].account_id)]
    stored = REPORTS.creation(report, "reported", None, {"messages": 0})
    commit(challenges.use_write(challenge, opened=None), *stored, *guard)
    return report


def _appeal(draft: ReportDraft, email: str, challenge: Challenge) -> AbuseReport:
    found = existing(REPORTS.read(draft.abuse_report_id), NoSuchReport)
    if found.mailbox != email and (not found.reporter or found.reporter != accounts.owner_of_email(email)):
        raise NoSuchReport
    used = challenges.use_write(challenge, opened=None)
    return reports.take_appeal(draft.abuse_report_id, draft.text, used)


def _report(report_id: AbuseReportId, new: GuestReport, email: str | None) -> AbuseReport:
    now = clock.now()
    return AbuseReport(
        abuse_report_id=report_id,
        reported_at=now,
        decide_by=now + new.reason.decided_within,
        mailbox=email,
        locale=new.locale,
        described=new.described,
        reason=new.reason,
        text=new.text,
        kept_since=kept_from(now),
    )


def _check_offered() -> None:
    if not notices.describes(Practice.REPORTING):
        raise NotOffered
